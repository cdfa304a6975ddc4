//! Whether a journey may be published, and from when to when it then takes people in
//! (`docs/spec/journeys.md §2, §4`).

use std::time::Duration;

use clock::Timestamp;
use model::{ActivityStep, Entry, EventFilter, Journey};

use crate::fault::{JourneyFault, member};
use crate::{activity, graph, hours};

/// Entry begins so long after publication, at the earliest.
pub const START_DELAY: Duration = Duration::from_mins(5);
/// A journey lasts so long at most.
pub const SPAN_MAX: Duration = Duration::from_hours(540 * 24);
const CONTACT_CENTERS_MAX: usize = 3;

/// When entry begins and ends for a journey that is published at `now`. A start that is absent,
/// past or near is five minutes away.
///
/// # Errors
/// The end does not come after the start, or more than 540 days after it.
pub fn window(journey: &Journey, now: Timestamp) -> Result<(Timestamp, Timestamp), JourneyFault> {
    let schedule = journey.schedule.as_ref();
    let soon = now.plus(START_DELAY);
    let starts = match (&journey.launch, schedule.and_then(|it| it.start)) {
        (Some(launch), _) => launch.starts,
        (None, Some(start)) => start.max(soon),
        (None, None) => soon,
    };
    let latest = starts.plus(SPAN_MAX);
    let Some(end) = schedule.and_then(|it| it.end) else {
        return Ok((starts, latest));
    };
    if end <= starts || end <= now {
        let after = starts.max(now);
        return Err(member(
            "Schedule.EndTime",
            format!("{end} is not after {after}, when the journey starts at the earliest"),
        ));
    }
    if end > latest {
        return Err(member(
            "Schedule.EndTime",
            format!("{end} is more than 540 days after the start {starts}"),
        ));
    }
    Ok((starts, end))
}

/// Whether the path of `journey`, which ends at `ends`, is whole. What it refers to outside of
/// itself is not looked at.
///
/// # Errors
/// The first member or activity at fault; activities are looked at in the order of their
/// identifiers.
pub fn check_published(journey: &Journey, ends: Timestamp) -> Result<(), JourneyFault> {
    let entry = journey.start_condition.as_ref();
    match entry.and_then(|it| it.entry.as_ref()) {
        None => {
            return Err(member(
                "StartCondition",
                "SegmentStartCondition or EventStartCondition is needed to publish",
            ));
        }
        Some(Entry::Segment(_)) => {}
        Some(Entry::Event { filter, .. }) => {
            check_event_start(filter.as_ref())?;
            if journey.local_time == Some(true) {
                return Err(member("LocalTime", "does not go with EventStartCondition"));
            }
        }
    }
    let Some(start) = &journey.start_activity else {
        return Err(member("StartActivity", "is needed to publish"));
    };
    for (id, it) in &journey.activities {
        activity::check(journey, it, ends).map_err(|fault| JourneyFault::Activity {
            activity: id.clone(),
            fault,
        })?;
    }
    graph::check(&journey.activities, start)?;
    let calls = journey
        .activities
        .values()
        .filter(|it| matches!(it.step, ActivityStep::ContactCenter { .. }));
    if calls.count() > CONTACT_CENTERS_MAX {
        return Err(member(
            "Activities",
            format!("at most {CONTACT_CENTERS_MAX} may be ContactCenter"),
        ));
    }
    hours::check_quiet(journey)
}

fn check_event_start(filter: Option<&EventFilter>) -> Result<(), JourneyFault> {
    let path = "StartCondition.EventStartCondition.EventFilter";
    let Some(filter) = filter else {
        return Err(member(path, "is needed to publish"));
    };
    let types = filter.dimensions.event_type.as_ref();
    if types.is_some_and(|it| it.values.len() == 1) {
        return Ok(());
    }
    Err(member(
        format!("{path}.Dimensions.EventType"),
        "exactly one event type is needed",
    ))
}

#[cfg(test)]
mod tests {
    use model::{EventSource, JourneySchedule, Launch, StartCondition};

