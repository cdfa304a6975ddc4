//! Writing rows from memory to files, exactly once.
//!
//! New files first, then the manifest that names them and says how far they go in the log. A crash
//! before the manifest leaves files that nobody names, and the rows are read from the log again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clock::Timestamp;

use crate::AnalyticsError;
use crate::hot::Hot;
use crate::manifest::{Piece, Tables, names_files, rows_folder, sets_folder};
use crate::numbers;
use crate::sets::{self, Cells, SetsFile};
use crate::state::{Frozen, Shared};
use crate::table::{self, DataFile};

/// The name under which the log knows analytics.
pub(crate) const CONSUMER: &str = "analytics";

/// What a change of files leads to.
pub(crate) struct Change {
    pub(crate) tables: Tables,
    /// Files that the new tables do not name any more.
    pub(crate) replaced: Vec<Replaced>,
}

pub(crate) enum Replaced {
    Rows(Arc<DataFile>),
    Sets(Arc<SetsFile>),
}

impl Shared {
    /// Writes what is in memory to files.
    pub(crate) async fn flush(self: &Arc<Self>) -> Result<(), AnalyticsError> {
        let _held = self.maintenance.lock().await;
        loop {
            let shared = Arc::clone(self);
            let more = blocking(move || shared.flush_once()).await?;
            self.flushed.notify_one();
            if !more {
                return Ok(());
            }
        }
    }

    /// Writes the frozen rows, or freezes and writes the rows in memory. Tells whether rows that
    /// were in memory before are still there.
    fn flush_once(&self) -> Result<bool, AnalyticsError> {
        let left_over = self.state.read().frozen.is_some();
        if !left_over {
            self.freeze();
        }
        let (tables, frozen) = {
            let state = self.state.read();
            (Arc::clone(&state.tables), state.frozen.clone())
        };
        let Some(frozen) = frozen else {
            return Ok(false);
        };
        let change = self.write_frozen(&tables, &frozen)?;
        self.commit(change, true)?;
        self.log.set_consumer_position(CONSUMER, frozen.position)?;
        Ok(left_over)
    }

    /// Sets the rows in memory aside for writing.
    fn freeze(&self) {
        let mut reader = self.reader.lock();
        let mut state = self.state.write();
        if state.hot.rows == 0 {
            return;
        }
        let names = reader.numbers.iter_mut().map(|(app, numbers)| {
            let taken = [numbers.users.take_fresh(), numbers.outsiders.take_fresh()];
            (app.clone(), taken)
        });
        state.frozen = Some(Arc::new(Frozen {
            names: names.collect::<BTreeMap<_, _>>(),
            position: reader.position,
            hot: std::mem::take::<Hot>(&mut state.hot),
        }));
    }

    fn write_frozen(&self, tables: &Tables, frozen: &Frozen) -> Result<Change, AnalyticsError> {
        let mut change = Change {
            tables: tables.clone(),
            replaced: Vec::new(),
        };
        change.tables.position = frozen.position;
        let now = self.clock.now();
        for (app, days) in &frozen.hot.apps {
            let of = change.tables.apps.entry(app.clone()).or_default();
            let folder = self.folder(sets_folder(app))?;
            for ((entries, count), file) in frozen
                .names
                .get(app)
                .into_iter()
                .flatten()
                .zip(names_files(app))
            {
                numbers::append(&self.dir.join(file), entries, *count)?;
            }
            if let Some([(_, users), (_, outsiders)]) = frozen.names.get(app) {
                of.users = *users;
                of.outsiders = *outsiders;
            }
            for (day, hot) in days {
                let date = Timestamp::from_utc_day(*day).date();
                let tables = of.days.entry(*day).or_default();
                let number = change.tables.next;
                change.tables.next += 1;
                let path = self
                    .folder(rows_folder(app, *day))?
                    .join(format!("{number:012}.parquet"));
                tables.pieces.push(Piece {
                    file: Arc::new(table::write(&path, table::sorted(&hot.batches))?),
                    written: now,
                });
                let mut cells = match &tables.sets {
                    Some(before) => before.read_all()?,
                    None => Cells::default(),
                };
                cells.merge_all(&hot.cells);
                let path = folder.join(format!("{date}.{number:012}.sets"));
                let written = Arc::new(sets::write(number, &path, &cells)?);
                let before = tables.sets.replace(written);
                change.replaced.extend(before.map(Replaced::Sets));
            }
        }
        Ok(change)
    }

    /// Makes `change` the truth. `thawed` says that the frozen rows are in it.
    pub(crate) fn commit(&self, change: Change, thawed: bool) -> Result<(), AnalyticsError> {
        change.tables.save(&self.dir)?;
        let mut state = self.state.write();
        state.tables = Arc::new(change.tables);
        if thawed {
            state.frozen = None;
        }
        drop(state);
        for replaced in &change.replaced {
            match replaced {
                Replaced::Rows(file) => file.replace(),
                Replaced::Sets(file) => file.file.replace(),
            }
        }
        Ok(())
    }

    /// The folder at `path` under that of analytics, created if need be.
    pub(crate) fn folder(&self, path: PathBuf) -> Result<PathBuf, AnalyticsError> {
        let folder = self.dir.join(path);
        if !folder.is_dir() {
            std::fs::create_dir_all(&folder)
                .map_err(|error| AnalyticsError::io(&folder, &error))?;
            let mut made = folder.as_path();
            while made != self.dir {
                table::sync_folder(made)?;
                made = made.parent().unwrap_or(&self.dir);
            }
        }
        Ok(folder)
    }
}

/// Runs `work` where it may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AnalyticsError> + Send + 'static,
) -> Result<T, AnalyticsError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| AnalyticsError::Stopped(error.to_string()))?
}
