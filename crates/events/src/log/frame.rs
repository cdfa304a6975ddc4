//! How an event lies in a segment: `length: u32 | crc32 of the rest: u32 | version: u8 | postcard`.
//!
//! Numbers are little-endian. The postcard form of [`model::Event`] does not describe itself: when
//! that type changes, a new version is added here and version 1 keeps its own copy of the type.

use model::Event;

/// The version that is written.
const VERSION: u8 = 1;
/// Bytes before the payload.
pub(crate) const HEADER: usize = 8;
/// The largest payload: an item of 1,000 KB (`docs/spec/events.md §1.2`) and the endpoint beside
/// it fit well.
pub(crate) const PAYLOAD_MAX: usize = 4 << 20;

/// What lies at the start of some bytes.
pub(crate) enum Frame<'a> {
    /// A whole frame: its payload, and its size with the header.
    Whole(&'a [u8], usize),
    /// The bytes end before the frame does; it needs this many.
    Short(usize),
    /// No frame.
    Damaged,
}

/// Appends the frame of `event`; the error is its size if that is too large.
pub(crate) fn encode(event: &Event, into: &mut Vec<u8>) -> Result<(), usize> {
    let start = into.len();
    into.extend_from_slice(&[0; HEADER]);
    into.push(VERSION);
    let bytes = postcard::to_extend(event, std::mem::take(into))
        .expect("an event has no form that postcard refuses");
    *into = bytes;
    let payload = into.len() - start - HEADER;
    if payload > PAYLOAD_MAX {
        into.truncate(start);
        return Err(payload);
    }
    let crc = crc32fast::hash(&into[start + HEADER..]);
    let length = u32::try_from(payload).expect("bounded above");
    into[start..start + 4].copy_from_slice(&length.to_le_bytes());
    into[start + 4..start + HEADER].copy_from_slice(&crc.to_le_bytes());
    Ok(())
}

/// Looks at the start of `bytes`.
pub(crate) fn split(bytes: &[u8]) -> Frame<'_> {
    if bytes.len() < HEADER {
        return Frame::Short(HEADER);
    }
    let word =
        |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let length = word(0) as usize;
    if length == 0 || length > PAYLOAD_MAX {
        return Frame::Damaged;
    }
    let Some(payload) = bytes.get(HEADER..HEADER + length) else {
        return Frame::Short(HEADER + length);
    };
    if crc32fast::hash(payload) == word(4) {
        Frame::Whole(payload, HEADER + length)
    } else {
        Frame::Damaged
    }
}

/// The event in a payload; `None` if it has another form.
pub(crate) fn decode(payload: &[u8]) -> Option<Event> {
    match payload.split_first() {
        Some((&VERSION, event)) => postcard::from_bytes(event).ok(),
        _ => None,
    }
}
