//! A column of dictionary codes, each chunk as narrow as its codes allow.

use model::Ordinal;

use super::lanes::{put, split};

/// The code of a missing value.
pub(super) const MISSING: u32 = 0;

/// One code per ordinal.
#[derive(Debug, Default)]
pub(super) struct Codes {
    chunks: Vec<Chunk>,
}

/// The codes of a chunk, a multiple of 64 of them; those behind its end are missing.
#[derive(Debug)]
pub(super) enum Chunk {
    Bytes(Vec<u8>),
    Shorts(Vec<u16>),
    Words(Vec<u32>),
}

impl Codes {
    pub(super) fn get(&self, ordinal: Ordinal) -> u32 {
        let (chunk, lane) = split(ordinal);
        self.chunks
            .get(chunk)
            .map_or(MISSING, |chunk| chunk.get(lane))
    }

    pub(super) fn set(&mut self, ordinal: Ordinal, code: u32) {
        let (chunk, lane) = split(ordinal);
        if chunk >= self.chunks.len() {
            if code == MISSING {
                return;
            }
            self.chunks
                .resize_with(chunk + 1, || Chunk::Bytes(Vec::new()));
        }
        self.chunks[chunk].set(lane, code);
    }

    pub(super) fn chunk(&self, chunk: usize) -> Option<&Chunk> {
        self.chunks.get(chunk)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let chunks: usize = self.chunks.iter().map(Chunk::memory_bytes).sum();
        chunks + self.chunks.capacity() * size_of::<Chunk>()
    }
}

impl Chunk {
    fn get(&self, lane: usize) -> u32 {
        let code = match self {
            Self::Bytes(codes) => codes.get(lane).copied().map(u32::from),
            Self::Shorts(codes) => codes.get(lane).copied().map(u32::from),
            Self::Words(codes) => codes.get(lane).copied(),
        };
        code.unwrap_or(MISSING)
    }

    fn set(&mut self, lane: usize, code: u32) {
        match self {
            Self::Bytes(codes) => {
                if let Ok(code) = u8::try_from(code) {
                    return put(codes, lane, code, 0);
                }
                *self = match u16::try_from(code) {
                    Ok(_) => Self::Shorts(widened(codes)),
                    Err(_) => Self::Words(widened(codes)),
                };
                self.set(lane, code);
            }
            Self::Shorts(codes) => {
                if let Ok(code) = u16::try_from(code) {
                    return put(codes, lane, code, 0);
                }
                *self = Self::Words(widened(codes));
                self.set(lane, code);
            }
            Self::Words(codes) => put(codes, lane, code, MISSING),
        }
    }

    fn memory_bytes(&self) -> usize {
        match self {
            Self::Bytes(codes) => codes.capacity(),
            Self::Shorts(codes) => codes.capacity() * size_of::<u16>(),
            Self::Words(codes) => codes.capacity() * size_of::<u32>(),
        }
    }
}

fn widened<N: Copy, W: From<N>>(codes: &[N]) -> Vec<W> {
    codes.iter().map(|code| W::from(*code)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_widens_without_loss() {
        let mut codes = Codes::default();
        for (ordinal, code) in [(3, 255), (70_000, 9), (70_001, 256), (5, 65_536), (6, 1)] {
            codes.set(ordinal, code);
        }
        let got: Vec<u32> = [3, 4, 5, 6, 70_000, 70_001, 200_000]
            .into_iter()
            .map(|ordinal| codes.get(ordinal))
            .collect();
        assert_eq!(got, [255, 0, 65_536, 1, 9, 256, 0]);
        codes.set(70_001, MISSING);
        assert_eq!(codes.get(70_001), MISSING);
    }
}
