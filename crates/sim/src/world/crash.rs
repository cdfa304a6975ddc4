//! Ends the process at a chosen point.

use parking_lot::Mutex;
use tokio::sync::Notify;

/// Work with effects that survive: what is done before and after it counts as a point each.
const EFFECTS: [&str; 6] = [
    "call",
    "commit",
    "write endpoints",
    "append",
    "note position",
    "hand over",
];

/// Counts points, and ends the process at one of them: from then on, nobody who passes a point goes
/// on, so that nothing happens any more.
#[derive(Default)]
pub(super) struct Crashes {
    state: Mutex<State>,
    crashed: Notify,
}

#[derive(Default)]
struct State {
    points: u64,
    crash_at: Option<u64>,
    place: Option<&'static str>,
    /// Whether somebody outside of the process is at work, who does not crash with it.
    outside: bool,
}

impl Crashes {
    /// Begins a life, which ends at point `crash_at`.
    pub fn begin(&self, crash_at: Option<u64>) {
        *self.state.lock() = State {
            crash_at,
            ..State::default()
        };
    }

    /// Whether whoever does `what` may go on.
    pub fn pass(&self, what: &'static str) -> bool {
        let mut state = self.state.lock();
        if state.outside {
            return true;
        }
        if state.place.is_some() {
            return false;
        }
        if !EFFECTS.contains(&what) {
            return true;
        }
        state.points += 1;
        if state.crash_at.is_some_and(|at| state.points >= at) {
            state.place = Some(what);
            self.crashed.notify_one();
            return false;
        }
        true
    }

    /// How many points this life has passed.
    pub fn points(&self) -> u64 {
        self.state.lock().points
    }

    /// Where this life has ended.
    pub fn place(&self) -> Option<&'static str> {
        self.state.lock().place
    }

    /// Waits for the crash.
    pub async fn crashed(&self) -> &'static str {
        loop {
            if let Some(place) = self.place() {
                return place;
            }
            self.crashed.notified().await;
        }
    }

    /// Lets somebody outside of the process work, or ends that.
    pub fn outside(&self, outside: bool) {
        self.state.lock().outside = outside;
    }
}
