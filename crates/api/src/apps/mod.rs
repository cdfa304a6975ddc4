//! Applications and their settings (`docs/spec/audience.md §5`).

mod cache;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod settings;
pub(crate) mod wire;

pub(crate) use cache::AppCache;
