//! Tests of the lanes of a chunk, 64 at a time.

use clock::Timestamp;
use model::Comparison;

use super::codes::{Chunk, Codes};
use super::dictionary::Dictionary;
use super::lanes::Lanes;
use super::numbers::{self, Numbers};
use super::{LANES, Mask, NEVER};
use crate::evaluate::Since;

/// Codes compared one by one rather than through a table.
const FEW: usize = 4;
/// Lanes left in a word up to which they are asked one by one.
const LONELY_LANES_MAX: u32 = 6;
/// Distinct values of a byte, and of two.
const BYTES: usize = 1 << 8;
const SHORTS: usize = 1 << 16;

/// The codes for which a test holds, or, inverted, does not. A missing value is never among them.
#[derive(Debug)]
pub(super) struct Picked {
    pub(super) codes: Vec<u32>,
    pub(super) inverted: bool,
}

/// A test of one column.
#[derive(Debug)]
pub(super) enum LaneTest<'a> {
    Code(CodeTest<'a>),
    Number(&'a Numbers, Comparison, f64),
    Since(&'a Lanes<i64>, Since),
}

/// A test of dictionary codes, evaluated once per distinct value.
#[derive(Debug)]
pub(super) struct CodeTest<'a> {
    codes: &'a Codes,
    lookup: Lookup,
    inverted: bool,
    /// Endpoints with one of the picked codes.
    picked: u64,
}

#[derive(Debug)]
enum Lookup {
    /// The same code may stand there several times.
    Few([u32; FEW]),
    /// One byte per code, 1 if picked.
    Table(Vec<u8>),
}

impl<'a> CodeTest<'a> {
    pub(super) fn new(codes: &'a Codes, dictionary: &Dictionary, picked: Picked) -> Self {
        let Picked {
            codes: chosen,
            inverted,
        } = picked;
        let uses = chosen.iter().map(|code| u64::from(dictionary.uses(*code)));
        let picked = uses.sum();
        let lookup = match chosen.as_slice() {
            [first, ..] if chosen.len() <= FEW => {
                let at = |i: usize| chosen.get(i).copied().unwrap_or(*first);
                Lookup::Few(std::array::from_fn(at))
            }
            _ => Lookup::Table(table(&chosen, dictionary.codes_end())),
        };
        Self {
            codes,
            lookup,
            inverted,
            picked,
        }
    }

    fn filter(&self, chunk: usize, mask: &mut Mask) {
        match (self.codes.chunk(chunk), &self.lookup) {
            (None, _) => self.filter_missing(mask),
            (Some(Chunk::Bytes(codes)), Lookup::Few(few)) => {
                self.filter_few(codes, few, mask, |code| u8::try_from(code).ok());
            }
            (Some(Chunk::Shorts(codes)), Lookup::Few(few)) => {
                self.filter_few(codes, few, mask, |code| u16::try_from(code).ok());
            }
            (Some(Chunk::Words(codes)), Lookup::Few(few)) => {
                self.filter_few(codes, few, mask, Some);
            }
            (Some(Chunk::Bytes(codes)), Lookup::Table(table)) => {
                let table: &[u8; BYTES] = table[..BYTES].try_into().expect("as long as sliced");
                let inverted = u8::from(self.inverted);
                filter(codes, 0, mask, |code| table[usize::from(code)] ^ inverted);
            }
            (Some(Chunk::Shorts(codes)), Lookup::Table(table)) => {
                let table: &[u8; SHORTS] = table[..SHORTS].try_into().expect("as long as sliced");
                let inverted = u8::from(self.inverted);
                filter(codes, 0, mask, |code| table[usize::from(code)] ^ inverted);
            }
            (Some(Chunk::Words(codes)), Lookup::Table(table)) => {
                let inverted = u8::from(self.inverted);
                filter(codes, 0, mask, |code| table[code as usize] ^ inverted);
            }
        }
    }

    /// Compares with up to four codes, of which those too great for the chunk cannot occur in it.
    fn filter_few<T: Copy + PartialEq + Default>(
        &self,
        codes: &[T],
        few: &[u32; FEW],
        mask: &mut Mask,
        narrow: impl Fn(u32) -> Option<T>,
    ) {
        let mut narrowed = few.iter().filter_map(|code| narrow(*code));
        let Some(first) = narrowed.next() else {
            return self.filter_missing(mask);
        };
        let rest: [T; FEW - 1] = std::array::from_fn(|_| narrowed.next().unwrap_or(first));
        let inverted = self.inverted;
        let blank = T::default();
        if rest.iter().all(|code| *code == first) {
            filter(codes, blank, mask, |code| {
                u8::from((code == first) != inverted)
            });
        } else {
            let [second, third, fourth] = rest;
            filter(codes, blank, mask, |code| {
                let one = (code == first) | (code == second);
                let other = (code == third) | (code == fourth);
                u8::from((one | other) != inverted)
            });
        }
    }

    /// What the test makes of a chunk without any picked code.
    fn filter_missing(&self, mask: &mut Mask) {
        if !self.inverted {
            mask.fill(0);
        }
    }
}

/// A byte per code, padded so that any code of a narrow chunk has one.
fn table(picked: &[u32], codes_end: usize) -> Vec<u8> {
    let length = if codes_end <= BYTES {
        BYTES
    } else {
        codes_end.max(SHORTS)
    };
    let mut table = vec![0; length];
    for code in picked {
        table[*code as usize] = 1;
    }
    table
}

impl LaneTest<'_> {
    /// How many of `live` endpoints pass, about.
    pub(super) fn passing(&self, live: u64) -> u64 {
        match self {
            Self::Code(test) if test.inverted => live.saturating_sub(test.picked),
            Self::Code(test) => test.picked,
            Self::Number(column, ..) => column.present() / 2,
            Self::Since(..) => live / 2,
        }
    }

    /// Whether [`Self::passing`] is exact.
    pub(super) const fn is_counted(&self) -> bool {
        matches!(self, Self::Code(_))
    }

    /// Clears the bits of endpoints in `chunk` that do not pass.
    pub(super) fn filter(&self, chunk: usize, mask: &mut Mask) {
        match self {
            Self::Code(test) => test.filter(chunk, mask),
            Self::Number(column, comparison, bound) => match column.chunk(chunk) {
                None => mask.fill(0),
                Some(numbers::Chunk::Single(values)) => {
                    compare(values, f32::NAN, *comparison, *bound, mask);
                }
                Some(numbers::Chunk::Double(values)) => {
                    compare(values, f64::NAN, *comparison, *bound, mask);
                }
            },
            Self::Since(column, since) => {
                let since = *since;
                filter(column.chunk(chunk), NEVER, mask, |millis| {
                    let at = (millis != NEVER).then(|| Timestamp::from_millis(millis));
                    u8::from(since.holds(at))
                });
            }
        }
    }
}

