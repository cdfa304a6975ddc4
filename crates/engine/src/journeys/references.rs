//! Holds what a journey refers to against the store, when it is published.

use audience::{ResolvedSegment, criteria};
use model::{
    Activity, ActivityStep, AppId, Entry, Journey, SegmentCriteria, SegmentId, SegmentRef,
    SimpleCondition, StepTemplate, TemplateKind, TemplateRef,
};
use store::Store;

use super::refusal::{JourneyError, JourneyRefusal};
use crate::campaigns::template;
use crate::segments::{self, ResolveError};

/// Looks up every segment and template that `journey` names; answers the version that the entry
/// segment has now.
pub(super) async fn check(store: &Store, journey: &Journey) -> Result<Option<u32>, JourneyError> {
    let entry = journey.start_condition.as_ref();
    let version = match entry.and_then(|it| it.entry.as_ref()) {
        Some(Entry::Segment(id)) => {
            let place = "StartCondition.SegmentStartCondition.SegmentId";
            Some(segment_version(store, &journey.app, place, id).await?)
        }
        Some(Entry::Event {
            segment: Some(id), ..
        }) => {
            let place = "StartCondition.EventStartCondition.SegmentId";
            let version = segment_version(store, &journey.app, place, id).await?;
            refuse_imported(store, &journey.app, place, id).await?;
            Some(version)
        }
        _ => None,
    };
    for (id, activity) in &journey.activities {
        let place = format!("Activities.{id}");
        check_template(store, &place, activity).await?;
        check_conditions(store, &journey.app, &place, activity).await?;
    }
    Ok(version)
}

async fn segment_version(
    store: &Store,
    app: &AppId,
    place: &str,
    id: &SegmentId,
) -> Result<u32, JourneyError> {
    match segments::find(store, app, id, None).await? {
        Some(segment) => Ok(segment.version),
        None => Err(JourneyRefusal::UnknownSegment {
            place: place.to_owned(),
            id: id.clone(),
        }
        .into()),
    }
}

async fn refuse_imported(
    store: &Store,
    app: &AppId,
    place: &str,
    id: &SegmentId,
) -> Result<(), JourneyError> {
    let reference = SegmentRef {
        id: id.clone(),
        version: None,
    };
    let place = place.to_owned();
    match segments::resolve(store, app, &reference).await {
        Ok(segment) if holds_import(&segment) => Err(JourneyRefusal::ImportedSegment {
            place,
            id: id.clone(),
        }
        .into()),
        Ok(_) => Ok(()),
        Err(ResolveError::Store(error)) => Err(error.into()),
        Err(error) => Err(JourneyRefusal::BrokenSegment { place, error }.into()),
    }
}

/// Whether a stored list is part of `segment`; as deep as resolution goes.
fn holds_import(segment: &ResolvedSegment) -> bool {
    match segment {
        ResolvedSegment::Imported { .. } => true,
        ResolvedSegment::Groups { groups, .. } => groups
            .iter()
            .flat_map(|group| &group.sources)
            .any(|source| holds_import(source)),
    }
}

async fn check_template(
    store: &Store,
    place: &str,
    activity: &Activity,
) -> Result<(), JourneyError> {
    let (kind, reference) = match &activity.step {
        ActivityStep::Email { template, .. } => (TemplateKind::Email, template),
        ActivityStep::Sms { template, .. } => (TemplateKind::Sms, template),
        ActivityStep::Push { template, .. } => (TemplateKind::Push, template),
        _ => return Ok(()),
    };
    let StepTemplate {
        name: Some(name),
        version,
    } = reference
    else {
        return Ok(());
    };
    let reference = TemplateRef {
        name: name.clone(),
        version: *version,
    };
    if template(store, kind, &reference).await?.is_some() {
        return Ok(());
    }
    Err(JourneyRefusal::UnknownTemplate {
        place: format!("{place}.{}.TemplateName", activity.word()),
        kind: kind.as_str(),
        name: reference.name,
        version: reference.version,
    }
    .into())
}

async fn check_conditions(
    store: &Store,
    app: &AppId,
    place: &str,
    activity: &Activity,
) -> Result<(), JourneyError> {
    for (path, condition) in activity.conditions() {
        let place = format!("{place}.{path}");
        match condition {
            SimpleCondition::Segment(id) => {
                let place = place + ".SegmentCondition.SegmentId";
                segment_version(store, app, &place, id).await?;
            }
            SimpleCondition::Dimensions(dimensions) => {
                criteria::validate(&SegmentCriteria::Dimensions(dimensions.clone()))
                    .map_err(|problem| JourneyRefusal::Criteria { place, problem })?;
            }
            SimpleCondition::Event(_) => {}
        }
    }
    Ok(())
}
