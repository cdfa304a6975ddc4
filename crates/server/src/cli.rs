//! The arguments of the program.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use config::Config;
use model::AppId;

use crate::error::ServerError;

/// Beckon: a self-hosted customer-engagement server with the Amazon Pinpoint API.
#[derive(Debug, Parser)]
#[command(name = "beckon", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server.
    Serve(ServeArguments),
    /// Run the server on a fresh data folder with a sample project.
    Demo(DemoArguments),
    /// Look at the configuration and say what is wrong with it.
    Check(ConfigArguments),
    /// Import endpoints from a file or s3:// URL; the server must not be running.
    Import(ImportArguments),
    /// Export endpoints to gzip files of JSON lines; the server must not be running.
    Export(ExportArguments),
    /// Take a project from JSON files of SDKs or the AWS CLI; the server must not be running.
    ImportProject(ImportProjectArguments),
    /// Load archives of event streams, once each record; the server must not be running.
    LoadArchive(LoadArchiveArguments),
    /// Copy the data folder to a new folder, also while the server runs.
    Backup(BackupArguments),
    /// Bring a backup back to a data folder that is empty.
    Restore(RestoreArguments),
    /// Recount a run of a campaign and say where its numbers differ, also while the server runs.
    Verify(VerifyArguments),
    /// Access keys.
    Keys {
        /// What to do.
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// People who sign in to the console.
    Users {
        /// What to do.
        #[command(subcommand)]
        command: UsersCommand,
    },
}

/// What is done with keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Create a key and print it, once; the server must not be running.
    Create(KeyArguments),
}

/// What is done with users.
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// Create a user; the server must not be running.
    Create(UserArguments),
    /// Replace a user's password; the server must not be running.
    Password(PasswordArguments),
}

/// Where the configuration comes from.
#[derive(Debug, Clone, Default, Args)]
pub struct ConfigArguments {
    /// Configuration file in TOML.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Where the data lie.
#[derive(Debug, Clone, Args)]
pub struct DataArguments {
    /// The configuration.
    #[command(flatten)]
    pub config: ConfigArguments,
    /// Data folder; created if it is not there.
    #[arg(
        long,
        value_name = "DIR",
        env = "BECKON_DATA",
        default_value = "./beckon-data"
    )]
    pub data: PathBuf,
}

/// Arguments of `serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArguments {
    /// Configuration and data.
    #[command(flatten)]
    pub data: DataArguments,
    /// Where to listen, in place of the configured address.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
}

/// Arguments of `demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArguments {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
}

/// Arguments of `import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArguments {
    /// Configuration and data.
    #[command(flatten)]
    pub data: DataArguments,
    /// The application.
    #[arg(long, value_name = "ID")]
    pub app: String,
    /// Format of the file; told by its name if absent.
    #[arg(long)]
    pub format: Option<Format>,
    /// Name of the segment to create from the file; none is created without.
    #[arg(long, value_name = "NAME")]
    pub segment: Option<String>,
    /// The imported segment whose members the file replaces.
    #[arg(long, value_name = "ID", conflicts_with = "segment")]
    pub segment_id: Option<String>,
    /// Only the segment: endpoints are not written. Needs --segment or --segment-id.
    #[arg(long)]
    pub segment_only: bool,
    /// A local file, or an s3:// URL.
    #[arg(value_name = "FILE")]
    pub file: String,
}

/// Arguments of `import-project`.
#[derive(Debug, Clone, Args)]
pub struct ImportProjectArguments {
    /// Configuration and data.
    #[command(flatten)]
    pub data: DataArguments,
    /// Files with what Get and List operations returned, in any order.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// Arguments of `export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArguments {
    /// Configuration and data.
    #[command(flatten)]
    pub data: DataArguments,
    /// The application.
    #[arg(long, value_name = "ID")]
    pub app: String,
    /// The segment whose members are exported; all endpoints of the application without.
    #[arg(long, value_name = "ID")]
    pub segment: Option<String>,
    /// The version of the segment; the latest without.
    #[arg(long, value_name = "N", requires = "segment")]
    pub segment_version: Option<u32>,
    /// A local folder, created if it is not there, or an s3:// URL.
    #[arg(value_name = "FOLDER")]
    pub to: String,
}

