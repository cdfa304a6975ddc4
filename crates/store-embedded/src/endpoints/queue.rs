//! Calls that wait for the writing thread: interactive ones first, bulk ones in small portions.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use store::StoreError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::job::Job;

/// Writes that wait at most in each lane; more callers wait for room.
const LANE_MAX: u32 = 16_384;
/// Interactive writes that one turn takes at most, rounded up to whole calls.
const INTERACTIVE_MAX: u32 = 4_096;
/// Bulk writes that one turn takes at most, rounded up to whole calls. A bulk call holds an
/// interactive one up for no longer than this many writes take.
const BULK_MAX: u32 = 1_000;

/// Which calls go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Somebody waits.
    Interactive,
    /// A long job.
    Bulk,
}

/// A waiting call; it gives its room back when it is dropped.
pub(super) struct Queued {
    pub job: Job,
    weight: u32,
    pub room: Option<OwnedSemaphorePermit>,
}

/// The waiting calls.
pub(super) struct Queue {
    state: Mutex<State>,
    ready: Condvar,
    interactive_room: Arc<Semaphore>,
    bulk_room: Arc<Semaphore>,
}

#[derive(Default)]
struct State {
    interactive: VecDeque<Queued>,
    bulk: VecDeque<Queued>,
    closed: bool,
}

impl Queue {
    pub fn new() -> Self {
        Self {
            state: Mutex::default(),
            ready: Condvar::new(),
            interactive_room: Arc::new(Semaphore::new(LANE_MAX as usize)),
            bulk_room: Arc::new(Semaphore::new(LANE_MAX as usize)),
        }
    }

    /// Adds a call of `weight` writes once there is room.
    pub async fn push(&self, lane: Lane, weight: usize, job: Job) -> Result<(), StoreError> {
        let weight = u32::try_from(weight).unwrap_or(LANE_MAX).clamp(1, LANE_MAX);
        let room = match lane {
            Lane::Interactive => &self.interactive_room,
            Lane::Bulk => &self.bulk_room,
        };
        let room = Arc::clone(room)
            .acquire_many_owned(weight)
            .await
            .map_err(|_| StoreError::Closed)?;
        self.insert(lane, weight, Some(room), job)
    }

    /// Adds a bulk call of the writing thread itself, which must not wait.
    pub fn push_own(&self, job: Job) {
        // A closing store needs no more work; what is left over continues at the next start.
        let _ = self.insert(Lane::Bulk, BULK_MAX, None, job);
    }

    fn insert(
        &self,
        lane: Lane,
        weight: u32,
        room: Option<OwnedSemaphorePermit>,
        job: Job,
    ) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(StoreError::Closed);
        }
        let queued = Queued { job, weight, room };
        match lane {
            Lane::Interactive => state.interactive.push_back(queued),
            Lane::Bulk => state.bulk.push_back(queued),
        }
        self.ready.notify_one();
        Ok(())
    }

    /// The calls of the next turn, as soon as there is one; `None` once the queue is closed and
    /// empty.
    pub fn next_turn(&self) -> Option<Vec<Queued>> {
        let mut state = self.state.lock();
        while state.interactive.is_empty() && state.bulk.is_empty() {
            if state.closed {
                return None;
            }
            self.ready.wait(&mut state);
        }
        let mut turn = Vec::new();
        take(&mut state.interactive, INTERACTIVE_MAX, &mut turn);
        take(&mut state.bulk, BULK_MAX, &mut turn);
        Some(turn)
    }

    /// Lets the writing thread end once it has taken every call.
    pub fn close(&self) {
        self.state.lock().closed = true;
        self.ready.notify_one();
    }
}

/// Moves calls until their weight reaches `max`.
fn take(from: &mut VecDeque<Queued>, max: u32, turn: &mut Vec<Queued>) {
    let mut weight = 0;
    while weight < max
        && let Some(queued) = from.pop_front()
    {
        weight += queued.weight;
        turn.push(queued);
    }
}
