//! The run of a campaign that waits for events: one, from its start to its end.

use std::time::Duration;

use clock::Timestamp;
use model::{
    AppId, Campaign, CampaignId, CampaignStatus, Frequency, Run, RunGuard, RunState, Start,
};
use store::{Expect, StoreError, Stored, Write, put};

use crate::campaigns::{is_open, latest_run};
use crate::engine::Shared;
use crate::error::EngineError;
use crate::run::open;

/// How often a commit is tried again when somebody else was faster.
const ATTEMPTS_MAX: usize = 8;
/// How long after its end a campaign waits for events to be looked at: what they trigger would be
/// too late by then.
const WAIT_MAX: Duration = Duration::from_secs(5 * 60);

/// The run of a campaign that waits for events, begun if there is none; `None` if the campaign is
/// gone, paused or over.
pub(super) async fn open_run(
    shared: &Shared,
    app: &AppId,
    id: &CampaignId,
) -> Result<Option<Stored<Run>>, EngineError> {
    for _ in 0..ATTEMPTS_MAX {
        let campaigns = shared.store.of::<Campaign>();
        let campaign = campaigns.get(app.as_str(), id.as_str()).await?;
        let Some(campaign) = campaign.filter(|it| !it.paused && !it.status.is_final()) else {
            return Ok(None);
        };
        if let Some(run) = latest_run(&shared.store, app, id).await?
            && is_open(run.state)
        {
            return Ok(Some(run));
        }
        // The campaign is written, too, so that nobody else begins a second run.
        let run = new_run(shared, &campaign, shared.clock.now());
        let writes = vec![put(&run, Expect::Absent)?, campaign.replace()?];
        match shared.store.documents.commit(writes).await {
            Ok(()) | Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Conflict(format!("campaign {id}")).into())
}

/// What is to be written with a campaign that its window has moved to where it stands now: its run
/// begins with it, and ends after it.
pub(crate) async fn keep_run(
    shared: &Shared,
    campaign: &Campaign,
) -> Result<Vec<Write>, EngineError> {
    if campaign.frequency() != Frequency::Event {
        return Ok(Vec::new());
    }
    let latest = latest_run(&shared.store, &campaign.app, &campaign.id).await?;
    let open = latest.filter(|run| is_open(run.state));
    match (campaign.status, open) {
        (CampaignStatus::Executing, None) => {
            let run = new_run(shared, campaign, shared.clock.now());
            Ok(vec![put(&run, Expect::Absent)?])
        }
        (CampaignStatus::Completed, Some(mut run)) => {
            run.idle = false;
            Ok(vec![run.replace()?])
        }
        _ => Ok(Vec::new()),
    }
}

/// Whether `campaign`, whose window has ended, must wait until the last events in it have been looked
/// at.
pub(crate) fn awaits_events(shared: &Shared, campaign: &Campaign, now: Timestamp) -> bool {
    let ended = campaign.status == CampaignStatus::Completed;
    // Treatments may have windows of their own: the last one counts.
    let schedules = campaign.numbers().filter_map(|it| campaign.schedule(it));
    let end = schedules.filter_map(|schedule| schedule.end).max();
    ended
        && campaign.frequency() == Frequency::Event
        && end.is_some_and(|end| now.since(end) < WAIT_MAX)
        && !shared.triggers.has_reached(shared.log.end())
}

fn new_run(shared: &Shared, campaign: &Campaign, now: Timestamp) -> Run {
    let schedules = campaign.numbers().filter_map(|it| campaign.schedule(it));
    let starts = schedules.filter_map(|schedule| match schedule.start {
        Start::At(start) => Some(start),
        Start::Immediately => None,
    });
    let start = starts.min();
    Run {
        state: RunState::Running,
        idle: true,
        triggered: true,
        // Nobody is there yet who could go first.
        guard: RunGuard::default(),
        ..open::new_run(shared, campaign, start.unwrap_or(now))
    }
}
