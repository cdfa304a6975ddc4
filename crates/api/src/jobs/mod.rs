//! Import and export jobs (`docs/spec/audience.md §11–12`).

pub(crate) mod create_export;
pub(crate) mod create_import;
pub(crate) mod lists;
mod upload;
pub(crate) mod wire;
