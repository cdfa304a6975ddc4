//! What the server knows of itself.

use std::path::Path;

use crate::state::AppState;

/// Files that are looked at when the data folder is measured.
const FILES_MAX: usize = 1_000_000;

/// How many bytes of the event log each consumer has not seen yet.
pub(crate) fn behind(state: &AppState) -> Vec<(&'static str, u64)> {
    let log = &state.parts.log;
    let end = log.end();
    CONSUMERS
        .into_iter()
        .filter_map(|name| {
            let position = log.consumer_position(name)?;
            Some((name, end.saturating_sub(position)))
        })
        .collect()
}

/// Who follows the event log.
const CONSUMERS: [&str; 2] = ["analytics", "engine"];

/// Bytes of all files in a folder. Blocks.
pub(crate) fn disk_bytes(dir: &Path) -> u64 {
    let mut open = vec![dir.to_owned()];
    let (mut bytes, mut files) = (0_u64, 0);
    while let Some(dir) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&dir) else {
            continue;
        };
        for entry in entries.flatten() {
            files += 1;
            if files > FILES_MAX {
                return bytes;
            }
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => open.push(entry.path()),
                Ok(metadata) => bytes = bytes.saturating_add(metadata.len()),
                Err(_) => {}
            }
        }
    }
    bytes
}
