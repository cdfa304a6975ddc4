//! When the clock of a zone shows the time of a run (`docs/spec/campaigns.md §4.1`): found by
//! looking at that clock again and again.

use std::time::Duration;

use clock::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use model::{Endpoint, Frequency, Schedule, Start};

use super::view::View;
use crate::evidence::Answer;

/// Clocks of all zones differ by multiples of this.
const STEP: Duration = Duration::from_secs(15 * 60);
/// Looks before the opening: a clock may have skipped the time just before it.
const LOOKS_BEFORE: u32 = 3 * 4;
/// Looks after which every clock has shown every time.
const LOOKS_MAX: u32 = 51 * 4;
/// How long the engine may need to get at somebody.
const SLACK: Duration = Duration::from_secs(90);

/// One run that sweeps the zones.
pub(super) struct Turns {
    opens: Timestamp,
    label: Offset,
    wall: DateTime,
    end: Option<DateTime>,
}

/// The turn of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    pub at: Timestamp,
    /// Whether its clock is past the end of the schedule by then.
    pub over: bool,
}

impl Turns {
    /// Those of a run; `None` if it reaches everybody at once.
    pub fn of(view: &View<'_>) -> Option<Self> {
        Self::new(view.schedule()?, view.record.run.scheduled)
    }

    fn new(schedule: &Schedule, opens: Timestamp) -> Option<Self> {
        let regards = !matches!(
            schedule.frequency,
            Frequency::Hourly | Frequency::Event | Frequency::InAppEvent
        );
        if !schedule.local_time || !regards || schedule.start == Start::Immediately {
            return None;
        }
        let label = label(schedule.timezone.as_deref().unwrap_or("UTC"));
        let at = |instant| Some(label.to_datetime(civil(instant)?));
        Some(Self {
            opens,
            label,
            wall: at(opens)?,
            end: schedule.end.and_then(at),
        })
    }

    /// The turn of a zone; `None` if there is no such zone.
    pub fn turn(&self, zone: &str) -> Option<Turn> {
        let zone = TimeZone::get(zone).ok()?;
        let (at, wall) = self.shows(&zone)?;
        let over = self.end.is_some_and(|end| wall > end);
        Some(Turn { at, over })
    }

    /// When a clock shows the time, and the date and time that it shows then, or would.
    fn shows(&self, zone: &TimeZone) -> Option<(Timestamp, DateTime)> {
        let offset = |instant: Timestamp| civil(instant).map(|instant| zone.to_offset(instant));
        let noon = |month| {
            let noon = DateTime::new(self.wall.year(), month, 1, 12, 0, 0, 0).ok()?;
            Some(zone.to_offset(Offset::UTC.to_timestamp(noon).ok()?))
        };
        let standard = noon(1)?.min(noon(7)?);
        if standard <= self.label && offset(self.opens)? > self.label {
            return Some((self.opens, self.wall));
        }
        let mut instant = self.opens.minus(STEP * LOOKS_BEFORE);
        let mut before = offset(instant)?;
        for _ in 0..LOOKS_MAX {
            instant = instant.plus(STEP);
            let now = offset(instant)?;
            let reading = |offset: Offset| Some(offset.to_datetime(civil(instant)?));
            // What the clock skips is shown that much later: as if it were still the clock of
            // before.
            let mut late = instant;
            let mut unmoved = reading(before)?;
            while unmoved < reading(now)? {
                if unmoved.time() == self.wall.time() && late >= self.opens {
                    return Some((late, unmoved));
                }
                late = late.plus(STEP);
                unmoved = unmoved.checked_add(STEP).ok()?;
            }
            if instant >= self.opens && reading(now)?.time() == self.wall.time() {
                return Some((instant, reading(now)?));
            }
            before = now;
        }
        None
    }
}

/// From when to when `id` may have been decided about in a run.
pub(super) fn window(view: &View<'_>, id: &str) -> (Timestamp, Timestamp) {
    let Some(turns) = &view.turns else {
        return (view.from, view.to);
    };
    let own = own_turns(view, turns, id);
    let Some(last) = own.iter().max() else {
        return (view.from, view.to);
    };
    let from = own
        .iter()
        .min()
        .map_or(view.from, |at| (*at).max(view.from));
    let to = if is_calm(view) {
        last.max(&view.from).plus(SLACK).min(view.to)
    } else {
        view.to
    };
    (from, to)
}

/// When `id` may have had a turn, by all zones that it was in meanwhile; who has none is decided
/// about at the opening.
fn own_turns(view: &View<'_>, turns: &Turns, id: &str) -> Vec<Timestamp> {
    let states = view.evidence.people.between(id, view.from, view.to);
    let turn = |state: Option<&Endpoint>| {
        let turn = state.and_then(|state| view.turn(turns, state));
        turn.filter(|turn| !turn.over).map_or(view.from, |it| it.at)
    };
    states.into_iter().map(turn).collect()
}

/// Whether somebody may have been in two zones whose turns are not the same.
pub(super) fn moved(view: &View<'_>, turns: &Turns, id: &str) -> bool {
    let own = own_turns(view, turns, id);
    own.windows(2).any(|pair| pair[0] != pair[1])
}

/// Whether nothing can have made anybody late: no crash, no pace, no order, no provider in trouble.
fn is_calm(view: &View<'_>) -> bool {
    let during = |at: Timestamp| view.from <= at && at <= view.to;
    let evidence = view.evidence;
    let paced = view.limit(|limits| limits.messages_per_second).is_some();
    let mut sent = evidence.hand_overs.iter();
    let trouble = sent.any(|sent| {
        let fine = matches!(sent.answer, Some(Answer::Take | Answer::Never));
        during(sent.at) && !fine
    });
    let ordered = view.story.edits.iter().any(|(at, _)| during(*at));
    let began_late = view.record.run.scheduled.plus(SLACK) < view.from;
    let asks = view.campaign.hook.is_some();
    !(paced || asks || trouble || ordered || began_late || view.was_crashed())
}

/// What `UTC+05:30` means.
fn label(text: &str) -> Offset {
    let digits = text.trim_start_matches("UTC");
    let sign = if digits.starts_with('-') { -1 } else { 1 };
    let mut parts = digits.get(1..).unwrap_or_default().split(':');
    let mut number = || parts.next().and_then(|part| part.parse::<i32>().ok());
    let (hours, minutes) = (number().unwrap_or(0), number().unwrap_or(0));
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).unwrap_or(Offset::UTC)
}

fn civil(instant: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(instant.as_millis()).ok()
}
