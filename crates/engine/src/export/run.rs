//! Runs jobs to their end.

use clock::Clock;
use futures::{Stream, StreamExt, stream};
use model::{Endpoint, EndpointSet, ExportJob, JobStatus, Ordinal};
use store::{Store, StoreError, Stored};
use tokio::sync::Notify;

use super::ExportJobs;
use super::piece::Piece;
use super::plan::{Plan, key};
use crate::buckets::{Bucket, Location};
use crate::jobs::{self, Jobs};
use crate::segments;

/// Endpoints that are loaded at once.
const ROWS_AT_ONCE: usize = 1_000;
/// Groups of endpoints in memory: one is compressed while the next is loaded.
const GROUPS_AT_ONCE: usize = 2;
/// The media type of the files; they have no encoding, readers unpack them.
const MEDIA_TYPE: &str = "application/gzip";

/// Endpoints that were loaded together.
struct Group {
    /// The highest ordinal that was asked for.
    through: Ordinal,
    /// Those that are still there.
    endpoints: Vec<Endpoint>,
}

impl Jobs for ExportJobs {
    type Job = ExportJob;

    fn store(&self) -> &Store {
        &self.store
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn created(&self) -> &Notify {
        &self.created
    }

    fn active_max(&self) -> usize {
        self.limits.active_jobs
    }

    async fn run_job(&self, mut job: Stored<ExportJob>) -> Result<(), StoreError> {
        match self.try_job(&mut job).await {
            Err(StoreError::Conflict(_)) => self.clear_up(&job).await,
            ended => ended,
        }
    }
}

impl ExportJobs {
    /// Runs jobs as they are created, and goes on with those that a crash interrupted. Never
    /// returns; it may be dropped at any point, and the jobs go on from their last recorded file.
    pub async fn run(&self) {
        jobs::run(self).await;
    }

    /// Runs every job that has not ended, one after the other; returns how many there were.
    ///
    /// # Errors
    /// The store failed; the job goes on when it is run again.
    pub async fn run_due(&self) -> Result<usize, StoreError> {
        jobs::run_due(self).await
    }

    async fn try_job(&self, job: &mut Stored<ExportJob>) -> Result<(), StoreError> {
        if job.status == JobStatus::Failing {
            return self.finish_failing(job).await;
        }
        let plans = self.store.of::<Plan>();
        let plan = plans.get(job.app.as_str(), job.id.as_str()).await?;
        let Some(plan) = plan else {
            return self.fail(job, "the list of endpoints is lost").await;
        };
        if job.status == JobStatus::Created {
            job.status = JobStatus::Processing;
            self.store.of::<ExportJob>().replace(job).await?;
        }
        self.process(job, &plan).await
    }

    async fn process(&self, job: &mut Stored<ExportJob>, plan: &Plan) -> Result<(), StoreError> {
        let url = job.definition.s3_url_prefix.clone();
        let opened = Location::parse(&url)
            .and_then(|place| Ok((self.buckets.open(place.bucket)?, place.key)));
        let (bucket, prefix) = match opened {
            Ok(opened) => opened,
            Err(error) => return self.fail(job, error).await,
        };
        let mut groups = std::pin::pin!(self.groups(plan, job.written_through));
        loop {
            let mut piece = Piece::new();
            let mut through = None;
            while piece.rows() < self.limits.piece_rows && piece.bytes() < self.limits.piece_bytes {
                let Some(group) = groups.next().await else {
                    break;
                };
                let group: Group = group?;
                through = Some(group.through);
                piece = match compress(piece, group.endpoints).await {
                    Ok(piece) => piece,
                    Err(error) => return self.fail(job, error).await,
                };
            }
            let Some(through) = through else {
                return self.complete(job).await;
            };
            let rows = piece.rows();
            if rows > 0 {
                let key = key(prefix, &job.id, job.completed_pieces.saturating_add(1));
                if let Err(error) = write(&bucket, &key, piece).await {
                    return self.fail(job, error).await;
                }
                job.completed_pieces = job.completed_pieces.saturating_add(1);
                job.total_processed += rows;
            }
            job.written_through = Some(through);
            let left = pieces_left(&plan.members, job);
            job.total_pieces = job.completed_pieces.saturating_add(left);
            self.store.of::<ExportJob>().replace(job).await?;
        }
    }

    /// The endpoints above ordinal `after`, loaded ahead of those who take them.
    fn groups<'a>(
        &'a self,
        plan: &'a Plan,
        after: Option<Ordinal>,
    ) -> impl Stream<Item = Result<Group, StoreError>> + 'a {
        // A file is at most as long as its limit, so that a small limit makes small files.
        let at_once = usize::try_from(self.limits.piece_rows).unwrap_or(usize::MAX);
        let at_once = at_once.clamp(1, ROWS_AT_ONCE);
        let mut ordinals = match after {
            None => Some(plan.members.range(..)),
            Some(after) => after.checked_add(1).map(|from| plan.members.range(from..)),
        };
        let ordinals = std::iter::from_fn(move || {
            let group: Vec<Ordinal> = ordinals.as_mut()?.take(at_once).collect();
            (!group.is_empty()).then_some(group)
        });
        stream::iter(ordinals)
            .map(|ordinals| self.load(plan, ordinals))
            .buffered(GROUPS_AT_ONCE)
    }

    async fn load(&self, plan: &Plan, ordinals: Vec<Ordinal>) -> Result<Group, StoreError> {
        let loaded = segments::load(&self.store, &plan.app, &plan.snapshots, &ordinals).await?;
        Ok(Group {
            through: ordinals.last().copied().unwrap_or_default(),
            endpoints: loaded.into_iter().flatten().collect(),
        })
    }
}

/// Adds endpoints to a file, off the async threads.
async fn compress(mut piece: Piece, endpoints: Vec<Endpoint>) -> Result<Piece, String> {
    let added = tokio::task::spawn_blocking(move || piece.add(&endpoints).map(|()| piece)).await;
    match added {
        Ok(Ok(piece)) => Ok(piece),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

async fn write(bucket: &Bucket, key: &str, piece: Piece) -> Result<(), String> {
    let content = piece.finish().map_err(|error| error.to_string())?;
    let put = bucket.put(key, MEDIA_TYPE, content).await;
    put.map_err(|error| error.to_string())
}

/// How many files are probably still to come, by the rows of those so far. The number becomes
/// exact when the job completes.
fn pieces_left(members: &EndpointSet, job: &ExportJob) -> u32 {
    let Some(through) = job.written_through else {
        return 0;
    };
    let left = members.len().saturating_sub(members.rank(through));
    let per_piece = job.total_processed / u64::from(job.completed_pieces.max(1));
    u32::try_from(left.div_ceil(per_piece.max(1))).unwrap_or(u32::MAX)
}
