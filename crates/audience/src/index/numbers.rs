//! A column of numbers, each chunk in single precision while that loses nothing.

use model::Ordinal;

use super::lanes::{put, split};

/// One optional number per ordinal. Missing is "not a number", which no endpoint has: metrics are
/// finite (`docs/spec/audience.md §6.1`), and a number that is none compares with nothing, as a
/// missing one does.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    chunks: Vec<Chunk>,
    present: u64,
}

/// The numbers of a chunk, a multiple of 64 of them; those behind its end are missing.
#[derive(Debug)]
pub(super) enum Chunk {
    Single(Vec<f32>),
    Double(Vec<f64>),
}

impl Numbers {
    pub(super) fn get(&self, ordinal: Ordinal) -> Option<f64> {
        let (chunk, lane) = split(ordinal);
        let value = match self.chunks.get(chunk)? {
            Chunk::Single(values) => f64::from(*values.get(lane)?),
            Chunk::Double(values) => *values.get(lane)?,
        };
        (!value.is_nan()).then_some(value)
    }

    pub(super) fn set(&mut self, ordinal: Ordinal, value: Option<f64>) {
        let value = value.filter(|value| !value.is_nan());
        let before = self.get(ordinal);
        self.present -= u64::from(before.is_some());
        self.present += u64::from(value.is_some());
        if before == value {
            return;
        }
        let (chunk, lane) = split(ordinal);
        if chunk >= self.chunks.len() {
            self.chunks
                .resize_with(chunk + 1, || Chunk::Single(Vec::new()));
        }
        self.chunks[chunk].set(lane, value.unwrap_or(f64::NAN));
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.present == 0
    }

    /// How many endpoints have a number.
    pub(super) const fn present(&self) -> u64 {
        self.present
    }

    pub(super) fn chunk(&self, chunk: usize) -> Option<&Chunk> {
        self.chunks.get(chunk)
    }

    /// The numbers of all endpoints that have one.
    pub(super) fn iter(&self) -> impl Iterator<Item = f64> {
        self.chunks
            .iter()
            .flat_map(Chunk::iter)
            .filter(|value| !value.is_nan())
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let chunks: usize = self.chunks.iter().map(Chunk::memory_bytes).sum();
        chunks + self.chunks.capacity() * size_of::<Chunk>()
    }
}

impl Chunk {
    fn set(&mut self, lane: usize, value: f64) {
        match self {
            Self::Single(values) => {
                let single = value as f32;
                if value.is_nan() || f64::from(single).to_bits() == value.to_bits() {
                    return put(values, lane, single, f32::NAN);
                }
                *self = Self::Double(values.iter().copied().map(f64::from).collect());
                self.set(lane, value);
            }
            Self::Double(values) => put(values, lane, value, f64::NAN),
        }
    }

    fn iter(&self) -> Box<dyn Iterator<Item = f64> + '_> {
        match self {
            Self::Single(values) => Box::new(values.iter().copied().map(f64::from)),
            Self::Double(values) => Box::new(values.iter().copied()),
        }
    }

    fn memory_bytes(&self) -> usize {
        match self {
            Self::Single(values) => values.capacity() * size_of::<f32>(),
            Self::Double(values) => values.capacity() * size_of::<f64>(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_exactly() {
        let mut numbers = Numbers::default();
        let values = [1.0, 0.1, -0.0, 1e300, f64::MIN_POSITIVE, 16_777_217.0];
        for (ordinal, value) in (0..).zip(values) {
            numbers.set(ordinal, Some(value));
        }
        let got: Vec<f64> = (0..6).filter_map(|ordinal| numbers.get(ordinal)).collect();
        assert_eq!(got, values);
        numbers.set(1, None);
        assert_eq!(numbers.get(1), None);
        assert_eq!(numbers.get(99), None);
        assert_eq!(numbers.present(), 5);
        numbers.set(2, Some(f64::NAN));
        assert_eq!(numbers.get(2), None);
    }
}
