//! Putting files in order: few per day, none beyond the retention.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use model::AppId;

use crate::AnalyticsError;
use crate::charts::OPENED_APP;
use crate::flush::{Change, Replaced, blocking};
use crate::manifest::{Piece, Tables, names_files, rows_folder, sets_folder};
use crate::sets::{self, Cell, Cells, Series, SetsFile};
use crate::state::Shared;
use crate::table;

/// Files of similar size that are merged into one.
const MERGE_MIN: usize = 4;
/// Files that are merged at once.
const MERGE_MAX: usize = 16;
/// How long after its last change the files of a past day are merged into one.
const SETTLED: Duration = Duration::from_hours(1);

impl Shared {
    /// Merges files and removes what is older than the retention.
    pub(crate) async fn maintain(self: &Arc<Self>) -> Result<(), AnalyticsError> {
        loop {
            // Held for one step only: flushes go between.
            let _held = self.maintenance.lock().await;
            let shared = Arc::clone(self);
            let more = blocking(move || {
                let tables = Arc::clone(&shared.state.read().tables);
                let change = match shared.purge(&tables)? {
                    Some(change) => Some(change),
                    None => shared.merge(&tables)?,
                };
                match change {
                    Some(change) => shared.commit(change, false).map(|()| true),
                    None => Ok(false),
                }
            });
            if !more.await? {
                return Ok(());
            }
        }
    }

    /// Removes one day that ended before the retention began.
    fn purge(&self, tables: &Tables) -> Result<Option<Change>, AnalyticsError> {
        let first = self.clock.now().minus(self.options.retention).utc_day();
        let old = tables.apps.iter().find_map(|(app, of)| {
            let (day, _) = of.days.iter().next().filter(|(day, _)| **day < first)?;
            Some((app.clone(), *day))
        });
        let Some((app, day)) = old else {
            return Ok(None);
        };
        let mut change = Change {
            tables: tables.clone(),
            replaced: Vec::new(),
        };
        let number = change.tables.next;
        change.tables.next += 1;
        let of = change.tables.apps.entry(app.clone()).or_default();
        let Some(gone) = of.days.remove(&day) else {
            return Ok(None);
        };
        if let Some(sets) = &gone.sets {
            let before = of.earlier.take();
            let path = self
                .folder(sets_folder(&app))?
                .join(format!("earlier.{number:012}.sets"));
            let cells = remembered(before.as_deref(), sets)?;
            of.earlier = Some(Arc::new(sets::write(number, &path, &cells)?));
            change.replaced.extend(before.map(Replaced::Sets));
        }
        change.replaced.extend(gone.sets.map(Replaced::Sets));
        for piece in gone.pieces {
            change.replaced.push(Replaced::Rows(piece.file));
        }
        Ok(Some(change))
    }

    /// Merges the files of one day that has too many.
    fn merge(&self, tables: &Tables) -> Result<Option<Change>, AnalyticsError> {
        let now = self.clock.now();
        let today = now.utc_day();
        let found = tables.apps.iter().find_map(|(app, of)| {
            of.days.iter().find_map(|(day, tables)| {
                let settled = *day < today
                    && tables
                        .pieces
                        .iter()
                        .all(|piece| now.since(piece.written) >= SETTLED);
                Some((app.clone(), *day, to_merge(&tables.pieces, settled)?))
            })
        });
        let Some((app, day, chosen)) = found else {
            return Ok(None);
        };
        let mut change = Change {
            tables: tables.clone(),
            replaced: Vec::new(),
        };
        let number = change.tables.next;
        change.tables.next += 1;
        let path = self
            .folder(rows_folder(&app, day))?
            .join(format!("{number:012}.parquet"));
        let of = change.tables.apps.entry(app).or_default();
        let pieces = &mut of.days.entry(day).or_default().pieces;
        let (merged, kept): (Vec<_>, Vec<_>) = std::mem::take(pieces)
            .into_iter()
            .enumerate()
            .partition(|(index, _)| chosen.contains(index));
        let files: Vec<_> = merged
            .iter()
            .map(|(_, piece)| Arc::clone(&piece.file))
            .collect();
        let written = merged.iter().map(|(_, piece)| piece.written).max();
        *pieces = kept.into_iter().map(|(_, piece)| piece).collect();
        pieces.push(Piece {
            file: Arc::new(table::write(&path, table::merge(&files)?)?),
            written: written.unwrap_or(now),
        });
        change
            .replaced
            .extend(files.into_iter().map(Replaced::Rows));
        Ok(Some(change))
    }

