//! When a campaign runs again (`docs/spec/campaigns.md §4`).

use clock::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use model::{Frequency, Schedule, Start};

use crate::{is_missed, offset_seconds, sweeps};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What to do with a campaign whose next run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// A run begins; it was due at this instant.
    Run(Timestamp),
    /// The run was missed; the next one comes at this instant.
    Skip(Timestamp),
    /// The run was missed, and it was the last.
    Missed,
    /// No run may begin any more.
    Over,
}

/// The first occurrence of `schedule` after `instant`, its own end respected; `None` if there is
/// none, or if the schedule does not recur.
///
/// Occurrences keep the wall clock of the schedule's label, which knows no daylight saving. Monthly
/// ones keep the day of the start, or take the last day of a shorter month.
#[must_use]
pub fn next_after(schedule: &Schedule, instant: Timestamp) -> Option<Timestamp> {
    let next = Occurrences::of(schedule)?.first_after(instant)?;
    schedule.end.is_none_or(|end| next <= end).then_some(next)
}

/// What becomes of a run of `schedule` that was due at `due`, now that it is `now`.
///
/// Of several occurrences that have passed only the last counts, and one that has passed by more
/// than [`LATE_MAX`](crate::LATE_MAX) was missed. A run that had to wait for the one before it
/// is due when that one ends.
#[must_use]
pub fn turn(schedule: &Schedule, due: Timestamp, now: Timestamp) -> Turn {
    let late = is_missed(due, now);
    if schedule.end.is_some_and(|end| due > end) {
        return Turn::Over;
    }
    let Some(occurrences) = Occurrences::of(schedule) else {
        return match schedule.start {
            Start::At(_) if late => Turn::Missed,
            Start::Immediately if late && schedule.end.is_some_and(|end| now > end) => Turn::Over,
            _ => Turn::Run(due),
        };
    };
    let until = schedule.end.map_or(now, |end| end.min(now));
    let scheduled = occurrences.last_until(until).unwrap_or(due);
    if !late || !is_missed(scheduled, now) {
        return Turn::Run(scheduled);
    }
    next_after(schedule, now).map_or(Turn::Missed, Turn::Skip)
}

/// Whether two schedules always run together.
#[must_use]
pub fn same_times(one: &Schedule, other: &Schedule) -> bool {
    let times = |it: &Schedule| {
        let label = it.timezone.as_deref().unwrap_or("UTC");
        let offset = offset_seconds(label).unwrap_or(0);
        (it.start, it.end, it.frequency, sweeps(it), offset)
    };
    times(one) == times(other)
}

/// When the run after one that was scheduled for `last` and ends at `now` is due. An occurrence
/// that passed meanwhile has waited, and is due at once.
#[must_use]
pub fn following(schedule: &Schedule, last: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let next = next_after(schedule, last)?;
    let due = next.max(now);
    schedule.end.is_none_or(|end| due <= end).then_some(due)
}

/// Instants at which a recurring schedule would run, without an end.
struct Occurrences {
    first: Timestamp,
    step: Step,
}

enum Step {
    Every(i64),
    Month(Offset),
}

impl Occurrences {
    fn of(schedule: &Schedule) -> Option<Self> {
        let Start::At(first) = schedule.start else {
            return None;
        };
        let step = match schedule.frequency {
            Frequency::Hourly => Step::Every(HOUR_MS),
            Frequency::Daily => Step::Every(DAY_MS),
            Frequency::Weekly => Step::Every(7 * DAY_MS),
            Frequency::Monthly => {
                let label = schedule.timezone.as_deref().unwrap_or("UTC");
                let seconds = offset_seconds(label).unwrap_or(0);
                Step::Month(Offset::from_seconds(seconds).unwrap_or(Offset::UTC))
            }
            Frequency::Once | Frequency::Event | Frequency::InAppEvent => return None,
        };
        Some(Self { first, step })
    }

    /// Occurrence number `n`, from 0.
    fn nth(&self, n: i64) -> Option<Timestamp> {
        match &self.step {
            Step::Every(millis) => {
                let after = millis.checked_mul(n)?;
                let millis = self.first.as_millis().checked_add(after)?;
                Some(Timestamp::from_millis(millis))
            }
            Step::Month(offset) => {
                let months = i32::try_from(n).ok()?;
                let local = civil(self.first, *offset)?;
                let moved = local.checked_add(months.months()).ok()?;
                let instant = offset.to_timestamp(moved).ok()?;
                Some(Timestamp::from_millis(instant.as_millisecond()))
            }
        }
    }

