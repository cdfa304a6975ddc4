//! Works on one batch under a lease: prepares members, commits intents, hands over, closes.
//!
//! The document of the batch always tells enough to go on after a crash: every member is without
//! trace, in flight, deferred or has an outcome; records of members that do not show an outcome yet
//! lie in the log behind `log_position`.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use clock::Timestamp;
use events::Position;
use futures::future::BoxFuture;
use model::{EndpointSet, Ordinal, Outcome, RunBatch};
use store::{StoreError, Stored};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::caps::window_start;
use super::context::{Order, RunContext};
use super::dispatch::{Fate, Report, dispatch, write_records};
use super::lane::Permits;
use super::unit::{Member, Trigger, Unit, prepare};
use super::waiting::{Lot, Row, Waiting};
use crate::error::EngineError;

/// How long a lease holds without renewal.
pub(crate) const LEASE: Duration = Duration::from_secs(60);
/// How often the worker looks up without being called: at orders, the breaker and its lease.
const GLANCE: Duration = Duration::from_millis(250);
/// How long an outcome may wait for its place in the document.
const SETTLE_MAX: Duration = Duration::from_millis(500);
/// The pause between attempts to write the document.
const STORE_RETRY: Duration = Duration::from_secs(1);
/// Chunks that may be open at once.
const OPEN_MAX: usize = 32;
/// How long ago an endpoint may have been read when its message goes out: whoever opts out or moves
/// meanwhile is not to get it (`docs/spec/campaigns.md §7`).
const FRESH: Duration = Duration::from_secs(5);
/// Reports that may wait for the worker.
const REPORTS_MAX: usize = 64;
/// The first pauses before deferred members are tried again; the last one repeats.
const DEFERRALS: [Duration; 7] = [
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(2 * 60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(20 * 60),
    Duration::from_secs(30 * 60),
];

/// How work on a batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Everyone has an outcome.
    Closed,
    /// Some are to be tried again, not before this instant.
    Waiting(Timestamp),
    /// The order to go on was withdrawn; the lease is given back.
    Stopped,
}

/// A chunk between its first trace and its last outcome.
struct Open {
    /// Where the log ended before anything of the chunk was recorded.
    start: Position,
    /// Members whose message may be handed over.
    intents: EndpointSet,
}

pub(crate) struct Worker {
    context: Arc<RunContext>,
    batch: Stored<RunBatch>,
    /// Members without trace, not yet prepared.
    todo: EndpointSet,
    /// Members that waited for their zone's turn, which has come, not yet prepared.
    awake: EndpointSet,
    /// Deferred members whose time has come, not yet prepared.
    retry: EndpointSet,
    /// Members that have claimed their address in this process and are without trace again.
    claimed: EndpointSet,
    preparing: Option<BoxFuture<'static, Result<Unit, EngineError>>>,
    ready: Waiting,
    /// Permits of messages that were not taken, until the document no longer shows them.
    untouched: Vec<Permits>,
    permits: Option<(Lot, BoxFuture<'static, Permits>)>,
    open: BTreeMap<u64, Open>,
    next_chunk: u64,
    tasks: JoinSet<()>,
    sender: mpsc::Sender<Report>,
    reports: mpsc::Receiver<Report>,
    order: Order,
    /// Since when the document lags behind, by `Clock::monotonic`.
    dirty: Option<Duration>,
    /// When the document was last written, by the same.
    renewed: Duration,
    abandoned: bool,
}

impl Worker {
    pub(crate) fn new(context: Arc<RunContext>, batch: Stored<RunBatch>) -> Self {
        let (sender, reports) = mpsc::channel(REPORTS_MAX);
        Self {
            todo: untraced(&batch),
            awake: EndpointSet::new(),
            retry: EndpointSet::new(),
            claimed: EndpointSet::new(),
            context,
            batch,
            preparing: None,
            ready: Waiting::default(),
            untouched: Vec::new(),
            permits: None,
            open: BTreeMap::new(),
            next_chunk: 0,
            tasks: JoinSet::new(),
            sender,
            reports,
            order: Order::Go,
            dirty: None,
            renewed: Duration::ZERO,
            abandoned: false,
        }
    }

