//! A plain column: one value per ordinal, in chunks that grow as they fill.

use model::Ordinal;

use super::{CHUNK, LANES};

/// One `T` per ordinal; ordinals never set have the blank value and take no room in chunks of
/// their own.
#[derive(Debug)]
pub(super) struct Lanes<T> {
    chunks: Vec<Vec<T>>,
    blank: T,
}

impl<T: Copy + PartialEq> Lanes<T> {
    pub(super) const fn new(blank: T) -> Self {
        Self {
            chunks: Vec::new(),
            blank,
        }
    }

    pub(super) fn get(&self, ordinal: Ordinal) -> T {
        let (chunk, lane) = split(ordinal);
        let value = self.chunks.get(chunk).and_then(|lanes| lanes.get(lane));
        value.copied().unwrap_or(self.blank)
    }

    pub(super) fn set(&mut self, ordinal: Ordinal, value: T) {
        let (chunk, lane) = split(ordinal);
        if chunk >= self.chunks.len() {
            if value == self.blank {
                return;
            }
            self.chunks.resize_with(chunk + 1, Vec::new);
        }
        put(&mut self.chunks[chunk], lane, value, self.blank);
    }

    /// The values of a chunk, a multiple of 64 of them; those behind its end are blank.
    pub(super) fn chunk(&self, chunk: usize) -> &[T] {
        self.chunks.get(chunk).map_or(&[], Vec::as_slice)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let lanes: usize = self.chunks.iter().map(Vec::capacity).sum();
        lanes * size_of::<T>() + self.chunks.capacity() * size_of::<Vec<T>>()
    }
}

/// The chunk of an ordinal, and its lane there.
pub(super) const fn split(ordinal: Ordinal) -> (usize, usize) {
    (ordinal as usize / CHUNK, ordinal as usize % CHUNK)
}

/// Sets one lane, growing the chunk by doubling, so that its length stays a multiple of 64.
pub(super) fn put<T: Copy + PartialEq>(lanes: &mut Vec<T>, lane: usize, value: T, blank: T) {
    if lane >= lanes.len() {
        if value == blank {
            return;
        }
        let length = (lane + 1).next_power_of_two().max(LANES);
        lanes.reserve_exact(length - lanes.len());
        lanes.resize(length, blank);
    }
    lanes[lane] = value;
}
