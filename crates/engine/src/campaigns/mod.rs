//! Creating, changing and deleting campaigns.
//!
//! Belongs: the rules of a campaign's life ([`lifecycle`], pure), holding references against the
//! store, writing a campaign with its version.
//! Elsewhere: running it (`run`), its JSON (`api`).

mod clocks;
mod draft;
mod lifecycle;
mod listing;
mod references;
mod refusal;
mod restore;
mod validate;
mod webhooks;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::blank;

pub(crate) use clocks::{clocks, settle};
pub use draft::{CampaignDraft, ScheduleDraft, TreatmentDraft};
pub use lifecycle::Facts;
pub(crate) use lifecycle::window;
pub(crate) use listing::{listed, listing};
pub(crate) use references::template;
pub use refusal::{CampaignError, CampaignRefusal};
pub use restore::{Restored, restore};
pub use validate::validate_limits;

/// The rules of a campaign's life, as values.
pub mod rules {
    pub use super::lifecycle::{create, read_schedule, update};
    pub use super::validate::validate;
}

use std::collections::HashSet;

use clock::{Clock, Timestamp};
use model::{
    AppId, AppSettings, Campaign, CampaignId, CampaignStatus, Frequency, Inherited, Run,
    RunFeedback, RunState,
};
use store::{
    CampaignVersion, DeletedCampaign, Documents, Expect, Resource, Store, StoreError, Stored,
    Write, put, version_parent,
};

use crate::callees::Callees;
use crate::safety;
use references::Choice;

/// Campaigns of the account that may be scheduled or running at once
/// (`docs/spec/campaigns.md §14`).
pub const ACTIVE_MAX: usize = 200;
/// Campaigns of one application that wait for events of the same kind
/// (`docs/spec/campaigns.md §14`).
const EVENT_CAMPAIGNS_MAX: usize = 25;
/// Runs of one campaign that may be under way at once: one for each treatment.
const CLOCKS_MAX: usize = 5;
/// How often a write is tried again when somebody else was faster.
const ATTEMPTS_MAX: usize = 8;

/// Creates a campaign. At most `active_max` (see [`ACTIVE_MAX`]) may be active at once. Webhooks are
/// not asked whether they want its messages.
///
/// # Errors
/// The draft breaks a rule, refers to something that does not exist, or the quota is used up.
pub async fn create(
    store: &Store,
    clock: &Clock,
    app: &AppId,
    draft: &CampaignDraft,
    active_max: usize,
) -> Result<Campaign, CampaignError> {
    let id = CampaignId::new(clock.id());
    create_checked(store, clock, app, id, draft, active_max, None).await
}

/// As [`create`], and each webhook is asked through `callees` once everything else is in order.
///
/// # Errors
/// As of [`create`]; or a webhook does not want the account's messages.
pub async fn create_asking(
    callees: &dyn Callees,
    store: &Store,
    clock: &Clock,
    app: &AppId,
    draft: &CampaignDraft,
    active_max: usize,
) -> Result<Campaign, CampaignError> {
    let id = CampaignId::new(clock.id());
    create_as(callees, store, clock, app, id, draft, active_max).await
}

/// As [`create_asking`], with an identifier that was chosen before.
///
/// # Errors
/// As of [`create_asking`]; or a campaign has the identifier, or had it until lately.
pub async fn create_as(
    callees: &dyn Callees,
    store: &Store,
    clock: &Clock,
    app: &AppId,
    id: CampaignId,
    draft: &CampaignDraft,
    active_max: usize,
) -> Result<Campaign, CampaignError> {
    create_checked(store, clock, app, id, draft, active_max, Some(callees)).await
}

/// Whether a campaign of `app` has the identifier, or had it until lately.
///
/// # Errors
/// The store failed.
pub async fn is_taken(store: &Store, app: &AppId, id: &CampaignId) -> Result<bool, StoreError> {
    let (app, id) = (app.as_str(), id.as_str());
    if store.of::<Campaign>().get(app, id).await?.is_some() {
        return Ok(true);
    }
    let deleted = store.of::<DeletedCampaign>().get(app, id).await?;
    Ok(deleted.is_some())
}

