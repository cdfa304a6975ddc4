//! What a job keeps beside its public record until it ends.

use std::collections::BTreeMap;

use clock::Timestamp;
use model::{AppId, ChannelType, ImportJob, JobId};
use serde::{Deserialize, Serialize};
use store::{DocumentKey, Expect, Resource, Write};

use crate::buckets::File;

/// The kinds of documents that a running job keeps under its application.
pub const DOCUMENT_KINDS: [&str; 2] = [Plan::KIND, Progress::KIND];

/// The files of a job, written once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) app: AppId,
    pub(super) job: JobId,
    pub(super) created: Timestamp,
    /// In the order of reading.
    pub(super) files: Vec<File>,
    /// The number under which the members of the segment are kept.
    pub(super) members_version: u32,
    /// Whether the segment was there before the job.
    pub(super) refreshes: bool,
}

/// How far a job has come, written with each piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    pub(super) app: AppId,
    pub(super) job: JobId,
    pub(super) created: Timestamp,
    /// Where the next piece begins.
    pub(super) next: Position,
    /// Successful rows by channel.
    pub(super) channel_counts: BTreeMap<ChannelType, u64>,
}

/// A place between two pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Index of the file.
    pub(super) file: usize,
    /// Offset in the file.
    pub(super) offset: u64,
    /// Number of the line that begins there, from 1.
    pub(super) line: u64,
}

impl Position {
    /// The beginning of a file.
    pub(super) const fn file(file: usize) -> Self {
        Self {
            file,
            offset: 0,
            line: 1,
        }
    }
}

impl Plan {
    /// Bytes in all files, and those of them before `position`.
    pub(super) fn bytes(&self, position: Position) -> (u64, u64) {
        let sum = |files: &[File]| files.iter().map(|file| file.bytes).sum::<u64>();
        let before = &self.files[..position.file.min(self.files.len())];
        (sum(&self.files), sum(before) + position.offset)
    }
}

impl Resource for Plan {
    const KIND: &'static str = "import_plan";

    fn parent(&self) -> String {
        self.app.to_string()
    }

    fn id(&self) -> String {
        self.job.to_string()
    }

    fn created(&self) -> Timestamp {
        self.created
    }
}

impl Resource for Progress {
    const KIND: &'static str = "import_progress";

    fn parent(&self) -> String {
        self.app.to_string()
    }

    fn id(&self) -> String {
        self.job.to_string()
    }

    fn created(&self) -> Timestamp {
        self.created
    }
}

/// The writes that remove what `job` kept beside its record.
pub(super) fn forget(job: &ImportJob) -> impl Iterator<Item = Write> {
    DOCUMENT_KINDS.into_iter().map(|kind| Write::Delete {
        key: DocumentKey {
            kind,
            parent: job.app.to_string(),
            id: job.id.to_string(),
        },
        expect: Expect::Any,
    })
}
