//! Rollup sets: who had which event in which hour.

mod cache;
mod cell;
mod file;
mod series;

pub(crate) use cache::Cache;
pub(crate) use cell::{Cell, People};
pub(crate) use file::{SetsFile, write};
pub(crate) use series::{Cells, DAY, Series, SeriesRef};
