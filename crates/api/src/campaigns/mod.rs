//! Campaigns (`docs/spec/campaigns.md §1–3, §5, §12`).

pub(crate) mod activities;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod update;
pub(crate) mod versions;
pub(crate) mod wire;
