//! Drives a run that events feed (`docs/spec/campaigns.md §10`): it lives as long as its campaign,
//! and each turn of the event log appends batches to it. Between events it is idle, and nobody
//! drives it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use clock::Timestamp;
use model::{Campaign, CampaignStatus, EndpointSet, Run, RunBatch, RunState};
use store::{Expect, StoreError, Stored, batches_from, put, version_id};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::content::ContentError;
use super::context::{RunContext, is_over};
use super::driver::{RunKey, cancel, complete, invalidate, live, messages, settle};
use super::fold::fold;
use super::guard;
use super::recovery::recover;
use super::sums;
use super::worker::{End, Worker};
use crate::engine::Shared;
use crate::error::EngineError;

/// How often the driver looks at orders and waiting batches without being called.
const GLANCE: Duration = Duration::from_millis(250);
/// How long the driver waits for further events before the run is idle.
const LINGER: Duration = Duration::from_secs(2);
/// How old what the campaign says may be when a batch begins: templates may change meanwhile.
const CONTEXT_AGE_MAX: Duration = Duration::from_secs(1);
/// Batches that are looked at for one that shares nobody with those under way.
const LOOK_AHEAD: usize = 64;
/// Documents read at a time.
const PAGE: usize = 64;
/// Closed batches that are put together, at least.
const FOLD_MIN: u32 = 256;
/// The same at most, so that a commit stays small.
const FOLD_MAX: u32 = 1024;

/// Works on what events have triggered until nothing is left, the campaign ends, or the engine
/// stops. `news` tells that there are further batches.
pub(super) async fn drive(
    shared: Arc<Shared>,
    key: &RunKey,
    run: Run,
    news: Arc<Notify>,
) -> Result<(), EngineError> {
    let mut driver = Driver {
        seen: run.batches,
        settled: run.settled,
        todo: VecDeque::new(),
        waiting: BTreeMap::new(),
        running: BTreeMap::new(),
        context: None,
        shared,
        key,
        run,
    };
    driver.survey().await?;
    driver.work(&news).await
}

struct Driver<'a> {
    shared: Arc<Shared>,
    key: &'a RunKey,
    run: Run,
    /// Batches below this number are known here.
    seen: u32,
    /// Batches below this number are put together.
    settled: u32,
    todo: VecDeque<u32>,
    /// Batches with members to be tried again, and when.
    waiting: BTreeMap<u32, Timestamp>,
    /// Batches under way, with their members. No two share anybody, so that what the log says about
    /// a member after a crash can mean one of them only.
    running: BTreeMap<u32, EndpointSet>,
    /// What the campaign says, and since when it is thought to.
    context: Option<(Arc<RunContext>, Timestamp)>,
}

