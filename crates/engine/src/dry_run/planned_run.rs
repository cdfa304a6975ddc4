//! A run that is only looked at: it is kept nowhere and counts for nobody.

use std::sync::Arc;

use clock::Timestamp;
use model::{ActivityId, Campaign, Run, RunGuard, RunState, RunSums, SegmentId};
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
    Run {
        app: campaign.app.clone(),
        campaign: campaign.id.clone(),
        campaign_version: campaign.version,
        activities,
        scheduled: started,
        started,
        ended: None,
        state: RunState::Running,
        produced: 0,
        batches: 0,
        reason: None,
        from_users: 0,
        snapshots,
        idle: false,
        settled: 0,
        summaries: Vec::new(),
        guard: RunGuard::default(),
        sums: RunSums::default(),
    }
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
