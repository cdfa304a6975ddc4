//! Jobs of the API on the command line: begun, shown as they go, and followed to their end.

use std::path::PathBuf;
use std::time::Duration;

use clock::Clock;
use config::Config;
use engine::buckets::Buckets;
use model::{App, AppId, ExportJob, ImportJob, JobStatus};
use store::{Resource, Store};

use crate::cli::DataArguments;
use crate::error::ServerError;
use crate::parts::{buckets, open_store};

/// How often the progress is shown.
const SHOWN_EVERY: Duration = Duration::from_millis(500);

/// A job whose progress can be shown.
pub trait Progress: Resource {
    /// Where the job stands.
    fn status(&self) -> JobStatus;

    /// How far it is, in words.
    fn counts(&self) -> String;
}

impl Progress for ImportJob {
    fn status(&self) -> JobStatus {
        self.status
    }

    fn counts(&self) -> String {
        format!(
            "{} rows read, {} refused, piece {} of {}",
            self.total_processed, self.total_failures, self.completed_pieces, self.total_pieces
        )
    }
}

impl Progress for ExportJob {
    fn status(&self) -> JobStatus {
        self.status
    }

    fn counts(&self) -> String {
        format!(
            "{} rows written, file {} of {}",
            self.total_processed, self.completed_pieces, self.total_pieces
        )
    }
}

/// The bucket that stands for a folder of the command line.
pub const BUCKET: &str = "beckon-command-line";

/// Where a job of an application runs.
pub struct Place {
    /// The configuration.
    pub config: Config,
    /// The real one.
    pub clock: Clock,
    /// The data folder's.
    pub store: Store,
    /// The application, which is there.
    pub app: AppId,
    data: PathBuf,
}

impl Place {
    /// Opens the data folder, and looks for the application.
    ///
    /// # Errors
    /// The folder cannot be used, or has no such application.
    pub async fn open(data: &DataArguments, app: &str) -> Result<Self, ServerError> {
        let config = data.config.load()?;
        let clock = Clock::real();
        let store = open_store(&config, &data.data, &clock).await?;
        if store.of::<App>().get("", app).await?.is_none() {
            return Err(ServerError::NoApp(app.to_owned()));
        }
        Ok(Self {
            config,
            clock,
            store,
            app: AppId::from(app),
            data: data.data.clone(),
        })
    }

    /// What the buckets of its jobs stand for; `folder` is one of them.
    ///
    /// # Errors
    /// The data folder cannot be written.
    pub fn buckets(&self, folder: Option<(String, PathBuf)>) -> Result<Buckets, ServerError> {
        buckets(&self.config, &self.data, folder)
    }

    /// Lets `runner` work on `job`, and shows how it goes; answers the job as it ended.
    ///
    /// # Errors
    /// The store failed, or the job is gone.
    pub async fn run<J: Progress>(
        &self,
        job: &J,
        runner: impl Future<Output = ()> + Send + 'static,
    ) -> Result<J, ServerError> {
        let runner = tokio::spawn(runner);
        let ended = follow(&self.store, &self.clock, job).await;
        runner.abort();
        ended
    }
}

/// Shows how `job` goes until it has ended; answers it as it ended.
async fn follow<J: Progress>(store: &Store, clock: &Clock, job: &J) -> Result<J, ServerError> {
    let jobs = store.of::<J>();
    loop {
        clock.sleep(SHOWN_EVERY).await;
        let Some(now) = jobs.get(&job.parent(), &job.id()).await? else {
            return Err(ServerError::JobGone);
        };
        eprint!("\r{}: {}   ", now.status().as_str(), now.counts());
        if now.status().is_final() {
            eprintln!();
            return Ok(now.value);
        }
    }
}
