//! Drives one run from its opening to its end.
//!
//! A driver may stop anywhere: the next one goes on from what is stored.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use clock::Timestamp;
use model::{
    ActivityId, AppId, Campaign, CampaignId, CampaignStatus, Frequency, Outcome, Run, RunBatch,
    RunState, Schedule, TreatmentClock,
};
use store::{
    CampaignVersion, Expect, Resource, StoreError, Stored, Write, put, version_id, version_parent,
};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::content::{self, ContentError, Messages, Outlets};
use super::context::{Order, RunContext, is_over};
use super::guard::{self, Guard};
use super::open::{FreezeError, freeze};
use super::pipeline::claimed;
use super::recovery::recover;
use super::sums;
use super::triggered;
use super::worker::{End, Worker, untraced, wakes};
use crate::campaigns::{clocks, listing, settle as set_clocks};
use crate::engine::Shared;
use crate::error::EngineError;

/// How often the driver looks at orders and waiting batches.
const GLANCE: Duration = Duration::from_millis(250);
/// How long a run must have to wait to give up its place to others.
const REST_MIN: Duration = Duration::from_secs(60);
/// Documents read at a time.
const PAGE: usize = 32;
/// Endpoints read at a time.
const LOAD_MAX: usize = 1024;
/// How often a write is tried again when somebody else was faster.
const ATTEMPTS_MAX: usize = 16;

/// Which run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RunKey {
    pub app: AppId,
    pub campaign: CampaignId,
    /// The activity of the default treatment.
    pub id: ActivityId,
}

impl RunKey {
    pub(crate) fn parent(&self) -> String {
        version_parent(self.app.as_str(), self.campaign.as_str())
    }
}

/// Works on the run until it ends, waits for the campaign to be resumed, or the engine stops.
pub(crate) async fn drive(
    shared: Arc<Shared>,
    key: RunKey,
    news: Arc<Notify>,
) -> Result<(), EngineError> {
    let runs = shared.store.of::<Run>();
    let Some(mut run) = runs.get(&key.parent(), key.id.as_str()).await? else {
        return Ok(());
    };
    if !matches!(run.state, RunState::Opening | RunState::Running) {
        return Ok(());
    }
    let live = live(&shared, &key).await?;
    if live.as_ref().is_none_or(|live| is_over(live)) {
        return cancel(&shared, &key, "the campaign was deleted").await;
    }
    if run.guard.holds(shared.clock.now()) {
        return Ok(());
    }
    if live.is_some_and(|live| live.frequency() == Frequency::Event) {
        return triggered::drive(shared, &key, run.value, news).await;
    }
    let version = run.campaign_version;
    let Some(campaign) = campaign(&shared, &key, version).await? else {
        return cancel(&shared, &key, "the campaign was deleted").await;
    };
    let messages = match messages(&shared, &campaign).await {
        Ok(messages) => messages,
        Err(ContentError::Store(error)) => return Err(error.into()),
        Err(error) => return invalidate(&shared, &key, &error.to_string()).await,
    };
    if run.state == RunState::Opening {
        match freeze(&shared, &campaign, &mut run).await {
            Ok(()) => {}
            Err(FreezeError::Invalid(reason)) => return invalidate(&shared, &key, &reason).await,
            Err(FreezeError::Failed(error)) => return Err(error),
        }
        tracing::info!(campaign.id = %key.campaign, run.id = %key.id, members = run.produced, "run opened");
    }
    let caps = shared.caps.join(&shared.store, &shared.clock, &campaign);
    let caps = caps.await?;
    let active = shared.active_runs();
    let context = RunContext::new(
        Arc::clone(&shared),
        run.value,
        campaign,
        messages,
        caps,
        active,
    );
    work(Arc::new(context), &key).await
}