/// The comparison is chosen outside of the loop.
fn compare<T: Copy + Into<f64>>(
    values: &[T],
    missing: T,
    comparison: Comparison,
    bound: f64,
    mask: &mut Mask,
) {
    macro_rules! by {
        ($comparison:ident) => {
            filter(values, missing, mask, |value| {
                let value = value.into();
                u8::from(crate::evaluate::compares(
                    value,
                    Comparison::$comparison,
                    bound,
                ))
            })
        };
    }
    match comparison {
        Comparison::GreaterThan => by!(GreaterThan),
        Comparison::LessThan => by!(LessThan),
        Comparison::GreaterThanOrEqual => by!(GreaterThanOrEqual),
        Comparison::LessThanOrEqual => by!(LessThanOrEqual),
        Comparison::Equal => by!(Equal),
    }
}

/// Clears the bits of lanes for which `test` is 0. Lanes behind the end hold `blank`.
fn filter<T: Copy>(values: &[T], blank: T, mask: &mut Mask, test: impl Fn(T) -> u8) {
    let (blocks, _) = values.as_chunks::<LANES>();
    for (word, lanes) in mask.iter_mut().zip(blocks) {
        if *word == 0 {
            continue;
        }
        if word.count_ones() <= LONELY_LANES_MAX {
            let mut left = *word;
            while left != 0 {
                let lane = left.trailing_zeros() as usize;
                left &= left - 1;
                *word &= !(u64::from(test(lanes[lane]) ^ 1) << lane);
            }
        } else {
            *word &= bits(lanes, &test);
        }
    }
    if test(blank) == 0 {
        for word in mask.iter_mut().skip(blocks.len()) {
            *word = 0;
        }
    }
}

/// One bit per lane. Bytes first, which the compiler does many at a time.
fn bits<T: Copy>(lanes: &[T; LANES], test: impl Fn(T) -> u8) -> u64 {
    let mut bytes = [0_u8; LANES];
    for (byte, lane) in bytes.iter_mut().zip(lanes) {
        *byte = test(*lane);
    }
    let (eights, _) = bytes.as_chunks::<8>();
    eights.iter().enumerate().fold(0, |word, (at, eight)| {
        // Gathers the lowest bit of each byte in the highest byte.
        let gathered = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        word | gathered << (8 * at)
    })
}
