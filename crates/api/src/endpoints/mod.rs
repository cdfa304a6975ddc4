//! Endpoints and users (`docs/spec/audience.md §6–8`).

pub(crate) mod batch;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod remove_attributes;
pub(crate) mod update;
pub(crate) mod user;
pub(crate) mod wire;