    /// How many steps fit between the first occurrence and `instant`, about: the true number is
    /// this one or one less.
    fn steps_until(&self, instant: Timestamp) -> Option<i64> {
        match &self.step {
            Step::Every(millis) => {
                let passed = instant.as_millis().checked_sub(self.first.as_millis())?;
                Some(passed.div_euclid(*millis))
            }
            Step::Month(offset) => {
                let from = civil(self.first, *offset)?;
                let to = civil(instant, *offset)?;
                let months = |at: DateTime| i64::from(at.year()) * 12 + i64::from(at.month());
                Some(months(to) - months(from))
            }
        }
    }

    /// The last occurrence at or before `instant`.
    fn last_until(&self, instant: Timestamp) -> Option<Timestamp> {
        if instant < self.first {
            return None;
        }
        let about = self.steps_until(instant)?;
        [about, about - 1]
            .into_iter()
            .filter(|n| *n >= 0)
            .filter_map(|n| self.nth(n))
            .find(|at| *at <= instant)
    }

    /// The first occurrence after `instant`.
    fn first_after(&self, instant: Timestamp) -> Option<Timestamp> {
        if instant < self.first {
            return Some(self.first);
        }
        let about = self.steps_until(instant)?;
        [about, about + 1]
            .into_iter()
            .filter_map(|n| self.nth(n))
            .find(|at| *at > instant)
    }
}

