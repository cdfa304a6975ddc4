//! Adds up what became of people, and keeps the numbers of closed batches with their run.

use std::collections::BTreeMap;

use model::{EndpointSet, Outcome, Run, RunBatch, RunSums};
use store::{Store, StoreError, version_id};

use super::driver::RunKey;
use super::pipeline::filtered;

/// How often a write is tried again when somebody else was faster.
const ATTEMPTS_MAX: usize = 16;

/// Adds the people of `batch` to `sums`.
pub(crate) fn add(sums: &mut RunSums, batch: &RunBatch) {
    let mut dropped = EndpointSet::new();
    for (outcome, set) in &batch.outcomes {
        *sums.outcomes.entry(*outcome).or_default() += set.len();
        if filtered(*outcome) {
            dropped |= set;
        }
    }
    for (number, members) in &batch.assigned {
        let own = sums.treatments.entry(*number).or_default();
        own.planned += members.len();
        own.admitted += members.len() - members.intersection_len(&dropped);
        for (outcome, set) in &batch.outcomes {
            let count = members.intersection_len(set);
            if count > 0 {
                *own.outcomes.entry(*outcome).or_default() += count;
            }
        }
    }
}

/// The numbers of `run` as of now: those kept with it, and those of batches that are not closed.
///
/// # Errors
/// The store failed.
pub(crate) async fn of(store: &Store, run: &Run) -> Result<RunSums, StoreError> {
    let mut sums = run.sums.clone();
    let Some(id) = run.activities.first() else {
        return Ok(sums);
    };
    for number in (run.settled..run.batches).filter(|number| !run.sums.batches.contains(*number)) {
        let batches = store.of::<RunBatch>();
        if let Some(batch) = batches.get(id.as_str(), &version_id(number)).await? {
            add(&mut sums, &batch);
        }
    }
    Ok(sums)
}

/// Keeps the numbers of batch `number`, which is closed, with its run.
///
/// # Errors
/// The store failed.
pub(super) async fn keep(store: &Store, key: &RunKey, number: u32) -> Result<(), StoreError> {
    let batches = store.of::<RunBatch>();
    let Some(batch) = batches.get(key.id.as_str(), &version_id(number)).await? else {
        return Ok(());
    };
    let runs = store.of::<Run>();
    for _ in 0..ATTEMPTS_MAX {
        let Some(mut run) = runs.get(&key.parent(), key.id.as_str()).await? else {
            return Ok(());
        };
        if !batch.closed || !run.sums.batches.insert(number) {
            return Ok(());
        }
        add(&mut run.sums, &batch);
        match runs.replace(&mut run).await {
            Err(StoreError::Conflict(_)) => {}
            done => return done,
        }
    }
    // The batch is read whenever the run is watched, as before.
    Ok(())
}

/// People by outcome, without zeros.
pub(crate) type Counts = BTreeMap<Outcome, u64>;