/// Works on the batches of a running run.
async fn work(context: Arc<RunContext>, key: &RunKey) -> Result<(), EngineError> {
    let mut batches = survey(&context, key).await?;
    let store = &context.shared.store;
    context.caps.load(store, &context.campaign).await?;
    if !guard::resume(&context, key).await? {
        return Ok(());
    }
    let mut workers: JoinSet<(u32, Result<End, EngineError>)> = JoinSet::new();
    let mut failure = None;
    loop {
        context
            .guard
            .look(&context.shared.store, &context.run)
            .await?;
        let order = context.order().await?;
        let now = context.now();
        batches.wake(now);
        while order == Order::Go && failure.is_none() && workers.len() < context.workers {
            let Some(number) = batches.todo.pop_front() else {
                break;
            };
            if let Some(worker) = worker(&context, key, number).await? {
                workers.spawn(async move { (number, worker.run().await) });
            }
        }
        if workers.is_empty() {
            if let Some(error) = failure {
                return Err(error);
            }
            match order {
                Order::Go if batches.canary_is_out(context.canary_has_begun()) => {
                    return guard::wait_for_canary(&context, key).await;
                }
                Order::Hold => return guard::pull(&context, key).await,
                Order::Go if batches.is_done() => return complete(&context.shared, key).await,
                Order::Go => {
                    let until = batches
                        .rests_until()
                        .filter(|until| until.since(now) >= REST_MIN);
                    if let Some(until) = until.filter(|_| context.shared.is_crowded())
                        && rest(&context.shared, key, until).await?
                    {
                        return Ok(());
                    }
                }
                Order::Pause => {
                    if pause(&context.shared, key).await? {
                        return Ok(());
                    }
                }
                Order::Cancel => {
                    return cancel(&context.shared, key, "the campaign was deleted").await;
                }
                Order::Stop => return Ok(()),
            }
        }
        let resting = workers.is_empty() && batches.rests_until().is_some();
        let _resting = resting.then(|| context.shared.rest());
        tokio::select! {
            Some(ended) = workers.join_next() => match ended {
                Ok((number, Ok(End::Closed))) => {
                    if let Err(error) = sums::keep(&context.shared.store, key, number).await {
                        context.fail();
                        failure = Some(error.into());
                    }
                }
                Ok((number, Ok(End::Waiting(until)))) => {
                    batches.waiting.insert(number, until);
                }
                Ok((number, Ok(End::Stopped))) => batches.todo.push_front(number),
                Ok((_, Err(error))) => {
                    context.fail();
                    failure = Some(error);
                }
                Err(error) => {
                    context.fail();
                    failure = Some(EngineError::Task(error.to_string()));
                }
            },
            () = context.shared.clock.sleep(GLANCE) => {}
        }
    }
}

/// The batches of a run that are not closed.
#[derive(Default)]
struct Open {
    todo: VecDeque<u32>,
    waiting: BTreeMap<u32, Timestamp>,
    /// Whether some must wait for the canary.
    held_back: bool,
}

impl Open {
    fn wake(&mut self, now: Timestamp) {
        let due: Vec<u32> = self
            .waiting
            .iter()
            .filter(|(_, until)| **until <= now)
            .map(|(number, _)| *number)
            .collect();
        for number in due {
            self.waiting.remove(&number);
            self.todo.push_back(number);
        }
    }

    fn is_done(&self) -> bool {
        self.todo.is_empty() && self.waiting.is_empty() && !self.held_back
    }

    /// Whether everybody in the canary was attempted whose turn has come, and others wait for that.
    /// `begun` says whether anybody was.
    fn canary_is_out(&self, begun: bool) -> bool {
        self.held_back && self.todo.is_empty() && (begun || self.waiting.is_empty())
    }

    /// When the first batch is to be worked on, if all of them wait.
    fn rests_until(&self) -> Option<Timestamp> {
        let first = self.waiting.values().min().copied();
        first.filter(|_| self.todo.is_empty())
    }

    fn note(&mut self, batch: &RunBatch, guard: &Guard) {
        guard.recall(batch);
        if batch.closed {
            return;
        }
        if !guard.admits(batch) {
            self.held_back = true;
            return;
        }
        let until = if untraced(batch).is_empty() {
            wakes(batch)
        } else {
            batch.due
        };
        match until {
            Some(until) => {
                self.waiting.insert(batch.number, until);
            }
            None => self.todo.push_back(batch.number),
        }
    }
}

/// Reads the batches, recovers those whose holder died, and claims the addresses that are in use.
///
/// The embedded store admits one process, and a process drives a run once: whoever holds a lease
/// now is dead.
async fn survey(context: &RunContext, key: &RunKey) -> Result<Open, EngineError> {
    let resend = live(&context.shared, key)
        .await?
        .is_some_and(|campaign| campaign.resend_in_doubt);
    let mut open = Open::default();
    let mut after = None;
    loop {
        let batches = context.shared.store.of::<RunBatch>();
        let page = batches.list(key.id.as_str(), after.as_ref(), PAGE).await?;
        let mut left_behind: Vec<Stored<RunBatch>> = Vec::new();
        for batch in page.items {
            if !batch.closed && batch.leased_until.is_some() {
                left_behind.push(batch);
            } else {
                claim(context, &batch).await?;
                open.note(&batch, &context.guard);
            }
        }
        let Shared {
            log, clock, caps, ..
        } = context.shared.as_ref();
        let activities = &context.run.activities;
        recover(log, activities, &mut left_behind, resend, clock.now()).await?;
        for mut batch in left_behind {
            batches.replace(&mut batch).await?;
            caps.recovered(&key.app, &batch);
            claim(context, &batch).await?;
            open.note(&batch, &context.guard);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(open),
        }
    }
}

