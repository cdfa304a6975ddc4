//! A copy of the documents of one instant, taken while others commit.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use store::StoreError;

use super::connect;
use crate::blocking;
use crate::error::from_sqlite;

/// Pages that are copied at once.
const PAGES: i32 = 4_096;
/// Pause when the copy is held up.
const HELD_UP: Duration = Duration::from_millis(50);
/// Pauses after which the copy is given up.
const PAUSES_MAX: u32 = 600;

/// The documents of one instant: an open reading transaction, which later commits do not move.
pub(crate) struct Pinned(Connection);

impl Pinned {
    /// Pins what is committed now.
    pub fn new(path: &Path) -> Result<Self, StoreError> {
        let connection = connect(path)?;
        let begin = || -> rusqlite::Result<()> {
            connection.execute_batch("BEGIN")?;
            // The transaction begins with its first reading.
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        };
        begin().map_err(from_sqlite)?;
        Ok(Self(connection))
    }

    /// Writes a database of the pinned documents to `path`.
    pub async fn copy(self, path: PathBuf) -> Result<(), StoreError> {
        blocking::run(move || self.copy_blocking(&path)).await?
    }

    fn copy_blocking(&self, path: &Path) -> Result<(), StoreError> {
        let mut target = Connection::open(path).map_err(from_sqlite)?;
        let backup = Backup::new(&self.0, &mut target).map_err(from_sqlite)?;
        let mut pauses = 0;
        loop {
            match backup.step(PAGES).map_err(from_sqlite)? {
                StepResult::Done => return Ok(()),
                StepResult::More => {}
                _ if pauses == PAUSES_MAX => {
                    return Err(StoreError::Backend("the documents stay locked".to_owned()));
                }
                _ => {
                    pauses += 1;
                    std::thread::sleep(HELD_UP);
                }
            }
        }
    }
}
