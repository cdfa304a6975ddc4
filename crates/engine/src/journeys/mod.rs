//! Creating, changing, publishing and ending journeys.
//!
//! Belongs: holding references against the store, writing a journey with its first run, counting
//! what its runs recorded. Elsewhere: the rules (crate `journeys`, pure), the JSON (`api`).
//!
//! A published journey waits: nothing walks its path yet, so its run stays planned, and the
//! journey is complete when its end has come.

mod draft;
mod ending;
mod references;
mod refusal;
mod restore;

use clock::{Clock, Timestamp};
use journeys::{check_members, check_published, next_state, permit_edit, window};
use model::{
    AppId, Entry, Journey, JourneyActivityId, JourneyId, JourneyRun, JourneyRunId,
    JourneyRunStatus, JourneyState, Launch, MetricCounts,
};
use store::{Expect, Store, StoreError, Stored, Write, put, version_parent};

pub use draft::JourneyDraft;
pub(crate) use ending::end_due;
pub use ending::{delete, delete_all};
pub use refusal::{JourneyError, JourneyRefusal};
pub use restore::{Restored, restore};

/// How often a write is tried again when somebody else was faster.
const ATTEMPTS_MAX: usize = 8;
/// Documents that are looked at together.
const PAGE: usize = 1_000;

/// How many journeys of the account may be published and not at their end
/// (`docs/spec/journeys.md §11`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// All of them.
    pub live: usize,
    /// Those that events start.
    pub live_by_event: usize,
}

/// Creates a journey, and publishes it if the draft says so.
///
/// # Errors
/// The draft breaks a rule; to publish, it must also be whole, refer to what exists and find room
/// in the quotas.
pub async fn create(
    store: &Store,
    clock: &Clock,
    app: &AppId,
    draft: &JourneyDraft,
    quotas: Quotas,
) -> Result<Journey, JourneyError> {
    let now = clock.now();
    let mut journey = draft::blank(app, JourneyId::new(clock.id()), now);
    draft.apply(&mut journey);
    check_wish(draft)?;
    check_members(&journey)?;
    let mut writes = Vec::new();
    if draft.state == Some(JourneyState::Active) {
        writes.push(publish(store, clock, &mut journey, quotas).await?);
    }
    writes.push(put(&journey, Expect::Absent)?);
    store.documents.commit(writes).await?;
    Ok(journey)
}

/// Changes a journey: present members of `draft` replace the old values. A draft is published if
/// `draft` says so.
///
/// # Errors
/// There is no such journey, it stands where the change is not possible, or as for [`create`].
pub async fn update(
    store: &Store,
    clock: &Clock,
    app: &AppId,
    id: &JourneyId,
    draft: &JourneyDraft,
    quotas: Quotas,
) -> Result<Journey, JourneyError> {
    check_wish(draft)?;
    for _ in 0..ATTEMPTS_MAX {
        let current = get(store, app, id).await?;
        match write_update(store, clock, &current, draft, quotas).await {
            Err(JourneyError::Store(StoreError::Conflict(_))) => {}
            done => return done,
        }
    }
    Err(JourneyError::Busy(id.clone()))
}

async fn write_update(
    store: &Store,
    clock: &Clock,
    current: &Stored<Journey>,
    draft: &JourneyDraft,
    quotas: Quotas,
) -> Result<Journey, JourneyError> {
    let now = clock.now();
    let mut next = current.value.clone();
    draft.apply(&mut next);
    permit_edit(current, &next)?;
    check_members(&next)?;
    next.modified = now;
    let mut writes = Vec::new();
    match draft.state {
        Some(to) if to != current.state => {
            next_state(current, to, now)?;
            writes.push(publish(store, clock, &mut next, quotas).await?);
        }
        _ if next.state == JourneyState::Active => {
            let (_, ends) = window(&next, now)?;
            check_published(&next, ends)?;
            if let Some(launch) = &mut next.launch {
                launch.ends = ends;
            }
        }
        _ => {}
    }
    writes.push(put(&next, Expect::Revision(current.revision))?);
    store.documents.commit(writes).await?;
    Ok(next)
}

/// Brings a journey into the state `to`: publishes, pauses, resumes or cancels it.
///
/// # Errors
/// There is no such journey, it cannot go there from where it stands, or as for [`create`].
pub async fn set_state(
    store: &Store,
    clock: &Clock,
    app: &AppId,
    id: &JourneyId,
    to: JourneyState,
    quotas: Quotas,
) -> Result<Journey, JourneyError> {
    for _ in 0..ATTEMPTS_MAX {
        let current = get(store, app, id).await?;
        match write_state(store, clock, &current, to, quotas).await {
            Err(JourneyError::Store(StoreError::Conflict(_))) => {}
            done => return done,
        }
    }
    Err(JourneyError::Busy(id.clone()))
}

