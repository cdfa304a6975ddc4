//! The compact bytes of a token: numbers of variable length, identifiers without their hex.

/// Writes the bytes of a token.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

/// Reads the bytes of a token.
pub(super) struct Reader<'a>(&'a [u8]);

/// A text of 32 lower-case hex digits, as 16 bytes.
const HEX: u64 = 0;
/// A message identifier as [`crate::email::message_id`] makes them, as 24 bytes.
const MESSAGE_ID: u64 = 1;
/// Any other text, its length added.
const PLAIN: u64 = 2;

/// Where dashes stand in a message identifier, and how it ends.
const DASHES: [usize; 5] = [16, 25, 30, 35, 40];
const ENDING: &str = "-000000";

impl Writer {
    pub fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub fn flag(&mut self, flag: bool) {
        self.byte(u8::from(flag));
    }

    /// Seven bits to a byte, low ones first.
    pub fn number(&mut self, mut number: u64) {
        while number > 0x7f {
            self.byte((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    pub fn text(&mut self, text: &str) {
        if let Some(bytes) = (text.len() == 32).then(|| unhex(text)).flatten() {
            self.number(HEX);
            self.raw(&bytes);
        } else if let Some(bytes) = message_id_bytes(text) {
            self.number(MESSAGE_ID);
            self.raw(&bytes);
        } else {
            self.number(PLAIN + text.len() as u64);
            self.raw(text.as_bytes());
        }
    }

    pub fn optional(&mut self, text: Option<&str>) {
        self.flag(text.is_some());
        if let Some(text) = text {
            self.text(text);
        }
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl<'a> Reader<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub fn text(&mut self) -> Option<String> {
        match self.number()? {
            HEX => self.take(16).map(hex::encode),
            MESSAGE_ID => {
                let mut text = hex::encode(self.take(24)?);
                for at in DASHES.iter().take(5) {
                    text.insert(*at, '-');
                }
                text.push_str(ENDING);
                Some(text)
            }
            length => {
                let length = usize::try_from(length - PLAIN).ok()?;
                String::from_utf8(self.take(length)?.to_vec()).ok()
            }
        }
    }

    pub fn optional(&mut self) -> Option<Option<String>> {
        if self.flag()? {
            self.text().map(Some)
        } else {
            Some(None)
        }
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
}

/// The bytes of lower-case hex.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let lower = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    lower.then(|| hex::decode(text).ok()).flatten()
}

fn message_id_bytes(text: &str) -> Option<Vec<u8>> {
    let body = text.strip_suffix(ENDING)?;
    let dashes: Vec<usize> = memchr::memchr_iter(b'-', body.as_bytes()).collect();
    if body.len() != 53 || dashes != DASHES {
        return None;
    }
    unhex(&body.replace('-', ""))
}
