//! One file: compressed lines, in memory until it is full.

use std::io::{self, Write as _};

use audience::rows::write_json;
use flate2::Compression;
use flate2::write::GzEncoder;
use model::Endpoint;

/// Effort of the compression, of 9; more costs much time and saves little.
const LEVEL: u32 = 3;

/// A file that is being filled.
pub(super) struct Piece {
    gzip: GzEncoder<Vec<u8>>,
    rows: u64,
}

impl Piece {
    pub(super) fn new() -> Self {
        Self {
            gzip: GzEncoder::new(Vec::new(), Compression::new(LEVEL)),
            rows: 0,
        }
    }

    /// Adds a row for each endpoint.
    ///
    /// # Errors
    /// The compression failed.
    pub(super) fn add(&mut self, endpoints: &[Endpoint]) -> io::Result<()> {
        let mut lines = Vec::new();
        for endpoint in endpoints {
            write_json(endpoint, &mut lines);
        }
        self.rows += endpoints.len() as u64;
        self.gzip.write_all(&lines)
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes so far, but for what the compression still holds back.
    pub(super) fn bytes(&self) -> usize {
        self.gzip.get_ref().len()
    }

    /// The content of the file.
    ///
    /// # Errors
    /// The compression failed.
    pub(super) fn finish(self) -> io::Result<Vec<u8>> {
        self.gzip.finish()
    }
}
