//! A copy of the files of one instant, taken while others flush and merge.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::AnalyticsError;
use crate::manifest::{Tables, names_files};
use crate::state::Shared;

/// The files of one instant. None of them is removed as long as this lives.
pub struct Pinned {
    tables: Arc<Tables>,
    dir: PathBuf,
}

impl Pinned {
    pub(crate) fn new(shared: &Shared) -> Self {
        Self {
            tables: Arc::clone(&shared.state.read().tables),
            dir: shared.dir.clone(),
        }
    }

    /// Copies the files and their manifest, so that [`crate::Analytics::open`] finds them in
    /// `dir`, beside a log that goes on at least as far as the log went when they were pinned.
    /// Blocks.
    ///
    /// # Errors
    /// A file cannot be read or written; one of them is gone if an application was deleted
    /// meanwhile.
    pub fn copy(&self, dir: &Path) -> Result<(), AnalyticsError> {
        let rows_and_sets = self.tables.files().map(|path| {
            let relative = path.strip_prefix(&self.dir).unwrap_or(path);
            relative.to_owned()
        });
        let apps = self.tables.apps.iter();
        let names = apps.flat_map(|(app, of)| {
            let counts = [of.users, of.outsiders];
            let numbered = names_files(app).into_iter().zip(counts);
            numbered.filter_map(|(file, count)| (count > 0).then_some(file))
        });
        for file in rows_and_sets.chain(names) {
            let to = dir.join(&file);
            let copied = std::fs::create_dir_all(to.parent().unwrap_or(dir))
                .and_then(|()| std::fs::copy(self.dir.join(&file), &to));
            copied.map_err(|error| AnalyticsError::io(&to, &error))?;
        }
        std::fs::create_dir_all(dir).map_err(|error| AnalyticsError::io(dir, &error))?;
        self.tables.save_as(&self.dir, dir)
    }
}
