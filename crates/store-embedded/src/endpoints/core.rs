//! What the threads of the endpoint store share.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use model::AppId;
use parking_lot::RwLock;
use store::StoreError;

use super::apps::App;
use super::tables::Tables;
use crate::Options;
use crate::folder::Folder;

/// With less room than this, the tables cannot write their memory out.
const FLUSH_BYTES: u64 = 128 * 1024 * 1024;

/// The state of the endpoint store.
pub(super) struct Core {
    folder: Arc<Folder>,
    pub options: Options,
    /// Absent after a failure from which the store has not recovered yet.
    tables: RwLock<Option<Tables>>,
    apps: RwLock<HashMap<AppId, Arc<App>>>,
    /// The last commit that every new view has.
    pub committed: AtomicU64,
    /// The last turn that every index has.
    pub indexed: AtomicU64,
    /// Whether a write failed, so that what is in memory may be ahead of what is durable.
    pub failed: AtomicBool,
}

impl Core {
    pub fn new(folder: Arc<Folder>, options: Options) -> Self {
        Self {
            folder,
            options,
            tables: RwLock::new(None),
            apps: RwLock::default(),
            committed: AtomicU64::new(0),
            indexed: AtomicU64::new(0),
            failed: AtomicBool::new(false),
        }
    }

    /// Runs `work` on the open tables, which stay open meanwhile. Not to be nested.
    pub fn with_tables<T>(
        &self,
        work: impl FnOnce(&Tables) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let tables = self.tables.read();
        match tables.as_ref() {
            Some(tables) => work(tables),
            None => Err(StoreError::Backend(
                "endpoints are closed after a failed write until the store recovers".to_owned(),
            )),
        }
    }

    /// Closes the tables, waiting for readers, and opens them as the disk has them.
    pub fn reopen_tables(&self) -> Result<(), StoreError> {
        let mut tables = self.tables.write();
        // The old ones hold the lock of their folder.
        *tables = None;
        *tables = Some(Tables::open(&self.path(), self.options.cache_bytes)?);
        Ok(())
    }

    /// Closes the tables for good.
    pub fn close_tables(&self) {
        *self.tables.write() = None;
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.endpoints_path()
    }

    /// The application, if it has ever been written to.
    pub fn app(&self, id: &AppId) -> Option<Arc<App>> {
        self.apps.read().get(id).cloned()
    }

    pub fn insert_app(&self, app: &Arc<App>) {
        self.apps.write().insert(app.id.clone(), Arc::clone(app));
    }

    pub fn remove_app(&self, id: &AppId) {
        self.apps.write().remove(id);
    }

    /// Replaces every application by what the disk has.
    pub fn replace_apps(&self, apps: HashMap<AppId, Arc<App>>) {
        *self.apps.write() = apps;
    }

    /// An error if the disk has less room than compaction may need.
    pub fn check_room(&self) -> Result<(), StoreError> {
        if free_bytes(self.folder.dir())? < self.options.free_bytes_min {
            Err(StoreError::Full)
        } else {
            Ok(())
        }
    }

    /// Why a write failed: the tables say no more than that one did before, and often it is the
    /// disk.
    pub fn explain(&self, error: StoreError) -> StoreError {
        match (error, free_bytes(self.folder.dir())) {
            (StoreError::Backend(_), Ok(free)) if free < FLUSH_BYTES => StoreError::Full,
            (error, _) => error,
        }
    }

    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }
}

/// Bytes that this process may still write to the disk of `dir`.
fn free_bytes(dir: &Path) -> Result<u64, StoreError> {
    let disk = rustix::fs::statvfs(dir)
        .map_err(|error| StoreError::Backend(format!("the data folder's disk: {error}")))?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}
