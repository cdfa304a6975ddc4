//! Spares a hook that is down, and the people meanwhile (`docs/spec/campaigns.md §8`). Pure.

use std::time::Duration;

use parking_lot::Mutex;

/// The first pause after a failure.
const PAUSE_MIN: Duration = Duration::from_secs(5);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// How long a trial may take, with all its attempts.
const TRIAL_MAX: Duration = Duration::from_secs(50);
/// How long people wait for a hook that is down.
const PATIENCE: Duration = Duration::from_secs(600);

/// Whether a call may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// The hook works, as far as is known.
    Call,
    /// It is down, and this call finds out whether it still is.
    Try,
    /// It is down: ask again.
    Wait,
    /// It has been down for too long to wait.
    GiveUp,
}

/// Open while the hook is thought to be down. Instants are those of `Clock::monotonic`, so that a clock
/// that is set changes nobody's patience.
#[derive(Debug, Default)]
pub(super) struct Circuit(Mutex<Option<Outage>>);

#[derive(Debug, Clone, Copy)]
struct Outage {
    began: Duration,
    pause: Duration,
    /// When the next trial may begin.
    until: Duration,
}

impl Circuit {
    /// Whether somebody may call at `now`. Who may [`Leave::Try`] says how it went.
    pub fn leave(&self, now: Duration) -> Leave {
        let mut state = self.0.lock();
        let Some(outage) = state.as_mut() else {
            return Leave::Call;
        };
        if now >= outage.until {
            outage.until = now + TRIAL_MAX;
            return Leave::Try;
        }
        if now.saturating_sub(outage.began) >= PATIENCE {
            Leave::GiveUp
        } else {
            Leave::Wait
        }
    }

    /// All attempts of a call failed.
    pub fn failed(&self, now: Duration) {
        let mut state = self.0.lock();
        let (began, pause) = state.map_or((now, PAUSE_MIN), |outage| {
            (outage.began, (outage.pause * 2).min(PAUSE_MAX))
        });
        *state = Some(Outage {
            began,
            pause,
            until: now + pause,
        });
    }

    /// The hook answered.
    pub fn answered(&self) {
        *self.0.lock() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tries_while_the_others_wait_and_patience_ends() {
        let circuit = Circuit::default();
        let start = Duration::ZERO;
        let at = Duration::from_secs;
        assert_eq!(circuit.leave(start), Leave::Call);
        let mut now = 0;
        let mut pauses = Vec::new();
        for _ in 0..6 {
            circuit.failed(at(now));
            let failed = now;
            while circuit.leave(at(now)) == Leave::Wait {
                now += 1;
            }
            pauses.push(now - failed);
            // That was a trial: nobody else tries meanwhile.
            assert_eq!(circuit.leave(at(now)), Leave::Wait);
        }
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60]);
        circuit.failed(at(600));
        assert_eq!(circuit.leave(at(601)), Leave::GiveUp);
        assert_eq!(circuit.leave(at(660)), Leave::Try);
        assert_eq!(circuit.leave(at(661)), Leave::GiveUp);
        circuit.answered();
        assert_eq!(circuit.leave(at(662)), Leave::Call);
    }
}
