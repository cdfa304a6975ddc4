//! Import jobs (`docs/spec/audience.md §11`).

pub(crate) mod create_import;
pub(crate) mod imports;
pub(crate) mod wire;
