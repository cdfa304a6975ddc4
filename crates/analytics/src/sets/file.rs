//! A file of cells: a header, an index, and then the sets.
//!
//! `"bkn-sets" | format: u32 | crc32 of the index: u32 | length of the index: u64 | index | sets`,
//! little-endian, offsets counted from the first set. A series with more than one hour has a cell for the whole day as well.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use clock::Timestamp;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use super::{Cell, Cells, DAY, People, Series};
use crate::table::{DataFile, sync_folder};
use crate::{AnalyticsError, Window};

const MAGIC: &[u8; 8] = b"bkn-sets";
const FORMAT: u32 = 1;
const HEADER: usize = 24;
/// The largest index that is believed.
const INDEX_BYTES_MAX: u64 = 1 << 30;

/// Where a cell lies.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) hour: u8,
    pub(crate) count: u64,
    first: i64,
    last: i64,
    offset: u64,
    lengths: [u32; 3],
    crc: u32,
}

impl Entry {
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn window(&self) -> Window {
        Window {
            start: Timestamp::from_millis(self.first),
            end: Timestamp::from_millis(self.last),
        }
    }
}

type Index = Vec<(Arc<Series>, Vec<Entry>)>;

/// What is read once of a file.
#[derive(Debug)]
struct Head {
    index: Index,
    /// Where the sets begin.
    sets: u64,
}

/// A file of cells that was written.
#[derive(Debug)]
pub(crate) struct SetsFile {
    /// Unlike that of any other file while the process lives.
    pub(crate) number: u64,
    pub(crate) file: DataFile,
    head: OnceLock<Head>,
}

impl SetsFile {
    pub(crate) fn known(number: u64, file: DataFile) -> Self {
        Self {
            number,
            file,
            head: OnceLock::new(),
        }
    }

    /// The cells of the file by series and hour; read once.
    pub(crate) fn index(&self) -> Result<&Index, AnalyticsError> {
        Ok(&self.head()?.index)
    }

    fn head(&self) -> Result<&Head, AnalyticsError> {
        if let Some(head) = self.head.get() {
            return Ok(head);
        }
        let head = self.read_head()?;
        Ok(self.head.get_or_init(|| head))
    }

    fn read_head(&self) -> Result<Head, AnalyticsError> {
        let path = &self.file.path;
        let io = |error: std::io::Error| AnalyticsError::io(path, &error);
        let file = File::open(path).map_err(io)?;
        let mut header = [0; HEADER];
        file.read_exact_at(&mut header, 0).map_err(io)?;
        let word = |at: usize| {
            u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let length = u64::from(word(16)) | u64::from(word(20)) << 32;
        if &header[..8] != MAGIC || length > INDEX_BYTES_MAX {
            return Err(AnalyticsError::damaged(path, "not a file of sets"));
        }
        if word(8) != FORMAT {
            return Err(AnalyticsError::damaged(path, "unknown format version"));
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        file.read_exact_at(&mut bytes, HEADER as u64).map_err(io)?;
        if crc32fast::hash(&bytes) != word(12) {
            return Err(AnalyticsError::damaged(path, "the index is damaged"));
        }
        let index: Vec<(Series, Vec<Entry>)> =
            postcard::from_bytes(&bytes).map_err(|error| AnalyticsError::damaged(path, error))?;
        Ok(Head {
            index: index
                .into_iter()
                .map(|(series, entries)| (Arc::new(series), entries))
                .collect(),
            sets: HEADER as u64 + length,
        })
    }

    /// Reads a cell.
    pub(crate) fn cell(&self, entry: &Entry) -> Result<Cell, AnalyticsError> {
        let path = &self.file.path;
        let length: usize = entry.lengths.iter().map(|length| *length as usize).sum();
        let mut bytes = vec![0; length];
        let offset = self.head()?.sets + entry.offset;
        File::open(path)
            .and_then(|file| file.read_exact_at(&mut bytes, offset))
            .map_err(|error| AnalyticsError::io(path, &error))?;
        if crc32fast::hash(&bytes) != entry.crc {
            return Err(AnalyticsError::damaged(path, "a set is damaged"));
        }
        let mut rest = bytes.as_slice();
        let mut take = |length: u32| {
            let (set, after) = rest.split_at(length as usize);
            rest = after;
            RoaringBitmap::deserialize_from(set)
                .map_err(|error| AnalyticsError::damaged(path, error))
        };
        Ok(Cell {
            count: entry.count,
            first: entry.first,
            last: entry.last,
            people: People {
                endpoints: take(entry.lengths[0])?,
                users: take(entry.lengths[1])?,
                anonymous: take(entry.lengths[2])?,
            },
        })
    }

    /// All hours of all series.
    pub(crate) fn read_all(&self) -> Result<Cells, AnalyticsError> {
        let mut cells = Cells::default();
        for (series, entries) in self.index()? {
            for entry in entries.iter().filter(|entry| entry.hour != DAY) {
                cells.merge(series, entry.hour, &Arc::new(self.cell(entry)?));
            }
        }
        Ok(cells)
    }
}

/// Writes `cells` to a new file at `path`, durably.
pub(crate) fn write(number: u64, path: &Path, cells: &Cells) -> Result<SetsFile, AnalyticsError> {
    let mut index: Vec<(&Series, Vec<Entry>)> = Vec::with_capacity(cells.series.len());
    let mut sets = Vec::new();
    let mut window = Window {
        start: Timestamp::from_millis(i64::MAX),
        end: Timestamp::from_millis(i64::MIN),
    };
    for (series, hours) in &cells.series {
        let mut entries = Vec::with_capacity(hours.len() + 1);
        let mut day = Cell::default();
        for (hour, cell) in hours {
            entries.push(put(*hour, cell, &mut sets));
            day.merge(cell);
        }
        if hours.len() > 1 {
            entries.push(put(DAY, &day, &mut sets));
        }
        window.start = window.start.min(day.window().start);
        window.end = window.end.max(day.window().end);
        index.push((series, entries));
    }
    let bytes =
        postcard::to_stdvec(&index).map_err(|error| AnalyticsError::damaged(path, error))?;
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&FORMAT.to_le_bytes());
    header[12..16].copy_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    header[16..24].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
    let fresh = path.with_extension("new");
    let written = File::create(&fresh).and_then(|file| {
        let mut file = BufWriter::new(file);
        file.write_all(&header)?;
        file.write_all(&bytes)?;
        file.write_all(&sets)?;
        file.into_inner()
            .map_err(std::io::IntoInnerError::into_error)?
            .sync_all()?;
        std::fs::rename(&fresh, path)
    });
    if let Err(error) = written {
        let _ = std::fs::remove_file(&fresh);
        return Err(AnalyticsError::io(path, &error));
    }
    sync_folder(path)?;
    let size = (HEADER + bytes.len() + sets.len()) as u64;
    Ok(SetsFile::known(
        number,
        DataFile::known(path.to_owned(), 0, size, window),
    ))
}

fn put(hour: u8, cell: &Cell, sets: &mut Vec<u8>) -> Entry {
    let start = sets.len();
    let people = &cell.people;
    let lengths = [&people.endpoints, &people.users, &people.anonymous].map(|set| {
        let before = sets.len();
        set.serialize_into(&mut *sets)
            .expect("writing to memory does not fail");
        u32::try_from(sets.len() - before).expect("a set of u32 has less than 4 GiB")
    });
    Entry {
        hour,
        count: cell.count,
        first: cell.first,
        last: cell.last,
        offset: start as u64,
        lengths,
        crc: crc32fast::hash(&sets[start..]),
    }
}
