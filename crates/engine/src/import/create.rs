//! The part of a job that the caller waits for (`docs/spec/audience.md §11.1, §11.2`).

use audience::rows::{CsvHeader, HeaderError, LINE_BYTES_MAX, PieceCutter, RowError, read_json};
use model::{
    AppId, ImportDefinition, ImportJob, JobFormat, JobId, JobStatus, Segment, SegmentCriteria,
    SegmentId,
};
use store::{Expect, Resource, StoreError};

use super::ImportJobs;
use super::progress::{Plan, Position, Progress};
use crate::buckets::{Bucket, File, FileError, Location};
use crate::jobs::is_full;

/// Bytes of the first file that are read to check its first record.
const CHECKED_BYTES_MAX: u64 = 4 * LINE_BYTES_MAX as u64;

/// What a caller asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRequest {
    /// Format of the files.
    pub format: JobFormat,
    /// `s3://bucket/key-or-prefix`.
    pub s3_url: String,
    /// Stored and echoed; must not be empty.
    pub role_arn: String,
    /// Whether a segment is created or refreshed; implied by `segment_id`.
    pub define_segment: bool,
    /// Whether endpoints are written.
    pub register_endpoints: bool,
    /// The imported segment to refresh.
    pub segment_id: Option<SegmentId>,
    /// Name of a new segment; absent for the name of the file.
    pub segment_name: Option<String>,
    /// Stored and echoed.
    pub external_id: Option<String>,
}

