//! Which files belong to analytics, and how far they go in the log: one JSON file that is replaced
//! whole. A file that it does not name does not count.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clock::Timestamp;
use events::Position;
use model::AppId;
use serde::{Deserialize, Serialize};

use crate::sets::SetsFile;
use crate::table::{DataFile, sync_folder};
use crate::{AnalyticsError, Window};

const FORMAT: u32 = 1;
/// The name of the file.
pub(crate) const FILE: &str = "manifest.json";

/// All files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    /// Events before this position of the log are in files.
    pub(crate) position: Position,
    /// The number of the next file.
    pub(crate) next: u64,
    pub(crate) apps: BTreeMap<AppId, AppTables>,
}

/// The files of an application.
#[derive(Debug, Clone, Default)]
pub(crate) struct AppTables {
    pub(crate) days: BTreeMap<i64, DayTables>,
    /// Who was seen on days that are gone.
    pub(crate) earlier: Option<Arc<SetsFile>>,
    /// Numbered users and outsiders.
    pub(crate) users: u32,
    pub(crate) outsiders: u32,
}

/// The files of a day.
#[derive(Debug, Clone, Default)]
pub(crate) struct DayTables {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) sets: Option<Arc<SetsFile>>,
}

/// A file of rows.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) file: Arc<DataFile>,
    pub(crate) written: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Written {
    format: u32,
    log_position: Position,
    next: u64,
    apps: BTreeMap<AppId, WrittenApp>,
}

#[derive(Serialize, Deserialize)]
struct WrittenApp {
    users: u32,
    outsiders: u32,
    earlier: Option<WrittenSets>,
    days: BTreeMap<i64, WrittenDay>,
}

#[derive(Serialize, Deserialize)]
struct WrittenDay {
    date: String,
    rows: Vec<WrittenRows>,
    sets: Option<WrittenSets>,
}

#[derive(Serialize, Deserialize)]
struct WrittenRows {
    file: String,
    rows: u64,
    bytes: u64,
    first: Timestamp,
    last: Timestamp,
    written: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct WrittenSets {
    file: String,
    number: u64,
    bytes: u64,
}

/// The folder of the rows of an application and day, under the folder of analytics.
pub(crate) fn rows_folder(app: &AppId, day: i64) -> PathBuf {
    let date = Timestamp::from_utc_day(day).date();
    PathBuf::from(format!("events/app={}/day={date}", folder_name(app)))
}

/// The folder of the sets of an application.
pub(crate) fn sets_folder(app: &AppId) -> PathBuf {
    PathBuf::from(format!("sets/app={}", folder_name(app)))
}

/// The files of names of an application: users and outsiders.
pub(crate) fn names_files(app: &AppId) -> [PathBuf; 2] {
    let folder = sets_folder(app);
    [folder.join("users.names"), folder.join("outsiders.names")]
}

/// An application's identifier as the name of a folder.
fn folder_name(app: &AppId) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    app.as_str()
        .bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

impl Tables {
    /// Reads the manifest in `dir`; empty if there is none.
    pub(crate) fn load(dir: &Path) -> Result<Self, AnalyticsError> {
        let path = dir.join(FILE);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(AnalyticsError::io(&path, &error)),
        };
        let format: Format =
            serde_json::from_slice(&text).map_err(|error| AnalyticsError::damaged(&path, error))?;
        if format.format != FORMAT {
            return Err(AnalyticsError::damaged(
                &path,
                format!("unknown format version {}", format.format),
            ));
        }
        let written: Written =
            serde_json::from_slice(&text).map_err(|error| AnalyticsError::damaged(&path, error))?;
        let apps = written.apps.into_iter();
        Ok(Self {
            position: written.log_position,
            next: written.next,
            apps: apps.map(|(id, app)| (id, app.into_tables(dir))).collect(),
        })
    }

    /// Replaces the manifest in `dir`, durably.
    pub(crate) fn save(&self, dir: &Path) -> Result<(), AnalyticsError> {
        self.save_as(dir, dir)
    }

    /// Replaces the manifest in `dir`, durably, with what lies in the folder `files`.
    pub(crate) fn save_as(&self, files: &Path, dir: &Path) -> Result<(), AnalyticsError> {
        let path = dir.join(FILE);
        let text = serde_json::to_vec(&self.written(files))
            .map_err(|error| AnalyticsError::damaged(&path, error))?;
        let fresh = path.with_extension("new");
        File::create(&fresh)
            .and_then(|mut file| {
                file.write_all(&text)?;
                file.sync_all()?;
                std::fs::rename(&fresh, &path)
            })
            .map_err(|error| AnalyticsError::io(&path, &error))?;
        sync_folder(&path)
    }

    fn written(&self, dir: &Path) -> Written {
        Written {
            format: FORMAT,
            log_position: self.position,
            next: self.next,
            apps: self
                .apps
                .iter()
                .map(|(id, app)| (id.clone(), app.written(dir)))
                .collect(),
        }
    }

    /// Every file that counts.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.apps.values().flat_map(|app| {
            let days = app.days.values().flat_map(|day| {
                let pieces = day.pieces.iter().map(|piece| piece.file.path.as_path());
                pieces.chain(day.sets.iter().map(|sets| sets.file.path.as_path()))
            });
            days.chain(app.earlier.iter().map(|sets| sets.file.path.as_path()))
        })
    }
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl AppTables {
    fn written(&self, dir: &Path) -> WrittenApp {
        let days = self.days.iter().map(|(day, tables)| {
            let written = WrittenDay {
                date: Timestamp::from_utc_day(*day).date(),
                rows: tables
                    .pieces
                    .iter()
                    .map(|piece| WrittenRows {
                        file: relative(&piece.file.path, dir),
                        rows: piece.file.rows,
                        bytes: piece.file.bytes,
                        first: piece.file.window.start,
                        last: piece.file.window.end,
                        written: piece.written,
                    })
                    .collect(),
                sets: tables.sets.as_deref().map(|sets| written_sets(sets, dir)),
            };
            (*day, written)
        });
        WrittenApp {
            users: self.users,
            outsiders: self.outsiders,
            earlier: self.earlier.as_deref().map(|sets| written_sets(sets, dir)),
            days: days.collect(),
        }
    }
}

impl WrittenApp {
    fn into_tables(self, dir: &Path) -> AppTables {
        let days = self.days.into_iter().map(|(day, written)| {
            let pieces = written.rows.into_iter().map(|rows| Piece {
                file: Arc::new(DataFile::known(
                    dir.join(rows.file),
                    rows.rows,
                    rows.bytes,
                    Window {
                        start: rows.first,
                        end: rows.last,
                    },
                )),
                written: rows.written,
            });
            let tables = DayTables {
                pieces: pieces.collect(),
                sets: written.sets.map(|sets| sets.into_file(dir)),
            };
            (day, tables)
        });
        AppTables {
            days: days.collect(),
            earlier: self.earlier.map(|sets| sets.into_file(dir)),
            users: self.users,
            outsiders: self.outsiders,
        }
    }
}

impl WrittenSets {
    fn into_file(self, dir: &Path) -> Arc<SetsFile> {
        let file = DataFile::known(dir.join(self.file), 0, self.bytes, Window::ALWAYS);
        Arc::new(SetsFile::known(self.number, file))
    }
}

fn written_sets(sets: &SetsFile, dir: &Path) -> WrittenSets {
    WrittenSets {
        file: relative(&sets.file.path, dir),
        number: sets.number,
        bytes: sets.file.bytes,
    }
}

fn relative(path: &Path, dir: &Path) -> String {
    path.strip_prefix(dir)
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}
