//! What time jumps to when everybody waits.
//!
//! A loop that looks up every half second would make a quiet week long. Waking it later is what a
//! busy machine does too; so once nothing has happened for a few such looks, time takes longer
//! steps, but never past an instant at which a document is due or the script goes on.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use clock::{SimulatedTime, Timestamp};
use model::{Campaign, Run};
use parking_lot::Mutex;
use store::{DocumentKey, Resource, Write};

/// Looks without anything happening before steps grow.
const PATIENCE: u32 = 6;
/// The first longer step.
const STEP: Duration = Duration::from_millis(500);
/// The longest step while a run is open.
const STEP_MAX: Duration = Duration::from_secs(60);

/// When something is due.
#[derive(Default)]
pub(super) struct Agenda(Mutex<State>);

#[derive(Default)]
struct State {
    due: HashMap<DocumentKey, Timestamp>,
    instants: BTreeSet<(Timestamp, DocumentKey)>,
    open_runs: usize,
    script: Timestamp,
    points: u64,
    quiet: u32,
    moving: bool,
}

impl Agenda {
    /// Notes what a commit changed.
    pub fn note(&self, writes: &[Write]) {
        let mut state = self.0.lock();
        for write in writes {
            match write {
                Write::Put { key, due, .. } if [Campaign::KIND, Run::KIND].contains(&key.kind) => {
                    state.set(key, *due);
                }
                Write::Delete { key, .. } => state.set(key, None),
                Write::DeleteAll { kind, parent } => {
                    let gone: Vec<DocumentKey> = state
                        .due
                        .keys()
                        .filter(|key| key.kind == *kind && key.parent == *parent)
                        .cloned()
                        .collect();
                    for key in gone {
                        state.set(&key, None);
                    }
                }
                Write::Put { .. } => {}
            }
        }
    }

    /// Whether a run has people left.
    pub fn is_busy(&self) -> bool {
        self.0.lock().open_runs > 0
    }

    /// When the script goes on.
    pub fn script(&self, at: Timestamp) {
        self.0.lock().script = at;
    }

    /// Lets time move, or holds it.
    pub fn moving(&self, moving: bool) {
        self.0.lock().moving = moving;
    }

    /// Moves `time` on, now that everybody waits; `points` is what has happened so far.
    pub fn idle(&self, time: &SimulatedTime, points: u64) {
        let now = time.now();
        let mut state = self.0.lock();
        let Some(wake) = time.next_wake().filter(|_| state.moving) else {
            return;
        };
        state.quiet = if state.points == points {
            state.quiet.saturating_add(1)
        } else {
            0
        };
        state.points = points;
        let to = state.next(now, wake.max(now.plus(Duration::from_millis(1))));
        drop(state);
        time.advance(to.since(now));
    }
}

impl State {
    fn set(&mut self, key: &DocumentKey, due: Option<Timestamp>) {
        if let Some(before) = self.due.remove(key) {
            self.instants.remove(&(before, key.clone()));
            self.open_runs -= usize::from(key.kind == Run::KIND);
        }
        if let Some(due) = due {
            self.due.insert(key.clone(), due);
            self.instants.insert((due, key.clone()));
            self.open_runs += usize::from(key.kind == Run::KIND);
        }
    }

    /// Where time goes from `now`, if the first sleeper wakes at `wake`.
    fn next(&self, now: Timestamp, wake: Timestamp) -> Timestamp {
        let Some(growth) = self.quiet.checked_sub(PATIENCE) else {
            return wake;
        };
        let script = Some(self.script).filter(|script| *script > now);
        // Runs are due from their beginning to their end, unless all of one waits for its turn.
        let mut dues = self.instants.iter();
        let due = dues.find(|(due, key)| key.kind != Run::KIND || *due > now);
        let due = due.map(|(due, _)| *due);
        if due.is_some_and(|due| due <= now) {
            return wake;
        }
        let mut past = self.instants.iter().take_while(|(due, _)| *due <= now);
        let busy = past.any(|(_, key)| key.kind == Run::KIND);
        let far = now.plus((STEP * (1 << growth.min(16))).min(STEP_MAX));
        let target = script
            .into_iter()
            .chain(due)
            .chain(busy.then_some(far))
            .min();
        target.unwrap_or(wake)
    }
}
