//! Members of imported segments, in pieces small enough to be rewritten often.
//!
//! The members of a version are kept as sets of at most 65,536 ordinals each, so that adding a
//! thousand members to ten million rewrites a few kilobytes. Snapshots are found by ordinal, so
//! that erasing a person finds them, and by user, for the same reason.

use std::collections::BTreeMap;

use fjall::OwnedWriteBatch as WriteBatch;
use model::{AppId, Endpoint, EndpointSet, ImportedMembers, Ordinal, SegmentId, UserId, set};
use store::StoreError;

use super::record::{self, damaged};
use super::tables::{Tables, View, number};

/// Records that one portion of a removal touches at most.
pub(super) const PORTION: usize = 4_096;

/// Kinds of records of a version.
const ENDPOINTS: u8 = 0;
const SNAPSHOTS: u8 = 1;
const USER: u8 = 2;

/// Ways to find a snapshot.
const BY_ORDINAL: u8 = 0;
const BY_USER: u8 = 1;

/// A version of a segment of an application.
#[derive(Clone, Copy)]
pub(super) struct Version<'a> {
    pub app: u32,
    pub segment: &'a SegmentId,
    pub version: u32,
}

/// Application, length of the segment's identifier, identifier.
fn segment_key(app: u32, segment: &SegmentId) -> Vec<u8> {
    let mut key = app.to_be_bytes().to_vec();
    push_text(&mut key, segment.as_str());
    key
}

/// Appends a text so that no other text continues it.
fn push_text(key: &mut Vec<u8>, text: &str) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    key.extend_from_slice(&length.to_be_bytes());
    key.extend_from_slice(text.as_bytes());
}

impl Version<'_> {
    fn prefix(&self) -> Vec<u8> {
        let mut key = segment_key(self.app, self.segment);
        key.extend_from_slice(&self.version.to_be_bytes());
        key
    }

    fn set_key(&self, kind: u8, ordinal: Ordinal) -> Vec<u8> {
        let mut key = self.prefix();
        key.push(kind);
        let [high, low, ..] = ordinal.to_be_bytes();
        key.extend_from_slice(&[high, low]);
        key
    }

    fn user_key(&self, user: &UserId) -> Vec<u8> {
        let mut key = self.prefix();
        key.push(USER);
        key.extend_from_slice(user.as_str().as_bytes());
        key
    }

    fn snapshot_key(&self, ordinal: Ordinal) -> Vec<u8> {
        let mut key = ordinal_prefix(self.app, ordinal);
        key.extend_from_slice(&self.version.to_be_bytes());
        key.extend_from_slice(self.segment.as_str().as_bytes());
        key
    }

    fn user_snapshot_key(&self, user: &UserId, ordinal: Ordinal) -> Vec<u8> {
        let mut key = user_prefix(self.app, user);
        key.extend_from_slice(&ordinal.to_be_bytes());
        key.extend_from_slice(&self.version.to_be_bytes());
        key.extend_from_slice(self.segment.as_str().as_bytes());
        key
    }
}

fn ordinal_prefix(app: u32, ordinal: Ordinal) -> Vec<u8> {
    let mut key = app.to_be_bytes().to_vec();
    key.push(BY_ORDINAL);
    key.extend_from_slice(&ordinal.to_be_bytes());
    key
}

fn user_prefix(app: u32, user: &UserId) -> Vec<u8> {
    let mut key = app.to_be_bytes().to_vec();
    key.push(BY_USER);
    push_text(&mut key, user.as_str());
    key
}

fn read_set(bytes: &[u8]) -> Result<EndpointSet, StoreError> {
    set::from_bytes(bytes).map_err(|error| damaged("segment members", &error.to_string()))
}

