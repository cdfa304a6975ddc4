//! Cells that were read lately.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::file::Entry;
use super::{Cell, SetsFile};
use crate::AnalyticsError;

type Key = (u64, u64);

/// Two generations of cells: the younger takes what is used, and becomes the older when it has
/// half the bytes.
pub(crate) struct Cache {
    generations: Mutex<Generations>,
    half: usize,
}

#[derive(Default)]
struct Generations {
    young: HashMap<Key, Arc<Cell>>,
    young_bytes: usize,
    old: HashMap<Key, Arc<Cell>>,
}

impl Cache {
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            generations: Mutex::default(),
            half: bytes / 2,
        }
    }

    /// The cell at `entry` of `file`.
    pub(crate) fn cell(&self, file: &SetsFile, entry: &Entry) -> Result<Arc<Cell>, AnalyticsError> {
        let key = (file.number, entry.offset());
        {
            let mut generations = self.generations.lock();
            if let Some(cell) = generations.young.get(&key) {
                return Ok(Arc::clone(cell));
            }
            if let Some(cell) = generations.old.remove(&key) {
                generations.keep(key, Arc::clone(&cell), self.half);
                return Ok(cell);
            }
        }
        let cell = Arc::new(file.cell(entry)?);
        self.generations
            .lock()
            .keep(key, Arc::clone(&cell), self.half);
        Ok(cell)
    }
}

impl Generations {
    fn keep(&mut self, key: Key, cell: Arc<Cell>, half: usize) {
        let bytes = cell.bytes();
        if bytes > half {
            return;
        }
        if self.young_bytes + bytes > half {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += bytes;
        self.young.insert(key, cell);
    }
}
