//! Why a command fails, in words for the operator.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a command fails.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The configuration cannot be used.
    #[error("the configuration cannot be used\n{0}")]
    Config(#[from] config::ConfigError),
    /// The log filter cannot be read.
    #[error("the configuration cannot be used\nlog.filter: {0}")]
    LogFilter(String),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        cause: std::io::Error,
    },
    /// The threads could not be started.
    #[error("cannot start: {0}")]
    Runtime(std::io::Error),
    /// A file or folder cannot be used.
    #[error("{path}: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The data folder does not open.
    #[error(transparent)]
    Open(#[from] store_embedded::OpenError),
    /// The event log does not open.
    #[error(transparent)]
    Log(#[from] events::LogError),
    /// Analytics does not open.
    #[error(transparent)]
    Analytics(#[from] analytics::AnalyticsError),
    /// The inbox does not open.
    #[error(transparent)]
    Inbox(#[from] channels::inbox::InboxError),
    /// The mail transport cannot work.
    #[error("email.smtp: {0}")]
    Smtp(#[from] channels::email::SmtpConfigError),
    /// The extra root certificates are none.
    #[error("the configuration cannot be used\noutbound.ca_file: {0}")]
    Roots(#[from] channels::RootsError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The place of uploads does not open.
    #[error("the configuration cannot be used\nobjects.url: {0}")]
    Uploads(engine::buckets::FileError),
    /// Event streams cannot start.
    #[error(transparent)]
    Streams(#[from] engine::EngineError),
    /// A destination of event streams cannot be reached.
    #[error("the configuration cannot be used\n{0}")]
    StreamSink(#[from] engine::streams::AwsSinkError),
    /// A user name or password is not acceptable.
    #[error(transparent)]
    Password(#[from] api::PasswordError),
    /// An archive cannot be loaded.
    #[error(transparent)]
    Archive(#[from] engine::archive::ArchiveError),
    /// A backup cannot be taken or brought back.
    #[error(transparent)]
    Backup(#[from] crate::backup::BackupError),
    /// The sample project cannot be made.
    #[error("the sample project cannot be made: {0}")]
    Sample(String),
    /// There is no such application.
    #[error("there is no application {0}")]
    NoApp(String),
    /// The import was refused.
    #[error(transparent)]
    Refused(#[from] engine::import::ImportRefusal),
    /// A file is not JSON.
    #[error("{path} is not JSON: {cause}")]
    NotJson {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: serde_json::Error,
    },
    /// The project could not be taken whole.
    #[error("the import broke off: {0}")]
    Migration(String),
    /// The export was refused.
    #[error(transparent)]
    ExportRefused(#[from] engine::export::ExportRefusal),
    /// The export did not end well.
    #[error("the export failed; its files were removed")]
    ExportFailed,
    /// There is no such run.
    #[error("there is no run {0}")]
    NoRun(String),
    /// A run could not be recounted.
    #[error(transparent)]
    Verify(#[from] api::VerifyError),
    /// The numbers of a run do not add up.
    #[error("the numbers of the run do not add up: {0} differences")]
    RunDiffers(usize),
    /// A job was deleted while it ran.
    #[error("the job is gone")]
    JobGone,
    /// The import did not end well.
    #[error("the import failed; what was imported before stays")]
    ImportFailed,
    /// What is needed from standard input is not there.
    #[error("expected a password on the first line of standard input")]
    NoPassword,
    /// A part of the program ended early.
    #[error("a part of the server ended early: {0}")]
    Task(#[from] tokio::task::JoinError),
}