/// Members as they were added, without snapshots erased since.
pub(super) fn read(view: &View<'_>, version: Version<'_>) -> Result<ImportedMembers, StoreError> {
    let prefix = version.prefix();
    let mut members = ImportedMembers::default();
    for entry in view.prefix(&view.tables.members, &prefix) {
        let (key, value) = entry?;
        match key.get(prefix.len()) {
            Some(&ENDPOINTS) => members.endpoints |= read_set(&value)?,
            Some(&SNAPSHOTS) => members.snapshots |= read_set(&value)?,
            Some(&USER) => {
                let user = std::str::from_utf8(&key[prefix.len() + 1..])
                    .map_err(|error| damaged("segment member", &error.to_string()))?;
                members.users.push(UserId::new(user));
            }
            _ => return Err(damaged("segment members", "the key has no known kind")),
        }
    }
    Ok(members)
}

/// The snapshot of an ordinal.
pub(super) fn read_snapshot(
    view: &View<'_>,
    app: &AppId,
    version: Version<'_>,
    ordinal: Ordinal,
) -> Result<Option<Endpoint>, StoreError> {
    view.get(&view.tables.snapshots, version.snapshot_key(ordinal))?
        .map(|bytes| record::read_endpoint(&bytes, app, ordinal))
        .transpose()
}

/// Changes of members that go into one batch.
pub(super) struct MemberChanges<'a> {
    view: &'a View<'a>,
    sets: BTreeMap<Vec<u8>, EndpointSet>,
}

impl<'a> MemberChanges<'a> {
    pub fn new(view: &'a View<'a>) -> Self {
        Self {
            view,
            sets: BTreeMap::new(),
        }
    }

    fn set(&mut self, key: Vec<u8>) -> Result<&mut EndpointSet, StoreError> {
        use std::collections::btree_map::Entry;
        match self.sets.entry(key) {
            Entry::Occupied(occupied) => Ok(occupied.into_mut()),
            Entry::Vacant(vacant) => {
                let stored = self.view.get(&self.view.tables.members, vacant.key())?;
                let set =
                    stored.map_or_else(|| Ok(EndpointSet::new()), |bytes| read_set(&bytes))?;
                Ok(vacant.insert(set))
            }
        }
    }

    /// Adds members of a version.
    pub fn add(
        &mut self,
        batch: &mut WriteBatch,
        version: Version<'_>,
        endpoints: &EndpointSet,
        users: &[UserId],
        snapshots: &[Endpoint],
    ) -> Result<(), StoreError> {
        let tables = self.view.tables;
        for ordinal in endpoints {
            self.set(version.set_key(ENDPOINTS, ordinal))?
                .insert(ordinal);
        }
        for user in users {
            batch.insert(&tables.members, version.user_key(user), []);
        }
        let mut bytes = Vec::with_capacity(512);
        for snapshot in snapshots {
            let ordinal = snapshot.ordinal;
            self.set(version.set_key(ENDPOINTS, ordinal))?
                .insert(ordinal);
            self.set(version.set_key(SNAPSHOTS, ordinal))?
                .insert(ordinal);
            record::write_endpoint(snapshot, true, &mut bytes)?;
            let key = version.snapshot_key(ordinal);
            batch.insert(&tables.snapshots, key, bytes.as_slice());
            if let Some(user) = &snapshot.user {
                let key = version.user_snapshot_key(user, ordinal);
                batch.insert(&tables.snapshots, key, []);
            }
        }
        Ok(())
    }

    /// Erases the snapshots of an endpoint in every segment (`docs/spec/audience.md §6.6`).
    pub fn erase_endpoint(
        &mut self,
        batch: &mut WriteBatch,
        app: u32,
        ordinal: Ordinal,
    ) -> Result<(), StoreError> {
        let prefix = ordinal_prefix(app, ordinal);
        for entry in self.view.prefix(&self.view.tables.snapshots, &prefix) {
            let (key, value) = entry?;
            let (version, segment) = version_of(&key[prefix.len()..])?;
            let version = Version {
                app,
                segment: &segment,
                version,
            };
            self.erase(batch, version, ordinal, &value)?;
        }
        Ok(())
    }

