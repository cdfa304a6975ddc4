//! The data folder: its lock, its schema version, its key file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::OpenError;

/// The layout that this program writes. Raised by every change that an older program would
/// misread; SQLite's part of each step is in `documents/schema.rs`.
pub const SCHEMA_VERSION: u32 = 2;

/// As long as this file lies in a data folder, not all of a backup has come back to it.
pub const RESTORING: &str = "meta/restoring";

/// A data folder that no other process uses.
#[derive(Debug)]
pub(crate) struct Folder {
    dir: PathBuf,
    /// Held for its lock.
    _lock: File,
}

impl Folder {
    /// Creates `dir` if needed, locks it and checks its version.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        let unusable = |error: std::io::Error| OpenError::Unusable {
            dir: dir.to_owned(),
            reason: error.to_string(),
        };
        std::fs::create_dir_all(dir.join("meta")).map_err(unusable)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join("meta/lock"))
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::Locked(dir.to_owned())),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let folder = Self {
            dir: dir.to_owned(),
            _lock: lock,
        };
        if dir.join(RESTORING).exists() {
            return Err(OpenError::HalfRestored(dir.to_owned()));
        }
        folder.check_version()?;
        Ok(folder)
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn documents_path(&self) -> PathBuf {
        self.dir.join("documents.sqlite")
    }

    pub fn endpoints_path(&self) -> PathBuf {
        self.dir.join("endpoints")
    }

    pub fn key_path(&self) -> PathBuf {
        self.dir.join("meta/master.key")
    }

    fn version_path(&self) -> PathBuf {
        self.dir.join("meta/schema")
    }

    /// The error of a folder that `found` wrote.
    pub fn newer(&self, found: u32) -> OpenError {
        OpenError::Newer {
            dir: self.dir.clone(),
            found,
            known: SCHEMA_VERSION,
        }
    }

    /// The error of a folder on which the operating system refuses something.
    pub fn unusable(&self, error: &std::io::Error) -> OpenError {
        OpenError::Unusable {
            dir: self.dir.clone(),
            reason: error.to_string(),
        }
    }

    fn check_version(&self) -> Result<(), OpenError> {
        let text = match std::fs::read_to_string(self.version_path()) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(self.unusable(&error)),
        };
        match text.trim().parse::<u32>() {
            Ok(found) if found > SCHEMA_VERSION => Err(self.newer(found)),
            Ok(_) => Ok(()),
            Err(_) => Err(OpenError::Unusable {
                dir: self.dir.clone(),
                reason: format!("meta/schema holds {text:?} instead of a version"),
            }),
        }
    }

    /// Records that the folder has this program's layout.
    pub fn write_schema_version(&self) -> Result<(), OpenError> {
        self.write_durably(&self.version_path(), &format!("{SCHEMA_VERSION}\n"), 0o644)
    }

    /// Copies the key file, if there is one, and the schema version to the data folder `dir`.
    pub fn copy_meta(&self, dir: &Path) -> std::io::Result<()> {
        let meta = dir.join("meta");
        std::fs::create_dir_all(&meta)?;
        for of in [self.version_path(), self.key_path()] {
            // The mode goes along.
            match std::fs::copy(&of, meta.join(of.file_name().unwrap_or_default())) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// The text of the key file, if there is one.
    pub fn read_key(&self) -> Result<Option<String>, OpenError> {
        match std::fs::read_to_string(self.key_path()) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.unusable(&error)),
        }
    }

    /// Creates the key file, readable by its owner alone.
    pub fn write_key(&self, text: &str) -> Result<(), OpenError> {
        self.write_durably(&self.key_path(), text, 0o600)
    }

    /// Replaces a small file so that a crash leaves the old or the new one.
    fn write_durably(&self, path: &Path, text: &str, mode: u32) -> Result<(), OpenError> {
        let written = || -> std::io::Result<()> {
            let draft = path.with_extension("draft");
            let mut file = OpenOptions::new()
                .create(true)
                .truncate(true)
                .write(true)
                .mode(mode)
                .open(&draft)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&draft, path)?;
            File::open(self.dir.join("meta"))?.sync_all()
        };
        written().map_err(|error| self.unusable(&error))
    }
}
