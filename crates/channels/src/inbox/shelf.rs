//! The files of the inbox and the map of what lies where.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;

use super::frame::{FrameHeader, HEADER_BYTES};
use super::{InboxError, InboxOptions};

/// Size at which a new file is begun.
const FILE_BYTES: u64 = 16 << 20;

/// Where a frame lies.
#[derive(Clone)]
pub(super) struct Place {
    pub file: Arc<File>,
    pub offset: u64,
    pub header: FrameHeader,
}

impl Place {
    /// Reads a part of the frame.
    pub fn read(&self, (offset, length): (u64, usize)) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, self.offset + offset)?;
        Ok(bytes)
    }
}

struct Volume {
    path: PathBuf,
    file: Arc<File>,
    bytes: u64,
    frames: VecDeque<(u64, FrameHeader)>,
}

/// The files, oldest first; the last one grows.
pub(super) struct Shelf {
    options: InboxOptions,
    volumes: VecDeque<Volume>,
    /// The identifier of the next message.
    next: u64,
    /// Messages before this one are no longer shown.
    floor: u64,
}

impl Shelf {
    /// Opens the folder. A frame that was not written to its end is cut off: nobody was told that
    /// it is kept.
    pub fn open(options: InboxOptions) -> Result<Self, InboxError> {
        fs::create_dir_all(&options.dir)?;
        let mut names: Vec<(u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&options.dir)? {
            let path = entry?.path();
            if let Some(first) = number_of(&path) {
                names.push((first, path));
            }
        }
        names.sort();
        let mut shelf = Self {
            options,
            volumes: VecDeque::new(),
            next: 1,
            floor: 1,
        };
        for (first, path) in names {
            let volume = Volume::open(path)?;
            let end = volume
                .frames
                .back()
                .map_or(first, |(_, header)| end_of(header));
            shelf.next = shelf.next.max(end);
            shelf.volumes.push_back(volume);
        }
        shelf.floor = shelf.oldest();
        if shelf.volumes.is_empty() {
            shelf.begin_file()?;
        }
        shelf.trim()?;
        Ok(shelf)
    }

    /// The identifier of the next message.
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// The oldest message that is shown.
    pub const fn floor(&self) -> u64 {
        self.floor
    }

    /// Appends a frame; durable when it returns. On failure nothing is kept of it. Readers wait
    /// only for the map, not for the disk; there is one caller at a time.
    pub fn append(
        shelf: &RwLock<Self>,
        header: FrameHeader,
        frame: &[u8],
    ) -> Result<(), InboxError> {
        let (file, offset) = shelf.write().end()?;
        let written = file
            .write_all_at(frame, offset)
            .and_then(|()| file.sync_data());
        if let Err(error) = written {
            file.set_len(offset)?;
            return Err(error.into());
        }
        shelf.write().note(header, frame.len() as u64);
        Ok(())
    }

    /// The file that grows, and its end.
    fn end(&mut self) -> Result<(Arc<File>, u64), InboxError> {
        if self
            .volumes
            .back()
            .is_none_or(|volume| volume.bytes >= FILE_BYTES)
        {
            self.begin_file()?;
        }
        self.volumes
            .back()
            .map(|volume| (Arc::clone(&volume.file), volume.bytes))
            .ok_or_else(|| InboxError::Closed("there is no file to write to".to_owned()))
    }

    fn note(&mut self, header: FrameHeader, bytes: u64) {
        if let Some(volume) = self.volumes.back_mut() {
            volume.frames.push_back((volume.bytes, header));
            volume.bytes += bytes;
        }
        self.next = end_of(&header);
        // A file that cannot be removed now is removed later; the message is kept all the same.
        if let Err(error) = self.trim() {
            tracing::warn!(%error, "cannot remove old inbox files");
        }
    }

    /// Forgets every message. Identifiers go on where they were.
    pub fn clear(&mut self) -> Result<(), InboxError> {
        self.floor = self.next;
        if self.volumes.iter().any(|volume| volume.bytes > 0) {
            self.begin_file()?;
        }
        while self.volumes.len() > 1 {
            self.remove_oldest()?;
        }
        Ok(())
    }

