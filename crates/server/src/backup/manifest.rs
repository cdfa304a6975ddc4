//! What a backup is made of. The manifest is written last, so a backup that has one is whole.

use std::fmt;
use std::fs::File;
use std::io::{Read as _, Write};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store_embedded::SCHEMA_VERSION;

use super::{BackupError, folder};

/// The form of the manifest.
pub(super) const FORMAT: u32 = 1;
const FILE: &str = "manifest.json";
/// The file in whose hands all secrets of the data folder are.
pub(super) const MASTER_KEY: &str = "meta/master.key";
/// Bytes of a manifest.
const BYTES_MAX: u64 = 256 << 20;

/// What a backup is made of.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    pub format: u32,
    /// The program that took it.
    pub version: String,
    /// The schema of the data folder.
    pub schema: u32,
    /// When.
    pub taken: String,
    /// Where the event log ends.
    pub log_position: u64,
    pub files: Vec<Entry>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// As seen from the folder of the backup.
    pub path: PathBuf,
    pub bytes: u64,
    /// In hex.
    pub sha256: String,
}

/// A backup in words.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Summary {
    place: PathBuf,
    files: usize,
    bytes: u64,
    taken: String,
    master_key: bool,
}

/// Only what says which form the rest has.
#[derive(Deserialize)]
struct Form {
    format: u32,
    schema: u32,
    version: String,
}

impl Manifest {
    /// Writes the manifest of the backup in `dir`, durably.
    pub fn save(&self, dir: &Path) -> Result<(), BackupError> {
        let path = dir.join(FILE);
        let text = serde_json::to_vec_pretty(self).map_err(|error| BackupError::BadManifest {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        let draft = dir.join("manifest.draft");
        File::create(&draft)
            .and_then(|mut file| {
                file.write_all(&text)?;
                file.sync_all()?;
                std::fs::rename(&draft, &path)?;
                File::open(dir)?.sync_all()
            })
            .map_err(BackupError::file(&path))
    }

    /// Reads the manifest of the backup in `dir`, and whether this program can use it.
    pub fn load(dir: &Path) -> Result<Self, BackupError> {
        let path = dir.join(FILE);
        let file = match File::open(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(BackupError::NoManifest(dir.to_owned()));
            }
            file => file.map_err(BackupError::file(&path))?,
        };
        let mut text = Vec::new();
        file.take(BYTES_MAX)
            .read_to_end(&mut text)
            .map_err(BackupError::file(&path))?;
        let damaged = |error: serde_json::Error| BackupError::BadManifest {
            path: path.clone(),
            reason: error.to_string(),
        };
        let form: Form = serde_json::from_slice(&text).map_err(damaged)?;
        if form.format > FORMAT || form.schema > SCHEMA_VERSION {
            return Err(BackupError::Newer {
                format: form.format,
                schema: form.schema,
                known_format: FORMAT,
                known_schema: SCHEMA_VERSION,
                version: form.version,
            });
        }
        let manifest: Self = serde_json::from_slice(&text).map_err(damaged)?;
        let stray = manifest.files.iter().find(|entry| !is_below(&entry.path));
        match stray {
            Some(entry) => Err(BackupError::BadManifest {
                path,
                reason: format!("it names {}", entry.path.display()),
            }),
            None => Ok(manifest),
        }
    }

    /// The backup in words; `place` is where it lies.
    pub fn summary(&self, place: &Path) -> Summary {
        Summary {
            place: place.to_owned(),
            files: self.files.len(),
            bytes: self.files.iter().map(|entry| entry.bytes).sum(),
            taken: self.taken.clone(),
            master_key: self.has_master_key(),
        }
    }

    /// Whether the key of all secrets is in the backup.
    pub fn has_master_key(&self) -> bool {
        let key = Path::new(MASTER_KEY);
        self.files.iter().any(|entry| entry.path == key)
    }
}

/// Whether a path stays in the folder that it is seen from.
fn is_below(path: &Path) -> bool {
    let mut parts = path.components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// Makes every file below `dir` durable, and says what it is.
pub(super) fn seal(dir: &Path) -> Result<Vec<Entry>, BackupError> {
    let files = folder::files(dir)?.unwrap_or_default();
    let mut entries = Vec::with_capacity(files.len());
    for path in files {
        let place = dir.join(&path);
        let failed = BackupError::file(&place);
        let file = File::open(&place).map_err(&failed)?;
        let (bytes, sha256) = copy_hashed(&file, &mut std::io::sink()).map_err(&failed)?;
        file.sync_all().map_err(&failed)?;
        entries.push(Entry {
            path,
            bytes,
            sha256,
        });
    }
    folder::sync(dir, entries.iter().map(|entry| entry.path.as_path()))?;
    Ok(entries)
}

/// Copies `from` to `to`; answers how many bytes there were, and their SHA-256 in hex.
pub(super) fn copy_hashed(
    mut from: impl std::io::Read,
    to: &mut impl Write,
) -> std::io::Result<(u64, String)> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok((bytes, hex::encode(digest.finalize())));
        }
        digest.update(&buffer[..read]);
        to.write_all(&buffer[..read])?;
        bytes += read as u64;
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Backup of {}: {} files, {} bytes, in {}",
            self.taken,
            self.files,
            self.bytes,
            self.place.display()
        )?;
        if self.master_key {
            write!(
                f,
                "IT HOLDS THE MASTER KEY ({MASTER_KEY}): whoever reads this folder reads the \
                 credentials of all channels. Keep it as you keep passwords."
            )
        } else {
            write!(
                f,
                "IT DOES NOT HOLD THE MASTER KEY, which comes from the configuration: without \
                 that key the backup cannot be used. Keep the key somewhere else."
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_below_the_backup() {
        for (path, want) in [
            ("documents.sqlite", true),
            ("events/00.log", true),
            ("", false),
            ("/etc/passwd", false),
            ("../outside", false),
            ("events/../../outside", false),
        ] {
            assert_eq!(is_below(Path::new(path)), want, "{path}");
        }
    }
}
