//! Choosing the canary and the brake of a campaign, and letting a held run go on
//! (`docs/spec/campaigns.md §15`).

use model::{AppId, Campaign, CampaignId, CampaignSafety, Canary, Run, RunState};
use store::{Store, StoreError, Stored, Write, version_parent};

use crate::campaigns::{CampaignError, CampaignRefusal, get, is_open, latest_run, open_runs};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::run::guard::watch_all;

/// Percent of the frozen set that a canary may have at most.
pub const CANARY_PERCENT_MAX: u8 = 50;
/// Minutes that the rest may wait for the canary at most: a week.
pub const HOLD_MINUTES_MAX: u32 = 10_080;
/// How often a write is tried again when somebody else was faster.
const ATTEMPTS_MAX: usize = 8;
/// Runs that are looked at: the newest.
const RUNS_MAX: usize = 100;

/// What a campaign does about risks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Precautions {
    /// Canary and brake.
    pub safety: CampaignSafety,
    /// Whether people in doubt after a crash get the message again.
    pub resend_in_doubt: bool,
}

/// The precautions of a campaign.
#[must_use]
pub fn precautions(campaign: &Campaign) -> Precautions {
    Precautions {
        safety: campaign.safety.clone(),
        resend_in_doubt: campaign.resend_in_doubt,
    }
}

/// Sets the precautions of a campaign. A canary counts for runs that are yet to freeze their set; the
/// brake and what is done about people in doubt count at once. It makes no new version.
///
/// # Errors
/// There is no such campaign, a number is out of its bounds, or nothing is left to which the change
/// could apply.
pub async fn set(
    store: &Store,
    app: &AppId,
    id: &CampaignId,
    precautions: &Precautions,
) -> Result<(), CampaignError> {
    for _ in 0..ATTEMPTS_MAX {
        let mut campaign = get(store, app, id).await?;
        check(&precautions.safety, &campaign)?;
        if self::precautions(&campaign) == *precautions {
            return Ok(());
        }
        if campaign.status.is_final() {
            let status = campaign.status.as_str();
            let why = format!("safety: the campaign is {status}, and nothing runs any more");
            return Err(CampaignError::TooLate(why));
        }
        let mut writes = if campaign.safety.canary == precautions.safety.canary {
            Vec::new()
        } else {
            change_canary(store, &campaign, precautions.safety.canary).await?
        };
        campaign.safety = precautions.safety.clone();
        campaign.resend_in_doubt = precautions.resend_in_doubt;
        writes.push(campaign.replace()?);
        match store.documents.commit(writes).await {
            Err(StoreError::Conflict(_)) => {}
            done => return Ok(done?),
        }
    }
    Err(CampaignError::Busy(id.clone()))
}

/// What gives the canary to runs that have begun and are yet to freeze their set.
async fn change_canary(
    store: &Store,
    campaign: &Stored<Campaign>,
    canary: Option<Canary>,
) -> Result<Vec<Write>, CampaignError> {
    let latest = latest_run(store, &campaign.app, &campaign.id).await?;
    let mut writes = Vec::new();
    for mut run in open_runs(store, campaign, latest.as_ref()).await? {
        if run.state == RunState::Opening {
            run.guard.canary = canary;
            writes.push(run.replace()?);
        }
    }
    let follows = |run: &Run| {
        let mut own = campaign.numbers().filter_map(|it| campaign.schedule(it));
        own.any(|schedule| schedule::next_after(schedule, run.scheduled).is_some())
    };
    let another = latest.as_ref().is_none_or(|run| follows(run)) || campaign.next_run.is_some();
    if another || !writes.is_empty() || campaign.frequency().waits_for_events() {
        return Ok(writes);
    }
    Err(CampaignError::TooLate(
        "canary: the campaign's last run has begun; give the canary when the campaign is created"
            .to_owned(),
    ))
}

impl Engine {
    /// Looks at once whether the brake of a campaign, which was set or heard of something, is to end
    /// the holds of its canaries.
    ///
    /// # Errors
    /// The store failed.
    pub async fn watch(&self, app: &AppId, campaign: &CampaignId) -> Result<(), EngineError> {
        watch_all(self.shared(), app, campaign).await
    }
}

/// Lets the held runs of a campaign go on; false if none is held. The brake counts from here on.
///
/// # Errors
/// There is no such campaign.
pub async fn go_on(store: &Store, app: &AppId, id: &CampaignId) -> Result<bool, CampaignError> {
    get(store, app, id).await?;
    let runs = store.of::<Run>();
    let parent = version_parent(app.as_str(), id.as_str());
    let mut found = false;
    for run in runs.list(&parent, None, RUNS_MAX).await?.items {
        found |= release(store, &parent, run).await?;
    }
    Ok(found)
}

/// Lets `run` go on; false if nothing holds it.
async fn release(store: &Store, parent: &str, run: Stored<Run>) -> Result<bool, CampaignError> {
    let runs = store.of::<Run>();
    let mut current = Some(run);
    for _ in 0..ATTEMPTS_MAX {
        let Some(mut run) = current.filter(|run| is_open(run.state) && run.guard.held.is_some())
        else {
            return Ok(false);
        };
        run.guard.let_go();
        match runs.replace(&mut run).await {
            Err(StoreError::Conflict(_)) => {}
            done => return Ok(done.map(|()| true)?),
        }
        let id = run.activities.first().map_or("", |id| id.as_str());
        current = runs.get(parent, id).await?;
    }
    Err(StoreError::Conflict("a held run".to_owned()).into())
}

/// Holds the precautions of `campaign` against their bounds and its rhythm.
pub(crate) fn check(safety: &CampaignSafety, campaign: &Campaign) -> Result<(), CampaignRefusal> {
    let invalid = |member: &str, problem: String| {
        Err(CampaignRefusal::Invalid {
            member: member.to_owned(),
            problem,
        })
    };
    if let Some(canary) = safety.canary {
        if campaign.frequency().waits_for_events() {
            return invalid(
                "canary",
                "must not be given to a campaign that waits for events: nobody goes first"
                    .to_owned(),
            );
        }
        if !(1..=CANARY_PERCENT_MAX).contains(&canary.percent) {
            return invalid(
                "canary.percent",
                format!("must be 1 to {CANARY_PERCENT_MAX}"),
            );
        }
        if canary.hold_minutes > HOLD_MINUTES_MAX {
            return invalid(
                "canary.holdMinutes",
                format!("must be 0 to {HOLD_MINUTES_MAX}"),
            );
        }
    }
    let Some(brake) = safety.brake else {
        return Ok(());
    };
    let shares = [
        ("brake.hardBouncePercent", brake.hard_bounce_percent),
        ("brake.complaintPercent", brake.complaint_percent),
        ("brake.providerErrorPercent", brake.provider_error_percent),
    ];
    if shares.iter().all(|(_, share)| share.is_none()) {
        return invalid("brake", "needs at least one threshold".to_owned());
    }
    for (member, share) in shares {
        if share.is_some_and(|share| !(0.0..=100.0).contains(&share)) {
            return invalid(member, "must be 0 to 100".to_owned());
        }
    }
    if brake.minimum == 0 {
        return invalid("brake.minimum", "must be at least 1".to_owned());
    }
    Ok(())
}
