//! Walks the audience of a dry run, some members at a time.

use std::sync::Arc;

use model::{
    Campaign, DryRun, DryRunPart, DryRunState, EndpointSet, Frequency, Ordinal, SegmentId,
    SegmentRef,
};
use schedule::Sweep;
use store::{Expect, Resource, StoreError, Stored, Write, put};

use super::planned_run::{apart, planned_run};
use super::planner::{Planned, Planner};
use crate::engine::Shared;
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

async fn plan(shared: &Arc<Shared>, job: &mut Stored<DryRun>) -> Result<Planned, Stop> {
    let campaign = (*job.campaign).clone();
    let reference = SegmentRef {
        id: campaign.segment.clone(),
        version: Some(campaign.segment_version),
    };
    let segment = segments::resolve(&shared.store, &job.app, &reference).await?;
    let members = segments::members(&shared.store, &job.app, &segment, job.start).await?;
    let sources = segments::snapshot_sources(&segment);
    drop(segment);
    job.planned = members.len();
    let context = Arc::new(context(shared, campaign, job, sources.clone()).await?);
    let mut planner = Planner::new(Arc::clone(&context), job.start, job.planned, job.samples);
    let order = in_turn(&context, members).await?;
    let mut chunks = 0;
    for members in order {
        let mut ordinals = members.iter();
        loop {
            let chunk: Vec<Ordinal> = ordinals.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                break;
            }
            let endpoints = segments::load(&shared.store, &job.app, &sources, &chunk).await?;
            // Deciding and rendering take their time; other requests go on meanwhile.
            let looked = tokio::task::spawn_blocking(move || {
                planner.look(&chunk, endpoints);
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
    }
    job.looked = planner.looked();
    Ok(planner.finish(&job.id))
}

/// The members in the order of their turns: the clock of a plan never goes back.
async fn in_turn(
    context: &RunContext,
    members: EndpointSet,
) -> Result<Vec<EndpointSet>, StoreError> {
    let run = &context.run;
    let schedule = context.campaign.schedule(run.leader());
    let sweep = schedule.and_then(|schedule| Sweep::new(schedule, run.scheduled));
    let Some(sweep) = sweep else {
        return Ok(vec![members]);
    };
    let turns = turns(&context.shared.store, &sweep, run, &members).await?;
    Ok(turns.parts.into_values().collect())
}

/// The run that is planned, with all that is the same for its members. It is kept nowhere.
async fn context(
    shared: &Arc<Shared>,
    campaign: Campaign,
    job: &DryRun,
    snapshots: Vec<(SegmentId, u32)>,
) -> Result<RunContext, Stop> {
    let says = if campaign.frequency() == Frequency::InAppEvent {
        Vec::<Messages>::new()
    } else {
        messages(shared, &campaign).await?
    };
    let run = planned_run(&campaign, job.start, snapshots);
    Ok(apart(shared, run, campaign, says).await?)
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
