//! Where a journey may go from where it stands, and what may be edited there
//! (`docs/spec/journeys.md §3`).

use std::time::Duration;

use clock::Timestamp;
use model::{Journey, JourneyState};

use crate::fault::JourneyFault;

/// A paused journey rests so long before it may go on.
pub const RESUME_AFTER: Duration = Duration::from_mins(5);

/// Whether `journey` may become `to` at `now` because somebody asks for it.
///
/// # Errors
/// It may not, and why.
pub fn next_state(journey: &Journey, to: JourneyState, now: Timestamp) -> Result<(), JourneyFault> {
    use JourneyState::{Active, Cancelled, Closed, Draft, Paused};

    let from = journey.state;
    let why = match (from, to) {
        (Draft, Active) | (Draft | Active | Paused | Closed, Cancelled) => return Ok(()),
        (Active, Paused) if journey.refresh_frequency.is_some() => return Ok(()),
        (Active, Paused) => Some("only a journey with RefreshFrequency can be paused"),
        (Paused, Active) => {
            let rested = journey.paused_at.map(|paused| now.since(paused));
            if rested.is_none_or(|rested| rested >= RESUME_AFTER) {
                return Ok(());
            }
            Some("it was paused less than 5 minutes ago")
        }
        _ => None,
    };
    Err(JourneyFault::Transition { from, to, why })
}

/// Whether the definition `current` may be changed into `next` by an edit. Repeating a value is no
/// change.
///
/// # Errors
/// The first member that may not change.
pub fn permit_edit(current: &Journey, next: &Journey) -> Result<(), JourneyFault> {
    let state = current.state;
    let refuse = |member| Err(JourneyFault::NotEditable { member, state });
    match state {
        JourneyState::Draft => Ok(()),
        JourneyState::Active if current.start_condition != next.start_condition => {
            refuse("StartCondition")
        }
        JourneyState::Active if current.start_activity != next.start_activity => {
            refuse("StartActivity")
        }
        JourneyState::Active if current.activities != next.activities => refuse("Activities"),
        JourneyState::Active if start_of(current) != start_of(next) => refuse("the start"),
        JourneyState::Active => Ok(()),
        JourneyState::Paused
        | JourneyState::Closed
        | JourneyState::Completed
        | JourneyState::Cancelled => refuse("the definition"),
    }
}

/// Everything that decides when entry begins.
fn start_of(journey: &Journey) -> (Option<Timestamp>, Option<&str>, bool) {
    let schedule = journey.schedule.as_ref();
    (
        schedule.and_then(|it| it.start),
        schedule.and_then(|it| it.timezone.as_deref()),
        journey.local_time.unwrap_or(false),
    )
}

#[cfg(test)]
mod tests {
    use model::{JourneyCaps, JourneySchedule, QuietTime};

    use super::*;
    use crate::samples::{activities, journey};

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a test's instant")
    }

    fn standing(state: JourneyState) -> Journey {
        Journey {
            state,
            refresh_frequency: Some("PT12H".to_owned()),
            paused_at: Some(at("2031-03-01T00:00:00Z")),
            ..journey()
        }
    }

    #[test]
    fn every_transition_is_legal_or_not() {
        use JourneyState::{Active, Cancelled, Closed, Draft, Paused};

        let now = at("2031-03-01T00:05:00Z");
        let legal = [
            (Draft, Active),
            (Draft, Cancelled),
            (Active, Paused),
            (Active, Cancelled),
            (Paused, Active),
            (Paused, Cancelled),
            (Closed, Cancelled),
        ];
        for from in JourneyState::ALL {
            for to in JourneyState::ALL {
                let allowed = next_state(&standing(*from), *to, now).is_ok();
                assert_eq!(allowed, legal.contains(&(*from, *to)), "{from:?} {to:?}");
            }
        }
    }

    #[test]
    fn pausing_has_conditions() {
        let mut active = standing(JourneyState::Active);
        active.refresh_frequency = None;
        let now = at("2031-03-01T00:04:59Z");
        let said = next_state(&active, JourneyState::Paused, now);
        assert_eq!(
            said.expect_err("no refresh").to_string(),
            "a journey that is ACTIVE cannot become PAUSED: only a journey with RefreshFrequency can be paused"
        );
        let said = next_state(&standing(JourneyState::Paused), JourneyState::Active, now);
        assert_eq!(
            said.expect_err("too early").to_string(),
            "a journey that is PAUSED cannot become ACTIVE: it was paused less than 5 minutes ago"
        );
    }

    #[track_caller]
    fn check(state: JourneyState, change: impl FnOnce(&mut Journey), want: &str) {
        let current = standing(state);
        let mut next = current.clone();
        change(&mut next);
        let said = permit_edit(&current, &next).err().map(|it| it.to_string());
        assert_eq!(said.unwrap_or_default(), want);
    }

    #[test]
    fn what_runs_keeps_its_path() {
        let active = JourneyState::Active;
        check(active, |_| {}, "");
        check(active, |it| it.limits = Some(JourneyCaps::default()), "");
        check(
            active,
            |it| it.quiet_time = Some(QuietTime { start: 0, end: 1 }),
            "",
        );
        let ending = |end: &str| {
            Some(JourneySchedule {
                end: Some(at(end)),
                ..JourneySchedule::default()
            })
        };
        check(
            active,
            |it| it.schedule = ending("2031-09-01T00:00:00Z"),
            "",
        );
        let held = "cannot be changed while the journey is ACTIVE";
        check(
            active,
            |it| it.start_condition = None,
            &format!("StartCondition {held}"),
        );
        check(
            active,
            |it| it.start_activity = None,
            &format!("StartActivity {held}"),
        );
        check(
            active,
            |it| it.activities = activities("a:mail b"),
            &format!("Activities {held}"),
        );
        check(
            active,
            |it| it.local_time = Some(true),
            &format!("the start {held}"),
        );
    }

    #[test]
    fn what_rests_is_not_edited() {
        check(JourneyState::Draft, |it| it.activities.clear(), "");
        for state in [
            JourneyState::Paused,
            JourneyState::Closed,
            JourneyState::Completed,
            JourneyState::Cancelled,
        ] {
            let want = format!(
                "the definition cannot be changed while the journey is {}",
                state.as_str()
            );
            check(state, |it| it.name = "other".to_owned(), &want);
        }
    }
}
