//! Cuts a stream of bytes into records: JSON objects, one per line or one after the other.

use std::io::{BufRead, ErrorKind};

/// Bytes of a record; what streams carry is at most 1 MB (`docs/spec/events.md §4`).
const RECORD_BYTES_MAX: usize = 2 << 20;

/// A piece of the stream, and the line on which it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub line: u64,
    pub content: Result<Vec<u8>, Broken>,
}

/// Why a piece is no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    #[error("expected a JSON object")]
    NotAnObject,
    #[error("the record is cut off")]
    CutOff,
    #[error("the record is larger than {RECORD_BYTES_MAX} bytes")]
    TooLarge,
    #[error("the rest of the file cannot be read: {0}")]
    Unreadable(String),
}

/// Where the splitter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between records.
    Between,
    /// In a record, so many brackets deep.
    Inside { depth: u32, quoted: Quoted },
    /// In something that is no record, up to the end of its line.
    Skipping,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoted {
    No,
    Yes,
    Escaped,
}

/// Pieces of a stream, in order.
pub(super) struct Pieces<R> {
    reader: R,
    line: u64,
    ended: bool,
}

impl<R: BufRead> Pieces<R> {
    pub const fn new(reader: R) -> Self {
        Self {
            reader,
            line: 1,
            ended: false,
        }
    }

    /// The next byte, left in place.
    fn peek(&mut self) -> std::io::Result<Option<u8>> {
        loop {
            match self.reader.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn take(&mut self, byte: u8) {
        self.line += u64::from(byte == b'\n');
        self.reader.consume(1);
    }

    /// The content of the next piece, and the line on which it begins; nothing at the end.
    fn piece(&mut self, begin: &mut u64) -> std::io::Result<Option<Result<Vec<u8>, Broken>>> {
        let mut bytes = Vec::new();
        let mut state = State::Between;
        let mut after_line = false;
        loop {
            let Some(byte) = self.peek()? else {
                return Ok(match state {
                    State::Between => None,
                    State::Inside { .. } => Some(Err(Broken::CutOff)),
                    State::Skipping => Some(Err(Broken::NotAnObject)),
                });
            };
            match state {
                State::Between => {
                    *begin = self.line;
                    if byte == b'{' {
                        state = State::Inside {
                            depth: 0,
                            quoted: Quoted::No,
                        };
                        continue;
                    }
                    // Some writers put commas between records.
                    if !byte.is_ascii_whitespace() && byte != b',' {
                        state = State::Skipping;
                    }
                }
                State::Skipping => {
                    if byte == b'\n' {
                        self.take(byte);
                        return Ok(Some(Err(Broken::NotAnObject)));
                    }
                }
                State::Inside { depth, quoted } => {
                    // Records are compact: what begins a line begins a record.
                    if after_line && byte == b'{' {
                        return Ok(Some(Err(Broken::CutOff)));
                    }
                    if quoted != Quoted::No && byte == b'\n' {
                        self.take(byte);
                        return Ok(Some(Err(Broken::CutOff)));
                    }
                    if bytes.len() == RECORD_BYTES_MAX {
                        bytes.clear();
                        return self.skip_line().map(Some);
                    }
                    after_line = byte == b'\n';
                    bytes.push(byte);
                    match step(depth, quoted, byte) {
                        Some(next) => state = next,
                        None => {
                            self.take(byte);
                            return Ok(Some(Ok(bytes)));
                        }
                    }
                }
            }
            self.take(byte);
        }
    }

    /// Leaves out the rest of a line with a record that is too large.
    fn skip_line(&mut self) -> std::io::Result<Result<Vec<u8>, Broken>> {
        while let Some(byte) = self.peek()? {
            self.take(byte);
            if byte == b'\n' {
                break;
            }
        }
        Ok(Err(Broken::TooLarge))
    }
}

/// The state in a record after `byte`; nothing when the record ends with it.
fn step(depth: u32, quoted: Quoted, byte: u8) -> Option<State> {
    let (depth, quoted) = match (quoted, byte) {
        (Quoted::Escaped, _) => (depth, Quoted::Yes),
        (Quoted::Yes, b'\\') => (depth, Quoted::Escaped),
        (Quoted::Yes, b'"') => (depth, Quoted::No),
        (Quoted::Yes, _) => (depth, Quoted::Yes),
        (Quoted::No, b'"') => (depth, Quoted::Yes),
        (Quoted::No, b'{' | b'[') => (depth.saturating_add(1), Quoted::No),
        (Quoted::No, b'}' | b']') => (depth.saturating_sub(1), Quoted::No),
        (Quoted::No, _) => (depth, Quoted::No),
    };
    (depth > 0).then_some(State::Inside { depth, quoted })
}

impl<R: BufRead> Iterator for Pieces<R> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if self.ended {
            return None;
        }
        let mut line = self.line;
        let content = match self.piece(&mut line) {
            Ok(content) => content?,
            Err(error) => {
                self.ended = true;
                Err(Broken::Unreadable(error.to_string()))
            }
        };
        Some(Piece { line, content })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, want: &[(u64, &str)]) {
        let pieces: Vec<(u64, String)> = Pieces::new(text.as_bytes())
            .map(|piece| {
                let content = match piece.content {
                    Ok(bytes) => String::from_utf8(bytes).unwrap(),
                    Err(broken) => format!("{broken:?}"),
                };
                (piece.line, content)
            })
            .collect();
        let pieces: Vec<(u64, &str)> = pieces.iter().map(|(l, c)| (*l, c.as_str())).collect();
        assert_eq!(pieces, want, "{text:?}");
    }