/// Arguments of `load-archive`.
#[derive(Debug, Clone, Args)]
pub struct LoadArchiveArguments {
    /// Configuration and data.
    #[command(flatten)]
    pub data: DataArguments,
    /// The application that all records go to; without, each goes to the one that it names.
    #[arg(long, value_name = "ID")]
    pub app: Option<String>,
    /// Records of one application go to another; may be given several times.
    #[arg(long, value_name = "OLD=NEW", value_parser = renaming, conflicts_with = "app")]
    pub map: Vec<(AppId, AppId)>,
    /// Files, folders with their subfolders, or s3:// URLs; packed with gzip or not.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<String>,
}

fn renaming(text: &str) -> Result<(AppId, AppId), String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => Ok((old.into(), new.into())),
        _ => Err("expected OLD=NEW, two identifiers of applications".to_owned()),
    }
}

/// Arguments of `backup`.
#[derive(Debug, Clone, Args)]
pub struct BackupArguments {
    /// Configuration and data.
    #[command(flatten)]
    pub data: DataArguments,
    /// The folder of the backup; created if it is not there, else it must be empty.
    #[arg(value_name = "DIR")]
    pub to: PathBuf,
}

/// Arguments of `restore`.
#[derive(Debug, Clone, Args)]
pub struct RestoreArguments {
    /// Data folder; created if it is not there, else it must be empty.
    #[arg(
        long,
        value_name = "DIR",
        env = "BECKON_DATA",
        default_value = "./beckon-data"
    )]
    pub data: PathBuf,
    /// The folder of the backup.
    #[arg(value_name = "DIR")]
    pub from: PathBuf,
}

/// Arguments of `verify`.
#[derive(Debug, Clone, Args)]
pub struct VerifyArguments {
    /// Configuration and data.
    #[command(flatten)]
    pub data: DataArguments,
    /// The run, as its progress names it.
    #[arg(value_name = "RUN")]
    pub run: String,
}

/// Format of a file.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// Comma-separated values with a header line.
    Csv,
    /// One JSON object per line.
    Json,
}

/// What a key or user may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Policy {
    /// Everything.
    Admin,
    /// Writing endpoints and events, sending messages, reading.
    Send,
    /// Reading.
    Read,
    /// What an application on a device needs.
    Client,
}

impl From<Policy> for model::Policy {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Admin => Self::Admin,
            Policy::Send => Self::Send,
            Policy::Read => Self::Read,
            Policy::Client => Self::Client,
        }
    }
}

/// Arguments of `keys create`.
#[derive(Debug, Clone, Args)]
pub struct KeyArguments {
    /// Configuration and data.
    #[command(flatten)]
    pub data: DataArguments,
    /// What the key may do.
    #[arg(long)]
    pub policy: Policy,
    /// The only application that the key may touch.
    #[arg(long, value_name = "ID", required_if_eq("policy", "client"))]
    pub app: Option<String>,
    /// Words for people.
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
}

/// Arguments of `users create`.
#[derive(Debug, Clone, Args)]
pub struct UserArguments {
    /// Configuration and data.
    #[command(flatten)]
    pub data: DataArguments,
    /// The name that is typed.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What the user may do.
    #[arg(long, default_value = "admin")]
    pub policy: Policy,
    /// Read the password from the first line of standard input; without, one is made and printed.
    #[arg(long)]
    pub password_stdin: bool,
}

/// Arguments of `users password`.
#[derive(Debug, Clone, Args)]
pub struct PasswordArguments {
    /// Configuration and data.
    #[command(flatten)]
    pub data: DataArguments,
    /// The user.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Read the password from the first line of standard input; without, one is made and printed.
    #[arg(long)]
    pub password_stdin: bool,
}

impl ConfigArguments {
    /// Reads the configuration.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn load(&self) -> Result<Config, ServerError> {
        Ok(Config::load(self.config.as_deref(), std::env::vars())?)
    }
}
