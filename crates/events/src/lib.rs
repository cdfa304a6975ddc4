//! The durable event log, and the rules by which events enter and leave it.
//!
//! Belongs: appending and reading events, consumers' positions, trimming ([`Log`]); the rules of
//! PutEvents ([`ingest`]); the JSON record of an event ([`record`]); events that leave for
//! streams ([`stream`]).
//! Elsewhere: the JSON of PutEvents itself (`api`), counting events (`analytics`), making the
//! events of a delivery (`channels`).

mod error;
pub mod ingest;
mod log;
pub mod record;
pub mod stream;

pub use error::LogError;
pub use log::{Cut, Held, Log, Options, Position};
