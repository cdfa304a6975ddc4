//! Channel settings (`docs/spec/channels.md §1`).

pub(crate) mod email;
pub(crate) mod list;
pub(crate) mod wire;
