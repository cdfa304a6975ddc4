//! A run that is only looked at: it is kept nowhere and counts for nobody.

use std::sync::Arc;

use clock::Timestamp;
use model::{ActivityId, Campaign, Run, RunGuard, RunState, SegmentId};

use crate::engine::Shared;
use crate::run::caps::RunCaps;
use crate::run::content::Messages;
use crate::run::context::RunContext;

/// The run of `treatments` of `campaign` that was due and began at `due`; without treatments, of all
/// of them.
pub(crate) fn planned_run(
    campaign: &Campaign,
    treatments: Vec<u8>,
    due: Timestamp,
    snapshots: Vec<(SegmentId, u32)>,
) -> Run {
    let activities = campaign
        .numbers()
        .map(|number| ActivityId::new(format!("dry-run-{number}")))
        .collect();
    let mut run = Run::new(campaign, activities, treatments, due, due);
    run.state = RunState::Running;
    run.snapshots = snapshots;
    run.guard = RunGuard::default();
    run
}

/// What is the same for all members of `run`, with caps that count apart from those of real runs.
pub(crate) fn apart(
    shared: &Arc<Shared>,
    run: Run,
    campaign: Campaign,
    messages: Vec<Messages>,
    caps: &Arc<RunCaps>,
) -> RunContext {
    let (shared, caps) = (Arc::clone(shared), Arc::clone(caps));
    RunContext::new(shared, run, campaign, messages, caps, 1)
}
