//! What became of people in a campaign's runs, from the sets of their batches and from the log.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clock::Timestamp;
use events::Log;
use model::{Event, Ordinal, Run, RunBatch};
use store::{Store, StoreError, version_id};

use super::{Past, Place};
use crate::engine::Shared;

/// Batches of a run that are looked through: each holds up to 65,536 people, or those of an event.
const BATCHES_MAX: usize = 2_000;
/// Events read at a time.
const EVENTS: usize = 4_096;
/// Events looked through for the instants, over all runs.
const EVENTS_MAX: usize = 400_000;
/// How long after a run's end its last record may arrive.
const AFTER_END: Duration = Duration::from_secs(60);
/// The event that records an outcome.
const SEND: &str = "_campaign.send";

/// What became of each of `ordinals` in each of `runs`.
pub(super) async fn history(
    shared: &Arc<Shared>,
    runs: &[Run],
    ordinals: &[Ordinal],
) -> Result<BTreeMap<Ordinal, Vec<Past>>, StoreError> {
    let mut told: BTreeMap<Ordinal, Vec<Past>> = BTreeMap::new();
    let mut budget = EVENTS_MAX;
    for run in runs {
        let Some(id) = run.activities.first() else {
            continue;
        };
        let mut places = places(&shared.store, run, ordinals).await?;
        let instants = if places.is_empty() {
            BTreeMap::new()
        } else {
            let (found, left) =
                instants(shared, run, places.keys().copied().collect(), budget).await;
            budget = left;
            found
        };
        for ordinal in ordinals {
            let (place, treatment) = places.remove(ordinal).unwrap_or((Place::Absent, None));
            let activity = treatment.and_then(|number| run.activities.get(usize::from(number)));
            told.entry(*ordinal).or_default().push(Past {
                run: id.clone(),
                activity: activity.cloned(),
                place,
                at: instants.get(ordinal).copied(),
            });
        }
    }
    Ok(told)
}

/// Where each of `ordinals` that is part of the run is, and its treatment.
async fn places(
    store: &Store,
    run: &Run,
    ordinals: &[Ordinal],
) -> Result<BTreeMap<Ordinal, (Place, Option<u8>)>, StoreError> {
    let mut places = BTreeMap::new();
    let Some(id) = run.activities.first() else {
        return Ok(places);
    };
    let batches = store.of::<RunBatch>();
    // The newest first: of several messages that events triggered, the last one is told.
    for number in (0..run.batches).rev().take(BATCHES_MAX) {
        if places.len() == ordinals.len() {
            break;
        }
        let Some(batch) = batches.get(id.as_str(), &version_id(number)).await? else {
            continue;
        };
        for ordinal in ordinals.iter().filter(|it| batch.members.contains(**it)) {
            places
                .entry(*ordinal)
                .or_insert_with(|| place(&batch, *ordinal));
        }
    }
    Ok(places)
}

fn place(batch: &RunBatch, ordinal: Ordinal) -> (Place, Option<u8>) {
    let mut outcomes = batch.outcomes.iter();
    let outcome = outcomes.find(|(_, set)| set.contains(ordinal));
    let mut assigned = batch.assigned.iter();
    let treatment = assigned.find(|(_, set)| set.contains(ordinal));
    (
        outcome.map_or(Place::Remaining, |(outcome, _)| Place::Outcome(*outcome)),
        treatment.map(|(number, _)| *number),
    )
}

/// When the outcomes of `wanted` were recorded, as far as at most `budget` events tell, and what is
/// left of the budget. A log that cannot be read tells nothing.
async fn instants(
    shared: &Shared,
    run: &Run,
    wanted: Vec<Ordinal>,
    budget: usize,
) -> (BTreeMap<Ordinal, Timestamp>, usize) {
    let (log, run) = (shared.log.clone(), run.clone());
    let looked = tokio::task::spawn_blocking(move || look(&log, &run, &wanted, budget));
    looked.await.unwrap_or_default()
}

fn look(
    log: &Log,
    run: &Run,
    wanted: &[Ordinal],
    mut budget: usize,
) -> (BTreeMap<Ordinal, Timestamp>, usize) {
    let mut found = BTreeMap::new();
    let mut position = log.position_before(run.started);
    while budget > 0 && found.len() < wanted.len() {
        let Ok(events) = log.read_blocking(position, EVENTS.min(budget)) else {
            break;
        };
        let Some((last, _)) = events.last() else {
            break;
        };
        position = *last;
        budget = budget.saturating_sub(events.len());
        let over = events.last().is_some_and(|(_, event)| is_after(event, run));
        for (_, event) in events {
            if let Some(ordinal) = recorded(&event, run).filter(|it| wanted.contains(it)) {
                found.insert(ordinal, event.timestamp);
            }
        }
        if over {
            break;
        }
    }
    (found, budget)
}

fn is_after(event: &Event, run: &Run) -> bool {
    run.ended
        .is_some_and(|ended| event.arrival > ended.plus(AFTER_END))
}

/// Whose outcome in `run` the event records.
fn recorded(event: &Event, run: &Run) -> Option<Ordinal> {
    let activity = event.campaign.as_ref()?.activity.as_ref()?;
    let ours = event.kind == SEND && run.activities.contains(activity);
    event.ordinal.filter(|_| ours)
}
