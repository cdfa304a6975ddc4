//! The only reader of wall clock and randomness.
//!
//! Belongs: instants, sleeping, random bytes and identifiers, and their simulated twins; waiting
//! for other threads, so that a simulation repeats itself.
//! Elsewhere: calendars, time zones and recurrence (`schedule`).

mod in_place;
mod source;
mod timestamp;

pub use source::{Clock, SimulatedTime};
pub use timestamp::{ParseTimestampError, Timestamp};