/// Claims the addresses of members that got as far as that before.
async fn claim(context: &RunContext, batch: &RunBatch) -> Result<(), EngineError> {
    let mut members = batch.deferred.clone();
    for (outcome, set) in &batch.outcomes {
        if claimed(*outcome) {
            members |= set;
        }
    }
    let store = &context.shared.store.endpoints;
    let mut ordinals = members.iter();
    loop {
        let chunk: Vec<u32> = ordinals.by_ref().take(LOAD_MAX).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        let loaded = store.load(&context.run.app, &chunk).await?;
        for endpoint in loaded.iter().flatten() {
            if let Some(address) = &endpoint.address {
                context.addresses.claim(address, endpoint.ordinal);
            }
        }
    }
}

async fn worker(
    context: &Arc<RunContext>,
    key: &RunKey,
    number: u32,
) -> Result<Option<Worker>, EngineError> {
    let batches = context.shared.store.of::<RunBatch>();
    let batch = batches.get(key.id.as_str(), &version_id(number)).await?;
    Ok(batch
        .filter(|batch| !batch.closed)
        .map(|batch| Worker::new(Arc::clone(context), batch)))
}

/// What all treatments say, or why the campaign cannot run.
pub(crate) async fn messages(
    shared: &Shared,
    campaign: &Campaign,
) -> Result<Vec<Messages>, ContentError> {
    let outlets = Outlets::open(&shared.store, &campaign.app).await?;
    let mut all = Vec::new();
    for number in 0..=campaign.treatments.len() {
        all.push(content::messages(&shared.store, campaign, number, &outlets).await?);
    }
    Ok(all)
}

pub(super) async fn live(
    shared: &Shared,
    key: &RunKey,
) -> Result<Option<Stored<Campaign>>, StoreError> {
    let campaigns = shared.store.of::<Campaign>();
    campaigns.get(key.app.as_str(), key.campaign.as_str()).await
}

/// The version of the campaign that runs.
async fn campaign(
    shared: &Shared,
    key: &RunKey,
    version: u32,
) -> Result<Option<Campaign>, StoreError> {
    let versions = shared.store.of::<CampaignVersion>();
    let stored = versions.get(&key.parent(), &version_id(version)).await?;
    Ok(stored.map(|stored| stored.value.0))
}

