//! The row formats of import and export files (`docs/spec/audience.md §11.3, §12`).
//!
//! Belongs: cutting bytes into pieces of lines, reading a line as a row, and writing an endpoint
//! as a line. Elsewhere: where the files lie and what becomes of the rows (`engine`).
//!
//! A line break always ends a row, because values may not hold any. So a piece can be read without
//! knowing what came before it, except for the header of a CSV file.

mod csv;
mod export;
mod json;
mod piece;
mod scalar;

use std::fmt;

use model::{EndpointId, EndpointUpdate, UserId};

pub use csv::{CsvHeader, HeaderError};
pub use export::write_json;
pub use json::read as read_json;
pub use piece::{LINE_BYTES_MAX, Line, PIECE_BYTES_MAX, PIECE_LINES_MAX, Piece, PieceCutter};

/// What a line of an import file says.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// A change to an endpoint, or the definition of one.
    Endpoint {
        /// Which endpoint; without it a new one is meant.
        id: Option<EndpointId>,
        /// What is said about it. The status is never among it.
        update: Box<EndpointUpdate>,
    },
    /// Users, to become members of the segment.
    Users(Vec<UserId>),
}

/// Why a line is not a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RowError {
    /// Where in the line, counted in characters from 1, if one place is to blame.
    pub column: Option<usize>,
    /// What is wrong.
    pub reason: String,
    /// Whether the line does not even follow the syntax of its format.
    pub syntax: bool,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        match self.column {
            Some(column) => write!(f, " (column {column})"),
            None => Ok(()),
        }
    }
}

impl RowError {
    /// A line that breaks the syntax at the character after `before`.
    fn syntax(before: &str, reason: impl Into<String>) -> Self {
        Self {
            column: Some(before.chars().count() + 1),
            reason: reason.into(),
            syntax: true,
        }
    }

    /// A value that `member` cannot have.
    fn value(member: &str, problem: impl fmt::Display) -> Self {
        Self {
            column: None,
            reason: format!("{member}: {problem}"),
            syntax: false,
        }
    }
}
