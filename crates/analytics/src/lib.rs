//! Questions about events, and their answers.
//!
//! Belongs: the canonical event table as Parquet files, rollup sets, the questions and the
//! executor, KPIs and charts as data over the questions.
//! Elsewhere: the log that events are read from (`events`), the JSON of KPIs (`api`).

mod answer;
pub mod charts;
mod copy;
mod error;
mod flush;
mod follow;
mod hot;
pub mod kpi;
mod maintain;
mod manifest;
mod newcombe;
mod numbers;
mod question;
mod row;
mod sets;
mod state;
mod table;
mod window;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clock::{Clock, Timestamp};
use events::{Log, Position};
use model::{ActivityId, AppId, CampaignId, EndpointSet};
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

use flush::blocking;
use hot::Hot;
use manifest::Tables;
use sets::Cache;
use state::{Reader, Shared, State, View};

pub use answer::Sends;
pub use copy::Pinned;
pub use error::AnalyticsError;
pub use newcombe::{CONFIDENCE, Difference, difference};
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
    /// Bytes of rows in memory at which they are written to files.
    pub flush_bytes: usize,
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
            flush_bytes: 256 << 20,
            flush_after: Duration::from_secs(60),
            retention: Duration::from_hours(90 * 24),
            cache_bytes: 128 << 20,
        }
    }
}

/// A handle to analytics; cheap to clone.
#[derive(Clone)]
pub struct Analytics {
    shared: Arc<Shared>,
    closing: watch::Sender<bool>,
}

impl Analytics {
    /// Opens analytics in `dir`, creates it if need be, and starts to follow `log`.
    ///
    /// # Errors
    /// The folder cannot be read or written, or holds files of a newer version or ones that are
    /// ahead of the log.
    pub async fn open(
        dir: PathBuf,
        log: Log,
        clock: Clock,
        options: Options,
    ) -> Result<Self, AnalyticsError> {
        let shared = Arc::new(blocking(move || Shared::open(dir, log, clock, options)).await?);
        let closing = watch::Sender::new(false);
        tokio::spawn(follow::read(Arc::clone(&shared), closing.subscribe()));
        tokio::spawn(follow::write(Arc::clone(&shared), closing.subscribe()));
        Ok(Self { shared, closing })
    }

