//! What can go wrong.

use std::path::{Path, PathBuf};

/// A failure of analytics.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AnalyticsError {
    /// The disk is full; what was there before is intact.
    #[error("the disk of analytics is full")]
    DiskFull,
    /// Reading or writing failed.
    #[error("analytics {path}: {cause}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        cause: String,
    },
    /// A file is damaged or was written by a newer version.
    #[error("analytics {path}: not readable: {cause}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// The event log failed.
    #[error(transparent)]
    Log(#[from] events::LogError),
    /// The question combines what cannot be combined.
    #[error("no answer: {0}")]
    Question(&'static str),
    /// Analytics was closed, or its consumer ended after a failure.
    #[error("analytics has stopped: {0}")]
    Stopped(String),
}

impl AnalyticsError {
    pub(crate) fn io(path: &Path, cause: &std::io::Error) -> Self {
        if cause.kind() == std::io::ErrorKind::StorageFull
            || cause.kind() == std::io::ErrorKind::QuotaExceeded
        {
            Self::DiskFull
        } else {
            Self::Io {
                path: path.to_owned(),
                cause: cause.to_string(),
            }
        }
    }

    pub(crate) fn damaged(path: &Path, cause: impl std::fmt::Display) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            cause: format!("{cause}"),
        }
    }
}
