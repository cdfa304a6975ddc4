//! Moves the events of one application from the log to a sink, at least once each.

use std::sync::Arc;
use std::time::Duration;

use clock::{Clock, Timestamp};
use model::{AppId, Event};
use tokio::sync::watch;

use super::batch::{Batch, record_within};
use super::{LINE_BYTES_MAX, Lost, Record, Sink, SinkError, StreamCounters};
use crate::{Log, LogError, Position};

/// Events read at a time, of all applications.
const READ_MAX: usize = 2_000;
/// How long events gather before they leave.
const GATHER: Duration = Duration::from_secs(1);
/// How often the position is recorded while no event is the application's.
const NOTE_EVERY: Duration = Duration::from_secs(10);
/// Pauses between attempts grow between these.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// Pause after a destination refused.
const PROBE_EVERY: Duration = Duration::from_secs(60);
/// How old an event becomes before attempts end.
const AGE_MAX: Duration = Duration::from_hours(24);

/// What a pump is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Go on.
    Go,
    /// Deliver what lies before `until`, discard what is left at `deadline`, and forget the
    /// consumer.
    Drain {
        /// Where the stream ends.
        until: Position,
        /// When the rest is given up.
        deadline: Timestamp,
    },
    /// End; another pump goes on from the recorded position.
    Stop,
}

/// Moves the events of one application.
pub struct Pump {
    /// From where.
    pub log: Log,
    /// Time.
    pub clock: Clock,
    /// To where.
    pub sink: Arc<dyn Sink>,
    /// Whose events.
    pub app: AppId,
    /// The account number in records.
    pub account: String,
    /// The name under which the position is kept.
    pub consumer: String,
    /// Where the stream begins.
    pub from: Position,
    /// What is counted.
    pub counters: Arc<StreamCounters>,
}

/// The pump must end.
struct Ended;

impl Pump {
    /// Runs until an order ends it.
    pub async fn run(self, mut order: watch::Receiver<Order>) {
        let _ended = self.follow(&mut order).await;
        let end = *order.borrow();
        if let Order::Drain { until, .. } = end {
            self.discard(until).await;
            let (log, consumer) = (self.log.clone(), self.consumer.clone());
            let forgotten =
                tokio::task::spawn_blocking(move || log.forget_consumer(&consumer)).await;
            if let Ok(Err(error)) = forgotten {
                tracing::warn!(%error, "events.stream.unforgotten");
            }
        }
    }

    async fn follow(&self, order: &mut watch::Receiver<Order>) -> Result<(), Ended> {
        let mut at = self.position();
        self.note(at).await;
        let mut noted = self.clock.now();
        let mut end = self.log.subscribe();
        loop {
            if self.is_over(order, at) {
                return Err(Ended);
            }
            let events = match self.log.read(at, READ_MAX).await {
                Ok(events) => events,
                Err(error) => {
                    tracing::error!(app.id = %self.app, %error, "events.stream.unreadable");
                    self.pause(BACKOFF_MAX, order).await;
                    continue;
                }
            };
            if let Some((last, _)) = events.last() {
                let last = *last;
                let delivered = self.deliver(&events, order).await?;
                at = last;
                let now = self.clock.now();
                if delivered || now.since(noted) >= NOTE_EVERY {
                    self.note(at).await;
                    noted = now;
                }
            }
            if events.len() < READ_MAX && !self.is_over(order, at) {
                tokio::select! {
                    seen = end.wait_for(|end| *end > at) => {
                        if seen.is_err() {
                            return Err(Ended);
                        }
                    }
                    _ = order.changed() => continue,
                }
                self.pause(GATHER, order).await;
            }
        }
    }

    /// Delivers the application's among `events`; answers whether there were any.
    async fn deliver(
        &self,
        events: &[(Position, Arc<Event>)],
        order: &mut watch::Receiver<Order>,
    ) -> Result<bool, Ended> {
        let mut batch = Batch::default();
        let mut delivered = false;
        let until = match *order.borrow() {
            Order::Drain { until, .. } => until,
            Order::Go | Order::Stop => Position::MAX,
        };
        let own = events
            .iter()
            .filter(|(after, event)| *after <= until && self.is_own(event));
        for (_, event) in own {
            self.counters.found();
            delivered = true;
            let Some(record) = record_within(event, &self.account, LINE_BYTES_MAX) else {
                tracing::warn!(app.id = %self.app, event = event.kind, "events.stream.too_large");
                self.counters.lost(Lost::TooLarge, 1);
                continue;
            };
            if batch.has_no_room_for(&record) {
                self.send(std::mem::take(&mut batch).records, order).await?;
            }
            batch.push(record);
        }
        self.send(batch.records, order).await?;
        Ok(delivered)
    }

