//! Open hours and closed days (`docs/spec/journeys.md §6`).

use model::{Journey, QuietTime};

use crate::fault::{JourneyFault, member};
use crate::time::{clock_time, local};

const RANGES_MAX: usize = 4;
const CLOSED_DAYS_MAX: usize = 20;
const MINUTE: u32 = 60;

/// Whether every time can be read and no list is too long.
pub(crate) fn check_form(journey: &Journey) -> Result<(), JourneyFault> {
    let count = |path: &str, found: usize, most: usize| {
        if found <= most {
            return Ok(());
        }
        Err(member(
            path,
            format!("expected at most {most}, found {found}"),
        ))
    };
    for (path, ranges) in open_ranges(journey) {
        count(&path, ranges.len(), RANGES_MAX)?;
        for (index, (start, end)) in ranges.into_iter().enumerate() {
            let path = format!("{path}[{index}]");
            let start = read(&path, "StartTime", start)?;
            if read(&path, "EndTime", end)? <= start {
                return Err(member(format!("{path}.EndTime"), "must be after StartTime"));
            }
        }
    }
    for (channel, days) in journey.closed_days.iter().flatten() {
        let path = format!("ClosedDays.{}", channel.as_str());
        count(&path, days.len(), CLOSED_DAYS_MAX)?;
        for (index, day) in days.iter().enumerate() {
            let path = format!("{path}[{index}]");
            let read = |name: &str, text: Option<&str>| {
                text.and_then(local).ok_or_else(|| {
                    let problem =
                        "expected a date-time without offset, such as 2031-12-24T00:00:00";
                    member(format!("{path}.{name}"), problem)
                })
            };
            let start = read("StartDateTime", day.start.as_deref())?;
            if read("EndDateTime", day.end.as_deref())? <= start {
                let path = format!("{path}.EndDateTime");
                return Err(member(path, "must be after StartDateTime"));
            }
        }
    }
    Ok(())
}

/// Whether a sending schedule that is switched on has the quiet time that it needs, and leaves it
/// alone.
pub(crate) fn check_quiet(journey: &Journey) -> Result<(), JourneyFault> {
    let hours = journey.open_hours.as_ref().is_some_and(|it| !it.is_empty());
    let days = journey
        .closed_days
        .as_ref()
        .is_some_and(|it| !it.is_empty());
    if journey.sending_schedule != Some(true) || !(hours || days) {
        return Ok(());
    }
    let Some(quiet) = journey.quiet_time else {
        return Err(member(
            "QuietTime",
            "is needed with OpenHours and ClosedDays",
        ));
    };
    for (path, ranges) in open_ranges(journey) {
        for (index, (start, end)) in ranges.into_iter().enumerate() {
            let path = format!("{path}[{index}]");
            let (start, end) = (
                read(&path, "StartTime", start)?,
                read(&path, "EndTime", end)?,
            );
            if overlaps(start, end, quiet) {
                return Err(member(path, "overlaps QuietTime"));
            }
        }
    }
    Ok(())
}

type Ends<'a> = (Option<&'a str>, Option<&'a str>);

fn open_ranges(journey: &Journey) -> impl Iterator<Item = (String, Vec<Ends<'_>>)> {
    let channels = journey.open_hours.iter().flatten();
    channels.flat_map(|(channel, days)| {
        days.iter().map(move |(day, ranges)| {
            let path = format!("OpenHours.{}.{}", channel.as_str(), day.as_str());
            let ends = ranges
                .iter()
                .map(|range| (range.start.as_deref(), range.end.as_deref()));
            (path, ends.collect())
        })
    })
}

fn read(path: &str, name: &str, text: Option<&str>) -> Result<u32, JourneyFault> {
    text.and_then(clock_time).ok_or_else(|| {
        member(
            format!("{path}.{name}"),
            "expected a clock time such as 09:00",
        )
    })
}