fn civil(instant: Timestamp, offset: Offset) -> Option<DateTime> {
    let instant = jiff::Timestamp::from_millisecond(instant.as_millis()).ok()?;
    Some(offset.to_datetime(instant))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a test's instant")
    }

    fn schedule(frequency: Frequency, start: &str) -> Schedule {
        Schedule {
            start: Start::At(at(start)),
            start_text: None,
            end: None,
            end_text: None,
            frequency,
            local_time: false,
            timezone: None,
            quiet_time: None,
            event_filter: None,
        }
    }

    #[track_caller]
    fn check(schedule: &Schedule, after: &str, want: Option<&str>) {
        assert_eq!(next_after(schedule, at(after)), want.map(at), "{after}");
    }

    #[test]
    fn occurrences_keep_the_clock() {
        let hourly = schedule(Frequency::Hourly, "2031-03-01T09:15:00Z");
        check(
            &hourly,
            "2031-02-01T00:00:00Z",
            Some("2031-03-01T09:15:00Z"),
        );
        check(
            &hourly,
            "2031-03-01T09:14:59.999Z",
            Some("2031-03-01T09:15:00Z"),
        );
        check(
            &hourly,
            "2031-03-01T09:15:00Z",
            Some("2031-03-01T10:15:00Z"),
        );
        let daily = schedule(Frequency::Daily, "2031-03-08T09:15:00Z");
        check(&daily, "2031-03-09T09:14:00Z", Some("2031-03-09T09:15:00Z"));
        check(&daily, "2031-03-09T10:00:00Z", Some("2031-03-10T09:15:00Z"));
        let weekly = schedule(Frequency::Weekly, "2031-03-01T09:15:00Z");
        check(
            &weekly,
            "2031-03-01T09:15:00Z",
            Some("2031-03-08T09:15:00Z"),
        );
        let once = schedule(Frequency::Once, "2031-03-01T09:15:00Z");
        check(&once, "2031-02-01T00:00:00Z", None);
    }

    #[test]
    fn months_keep_the_day_without_drifting() {
        let monthly = schedule(Frequency::Monthly, "2031-01-31T09:00:00Z");
        let mut instant = at("2031-01-01T00:00:00Z");
        let mut days = Vec::new();
        for _ in 0..6 {
            instant = next_after(&monthly, instant).expect("it goes on");
            days.push(instant.date());
        }
        let want = [
            "2031-01-31",
            "2031-02-28",
            "2031-03-31",
            "2031-04-30",
            "2031-05-31",
            "2031-06-30",
        ];
        assert_eq!(days, want);
        let leap = schedule(Frequency::Monthly, "2032-01-30T09:00:00Z");
        check(&leap, "2032-02-01T00:00:00Z", Some("2032-02-29T09:00:00Z"));
    }

    #[test]
    fn the_label_decides_which_day_it_is() {
        let start = "2031-01-31T04:30:00Z";
        let mut monthly = schedule(Frequency::Monthly, start);
        check(&monthly, start, Some("2031-02-28T04:30:00Z"));
        // In UTC-05 it is 23:30 on the day before.
        monthly.timezone = Some("UTC-05".to_owned());
        check(&monthly, start, Some("2031-03-01T04:30:00Z"));
        check(
            &monthly,
            "2031-03-01T04:30:00Z",
            Some("2031-03-31T04:30:00Z"),
        );
    }

    #[test]
    fn nothing_comes_after_the_end() {
        let mut daily = schedule(Frequency::Daily, "2031-03-01T09:00:00Z");
        daily.end = Some(at("2031-03-03T09:00:00Z"));
        check(&daily, "2031-03-02T09:00:00Z", Some("2031-03-03T09:00:00Z"));
        check(&daily, "2031-03-03T09:00:00Z", None);
    }

    #[track_caller]
    fn check_turn(schedule: &Schedule, due: &str, now: &str, want: Turn) {
        assert_eq!(turn(schedule, at(due), at(now)), want, "{due} at {now}");
    }

    #[test]
    fn one_missed_run_is_caught_up_if_it_is_young() {
        let mut daily = schedule(Frequency::Daily, "2031-03-01T09:00:00Z");
        let first = "2031-03-01T09:00:00Z";
        check_turn(&daily, first, first, Turn::Run(at(first)));
        check_turn(&daily, first, "2031-03-01T09:15:00Z", Turn::Run(at(first)));
        let second = at("2031-03-02T09:00:00Z");
        check_turn(&daily, first, "2031-03-01T09:15:01Z", Turn::Skip(second));
        // Three days of downtime: only the last occurrence counts.
        let fourth = at("2031-03-04T09:00:00Z");
        check_turn(&daily, first, "2031-03-04T09:10:00Z", Turn::Run(fourth));
        let fifth = at("2031-03-05T09:00:00Z");
        check_turn(&daily, first, "2031-03-04T10:00:00Z", Turn::Skip(fifth));
        daily.end = Some(at("2031-03-02T12:00:00Z"));
        check_turn(&daily, first, "2031-03-04T09:10:00Z", Turn::Missed);
        check_turn(
            &daily,
            "2031-03-03T09:00:00Z",
            "2031-03-03T09:00:00Z",
            Turn::Over,
        );
        daily.end = Some(second);
        let at_the_end = "2031-03-02T09:00:00Z";
        check_turn(
            &daily,
            at_the_end,
            "2031-03-02T09:00:00.500Z",
            Turn::Run(second),
        );
    }

    #[test]
    fn a_single_run_is_kept_or_missed() {
        let once = schedule(Frequency::Once, "2031-03-01T09:00:00Z");
        let due = "2031-03-01T09:00:00Z";
        check_turn(&once, due, "2031-03-01T09:15:00Z", Turn::Run(at(due)));
        check_turn(&once, due, "2031-03-01T09:15:01Z", Turn::Missed);
        let mut immediate = once;
        immediate.start = Start::Immediately;
        check_turn(&immediate, due, "2031-03-02T09:00:00Z", Turn::Run(at(due)));
    }

    #[test]
    fn a_run_that_waited_for_the_one_before_is_not_missed() {
        let mut hourly = schedule(Frequency::Hourly, "2031-03-01T09:00:00Z");
        let last = at("2031-03-01T09:00:00Z");
        let on_time = following(&hourly, last, at("2031-03-01T09:20:00Z"));
        assert_eq!(on_time, Some(at("2031-03-01T10:00:00Z")));
        // The run took over three hours: the three that passed become one, at once.
        let ended = at("2031-03-01T12:40:00Z");
        let due = following(&hourly, last, ended);
        assert_eq!(due, Some(ended));
        let noon = at("2031-03-01T12:00:00Z");
        assert_eq!(turn(&hourly, ended, ended), Turn::Run(noon));
        assert_eq!(
            following(&hourly, noon, at("2031-03-01T12:50:00Z")),
            Some(at("2031-03-01T13:00:00Z"))
        );
        hourly.end = Some(at("2031-03-01T12:30:00Z"));
        assert_eq!(following(&hourly, last, ended), None);
    }

    proptest! {
        #[test]
        fn occurrences_rise_and_skip_none(
            frequency in prop::sample::select(vec![
                Frequency::Hourly, Frequency::Daily, Frequency::Weekly, Frequency::Monthly,
            ]),
            minutes in 0_i64..40_000_000,
            zone in prop::sample::select(vec!["UTC", "UTC+05:45", "UTC-11", "UTC+13"]),
            after in 0_i64..2_000,
        ) {
            let mut schedule = schedule(frequency, "2001-01-31T23:00:00Z");
            let first = Timestamp::from_millis(minutes * 60_000);
            schedule.start = Start::At(first);
            schedule.timezone = Some(zone.to_owned());
            let from = first.plus(Duration::from_secs(u64::try_from(after).expect("small") * 3600));
            let occurrences = Occurrences::of(&schedule).expect("it recurs");
            let next = occurrences.first_after(from).expect("it goes on");
            let last = occurrences.last_until(from).expect("it began");
            prop_assert!(last <= from && from < next);
            // Nothing lies between the two, and the walk from the start meets both.
            let walked: Vec<Timestamp> = (0..).map_while(|n| occurrences.nth(n)).take_while(|at| *at <= next).collect();
            prop_assert!(walked.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert_eq!(walked.last(), Some(&next));
            prop_assert_eq!(walked.iter().rev().nth(1), Some(&last));
        }
    }
}
