//! Reads back what came of a world.

use events::Log;
use model::{Campaign, Event, Run, RunBatch};
use store::{Resource, Store, StoreError, version_parent};

use super::World;
use crate::evidence::{Evidence, RunRecord, Story};

/// Documents or events read at a time.
const PAGE: usize = 10_000;

/// What came of the world.
///
/// # Errors
/// Something could not be read.
pub(super) async fn gather(world: &World, store: &Store, log: &Log) -> Result<Evidence, String> {
    let (mut campaigns, people) = {
        let notes = world.notes.lock();
        (notes.campaigns.clone(), notes.people.clone())
    };
    for story in &mut campaigns {
        read(world, store, story)
            .await
            .map_err(|error| format!("reading back: {error}"))?;
    }
    Ok(Evidence {
        plan: (*world.plan).clone(),
        people,
        campaigns,
        lives: Vec::new(),
        calls: world.servers.calls(),
        hand_overs: world.provider.hand_overs(),
        events: events(log)?,
        end: world.now(),
    })
}

async fn read(world: &World, store: &Store, story: &mut Story) -> Result<(), StoreError> {
    let app = world.app.as_str();
    let parent = version_parent(app, story.id.as_str());
    for run in all::<Run>(store, &parent).await? {
        let batches = match run.activities.first() {
            Some(id) => all::<RunBatch>(store, id.as_str()).await?,
            None => Vec::new(),
        };
        story.runs.push(RunRecord { run, batches });
    }
    story.runs.reverse();
    story.runs.sort_by_key(|record| record.run.scheduled);
    let last = store.of::<Campaign>().get(app, story.id.as_str()).await?;
    if let Some(last) = last {
        let page = engine::activities::activities(store, &last, None, PAGE).await?;
        story.activities = page.items;
        story.last = Some(Box::new(last.value));
    }
    Ok(())
}

async fn all<R: Resource>(store: &Store, parent: &str) -> Result<Vec<R>, StoreError> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store.of::<R>().list(parent, after.as_ref(), PAGE).await?;
        found.extend(page.items.into_iter().map(|stored| stored.value));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

fn events(log: &Log) -> Result<Vec<Event>, String> {
    let mut found = Vec::new();
    let mut position = log.start();
    loop {
        let read = log
            .read_blocking(position, PAGE)
            .map_err(|error| format!("reading the log back: {error}"))?;
        let Some((last, _)) = read.last() else {
            return Ok(found);
        };
        position = *last;
        found.extend(read.into_iter().map(|(_, event)| (*event).clone()));
    }
}
