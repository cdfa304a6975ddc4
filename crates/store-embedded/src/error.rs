//! Why a data folder does not open, and how driver errors become store errors.

use std::path::PathBuf;

use store::StoreError;

/// Why a data folder does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be created, read or written.
    #[error("data folder {dir} cannot be used: {reason}")]
    Unusable {
        /// The folder.
        dir: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// Another process works in the folder.
    #[error("data folder {0} is in use by another process")]
    Locked(PathBuf),
    /// The folder was written by a newer version of the program.
    #[error(
        "data folder {dir} has schema version {found}; this program knows up to {known}: use a newer one"
    )]
    Newer {
        /// The folder.
        dir: PathBuf,
        /// Version found.
        found: u32,
        /// Highest version known.
        known: u32,
    },
    /// A backup was brought back to the folder, and not to the end.
    #[error("data folder {0} holds half a backup: restore it again")]
    HalfRestored(PathBuf),
    /// Secrets were sealed under another master key.
    #[error("data folder {0} belongs to another master key")]
    WrongMasterKey(PathBuf),
    /// The folder's own master key is gone.
    #[error(
        "data folder {0} has secrets but no master key: restore meta/master.key or give the key"
    )]
    MissingMasterKey(PathBuf),
    /// The key file does not hold a key.
    #[error("master key file {0} does not hold 64 hex digits")]
    BadMasterKeyFile(PathBuf),
    /// What is stored does not open.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Unix code for a full disk.
const ENOSPC: i32 = 28;
/// Unix code for a used-up quota.
const EDQUOT: i32 = 122;

/// Whether the disk or quota is used up.
pub(crate) fn is_full(error: &std::io::Error) -> bool {
    matches!(error.raw_os_error(), Some(ENOSPC | EDQUOT))
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
pub(crate) fn from_sqlite(error: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode;
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged {
            what: "documents.sqlite".to_owned(),
            reason: error.to_string(),
        },
        _ => StoreError::Backend(error.to_string()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
pub(crate) fn from_fjall(error: fjall::Error) -> StoreError {
    match &error {
        fjall::Error::Io(io) if is_full(io) => StoreError::Full,
        _ => StoreError::Backend(error.to_string()),
    }
}
