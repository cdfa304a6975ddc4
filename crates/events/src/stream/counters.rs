//! What became of the events of all streams.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why an event was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// Its record is larger than the destination takes, even without its optional parts.
    TooLarge,
    /// The destination did not take it for a day.
    Expired,
    /// Its stream was replaced or deleted before it was delivered.
    Discarded,
}

impl Lost {
    const ALL: [Self; 3] = [Self::TooLarge, Self::Expired, Self::Discarded];

    const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "RecordTooLarge",
            Self::Expired => "Expired",
            Self::Discarded => "Discarded",
        }
    }
}

/// Counts since the process started.
#[derive(Debug, Default)]
pub struct StreamCounters {
    total: AtomicU64,
    exported: AtomicU64,
    lost: [AtomicU64; Lost::ALL.len()],
}

impl StreamCounters {
    pub(super) fn found(&self) {
        self.total.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn exported(&self, records: usize) {
        let records = u64::try_from(records).unwrap_or(u64::MAX);
        self.exported.fetch_add(records, Ordering::Relaxed);
    }

    pub(super) fn lost(&self, why: Lost, records: usize) {
        let records = u64::try_from(records).unwrap_or(u64::MAX);
        self.lost[why as usize].fetch_add(records, Ordering::Relaxed);
    }

    /// Events found for streams, events delivered, and events lost by error code.
    #[must_use]
    pub fn read(&self) -> Vec<(&'static str, u64)> {
        let mut all = vec![
            ("TotalEvents", self.total.load(Ordering::Relaxed)),
            ("ExportedEvents", self.exported.load(Ordering::Relaxed)),
        ];
        all.extend(Lost::ALL.map(|why| {
            let count = self.lost[why as usize].load(Ordering::Relaxed);
            (why.code(), count)
        }));
        all
    }
}
