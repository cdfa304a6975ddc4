//! Reads the files of a job ahead of those who apply its rows.

use std::fmt;

use audience::rows::{CsvHeader, HeaderError, LINE_BYTES_MAX, Piece, PieceCutter, Row, read_json};
use futures::StreamExt;
use model::JobFormat;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::progress::Position;
use crate::buckets::{Bucket, File, FileError};

/// Pieces that wait to be applied.
const PIECES_AHEAD: usize = 1;

/// Rows by line, or why a line is none; blank lines and headers are left out.
pub(super) type Rows = Vec<(u64, Result<Row, String>)>;

/// A piece whose lines have been read.
#[derive(Debug)]
pub(super) struct ReadPiece {
    /// Index of its file.
    pub(super) file: usize,
    /// Where the next piece begins.
    pub(super) next: Position,
    /// Its rows.
    pub(super) rows: Rows,
}

/// Why a piece cannot be processed; the job fails.
#[derive(Debug)]
pub(super) struct PieceFailure {
    /// Key of the file.
    pub(super) key: String,
    /// Number of the line, from 1.
    pub(super) line: u64,
    /// What happened.
    pub(super) reason: String,
}

impl fmt::Display for PieceFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.key, self.line, self.reason)
    }
}

/// Gives the pieces of a job in order; reading stops when it is dropped.
pub(super) struct Reader {
    pieces: mpsc::Receiver<Result<ReadPiece, PieceFailure>>,
    task: JoinHandle<()>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Reader {
    /// Starts reading `files` at `from`.
    pub(super) fn start(
        bucket: Bucket,
        files: Vec<File>,
        format: JobFormat,
        from: Position,
    ) -> Self {
        let (sender, pieces) = mpsc::channel(PIECES_AHEAD);
        let reading = Reading {
            bucket,
            format,
            sender,
        };
        let task = tokio::spawn(async move {
            if let Err(Stop::Failed(failure)) = reading.files(&files, from).await {
                // Without a receiver nobody wants to know.
                let _ = reading.sender.send(Err(failure)).await;
            }
        });
        Self { pieces, task }
    }

    /// The next piece; `None` after the last one.
    pub(super) async fn next(&mut self) -> Option<Result<ReadPiece, PieceFailure>> {
        self.pieces.recv().await
    }
}

struct Reading {
    bucket: Bucket,
    format: JobFormat,
    sender: mpsc::Sender<Result<ReadPiece, PieceFailure>>,
}

enum Stop {
    Failed(PieceFailure),
    /// The receiver is gone.
    Unwanted,
}

/// What is known of the header of a CSV file.
#[derive(Clone)]
enum Header {
    /// Not read yet, or not needed.
    Unread,
    Known(CsvHeader),
    /// No row of the file can be read.
    Bad(HeaderError),
}

impl Reading {
    async fn files(&self, files: &[File], from: Position) -> Result<(), Stop> {
        for (index, file) in files.iter().enumerate().skip(from.file) {
            let from = match index == from.file {
                true => from,
                false => Position::file(index),
            };
            if from.offset < file.bytes {
                self.file(file, from).await?;
            }
        }
        Ok(())
    }

    async fn file(&self, file: &File, from: Position) -> Result<(), Stop> {
        let failed = |line: u64, error: FileError| {
            Stop::Failed(PieceFailure {
                key: file.key.clone(),
                line,
                reason: error.to_string(),
            })
        };
        let mut header = match self.format {
            JobFormat::Csv if from.offset > 0 => self
                .header(file)
                .await
                .map_err(|error| failed(from.line, error))?,
            _ => Header::Unread,
        };
        let stream = self.bucket.stream(file, from.offset).await;
        let mut stream = stream.map_err(|error| failed(from.line, error))?;
        let mut cutter = PieceCutter::new(from.offset, from.line);
        let mut cut = Vec::new();
        let mut line = from.line;
        while let Some(bytes) = stream.next().await {
            let bytes = bytes.map_err(|error| failed(line, error))?;
            cutter.push(&bytes, |piece| cut.push(piece));
            for piece in cut.drain(..) {
                line = piece.last_line() + 1;
                header = self.give(file, from.file, piece, header).await?;
            }
        }
        if let Some(piece) = cutter.finish() {
            self.give(file, from.file, piece, header).await?;
        }
        Ok(())
    }

    /// Reads the lines of a piece and hands it over; gives back the header.
    async fn give(
        &self,
        file: &File,
        index: usize,
        piece: Piece,
        mut header: Header,
    ) -> Result<Header, Stop> {
        let next = Position {
            file: index,
            offset: piece.end,
            line: piece.last_line() + 1,
        };
        let format = self.format;
        let reading = tokio::task::spawn_blocking(move || {
            let rows = read(&piece, format, &mut header);
            (rows, header)
        });
        let (rows, header) = reading.await.map_err(|_| Stop::Unwanted)?;
        let rows = rows.map_err(|line| {
            Stop::Failed(PieceFailure {
                key: file.key.clone(),
                line,
                reason: "not UTF-8 text".to_owned(),
            })
        })?;
        let piece = ReadPiece {
            file: index,
            next,
            rows,
        };
        match self.sender.send(Ok(piece)).await {
            Ok(()) => Ok(header),
            Err(_) => Err(Stop::Unwanted),
        }
    }

    /// The header of a file that is read from its middle.
    async fn header(&self, file: &File) -> Result<Header, FileError> {
        // Blank lines may precede the header.
        let bytes = self.bucket.head(file, 2 * LINE_BYTES_MAX as u64).await?;
        let mut header = Header::Unread;
        let mut cutter = PieceCutter::new(0, 1);
        let end = bytes.iter().rposition(|byte| *byte == b'\n');
        cutter.push(&bytes[..end.map_or(0, |end| end + 1)], |_| ());
        if let Some(piece) = cutter.finish() {
            // Not UTF-8 was found when the piece was first read, and ended the job.
            let _ = read(&piece, JobFormat::Csv, &mut header);
        }
        Ok(header)
    }
}

/// The rows of a piece, or the number of the first line that is not UTF-8.
fn read(piece: &Piece, format: JobFormat, header: &mut Header) -> Result<Rows, u64> {
    let mut rows = Vec::new();
    for line in piece.lines()? {
        let Some(text) = line.text else {
            rows.push((
                line.number,
                Err(format!("longer than {LINE_BYTES_MAX} bytes")),
            ));
            continue;
        };
        if text.trim().is_empty() {
            continue;
        }
        let row = match (format, &*header) {
            (JobFormat::Json, _) => read_json(text).map_err(|error| error.to_string()),
            (JobFormat::Csv, Header::Known(header)) => {
                header.row(text).map_err(|error| error.to_string())
            }
            (JobFormat::Csv, Header::Bad(error)) => Err(error.to_string()),
            (JobFormat::Csv, Header::Unread) => {
                *header = match CsvHeader::read(text) {
                    Ok(known) => Header::Known(known),
                    Err(error) => Header::Bad(error),
                };
                continue;
            }
        };
        rows.push((line.number, row));
    }
    Ok(rows)
}
