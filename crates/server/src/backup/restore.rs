//! Bringing a backup back.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use store_embedded::RESTORING;

use super::folder::LOST_AND_FOUND;
use super::manifest::{Entry, MASTER_KEY, Manifest, copy_hashed};
use super::{BackupError, folder};
use crate::cli::RestoreArguments;
use crate::error::ServerError;

/// `beckon restore`.
///
/// # Errors
/// The backup is not whole, damaged or of a newer program, or the data folder is not empty;
/// nothing is left in it.
pub fn restore(arguments: &RestoreArguments) -> Result<(), ServerError> {
    let (from, data) = (&arguments.from, &arguments.data);
    let manifest = Manifest::load(from)?;
    bring_back(&manifest, from, data)?;
    println!(
        "Restored {} files of the backup of {} to {}",
        manifest.files.len(),
        manifest.taken,
        data.display()
    );
    if !manifest.has_master_key() {
        println!("The master key is not among them: give the same key in the configuration.");
    }
    Ok(())
}

/// Copies the files to the data folder `data`. As long as they are not all there, nobody can open
/// it; on failure they are removed again.
fn bring_back(manifest: &Manifest, from: &Path, data: &Path) -> Result<(), BackupError> {
    fs::create_dir_all(data).map_err(BackupError::file(data))?;
    if data.join(RESTORING).exists() {
        clear(data)?;
    }
    if !folder::is_empty(data)? {
        return Err(BackupError::NotEmpty(data.to_owned()));
    }
    let marker = data.join(RESTORING);
    let copied = begin(&marker)
        .and_then(|()| {
            let mut files = manifest.files.iter();
            files.try_for_each(|entry| bring_file(entry, from, data))
        })
        .and_then(|()| folder::sync(data, paths(manifest)));
    if let Err(error) = copied {
        clear(data)?;
        return Err(error);
    }
    fs::remove_file(&marker)
        .and_then(|()| File::open(data.join("meta"))?.sync_all())
        .map_err(BackupError::file(&marker))
}

fn paths(manifest: &Manifest) -> impl Iterator<Item = &Path> {
    manifest.files.iter().map(|entry| entry.path.as_path())
}

/// Marks the folder as one that is not whole yet, durably.
fn begin(marker: &Path) -> Result<(), BackupError> {
    let meta = marker.parent().unwrap_or(marker);
    fs::create_dir_all(meta)
        .and_then(|()| {
            File::create(marker)?.sync_all()?;
            File::open(meta)?.sync_all()
        })
        .map_err(BackupError::file(marker))
}

fn bring_file(entry: &Entry, from: &Path, data: &Path) -> Result<(), BackupError> {
    let (source, place) = (from.join(&entry.path), data.join(&entry.path));
    let damaged = |reason: &str| BackupError::Damaged {
        path: source.clone(),
        reason: reason.to_owned(),
    };
    let reading = match File::open(&source) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(damaged("it is gone"));
        }
        reading => reading.map_err(BackupError::file(&source))?,
    };
    let failed = BackupError::file(&place);
    fs::create_dir_all(place.parent().unwrap_or(data)).map_err(&failed)?;
    let secret = entry.path == Path::new(MASTER_KEY);
    let mut writing = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(if secret { 0o600 } else { 0o644 })
        .open(&place)
        .map_err(&failed)?;
    let (bytes, sha256) = copy_hashed(reading, &mut writing).map_err(&failed)?;
    writing.sync_all().map_err(&failed)?;
    if bytes != entry.bytes {
        return Err(damaged(&format!(
            "it has {bytes} bytes instead of {}",
            entry.bytes
        )));
    }
    if sha256 != entry.sha256 {
        return Err(damaged("its SHA-256 is another"));
    }
    Ok(())
}

/// Removes what a restore has brought; the mark goes last.
fn clear(data: &Path) -> Result<(), BackupError> {
    let (meta, marker) = (data.join("meta"), data.join(RESTORING));
    for folder in [data, &meta] {
        for entry in fs::read_dir(folder).map_err(BackupError::file(folder))? {
            let path = entry.map_err(BackupError::file(folder))?.path();
            if path == meta || path == marker || path.ends_with(LOST_AND_FOUND) {
                continue;
            }
            let removed = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            removed.map_err(BackupError::file(&path))?;
        }
    }
    fs::remove_dir_all(&meta).map_err(BackupError::file(&meta))
}