    /// Works until everyone has an outcome, the rest must wait, or the order is withdrawn. Nothing
    /// of the batch is under way any more when it returns.
    pub(crate) async fn run(mut self) -> Result<End, EngineError> {
        let worked = self.work().await;
        while let Some(done) = self.drain().await {
            self.apply(done);
        }
        worked?;
        let end = self.close();
        self.commit(end == End::Stopped || matches!(end, End::Waiting(_)))
            .await?;
        Ok(end)
    }

    /// The next report while tasks are still under way.
    async fn drain(&mut self) -> Option<Report> {
        loop {
            if let Ok(report) = self.reports.try_recv() {
                return Some(report);
            }
            if self.tasks.is_empty() {
                return None;
            }
            tokio::select! {
                report = self.reports.recv() => return report,
                _ = self.tasks.join_next() => {}
            }
        }
    }

    async fn work(&mut self) -> Result<(), EngineError> {
        self.lease().await?;
        while !self.idle() {
            self.start_what_can_start().await?;
            if self.idle() {
                break;
            }
            let clock = self.context.shared.clock.clone();
            tokio::select! {
                unit = opt(&mut self.preparing) => {
                    self.preparing = None;
                    self.take(unit?);
                }
                permits = opt_second(&mut self.permits), if self.permits_are_of_use() => {
                    self.permits = None;
                    self.open_chunk(permits).await?;
                }
                Some(report) = self.reports.recv() => {
                    self.apply(report);
                    while let Ok(report) = self.reports.try_recv() {
                        self.apply(report);
                    }
                }
                () = clock.sleep(GLANCE) => self.order = self.context.order().await?,
            }
            if self.abandoned {
                // What is handed over stays in flight in the document: the next holder of the
                // batch finds out what became of it.
                return Err(EngineError::Task("records could not be written".to_owned()));
            }
            while self.tasks.try_join_next().is_some() {}
            self.commit_if_late().await?;
        }
        Ok(())
    }

    /// Takes the batch: from here on, records of it lie behind the log's present end.
    async fn lease(&mut self) -> Result<(), EngineError> {
        let now = self.context.now();
        self.batch.fencing_token += 1;
        if self.batch.deferred_until.is_some_and(|until| until <= now) {
            self.retry = self.batch.deferred.clone();
        }
        let due = self.batch.waiting.range(..=now);
        let awake = due.fold(EndpointSet::new(), |all, (_, set)| all | set);
        self.awake = awake - &self.batch.deferred;
        self.commit(false).await
    }

    /// Whether nothing is under way and nothing can be started.
    fn idle(&self) -> bool {
        let nothing_left =
            self.nothing_to_prepare() && self.preparing.is_none() && self.ready.is_empty();
        self.open.is_empty() && (self.order != Order::Go || nothing_left)
    }

    fn nothing_to_prepare(&self) -> bool {
        self.todo.is_empty() && self.awake.is_empty() && self.retry.is_empty()
    }

