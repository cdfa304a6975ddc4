//! Campaigns (`docs/spec/campaigns.md §1–3, §5, §12`).

pub(crate) mod activities;
pub(crate) mod create;
pub(crate) mod delete;
mod delivery;
pub(crate) mod event_filter;
pub(crate) mod get;
pub(crate) mod in_app;
pub(crate) mod list;
pub(crate) mod schedule;
pub(crate) mod update;
pub(crate) mod versions;
pub(crate) mod wire;
