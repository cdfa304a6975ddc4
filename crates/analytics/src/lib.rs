//! Questions about events, and their answers.
//!
//! Belongs: the canonical event table as Parquet files, rollup sets, the questions and the
//! executor, KPIs and charts as data over the questions.
//! Elsewhere: the log that events are read from (`events`), the JSON of KPIs (`api`).

pub mod charts;
mod error;
pub mod kpi;
mod question;
mod window;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clock::Clock;
use events::{Log, Position};
use model::{AppId, CampaignId, EndpointSet};
use tokio::sync::watch;

pub use error::AnalyticsError;
pub use question::{
    Answer, Channel, Filter, Group, Measure, MessageKind, MessageScope, Question, Relation, Row,
    Unit,
};
pub use window::Window;

/// How analytics keeps events.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Rows in memory at which they are written to files.
    pub flush_rows: usize,
    /// Age of the oldest row in memory at which they are written to files.
    pub flush_after: Duration,
    /// How long events are kept.
    pub retention: Duration,
    /// Bytes of rollup sets that are kept in memory.
    pub cache_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            flush_rows: 262_144,
            flush_after: Duration::from_secs(60),
            retention: Duration::from_hours(90 * 24),
            cache_bytes: 128 << 20,
        }
    }
}

/// A handle to analytics; cheap to clone.
#[derive(Clone)]
pub struct Analytics {}

#[expect(unused_variables, reason = "signatures first")]
impl Analytics {
    /// Opens analytics in `dir` and starts to follow `log`.
    ///
    /// # Errors
    /// The folder cannot be read or written, or holds files of a newer version.
    pub async fn open(
        dir: PathBuf,
        log: Log,
        clock: Clock,
        options: Options,
    ) -> Result<Self, AnalyticsError> {
        Ok(Self {})
    }

    /// Ticks whenever new events became visible.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        watch::Sender::new(0).subscribe()
    }

    /// Returns once the events before `position` are visible to questions.
    ///
    /// # Errors
    /// The consumer stopped.
    pub async fn caught_up(&self, position: Position) -> Result<(), AnalyticsError> {
        Err(AnalyticsError::Question("not yet"))
    }

    /// Writes what is in memory to files.
    ///
    /// # Errors
    /// The disk is full or failed; nothing is lost, the rows stay in memory and in the log.
    pub async fn flush(&self) -> Result<(), AnalyticsError> {
        Err(AnalyticsError::Question("not yet"))
    }

    /// Merges files, and removes what is older than the retention. Runs by itself, too.
    ///
    /// # Errors
    /// The disk is full or failed.
    pub async fn maintain(&self) -> Result<(), AnalyticsError> {
        Err(AnalyticsError::Question("not yet"))
    }

    /// Forgets everything of an application.
    ///
    /// # Errors
    /// The disk failed.
    pub async fn drop_app(&self, app: &AppId) -> Result<(), AnalyticsError> {
        Err(AnalyticsError::Question("not yet"))
    }

    /// Stops following the log, after a last flush.
    ///
    /// # Errors
    /// The last flush failed; nothing is lost.
    pub async fn close(&self) -> Result<(), AnalyticsError> {
        Err(AnalyticsError::Question("not yet"))
    }

    /// The answer to a question.
    ///
    /// # Errors
    /// Reading failed, or the question combines what cannot be combined.
    pub async fn answer(&self, app: &AppId, question: &Question) -> Result<Answer, AnalyticsError> {
        Err(AnalyticsError::Question("not yet"))
    }

    /// The endpoints with an event that passes `filter`; those that are not stored are left out.
    ///
    /// # Errors
    /// Reading failed.
    pub async fn who(&self, app: &AppId, filter: &Filter) -> Result<EndpointSet, AnalyticsError> {
        Err(AnalyticsError::Question("not yet"))
    }

    /// The value of a KPI. `window` comes from [`kpi::resolve`].
    ///
    /// # Errors
    /// The scope has no KPI of this name, or reading failed.
    pub async fn kpi(
        &self,
        app: &AppId,
        scope: &kpi::KpiScope,
        name: &str,
        window: Window,
    ) -> Result<kpi::KpiResult, kpi::KpiError> {
        Err(kpi::KpiError::UnknownName(name.to_owned()))
    }

    /// Usage by UTC day, from day `first` to day `last` (days since the epoch), at most 90.
    /// `created` tells how many endpoints were created on a day, if the caller knows; else an
    /// endpoint is new on the day of its first event.
    ///
    /// # Errors
    /// Reading failed.
    pub async fn usage(
        &self,
        app: &AppId,
        first: i64,
        last: i64,
        created: Option<&BTreeMap<i64, u64>>,
    ) -> Result<charts::UsageChart, AnalyticsError> {
        Err(AnalyticsError::Question("not yet"))
    }

    /// Events that clients reported, by step: `events`, `endpoints`, `users`.
    ///
    /// # Errors
    /// Reading failed.
    pub async fn event_series(
        &self,
        app: &AppId,
        filter: &Filter,
        step: charts::Step,
    ) -> Result<Vec<charts::Series>, AnalyticsError> {
        Err(AnalyticsError::Question("not yet"))
    }

    /// The types of events seen in `window`, most frequent first, at most 1,500.
    ///
    /// # Errors
    /// Reading failed.
    pub async fn event_types(
        &self,
        app: &AppId,
        window: Window,
    ) -> Result<Vec<charts::EventType>, AnalyticsError> {
        Err(AnalyticsError::Question("not yet"))
    }

    /// The names of event attributes seen in `window` on events of type `kind`, most frequent
    /// first, at most 500.
    ///
    /// # Errors
    /// Reading failed.
    pub async fn attribute_names(
        &self,
        app: &AppId,
        kind: Option<&str>,
        window: Window,
    ) -> Result<Vec<String>, AnalyticsError> {
        Err(AnalyticsError::Question("not yet"))
    }

    /// The endpoints active in `window` by a fact of their device: the 20 most frequent values
    /// and the rest.
    ///
    /// # Errors
    /// Reading failed.
    pub async fn demographics(
        &self,
        app: &AppId,
        window: Window,
        facet: charts::Facet,
    ) -> Result<Vec<charts::Share>, AnalyticsError> {
        Err(AnalyticsError::Question("not yet"))
    }

    /// What a campaign achieved in `window` ([`Window::ALWAYS`] for all that is kept).
    ///
    /// # Errors
    /// Reading failed.
    pub async fn campaign(
        &self,
        app: &AppId,
        campaign: &CampaignId,
        window: Window,
    ) -> Result<charts::CampaignChart, AnalyticsError> {
        Err(AnalyticsError::Question("not yet"))
    }

    /// A campaign over time, by occurrence: `sent`, `delivered`, `opens`, `clicks`,
    /// `hard_bounces`, `complaints`, `unsubscribes`.
    ///
    /// # Errors
    /// Reading failed, or `window` has more than 2,400 steps.
    pub async fn campaign_series(
        &self,
        app: &AppId,
        campaign: &CampaignId,
        window: Window,
        step: charts::Step,
    ) -> Result<Vec<charts::Series>, AnalyticsError> {
        Err(AnalyticsError::Question("not yet"))
    }
}
