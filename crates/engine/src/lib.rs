//! Loops.

pub mod import;
