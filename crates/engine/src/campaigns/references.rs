//! Holds what a campaign refers to against the store.

use audience::ResolvedSegment;
use model::{
    AppId, Campaign, Frequency, SegmentRef, Template, TemplateConfiguration, TemplateKind,
    TemplateRef,
};
use store::{Store, StoreError, TemplateVersion, version_id};

use super::draft::CampaignDraft;
use super::refusal::{CampaignError, CampaignRefusal};
use crate::run::content::{self, ContentError, Outlets};
use crate::segments::{self, ResolveError};

/// What the references of a draft resolve to.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// The version of the chosen segment; absent if the draft chooses none.
    pub segment_version: Option<u32>,
}

/// Looks up the segment and the templates that `draft` names; `current` is the campaign that it
/// changes.
pub(super) async fn check(
    store: &Store,
    app: &AppId,
    draft: &CampaignDraft,
    current: Option<&Campaign>,
) -> Result<Choice, CampaignError> {
    let mut choice = Choice::default();
    let segment = draft.segment.as_ref().or_else(|| {
        current
            .filter(|_| draft.segment_version.is_some())
            .map(|c| &c.segment)
    });
    if let Some(id) = segment {
        let version = draft.segment_version;
        let found = segments::find(store, app, id, version).await?;
        let found = found.ok_or_else(|| CampaignRefusal::UnknownSegment {
            id: id.clone(),
            version,
        })?;
        choice.segment_version = Some(found.version);
    }
    let treatments = draft.treatments.iter().flatten();
    let templates = draft
        .template
        .iter()
        .chain(treatments.filter_map(|treatment| treatment.template.as_ref()));
    for template in templates {
        check_templates(store, template).await?;
    }
    Ok(choice)
}

/// Refuses a stored list where each event asks who belongs to the segment.
pub(super) async fn suits_events(store: &Store, campaign: &Campaign) -> Result<(), CampaignError> {
    if campaign.frequency() != Frequency::Event {
        return Ok(());
    }
    let reference = SegmentRef {
        id: campaign.segment.clone(),
        version: Some(campaign.segment_version),
    };
    match segments::resolve(store, &campaign.app, &reference).await {
        Ok(segment) if holds_list(&segment) => Err(CampaignRefusal::Invalid {
            member: "SegmentId".to_owned(),
            problem: "must name a dynamic segment with Frequency EVENT".to_owned(),
        }
        .into()),
        Err(ResolveError::Store(error)) => Err(error.into()),
        // What became of the segment is found out when the campaign runs.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Whether members of a stored list are part of the segment.
fn holds_list(segment: &ResolvedSegment) -> bool {
    match segment {
        ResolvedSegment::Imported { .. } => true,
        ResolvedSegment::Groups { groups, .. } => groups
            .iter()
            .flat_map(|group| &group.sources)
            .any(|source| holds_list(source)),
    }
}

async fn check_templates(
    store: &Store,
    configuration: &TemplateConfiguration,
) -> Result<(), CampaignError> {
    let references = [
        (TemplateKind::Email, &configuration.email),
        (TemplateKind::Push, &configuration.push),
        (TemplateKind::Sms, &configuration.sms),
        (TemplateKind::InApp, &configuration.in_app),
    ];
    for (kind, reference) in references {
        if let Some(reference) = reference
            && template(store, kind, reference).await?.is_none()
        {
            return Err(CampaignRefusal::UnknownTemplate {
                kind: kind.as_str(),
                name: reference.name.clone(),
                version: reference.version,
            }
            .into());
        }
    }
    Ok(())
}

/// The template that `reference` means now: the pinned version, else the active one.
pub(crate) async fn template(
    store: &Store,
    kind: TemplateKind,
    reference: &TemplateRef,
) -> Result<Option<Template>, StoreError> {
    let id = format!("{}/{}", kind.as_str(), reference.name);
    let active = store.of::<Template>().get("", &id).await?;
    let Some(active) = active else {
        return Ok(None);
    };
    match reference.version {
        None => Ok(Some(active.value)),
        Some(version) if version == active.version => Ok(Some(active.value)),
        Some(version) => {
            let stored = store
                .of::<TemplateVersion>()
                .get(&id, &version_id(version))
                .await?;
            Ok(stored.map(|stored| stored.value.0))
        }
    }
}

/// Refuses content that no message can be made of.
pub(super) async fn compiles(store: &Store, campaign: &Campaign) -> Result<(), CampaignError> {
    let outlets = Outlets::presumed(store, &campaign.app).await?;
    for number in 0..=campaign.treatments.len() {
        match content::messages(store, campaign, number, &outlets).await {
            Ok(_) => {}
            Err(ContentError::Store(error)) => return Err(error.into()),
            Err(error) => {
                return Err(CampaignRefusal::Invalid {
                    member: format!("the content of treatment {number}"),
                    problem: format!("is not usable: {error}"),
                }
                .into());
            }
        }
    }
    Ok(())
}
