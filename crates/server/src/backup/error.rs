//! Why a backup cannot be taken or brought back.

use std::path::{Path, PathBuf};

/// Why a backup cannot be taken or brought back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is nothing to back up.
    #[error("{0} is no data folder")]
    NoData(PathBuf),
    /// The folder has something in it.
    #[error("{0} is not empty")]
    NotEmpty(PathBuf),
    /// The copy would lie in what is copied.
    #[error("{0} lies in the data folder: choose a folder beside it")]
    InsideData(PathBuf),
    /// The folder has no manifest.
    #[error("{0} holds no whole backup: it has no manifest.json, which is written last")]
    NoManifest(PathBuf),
    /// The manifest does not read.
    #[error("{path} is damaged: {reason}")]
    BadManifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The backup was taken by a newer program.
    #[error(
        "the backup has format {format} and schema version {schema}; this program knows up to \
         {known_format} and {known_schema}: use version {version} or newer"
    )]
    Newer {
        /// Format of the manifest.
        format: u32,
        /// Schema of the data.
        schema: u32,
        /// Highest format known.
        known_format: u32,
        /// Highest schema known.
        known_schema: u32,
        /// Who took it.
        version: String,
    },
    /// A file of the backup is not as it was written.
    #[error("{path} is damaged: {reason}; nothing was restored")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How it shows.
        reason: String,
    },
    /// A file or folder cannot be read or written.
    #[error("{path}: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The store cannot be copied.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The event log cannot be copied.
    #[error(transparent)]
    Log(#[from] events::LogError),
    /// Analytics cannot be copied.
    #[error(transparent)]
    Analytics(#[from] analytics::AnalyticsError),
    /// The running server cannot be reached.
    #[error("the server that works in {data} cannot be asked: {reason}")]
    Unreachable {
        /// Its data folder.
        data: PathBuf,
        /// Why.
        reason: String,
    },
    /// The running server could not take the backup.
    #[error("{0}")]
    Refused(String),
    /// The backup ended early.
    #[error("the backup ended early: {0}")]
    Stopped(String),
}

impl BackupError {
    /// Names the file that the operating system refuses.
    pub fn file(path: &Path) -> impl Fn(std::io::Error) -> Self + '_ {
        |cause| Self::File {
            path: path.to_owned(),
            cause,
        }
    }
}
