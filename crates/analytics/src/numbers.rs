//! Dense numbers for users and for recipients that are not stored endpoints.
//!
//! An endpoint is known by its ordinal, counting up from 0. A recipient without one gets a number
//! that counts down from the top, so that both fit in one set. Users count up from 0 by themselves.
//! A name is kept as 96 bits of its SHA-256: 12 bytes on disk, some 20 to 40 in memory.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use model::Event;
use sha2::{Digest, Sha256};

use crate::AnalyticsError;

const ENTRY: usize = 12;

/// The numbers of one application.
#[derive(Default)]
pub(crate) struct Numbers {
    pub(crate) users: Names,
    pub(crate) outsiders: Names,
}

impl Numbers {
    /// The number of the event's endpoint.
    pub(crate) fn endpoint(&mut self, event: &Event) -> u32 {
        event
            .ordinal
            .unwrap_or_else(|| u32::MAX - self.outsiders.number(event.endpoint.key().as_str()))
    }

    /// The number of the event's user.
    pub(crate) fn user(&mut self, event: &Event) -> Option<u32> {
        Some(self.users.number(event.user.as_ref()?.as_str()))
    }
}

/// Names and their numbers, in the order of their first appearance.
#[derive(Default)]
pub(crate) struct Names {
    numbers: HashMap<[u32; 3], u32>,
    /// Entries that are not in the file yet.
    fresh: Vec<u8>,
}

impl Names {
    /// The number of `name`, a new one if it has none.
    pub(crate) fn number(&mut self, name: &str) -> u32 {
        let digest = Sha256::digest(name);
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let fresh = &mut self.fresh;
        *self.numbers.entry(words(&digest)).or_insert_with(|| {
            fresh.extend_from_slice(&digest[..ENTRY]);
            next
        })
    }

    /// How many names have a number.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.numbers.len()).unwrap_or(u32::MAX)
    }

    /// The entries since the last call, and how many there are with them.
    pub(crate) fn take_fresh(&mut self) -> (Vec<u8>, u32) {
        (std::mem::take(&mut self.fresh), self.len())
    }

    /// The first `count` names of the file `path`.
    pub(crate) fn load(path: &Path, count: u32) -> Result<Self, AnalyticsError> {
        if count == 0 {
            return Ok(Self::default());
        }
        let mut bytes = vec![0; count as usize * ENTRY];
        File::open(path)
            .and_then(|mut file| file.read_exact(&mut bytes))
            .map_err(|error| AnalyticsError::io(path, &error))?;
        let numbers: HashMap<_, _> = bytes.chunks_exact(ENTRY).map(words).zip(0..).collect();
        if numbers.len() != count as usize {
            return Err(AnalyticsError::damaged(path, "a name occurs twice"));
        }
        Ok(Self {
            numbers,
            fresh: Vec::new(),
        })
    }
}

/// Writes `entries` so that the file ends with name number `count`, durably. What lies behind the
/// names before them was never committed and is overwritten.
pub(crate) fn append(path: &Path, entries: &[u8], count: u32) -> Result<(), AnalyticsError> {
    if entries.is_empty() {
        return Ok(());
    }
    let end = u64::from(count) * ENTRY as u64;
    let written = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .and_then(|mut file| {
            file.write_all_at(entries, end - entries.len() as u64)?;
            file.flush()?;
            file.set_len(end)?;
            file.sync_all()
        });
    written.map_err(|error| AnalyticsError::io(path, &error))
}

fn words(bytes: &[u8]) -> [u32; 3] {
    [0, 4, 8].map(|at| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]))
}
