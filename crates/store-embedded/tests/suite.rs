//! The suite that every backend passes.

#![expect(clippy::unwrap_used, reason = "a failed test should say where")]

use clock::Clock;
use store::Store;
use store_embedded::Options;
use tempfile::TempDir;

async fn open() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = store_embedded::open(Options::new(dir.path()), Clock::real()).await;
    (dir, store.unwrap())
}

store::suite!(open);