    /// Erases the snapshots that belong to a user.
    pub fn erase_user(
        &mut self,
        batch: &mut WriteBatch,
        app: u32,
        user: &UserId,
    ) -> Result<(), StoreError> {
        let prefix = user_prefix(app, user);
        for entry in self.view.prefix(&self.view.tables.snapshots, &prefix) {
            let (key, _) = entry?;
            let rest = &key[prefix.len()..];
            let ordinal = number(rest.get(..4).unwrap_or_default(), "snapshot key")?;
            let (version, segment) = version_of(&rest[4..])?;
            let version = Version {
                app,
                segment: &segment,
                version,
            };
            batch.remove(&self.view.tables.snapshots, version.snapshot_key(ordinal));
            batch.remove(&self.view.tables.snapshots, key);
            self.set(version.set_key(SNAPSHOTS, ordinal))?
                .remove(ordinal);
        }
        Ok(())
    }

    fn erase(
        &mut self,
        batch: &mut WriteBatch,
        version: Version<'_>,
        ordinal: Ordinal,
        snapshot: &[u8],
    ) -> Result<(), StoreError> {
        let snapshots = &self.view.tables.snapshots;
        // Whose the snapshot is does not matter, only the user in it.
        let snapshot = record::read_endpoint(snapshot, &AppId::from(""), ordinal)?;
        if let Some(user) = &snapshot.user {
            batch.remove(snapshots, version.user_snapshot_key(user, ordinal));
        }
        batch.remove(snapshots, version.snapshot_key(ordinal));
        self.set(version.set_key(SNAPSHOTS, ordinal))?
            .remove(ordinal);
        Ok(())
    }

    /// Moves the changed sets into `batch`.
    pub fn finish(self, batch: &mut WriteBatch) {
        for (key, set) in self.sets {
            put_set(batch, self.view.tables, key, &set);
        }
    }

    /// Removes a portion of everything kept of a segment; tells whether nothing is left.
    pub fn drop_segment(
        &mut self,
        batch: &mut WriteBatch,
        app: u32,
        segment: &SegmentId,
    ) -> Result<bool, StoreError> {
        let tables = self.view.tables;
        let prefix = segment_key(app, segment);
        let mut touched = 0;
        for entry in self.view.prefix(&tables.members, &prefix) {
            if touched >= PORTION {
                return Ok(false);
            }
            let (key, value) = entry?;
            touched += 1;
            let rest = &key[prefix.len()..];
            let version = Version {
                app,
                segment,
                version: number(rest.get(..4).unwrap_or_default(), "segment version")?,
            };
            if rest.get(4) == Some(&SNAPSHOTS) {
                let set = read_set(&value)?;
                for ordinal in set.iter().take(PORTION) {
                    let stored = self
                        .view
                        .get(&tables.snapshots, version.snapshot_key(ordinal))?;
                    if let Some(snapshot) = stored {
                        self.erase(batch, version, ordinal, &snapshot)?;
                    }
                    touched += 1;
                }
                if set.len() > PORTION as u64 {
                    return Ok(false);
                }
                self.sets.remove(key.as_ref() as &[u8]);
            }
            batch.remove(&tables.members, key);
        }
        Ok(true)
    }
}

fn put_set(batch: &mut WriteBatch, tables: &Tables, key: Vec<u8>, members: &EndpointSet) {
    if members.is_empty() {
        batch.remove(&tables.members, key);
    } else {
        batch.insert(&tables.members, key, set::to_bytes(members));
    }
}

/// Reads a version number and the identifier of a segment at the end of a key.
fn version_of(rest: &[u8]) -> Result<(u32, SegmentId), StoreError> {
    let (version, segment) = rest
        .split_at_checked(4)
        .ok_or_else(|| damaged("snapshot key", "it is too short"))?;
    let segment = std::str::from_utf8(segment)
        .map_err(|error| damaged("snapshot key", &error.to_string()))?;
    Ok((number(version, "segment version")?, SegmentId::new(segment)))
}