    /// Ticks whenever new events became visible.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.shared.ticks.subscribe()
    }

    /// The position of the log up to which events are visible to questions.
    #[must_use]
    pub fn position(&self) -> Position {
        *self.shared.visible.borrow()
    }

    /// Returns once the events before `position` are visible to questions.
    ///
    /// # Errors
    /// Following the log has stopped.
    pub async fn caught_up(&self, position: Position) -> Result<(), AnalyticsError> {
        let mut visible = self.shared.visible.subscribe();
        let mut stopped = self.shared.stopped.subscribe();
        tokio::select! {
            biased;
            // The senders live as long as `shared`.
            _ = visible.wait_for(|visible| *visible >= position) => Ok(()),
            cause = stopped.wait_for(Option::is_some) => {
                let cause = cause.ok().and_then(|cause| cause.clone());
                Err(AnalyticsError::Stopped(cause.unwrap_or_default()))
            }
        }
    }

    /// The files as they are now, which stay until the answer is dropped.
    #[must_use]
    pub fn pin(&self) -> Pinned {
        Pinned::new(&self.shared)
    }

    /// Writes what is in memory to files. Runs by itself, too.
    ///
    /// # Errors
    /// The disk is full or failed; nothing is lost, the rows stay in memory and in the log.
    pub async fn flush(&self) -> Result<(), AnalyticsError> {
        self.shared.flush().await
    }

    /// Merges files, and removes what is older than the retention. Runs by itself, too.
    ///
    /// # Errors
    /// The disk is full or failed; nothing is lost.
    pub async fn maintain(&self) -> Result<(), AnalyticsError> {
        self.shared.maintain().await
    }

    /// Forgets everything of an application.
    ///
    /// # Errors
    /// The disk failed.
    pub async fn drop_app(&self, app: &AppId) -> Result<(), AnalyticsError> {
        self.shared.drop_app(app.clone()).await
    }

    /// Stops following the log, after a last flush.
    ///
    /// # Errors
    /// The last flush failed; nothing is lost, the log keeps the events.
    pub async fn close(&self) -> Result<(), AnalyticsError> {
        self.closing.send_replace(true);
        self.shared
            .stopped
            .send_replace(Some("analytics was closed".to_owned()));
        self.shared.flush().await
    }

    /// The answer to a question.
    ///
    /// # Errors
    /// Reading failed, or the question combines what cannot be combined.
    pub async fn answer(&self, app: &AppId, question: &Question) -> Result<Answer, AnalyticsError> {
        let question = question.clone();
        self.ask(app, move |view, _| answer::answer(view, &question))
            .await
    }

    /// The endpoints with an event that passes `filter`; those that are not stored are left out.
    ///
    /// # Errors
    /// Reading failed.
    pub async fn who(&self, app: &AppId, filter: &Filter) -> Result<EndpointSet, AnalyticsError> {
        let filter = filter.clone();
        let outsiders = self.shared.outsiders(app);
        self.ask(app, move |view, _| {
            let groups = answer::tally(view, &filter, &Group::None, Some(Unit::Endpoint))?;
            let mut set = groups
                .into_values()
                .next()
                .map(|tally| tally.people.endpoints)
                .unwrap_or_default();
            set.remove_range(outsiders);
            Ok(set)
        })
        .await
    }

    /// The `_campaign.send` records of `activities` in `window`.
    ///
    /// # Errors
    /// Reading failed.
    pub async fn sends(
        &self,
        app: &AppId,
        activities: &[ActivityId],
        window: Window,
    ) -> Result<Sends, AnalyticsError> {
        let activities = activities.to_vec();
        self.ask(app, move |view, _| answer::sends(view, &activities, window))
            .await
    }

    /// Since when events are kept: older ones are gone or may go at any time.
    #[must_use]
    pub fn kept_since(&self) -> Timestamp {
        let first = self.shared.clock.now().minus(self.shared.options.retention);
        Timestamp::from_utc_day(first.utc_day() + 1)
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
        let kpi = kpi::lookup(scope, name)?;
        let scope = scope.clone();
        let result = self.ask(app, move |view, _| kpi::evaluate(view, kpi, &scope, window));
        Ok(result.await?)
    }

    /// Usage by UTC day, from day `first` to day `last` (days since the epoch).
    /// `created` tells how many endpoints were created on a day, if the caller knows; else an
    /// endpoint is new on the day of its first event.
    ///
    /// # Errors
    /// Reading failed, or there are more than 2,400 days.
    pub async fn usage(
        &self,
        app: &AppId,
        first: i64,
        last: i64,
        created: Option<&BTreeMap<i64, u64>>,
    ) -> Result<charts::UsageChart, AnalyticsError> {
        let created = created.cloned();
        self.ask(app, move |view, now| {
            charts::usage(view, first, last, created.as_ref(), now)
        })
        .await
    }

    /// Events that pass `filter`, by step: `events`, `endpoints`, `users`.
    ///
    /// # Errors
    /// Reading failed, or the window has more than 2,400 steps.
    pub async fn event_series(
        &self,
        app: &AppId,
        filter: &Filter,
        step: charts::Step,
    ) -> Result<Vec<charts::Series>, AnalyticsError> {
        let filter = filter.clone();
        self.ask(app, move |view, now| {
            charts::event_series(view, &filter, step, now)
        })
        .await
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
        self.ask(app, move |view, _| charts::event_types(view, window))
            .await
    }

    /// The names of event attributes seen in `window` on events of type `kind`, most frequent
    /// first, at most 500, as told by the newest half million events.
    ///
    /// # Errors
    /// Reading failed.
    pub async fn attribute_names(
        &self,
        app: &AppId,
        kind: Option<&str>,
        window: Window,
    ) -> Result<Vec<String>, AnalyticsError> {
        let kind = kind.map(str::to_owned);
        self.ask(app, move |view, _| {
            charts::attribute_names(view, kind.as_deref(), window)
        })
        .await
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
        self.ask(app, move |view, _| {
            charts::demographics(view, window, facet)
        })
        .await
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
        let campaign = campaign.clone();
        self.ask(app, move |view, _| {
            charts::campaign(view, &campaign, window)
        })
        .await
    }

    /// Messages of a campaign, or of all campaigns, over time: `sent` and `delivered` by when
    /// they were sent; `opens`, `clicks`, `hard_bounces`, `complaints` and `unsubscribes` by when
    /// they happened.
    ///
    /// # Errors
    /// Reading failed, or `window` has more than 2,400 steps.
    pub async fn campaign_series(
        &self,
        app: &AppId,
        campaign: Option<&CampaignId>,
        window: Window,
        step: charts::Step,
    ) -> Result<Vec<charts::Series>, AnalyticsError> {
        let campaign = campaign.cloned();
        self.ask(app, move |view, now| {
            charts::campaign_series(view, campaign.as_ref(), window, step, now)
        })
        .await
    }

    /// Runs `work` on a view of the application where it may block.
    async fn ask<T: Send + 'static>(
        &self,
        app: &AppId,
        work: impl FnOnce(&View<'_>, Timestamp) -> Result<T, AnalyticsError> + Send + 'static,
    ) -> Result<T, AnalyticsError> {
        let (shared, app) = (Arc::clone(&self.shared), app.clone());
        blocking(move || work(&shared.view(&app), shared.clock.now())).await
    }
}

impl Shared {
    fn open(
        dir: PathBuf,
        log: Log,
        clock: Clock,
        options: Options,
    ) -> Result<Self, AnalyticsError> {
        std::fs::create_dir_all(&dir).map_err(|error| AnalyticsError::io(&dir, &error))?;
        let tables = Tables::load(&dir)?;
        if tables.position > log.end() {
            return Err(AnalyticsError::damaged(
                &dir.join(manifest::FILE),
                "it is ahead of the event log",
            ));
        }
        maintain::sweep(&dir, &tables)?;
        let reader = Reader::load(&dir, &tables)?;
        log.set_consumer_position(flush::CONSUMER, tables.position)?;
        Ok(Self {
            cache: Cache::new(options.cache_bytes),
            visible: watch::Sender::new(tables.position),
            ticks: watch::Sender::new(0),
            stopped: watch::Sender::new(None),
            maintenance: tokio::sync::Mutex::new(()),
            flush_wanted: tokio::sync::Notify::new(),
            flushed: tokio::sync::Notify::new(),
            reader: Mutex::new(reader),
            state: RwLock::new(State {
                tables: Arc::new(tables),
                frozen: None,
                hot: Hot::default(),
            }),
            dir,
            log,
            clock,
            options,
        })
    }
}
