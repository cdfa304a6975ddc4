//! Segment files: `<base position>.log`, a header and then frames.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use clock::{Clock, Timestamp};

use super::Position;
use super::frame::{self, Frame};
use crate::LogError;

const MAGIC: &[u8; 8] = b"bkn-evts";
const FORMAT: u32 = 1;
/// Bytes before the first frame: magic, format, checksum of the rest, base, creation time.
pub(super) const HEADER: u64 = 32;
/// Bytes that are read at once.
pub(super) const CHUNK: usize = 1 << 20;

/// What is known of a segment file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// Position of its first event.
    pub(super) base: Position,
    /// When it was begun: everything before it arrived earlier.
    pub(super) created: Timestamp,
}

impl Segment {
    /// Its file in `dir`.
    pub(super) fn path(&self, dir: &Path) -> PathBuf {
        dir.join(format!("{:020}.log", self.base))
    }
}

/// The last segment, open for writing.
pub(super) struct Tail {
    pub(super) segment: Segment,
    pub(super) file: File,
    pub(super) path: PathBuf,
    /// Bytes of whole, durable frames in it.
    pub(super) bytes: u64,
    /// Bytes that the file may still take before it pretends that the disk is full.
    #[cfg(test)]
    pub(super) room: Option<u64>,
}

impl Tail {
    /// The position after its last event.
    pub(super) fn end(&self) -> Position {
        self.segment.base + self.bytes
    }

    /// Begins the segment at `base`, durably.
    pub(super) fn create(dir: &Path, base: Position, created: Timestamp) -> Result<Self, LogError> {
        let segment = Segment { base, created };
        let path = segment.path(dir);
        let made = OpenOptions::new()
            .create(true)
            .truncate(true)
            .read(true)
            .write(true)
            .open(&path)
            .and_then(|file| {
                file.write_all_at(&header(segment), 0)?;
                file.sync_all()?;
                File::open(dir)?.sync_all()?;
                Ok(file)
            });
        match made {
            Ok(file) => Ok(Self {
                segment,
                file,
                path,
                bytes: 0,
                #[cfg(test)]
                room: None,
            }),
            Err(error) => {
                // An empty segment that stays behind is removed when the log is opened.
                let _ = std::fs::remove_file(&path);
                Err(LogError::io(&path, &error))
            }
        }
    }

    /// Appends whole frames and makes them durable.
    pub(super) fn append(&mut self, frames: &[u8]) -> std::io::Result<()> {
        #[cfg(test)]
        if let Some(room) = self.room {
            let fits = usize::try_from(room)
                .unwrap_or(usize::MAX)
                .min(frames.len());
            self.file
                .write_all_at(&frames[..fits], HEADER + self.bytes)?;
            if fits < frames.len() {
                return Err(std::io::ErrorKind::StorageFull.into());
            }
        }
        self.file.write_all_at(frames, HEADER + self.bytes)?;
        self.file.sync_data()?;
        self.bytes += frames.len() as u64;
        Ok(())
    }

    /// Takes back what a failed [`Tail::append`] may have left.
    pub(super) fn cut(&self) -> std::io::Result<()> {
        self.file.set_len(HEADER + self.bytes)?;
        self.file.sync_all()
    }
}

fn header(segment: Segment) -> [u8; HEADER as usize] {
    let mut bytes = [0; HEADER as usize];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..12].copy_from_slice(&FORMAT.to_le_bytes());
    bytes[16..24].copy_from_slice(&segment.base.to_le_bytes());
    bytes[24..32].copy_from_slice(&segment.created.as_millis().to_le_bytes());
    let crc = crc32fast::hash(&bytes[16..]);
    bytes[12..16].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// Reads the header of the segment file `path`; `None` if it is cut short or damaged.
