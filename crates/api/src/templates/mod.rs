//! Message templates (`docs/spec/templates.md §1`).

pub(crate) mod email;
pub(crate) mod list;
pub(crate) mod stored;
pub(crate) mod versions;
pub(crate) mod wire;
