//! What next: the rules of a journey's path and life.
//!
//! Belongs: whether a definition may be stored ([`check_members`]) or published
//! ([`check_published`]), where a journey may go from where it stands ([`next_state`]), what may
//! be edited there ([`permit_edit`]), when entry begins and ends ([`window`]). Pure: `now` is an
//! argument.
//! Elsewhere: whether what a journey refers to exists, and writing it down (`engine`).

mod activity;
mod fault;
mod graph;
mod hours;
mod lifecycle;
mod members;
mod publish;
mod time;

pub use fault::{ActivityFault, JourneyFault};
pub use graph::{ACTIVITIES_MAX, activity_id};
pub use lifecycle::{RESUME_AFTER, next_state, permit_edit};
pub use members::check_members;
pub use publish::{SPAN_MAX, START_DELAY, check_published, window};
pub use time::duration;

#[cfg(test)]
mod samples;
