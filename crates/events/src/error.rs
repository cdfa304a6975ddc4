//! What can go wrong with the log.

use std::path::PathBuf;

/// A failure of the event log.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// The disk is full; nothing of the append was kept and what was there before is intact.
    #[error("the disk of the event log is full")]
    DiskFull,
    /// Reading or writing failed.
    #[error("event log {path}: {cause}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's words.
        cause: String,
    },
    /// A file is damaged before its end, or a position does not lie on an event.
    #[error("event log {path}: damaged at position {position}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        position: u64,
    },
    /// A file was written by a newer version.
    #[error("event log {path}: unknown format version {version}")]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// The version that it carries.
        version: u32,
    },
    /// An event is larger than [`crate::Log`] takes.
    #[error("an event of {bytes} bytes is larger than the event log takes")]
    EventTooLarge {
        /// Its encoded size.
        bytes: usize,
    },
    /// An earlier failure left the end of the log unknown; it is checked when the log is opened
    /// again.
    #[error("the event log stopped after a failure: {cause}")]
    Stopped {
        /// The failure.
        cause: String,
    },
    /// A consumer's name is empty or has characters other than letters, digits, `-` and `_`.
    #[error("{0:?} is no name of a consumer")]
    ConsumerName(String),
}

impl LogError {
    pub(crate) fn io(path: &std::path::Path, cause: &std::io::Error) -> Self {
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
}
