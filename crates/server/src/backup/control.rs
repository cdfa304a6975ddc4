//! How the command line asks a running server for a backup or a recount: over a socket in the data
//! folder, which only its owner can open.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::manifest::Summary;
use super::{BackupError, take};
use crate::verify::{Report, report};

const SOCKET: &str = "meta/control";
/// Bytes of a question or an answer.
const LINE_BYTES_MAX: u64 = 64 << 10;
/// How long a question may take to arrive.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is asked.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Question {
    /// A backup in this folder.
    Backup(PathBuf),
    /// A recount of this run.
    Verify(String),
}

/// What is answered.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Answer {
    Done(Summary),
    Verified(Report),
    Refused(String),
}

/// The running server's end.
pub struct Control {
    listener: UnixListener,
    data: PathBuf,
}

impl Control {
    /// Opens the socket in the data folder `data`, which this process has locked.
    ///
    /// # Errors
    /// The socket cannot be made, as when its path is longer than the system takes.
    pub fn open(data: &Path) -> std::io::Result<Self> {
        let path = data.join(SOCKET);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self {
            listener,
            data: data.to_owned(),
        })
    }

    /// Answers one after the other; never returns.
    pub async fn run(self, parts: api::Parts) {
        loop {
            let answered = match self.listener.accept().await {
                Ok((stream, _)) => self.answer(&parts, stream).await,
                Err(error) => {
                    parts.clock.sleep(PATIENCE).await;
                    Err(error)
                }
            };
            if let Err(error) = answered {
                tracing::warn!(%error, "server.control.unanswered");
            }
        }
    }

    async fn answer(&self, parts: &api::Parts, stream: UnixStream) -> std::io::Result<()> {
        let (reading, mut writing) = stream.into_split();
        let line = tokio::select! {
            line = read_line(reading) => line?,
            () = parts.clock.sleep(PATIENCE) => return Err(ErrorKind::TimedOut.into()),
        };
        let answer = match serde_json::from_str(&line) {
            Ok(Question::Backup(target)) => {
                let taken = take(parts, &self.data, &target).await;
                match &taken {
                    Ok(_) => tracing::info!(target = %target.display(), "server.backup.taken"),
                    Err(error) => tracing::error!(%error, "server.backup.failed"),
                }
                taken.map_or_else(|error| Answer::Refused(error.to_string()), Answer::Done)
            }
            Ok(Question::Verify(run)) => report(parts, &run)
                .await
                .map_or_else(|error| Answer::Refused(error.to_string()), Answer::Verified),
            Err(error) => Answer::Refused(format!("the question is not understood: {error}")),
        };
        writing.write_all(&encode(&answer)?).await
    }
}

/// Asks the server that works in `data` for a backup in `target`.
pub(super) async fn ask(data: &Path, target: &Path) -> Result<Summary, BackupError> {
    match put(data, &Question::Backup(target.to_owned())).await? {
        Answer::Done(summary) => Ok(summary),
        other => Err(refusal(data, other)),
    }
}

/// Asks the server that works in `data` to recount `run`.
///
/// # Errors
/// The server cannot be reached, or there is no such run.
pub async fn ask_report(data: &Path, run: &str) -> Result<Report, BackupError> {
    match put(data, &Question::Verify(run.to_owned())).await? {
        Answer::Verified(report) => Ok(report),
        other => Err(refusal(data, other)),
    }
}

fn refusal(data: &Path, answer: Answer) -> BackupError {
    match answer {
        Answer::Refused(reason) => BackupError::Refused(reason),
        Answer::Done(_) | Answer::Verified(_) => {
            unreachable(data, "it answered another question".to_owned())
        }
    }
}

fn unreachable(data: &Path, reason: String) -> BackupError {
    BackupError::Unreachable {
        data: data.to_owned(),
        reason,
    }
}

/// Puts a question to the server that works in `data`.
async fn put(data: &Path, question: &Question) -> Result<Answer, BackupError> {
    let asked = async {
        let (reading, mut writing) = UnixStream::connect(data.join(SOCKET)).await?.into_split();
        writing.write_all(&encode(question)?).await?;
        read_line(reading).await
    };
    let line = asked
        .await
        .map_err(|error| unreachable(data, error.to_string()))?;
    serde_json::from_str(&line)
        .map_err(|_| unreachable(data, "it ended before it answered".to_owned()))
}

fn encode(message: &impl Serialize) -> std::io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

async fn read_line(stream: impl tokio::io::AsyncRead + Unpin) -> std::io::Result<String> {
    let mut line = String::new();
    BufReader::new(stream.take(LINE_BYTES_MAX))
        .read_line(&mut line)
        .await?;
    Ok(line)
}
