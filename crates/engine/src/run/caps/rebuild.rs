//! Reads what counts for caps from the documents of runs.

use clock::Timestamp;
use model::{AppId, Campaign, CampaignId, EndpointSet, Outcome, Run, RunBatch};
use store::{DeletedCampaign, Store, StoreError, version_parent};

use super::counts::Counts;
use super::daily::window_start;
use super::targeted;

/// Documents read at a time.
const PAGE: usize = 64;
/// A minute in milliseconds.
const MINUTE_MS: i64 = 60_000;

/// Shows `visit` every batch of `app` that may hold messages of the daily window at `now`.
pub(super) async fn recent_batches(
    store: &Store,
    app: &AppId,
    now: Timestamp,
    visit: &mut (dyn FnMut(&RunBatch) + Send),
) -> Result<(), StoreError> {
    let since = Timestamp::from_millis(window_start(now).saturating_mul(MINUTE_MS));
    let campaigns = store.of::<Campaign>();
    let mut after = None;
    loop {
        let page = campaigns.list(app.as_str(), after.as_ref(), PAGE).await?;
        for campaign in &page.items {
            batches(store, app, &campaign.id, Some(since), visit).await?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let mut after = None;
    loop {
        let gone = store.of::<DeletedCampaign>();
        let page = gone.list(app.as_str(), after.as_ref(), PAGE).await?;
        for campaign in &page.items {
            batches(store, app, &campaign.campaign, Some(since), visit).await?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// How often the runs of `campaign` targeted each endpoint.
pub(super) async fn targets(store: &Store, campaign: &Campaign) -> Result<Counts, StoreError> {
    let mut counts = Counts::default();
    let mut add = |batch: &RunBatch| {
        let mut reached = batch.in_flight.clone();
        for (outcome, set) in &batch.outcomes {
            if targeted(*outcome) {
                reached |= set;
            }
        }
        counts.add(&reached);
    };
    batches(store, &campaign.app, &campaign.id, None, &mut add).await?;
    Ok(counts)
}

/// Who got a message in `batch` and in which minute, by window at `now`.
pub(super) fn sent(batch: &RunBatch, now: Timestamp) -> Vec<(i64, EndpointSet)> {
    let start = window_start(now);
    if batch.sent.is_empty()
        && let Some(last) = batch.last_sent.filter(|last| last.utc_minute() >= start)
    {
        let all = batch
            .outcomes
            .iter()
            .filter(|(outcome, _)| outcome.attempted() || **outcome == Outcome::InDoubt)
            .fold(EndpointSet::new(), |all, (_, set)| all | set);
        return vec![(last.utc_minute(), all)];
    }
    let within = batch.sent.range(start..);
    within.map(|(minute, set)| (*minute, set.clone())).collect()
}

/// Shows `visit` the batches of every run of a campaign; with `since`, only of runs that had not
/// ended by then.
async fn batches(
    store: &Store,
    app: &AppId,
    campaign: &CampaignId,
    since: Option<Timestamp>,
    visit: &mut (dyn FnMut(&RunBatch) + Send),
) -> Result<(), StoreError> {
    let parent = version_parent(app.as_str(), campaign.as_str());
    let mut after = None;
    loop {
        let runs = store.of::<Run>();
        let page = runs.list(&parent, after.as_ref(), PAGE).await?;
        for run in &page.items {
            let over = since
                .zip(run.ended)
                .is_some_and(|(since, ended)| ended < since);
            if let Some(id) = run.activities.first().filter(|_| !over) {
                of_run(store, id.as_str(), visit).await?;
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

async fn of_run(
    store: &Store,
    run: &str,
    visit: &mut (dyn FnMut(&RunBatch) + Send),
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let batches = store.of::<RunBatch>();
        let page = batches.list(run, after.as_ref(), PAGE).await?;
        for batch in &page.items {
            visit(batch);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}