    async fn start_what_can_start(&mut self) -> Result<(), EngineError> {
        if self.order == Order::Go && self.context.guard.is_held() {
            self.order = Order::Hold;
        }
        if self.order != Order::Go {
            self.permits = None;
            return Ok(());
        }
        let held_back = self.context.shared.breaker.is_open(self.passed());
        let room = self.open.len() < OPEN_MAX;
        let enough = self.ready.len() >= self.context.unit && self.next_lot().is_some();
        let wanted = self.preparing.is_none()
            && !enough
            && room
            && (!held_back || !self.ready.has(Row::Messages));
        if wanted && !self.nothing_to_prepare() {
            self.order = self.context.order().await?;
            if self.order != Order::Go {
                return Ok(());
            }
            let members = self.next_members();
            self.preparing = Some(Box::pin(prepare(Arc::clone(&self.context), members)));
        }
        let useless = self.permits.as_ref().is_some_and(|(lot, _)| {
            let for_nothing =
                !self.ready.has(lot.row) && (self.preparing.is_none() || !self.ready.is_empty());
            let away = held_back && lot.row == Row::Messages;
            for_nothing || away || self.context.is_too_large(*lot)
        });
        if useless {
            self.permits = None;
        }
        if self.permits.is_none()
            && room
            && let Some(lot) = self.next_lot()
        {
            let permits = Arc::clone(&self.context).permits(lot);
            self.permits = Some((lot, Box::pin(permits)));
        }
        Ok(())
    }

    /// The messages that may go out next, if any.
    fn next_lot(&self) -> Option<Lot> {
        let more = self.preparing.is_some() || !self.nothing_to_prepare();
        self.context.next_lot(&self.ready, more)
    }

    /// Whether anybody waits for the permits that were asked for.
    fn permits_are_of_use(&self) -> bool {
        let lot = self.permits.as_ref().map(|(lot, _)| lot);
        lot.is_some_and(|lot| self.ready.has(lot.row))
    }

    /// The next members to prepare: those without trace first, then those who waited for their
    /// zone, then deferred ones.
    fn next_members(&mut self) -> Vec<Member> {
        let since = self.batch.deferred_since;
        let last_try =
            since.is_some_and(|since| self.context.now().since(since) >= RunContext::DEFERRAL_MAX);
        let retry = self.todo.is_empty() && self.awake.is_empty();
        let from = if retry {
            &mut self.retry
        } else if self.todo.is_empty() {
            &mut self.awake
        } else {
            &mut self.todo
        };
        let ordinals: Vec<Ordinal> = from.iter().take(self.context.unit).collect();
        if let Some(last) = ordinals.last() {
            from.remove_range(0..=*last);
        }
        let occurrence = self.batch.number;
        let trigger = self.batch.deadline.map(|deadline| Trigger {
            occurrence,
            deadline,
        });
        ordinals
            .into_iter()
            .map(|ordinal| Member {
                trigger,
                ordinal,
                due: self.batch.due_of(ordinal),
                claimed: retry || self.claimed.contains(ordinal),
                retry,
                last_try: retry && last_try,
            })
            .collect()
    }

    fn take(&mut self, unit: Unit) {
        for (treatment, members) in unit.assigned {
            *self.batch.assigned.entry(treatment).or_default() |= members;
        }
        for (ordinal, outcome) in unit.silent {
            self.settle(ordinal, Fate::Done(outcome));
        }
        for (ordinal, until) in unit.waiting {
            self.wait(ordinal, until);
        }
        let now = self.passed();
        for ready in unit.ready {
            self.ready.put(ready, now);
        }
        for record in &unit.records {
            if record.outcome == Outcome::FailurePermanent {
                self.batch.unmade.insert(record.ordinal);
            }
        }
        if !unit.records.is_empty() {
            let chunk = self.begin(EndpointSet::new());
            let context = Arc::clone(&self.context);
            self.tasks.spawn(write_records(
                context,
                chunk,
                unit.records,
                self.sender.clone(),
            ));
        }
    }

    /// Notes that the turn of a member comes at `until`.
    fn wait(&mut self, ordinal: Ordinal, until: Timestamp) {
        self.lag();
        self.batch.stop_waiting(ordinal);
        self.batch.waiting.entry(until).or_default().insert(ordinal);
    }

    /// Time as it passes, whatever the clock is set to.
    fn passed(&self) -> Duration {
        self.context.shared.clock.monotonic()
    }

    /// Notes that the document lags behind.
    fn lag(&mut self) {
        let now = self.passed();
        self.dirty.get_or_insert(now);
    }

