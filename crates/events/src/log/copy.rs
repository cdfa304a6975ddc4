//! A copy of the log up to a position, taken while others append.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;
use std::sync::atomic::Ordering;

use super::consumers::Consumers;
use super::segment::HEADER;
use super::{Log, Position};
use crate::LogError;

/// A log of which nothing is trimmed.
pub struct Held(Log);

/// How far the log and its consumers were at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The position after the last durable event.
    pub end: Position,
    consumers: BTreeMap<String, Position>,
}

impl Log {
    /// Keeps everything that the log has now from being trimmed, until the answer is dropped.
    #[must_use]
    pub fn hold(&self) -> Held {
        let _trimming = self.0.consumers.lock();
        self.0.held.fetch_add(1, Ordering::AcqRel);
        Held(self.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.0.held.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Held {
    /// How far the log and its consumers are now: what consumers have written elsewhere by now
    /// is at least as far as this says.
    #[must_use]
    pub fn cut(&self) -> Cut {
        let log = &self.0;
        let consumers = log.0.consumers.lock().all();
        Cut {
            end: log.end(),
            consumers,
        }
    }

    /// Copies the log as it was at `cut`, so that [`Log::open`] finds it in `dir`. Blocks.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn copy(&self, dir: &Path, cut: &Cut) -> Result<(), LogError> {
        let until = cut.end;
        let log = &self.0.0;
        std::fs::create_dir_all(dir).map_err(|error| LogError::io(dir, &error))?;
        let segments = log.segments.read().clone();
        for segment in segments.iter().filter(|segment| segment.base <= until) {
            let (from, to) = (segment.path(&log.dir), segment.path(dir));
            let bytes = HEADER + (until - segment.base);
            let copied = File::open(&from).and_then(|from| {
                let mut from = BufReader::new(from).take(bytes);
                std::io::copy(&mut from, &mut File::create(&to)?)
            });
            copied.map_err(|error| LogError::io(&to, &error))?;
        }
        let mut copy = Consumers::open(&dir.join("consumers"))?;
        for (name, position) in &cut.consumers {
            copy.set(name, (*position).min(until))?;
        }
        Ok(())
    }
}
