//! What became of a campaign's people, counted by set: for GetCampaignActivities, for live
//! progress, and by person.

use std::collections::{BTreeMap, BTreeSet};

use clock::Timestamp;
use model::{
    ActivityId, AppId, Campaign, CampaignId, EndpointId, Hold, Ordinal, Outcome, Run, RunBatch,
    RunState, RunSums, RunZone, TreatmentSums, UserId,
};
use store::{Page, Store, StoreError, batches_from, version_id, version_parent};

use crate::run::pipeline::filtered;
use crate::run::sums::{self, Counts};

/// Documents read at a time.
const PAGE: usize = 64;
/// Batches read at a time; one of them mostly has people enough.
const BATCHES: usize = 4;

/// How many people of a run, or of one treatment in it, have come where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// All people.
    pub planned: u64,
    /// Taken by the provider.
    pub sent: u64,
    /// Kept out, with a named reason.
    pub skipped: u64,
    /// Attempted without success.
    pub failed: u64,
    /// Handed over when a crash hit, with no answer recorded.
    pub in_doubt: u64,
}

/// One run as its watchers see it. `planned` = sent + skipped + failed + in doubt + remaining, at
/// any time.
#[derive(Debug, Clone, PartialEq)]
pub struct RunProgress {
    /// The run's identifier: the activity of its default treatment.
    pub run: ActivityId,
    /// Where it stands.
    pub state: RunState,
    /// When it was due.
    pub scheduled: Timestamp,
    /// When its set was frozen.
    pub started: Timestamp,
    /// When its last batch was closed.
    pub ended: Option<Timestamp>,
    /// Why it could not go on.
    pub reason: Option<String>,
    /// The people of the run.
    pub tally: Tally,
    /// Without an outcome so far.
    pub remaining: u64,
    /// People by outcome, without zeros.
    pub outcomes: Counts,
    /// Each treatment, by number. People whose turn has not come are in no treatment yet.
    pub treatments: Vec<TreatmentProgress>,
    /// Members that were added by expanding users of a stored list.
    pub from_users: u64,
    /// Whether only the canary may go; absent if the run has none.
    pub canary_only: Option<bool>,
    /// Why nothing is handed over, if something holds the run.
    pub held: Option<Hold>,
    /// The zones of a local-time sweep, by the instants of their turns.
    pub zones: Vec<SweptZone>,
}

/// A zone of a local-time sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweptZone {
    /// The zone as it was when the set was frozen.
    pub zone: RunZone,
    /// Whether everybody in it has an outcome.
    pub done: bool,
}

/// How many zones a run has been through; zeros if it reaches everybody at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ZoneProgress {
    /// Zones that had members when the set was frozen.
    pub total: u64,
    /// Those whose turn is over.
    pub completed: u64,
}

/// One treatment in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreatmentProgress {
    /// The number; 0 is the default.
    pub number: u8,
    /// The label.
    pub name: Option<String>,
    /// Its activity.
    pub activity: ActivityId,
    /// Its people.
    pub tally: Tally,
    /// Those for whom a provider was called.
    pub attempted: u64,
    /// Its people who got past the filters of steps 1 and 2.
    admitted: u64,
}

/// One activity, as GetCampaignActivities tells it (`docs/spec/campaigns.md §12`).
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// The identifier.
    pub id: ActivityId,
    /// The treatment's number; 0 is the default.
    pub treatment: u8,
    /// When the run was due.
    pub scheduled: Timestamp,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// The word for where it stands.
    pub state: &'static str,
    /// `SUCCESS` or `FAIL`, once it has ended.
    pub result: Option<&'static str>,
    /// Endpoints whose delivery was attempted.
    pub total: u64,
    /// Those that were answered positively.
    pub successful: u64,
    /// The zones of a local-time sweep.
    pub zones: ZoneProgress,
    /// Execution metrics by name (`docs/spec/analytics.md §5`), without zeros.
    pub metrics: BTreeMap<&'static str, u64>,
}

