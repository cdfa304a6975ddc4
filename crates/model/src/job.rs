//! Import and export jobs.

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AppId, JobId, Ordinal, SegmentId};

/// A job that reads endpoints from files (`docs/spec/audience.md §11`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportJob {
    /// The application.
    pub app: AppId,
    /// The identifier.
    pub id: JobId,
    /// What was asked for.
    pub definition: ImportDefinition,
    /// Where the job stands.
    pub status: JobStatus,
    /// Pieces that the files were cut into, as far as known.
    pub total_pieces: u32,
    /// Pieces done.
    pub completed_pieces: u32,
    /// Pieces that could not be processed.
    pub failed_pieces: u32,
    /// Rows read, good and bad.
    pub total_processed: u64,
    /// Rows rejected.
    pub total_failures: u64,
    /// The first 100 reasons: `<key>:<line>: <reason>`.
    pub failures: Vec<String>,
    /// When the job was created.
    pub created: Timestamp,
    /// When it reached a final state.
    pub completed: Option<Timestamp>,
}

/// What an import job was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportDefinition {
    /// Format of the files.
    pub format: JobFormat,
    /// `s3://bucket/key-or-prefix`.
    pub s3_url: String,
    /// Stored and echoed.
    pub role_arn: String,
    /// Whether a segment is created or refreshed.
    pub define_segment: bool,
    /// Whether endpoints are written.
    pub register_endpoints: bool,
    /// The segment that is created or refreshed.
    pub segment_id: Option<SegmentId>,
    /// Name of a new segment.
    pub segment_name: Option<String>,
    /// Stored and echoed; deprecated.
    pub external_id: Option<String>,
}

/// A job that writes endpoints to files (`docs/spec/audience.md §12`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportJob {
    /// The application.
    pub app: AppId,
    /// The identifier.
    pub id: JobId,
    /// What was asked for.
    pub definition: ExportDefinition,
    /// Where the job stands.
    pub status: JobStatus,
    /// Files to write, as far as known.
    pub total_pieces: u32,
    /// Files written whole.
    pub completed_pieces: u32,
    /// Files that could not be written.
    pub failed_pieces: u32,
    /// Rows in the files written.
    pub total_processed: u64,
    /// Why the job failed.
    pub failures: Vec<String>,
    /// The highest ordinal that the files written deal with.
    pub written_through: Option<Ordinal>,
    /// When the job was created.
    pub created: Timestamp,
    /// When it reached a final state.
    pub completed: Option<Timestamp>,
}

/// What an export job was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportDefinition {
    /// `s3://bucket/prefix`, as it was sent.
    pub s3_url_prefix: String,
    /// Stored and echoed.
    pub role_arn: String,
    /// Whose members are exported; absent means every endpoint of the application.
    pub segment_id: Option<SegmentId>,
    /// The version of the segment that was the latest, or asked for, at creation.
    pub segment_version: Option<u32>,
}

/// Format of import files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobFormat {
    /// Comma-separated values with a header line.
    Csv,
    /// One JSON object per line.
    Json,
}

/// Where a job stands (`docs/spec/audience.md §11.4`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words are the reference's own")]
pub enum JobStatus {
    Created,
    PreparingForInitialization,
    Initializing,
    PendingJob,
    Processing,
    Completing,
    Completed,
    Failing,
    Failed,
}

impl JobFormat {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
        }
    }
}

impl JobStatus {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::PreparingForInitialization => "PREPARING_FOR_INITIALIZATION",
            Self::Initializing => "INITIALIZING",
            Self::PendingJob => "PENDING_JOB",
            Self::Processing => "PROCESSING",
            Self::Completing => "COMPLETING",
            Self::Completed => "COMPLETED",
            Self::Failing => "FAILING",
            Self::Failed => "FAILED",
        }
    }

    /// Whether nothing more can happen.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}