async fn write_state(
    store: &Store,
    clock: &Clock,
    current: &Stored<Journey>,
    to: JourneyState,
    quotas: Quotas,
) -> Result<Journey, JourneyError> {
    let now = clock.now();
    next_state(current, to, now)?;
    let mut next = current.value.clone();
    let mut writes = Vec::new();
    match to {
        JourneyState::Active if current.state == JourneyState::Draft => {
            writes.push(publish(store, clock, &mut next, quotas).await?);
        }
        JourneyState::Cancelled => writes.extend(ending::cancel_runs(store, current, now).await?),
        _ => {}
    }
    next.state = to;
    next.paused_at = (to == JourneyState::Paused).then_some(now);
    next.modified = now;
    writes.push(put(&next, Expect::Revision(current.revision))?);
    store.documents.commit(writes).await?;
    Ok(next)
}

/// Publishes `journey` in memory, and answers the write that plans its first run.
async fn publish(
    store: &Store,
    clock: &Clock,
    journey: &mut Journey,
    quotas: Quotas,
) -> Result<Write, JourneyError> {
    let now = clock.now();
    let (starts, ends) = window(journey, now)?;
    check_published(journey, ends)?;
    let segment_version = references::check(store, journey).await?;
    check_quotas(store, journey, quotas).await?;
    journey.state = JourneyState::Active;
    journey.launch = Some(Launch {
        at: now,
        segment_version,
        starts,
        ends,
    });
    let run = JourneyRun {
        app: journey.app.clone(),
        journey: journey.id.clone(),
        id: JourneyRunId::new(clock.id()),
        status: JourneyRunStatus::Scheduled,
        counts: MetricCounts::new(),
        activities: std::collections::BTreeMap::new(),
        created: now,
        modified: now,
    };
    Ok(put(&run, Expect::Absent)?)
}

/// Writing a definition leaves a draft or publishes; everything else has an operation of its own.
fn check_wish(draft: &JourneyDraft) -> Result<(), JourneyRefusal> {
    match draft.state {
        None | Some(JourneyState::Draft | JourneyState::Active) => Ok(()),
        Some(_) => Err(JourneyRefusal::State("expected DRAFT or ACTIVE")),
    }
}

async fn check_quotas(
    store: &Store,
    journey: &Journey,
    quotas: Quotas,
) -> Result<(), JourneyError> {
    let ever = Timestamp::from_millis(i64::MAX);
    let live = store.of::<Journey>().due(ever, quotas.live).await?;
    let refuse = |quota, limit| Err(JourneyRefusal::Quota { quota, limit }.into());
    if live.len() >= quotas.live {
        return refuse("active journeys", quotas.live);
    }
    let by_event = live.iter().filter(|it| is_by_event(it)).count();
    if is_by_event(journey) && by_event >= quotas.live_by_event {
        return refuse("active journeys that events start", quotas.live_by_event);
    }
    Ok(())
}

fn is_by_event(journey: &Journey) -> bool {
    let entry = journey.start_condition.as_ref();
    matches!(
        entry.and_then(|it| it.entry.as_ref()),
        Some(Entry::Event { .. })
    )
}

/// What the runs of a journey counted in all, or at one of its activities
/// (`docs/spec/analytics.md §5`).
///
/// # Errors
/// The store failed.
pub async fn counts(
    store: &Store,
    journey: &Journey,
    activity: Option<&JourneyActivityId>,
) -> Result<MetricCounts, StoreError> {
    let mut sum = MetricCounts::new();
    for run in runs(store, journey).await? {
        for (name, count) in counts_of_run(&run, activity) {
            *sum.entry(name).or_default() += count;
        }
    }
    Ok(sum)
}

/// What one run counted in all, or at one activity.
#[must_use]
pub fn counts_of_run(run: &JourneyRun, activity: Option<&JourneyActivityId>) -> MetricCounts {
    match activity {
        None => run.counts.clone(),
        Some(activity) => run.activities.get(activity).cloned().unwrap_or_default(),
    }
}

/// Every run of a journey; there is at most one per hour of its life.
async fn runs(store: &Store, journey: &Journey) -> Result<Vec<Stored<JourneyRun>>, StoreError> {
    let parent = version_parent(journey.app.as_str(), journey.id.as_str());
    let mut runs = Vec::new();
    let mut after = None;
    loop {
        let repository = store.of::<JourneyRun>();
        let page = repository.list(&parent, after.as_ref(), PAGE).await?;
        runs.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(runs),
        }
    }
}

async fn get(store: &Store, app: &AppId, id: &JourneyId) -> Result<Stored<Journey>, JourneyError> {
    store
        .of::<Journey>()
        .get(app.as_str(), id.as_str())
        .await?
        .ok_or_else(|| JourneyError::NotFound(id.clone()))
}
