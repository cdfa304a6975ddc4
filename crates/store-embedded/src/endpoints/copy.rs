//! A copy of all tables at one instant, taken while others commit.

use std::path::Path;

use store::StoreError;

use super::core::Core;
use super::tables::Tables;
use crate::error::from_fjall;

/// Bytes of blocks that the copy keeps in memory: it only writes.
const CACHE_BYTES: u64 = 4 * 1024 * 1024;

/// Writes tables with what is committed now to the folder `path`.
pub(super) fn copy(core: &Core, path: &Path) -> Result<(), StoreError> {
    core.with_tables(|tables| {
        let view = tables.view();
        let target = Tables::open(path, CACHE_BYTES)?;
        let pairs = tables.of_apps().into_iter().zip(target.of_apps());
        for (from, to) in pairs.chain([(&tables.apps, &target.apps)]) {
            let mut loading = to.start_ingestion().map_err(from_fjall)?;
            for entry in view.prefix(from, &[]) {
                let (key, value) = entry?;
                loading.write(key, value).map_err(from_fjall)?;
            }
            loading.finish().map_err(from_fjall)?;
        }
        target.sync()
    })
}
