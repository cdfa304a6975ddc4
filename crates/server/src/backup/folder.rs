//! Folders that are copied file by file.

use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::BackupError;

/// What file systems put into the root of an empty disk.
pub(super) const LOST_AND_FOUND: &str = "lost+found";

/// Creates the folder of a backup, readable by its owner alone; one that is there must be empty.
pub(super) fn prepare(data: &Path, target: &Path) -> Result<(), BackupError> {
    let failed = BackupError::file(target);
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(target).map_err(&failed)?;
    if !is_empty(target)? {
        return Err(BackupError::NotEmpty(target.to_owned()));
    }
    let (data, place) = (data.canonicalize(), target.canonicalize());
    if place.map_err(&failed)?.starts_with(data.map_err(&failed)?) {
        return Err(BackupError::InsideData(target.to_owned()));
    }
    Ok(())
}

/// Whether nobody has put anything into a folder.
pub(super) fn is_empty(dir: &Path) -> Result<bool, BackupError> {
    let failed = BackupError::file(dir);
    for entry in fs::read_dir(dir).map_err(&failed)? {
        if entry.map_err(&failed)?.file_name() != LOST_AND_FOUND {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Copies the files below `from` to `to`. What goes away meanwhile is left out.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    let Some(files) = files(from)? else {
        return Ok(());
    };
    fs::create_dir_all(to).map_err(BackupError::file(to))?;
    for file in files {
        let place = to.join(&file);
        let copied = fs::create_dir_all(place.parent().unwrap_or(to))
            .and_then(|()| fs::copy(from.join(&file), &place));
        match copied {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(BackupError::file(&place)(error)),
            Ok(_) => {}
        }
    }
    Ok(())
}

/// The paths of all files below `dir`, in order, as seen from it; nothing if there is no such
/// folder.
pub(super) fn files(dir: &Path) -> Result<Option<Vec<PathBuf>>, BackupError> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let place = dir.join(&folder);
        let entries = match fs::read_dir(&place) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if folder.as_os_str().is_empty() {
                    return Ok(None);
                }
                continue;
            }
            entries => entries.map_err(BackupError::file(&place))?,
        };
        for entry in entries {
            let entry = entry.map_err(BackupError::file(&place))?;
            let kind = entry.file_type().map_err(BackupError::file(&place))?;
            let path = folder.join(entry.file_name());
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(Some(files))
}

/// Makes the names in `dir` and in the folders of `files` below it durable.
pub(super) fn sync<'a>(
    dir: &Path,
    files: impl Iterator<Item = &'a Path>,
) -> Result<(), BackupError> {
    let mut folders: Vec<&Path> = files.flat_map(|file| file.ancestors().skip(1)).collect();
    folders.sort_unstable();
    folders.dedup();
    for folder in folders {
        let place = dir.join(folder);
        let synced = File::open(&place).and_then(|folder| folder.sync_all());
        synced.map_err(BackupError::file(&place))?;
    }
    Ok(())
}
