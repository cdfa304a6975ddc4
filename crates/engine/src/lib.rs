//! The things that happen by themselves.
//!
//! Belongs: runs of campaigns ([`Engine`]) and the rules of a campaign's life ([`campaigns`]),
//! the life of journeys ([`journeys`]), resolving segments ([`segments`]), dealing cohorts, import
//! and export jobs ([`import`], [`export`]) over their [`buckets`], test messages, direct sends and
//! one-time passwords ([`direct`]), what became of everybody ([`activities`], [`people`], [`arms`])
//! and whether that adds up ([`verify`]), canary and brake ([`safety`]), which in-app messages an
//! endpoint may show ([`in_app`]), when a schedule would run ([`outlook`]), event streams ([`streams`]), calling hooks, webhooks and functions
//! ([`callees`]).
//! Elsewhere: the rules of who and when (`audience`, `schedule`), transports (`channels`), the
//! JSON of any of it (`api`).

pub mod activities;
pub mod archive;
pub mod arms;
mod aws;
pub mod buckets;
pub mod callees;
pub mod campaigns;
mod cohorts;
pub mod direct;
pub mod dry_run;
mod engine;
mod error;
pub mod explain;
pub mod export;
mod feedback;
mod follower;
pub mod import;
pub mod in_app;
mod jobs;
pub mod journeys;
pub mod outlook;
pub mod people;
mod run;
pub mod safety;
pub mod segments;
pub mod streams;
mod tally;
pub mod test_send;
mod triggers;
pub mod uploads;
pub mod verify;

pub use cohorts::{Assignment, Cohorts};
pub use engine::{Engine, Parts, Settings};
pub use error::EngineError;
pub use tally::MessageKey;
