//! What the fuzz targets try, over their seeds and over seeds that were damaged a little.

use std::path::PathBuf;

#[path = "../../../fuzz/src/lib.rs"]
mod fuzz;

/// How often each seed is damaged.
const DAMAGED: u64 = 300;

fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/seeds")
        .join(target);
    let mut seeds: Vec<_> = std::fs::read_dir(folder)
        .expect("there are seeds")
        .map(|entry| entry.expect("a seed").path())
        .map(|path| {
            (
                path.clone(),
                std::fs::read(path).expect("a seed can be read"),
            )
        })
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty());
    seeds
}

/// A small generator of numbers that repeats itself from run to run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % end.max(1)
    }
}

/// `seed` with up to four changes; parts of `other` may come in.
fn damaged(seed: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    const PIECES: [&[u8]; 12] = [
        b"null", b"\"\"", b"{}", b"[]", b"-1", b"1e999", b"\xff", b"\r\n", b",", b"\"", b"%", b"\0",
    ];
    let mut bytes = seed.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len() + 1);
        let end = (at + numbers.below(24)).min(bytes.len());
        match numbers.below(5) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.truncate(at),
            2 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
            3 => {
                let from = numbers.below(other.len() + 1);
                let to = (from + numbers.below(64)).min(other.len());
                drop(bytes.splice(at..end, other[from..to].iter().copied()));
            }
            _ => {
                let piece = PIECES[numbers.below(PIECES.len())];
                drop(bytes.splice(at..at, piece.iter().copied()));
            }
        }
    }
    bytes
}

fn try_all(target: &str, run: fn(&[u8])) {
    let seeds = seeds(target);
    for (path, seed) in &seeds {
        let name = path.display();
        let holds = |bytes: &[u8]| std::panic::catch_unwind(|| run(bytes)).is_ok();
        assert!(holds(seed), "{name}");
        let mut numbers = Numbers(seed.len() as u64);
        for _ in 0..DAMAGED {
            let (_, other) = &seeds[numbers.below(seeds.len())];
            let bytes = damaged(seed, other, &mut numbers);
            assert!(holds(&bytes), "{name}, damaged: {}", bytes.escape_ascii());
        }
    }
}

#[test]
fn requests() {
    try_all("request", fuzz::request::run);
}

#[test]
fn signatures() {
    try_all("signature", fuzz::signature::run);
}

#[test]
fn segments() {
    try_all("segment", fuzz::segment::run);
}

#[test]
fn rows() {
    try_all("rows", fuzz::rows::run);
}
