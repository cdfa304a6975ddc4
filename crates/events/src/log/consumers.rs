//! How far each consumer has come: one small file per name.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Position;
use crate::LogError;

pub(super) struct Consumers {
    dir: PathBuf,
    positions: BTreeMap<String, Position>,
}

impl Consumers {
    pub(super) fn open(dir: &Path) -> Result<Self, LogError> {
        let failed = |error: &std::io::Error| LogError::io(dir, error);
        std::fs::create_dir_all(dir).map_err(|error| failed(&error))?;
        let mut positions = BTreeMap::new();
        for entry in std::fs::read_dir(dir).map_err(|error| failed(&error))? {
            let path = entry.map_err(|error| failed(&error))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if !is_name(name) {
                continue;
            }
            let text =
                std::fs::read_to_string(&path).map_err(|error| LogError::io(&path, &error))?;
            let position = text.trim().parse().map_err(|_| LogError::Damaged {
                path: path.clone(),
                position: 0,
            })?;
            positions.insert(name.to_owned(), position);
        }
        Ok(Self {
            dir: dir.to_owned(),
            positions,
        })
    }

    pub(super) fn get(&self, name: &str) -> Option<Position> {
        self.positions.get(name).copied()
    }

    /// Every name with its position.
    pub(super) fn all(&self) -> BTreeMap<String, Position> {
        self.positions.clone()
    }

    /// The position of the slowest.
    pub(super) fn least(&self) -> Option<Position> {
        self.positions.values().min().copied()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.positions.keys().cloned().collect()
    }

    pub(super) fn forget(&mut self, name: &str) -> Result<(), LogError> {
        if self.positions.remove(name).is_none() {
            return Ok(());
        }
        let path = self.dir.join(name);
        std::fs::remove_file(&path)
            .and_then(|()| File::open(&self.dir)?.sync_all())
            .map_err(|error| LogError::io(&path, &error))
    }

    pub(super) fn set(&mut self, name: &str, position: Position) -> Result<(), LogError> {
        if !is_name(name) {
            return Err(LogError::ConsumerName(name.to_owned()));
        }
        if self.positions.get(name) == Some(&position) {
            return Ok(());
        }
        let path = self.dir.join(name);
        let fresh = self.dir.join(format!("{name}.new"));
        let written = File::create(&fresh).and_then(|mut file| {
            writeln!(file, "{position}")?;
            file.sync_all()?;
            std::fs::rename(&fresh, &path)?;
            File::open(&self.dir)?.sync_all()
        });
        written.map_err(|error| LogError::io(&path, &error))?;
        self.positions.insert(name.to_owned(), position);
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