/// A person in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The endpoint; absent if it was deleted since.
    pub endpoint: Option<EndpointId>,
    /// Its user.
    pub user: Option<UserId>,
    /// The treatment; absent for the holdout.
    pub treatment: Option<u8>,
}

/// Which people of a campaign.
#[derive(Debug, Clone, Copy)]
pub struct Which<'a> {
    /// Those of this run; of every run without.
    pub run: Option<&'a ActivityId>,
    /// Those with this outcome.
    pub outcome: Outcome,
}

impl From<Outcome> for Which<'_> {
    fn from(outcome: Outcome) -> Self {
        Self { run: None, outcome }
    }
}

/// Where a list of people goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleCursor {
    /// The run.
    pub run: ActivityId,
    /// The batch.
    pub batch: u32,
    /// The last ordinal that was listed.
    pub ordinal: Ordinal,
}

/// The runs of a campaign, newest first, at most `limit`.
///
/// # Errors
/// The store failed.
pub async fn progress(
    store: &Store,
    campaign: &Campaign,
    limit: usize,
) -> Result<Vec<RunProgress>, StoreError> {
    let parent = version_parent(campaign.app.as_str(), campaign.id.as_str());
    let runs = store.of::<Run>().list(&parent, None, limit).await?;
    let mut all = Vec::with_capacity(runs.items.len());
    for run in &runs.items {
        all.push(run_progress(store, campaign, run).await?);
    }
    Ok(all)
}

/// The activities of a campaign, newest run first, by treatment within a run: those of at most
/// `limit` runs after the run with key `after`, and the key to go on with.
///
/// # Errors
/// The store failed.
pub async fn activities(
    store: &Store,
    campaign: &Campaign,
    after: Option<&(Timestamp, String)>,
    limit: usize,
) -> Result<Page<Activity>, StoreError> {
    let parent = version_parent(campaign.app.as_str(), campaign.id.as_str());
    let runs = store.of::<Run>().list(&parent, after, limit).await?;
    let mut items = Vec::new();
    for run in &runs.items {
        let progress = run_progress(store, campaign, run).await?;
        items.extend(progress.treatments.iter().map(|t| activity(&progress, t)));
    }
    Ok(Page {
        items,
        next: runs.next,
    })
}

/// The people of a campaign that `which` names, newest run first, after `after`, at most `limit`; and
/// where to go on.
///
/// # Errors
/// The store failed.
pub async fn people(
    store: &Store,
    app: &AppId,
    campaign: &CampaignId,
    which: impl Into<Which<'_>>,
    after: Option<&PeopleCursor>,
    limit: usize,
) -> Result<(Vec<Person>, Option<PeopleCursor>), StoreError> {
    let Which { run: only, outcome } = which.into();
    let parent = version_parent(app.as_str(), campaign.as_str());
    let mut people = Vec::new();
    let mut position = None;
    let mut reached = after.is_none();
    loop {
        let runs = store
            .of::<Run>()
            .list(&parent, position.as_ref(), PAGE)
            .await?;
        for run in &runs.items {
            let Some(id) = run.activities.first() else {
                continue;
            };
            let resume = after.filter(|after| after.run == *id);
            reached |= resume.is_some();
            if !reached || only.is_some_and(|only| only != id) {
                continue;
            }
            let first = resume.map_or(0, |after| after.batch);
            let mut next_batches = batches_from(first);
            loop {
                let batches = store.of::<RunBatch>();
                let page = batches.list(id.as_str(), next_batches.as_ref(), BATCHES);
                let page = page.await?;
                for batch in &page.items {
                    let past = resume.filter(|a| a.batch == batch.number);
                    let room = limit - people.len();
                    let past = past.map(|past| past.ordinal);
                    let found = in_batch(store, run, batch, outcome, past, room).await?;
                    let last = found.last().map(|(ordinal, _)| *ordinal);
                    people.extend(found.into_iter().map(|(_, person)| person));
                    if let Some(ordinal) = last.filter(|_| people.len() == limit) {
                        let next = PeopleCursor {
                            run: id.clone(),
                            batch: batch.number,
                            ordinal,
                        };
                        return Ok((people, Some(next)));
                    }
                }
                match page.next {
                    Some(next) => next_batches = Some(next),
                    None => break,
                }
            }
        }
        match runs.next {
            Some(next) => position = Some(next),
            None => return Ok((people, None)),
        }
    }
}

