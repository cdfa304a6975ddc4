//! Which records leave together, and what is left out of those that are too large.

use model::Event;
use sha2::{Digest as _, Sha256};

use super::Record;
use crate::record::record;

/// Records of a batch.
const RECORDS_MAX: usize = 500;
/// Bytes of a batch.
const BYTES_MAX: usize = 4_000_000;
/// Characters of a key; a longer one is replaced by its digest.
const KEY_CHARS_MAX: usize = 256;
/// What a record can do without, least needed first.
const OPTIONAL: [&str; 2] = ["endpoint", "client_context"];

/// Records that leave together.
#[derive(Default)]
pub(super) struct Batch {
    pub records: Vec<Record>,
    bytes: usize,
}

impl Batch {
    /// Whether `record` must wait for the next batch.
    pub fn has_no_room_for(&self, record: &Record) -> bool {
        self.records.len() >= RECORDS_MAX
            || (!self.records.is_empty() && self.bytes + record.line.len() > BYTES_MAX)
    }

    pub fn push(&mut self, record: Record) {
        self.bytes += record.line.len();
        self.records.push(record);
    }
}

/// The record of `event`, without optional parts if its line would exceed `bytes_max`; `None` if
/// that does not help.
pub(super) fn record_within(event: &Event, account: &str, bytes_max: usize) -> Option<Record> {
    let mut value = record(event, account);
    let mut line = format!("{value}\n");
    for part in OPTIONAL {
        if line.len() <= bytes_max {
            break;
        }
        if let Some(members) = value.as_object_mut()
            && members.remove(part).is_some()
        {
            line = format!("{value}\n");
        }
    }
    (line.len() <= bytes_max).then(|| Record {
        key: key(event.endpoint.as_str()),
        line: line.into_bytes(),
        arrival: event.arrival,
    })
}

fn key(client: &str) -> String {
    if client.chars().count() <= KEY_CHARS_MAX {
        client.to_owned()
    } else {
        hex::encode(Sha256::digest(client.as_bytes()))
    }
}
