//! The canonical event table: its columns, its files, and scanning it.
//!
//! Column names and types are a promise to readers with their own tools:
//! `docs/analytics-files.md`.

mod build;
mod columns;
mod file;
mod scan;
mod sort;

pub(crate) use build::batch;
pub(crate) use columns::{Columns, Texts, schema};
pub(crate) use file::{DataFile, sync_folder, write};
pub(crate) use scan::{Scan, scan_batch, scan_file};
pub(crate) use sort::{merge, sorted};