    fn begin(&mut self, intents: EndpointSet) -> u64 {
        let chunk = self.next_chunk;
        self.next_chunk += 1;
        let start = self.context.shared.log.end();
        self.open.insert(chunk, Open { start, intents });
        chunk
    }

    /// Commits the intents of the next messages, with all outcomes known so far, then lets the
    /// messages go.
    async fn open_chunk(&mut self, (lot, mut permits): (Lot, Permits)) -> Result<(), EngineError> {
        let stale = self.passed().saturating_sub(FRESH);
        // Who waited too long is decided about anew.
        for ready in self.ready.take_older(lot.row, stale) {
            self.settle(ready.member.ordinal, Fate::Untouched);
        }
        let messages = self.ready.take(lot);
        if messages.is_empty() {
            // The permits wait for what is decided anew, which so is fresh.
            self.permits = Some((lot, Box::pin(std::future::ready(permits))));
            return Ok(());
        }
        permits.release(lot.count.saturating_sub(messages.len()));
        let intents: EndpointSet = messages.iter().map(|ready| ready.member.ordinal).collect();
        self.batch.unmade -= &intents;
        let begun = self.context.shared.clock.monotonic();
        let chunk = self.begin(intents);
        self.commit(false).await?;
        let context = Arc::clone(&self.context);
        self.tasks.spawn(dispatch(
            context,
            chunk,
            begun,
            messages,
            permits,
            self.sender.clone(),
        ));
        Ok(())
    }

    fn apply(&mut self, report: Report) {
        match report {
            Report::Fates(chunk, fates, permits) => {
                self.untouched.extend(permits);
                for (ordinal, fate) in fates {
                    if let Some(open) = self.open.get_mut(&chunk) {
                        open.intents.remove(ordinal);
                    }
                    self.settle(ordinal, fate);
                }
            }
            Report::End(chunk) => {
                self.open.remove(&chunk);
            }
            Report::Abandoned => self.abandoned = true,
        }
    }

    fn settle(&mut self, ordinal: Ordinal, fate: Fate) {
        self.lag();
        let now = self.context.now();
        let deferred = self.batch.deferred.contains(ordinal);
        match fate {
            Fate::Done(outcome) => {
                debug_assert!(
                    !self
                        .batch
                        .outcomes
                        .values()
                        .any(|set| set.contains(ordinal))
                );
                self.batch.deferred.remove(ordinal);
                self.batch.stop_waiting(ordinal);
                self.batch
                    .outcomes
                    .entry(outcome)
                    .or_default()
                    .insert(ordinal);
                if outcome.attempted() {
                    let sent = self.batch.sent.entry(now.utc_minute()).or_default();
                    sent.insert(ordinal);
                    if !self.batch.unmade.contains(ordinal) {
                        self.context.guard.note(ordinal, outcome);
                    }
                }
            }
            Fate::Deferred => {
                self.batch.deferred.insert(ordinal);
                self.batch.deferred_since.get_or_insert(now);
            }
            Fate::Untouched if deferred => {
                self.retry.insert(ordinal);
            }
            Fate::Untouched => {
                self.claimed.insert(ordinal);
                self.todo.insert(ordinal);
            }
        }
    }

    /// Settles how the batch goes on, and says so.
    fn close(&mut self) -> End {
        if self.order != Order::Go {
            return End::Stopped;
        }
        self.plan_retry();
        match wakes(&self.batch) {
            Some(until) => End::Waiting(until),
            None => {
                self.batch.closed = true;
                End::Closed
            }
        }
    }

