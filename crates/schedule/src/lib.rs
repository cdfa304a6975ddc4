//! When: starts, recurrence, fixed-offset labels and quiet time.
//!
//! Belongs: reading the times of a schedule, deciding when a campaign runs first and again, when
//! the turn of each zone comes in a local-time sweep, and whether an instant lies in an endpoint's
//! quiet time. Pure: `now` is an argument.
//! Elsewhere: who receives (`audience`), looking at the clock (`engine`).

mod local;
mod offset;
mod quiet_time;
mod recurrence;
mod start;
mod sweep;
mod zone;

pub use local::local_clock;
pub use offset::offset_seconds;
pub use quiet_time::{is_quiet, parse_quiet_time};
pub use recurrence::{Turn, following, next_after, same_times, turn};
pub use start::{LATE_MAX, end, first_run, is_missed, start};
pub use sweep::{Sweep, ZoneTurn, sweeps};
pub use zone::{local_time, zone_name};

/// A schedule that cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// A text that is neither `IMMEDIATE` nor an ISO 8601 instant.
    #[error("{0:?} is not an ISO 8601 time")]
    Time(String),
    /// A label outside the list of `docs/spec/campaigns.md §4`.
    #[error("{0:?} is not a time zone label such as UTC or UTC+05:30")]
    Zone(String),
    /// A clock time that is not `HH:MM`.
    #[error("{0:?} is not a clock time of the form HH:MM")]
    ClockTime(String),
    /// A start that is too long ago.
    #[error("the start {0} has passed")]
    Past(clock::Timestamp),
    /// An end at or before the start.
    #[error("the end {0} is not after the start")]
    EndBeforeStart(clock::Timestamp),
}