async fn in_batch(
    store: &Store,
    run: &Run,
    batch: &RunBatch,
    outcome: Outcome,
    past: Option<Ordinal>,
    limit: usize,
) -> Result<Vec<(Ordinal, Person)>, StoreError> {
    let Some(set) = batch.outcomes.get(&outcome) else {
        return Ok(Vec::new());
    };
    let from = past.map_or(0, |past| past.saturating_add(1));
    let ordinals: Vec<Ordinal> = set.range(from..).take(limit).collect();
    let mut endpoints = store.endpoints.load(&run.app, &ordinals).await?;
    for (segment, version) in &run.snapshots {
        let found = store
            .endpoints
            .snapshots(&run.app, segment, *version, &ordinals)
            .await?;
        for (endpoint, snapshot) in endpoints.iter_mut().zip(found) {
            *endpoint = endpoint.take().or(snapshot);
        }
    }
    Ok(ordinals
        .into_iter()
        .zip(endpoints)
        .map(|(ordinal, endpoint)| {
            let treatment = batch
                .assigned
                .iter()
                .find(|(_, members)| members.contains(ordinal))
                .map(|(number, _)| *number);
            let (endpoint, user) = endpoint.map_or((None, None), |e| (Some(e.id), e.user));
            let person = Person {
                endpoint,
                user,
                treatment,
            };
            (ordinal, person)
        })
        .collect())
}

async fn run_progress(
    store: &Store,
    campaign: &Campaign,
    run: &Run,
) -> Result<RunProgress, StoreError> {
    let sums = match run.state {
        RunState::Opening => RunSums::default(),
        _ => sums::of(store, run).await?,
    };
    let mut progress = describe(run, campaign, sums);
    progress.zones = swept_zones(run, &open_turns(store, run).await?);
    Ok(progress)
}

/// The run as its watchers see it, by its numbers; zones are yet to be counted.
fn describe(run: &Run, campaign: &Campaign, sums: RunSums) -> RunProgress {
    let with_outcome: u64 = sums.outcomes.values().sum();
    let treatments = (0_u8..)
        .zip(&run.activities)
        .filter(|(number, _)| run.takes(*number))
        .map(|(number, activity)| {
            let empty = TreatmentSums::default();
            let own = sums.treatments.get(&number).unwrap_or(&empty);
            TreatmentProgress {
                number,
                name: campaign.label(number).map(str::to_owned),
                activity: activity.clone(),
                tally: tally(own.planned, &own.outcomes),
                attempted: attempted(&own.outcomes),
                admitted: own.admitted,
            }
        })
        .collect();
    RunProgress {
        run: run.activities.first().cloned().unwrap_or_else(|| "".into()),
        state: run.state,
        scheduled: run.scheduled,
        started: run.started,
        ended: run.ended,
        reason: run.reason.clone(),
        tally: tally(run.produced, &sums.outcomes),
        remaining: run.produced.saturating_sub(with_outcome),
        outcomes: sums.outcomes,
        treatments,
        from_users: run.from_users,
        zones: Vec::new(),
        canary_only: run.guard.canary.map(|_| run.guard.canary_only()),
        held: run.guard.held.clone(),
    }
}

/// The turns of zones that are not over: those of batches that are not closed.
async fn open_turns(store: &Store, run: &Run) -> Result<BTreeSet<Option<Timestamp>>, StoreError> {
    let mut turns = BTreeSet::new();
    let Some(id) = run.activities.first().filter(|_| !run.zones.is_empty()) else {
        return Ok(turns);
    };
    for number in (0..run.batches).filter(|number| !run.sums.batches.contains(*number)) {
        let batches = store.of::<RunBatch>();
        let batch = batches.get(id.as_str(), &version_id(number)).await?;
        if let Some(batch) = batch.filter(|batch| !batch.closed) {
            turns.insert(batch.due);
            turns.extend(batch.waiting.keys().copied().map(Some));
        }
    }
    Ok(turns)
}

