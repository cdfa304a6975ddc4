//! Records as files: one per hour of UTC, a record per line.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use clock::{Clock, Timestamp};
use parking_lot::Mutex;

use super::{Record, Sink, SinkError};

/// Bytes that are looked at together when the end of the last whole line is sought.
const LOOK_BYTES: u64 = 64 << 10;

/// Writes records to `events-YYYY-MM-DD-HH.json` in a folder, by the hour of writing.
///
/// What is delivered is on disk. Nobody else may write to the files.
pub struct FolderSink(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    clock: Clock,
    open: Mutex<Option<Open>>,
}

/// The file of this hour.
struct Open {
    hour: i64,
    file: File,
}

impl FolderSink {
    /// A sink into `dir`, which need not exist yet.
    #[must_use]
    pub fn new(dir: PathBuf, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            dir,
            clock,
            open: Mutex::new(None),
        }))
    }

    async fn append(&self, lines: Vec<u8>) -> Result<(), SinkError> {
        let inner = Arc::clone(&self.0);
        let written = tokio::task::spawn_blocking(move || inner.append(&lines)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.problem(&error)),
            Err(error) => Err(SinkError::Unavailable(error.to_string())),
        }
    }

    fn problem(&self, error: &io::Error) -> SinkError {
        let text = format!("{}: {error}", self.0.dir.display());
        match error.kind() {
            io::ErrorKind::PermissionDenied
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::ReadOnlyFilesystem => SinkError::Refused(text),
            _ => SinkError::Unavailable(text),
        }
    }
}

#[async_trait]
impl Sink for FolderSink {
    async fn test(&self) -> Result<(), SinkError> {
        self.append(Vec::new()).await
    }

    async fn put(&self, records: &[Record]) -> Result<Vec<usize>, SinkError> {
        let lines = records.iter().map(|record| record.line.as_slice());
        self.append(lines.collect::<Vec<_>>().concat()).await?;
        Ok(Vec::new())
    }
}

impl Inner {
    fn append(&self, lines: &[u8]) -> io::Result<()> {
        let now = self.clock.now();
        let mut open = self.open.lock();
        let mut current = match open.take() {
            Some(open) if open.hour == now.utc_hour() => open,
            _ => Open::new(&self.dir, now)?,
        };
        // After a failure the file is opened again, which cuts off what was written in part.
        current.file.write_all(lines)?;
        current.file.sync_data()?;
        *open = Some(current);
        Ok(())
    }
}

impl Open {
    fn new(dir: &Path, now: Timestamp) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let hour = now.utc_hour();
        let name = format!("events-{}-{:02}.json", now.date(), hour.rem_euclid(24));
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(dir.join(name))?;
        let end = whole_lines(&mut file)?;
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        File::open(dir)?.sync_all()?;
        Ok(Self { hour, file })
    }
}

/// Where the last line ends that has its newline.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut bytes = Vec::new();
    while end > 0 {
        let from = end.saturating_sub(LOOK_BYTES);
        file.seek(SeekFrom::Start(from))?;
        bytes.clear();
        file.take(end - from).read_to_end(&mut bytes)?;
        if let Some(newline) = bytes.iter().rposition(|byte| *byte == b'\n') {
            return Ok(from + newline as u64 + 1);
        }
        end = from;
    }
    Ok(0)
}
