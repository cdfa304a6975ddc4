//! Events of clients (`docs/spec/events.md §1`).

pub(crate) mod put_events;
pub(crate) mod wire;