/// Changes the run and, if it is still there, the campaign, together. `false` from `change` means
/// that there is nothing to do any more.
pub(crate) async fn settle(
    shared: &Shared,
    key: &RunKey,
    change: impl Fn(&mut Run, Option<&mut Campaign>) -> bool,
) -> Result<bool, EngineError> {
    for _ in 0..ATTEMPTS_MAX {
        let runs = shared.store.of::<Run>();
        let Some(mut run) = runs.get(&key.parent(), key.id.as_str()).await? else {
            return Ok(true);
        };
        let mut campaign = live(shared, key).await?;
        let before = campaign.as_ref().map(|stored| stored.value.clone());
        if !change(&mut run, campaign.as_mut().map(|stored| &mut stored.value)) {
            return Ok(false);
        }
        let mut writes = vec![run.replace()?];
        if let Some(campaign) = &campaign {
            writes.push(put(&campaign.value, Expect::Revision(campaign.revision))?);
            writes.extend(listing(before.as_ref(), Some(&campaign.value))?);
        }
        match shared.store.documents.commit(writes).await {
            Ok(()) => return Ok(true),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Conflict(format!("campaign {}", key.campaign)).into())
}

pub(super) async fn complete(shared: &Shared, key: &RunKey) -> Result<(), EngineError> {
    let now = shared.clock.now();
    settle(shared, key, |run, campaign| {
        run.state = RunState::Completed;
        run.ended = Some(now);
        if let Some(campaign) = campaign.filter(|campaign| !campaign.status.is_final()) {
            move_clocks(campaign, run, |clock, schedule, paused| {
                clock.run = None;
                clock.next_run =
                    schedule.and_then(|it| schedule::following(it, run.scheduled, now));
                clock.status = match (clock.next_run, paused) {
                    (None, _) => CampaignStatus::Completed,
                    (Some(_), true) => CampaignStatus::Paused,
                    (Some(_), false) => CampaignStatus::PendingNextRun,
                };
            });
        }
        true
    })
    .await?;
    tracing::info!(campaign.id = %key.campaign, run.id = %key.id, "run completed");
    Ok(())
}

/// Changes where the treatments of `run` stand. `change` is also told the schedule of each, and
/// whether the campaign is paused.
fn move_clocks(
    campaign: &mut Campaign,
    run: &Run,
    change: impl Fn(&mut TreatmentClock, Option<&Schedule>, bool),
) {
    let mut clocks = clocks(campaign, true, run.activities.first());
    for (number, clock) in campaign.numbers().zip(&mut clocks) {
        if run.takes(number) {
            change(clock, campaign.schedule(number), campaign.paused);
        }
    }
    set_clocks(campaign, clocks);
}

/// Gives the place of a run up until there is something to do, unless the campaign was paused or
/// deleted meanwhile.
async fn rest(shared: &Shared, key: &RunKey, until: Timestamp) -> Result<bool, EngineError> {
    settle(shared, key, |run, campaign| match campaign {
        Some(campaign) if !campaign.paused && !campaign.status.is_final() => {
            run.wakes = Some(until);
            true
        }
        _ => false,
    })
    .await
}

/// Marks the run as paused, unless the campaign was resumed meanwhile.
async fn pause(shared: &Shared, key: &RunKey) -> Result<bool, EngineError> {
    settle(shared, key, |run, campaign| match campaign {
        Some(campaign) if campaign.paused && !campaign.status.is_final() => {
            run.state = RunState::Paused;
            move_clocks(campaign, run, |clock, _, _| {
                clock.status = CampaignStatus::Paused;
            });
            true
        }
        _ => false,
    })
    .await
}

/// Ends the run: members without an outcome are cancelled.
pub(super) async fn cancel(shared: &Shared, key: &RunKey, reason: &str) -> Result<(), EngineError> {
    cancel_batches(shared, key).await?;
    let now = shared.clock.now();
    settle(shared, key, |run, _| {
        run.state = RunState::Cancelled;
        run.ended = Some(now);
        run.reason.get_or_insert_with(|| reason.to_owned());
        true
    })
    .await?;
    Ok(())
}

/// Ends the run because the campaign cannot run, and says why.
pub(super) async fn invalidate(
    shared: &Shared,
    key: &RunKey,
    reason: &str,
) -> Result<(), EngineError> {
    tracing::warn!(campaign.id = %key.campaign, reason, "campaign cannot run");
    cancel_batches(shared, key).await?;
    let now = shared.clock.now();
    settle(shared, key, |run, campaign| {
        run.state = RunState::Cancelled;
        run.ended = Some(now);
        run.reason = Some(reason.to_owned());
        if let Some(campaign) = campaign.filter(|campaign| !campaign.status.is_final()) {
            campaign.status = CampaignStatus::Invalid;
            campaign.status_reason = Some(reason.to_owned());
            campaign.next_run = None;
            campaign.clocks = Vec::new();
        }
        true
    })
    .await?;
    Ok(())
}

async fn cancel_batches(shared: &Shared, key: &RunKey) -> Result<(), EngineError> {
    let runs = shared.store.of::<Run>();
    let Some(run) = runs.get(&key.parent(), key.id.as_str()).await? else {
        return Ok(());
    };
    if run.state == RunState::Opening {
        // Its set was never frozen: what is written of it is of nobody.
        let batches = Write::DeleteAll {
            kind: RunBatch::KIND,
            parent: key.id.to_string(),
        };
        return Ok(shared.store.documents.commit(vec![batches]).await?);
    }
    let batches = shared.store.of::<RunBatch>();
    let mut after = None;
    loop {
        let page = batches.list(key.id.as_str(), after.as_ref(), PAGE).await?;
        for batch in page.items.into_iter().filter(|batch| !batch.closed) {
            let mut left = [batch];
            if left[0].leased_until.is_some() {
                let now = shared.clock.now();
                recover(&shared.log, &run.activities, &mut left, false, now).await?;
            }
            let [mut batch] = left;
            let refused = std::mem::take(&mut batch.deferred);
            // Who waited for a zone is without trace once nobody waits.
            batch.waiting.clear();
            let rest = untraced(&batch) | refused;
            if !rest.is_empty() {
                *batch.outcomes.entry(Outcome::Cancelled).or_default() |= rest;
            }
            batch.closed = true;
            batches.replace(&mut batch).await?;
            shared.caps.recovered(&key.app, &batch);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}
