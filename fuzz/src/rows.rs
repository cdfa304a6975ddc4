//! Rows of import files: a first byte that says how the bytes arrive, then the file.

use audience::rows::{CsvHeader, Piece, PieceCutter, read_json};

/// Most rows that are looked at.
const ROWS_MAX: usize = 1_000;

/// Cuts a file into lines and reads them, however its bytes arrive.
///
/// # Panics
/// The lines depend on how the bytes arrive.
pub fn run(data: &[u8]) {
    let Some((&size, file)) = data.split_first() else {
        return;
    };
    let whole = lines(&cut(file, file.len().max(1)));
    assert_eq!(whole, lines(&cut(file, usize::from(size).max(1))));
    let mut lines = whole.iter().flatten().take(ROWS_MAX);
    if let Some(header) = lines.next().and_then(|line| CsvHeader::read(line).ok()) {
        for line in lines {
            let _ = header.row(line);
        }
    }
    for line in whole.iter().flatten().take(ROWS_MAX) {
        let _ = read_json(line);
    }
}

fn cut(file: &[u8], size: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut cutter = PieceCutter::new(0, 1);
    for bytes in file.chunks(size) {
        cutter.push(bytes, |piece| pieces.push(piece));
    }
    pieces.extend(cutter.finish());
    pieces
}

/// The lines of pieces; nothing for what is too long or not UTF-8.
fn lines(pieces: &[Piece]) -> Vec<Option<String>> {
    let mut found = Vec::new();
    for piece in pieces {
        match piece.lines() {
            Ok(lines) => found.extend(lines.map(|line| line.text.map(str::to_owned))),
            Err(_) => found.push(None),
        }
    }
    found
}