async fn create_checked(
    store: &Store,
    clock: &Clock,
    app: &AppId,
    id: CampaignId,
    draft: &CampaignDraft,
    active_max: usize,
    callees: Option<&dyn Callees>,
) -> Result<Campaign, CampaignError> {
    let campaign = check(store, clock, app, id, draft).await?;
    if draft.paused != Some(true) && active_reached(store, active_max).await? {
        return Err(CampaignRefusal::Quota {
            quota: "active campaigns",
            limit: active_max as u64,
        }
        .into());
    }
    events_quota(store, &campaign).await?;
    webhooks::prove(callees, clock, None, &campaign).await?;
    let mut writes = vec![
        put(&campaign, Expect::Absent)?,
        put(&CampaignVersion(campaign.clone()), Expect::Absent)?,
    ];
    writes.extend(listing(None, Some(&campaign))?);
    store.documents.commit(writes).await?;
    Ok(campaign)
}

/// The campaign with identifier `id` that `draft` would create. Nothing is written, and no quota is
/// asked for.
///
/// # Errors
/// The draft breaks a rule or refers to something that does not exist.
pub async fn check(
    store: &Store,
    clock: &Clock,
    app: &AppId,
    id: CampaignId,
    draft: &CampaignDraft,
) -> Result<Campaign, CampaignError> {
    let choice = references::check(store, app, draft, None).await?;
    let inherited = inherited(store, app).await?;
    let facts = Facts {
        segment_version: choice.segment_version,
        ..Facts::default()
    };
    let campaign = lifecycle::create(app, id, draft, inherited, &facts, clock.now())?;
    safety::check(&campaign.safety, &campaign)?;
    references::compiles(store, &campaign).await?;
    references::suits_events(store, &campaign).await?;
    Ok(campaign)
}

/// Changes a campaign: present members of `draft` replace the old values. Webhooks are not asked
/// whether they want its messages.
///
/// # Errors
/// There is no such campaign, or the draft breaks a rule or refers to something that does not
/// exist.
pub async fn update(
    store: &Store,
    clock: &Clock,
    app: &AppId,
    id: &CampaignId,
    draft: &CampaignDraft,
) -> Result<Campaign, CampaignError> {
    update_checked(store, clock, app, id, draft, None).await
}

/// As [`update`], and each webhook that is new is asked through `callees` once everything else is in
/// order.
///
/// # Errors
/// As of [`update`]; or a webhook does not want the account's messages.
pub async fn update_asking(
    callees: &dyn Callees,
    store: &Store,
    clock: &Clock,
    app: &AppId,
    id: &CampaignId,
    draft: &CampaignDraft,
) -> Result<Campaign, CampaignError> {
    update_checked(store, clock, app, id, draft, Some(callees)).await
}

async fn update_checked(
    store: &Store,
    clock: &Clock,
    app: &AppId,
    id: &CampaignId,
    draft: &CampaignDraft,
    callees: Option<&dyn Callees>,
) -> Result<Campaign, CampaignError> {
    for _ in 0..ATTEMPTS_MAX {
        let current = get(store, app, id).await?;
        let choice = references::check(store, app, draft, Some(&current)).await?;
        match write_update(store, clock, &current, draft, &choice, callees).await {
            Err(CampaignError::Store(StoreError::Conflict(_))) => {}
            done => return done,
        }
    }
    Err(CampaignError::Busy(id.clone()))
}

