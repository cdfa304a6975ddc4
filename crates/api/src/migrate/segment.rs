//! Segments with their versions, those that others build on first.

use std::collections::{BTreeMap, BTreeSet};

use audience::criteria::references;
use model::{AppId, JobFormat, Segment, SegmentCriteria, SegmentId, SegmentImport, SegmentRef};
use store::{Expect, SegmentVersion, put};
use wire::Operation;
use wire::shapes::WriteSegmentRequest;

use super::Migration;
use super::item::Item;
use super::report::Outcome;
use crate::apps::wire::read_tags;
use crate::error::ApiError;
use crate::segments::criteria::check;
use crate::segments::wire::read_criteria;

type Key = (AppId, SegmentId);

/// A segment as it was read, with what had to be adapted so far.
struct Draft {
    item: Item,
    segment: Segment,
    notes: Vec<String>,
}

/// Takes segments; versions of the same segment become its versions.
pub(super) async fn take(migration: &mut Migration<'_>, items: Vec<Item>) -> Result<(), ApiError> {
    let mut waiting: BTreeMap<Key, BTreeMap<u32, Draft>> = BTreeMap::new();
    for item in items {
        match read(migration, &item).await {
            Ok((segment, notes)) => {
                let key = (segment.app.clone(), segment.id.clone());
                let version = segment.version;
                let draft = Draft {
                    item,
                    segment,
                    notes,
                };
                waiting.entry(key).or_default().insert(version, draft);
            }
            Err(error) => migration.note(&item, Err(error))?,
        }
    }
    for key in ordered(&waiting) {
        if let Some(versions) = waiting.remove(&key) {
            store(migration, versions).await?;
        }
    }
    Ok(())
}

/// The segments in an order in which each comes after those that it builds on. Where they build on
/// one another in a circle, some order: the check of references will say so.
fn ordered(segments: &BTreeMap<Key, BTreeMap<u32, Draft>>) -> Vec<Key> {
    let mut seen = BTreeSet::new();
    let mut order = Vec::with_capacity(segments.len());
    for root in segments.keys() {
        // Each segment is open before and after those that it builds on.
        let mut open = vec![(root.clone(), false)];
        while let Some((key, left)) = open.pop() {
            if left {
                order.push(key);
                continue;
            }
            let Some(versions) = segments.get(&key).filter(|_| seen.insert(key.clone())) else {
                continue;
            };
            open.push((key.clone(), true));
            let criteria = versions.values().map(|draft| &draft.segment.criteria);
            let sources = criteria.flat_map(references);
            open.extend(sources.map(|source| ((key.0.clone(), source.id.clone()), false)));
        }
    }
    order
}

async fn read(
    migration: &mut Migration<'_>,
    item: &Item,
) -> Result<(Segment, Vec<String>), ApiError> {
    let id = SegmentId::new(item.needed("Id")?);
    let app = migration.app_of(item).await?;
    let mut request: WriteSegmentRequest = migration.request(Operation::CreateSegment, item)?;
    let mut notes = Vec::new();
    let criteria = if item.text("SegmentType") == Some("IMPORT") {
        let (import, note) = imported(item);
        notes.push(note);
        SegmentCriteria::Imported(import)
    } else {
        // Responses may hold the unused form as an empty object.
        if !item.has("Dimensions") {
            request.dimensions = None;
        }
        if !item.has("SegmentGroups") {
            request.segment_groups = None;
        }
        if request.dimensions.is_some() && request.segment_groups.is_some() {
            request.dimensions = None;
            notes.push("its SegmentGroups are taken, its Dimensions are not".to_owned());
        }
        read_criteria(request.dimensions, request.segment_groups)?
            .unwrap_or(SegmentCriteria::Everyone)
    };
    let created = item.date("CreationDate", migration.now);
    let segment = Segment {
        app,
        id,
        name: request.name.filter(|name| !name.is_empty()),
        criteria,
        version: item.version()?,
        tags: read_tags(request.tags, migration.state.settings.limits.tags)?,
        created,
        modified: item.date("LastModifiedDate", created),
    };
    Ok((segment, notes))
}

/// An imported segment: the responses do not hold its members.
fn imported(item: &Item) -> (SegmentImport, String) {
    let definition = &item.json["ImportDefinition"];
    let text = |member: &str| definition[member].as_str().unwrap_or_default().to_owned();
    let import = SegmentImport {
        format: match definition["Format"].as_str() {
            Some("JSON") => JobFormat::Json,
            _ => JobFormat::Csv,
        },
        s3_url: text("S3Url"),
        role_arn: text("RoleArn"),
        external_id: Some(text("ExternalId")).filter(|id| !id.is_empty()),
        size: 0,
        channel_counts: BTreeMap::new(),
        members_version: 0,
    };
    let count = definition["Size"].as_u64().unwrap_or_default();
    let note = format!(
        "it is empty, because responses do not hold its {count} members: import them with this \
         SegmentId from {}",
        text("S3Url")
    );
    (import, note)
}

/// Writes the versions of one segment, all or none.
async fn store(
    migration: &mut Migration<'_>,
    mut versions: BTreeMap<u32, Draft>,
) -> Result<(), ApiError> {
    let checked = write(migration, &mut versions).await;
    let mut refused = None;
    let mut there = false;
    match checked {
        Ok(taken) => there = !taken,
        Err(error) if error.status().is_server_error() => return Err(error),
        Err(error) => refused = Some(error.message().to_owned()),
    }
    for draft in versions.into_values() {
        let outcome = match &refused {
            Some(reason) => Outcome::Refused(reason.clone()),
            None if there => Outcome::There,
            None => Outcome::with(draft.notes),
        };
        migration.note(&draft.item, Ok(outcome))?;
    }
    Ok(())
}

/// As [`store`]; answers whether there was no such segment.
async fn write(
    migration: &Migration<'_>,
    versions: &mut BTreeMap<u32, Draft>,
) -> Result<bool, ApiError> {
    let store = migration.state.store();
    let mut writes = Vec::new();
    let mut latest: Option<Segment> = None;
    for draft in versions.values_mut() {
        let (app, id) = (draft.segment.app.clone(), draft.segment.id.clone());
        let segments = store.of::<Segment>();
        if segments.get(app.as_str(), id.as_str()).await?.is_some() {
            return Ok(false);
        }
        unpin(migration, draft).await?;
        check(store, &app, &draft.segment.criteria, Some(&id)).await?;
        let version = SegmentVersion(draft.segment.clone());
        writes.push(put(&version, Expect::Any)?);
        latest = Some(version.0);
    }
    if let Some(latest) = latest {
        writes.push(put(&latest, Expect::Absent)?);
    }
    store.documents.commit(writes).await?;
    Ok(true)
}

/// Lets references to versions that are not here mean the latest version.
async fn unpin(migration: &Migration<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let Draft { segment, notes, .. } = draft;
    let SegmentCriteria::Groups { groups, .. } = &mut segment.criteria else {
        return Ok(());
    };
    let store = migration.state.store();
    for source in groups.iter_mut().flat_map(|group| &mut group.sources) {
        let SegmentRef { id, version } = source;
        let Some(number) = *version else { continue };
        let found = engine::segments::find(store, &segment.app, id, *version).await?;
        if found.is_none() {
            notes.push(format!(
                "it builds on the latest version of segment {id}: version {number} is not here"
            ));
            *version = None;
        }
    }
    Ok(())
}
