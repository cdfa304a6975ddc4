//! What the backend is told.

use std::path::PathBuf;

use audience::EndpointLimits;

/// How to open a data folder.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder; created if it is not there.
    pub dir: PathBuf,
    /// The key under which secrets are sealed; without one, the folder keeps its own in
    /// `meta/master.key`, readable by its owner alone.
    pub master_key: Option<[u8; 32]>,
    /// Limits of endpoints.
    pub limits: EndpointLimits,
    /// Bytes of endpoint blocks kept in memory.
    pub cache_bytes: u64,
    /// Endpoint writes are refused as long as the disk has fewer free bytes than this: compaction
    /// needs room to give room back.
    pub free_bytes_min: u64,
    /// SQLite pages that documents may use.
    pub(crate) document_pages_max: Option<u32>,
}

impl Options {
    /// The documented limits in folder `dir`.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            master_key: None,
            limits: EndpointLimits::default(),
            cache_bytes: 64 * 1024 * 1024,
            free_bytes_min: 256 * 1024 * 1024,
            document_pages_max: None,
        }
    }
}