async fn write_update(
    store: &Store,
    clock: &Clock,
    current: &Stored<Campaign>,
    draft: &CampaignDraft,
    choice: &Choice,
    callees: Option<&dyn Callees>,
) -> Result<Campaign, CampaignError> {
    let latest = latest_run(store, &current.app, &current.id).await?;
    let open = open_runs(store, current, latest.as_ref()).await?;
    // The run of a campaign that waits for events does not decide where it stands.
    let decides = current.frequency() != Frequency::Event;
    let facts = Facts {
        segment_version: choice.segment_version,
        has_run: latest.is_some(),
        last_due: latest.as_ref().map(|run| run.scheduled),
        open_run: open
            .first()
            .filter(|_| decides)
            .and_then(|run| run.activities.first().cloned()),
    };
    let next = lifecycle::update(current, draft, &facts, clock.now())?;
    if !next.status.is_final() {
        references::compiles(store, &next).await?;
        references::suits_events(store, &next).await?;
        if next.frequency() != current.frequency() {
            events_quota(store, &next).await?;
        }
    }
    webhooks::prove(callees, clock, Some(current), &next).await?;
    let mut writes = vec![
        put(&next, Expect::Revision(current.revision))?,
        put(&CampaignVersion(next.clone()), Expect::Absent)?,
    ];
    if current.paused != next.paused {
        // Runs that wait for a later instant look at the order they have now.
        writes.extend(changed(open, |run| {
            let resumed = !next.paused && run.state == RunState::Paused;
            if resumed {
                run.state = RunState::Running;
            }
            run.wakes.take().is_some() || resumed
        })?);
    }
    writes.extend(listing(Some(current), Some(&next))?);
    store.documents.commit(writes).await?;
    Ok(next)
}

/// Deletes a campaign and returns it as deleted. A run stops after what is already handed over.
///
/// # Errors
/// There is no such campaign.
pub async fn delete(
    store: &Store,
    clock: &Clock,
    app: &AppId,
    id: &CampaignId,
) -> Result<Campaign, CampaignError> {
    for _ in 0..ATTEMPTS_MAX {
        let current = get(store, app, id).await?;
        let now = clock.now();
        let writes = delete_writes(store, &current, now).await?;
        match store.documents.commit(writes).await {
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
            Ok(()) => {
                let mut campaign = current.value;
                campaign.status = CampaignStatus::Deleted;
                campaign.modified = now;
                return Ok(campaign);
            }
        }
    }
    Err(CampaignError::Busy(id.clone()))
}

