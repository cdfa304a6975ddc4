//! Walks the audiences of the runs that a dry run plans, some members at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use clock::Timestamp;
use model::{
    Campaign, DryRun, DryRunPart, DryRunState, EndpointSet, Frequency, Ordinal, PlannedRun,
    SegmentId, SegmentRef,
};
use schedule::Sweep;
use store::{Expect, Resource, StoreError, Stored, Write, put};

use super::planned_run::{apart, planned_run};
use super::planner::{Planned, Planner};
use super::stages::Stages;
use crate::engine::Shared;
use crate::run::caps::RunCaps;
use crate::run::content::{ContentError, Messages};
use crate::run::context::RunContext;
use crate::run::driver::messages;
use crate::run::open::parts;
use crate::run::sweep::turns;
use crate::segments::{self, ResolveError};

/// Members looked at together.
const CHUNK: usize = 1_024;
/// Chunks after which progress is written.
const CHUNKS_PER_PROGRESS: usize = 16;
/// Parts written in one commit.
const PARTS_PER_COMMIT: usize = 32;
/// How often a dry run is begun: restarts of the service interrupt it.
const ATTEMPTS_MAX: u32 = 5;

/// Why a dry run ends without a result.
enum Stop {
    /// It cannot be planned: the reason, for people.
    Failed(String),
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ResolveError> for Stop {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::Store(error) => Self::Store(error),
            broken => Self::Failed(broken.to_string()),
        }
    }
}

impl From<ContentError> for Stop {
    fn from(error: ContentError) -> Self {
        match error {
            ContentError::Store(error) => Self::Store(error),
            unusable => Self::Failed(format!("the campaign would be INVALID: {unusable}")),
        }
    }
}

/// Plans from the beginning to the end. A result is there only when everybody was looked at.
pub(super) async fn walk(shared: &Arc<Shared>, mut job: Stored<DryRun>) -> Result<(), StoreError> {
    let dry_runs = shared.store.of::<DryRun>();
    let outcome = if job.attempts >= ATTEMPTS_MAX {
        let times = job.attempts;
        Err(Stop::Failed(format!("it was interrupted {times} times")))
    } else {
        job.attempts += 1;
        job.looked = 0;
        dry_runs.replace(&mut job).await?;
        Box::pin(plan(shared, &mut job)).await
    };
    match outcome {
        Ok(planned) => finish(shared, job, planned).await,
        Err(Stop::Store(error)) => Err(error),
        Err(Stop::Failed(reason)) => {
            job.state = DryRunState::Failed;
            job.reason = Some(reason);
            dry_runs.replace(&mut job).await
        }
    }
}

/// One of the runs, with its members in the order of their turns.
struct Planning {
    context: Arc<RunContext>,
    sources: Vec<(SegmentId, u32)>,
    stages: Stages,
    members: EndpointSet,
}

async fn plan(shared: &Arc<Shared>, job: &mut Stored<DryRun>) -> Result<Planned, Stop> {
    let campaign = (*job.campaign).clone();
    let caps = RunCaps::apart(&shared.store, &shared.clock, &campaign).await?;
    let mut runs = Vec::new();
    for planned in planned_runs(job) {
        runs.push(open(shared, &campaign, planned, &caps).await?);
    }
    let everyone = runs
        .iter()
        .fold(EndpointSet::new(), |all, run| all | &run.members);
    job.planned = everyone.len();
    let contexts = runs.iter().map(|run| Arc::clone(&run.context)).collect();
    let start = runs.iter().map(|run| run.context.run.scheduled).min();
    let start = start.unwrap_or(job.start);
    let mut planner = Planner::new(contexts, &campaign, start, job.planned, job.samples);
    let mut begun = vec![false; runs.len()];
    let mut chunks = 0;
    while let Some((place, from)) = earliest(&runs) {
        let run = &mut runs[place];
        let members = run.stages.take().unwrap_or_default();
        planner.wait_until(from);
        let before = planner.sent();
        let mut ordinals = members.iter();
        loop {
            let chunk: Vec<Ordinal> = ordinals.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                break;
            }
            let endpoints = segments::load(&shared.store, &job.app, &run.sources, &chunk).await?;
            // Deciding and rendering take their time; other requests go on meanwhile.
            let looked = tokio::task::spawn_blocking(move || {
                planner.look(place, &chunk, endpoints);
                planner
            });
            planner = looked
                .await
                .map_err(|error| Stop::Failed(format!("planning ended early: {error}")))?;
            chunks += 1;
            if chunks % CHUNKS_PER_PROGRESS == 0 {
                job.looked = planner.looked();
                shared.store.of::<DryRun>().replace(job).await?;
            }
        }
        begun[place] |= planner.sent() > before;
        run.stages.passed(planner.now(), begun[place]);
    }
    // Somebody may be a member of another treatment's run only.
    job.looked = planner.looked();
    job.planned = job.looked;
    let canaries = runs.into_iter().filter_map(|run| run.stages.canary());
    Ok(planner.finish(&job.id, &campaign, canaries.collect()))
}

