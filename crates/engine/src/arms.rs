//! Who got which treatment of a run, and who was held out, as sets.

use std::collections::BTreeMap;

use clock::Timestamp;
use model::{AppId, CampaignId, EndpointSet, Outcome, Run, RunBatch, RunState};
use store::{Store, StoreError, version_parent};

use crate::run::pipeline::filtered;

/// Documents read at a time.
const PAGE: usize = 64;

/// The people of one run who could be reached, by what their cohort got.
#[derive(Debug, Clone, Default)]
pub struct Arms {
    /// When the run began.
    pub started: Timestamp,
    /// Everybody past the filters by treatment, whatever became of the message.
    pub treatments: BTreeMap<u8, EndpointSet>,
    /// Those who were held out.
    pub holdout: EndpointSet,
}

/// The arms of the runs of `campaign` that began from `start` to `end`, newest first, at most
/// `limit`.
///
/// # Errors
/// The store failed.
pub async fn arms(
    store: &Store,
    app: &AppId,
    campaign: &CampaignId,
    (start, end): (Timestamp, Timestamp),
    limit: usize,
) -> Result<Vec<Arms>, StoreError> {
    let parent = version_parent(app.as_str(), campaign.as_str());
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let runs = store.of::<Run>();
        let page = runs.list(&parent, after.as_ref(), PAGE).await?;
        for run in &page.items {
            let began = (start..=end).contains(&run.started) && run.state != RunState::Opening;
            if began && all.len() < limit {
                all.push(of(store, run).await?);
            }
        }
        let before = page.items.last().is_some_and(|run| run.started < start);
        match page.next {
            Some(next) if !before && all.len() < limit => after = Some(next),
            _ => return Ok(all),
        }
    }
}

async fn of(store: &Store, run: &Run) -> Result<Arms, StoreError> {
    let mut arms = Arms {
        started: run.started,
        ..Arms::default()
    };
    let id = run.activities.first().map_or("", |id| id.as_str());
    let mut after = None;
    loop {
        let batches = store.of::<RunBatch>();
        let page = batches.list(id, after.as_ref(), PAGE).await?;
        for batch in &page.items {
            add(&mut arms, batch);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(arms),
        }
    }
}

fn add(arms: &mut Arms, batch: &RunBatch) {
    let mut out = EndpointSet::new();
    for (outcome, people) in &batch.outcomes {
        if filtered(*outcome) || *outcome == Outcome::Cancelled {
            out |= people;
        }
        if *outcome == Outcome::Holdout {
            arms.holdout |= people;
        }
    }
    for (number, people) in &batch.assigned {
        *arms.treatments.entry(*number).or_default() |= people - &out;
    }
}