impl Driver<'_> {
    /// Finds the batches that are not closed, and recovers those whose holder died.
    async fn survey(&mut self) -> Result<(), EngineError> {
        let batches = self.shared.store.of::<RunBatch>();
        let resend = live(&self.shared, self.key)
            .await?
            .is_some_and(|campaign| campaign.resend_in_doubt);
        for mut left in self.stored(self.settled, self.seen).await? {
            if left.closed {
                continue;
            }
            if left.leased_until.is_some() {
                let mut one = [left];
                let (log, activities) = (&self.shared.log, &self.run.activities);
                recover(log, activities, &mut one, resend, self.shared.clock.now()).await?;
                [left] = one;
                batches.replace(&mut left).await?;
                self.shared.caps.recovered(&self.key.app, &left);
            }
            self.todo.push_back(left.number);
        }
        Ok(())
    }

    /// Batches that are worked on at once: they are small.
    fn workers_max(&self) -> usize {
        2 * self.shared.settings.workers_max.max(1)
    }

    /// The stored batches from number `from` to before `to`, in order.
    async fn stored(&self, from: u32, to: u32) -> Result<Vec<Stored<RunBatch>>, StoreError> {
        let batches = self.shared.store.of::<RunBatch>();
        let mut found = Vec::new();
        let mut after = batches_from(from);
        loop {
            let page = batches
                .list(self.key.id.as_str(), after.as_ref(), PAGE)
                .await?;
            found.extend(page.items.into_iter().filter(|batch| batch.number < to));
            match page.next {
                Some(next) if found.last().is_none_or(|last| last.number + 1 < to) => {
                    after = Some(next);
                }
                _ => return Ok(found),
            }
        }
    }

    async fn work(&mut self, news: &Notify) -> Result<(), EngineError> {
        let mut workers: JoinSet<(u32, Result<End, EngineError>)> = JoinSet::new();
        let mut failure = None;
        let mut quiet_since = None;
        loop {
            if workers.is_empty() && self.is_held().await? {
                return Ok(());
            }
            let campaign = live(&self.shared, self.key).await?;
            let over = campaign.as_ref().is_none_or(|campaign| is_over(campaign));
            let now = self.shared.clock.now();
            self.wake(now);
            while !over
                && failure.is_none()
                && !self.shared.stopping()
                && workers.len() < self.workers_max()
                && !self
                    .context
                    .as_ref()
                    .is_some_and(|(it, _)| it.guard.is_held())
                && let Some(batch) = self.next().await?
            {
                let Some(campaign) = &campaign else { break };
                let number = batch.number;
                let context = match self.context(campaign).await {
                    Ok(context) => context,
                    Err(Unfit::Campaign(reason)) => {
                        failure = Some(Unfit::Campaign(reason));
                        self.running.remove(&number);
                        break;
                    }
                    Err(Unfit::Failed(error)) => return Err(error),
                };
                let worker = Worker::new(context, batch);
                workers.spawn(async move { (number, worker.run().await) });
            }
            if workers.is_empty() {
                match failure {
                    Some(Unfit::Failed(error)) => return Err(error),
                    Some(Unfit::Campaign(reason)) => {
                        return invalidate(&self.shared, self.key, &reason).await;
                    }
                    None => {}
                }
                if self.shared.stopping() {
                    return Ok(());
                }
                if over {
                    return cancel(&self.shared, self.key, "the campaign was deleted").await;
                }
                let nothing_left = self.todo.is_empty() && self.waiting.is_empty();
                let clock = &self.shared.clock;
                let since = *quiet_since.get_or_insert_with(|| clock.monotonic());
                let ended = campaign.is_some_and(|it| it.status == CampaignStatus::Completed);
                let lingered = ended || clock.monotonic().saturating_sub(since) >= LINGER;
                if nothing_left && lingered && self.rest(ended).await? {
                    return Ok(());
                }
            } else {
                quiet_since = None;
            }
            self.fold().await?;
            tokio::select! {
                Some(ended) = workers.join_next() => match ended {
                    Ok((number, end)) => {
                        self.running.remove(&number);
                        match end {
                            Ok(End::Closed) => {}
                            Ok(End::Waiting(until)) => {
                                self.waiting.insert(number, until);
                            }
                            Ok(End::Stopped) => self.todo.push_front(number),
                            Err(error) => failure = Some(Unfit::Failed(error)),
                        }
                    }
                    Err(error) => {
                        failure = Some(Unfit::Failed(EngineError::Task(error.to_string())));
                    }
                },
                () = news.notified() => {
                    if !self.look().await? {
                        return Ok(());
                    }
                }
                () = self.shared.clock.sleep(GLANCE) => {}
            }
        }
    }

    /// Takes note of the batches that were appended. False if the run is gone.
    async fn look(&mut self) -> Result<bool, EngineError> {
        let runs = self.shared.store.of::<Run>();
        let Some(run) = runs.get(&self.key.parent(), self.key.id.as_str()).await? else {
            return Ok(false);
        };
        self.todo.extend(self.seen..run.batches);
        self.seen = run.batches;
        Ok(run.state == RunState::Running)
    }

    fn wake(&mut self, now: Timestamp) {
        let due = self.waiting.extract_if(.., |_, until| *until <= now);
        self.todo.extend(due.map(|(number, _)| number));
    }

    /// The next batch that shares nobody with those under way.
    async fn next(&mut self) -> Result<Option<Stored<RunBatch>>, EngineError> {
        let batches = self.shared.store.of::<RunBatch>();
        let mut place = 0;
        while let Some(number) = self.todo.get(place).copied()
            && place < LOOK_AHEAD
        {
            let batch = batches
                .get(self.key.id.as_str(), &version_id(number))
                .await?;
            let Some(batch) = batch.filter(|batch| !batch.closed) else {
                self.todo.remove(place);
                continue;
            };
            let mut others = self.running.values();
            if others.all(|members| members.is_disjoint(&batch.members)) {
                self.todo.remove(place);
                self.running.insert(number, batch.members.clone());
                return Ok(Some(batch));
            }
            place += 1;
        }
        Ok(None)
    }

    /// What the campaign says now. A change of it, or of a template, holds from the next message on.
    async fn context(&mut self, campaign: &Campaign) -> Result<Arc<RunContext>, Unfit> {
        let now = self.shared.clock.now();
        if let Some((context, since)) = &self.context
            && context.campaign.version == campaign.version
            && now.since(*since) < CONTEXT_AGE_MAX
        {
            return Ok(Arc::clone(context));
        }
        let shared = &self.shared;
        let messages = match messages(shared, campaign).await {
            Ok(messages) => messages,
            Err(ContentError::Store(error)) => return Err(error.into()),
            Err(error) => return Err(Unfit::Campaign(error.to_string())),
        };
        let caps = shared
            .caps
            .join(&shared.store, &shared.clock, campaign)
            .await?;
        caps.load(&shared.store, campaign).await?;
        let mut context = RunContext::new(
            Arc::clone(shared),
            self.run.clone(),
            campaign.clone(),
            messages,
            caps,
            shared.active_runs(),
        );
        if let Some((before, _)) = &self.context {
            context.guard = Arc::clone(&before.guard);
        } else {
            guard::resume(&context, self.key).await?;
        }
        context
            .guard
            .look(&context.shared.store, &context.run)
            .await?;
        let context = Arc::new(context);
        self.context = Some((Arc::clone(&context), now));
        Ok(context)
    }

    /// Whether the brake was pulled. What is left expires unless somebody lets the run go on in
    /// time.
    async fn is_held(&self) -> Result<bool, EngineError> {
        match &self.context {
            Some((context, _)) if context.guard.is_held() => {
                guard::pull(context, self.key).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Ends the run, or makes it idle, unless something was triggered meanwhile.
    async fn rest(&mut self, ended: bool) -> Result<bool, EngineError> {
        let seen = self.seen;
        let done = settle(&self.shared, self.key, |run, campaign| {
            // A campaign that ended since it was read has nobody who would wake its run again.
            let over = campaign.is_none_or(|campaign| campaign.status.is_final());
            run.idle = true;
            run.batches == seen && over == ended
        });
        if !done.await? {
            self.look().await?;
            return Ok(false);
        }
        if ended {
            complete(&self.shared, self.key).await?;
        }
        Ok(true)
    }

    /// Puts closed batches together once there are many.
    async fn fold(&mut self) -> Result<(), EngineError> {
        let open = self
            .todo
            .iter()
            .chain(self.waiting.keys())
            .chain(self.running.keys());
        let first_open = open.min().copied().unwrap_or(self.seen);
        let to = first_open.min(self.settled.saturating_add(FOLD_MAX));
        if to < self.settled.saturating_add(FOLD_MIN) {
            return Ok(());
        }
        let store = &self.shared.store;
        let runs = store.of::<Run>();
        let Some(mut run) = runs.get(&self.key.parent(), self.key.id.as_str()).await? else {
            return Ok(());
        };
        let batches = store.of::<RunBatch>();
        let mut summaries = Vec::new();
        for number in &run.summaries {
            let summary = batches
                .get(self.key.id.as_str(), &version_id(*number))
                .await?;
            summaries.extend(summary.map(|stored| stored.value));
        }
        let gone = self.stored(self.settled, to).await?;
        let closed = gone.iter().map(|stored| stored.value.clone());
        let folded = fold(summaries, closed, self.shared.clock.now());
        let mut writes = Vec::new();
        for summary in &folded.summaries {
            writes.push(put(summary, Expect::Any)?);
        }
        // A new summary has the number of one of the batches that it holds.
        let stays = |batch: &RunBatch| folded.summaries.iter().any(|it| it.number == batch.number);
        let dropped = gone.iter().filter(|batch| !stays(batch));
        writes.extend(dropped.map(Stored::delete));
        let open = folded.summaries.iter().skip(folded.full);
        run.summaries = open.map(|summary| summary.number).collect();
        for batch in &gone {
            if run.sums.batches.insert(batch.number) {
                sums::add(&mut run.sums, batch);
            }
        }
        run.settled = to;
        writes.push(run.replace()?);
        match store.documents.commit(writes).await {
            Ok(()) => self.settled = to,
            // Something was triggered meanwhile; the next time does.
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

/// Why a batch cannot be worked on.
enum Unfit {
    /// The campaign cannot run, and why.
    Campaign(String),
    Failed(EngineError),
}

impl<E: Into<EngineError>> From<E> for Unfit {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
