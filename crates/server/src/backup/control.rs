//! How the command line asks a running server for a backup: over a socket in the data folder, which
//! only its owner can open.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::manifest::Summary;
use super::{BackupError, take};

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
}

/// What is answered.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Answer {
    Done(Summary),
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
            Err(error) => Answer::Refused(format!("the question is not understood: {error}")),
        };
        writing.write_all(&encode(&answer)?).await
    }
}

/// Asks the server that works in `data` for a backup in `target`.
pub(super) async fn ask(data: &Path, target: &Path) -> Result<Summary, BackupError> {
    let unreachable = |reason: String| BackupError::Unreachable {
        data: data.to_owned(),
        reason,
    };
    let asked = async {
        let (reading, mut writing) = UnixStream::connect(data.join(SOCKET)).await?.into_split();
        let question = encode(&Question::Backup(target.to_owned()))?;
        writing.write_all(&question).await?;
        read_line(reading).await
    };
    let line = asked
        .await
        .map_err(|error| unreachable(error.to_string()))?;
    match serde_json::from_str(&line) {
        Ok(Answer::Done(summary)) => Ok(summary),
        Ok(Answer::Refused(reason)) => Err(BackupError::Refused(reason)),
        Err(_) => Err(unreachable("it ended before it answered".to_owned())),
    }
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