/// The runs of a dry run.
fn planned_runs(job: &DryRun) -> Vec<PlannedRun> {
    if job.runs.is_empty() {
        return vec![PlannedRun {
            due: job.start,
            treatments: job.campaign.numbers().collect(),
        }];
    }
    job.runs.clone()
}

/// The run whose members are the next to be looked at, and when.
fn earliest(runs: &[Planning]) -> Option<(usize, Timestamp)> {
    let next = runs.iter().enumerate();
    let next = next.filter_map(|(place, run)| Some((place, run.stages.next_at()?)));
    next.min_by_key(|(place, from)| (*from, *place))
}

/// A run with its frozen set in the order of the turns: the clock of a plan never goes back.
async fn open(
    shared: &Arc<Shared>,
    campaign: &Campaign,
    planned: PlannedRun,
    caps: &Arc<RunCaps>,
) -> Result<Planning, Stop> {
    let reference = SegmentRef {
        id: campaign.segment.clone(),
        version: Some(campaign.segment_version),
    };
    let segment = segments::resolve(&shared.store, &campaign.app, &reference).await?;
    let members = segments::members(&shared.store, &campaign.app, &segment, planned.due).await?;
    let sources = segments::snapshot_sources(&segment);
    drop(segment);
    let says = if campaign.frequency() == Frequency::InAppEvent {
        Vec::<Messages>::new()
    } else {
        messages(shared, campaign).await?
    };
    let run = planned_run(campaign, planned.treatments, planned.due, sources.clone());
    let schedule = campaign.schedule(run.leader());
    let parts = match schedule.and_then(|schedule| Sweep::new(schedule, run.scheduled)) {
        Some(sweep) => turns(&shared.store, &sweep, &run, &members).await?.parts,
        None => BTreeMap::from([(None, members.clone())]),
    };
    // Where events decide, nobody is there yet who could go first.
    let canary = campaign.safety.canary;
    let canary = canary.filter(|_| !campaign.frequency().waits_for_events());
    let stages = Stages::new(&run, canary, parts);
    let context = apart(shared, run, campaign.clone(), says, caps);
    Ok(Planning {
        context: Arc::new(context),
        sources,
        stages,
        members,
    })
}

/// Writes what was found: the sets first, then the result together with the end.
async fn finish(
    shared: &Shared,
    mut job: Stored<DryRun>,
    planned: Planned,
) -> Result<(), StoreError> {
    let documents = &shared.store.documents;
    let mut writes = vec![Write::DeleteAll {
        kind: DryRunPart::KIND,
        parent: job.id.clone(),
    }];
    let everyone = planned
        .outcomes
        .values()
        .fold(EndpointSet::new(), |all, set| all | set);
    for part in parts(&everyone) {
        writes.push(put(&cut(&job, &planned, &part), Expect::Any)?);
        if writes.len() >= PARTS_PER_COMMIT {
            documents.commit(std::mem::take(&mut writes)).await?;
        }
    }
    job.state = DryRunState::Completed;
    writes.push(put(&planned.report, Expect::Any)?);
    writes.push(job.replace()?);
    documents.commit(writes).await?;
    tracing::info!(campaign.id = %job.campaign.id, dry_run.id = job.id, members = job.planned, "dry run completed");
    Ok(())
}

/// The part of the sets that lies in `part`.
fn cut(job: &DryRun, planned: &Planned, part: &EndpointSet) -> DryRunPart {
    let within = |set: &EndpointSet| {
        let mut set = set & part;
        set.optimize();
        (!set.is_empty()).then_some(set)
    };
    DryRunPart {
        dry_run: job.id.clone(),
        number: part.min().map_or(0, |ordinal| ordinal >> 16),
        outcomes: planned
            .outcomes
            .iter()
            .filter_map(|(outcome, set)| Some((*outcome, within(set)?)))
            .collect(),
        assigned: planned
            .assigned
            .iter()
            .filter_map(|(number, set)| Some((*number, within(set)?)))
            .collect(),
    }
}