fn read_header(path: &Path) -> Result<Option<Segment>, LogError> {
    let file = File::open(path).map_err(|error| LogError::io(path, &error))?;
    let mut bytes = [0; HEADER as usize];
    match file.read_exact_at(&mut bytes, 0) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(LogError::io(path, &error)),
    }
    let (magic, rest) = bytes.split_at(8);
    let word = |at: usize| u32::from_le_bytes([rest[at], rest[at + 1], rest[at + 2], rest[at + 3]]);
    let long = |at: usize| {
        let mut long = [0; 8];
        long.copy_from_slice(&rest[at..at + 8]);
        long
    };
    if magic != MAGIC {
        return Ok(None);
    }
    if word(0) > FORMAT {
        return Err(LogError::NewerFormat {
            path: path.to_owned(),
            version: word(0),
        });
    }
    if crc32fast::hash(&rest[8..]) != word(4) {
        return Ok(None);
    }
    Ok(Some(Segment {
        base: u64::from_le_bytes(long(8)),
        created: Timestamp::from_millis(i64::from_le_bytes(long(16))),
    }))
}

/// Finds the segments in `dir`, oldest first, and opens the last for writing without its torn end.
pub(super) fn open_all(dir: &Path, clock: &Clock) -> Result<(Vec<Segment>, Tail), LogError> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|error| LogError::io(dir, &error))? {
        let path = entry.map_err(|error| LogError::io(dir, &error))?.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut segments = Vec::with_capacity(paths.len());
    for (index, path) in paths.iter().enumerate() {
        match read_header(path)? {
            Some(segment) if segment.path(dir) == *path => segments.push(segment),
            // The process ended while it began this segment: nothing was acknowledged in it.
            None if index + 1 == paths.len() && length(path)? <= HEADER => {
                std::fs::remove_file(path).map_err(|error| LogError::io(path, &error))?;
            }
            _ => {
                return Err(LogError::Damaged {
                    path: path.clone(),
                    position: 0,
                });
            }
        }
    }
    check_joints(dir, &segments)?;
    let tail = match segments.last() {
        Some(last) => reopen(dir, *last)?,
        None => {
            let tail = Tail::create(dir, 0, clock.now())?;
            segments.push(tail.segment);
            tail
        }
    };
    Ok((segments, tail))
}

/// Each segment must end where the next begins.
fn check_joints(dir: &Path, segments: &[Segment]) -> Result<(), LogError> {
    for pair in segments.windows(2) {
        let path = pair[0].path(dir);
        let end = pair[0].base + length(&path)?.saturating_sub(HEADER);
        // A failed append may have left bytes behind the durable end.
        if end < pair[1].base {
            return Err(LogError::Damaged {
                path,
                position: end,
            });
        }
    }
    Ok(())
}

fn length(path: &Path) -> Result<u64, LogError> {
    Ok(std::fs::metadata(path)
        .map_err(|error| LogError::io(path, &error))?
        .len())
}

fn reopen(dir: &Path, segment: Segment) -> Result<Tail, LogError> {
    let path = segment.path(dir);
    let failed = |error: &std::io::Error| LogError::io(&path, error);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .map_err(|error| failed(&error))?;
    let bytes = whole_frames(&file).map_err(|error| failed(&error))?;
    let torn = length(&path)?.saturating_sub(HEADER + bytes);
    let tail = Tail {
        segment,
        file,
        path: path.clone(),
        bytes,
        #[cfg(test)]
        room: None,
    };
    if torn > 0 {
        tracing::warn!(
            torn_bytes = torn,
            position = tail.end(),
            "cut an unfinished write off the event log"
        );
        tail.cut().map_err(|error| failed(&error))?;
    }
    Ok(tail)
}

/// Bytes of whole frames at the start of a segment file.
fn whole_frames(file: &File) -> std::io::Result<u64> {
    let mut whole = 0;
    let mut want = CHUNK;
    loop {
        let bytes = read_at(file, HEADER + whole, want)?;
        let mut used = 0;
        let needed = loop {
            match frame::split(&bytes[used..]) {
                Frame::Whole(_, size) => used += size,
                Frame::Short(needed) => break needed,
                Frame::Damaged => return Ok(whole + used as u64),
            }
        };
        whole += used as u64;
        if bytes.len() < want {
            return Ok(whole);
        }
        want = needed.max(CHUNK);
    }
}

/// At most `length` bytes from `offset` on; fewer only at the end of the file.
pub(super) fn read_at(file: &File, offset: u64, length: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut read = 0;
    while read < length {
        match file.read_at(&mut bytes[read..], offset + read as u64) {
            Ok(0) => break,
            Ok(count) => read += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(read);
    Ok(bytes)
}
