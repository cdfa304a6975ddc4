//! A run that travels around the earth: each zone has its turn when its own clock shows the time of
//! the run (`docs/spec/campaigns.md §4.1`).

use clock::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use model::{Frequency, Schedule, Start};

use crate::offset_seconds;
use crate::zone::known;

/// Whether each endpoint's own zone decides when its message goes out. Some frequencies accept the
/// flag and ignore it.
#[must_use]
pub fn sweeps(schedule: &Schedule) -> bool {
    let regards = matches!(
        schedule.frequency,
        Frequency::Once | Frequency::Daily | Frequency::Weekly | Frequency::Monthly
    );
    schedule.local_time && regards && schedule.start != Start::Immediately
}

/// One run of a schedule that sweeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    opens: jiff::Timestamp,
    /// The label's offset.
    offset: Offset,
    /// What clocks at the label's offset show when the sweep opens.
    wall: DateTime,
    /// What they show at the schedule's end.
    end: Option<DateTime>,
}

/// When the turn of a zone comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZoneTurn {
    /// The instant.
    pub fires: Timestamp,
    /// Whether the zone's clock is past the end of the schedule by then: nobody gets a message.
    pub over: bool,
}

impl Sweep {
    /// The run of `schedule` that was due at `scheduled`; `None` if the schedule does not sweep.
    #[must_use]
    pub fn new(schedule: &Schedule, scheduled: Timestamp) -> Option<Self> {
        if !sweeps(schedule) {
            return None;
        }
        let seconds = offset_seconds(schedule.timezone.as_deref().unwrap_or("UTC")).ok()?;
        let offset = Offset::from_seconds(seconds).ok()?;
        let opens = instant(scheduled)?;
        Some(Self {
            opens,
            offset,
            wall: offset.to_datetime(opens),
            end: schedule
                .end
                .and_then(|end| Some(offset.to_datetime(instant(end)?))),
        })
    }

    /// When the turn of the zone with this name comes: at the first instant from the opening on at
    /// which its clock shows the time of day of the run. `None` if the tz database has no such zone.
    ///
    /// A time that the zone's clock skips counts as that much later; of one that it shows twice, the
    /// first that is not before the opening counts. A zone that is east of the label only because of
    /// its daylight saving has its turn at the opening.
    #[must_use]
    pub fn turn(&self, zone: &str) -> Option<ZoneTurn> {
        let zone = known(zone)?;
        let (fires, wall) = if self.is_just_ahead(&zone) {
            (self.opens, self.wall)
        } else {
            self.first_showing(&zone)?
        };
        Some(ZoneTurn {
            fires: Timestamp::from_millis(fires.as_millisecond()),
            over: self.end.is_some_and(|end| wall > end),
        })
    }

    /// Whether daylight saving alone puts the zone east of the label now. Its standard offset is
    /// the lesser of those of January and July, whatever the tz database calls them.
    fn is_just_ahead(&self, zone: &TimeZone) -> bool {
        let year = self.wall.year();
        let on_first = |month| {
            let noon = Date::new(year, month, 1).ok()?.at(12, 0, 0, 0);
            let instant = Offset::UTC.to_timestamp(noon).ok()?;
            Some(zone.to_offset(instant))
        };
        let standard = on_first(1).min(on_first(7));
        standard.is_some_and(|standard| standard <= self.offset)
            && zone.to_offset(self.opens) > self.offset
    }

    fn first_showing(&self, zone: &TimeZone) -> Option<(jiff::Timestamp, DateTime)> {
        let today = zone.to_datetime(self.opens).date();
        // The day before matters where a clock skips the time and shows it, shifted, a day later;
        // the last one where a zone skips a whole day.
        (-1..=2)
            .filter_map(|days: i64| today.checked_add(days.days()).ok())
            .map(|date| date.to_datetime(self.wall.time()))
            .flat_map(|wall| {
                showings(zone, wall)
                    .into_iter()
                    .flatten()
                    .map(move |instant| (instant, wall))
            })
            .filter(|(instant, _)| *instant >= self.opens)
            .min()
    }
}

/// The instants at which clocks in `zone` show `wall`.
fn showings(zone: &TimeZone, wall: DateTime) -> [Option<jiff::Timestamp>; 2] {
    let at = |offset: Offset| offset.to_timestamp(wall).ok();
    match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset } => [at(offset), None],
        AmbiguousOffset::Gap { before, .. } => [at(before), None],
        AmbiguousOffset::Fold { before, after } => [at(before), at(after)],
    }
}

fn instant(at: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(at.as_millis()).ok()
}

#[cfg(test)]
#[path = "sweep_tests.rs"]
mod tests;