/// The zones of `run`, when those with the turns in `open` are not done.
fn swept_zones(run: &Run, open: &BTreeSet<Option<Timestamp>>) -> Vec<SweptZone> {
    let done = |zone: &RunZone| {
        let turn = (!zone.over).then_some(zone.fires);
        run.state == RunState::Completed
            || (run.state != RunState::Opening && !open.contains(&turn))
    };
    let swept = |zone: &RunZone| SweptZone {
        zone: zone.clone(),
        done: done(zone),
    };
    let mut zones: Vec<SweptZone> = run.zones.iter().map(swept).collect();
    zones.sort_by_key(|it| it.zone.fires);
    zones
}

fn tally(planned: u64, outcomes: &Counts) -> Tally {
    let mut tally = Tally {
        planned,
        ..Tally::default()
    };
    for (outcome, count) in outcomes {
        let slot = match outcome {
            Outcome::Success => &mut tally.sent,
            Outcome::InDoubt => &mut tally.in_doubt,
            Outcome::HookFailure | Outcome::RecommendationFailure => &mut tally.failed,
            other if other.attempted() => &mut tally.failed,
            _ => &mut tally.skipped,
        };
        *slot += count;
    }
    tally
}

fn attempted(outcomes: &Counts) -> u64 {
    outcomes
        .iter()
        .filter(|(outcome, _)| outcome.attempted())
        .map(|(_, count)| count)
        .sum()
}

fn activity(run: &RunProgress, treatment: &TreatmentProgress) -> Activity {
    let ended = matches!(run.state, RunState::Completed | RunState::Cancelled);
    let dispatched = treatment.attempted;
    let never_ran = run.state == RunState::Cancelled && run.tally.planned == 0;
    let failed = never_ran || (dispatched > 0 && treatment.tally.sent == 0);
    Activity {
        id: treatment.activity.clone(),
        treatment: treatment.number,
        scheduled: run.scheduled,
        started: run.started,
        ended: run.ended,
        state: match run.state {
            RunState::Opening => "INITIALIZING",
            RunState::Running => "RUNNING",
            RunState::Paused => "PAUSED",
            RunState::Completed => "COMPLETED",
            RunState::Cancelled => "CANCELLED",
        },
        result: ended.then_some(if failed { "FAIL" } else { "SUCCESS" }),
        total: dispatched,
        successful: treatment.tally.sent,
        zones: ZoneProgress {
            total: run.zones.len() as u64,
            completed: run.zones.iter().filter(|it| it.done).count() as u64,
        },
        metrics: metrics(run, treatment),
    }
}

/// The counters of one activity. The filters of steps 1 and 2 stand before the cohort in the
/// pipeline, so every activity counts them for the whole segment.
fn metrics(run: &RunProgress, treatment: &TreatmentProgress) -> BTreeMap<&'static str, u64> {
    let mut metrics = BTreeMap::from([
        ("ENDPOINT_PRODUCED", run.tally.planned),
        ("ENDPOINTS_FROM_USER", run.from_users),
    ]);
    for (outcome, count) in &run.outcomes {
        if filtered(*outcome) {
            metrics.insert(outcome.as_str(), *count);
        }
    }
    let others = run
        .treatments
        .iter()
        .filter(|of| of.number != treatment.number);
    let in_others: u64 = others.map(|of| of.admitted).sum();
    let count = |outcome| run.outcomes.get(&outcome).copied().unwrap_or(0);
    let left_alone = count(Outcome::Holdout) + count(Outcome::TreatmentHoldout);
    metrics.insert("TREATMENT_HOLDOUT", in_others + left_alone);
    metrics.retain(|_, count| *count > 0);
    metrics
}

#[cfg(test)]
#[path = "activities_tests.rs"]
mod tests;
