//! Events that trigger messages of campaigns (`docs/spec/campaigns.md §10`).
//!
//! Belongs: holding the event log against the campaigns that wait for events, whom a match
//! reaches, and writing what was triggered, exactly once.
//! Elsewhere: what a filter means (`audience`), handing the messages over (`run`).

mod begin;
mod live;
mod matching;
mod targets;
mod write;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use events::Position;
use model::TriggerPosition;
use store::StoreError;
use tokio::sync::watch;

use crate::engine::{Engine, Shared};
use crate::error::EngineError;
use live::Live;

pub(crate) use begin::{awaits_events, keep_run};

/// Events read at a time.
const READ_MAX: usize = 1024;
/// The pause after a failure.
const RETRY: Duration = Duration::from_secs(1);
/// How long to gather events while no campaign waits for any.
const GATHER: Duration = Duration::from_millis(50);
/// How far the position may run ahead of what is stored while nothing was triggered.
const NOTE_AGE_MAX: Duration = Duration::from_secs(1);

/// How far the log has been held against the campaigns.
#[derive(Debug, Default)]
pub(crate) struct TriggerProgress(AtomicU64);

impl TriggerProgress {
    /// Whether everything before `end` is done.
    pub(crate) fn has_reached(&self, end: Position) -> bool {
        self.0.load(Ordering::Acquire) >= end
    }

    fn set(&self, position: Position) {
        self.0.store(position, Ordering::Release);
    }
}

/// Where the follower stands.
struct Follower<'a> {
    engine: &'a Engine,
    live: Live,
    position: Position,
    /// The position that is stored, and when that was.
    noted: Position,
    noted_at: Duration,
}

/// Follows the event log until `stop`.
pub(crate) async fn follow(engine: &Engine, mut stop: watch::Receiver<bool>) {
    let shared = engine.shared();
    let mut end = shared.log.subscribe();
    let Some(position) = begin(shared, &stop).await else {
        return;
    };
    shared.triggers.set(position);
    let mut follower = Follower {
        engine,
        live: Live::default(),
        position,
        noted: position,
        noted_at: shared.clock.monotonic(),
    };
    while !*stop.borrow() {
        end.mark_unchanged();
        match follower.turn().await {
            Ok(true) => {}
            Ok(false) => tokio::select! {
                changed = end.changed() => {
                    if changed.is_err() {
                        return;
                    }
                }
                () = shared.clock.sleep(NOTE_AGE_MAX), if follower.lags() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            },
            Err(error) => {
                tracing::error!(%error, "events cannot be held against campaigns");
                tokio::select! {
                    () = shared.clock.sleep(RETRY) => {}
                    _ = stop.wait_for(|stop| *stop) => return,
                }
            }
        }
    }
}

/// The stored position; in a new installation, the end of the log, which is stored before anything
/// else happens. `None` if the engine stops meanwhile.
async fn begin(shared: &Shared, stop: &watch::Receiver<bool>) -> Option<Position> {
    loop {
        match first_position(shared).await {
            Ok(position) => return Some(position),
            Err(error) => tracing::error!(%error, "the position of triggers cannot be read"),
        }
        if *stop.borrow() {
            return None;
        }
        shared.clock.sleep(RETRY).await;
    }
}

async fn first_position(shared: &Shared) -> Result<Position, StoreError> {
    let positions = shared.store.of::<TriggerPosition>();
    let end = shared.log.end();
    if let Some(stored) = positions.get("", "log").await? {
        // A log that was put back to an earlier state goes on at its end.
        return Ok(stored.position.min(end));
    }
    positions.put(&TriggerPosition { position: end }).await?;
    Ok(end)
}

impl Follower<'_> {
    /// Works on the next events. False if there were none.
    async fn turn(&mut self) -> Result<bool, EngineError> {
        let shared = self.engine.shared();
        let events = shared.log.read(self.position, READ_MAX).await?;
        let Some((after, _)) = events.last() else {
            self.note_if_late().await?;
            return Ok(false);
        };
        let after = *after;
        self.live.refresh(shared).await?;
        if self.live.is_empty() {
            self.move_to(after);
            self.note_if_late().await?;
            shared.clock.sleep(GATHER).await;
            return Ok(true);
        }
        let candidates = matching::candidates(&self.live, &events, shared.clock.now());
        if candidates.is_empty() {
            self.move_to(after);
            self.note_if_late().await?;
            return Ok(true);
        }
        let triggered = targets::find(shared, candidates).await?;
        let roused = write::commit(shared, &triggered, after).await?;
        self.move_to(after);
        self.noted = after;
        self.noted_at = shared.clock.monotonic();
        for key in roused {
            self.engine.rouse(key);
        }
        Ok(true)
    }

    fn move_to(&mut self, position: Position) {
        self.position = position;
        self.engine.shared().triggers.set(position);
    }

    fn lags(&self) -> bool {
        self.noted < self.position
    }

    /// Stores a position before which nothing was triggered, now and then: to look at such events
    /// again after a crash does no harm.
    async fn note_if_late(&mut self) -> Result<(), EngineError> {
        let shared = self.engine.shared();
        let now = shared.clock.monotonic();
        if self.lags() && now.saturating_sub(self.noted_at) >= NOTE_AGE_MAX {
            let position = TriggerPosition {
                position: self.position,
            };
            shared.store.of::<TriggerPosition>().put(&position).await?;
            self.noted = self.position;
            self.noted_at = now;
        }
        Ok(())
    }
}
