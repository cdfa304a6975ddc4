//! Messages that arrived together, as they lie in a file: a header, the lists' part, the content.
//!
//! The two parts are compressed separately, so that lists do not read content. Messages of one
//! campaign hardly differ, so the content shrinks to a fraction.

use bytes::Bytes;

use super::{InboxError, InboxMessage};

/// Marks the start of a frame.
const MAGIC: [u8; 4] = *b"BKI1";
/// Bytes of the header.
pub(super) const HEADER_BYTES: usize = 36;
/// Largest part that is believed, before compression.
const PART_BYTES_MAX: usize = 256 << 20;
/// How hard to compress.
const LEVEL: i32 = 1;

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    /// The identifier of the first message.
    pub first: u64,
    /// How many messages there are.
    pub count: u32,
    list_bytes: u32,
    list_bytes_raw: u32,
    content_bytes: u32,
    content_bytes_raw: u32,
    checksum: u32,
}

impl FrameHeader {
    /// Bytes of the whole frame.
    pub fn frame_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + u64::from(self.list_bytes) + u64::from(self.content_bytes)
    }

    /// Where the lists' part lies in the frame.
    pub fn list(&self) -> (u64, usize) {
        (HEADER_BYTES as u64, self.list_bytes as usize)
    }

    /// Where the content lies in the frame.
    pub fn content(&self) -> (u64, usize) {
        let offset = HEADER_BYTES as u64 + u64::from(self.list_bytes);
        (offset, self.content_bytes as usize)
    }

    /// The header in `bytes`; nothing if there is none.
    pub fn read(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let number = |at: usize| {
            let mut word = [0; 4];
            word.copy_from_slice(&bytes[at..at + 4]);
            u32::from_le_bytes(word)
        };
        let header = Self {
            first: u64::from(number(4)) | u64::from(number(8)) << 32,
            count: number(12),
            list_bytes: number(16),
            list_bytes_raw: number(20),
            content_bytes: number(24),
            content_bytes_raw: number(28),
            checksum: number(32),
        };
        let sizes = [header.list_bytes_raw, header.content_bytes_raw];
        let sane = sizes.iter().all(|size| *size as usize <= PART_BYTES_MAX);
        (bytes[..4] == MAGIC && header.count > 0 && sane).then_some(header)
    }

    /// Whether `parts`, which follow the header, are what was written.
    pub fn fits(&self, parts: &[u8]) -> bool {
        parts.len() as u64 == self.frame_bytes() - HEADER_BYTES as u64
            && crc32fast::hash(parts) == self.checksum
    }

    fn write(&self, out: &mut [u8]) {
        let first = self.first.to_le_bytes();
        out[..4].copy_from_slice(&MAGIC);
        out[4..12].copy_from_slice(&first);
        let numbers = [
            self.count,
            self.list_bytes,
            self.list_bytes_raw,
            self.content_bytes,
            self.content_bytes_raw,
            self.checksum,
        ];
        for (at, number) in numbers.into_iter().enumerate() {
            out[12 + at * 4..16 + at * 4].copy_from_slice(&number.to_le_bytes());
        }
    }
}

/// The frame of `messages` with their content.
pub(super) fn encode(
    messages: &[InboxMessage],
    contents: &[Bytes],
) -> Result<(FrameHeader, Vec<u8>), InboxError> {
    let damaged = |error: &dyn std::fmt::Display| InboxError::Damaged(error.to_string());
    let list = postcard::to_stdvec(messages).map_err(|error| damaged(&error))?;
    let mut content = Vec::with_capacity(contents.iter().map(|c| c.len() + 4).sum());
    for one in contents {
        content.extend_from_slice(&size(one.len())?.to_le_bytes());
        content.extend_from_slice(one);
    }
    let list_packed = zstd::bulk::compress(&list, LEVEL)?;
    let content_packed = zstd::bulk::compress(&content, LEVEL)?;
    let mut frame = vec![0; HEADER_BYTES];
    frame.extend_from_slice(&list_packed);
    frame.extend_from_slice(&content_packed);
    let header = FrameHeader {
        first: messages.first().map_or(0, |message| message.id),
        count: size(messages.len())?,
        list_bytes: size(list_packed.len())?,
        list_bytes_raw: size(list.len())?,
        content_bytes: size(content_packed.len())?,
        content_bytes_raw: size(content.len())?,
        checksum: crc32fast::hash(&frame[HEADER_BYTES..]),
    };
    header.write(&mut frame[..HEADER_BYTES]);
    Ok((header, frame))
}

/// The messages in the lists' part.
pub(super) fn decode_list(
    header: &FrameHeader,
    packed: &[u8],
) -> Result<Vec<InboxMessage>, InboxError> {
    let list = zstd::bulk::decompress(packed, header.list_bytes_raw as usize)?;
    postcard::from_bytes(&list).map_err(|error| InboxError::Damaged(error.to_string()))
}

/// The content of message `number` of the frame.
pub(super) fn decode_content(
    header: &FrameHeader,
    packed: &[u8],
    number: usize,
) -> Result<Bytes, InboxError> {
    let cut = || InboxError::Damaged("the content ends early".to_owned());
    let content = zstd::bulk::decompress(packed, header.content_bytes_raw as usize)?;
    let mut rest = content.as_slice();
    for _ in 0..number {
        let (_, behind) = take(rest).ok_or_else(cut)?;
        rest = behind;
    }
    let (one, _) = take(rest).ok_or_else(cut)?;
    Ok(Bytes::copy_from_slice(one))
}

/// One content and what is behind it.
fn take(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

fn size(length: usize) -> Result<u32, InboxError> {
    u32::try_from(length)
        .ok()
        .filter(|_| length <= PART_BYTES_MAX)
        .ok_or_else(|| InboxError::Damaged("the message is too large".to_owned()))
}

#[cfg(test)]
mod tests {
    use clock::Timestamp;
    use model::ChannelType;

    use super::*;
    use crate::inbox::InboxState;

    /// The lists' form names neither members nor variants: a new member, or a variant that is not
    /// the last, would make every kept message unreadable.
    #[test]
    fn messages_of_earlier_versions_are_read() {
        let kept = |channel: u8, state: u8| {
            let texts = b"\x01k\x01m\x01f\x01t\x01s\x01e";
            [&[7, 1, b'a', channel][..], texts, &[0, 0, 0, 1, 2, state]].concat()
        };
        let read = |bytes: &[u8]| postcard::from_bytes::<InboxMessage>(bytes).expect("a message");
        let mail = read(&kept(9, 4));
        assert_eq!((mail.id, mail.app.as_str(), mail.test), (7, "a", true));
        assert_eq!((&*mail.key, &*mail.to, &*mail.subject), ("k", "t", "s"));
        assert_eq!(mail.received, Timestamp::from_millis(1));
        assert_eq!(mail.channel, ChannelType::Email);
        assert_eq!(mail.state, InboxState::Suppressed);
        let text = read(&kept(7, 7));
        assert_eq!(text.channel, ChannelType::Sms);
        assert_eq!(text.state, InboxState::OptedOut);
    }
}
