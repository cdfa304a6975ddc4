//! A run that is only looked at: it is kept nowhere and counts for nobody.

use std::sync::Arc;

use clock::Timestamp;
use model::{ActivityId, Campaign, Run, RunGuard, RunState, SegmentId};
use store::StoreError;

use crate::engine::Shared;
use crate::run::caps::RunCaps;
use crate::run::content::Messages;
use crate::run::context::RunContext;

/// A run of `campaign` that was due and began at `started`.
pub(crate) fn planned_run(
    campaign: &Campaign,
    started: Timestamp,
    snapshots: Vec<(SegmentId, u32)>,
) -> Run {
    let activities = (0..=campaign.treatments.len())
        .map(|number| ActivityId::new(format!("dry-run-{number}")))
        .collect();
    let mut run = Run::new(campaign, activities, Vec::new(), started, started);
    run.state = RunState::Running;
    run.snapshots = snapshots;
    run.guard = RunGuard::default();
    run
}

/// What is the same for all members of `run`, with caps that count apart from those of real runs.
///
/// # Errors
/// The store failed.
pub(crate) async fn apart(
    shared: &Arc<Shared>,
    run: Run,
    campaign: Campaign,
    messages: Vec<Messages>,
) -> Result<RunContext, StoreError> {
    let caps = RunCaps::apart(&shared.store, &shared.clock, &campaign).await?;
    let shared = Arc::clone(shared);
    Ok(RunContext::new(shared, run, campaign, messages, caps, 1))
}
