//! Records of archives that were loaded, in tables of their own: only loading opens them.

use std::path::{Path, PathBuf};

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use store::{Fingerprint, Intent, LoadedRecords, StoreError};

use crate::error::from_fjall;

/// Bytes of blocks in memory.
const CACHE_BYTES: u64 = 32 * 1024 * 1024;
const INTENT: &[u8] = b"intent";

/// What was loaded into one data folder.
pub struct LoadedArchives {
    db: Database,
    records: Keyspace,
    work: Keyspace,
}

impl LoadedArchives {
    /// Where they lie in the data folder `dir`.
    #[must_use]
    pub fn path(dir: &Path) -> PathBuf {
        dir.join("archive")
    }

    /// Opens the tables of the data folder `dir`, which this process has locked; creates them if
    /// need be. Blocks.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let db = Database::builder(Self::path(dir))
            .cache_size(CACHE_BYTES)
            .manual_journal_persist(true)
            .open()
            .map_err(from_fjall)?;
        let table = |name: &str| {
            db.keyspace(name, KeyspaceCreateOptions::default)
                .map_err(from_fjall)
        };
        Ok(Self {
            records: table("records")?,
            work: table("work")?,
            db,
        })
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.db.persist(PersistMode::SyncAll).map_err(from_fjall)
    }
}

impl LoadedRecords for LoadedArchives {
    fn known(&self, records: &[Fingerprint]) -> Result<Vec<bool>, StoreError> {
        let known = |record| self.records.contains_key(record).map_err(from_fjall);
        records.iter().map(known).collect()
    }

    fn intend(&self, intent: &Intent) -> Result<(), StoreError> {
        let mut bytes = intent.position.to_be_bytes().to_vec();
        bytes.extend(intent.records.as_flattened());
        self.work.insert(INTENT, bytes).map_err(from_fjall)?;
        self.sync()
    }

    fn intended(&self) -> Result<Option<Intent>, StoreError> {
        let Some(bytes) = self.work.get(INTENT).map_err(from_fjall)? else {
            return Ok(None);
        };
        let damaged = || StoreError::Damaged {
            what: "archive intent".to_owned(),
            reason: format!("it has {} bytes", bytes.len()),
        };
        let (position, records) = bytes.split_first_chunk::<8>().ok_or_else(damaged)?;
        let (records, rest) = records.as_chunks::<16>();
        if !rest.is_empty() {
            return Err(damaged());
        }
        Ok(Some(Intent {
            position: u64::from_be_bytes(*position),
            records: records.to_vec(),
        }))
    }

    fn settle(&self, records: &[Fingerprint]) -> Result<(), StoreError> {
        let mut batch = self.db.batch();
        for record in records {
            batch.insert(&self.records, *record, []);
        }
        batch.remove(&self.work, INTENT);
        batch.commit().map_err(from_fjall)?;
        self.sync()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_settled_is_known_and_what_was_intended_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let records = [[1; 16], [2; 16], [3; 16]];
        let intent = Intent {
            position: 77,
            records: records.to_vec(),
        };
        {
            let loaded = LoadedArchives::open(dir.path()).unwrap();
            assert_eq!(loaded.intended().unwrap(), None);
            loaded.intend(&intent).unwrap();
        }
        {
            let loaded = LoadedArchives::open(dir.path()).unwrap();
            assert_eq!(loaded.intended().unwrap(), Some(intent));
            assert_eq!(loaded.known(&records).unwrap(), [false; 3]);
            loaded.settle(&records[..2]).unwrap();
        }
        let loaded = LoadedArchives::open(dir.path()).unwrap();
        assert_eq!(loaded.intended().unwrap(), None);
        assert_eq!(loaded.known(&records).unwrap(), [true, true, false]);
    }
}
