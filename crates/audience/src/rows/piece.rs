//! Cuts a file into pieces of whole lines, as its bytes arrive.

use std::ops::Range;

/// Most lines in a piece (`docs/spec/audience.md §11.4`).
pub const PIECE_LINES_MAX: usize = 10_000;

/// A piece ends with the first line that brings it to this size, in bytes.
pub const PIECE_BYTES_MAX: usize = 4 << 20;

/// Longest line that is read, in bytes. An endpoint may have 15 KB.
pub const LINE_BYTES_MAX: usize = 64 << 10;

/// A run of whole lines of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Number of the first line, from 1.
    pub first_line: u64,
    /// Offset in the file of the first byte after the piece.
    pub end: u64,
    text: Vec<u8>,
    /// Where each line lies in `text`; `None` for a line that is too long.
    lines: Vec<Option<Range<usize>>>,
}

/// A line of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number in the file, from 1.
    pub number: u64,
    /// Its text without the line break; `None` if it is longer than [`LINE_BYTES_MAX`].
    pub text: Option<&'a str>,
}

impl Piece {
    /// The lines, blank ones included.
    ///
    /// # Errors
    /// The piece is not UTF-8; the error is the number of the first line that is not.
    pub fn lines(&self) -> Result<impl Iterator<Item = Line<'_>>, u64> {
        let lines = self.lines.iter().zip(self.first_line..);
        // Each by itself: the halves of a character that a line break parts meet in `text`.
        let lines = lines.map(|(range, number)| {
            let bytes = range.clone().map(|range| &self.text[range]);
            let text = bytes.map(str::from_utf8).transpose();
            Ok(Line {
                number,
                text: text.map_err(|_| number)?,
            })
        });
        Ok(lines.collect::<Result<Vec<_>, u64>>()?.into_iter())
    }

    /// Number of the last line.
    #[must_use]
    pub fn last_line(&self) -> u64 {
        self.first_line + self.lines.len() as u64 - 1
    }
}

/// Takes the bytes of a file and gives its pieces.
#[derive(Debug)]
pub struct PieceCutter {
    piece: Piece,
    /// Where the unfinished last line begins in the text.
    line_start: usize,
    /// Whether the unfinished last line is already too long to keep.
    overlong: bool,
    /// Whether the next byte is the first one of the file.
    at_file_start: bool,
}

impl PieceCutter {
    /// A cutter for a file, from byte `offset` on, where line `line` (from 1) begins.
    #[must_use]
    pub fn new(offset: u64, line: u64) -> Self {
        Self {
            piece: Piece {
                first_line: line,
                end: offset,
                text: Vec::new(),
                lines: Vec::new(),
            },
            line_start: 0,
            overlong: false,
            at_file_start: offset == 0,
        }
    }

