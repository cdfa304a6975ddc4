//! Reading events back.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use model::Event;
use parking_lot::RwLock;

use super::Position;
use super::frame::{self, Frame};
use super::segment::{CHUNK, HEADER, Segment, read_at};
use crate::LogError;

/// Bytes after which a read is enough.
const READ_BYTES_MAX: u64 = 16 << 20;

/// At most `max` events between `from` and `end`.
pub(super) fn read(
    dir: &Path,
    segments: &RwLock<Vec<Segment>>,
    end: Position,
    from: Position,
    max: usize,
) -> Result<Vec<(Position, Arc<Event>)>, LogError> {
    let mut events = Vec::new();
    let first = segments.read().first().map_or(0, |segment| segment.base);
    let begin = from.max(first);
    let mut at = begin;
    while at < end && events.len() < max && at - begin < READ_BYTES_MAX {
        let Some((segment, segment_end)) = find(&segments.read(), at, end) else {
            break;
        };
        let path = segment.path(dir);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) => {
                // The segment may have been trimmed since it was found.
                let first = segments.read().first().map_or(0, |segment| segment.base);
                if first <= at {
                    return Err(LogError::io(&path, &error));
                }
                at = first;
                continue;
            }
        };
        let mut want = CHUNK;
        while at < segment_end && events.len() < max && at - begin < READ_BYTES_MAX {
            let left = usize::try_from(segment_end - at).unwrap_or(usize::MAX);
            let bytes = read_at(&file, HEADER + (at - segment.base), want.min(left))
                .map_err(|error| LogError::io(&path, &error))?;
            let damaged = |position| LogError::Damaged {
                path: path.clone(),
                position,
            };
            let mut used = 0;
            while events.len() < max {
                match frame::split(&bytes[used..]) {
                    Frame::Whole(payload, size) => {
                        used += size;
                        let event = frame::decode(payload).ok_or_else(|| damaged(at))?;
                        events.push((at + used as u64, Arc::new(event)));
                    }
                    Frame::Short(needed) => {
                        want = needed.max(CHUNK);
                        break;
                    }
                    Frame::Damaged => return Err(damaged(at + used as u64)),
                }
            }
            if used == 0 && bytes.len() < want {
                return Err(damaged(at));
            }
            at += used as u64;
        }
    }
    Ok(events)
}

/// The segment in which `at` lies, and where it ends.
fn find(segments: &[Segment], at: Position, end: Position) -> Option<(Segment, Position)> {
    let index = segments.partition_point(|segment| segment.base <= at);
    let segment = segments.get(index.checked_sub(1)?)?;
    let segment_end = segments.get(index).map_or(end, |next| next.base.min(end));
    Some((*segment, segment_end))
}