    /// Frames that begin before message `before`, newest first, at most `limit`.
    pub fn frames_before(&self, before: u64, limit: usize) -> Vec<Place> {
        let before = before.min(self.next);
        let mut places = Vec::new();
        for volume in self.volumes.iter().rev() {
            let end = volume
                .frames
                .partition_point(|(_, header)| header.first < before);
            for (offset, header) in volume.frames.range(..end).rev() {
                if places.len() == limit || end_of(header) <= self.floor {
                    return places;
                }
                places.push(Place {
                    file: Arc::clone(&volume.file),
                    offset: *offset,
                    header: *header,
                });
            }
        }
        places
    }

    /// The frame that holds message `id`.
    pub fn frame_of(&self, id: u64) -> Option<Place> {
        let place = self.frames_before(id.checked_add(1)?, 1).pop()?;
        (id >= self.floor && id < end_of(&place.header)).then_some(place)
    }

    /// Forgets what is more than may be kept.
    fn trim(&mut self) -> Result<(), InboxError> {
        let most = self.options.messages_max.max(1);
        self.floor = self.floor.max(self.next.saturating_sub(most));
        while self.volumes.len() > 1 {
            let bytes: u64 = self.volumes.iter().map(|volume| volume.bytes).sum();
            let hidden = self.volumes[1]
                .frames
                .front()
                .is_some_and(|(_, header)| header.first <= self.floor);
            if !hidden && bytes <= self.options.bytes_max {
                break;
            }
            self.remove_oldest()?;
        }
        self.floor = self.floor.max(self.oldest());
        Ok(())
    }

    /// The oldest message in any file.
    fn oldest(&self) -> u64 {
        self.volumes
            .iter()
            .find_map(|volume| volume.frames.front())
            .map_or(self.next, |(_, header)| header.first)
    }

    fn remove_oldest(&mut self) -> Result<(), InboxError> {
        if let Some(volume) = self.volumes.front() {
            match fs::remove_file(&volume.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
            self.volumes.pop_front();
        }
        Ok(())
    }

    fn begin_file(&mut self) -> Result<(), InboxError> {
        let path = self.options.dir.join(format!("{:020}.mail", self.next));
        if self
            .volumes
            .back()
            .is_some_and(|volume| volume.path == path)
        {
            return Ok(());
        }
        let volume = Volume::open(path)?;
        // The name must survive too.
        File::open(&self.options.dir)?.sync_all()?;
        self.volumes.push_back(volume);
        Ok(())
    }
}

impl Volume {
    fn open(path: PathBuf) -> Result<Self, InboxError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)?;
        let length = file.metadata()?.len();
        let mut volume = Self {
            path,
            file: Arc::new(file),
            bytes: 0,
            frames: VecDeque::new(),
        };
        while let Some(header) = volume.header_at(volume.bytes, length)? {
            volume.frames.push_back((volume.bytes, header));
            volume.bytes += header.frame_bytes();
        }
        // Frames are written one after the other, so only the last one can be torn.
        if let Some((offset, header)) = volume.frames.back().copied() {
            let place = Place {
                file: Arc::clone(&volume.file),
                offset,
                header,
            };
            let parts = usize::try_from(header.frame_bytes()).unwrap_or(usize::MAX) - HEADER_BYTES;
            if !header.fits(&place.read((HEADER_BYTES as u64, parts))?) {
                volume.frames.pop_back();
                volume.bytes = offset;
            }
        }
        if volume.bytes < length {
            tracing::warn!(
                bytes = length - volume.bytes,
                "the inbox ends with an unfinished message, which is removed"
            );
            volume.file.set_len(volume.bytes)?;
        }
        Ok(volume)
    }

    /// The header of the whole frame at `offset`; nothing if there is none.
    fn header_at(&self, offset: u64, length: u64) -> Result<Option<FrameHeader>, InboxError> {
        if offset + HEADER_BYTES as u64 > length {
            return Ok(None);
        }
        let mut bytes = [0; HEADER_BYTES];
        self.file.read_exact_at(&mut bytes, offset)?;
        let header = FrameHeader::read(&bytes);
        Ok(header.filter(|header| offset + header.frame_bytes() <= length))
    }
}

/// The identifier behind the last message of a frame.
fn end_of(header: &FrameHeader) -> u64 {
    header.first + u64::from(header.count)
}

/// The identifier that a file is named after.
fn number_of(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    name.strip_suffix(".mail")?.parse().ok()
}