    #[test]
    fn records_in_all_their_ways() {
        check("", &[]);
        check("\n\n", &[]);
        check("{}\n{\"a\":1}\n", &[(1, "{}"), (2, "{\"a\":1}")]);
        check("{\"a\":1}{\"b\":2}", &[(1, "{\"a\":1}"), (1, "{\"b\":2}")]);
        check(
            "{\"a\":1},\n{\"b\":2}",
            &[(1, "{\"a\":1}"), (2, "{\"b\":2}")],
        );
        check(
            "{\"a\":\"}{\\\"\"}{}",
            &[(1, "{\"a\":\"}{\\\"\"}"), (1, "{}")],
        );
        check(
            "{\n \"a\":\n {\"b\":[{}]}\n}\n{}",
            &[(1, "{\n \"a\":\n {\"b\":[{}]}\n}"), (5, "{}")],
        );
        check(
            "{\"a\":\"\\\\\"}\r\n{}",
            &[(1, "{\"a\":\"\\\\\"}"), (2, "{}")],
        );
    }

    #[test]
    fn what_is_broken_takes_nothing_with_it() {
        check("nonsense\n{}", &[(1, "NotAnObject"), (2, "{}")]);
        check("[1]\n{}", &[(1, "NotAnObject"), (2, "{}")]);
        check("{\"a\":1,\n{}\n", &[(1, "CutOff"), (2, "{}")]);
        check("{\"a\":\"torn\n{}\n", &[(1, "CutOff"), (2, "{}")]);
        check("{}\n{\"a\":", &[(1, "{}"), (2, "CutOff")]);
        check("{} trailing", &[(1, "{}"), (1, "NotAnObject")]);
    }

    #[test]
    fn a_record_has_a_bound() {
        let large = format!("{{\"a\":\"{}\"}}\n{{}}", "x".repeat(RECORD_BYTES_MAX));
        check(&large, &[(1, "TooLarge"), (2, "{}")]);
    }

    proptest! {
        /// Whatever the separators, the objects come out as they went in.
        #[test]
        fn nothing_is_lost(
            texts in prop::collection::vec("[a-z{}\\[\\]\"\\\\\n,:é]{0,12}", 0..8),
            separator in prop::sample::select(vec!["", "\n", "\r\n", ",\n", " "]),
        ) {
            let objects: Vec<String> = texts
                .iter()
                .map(|text| serde_json::json!({ text: [text, { "in": text }] }).to_string())
                .collect();
            let found: Vec<String> = Pieces::new(objects.join(separator).as_bytes())
                .map(|piece| String::from_utf8(piece.content.unwrap()).unwrap())
                .collect();
            prop_assert_eq!(found, objects);
        }

        /// Any bytes end in pieces, never in a panic.
        #[test]
        fn anything_ends(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Pieces::new(bytes.as_slice()).count() <= bytes.len());
        }
    }
}