    /// Forgets an application.
    pub(crate) async fn drop_app(self: &Arc<Self>, app: AppId) -> Result<(), AnalyticsError> {
        // What is in memory goes to files first, so that a restart does not bring it back.
        self.flush().await?;
        let _held = self.maintenance.lock().await;
        let shared = Arc::clone(self);
        blocking(move || {
            let tables = Arc::clone(&shared.state.read().tables);
            let mut change = Change {
                tables: Tables::clone(&tables),
                replaced: Vec::new(),
            };
            let Some(gone) = change.tables.apps.remove(&app) else {
                return Ok(());
            };
            for day in gone.days.into_values() {
                change.replaced.extend(day.sets.map(Replaced::Sets));
                for piece in day.pieces {
                    change.replaced.push(Replaced::Rows(piece.file));
                }
            }
            change.replaced.extend(gone.earlier.map(Replaced::Sets));
            shared.reader.lock().numbers.remove(&app);
            shared.state.write().hot.apps.remove(&app);
            shared.commit(change, false)?;
            for file in names_files(&app) {
                let path = shared.dir.join(file);
                match std::fs::remove_file(&path) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(AnalyticsError::io(&path, &error));
                    }
                    _ => {}
                }
            }
            Ok(())
        })
        .await
    }
}

/// Which files to merge: all of a settled day, else those of a size that has many.
fn to_merge(pieces: &[Piece], settled: bool) -> Option<BTreeSet<usize>> {
    if settled && pieces.len() > 1 {
        return Some((0..pieces.len().min(MERGE_MAX)).collect());
    }
    let class = |piece: &Piece| piece.file.rows.max(1).ilog(4);
    (0..=32).find_map(|size| {
        let chosen: BTreeSet<usize> = pieces
            .iter()
            .enumerate()
            .filter(|(_, piece)| class(piece) == size)
            .map(|(index, _)| index)
            .take(MERGE_MAX)
            .collect();
        (chosen.len() >= MERGE_MIN).then_some(chosen)
    })
}

/// Who is remembered of a day that goes: whoever opened the app, and every endpoint.
fn remembered(before: Option<&SetsFile>, day: &SetsFile) -> Result<Cells, AnalyticsError> {
    let mut cells = match before {
        Some(before) => before.read_all()?,
        None => Cells::default(),
    };
    let mut anyone = Cell::default();
    for (series, hours) in &day.read_all()?.series {
        for cell in hours.values() {
            anyone.merge(cell);
            if series.client && series.kind == OPENED_APP {
                cells.merge(series, 0, cell);
            }
        }
    }
    cells.merge(&Arc::new(Series::rest()), 0, &Arc::new(anyone));
    Ok(cells)
}

/// Removes files that the manifest does not name, left by a crash, and folders of days that are
/// gone.
pub(crate) fn sweep(dir: &Path, tables: &Tables) -> Result<(), AnalyticsError> {
    let named: BTreeSet<&Path> = tables.files().collect();
    let mut folders: Vec<PathBuf> = vec![dir.join("events"), dir.join("sets")];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(AnalyticsError::io(&folder, &error)),
        };
        for entry in entries {
            let path = entry
                .map_err(|error| AnalyticsError::io(&folder, &error))?
                .path();
            let ours = ["parquet", "sets", "new"]
                .iter()
                .any(|ending| path.extension().is_some_and(|of| of == *ending));
            if path.is_dir() {
                // Only an empty one goes.
                if std::fs::remove_dir(&path).is_err() {
                    folders.push(path);
                }
            } else if ours && !named.contains(path.as_path()) {
                std::fs::remove_file(&path).map_err(|error| AnalyticsError::io(&path, &error))?;
            }
        }
    }
    Ok(())
}
