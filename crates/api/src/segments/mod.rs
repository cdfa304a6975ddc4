//! Segments (`docs/spec/audience.md §9`).

pub(crate) mod create;
pub(crate) mod criteria;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod update;
pub(crate) mod versions;
pub(crate) mod wire;
