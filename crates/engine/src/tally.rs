//! What became of messages since the process started, for the operator's metrics.

use std::collections::BTreeMap;

use model::{Event, Origin};
use parking_lot::Mutex;

/// How messages fared: an event of the service, such as `_email.delivered`, and the send status
/// where the event has one.
pub type MessageKey = (String, Option<String>);

/// Counts by kind and status, both of which the service chooses, so their number is bounded.
pub(crate) type Counts = BTreeMap<MessageKey, u64>;

/// Counts `event`, if the service itself reported it.
pub(crate) fn count(counts: &mut Counts, event: &Event) {
    if event.origin == Origin::Service {
        let key = (event.kind.clone(), event.status.clone());
        *counts.entry(key).or_default() += 1;
    }
}

/// The counts of this process.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

impl Tally {
    /// Adds counts of events that are not read again.
    pub(crate) fn add(&self, counts: Counts) {
        let mut sums = self.0.lock();
        for (key, count) in counts {
            *sums.entry(key).or_default() += count;
        }
    }

    /// The counts.
    pub(crate) fn read(&self) -> Counts {
        self.0.lock().clone()
    }
}
