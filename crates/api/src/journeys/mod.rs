//! Journeys (`docs/spec/journeys.md §1–3, §10`).

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod metrics;
pub(crate) mod runs;
pub(crate) mod state;
pub(crate) mod update;
pub(crate) mod wire;
