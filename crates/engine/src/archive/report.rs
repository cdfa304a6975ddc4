//! What became of the records of a load.

use std::fmt;

/// Refused records that are listed; the others are counted.
const LISTED_MAX: usize = 1_000;

/// What became of the records of a load.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Files that were read.
    pub files: usize,
    /// Records that were loaded.
    pub loaded: u64,
    /// Records that had been loaded before, or that come again.
    pub repeated: u64,
    /// Records that were not loaded.
    pub refused: u64,
    /// The first thousand of those, and why.
    pub listed: Vec<RefusedRecord>,
}

/// A record that was not loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRecord {
    /// The file.
    pub file: String,
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

impl Report {
    pub(super) fn refuse(&mut self, file: &str, line: u64, reason: &impl fmt::Display) {
        self.refused += 1;
        if self.listed.len() < LISTED_MAX {
            self.listed.push(RefusedRecord {
                file: file.to_owned(),
                line,
                reason: reason.to_string(),
            });
        }
    }

    /// How far the load is, in words.
    #[must_use]
    pub fn counts(&self) -> String {
        format!(
            "{} files: {} records loaded, {} repeated, {} refused",
            self.files, self.loaded, self.repeated, self.refused
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for record in &self.listed {
            writeln!(f, "{}:{}: {}", record.file, record.line, record.reason)?;
        }
        let unlisted = self.refused - self.listed.len() as u64;
        if unlisted > 0 {
            writeln!(f, "and {unlisted} more")?;
        }
        write!(f, "{}", self.counts())
    }
}