/// Why a job is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ImportRefusal {
    /// There is no role.
    #[error("Missing RoleArn")]
    MissingRole,
    /// The job would change nothing.
    #[error("RegisterEndpoints or DefineSegment must be true")]
    NothingToDo,
    /// There is no such segment to refresh.
    #[error("segment {0} does not exist")]
    NoSuchSegment(SegmentId),
    /// The segment to refresh was not imported.
    #[error("SegmentId: segment {0} is not an imported segment")]
    NotImported(SegmentId),
    /// As many jobs as allowed have not ended yet.
    #[error("at most {0} import jobs may be active")]
    TooManyJobs(usize),
    /// The files cannot be found or read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The first file does not begin as a file of its format.
    #[error("{key}: line {line}: {reason}")]
    Malformed {
        /// The file.
        key: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ImportJobs {
    /// Accepts a job: finds its files, reads the first record, and stores the job, to be run by
    /// [`run`](Self::run). The application must exist.
    ///
    /// # Errors
    /// [`ImportRefusal`]; nothing was stored.
    pub async fn create(
        &self,
        app: &AppId,
        request: ImportRequest,
    ) -> Result<ImportJob, ImportRefusal> {
        if request.role_arn.trim().is_empty() {
            return Err(ImportRefusal::MissingRole);
        }
        let location = Location::parse(&request.s3_url)?;
        let define_segment = request.define_segment || request.segment_id.is_some();
        if !define_segment && !request.register_endpoints {
            return Err(ImportRefusal::NothingToDo);
        }
        if let Some(segment) = &request.segment_id {
            self.check_segment(app, segment).await?;
        }
        let _creating = self.creating.lock().await;
        let now = self.clock.now();
        if is_full(self).await? {
            return Err(ImportRefusal::TooManyJobs(self.limits.active_jobs));
        }
        let bucket = self.buckets.open(location.bucket)?;
        let files = bucket
            .find(
                location,
                request.format,
                self.limits.files,
                self.limits.bytes,
            )
            .await?;
        check_start(&bucket, &files[0], request.format).await?;

        let refreshes = request.segment_id.is_some();
        let segment_id = request
            .segment_id
            .or_else(|| define_segment.then(|| SegmentId::new(self.clock.id())));
        let segment_name = request
            .segment_name
            .filter(|name| !name.is_empty())
            .or_else(|| (define_segment && !refreshes).then(|| location.name().to_owned()));
        let job = ImportJob {
            app: app.clone(),
            id: JobId::new(self.clock.id()),
            definition: ImportDefinition {
                format: request.format,
                s3_url: request.s3_url.clone(),
                role_arn: request.role_arn,
                define_segment,
                register_endpoints: request.register_endpoints,
                segment_id,
                segment_name,
                external_id: request.external_id,
            },
            status: JobStatus::Created,
            total_pieces: 0,
            completed_pieces: 0,
            failed_pieces: 0,
            total_processed: 0,
            total_failures: 0,
            failures: Vec::new(),
            created: now,
            completed: None,
        };
        self.keep(&job, files, refreshes).await?;
        self.created.notify_one();
        Ok(job)
    }

    async fn check_segment(&self, app: &AppId, id: &SegmentId) -> Result<(), ImportRefusal> {
        let segments = self.store.of::<Segment>();
        let Some(segment) = segments.get(app.as_str(), id.as_str()).await? else {
            return Err(ImportRefusal::NoSuchSegment(id.clone()));
        };
        match segment.criteria {
            SegmentCriteria::Imported(_) => Ok(()),
            _ => Err(ImportRefusal::NotImported(id.clone())),
        }
    }

    async fn keep(
        &self,
        job: &ImportJob,
        files: Vec<File>,
        refreshes: bool,
    ) -> Result<(), StoreError> {
        let plan = Plan {
            app: job.app.clone(),
            job: job.id.clone(),
            created: job.created,
            files,
            // Drawn at random, so that jobs on one segment do not meet.
            members_version: self.clock.random_u64() as u32,
            refreshes,
        };
        let progress = Progress {
            app: job.app.clone(),
            job: job.id.clone(),
            created: job.created,
            next: Position::file(0),
            channel_counts: std::collections::BTreeMap::new(),
        };
        let writes = vec![new(job)?, new(&plan)?, new(&progress)?];
        self.store.documents.commit(writes).await
    }
}

fn new<R: Resource>(resource: &R) -> Result<store::Write, StoreError> {
    store::put(resource, Expect::Absent)
}

/// Refuses a file whose header means nothing or whose first record is not even JSON. What is wrong
/// later becomes a failure of its row.
async fn check_start(bucket: &Bucket, file: &File, format: JobFormat) -> Result<(), ImportRefusal> {
    let malformed = |line: u64, reason: String| ImportRefusal::Malformed {
        key: file.key.clone(),
        line,
        reason,
    };
    let bytes = bucket.head(file, CHECKED_BYTES_MAX).await?;
    let whole_lines = match bytes.iter().rposition(|byte| *byte == b'\n') {
        Some(end) if (bytes.len() as u64) < file.bytes => &bytes[..=end],
        _ => &bytes[..],
    };
    let mut pieces = Vec::new();
    let mut cutter = PieceCutter::new(0, 1);
    cutter.push(whole_lines, |piece| pieces.push(piece));
    pieces.extend(cutter.finish());
    let Some(piece) = pieces.first() else {
        return match format {
            JobFormat::Csv => Err(malformed(1, HeaderError::NoKnownColumn.to_string())),
            JobFormat::Json => Ok(()),
        };
    };
    let lines = piece
        .lines()
        .map_err(|line| malformed(line, "not UTF-8 text".to_owned()))?;
    let first = lines
        .map(|line| (line.number, line.text))
        .find(|(_, text)| text.is_none_or(|text| !text.trim().is_empty()));
    match (first, format) {
        (Some((line, None)), _) => Err(malformed(
            line,
            format!("longer than {LINE_BYTES_MAX} bytes"),
        )),
        (Some((line, Some(text))), JobFormat::Csv) => CsvHeader::read(text)
            .map(|_| ())
            .map_err(|error| malformed(line, error.to_string())),
        (Some((line, Some(text))), JobFormat::Json) => match read_json(text) {
            Err(error @ RowError { syntax: true, .. }) => Err(malformed(line, error.to_string())),
            _ => Ok(()),
        },
        (None, JobFormat::Csv) => Err(malformed(1, HeaderError::NoKnownColumn.to_string())),
        (None, JobFormat::Json) => Ok(()),
    }
}
