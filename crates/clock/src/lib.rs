//! The only reader of wall clock and randomness.
//!
//! Belongs: instants, sleeping, random bytes and identifiers, and their simulated twins.
//! Elsewhere: calendars, time zones and recurrence (`schedule`).

mod source;
mod timestamp;

pub use source::{Clock, SimulatedTime};
pub use timestamp::{ParseTimestampError, Timestamp};