    /// Delivers `records`, again and again if need be.
    async fn send(
        &self,
        mut records: Vec<Record>,
        order: &mut watch::Receiver<Order>,
    ) -> Result<(), Ended> {
        let mut failures = 0;
        while !records.is_empty() {
            let pause = match self.sink.put(&records).await {
                Ok(rejected) => {
                    self.counters.exported(records.len() - rejected.len());
                    records = rejected
                        .into_iter()
                        .filter_map(|index| records.get(index).cloned())
                        .collect();
                    self.backoff(failures)
                }
                Err(SinkError::Unavailable(error)) => {
                    tracing::warn!(app.id = %self.app, error, "events.stream.unavailable");
                    self.backoff(failures)
                }
                Err(SinkError::Refused(error)) => {
                    tracing::warn!(app.id = %self.app, error, "events.stream.refused");
                    PROBE_EVERY
                }
            };
            failures += 1;
            let (before, oldest) = (records.len(), self.clock.now().minus(AGE_MAX));
            records.retain(|record| record.arrival >= oldest);
            self.counters.lost(Lost::Expired, before - records.len());
            if !records.is_empty() {
                self.pause(pause, order).await;
                if self.is_over(order, 0) {
                    return Err(Ended);
                }
            }
        }
        Ok(())
    }

    /// Whether the order says to end, at position `at`, or nobody is left to give orders.
    fn is_over(&self, order: &watch::Receiver<Order>, at: Position) -> bool {
        let current = *order.borrow();
        match current {
            _ if order.has_changed().is_err() => true,
            Order::Go => false,
            Order::Stop => true,
            Order::Drain { until, deadline } => at >= until || self.clock.now() >= deadline,
        }
    }

    /// Full jitter under a bound that doubles.
    fn backoff(&self, failures: u32) -> Duration {
        let bound = BACKOFF_MIN
            .saturating_mul(1 << failures.min(16))
            .min(BACKOFF_MAX);
        let millis = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.clock.random_u64() % millis.max(1))
    }

    /// Waits, but not longer than the order allows.
    async fn pause(&self, pause: Duration, order: &mut watch::Receiver<Order>) {
        let pause = match *order.borrow() {
            Order::Drain { deadline, .. } => pause.min(deadline.since(self.clock.now())),
            Order::Go | Order::Stop => pause,
        };
        tokio::select! {
            () = self.clock.sleep(pause) => {}
            _ = order.changed() => {}
        }
    }

    /// Counts what is left before `until` as discarded.
    async fn discard(&self, until: Position) {
        let mut at = self.position();
        while at < until {
            let events = match self.log.read(at, READ_MAX).await {
                Ok(events) if !events.is_empty() => events,
                _ => return,
            };
            let own = events
                .iter()
                .filter(|(after, event)| *after <= until && self.is_own(event));
            self.counters.lost(Lost::Discarded, own.count());
            at = events.last().map_or(until, |(after, _)| *after);
        }
    }

    /// Whether the stream carries `event`: what was loaded from an archive was streamed before.
    fn is_own(&self, event: &Event) -> bool {
        event.app == self.app && event.origin.is_live()
    }

    fn position(&self) -> Position {
        let noted = self.log.consumer_position(&self.consumer);
        noted.unwrap_or(self.from)
    }

    async fn note(&self, at: Position) {
        let (log, consumer) = (self.log.clone(), self.consumer.clone());
        let noted = tokio::task::spawn_blocking(move || log.set_consumer_position(&consumer, at));
        let problem = match noted.await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(error) => LogError::Stopped {
                cause: error.to_string(),
            },
        };
        // What was delivered since the last position is delivered again after a restart.
        tracing::warn!(app.id = %self.app, error = %problem, "events.stream.unnoted");
    }
}