    use super::*;
    use crate::samples::{activities, journey, of_type};

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a test's instant")
    }

    const NOW: &str = "2031-03-01T00:00:00Z";

    #[track_caller]
    fn check(change: impl FnOnce(&mut Journey), want: &str) {
        let mut journey = journey();
        change(&mut journey);
        let said = check_published(&journey, at("2031-05-01T00:00:00Z"));
        let said = said.err().map(|it| it.to_string());
        assert_eq!(said.unwrap_or_default(), want);
    }

    #[test]
    fn what_is_missing_is_named() {
        check(|_| {}, "");
        let want =
            "StartCondition: SegmentStartCondition or EventStartCondition is needed to publish";
        check(|it| it.start_condition = None, want);
        check(
            |it| it.start_condition = Some(StartCondition::default()),
            want,
        );
        check(
            |it| it.start_activity = None,
            "StartActivity: is needed to publish",
        );
        check(
            |it| it.activities.clear(),
            "StartActivity: there is no activity 'a'",
        );
        check(
            |it| it.activities = activities("a:mail>b"),
            "Activities.a.EMAIL.NextActivity: there is no activity 'b'",
        );
    }

    #[test]
    fn event_starts_have_one_type() {
        let event = |types: &[&str], local: bool, want: &str| {
            let mut dimensions = of_type("cart.left");
            if let Some(it) = &mut dimensions.event_type {
                it.values = types.iter().map(|it| (*it).to_owned()).collect();
            }
            let entry = Entry::Event {
                filter: Some(EventFilter {
                    source: EventSource::Endpoint,
                    dimensions,
                }),
                segment: None,
            };
            let change = |it: &mut Journey| {
                it.local_time = Some(local);
                it.start_condition = Some(StartCondition {
                    description: None,
                    entry: Some(entry),
                });
            };
            check(change, want);
        };
        event(&["cart.left"], false, "");
        event(
            &["cart.left"],
            true,
            "LocalTime: does not go with EventStartCondition",
        );
        event(
            &[],
            false,
            "StartCondition.EventStartCondition.EventFilter.Dimensions.EventType: exactly one event type is needed",
        );
        event(
            &["a", "b"],
            false,
            "StartCondition.EventStartCondition.EventFilter.Dimensions.EventType: exactly one event type is needed",
        );
    }

    #[track_caller]
    fn check_window(schedule: (Option<&str>, Option<&str>), want: Option<(&str, &str)>) {
        let journey = Journey {
            schedule: Some(JourneySchedule {
                start: schedule.0.map(at),
                end: schedule.1.map(at),
                timezone: None,
            }),
            ..journey()
        };
        let want = want.map(|(starts, ends)| (at(starts), at(ends)));
        assert_eq!(window(&journey, at(NOW)).ok(), want, "{schedule:?}");
    }

    #[test]
    fn entry_begins_five_minutes_later() {
        let soon = "2031-03-01T00:05:00Z";
        let latest = "2032-08-22T00:05:00Z";
        check_window((None, None), Some((soon, latest)));
        check_window((Some("2020-01-01T00:00:00Z"), None), Some((soon, latest)));
        check_window((Some("2031-03-01T00:04:00Z"), None), Some((soon, latest)));
        check_window(
            (Some("2031-03-02T00:00:00Z"), Some("2031-03-03T00:00:00Z")),
            Some(("2031-03-02T00:00:00Z", "2031-03-03T00:00:00Z")),
        );
        check_window((None, Some(soon)), None);
        check_window((None, Some("2032-08-22T00:05:00.001Z")), None);
        check_window((None, Some("2030-01-01T00:00:00Z")), None);
    }

    #[test]
    fn a_published_start_stays() {
        let mut journey = journey();
        journey.launch = Some(Launch {
            at: at("2031-02-01T00:00:00Z"),
            segment_version: Some(1),
            starts: at("2031-02-01T00:05:00Z"),
            ends: at("2031-05-01T00:00:00Z"),
        });
        let (starts, _) = window(&journey, at(NOW)).expect("a window");
        assert_eq!(starts, at("2031-02-01T00:05:00Z"));
    }
}