    /// Sets when deferred members are tried again, unless that is set.
    fn plan_retry(&mut self) {
        let now = self.context.now();
        let set = self.batch.deferred_until.is_some_and(|until| until > now);
        if self.batch.deferred.is_empty() || set {
            return;
        }
        let round = usize::try_from(self.batch.deferrals).unwrap_or(usize::MAX);
        let pause = DEFERRALS[round.min(DEFERRALS.len() - 1)];
        let until = now.plus(pause);
        let deadline = self.context.rules.deadline(self.batch.due);
        let deadline = deadline.or(self.batch.deadline);
        let deadline = deadline.filter(|deadline| *deadline > now);
        let until = deadline.map_or(until, |deadline| until.min(deadline));
        self.batch.deferrals = self.batch.deferrals.saturating_add(1);
        self.batch.deferred_until = Some(until);
    }

    async fn commit_if_late(&mut self) -> Result<(), EngineError> {
        let now = self.passed();
        let settled = self
            .dirty
            .is_some_and(|since| now.saturating_sub(since) >= SETTLE_MAX);
        let lease_ages = now.saturating_sub(self.renewed) >= LEASE / 3;
        if settled || lease_ages {
            self.commit(false).await?;
        }
        Ok(())
    }

    /// Writes the document, and gives the lease back if `release`. Goes on trying while the store
    /// cannot write, unless the engine stops.
    async fn commit(&mut self, release: bool) -> Result<(), EngineError> {
        let shared = Arc::clone(&self.context.shared);
        let log_end = shared.log.end();
        let batch = &mut self.batch.value;
        batch.in_flight = self
            .open
            .values()
            .fold(EndpointSet::new(), |all, open| all | &open.intents);
        batch.log_position = self
            .open
            .values()
            .map(|open| open.start)
            .min()
            .unwrap_or(log_end);
        batch.sent = batch.sent.split_off(&window_start(shared.clock.now()));
        for set in batch
            .outcomes
            .values_mut()
            .chain(batch.assigned.values_mut())
            .chain([&mut batch.unmade])
        {
            set.optimize();
        }
        loop {
            let now = shared.clock.now();
            let held = !release && !self.batch.closed;
            self.batch.leased_until = held.then(|| now.plus(LEASE));
            match shared
                .store
                .documents
                .commit(vec![self.batch.replace()?])
                .await
            {
                Ok(()) => {
                    self.batch.revision += 1;
                    self.dirty = None;
                    self.untouched.clear();
                    self.renewed = shared.clock.monotonic();
                    return Ok(());
                }
                Err(error @ StoreError::Conflict(_)) => return Err(error.into()),
                Err(error) if shared.stopping() => return Err(error.into()),
                Err(error) => {
                    tracing::error!(%error, "progress of a run cannot be written; sending waits");
                }
            }
            shared.clock.sleep(STORE_RETRY).await;
        }
    }
}

/// Members of a batch without any trace.
pub(crate) fn untraced(batch: &RunBatch) -> EndpointSet {
    let mut rest = &batch.members - &batch.deferred;
    rest -= &batch.in_flight;
    for set in batch.waiting.values() {
        rest -= set;
    }
    for set in batch.outcomes.values() {
        rest -= set;
    }
    rest
}

/// When something is to be done for members of a batch all of whom wait; `None` if nobody does.
pub(crate) fn wakes(batch: &RunBatch) -> Option<Timestamp> {
    let turn = batch
        .waiting
        .iter()
        .find(|(_, set)| !set.is_subset(&batch.deferred))
        .map(|(until, _)| *until);
    let retry = batch.deferred_until.filter(|_| !batch.deferred.is_empty());
    turn.into_iter().chain(retry).min()
}

/// Waits for the future, if there is one; else for ever.
async fn opt<T>(future: &mut Option<BoxFuture<'static, T>>) -> T {
    match future {
        Some(future) => future.await,
        None => pending().await,
    }
}

/// As [`opt`], for a future that comes with what it was asked for.
async fn opt_second<A: Copy, T>(future: &mut Option<(A, BoxFuture<'static, T>)>) -> (A, T) {
    match future {
        Some((asked, future)) => (*asked, future.await),
        None => pending().await,
    }
}