/// Deletes every campaign of an application, for when the application goes.
///
/// # Errors
/// The store failed; what is left is deleted by the next call.
pub async fn delete_all(store: &Store, clock: &Clock, app: &AppId) -> Result<(), CampaignError> {
    loop {
        let page = store.of::<Campaign>().list(app.as_str(), None, 100).await?;
        if page.items.is_empty() {
            return Ok(());
        }
        for campaign in page.items {
            match delete(store, clock, app, &campaign.id).await {
                Ok(_) | Err(CampaignError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// What removes a campaign with its versions, and remembers for the daily cap that it was there.
/// Runs that are open stay, so that they are cancelled; those that rest are woken for that.
async fn delete_writes(
    store: &Store,
    current: &Stored<Campaign>,
    now: Timestamp,
) -> Result<Vec<Write>, CampaignError> {
    let deleted = DeletedCampaign {
        app: current.app.clone(),
        campaign: current.id.clone(),
        deleted: now,
    };
    let mut writes = vec![
        current.delete(),
        put(&deleted, Expect::Any)?,
        Write::DeleteAll {
            kind: CampaignVersion::KIND,
            parent: version_parent(current.app.as_str(), current.id.as_str()),
        },
        Write::DeleteAll {
            kind: RunFeedback::KIND,
            parent: version_parent(current.app.as_str(), current.id.as_str()),
        },
    ];
    let latest = latest_run(store, &current.app, &current.id).await?;
    let open = open_runs(store, current, latest.as_ref()).await?;
    writes.extend(changed(open, |run| {
        let waits = run.idle || run.wakes.is_some();
        let rests = run.state == RunState::Paused || run.guard.held.is_some() || waits;
        if rests {
            run.state = RunState::Running;
            run.idle = false;
            run.wakes = None;
            run.guard.let_go();
        }
        rests
    })?);
    writes.extend(listing(Some(&current.value), None)?);
    Ok(writes)
}

pub(crate) async fn get(
    store: &Store,
    app: &AppId,
    id: &CampaignId,
) -> Result<Stored<Campaign>, CampaignError> {
    store
        .of::<Campaign>()
        .get(app.as_str(), id.as_str())
        .await?
        .ok_or_else(|| CampaignError::NotFound(id.clone()))
}

/// The newest run of a campaign.
pub(crate) async fn latest_run(
    store: &Store,
    app: &AppId,
    id: &CampaignId,
) -> Result<Option<Stored<Run>>, StoreError> {
    let parent = version_parent(app.as_str(), id.as_str());
    let page = store.of::<Run>().list(&parent, None, 1).await?;
    Ok(page.items.into_iter().next())
}

/// The runs of a campaign whose people may still get a message: that of all treatments, or one for
/// each treatment at most. `latest` is its newest run.
pub(crate) async fn open_runs(
    store: &Store,
    campaign: &Campaign,
    latest: Option<&Stored<Run>>,
) -> Result<Vec<Stored<Run>>, StoreError> {
    let mut open: Vec<Stored<Run>> = Vec::new();
    if campaign.clocks.is_empty() {
        open.extend(latest.filter(|run| is_open(run.state)).cloned());
        return Ok(open);
    }
    let parent = version_parent(campaign.app.as_str(), campaign.id.as_str());
    for id in campaign
        .clocks
        .iter()
        .filter_map(|clock| clock.run.as_ref())
    {
        if open.iter().any(|run| run.activities.first() == Some(id)) {
            continue;
        }
        let run = store.of::<Run>().get(&parent, id.as_str()).await?;
        open.extend(run.filter(|run| is_open(run.state)));
    }
    Ok(open)
}

/// The writes of those of `runs` that `change` changes.
fn changed(
    runs: Vec<Stored<Run>>,
    change: impl Fn(&mut Run) -> bool,
) -> Result<Vec<Write>, StoreError> {
    let mut writes = Vec::new();
    for mut run in runs {
        if change(&mut run) {
            writes.push(run.replace()?);
        }
    }
    Ok(writes)
}

/// Whether people of the run may still get a message.
pub(crate) const fn is_open(state: RunState) -> bool {
    matches!(
        state,
        RunState::Opening | RunState::Running | RunState::Paused
    )
}

async fn inherited(store: &Store, app: &AppId) -> Result<Inherited, StoreError> {
    let settings = store.of::<AppSettings>().get("", app.as_str()).await?;
    Ok(
        settings.map_or_else(Inherited::default, |stored| Inherited {
            limits: stored.limits.unwrap_or_default(),
            quiet_time: stored.quiet_time,
            hook: stored.hook.clone(),
        }),
    )
}

/// Refuses a campaign that waits for events if its application has as many of them as it may.
async fn events_quota(store: &Store, campaign: &Campaign) -> Result<(), CampaignError> {
    let quota = match campaign.frequency() {
        Frequency::Event => "event campaigns of the application",
        Frequency::InAppEvent => "in-app campaigns of the application",
        _ => return Ok(()),
    };
    let found = listed(store, &campaign.app, campaign.frequency()).await?;
    if found.len() < EVENT_CAMPAIGNS_MAX {
        return Ok(());
    }
    let limit = EVENT_CAMPAIGNS_MAX as u64;
    Err(CampaignRefusal::Quota { quota, limit }.into())
}

/// Whether `max` campaigns are waiting for their run or running, over all applications.
async fn active_reached(store: &Store, max: usize) -> Result<bool, StoreError> {
    let ever = Timestamp::from_millis(i64::MAX);
    let documents: &dyn Documents = store.documents.as_ref();
    let waiting = documents.due(Campaign::KIND, ever, max).await?;
    let running = documents.due(Run::KIND, ever, max * CLOCKS_MAX).await?;
    let active: HashSet<String> = waiting
        .into_iter()
        .map(|campaign| version_parent(&campaign.key.parent, &campaign.key.id))
        .chain(running.into_iter().map(|run| run.key.parent))
        .collect();
    Ok(active.len() >= max)
}