    /// Takes the next bytes; calls `sink` with each piece that they complete.
    pub fn push(&mut self, mut bytes: &[u8], mut sink: impl FnMut(Piece)) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.extend(&bytes[..end]);
            self.piece.end += 1;
            self.end_line();
            bytes = &bytes[end + 1..];
            if self.piece.lines.len() == PIECE_LINES_MAX || self.piece.text.len() >= PIECE_BYTES_MAX
            {
                sink(self.take());
            }
        }
        self.extend(bytes);
    }

    /// Ends the file; gives what is left of it.
    #[must_use]
    pub fn finish(mut self) -> Option<Piece> {
        if self.overlong || self.piece.text.len() > self.line_start {
            self.end_line();
        }
        (!self.piece.lines.is_empty()).then_some(self.piece)
    }

    /// Adds bytes without a line break to the unfinished line.
    fn extend(&mut self, bytes: &[u8]) {
        self.piece.end += bytes.len() as u64;
        if self.overlong {
            return;
        }
        self.piece.text.extend_from_slice(bytes);
        // One more byte, for the carriage return of the line break.
        if self.piece.text.len() - self.line_start > LINE_BYTES_MAX + 1 {
            self.piece.text.truncate(self.line_start);
            self.overlong = true;
        }
    }

    fn end_line(&mut self) {
        let text = &mut self.piece.text;
        if std::mem::take(&mut self.at_file_start) && text.starts_with(b"\xEF\xBB\xBF") {
            text.drain(..3);
        }
        if text.len() > self.line_start && text.ends_with(b"\r") {
            text.pop();
        }
        if text.len() - self.line_start > LINE_BYTES_MAX {
            text.truncate(self.line_start);
            self.overlong = true;
        }
        let overlong = std::mem::take(&mut self.overlong);
        let range = self.line_start..text.len();
        self.piece.lines.push((!overlong).then_some(range));
        self.line_start = text.len();
    }

    fn take(&mut self) -> Piece {
        let next = Piece {
            first_line: self.piece.last_line() + 1,
            end: self.piece.end,
            text: Vec::new(),
            lines: Vec::new(),
        };
        self.line_start = 0;
        std::mem::replace(&mut self.piece, next)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(chunks: &[&[u8]]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut cutter = PieceCutter::new(0, 1);
        for chunk in chunks {
            cutter.push(chunk, |piece| pieces.push(piece));
        }
        pieces.extend(cutter.finish());
        pieces
    }

    #[track_caller]
    fn check(chunks: &[&[u8]], want: &[&str]) {
        let pieces = cut(chunks);
        let got: Vec<&str> = pieces
            .iter()
            .flat_map(|piece| piece.lines().unwrap())
            .map(|line| line.text.unwrap())
            .collect();
        assert_eq!(got, want);
    }

    #[test]
    fn lines_end_at_any_line_break() {
        check(&[b""], &[]);
        check(&[b"a\nb\r\n\nc"], &["a", "b", "", "c"]);
        check(&[b"a", b"b\r", b"\nc\n"], &["ab", "c"]);
        check(&[b"\n"], &[""]);
        check(
            &[b"\xEF\xBB", b"\xBFId,Address\n1,2"],
            &["Id,Address", "1,2"],
        );
        check(&[b"a\n\xEF\xBB\xBFb"], &["a", "\u{feff}b"]);
    }

    #[test]
    fn pieces_hold_a_bounded_number_of_lines() {
        let text = "x\n".repeat(PIECE_LINES_MAX * 2 + 3);
        let pieces = cut(&[text.as_bytes()]);
        let lines: Vec<(u64, u64, u64)> = pieces
            .iter()
            .map(|piece| (piece.first_line, piece.last_line(), piece.end))
            .collect();
        assert_eq!(
            lines,
            [
                (1, 10_000, 20_000),
                (10_001, 20_000, 40_000),
                (20_001, 20_003, 40_006)
            ]
        );
    }

    #[test]
    fn pieces_hold_a_bounded_number_of_bytes() {
        let line = format!("{}\n", "x".repeat(50_000));
        let pieces = cut(&[line.repeat(200).as_bytes()]);
        assert!(pieces.len() > 2);
        assert!(
            pieces
                .iter()
                .all(|piece| piece.text.len() < PIECE_BYTES_MAX + LINE_BYTES_MAX)
        );
        assert_eq!(pieces.last().unwrap().last_line(), 200);
    }

    #[test]
    fn overlong_lines_are_dropped_and_counted() {
        let long = vec![b'x'; LINE_BYTES_MAX + 1];
        let exact = vec![b'y'; LINE_BYTES_MAX];
        let pieces = cut(&[b"a\n", &long, &long, b"\n", &exact, b"\r\nb\n", &long]);
        let lines: Vec<(u64, Option<usize>)> = pieces[0]
            .lines()
            .unwrap()
            .map(|line| (line.number, line.text.map(str::len)))
            .collect();
        assert_eq!(
            lines,
            [
                (1, Some(1)),
                (2, None),
                (3, Some(LINE_BYTES_MAX)),
                (4, Some(1)),
                (5, None)
            ]
        );
    }

    #[test]
    fn bad_utf8_is_named_by_line() {
        let pieces = cut(&[b"a\nb\n\xFF\nc"]);
        assert_eq!(pieces[0].lines().err(), Some(3));
    }

    #[test]
    fn a_line_break_inside_a_character_leaves_two_bad_lines() {
        let pieces = cut(&[b"a\nb\xC3\n\xA9c\n"]);
        assert_eq!(pieces[0].lines().err(), Some(2));
    }

    #[test]
    fn a_cutter_goes_on_in_the_middle() {
        let text = b"a\nb\nc\n";
        let mut cutter = PieceCutter::new(2, 2);
        cutter.push(&text[2..], |_| ());
        let piece = cutter.finish().unwrap();
        assert_eq!((piece.first_line, piece.end), (2, 6));
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(text in "[a-c\r\n]{0,60}", cuts in prop::collection::vec(0..60_usize, 0..5)) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= bytes.len()).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let pieces = cut(&chunks);
            prop_assert_eq!(&pieces, &cut(&[bytes]));
            prop_assert_eq!(pieces.last().map_or(0, |piece| piece.end), bytes.len() as u64);
        }
    }
}
