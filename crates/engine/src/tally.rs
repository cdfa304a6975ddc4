//! What became of messages since the process started, for the operator's metrics.

use std::collections::BTreeMap;

use model::{Event, Origin};
use parking_lot::Mutex;

/// How messages fared: an event of the service, such as `_email.delivered`, and the send status
/// where the event has one.
pub type MessageKey = (String, Option<String>);

/// Counts by kind and status, both of which the service chooses, so their number is bounded.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<BTreeMap<MessageKey, u64>>);

impl Tally {
    /// Counts `event`, if the service itself reported it.
    pub(crate) fn note(&self, event: &Event) {
        if event.origin == Origin::Service {
            let key = (event.kind.clone(), event.status.clone());
            *self.0.lock().entry(key).or_default() += 1;
        }
    }

    /// The counts.
    pub(crate) fn read(&self) -> BTreeMap<MessageKey, u64> {
        self.0.lock().clone()
    }
}