/// Whether the seconds from `start` to before `end` meet the minutes of `quiet`, of which both ends
/// are quiet.
fn overlaps(start: u32, end: u32, quiet: QuietTime) -> bool {
    let first = u32::from(quiet.start) * MINUTE;
    let after = (u32::from(quiet.end) + 1) * MINUTE;
    let meets = |from: u32, to: u32| start < to && from < end;
    if first < after {
        meets(first, after)
    } else {
        meets(first, u32::MAX) || meets(0, after)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::{ClosedDay, JourneyChannel, OpenRange, Weekday};

    use super::*;
    use crate::samples::journey;

    fn open(ranges: &[(&str, &str)]) -> Journey {
        let range = |(start, end): &(&str, &str)| OpenRange {
            start: Some((*start).to_owned()),
            end: Some((*end).to_owned()),
        };
        let days = BTreeMap::from([(Weekday::Monday, ranges.iter().map(range).collect())]);
        Journey {
            sending_schedule: Some(true),
            quiet_time: Some(QuietTime {
                start: 22 * 60,
                end: 7 * 60 + 59,
            }),
            open_hours: Some(BTreeMap::from([(JourneyChannel::Email, days)])),
            ..journey()
        }
    }

    fn said(result: Result<(), JourneyFault>) -> String {
        result.err().map(|it| it.to_string()).unwrap_or_default()
    }

    #[test]
    fn ranges_have_a_form() {
        let form = |ranges: &[(&str, &str)]| said(check_form(&open(ranges)));
        assert_eq!(form(&[("08:00", "12:00"), ("T13:00", "18:00:30")]), "");
        assert_eq!(
            form(&[("8", "12:00")]),
            "OpenHours.EMAIL.MONDAY[0].StartTime: expected a clock time such as 09:00"
        );
        assert_eq!(
            form(&[("12:00", "12:00")]),
            "OpenHours.EMAIL.MONDAY[0].EndTime: must be after StartTime"
        );
        assert_eq!(
            form(&[("08:00", "09:00"); 5]),
            "OpenHours.EMAIL.MONDAY: expected at most 4, found 5"
        );
    }

    #[test]
    fn closed_days_have_a_form() {
        let closed = |start: &str, end: &str, count: usize| {
            let day = ClosedDay {
                name: None,
                start: Some(start.to_owned()),
                end: Some(end.to_owned()),
            };
            let days = BTreeMap::from([(JourneyChannel::Sms, vec![day; count])]);
            said(check_form(&Journey {
                closed_days: Some(days),
                ..journey()
            }))
        };
        let (eve, after) = ("2031-12-24T00:00:00", "2031-12-27T00:00:00");
        assert_eq!(closed(eve, after, 20), "");
        assert_eq!(
            closed(eve, after, 21),
            "ClosedDays.SMS: expected at most 20, found 21"
        );
        assert!(closed(after, eve, 1).starts_with("ClosedDays.SMS[0].EndDateTime"));
        assert!(
            closed("2031-12-24T00:00:00Z", after, 1).starts_with("ClosedDays.SMS[0].StartDateTime")
        );
    }

    #[test]
    fn quiet_time_stays_quiet() {
        let quiet = |ranges: &[(&str, &str)]| said(check_quiet(&open(ranges)));
        assert_eq!(quiet(&[("08:00", "22:00")]), "");
        assert_eq!(
            quiet(&[("08:00", "22:01")]),
            "OpenHours.EMAIL.MONDAY[0]: overlaps QuietTime"
        );
        assert_eq!(
            quiet(&[("07:59", "12:00")]),
            "OpenHours.EMAIL.MONDAY[0]: overlaps QuietTime"
        );
        let mut without = open(&[("08:00", "12:00")]);
        without.quiet_time = None;
        assert!(said(check_quiet(&without)).starts_with("QuietTime: is needed"));
        without.sending_schedule = None;
        assert_eq!(said(check_quiet(&without)), "");
    }
}
