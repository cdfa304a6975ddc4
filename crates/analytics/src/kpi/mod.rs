//! The KPI API (`docs/spec/analytics.md §3–4`): a catalogue as data over the questions.

mod catalogue;
mod evaluate;
mod range;
mod result;

use model::CampaignId;

pub use catalogue::{CATALOGUE, Formula, Kpi, KpiGroup, KpiLevel, find};
pub(crate) use evaluate::{evaluate, lookup};
pub use range::{KpiRange, resolve};
pub use result::{KpiResult, KpiRow};

/// What a KPI is asked of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KpiScope {
    /// The application.
    App,
    /// A campaign.
    Campaign(CampaignId),
    /// A journey.
    Journey(String),
}

/// Why a KPI has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum KpiError {
    /// No KPI of the scope has this name.
    #[error("unknown kpi name: {0}")]
    UnknownName(String),
    /// A time is no instant and no date.
    #[error("invalid {parameter}: {value}")]
    InvalidTime {
        /// `start-time` or `end-time`.
        parameter: &'static str,
        /// What was given.
        value: String,
    },
    /// The start lies after the end.
    #[error("start-time must not be after end-time")]
    Reversed,
    /// More than 31 days.
    #[error("the time range must not be longer than 31 days")]
    TooLong,
    /// The start lies more than 90 days back.
    #[error("start-time must not be more than 90 days ago")]
    TooOld,
    /// The questions failed.
    #[error(transparent)]
    Failed(#[from] crate::AnalyticsError),
}
