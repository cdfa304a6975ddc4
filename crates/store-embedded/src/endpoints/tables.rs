//! The tables of the key-value store, the forms of their keys, and reading one record.
//!
//! Every key starts with the number of its application, big-endian, so that an application is one
//! range of each table.

use std::ops::Bound;
use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable as _, Snapshot};
use model::{Endpoint, EndpointKey, Ordinal, UserId};
use store::StoreError;

use super::record::{self, UserRecord};
use crate::error::from_fjall;

/// Bytes that a start after a crash reads again at most.
const JOURNAL_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The open key-value store.
pub(super) struct Tables {
    pub db: Database,
    /// Applications: numbers, counters, registries; see `apps.rs`.
    pub apps: Keyspace,
    /// Application, ordinal → endpoint.
    pub endpoints: Keyspace,
    /// Application, folded identifier → ordinal; kept for ever.
    pub ids: Keyspace,
    /// Application, user → attributes and endpoints.
    pub users: Keyspace,
    /// Application, ordinal → last instant of activity reported by events.
    pub activity: Keyspace,
    /// Members of imported segments; see `members.rs`.
    pub members: Keyspace,
    /// Snapshots of imported segments; see `members.rs`.
    pub snapshots: Keyspace,
}

impl Tables {
    pub fn open(path: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        let db = Database::builder(path)
            .cache_size(cache_bytes)
            // The syncing thread makes a group durable; a commit by itself need not.
            .manual_journal_persist(true)
            .max_journaling_size(JOURNAL_BYTES_MAX)
            .open()
            .map_err(from_fjall)?;
        let table = |name: &str| {
            db.keyspace(name, KeyspaceCreateOptions::default)
                .map_err(from_fjall)
        };
        Ok(Self {
            apps: table("apps")?,
            endpoints: table("endpoints")?,
            ids: table("ids")?,
            users: table("users")?,
            activity: table("activity")?,
            members: table("members")?,
            snapshots: table("snapshots")?,
            db,
        })
    }

    /// Every table with the records of applications.
    pub fn of_apps(&self) -> [&Keyspace; 6] {
        [
            &self.endpoints,
            &self.ids,
            &self.users,
            &self.activity,
            &self.members,
            &self.snapshots,
        ]
    }

    /// Makes everything committed durable.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.db.persist(PersistMode::SyncAll).map_err(from_fjall)
    }

    /// What is committed now, unmoved by later commits.
    pub fn view(&self) -> View<'_> {
        View {
            tables: self,
            snapshot: self.db.snapshot(),
        }
    }
}

/// The key of an endpoint or of its activity.
pub(super) fn ordinal_key(app: u32, ordinal: Ordinal) -> [u8; 8] {
    let mut key = [0; 8];
    key[..4].copy_from_slice(&app.to_be_bytes());
    key[4..].copy_from_slice(&ordinal.to_be_bytes());
    key
}

/// The ordinal in a key that [`ordinal_key`] made.
pub(super) fn key_ordinal(key: &[u8]) -> Result<Ordinal, StoreError> {
    number(key.get(4..8).unwrap_or_default(), "endpoint key")
}

/// The key of an identifier or a user.
pub(super) fn text_key(app: u32, text: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(4 + text.len());
    key.extend_from_slice(&app.to_be_bytes());
    key.extend_from_slice(text.as_bytes());
    key
}

/// A big-endian number of four bytes.
pub(super) fn number(bytes: &[u8], what: &str) -> Result<u32, StoreError> {
    let bytes = <[u8; 4]>::try_from(bytes).map_err(|_| StoreError::Damaged {
        what: what.to_owned(),
        reason: format!("{} bytes instead of 4", bytes.len()),
    })?;
    Ok(u32::from_be_bytes(bytes))
}

/// Records in the order of their keys.
pub(super) struct Entries(fjall::Iter);

impl Iterator for Entries {
    type Item = Result<(fjall::UserKey, fjall::UserValue), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.0.next()?.into_inner().map_err(from_fjall))
    }
}

/// What was committed at one moment.
pub(super) struct View<'a> {
    pub tables: &'a Tables,
    snapshot: Snapshot,
}

impl View<'_> {
    /// The value at `key` of `table`.
    pub fn get(
        &self,
        table: &Keyspace,
        key: impl AsRef<[u8]>,
    ) -> Result<Option<fjall::UserValue>, StoreError> {
        self.snapshot.get(table, key).map_err(from_fjall)
    }

    /// The records whose keys start with `prefix`, in order.
    pub fn prefix(&self, table: &Keyspace, prefix: &[u8]) -> Entries {
        Entries(self.snapshot.prefix(table, prefix))
    }

    /// The records with keys from `first` to `last`, both included, in order.
    pub fn range(&self, table: &Keyspace, first: [u8; 8], last: [u8; 8]) -> Entries {
        Entries(self.snapshot.range(table, first..=last))
    }

    /// The keys that start with `prefix` and come after `after`, in order.
    pub fn keys_after(
        &self,
        table: &Keyspace,
        prefix: &[u8],
        after: Option<&[u8]>,
    ) -> impl Iterator<Item = Result<fjall::UserKey, StoreError>> + use<> {
        let first = after.map_or(Bound::Included(prefix), Bound::Excluded);
        let prefix = prefix.to_vec();
        self.snapshot
            .range::<&[u8], _>(table, (first, Bound::Unbounded))
            .map(|entry| entry.key().map_err(from_fjall))
            .take_while(move |key| key.as_ref().map_or(true, |key| key.starts_with(&prefix)))
    }

    /// The ordinal that an identifier has for ever, if it was ever seen.
    pub fn ordinal(&self, app: u32, id: &EndpointKey) -> Result<Option<Ordinal>, StoreError> {
        self.get(&self.tables.ids, text_key(app, id.as_str()))?
            .map(|value| number(&value, "ordinal"))
            .transpose()
    }

    /// The endpoint as it is kept: without the attributes of its user and later activity.
    pub fn endpoint(
        &self,
        app: u32,
        app_id: &model::AppId,
        ordinal: Ordinal,
    ) -> Result<Option<Endpoint>, StoreError> {
        self.get(&self.tables.endpoints, ordinal_key(app, ordinal))?
            .map(|bytes| record::read_endpoint(&bytes, app_id, ordinal))
            .transpose()
    }

    pub fn user(&self, app: u32, user: &UserId) -> Result<Option<UserRecord>, StoreError> {
        self.get(&self.tables.users, text_key(app, user.as_str()))?
            .map(|bytes| record::read_user(&bytes))
            .transpose()
    }

    /// When events last reported activity.
    pub fn activity(
        &self,
        app: u32,
        ordinal: Ordinal,
    ) -> Result<Option<clock::Timestamp>, StoreError> {
        self.get(&self.tables.activity, ordinal_key(app, ordinal))?
            .map(|bytes| record::read_instant(&bytes))
            .transpose()
    }
}
