//! The engine: starts what is due, drives runs, follows the event log.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use channels::email::EmailTransport;
use channels::message::MessageTransport;
use channels::suppression::SuppressionList;
use channels::token::Signer;
use clock::Clock;
use events::Log;
use model::{Run, RunState};
use parking_lot::Mutex;
use store::Store;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;

use crate::callees::Callees;
use crate::direct;
use crate::dry_run::DryRuns;
use crate::error::EngineError;
use crate::follower;
use crate::run::breaker::Breaker;
use crate::run::caps::Caps;
use crate::run::driver::{RunKey, drive};
use crate::run::open::start_due;
use crate::run::pace::Pace;
use crate::tally::{MessageKey, Tally};
use crate::triggers::{self, TriggerProgress};

/// How often the engine looks for work without being woken.
const TICK: Duration = Duration::from_millis(500);
/// Runs of either [`Feed`] that are driven at once.
const RUNS_MAX: usize = 64;
/// Runs that a tick looks at.
const RUNS_PER_TICK_MAX: usize = 1_024;
/// Calls of hooks, webhooks and functions that are under way at once.
const CALLS_MAX: usize = 128;
/// How long a run that failed waits for its next driver.
const RETRY: Duration = Duration::from_secs(5);

/// What the engine works with.
pub struct Parts {
    /// Where truth is kept.
    pub store: Store,
    /// The event log.
    pub log: Log,
    /// Delivers mail.
    pub email: Arc<dyn EmailTransport>,
    /// The built-in inbox, for test messages that are to stay here.
    pub inbox: Arc<dyn EmailTransport>,
    /// Delivers the messages of every other channel.
    pub messages: Arc<dyn MessageTransport>,
    /// Calls hooks, webhooks and functions.
    pub callees: Arc<dyn Callees>,
    /// Addresses that get no mail.
    pub suppression: SuppressionList,
    /// Signs tracked links.
    pub signer: Signer,
    /// Time and randomness.
    pub clock: Clock,
    /// What the operator chose.
    pub settings: Settings,
}

/// What the operator chose.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where recipients reach this service, without a slash at the end.
    pub public_url: Arc<str>,
    /// Messages that may be on their way at once; after a crash, at most so many people are in
    /// doubt, and those of [`Self::called_max`].
    pub in_flight_max: usize,
    /// Batches of a run that are worked on at once; over all runs, twice as many, and one of each.
    pub workers_max: usize,
    /// People about whom calls of custom channels may be on their way at once.
    pub called_max: usize,
}

impl Settings {
    /// The settings for a service that recipients reach at `public_url`.
    #[must_use]
    pub fn new(public_url: impl Into<Arc<str>>) -> Self {
        Self {
            public_url: public_url.into(),
            in_flight_max: 512,
            workers_max: 4,
            called_max: 1_600,
        }
    }
}

/// What all loops share.
pub(crate) struct Shared {
    pub store: Store,
    pub log: Log,
    pub email: Arc<dyn EmailTransport>,
    pub inbox: Arc<dyn EmailTransport>,
    pub messages: Arc<dyn MessageTransport>,
    pub callees: Arc<dyn Callees>,
    /// A turn for each call that may be under way.
    pub calls: Semaphore,
    /// A place for each person about whom a custom channel may be called.
    pub called: Arc<Semaphore>,
    pub suppression: SuppressionList,
    pub signer: Signer,
    pub clock: Clock,
    pub settings: Settings,
    pub pace: Pace,
    pub breaker: Breaker,
    pub caps: Caps,
    pub tally: Tally,
    stop: watch::Sender<bool>,
    wake: Notify,
    pub dry_run_created: Notify,
    /// Runs that are driven.
    active: Mutex<HashMap<RunKey, Driven>>,
    /// How far events have been held against the campaigns that wait for them.
    pub triggers: TriggerProgress,
    /// Runs that are driven and have nothing to do for now.
    resting: AtomicUsize,
    tasks: Mutex<JoinSet<()>>,
}

/// What gives runs their people. Each has its places, so that long runs keep no event waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Feed {
    /// A segment, once.
    Segment,
    /// Events, as they come.
    Events,
}

/// A run that is driven.
struct Driven {
    feed: Feed,
    /// Tells the driver of further batches.
    news: Arc<Notify>,
}

/// The loops of the service; a handle that is cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

impl Engine {
    /// An engine that does nothing yet.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let pace = Pace::new(parts.clock.clone(), parts.settings.in_flight_max);
        Self(Arc::new(Shared {
            store: parts.store,
            log: parts.log,
            email: parts.email,
            inbox: parts.inbox,
            messages: parts.messages,
            callees: parts.callees,
            calls: Semaphore::new(CALLS_MAX),
            called: Arc::new(Semaphore::new(parts.settings.called_max.max(1))),
            suppression: parts.suppression,
            signer: parts.signer,
            caps: Caps::new(&parts.clock),
            clock: parts.clock,
            settings: parts.settings,
            pace,
            breaker: Breaker::default(),
            tally: Tally::default(),
            stop: watch::Sender::new(false),
            wake: Notify::new(),
            dry_run_created: Notify::new(),
            active: Mutex::new(HashMap::new()),
            triggers: TriggerProgress::default(),
            resting: AtomicUsize::new(0),
            tasks: Mutex::new(JoinSet::new()),
        }))
    }

    /// Starts the loops. Runs that a crash interrupted go on.
    pub fn start(&self) {
        let shared = Arc::clone(&self.0);
        let mut stop = shared.stop.subscribe();
        let engine = self.clone();
        self.0.tasks.lock().spawn(async move {
            if let Err(error) = direct::tell_doubtful(&shared.store).await {
                tracing::error!(%error, "cannot look for interrupted direct sends");
            }
            while !shared.stopping() {
                if let Err(error) = engine.tick().await {
                    tracing::error!(%error, "tick failed");
                }
                tokio::select! {
                    () = shared.wake.notified() => {}
                    () = shared.clock.sleep(TICK) => {}
                    _ = stop.wait_for(|stop| *stop) => {}
                }
            }
        });
        let shared = Arc::clone(&self.0);
        self.0.tasks.lock().spawn(async move {
            let stop = shared.stop.subscribe();
            follower::follow(&shared, stop).await;
        });
        let dry_runs = DryRuns(Arc::clone(&self.0));
        let mut stop = self.0.stop.subscribe();
        self.0.tasks.lock().spawn(async move {
            tokio::select! {
                () = dry_runs.run() => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        });
        let engine = self.clone();
        self.0.tasks.lock().spawn(async move {
            let stop = engine.0.stop.subscribe();
            triggers::follow(&engine, stop).await;
        });
    }

    /// Stops: chunks that are being handed over are finished and recorded, leases are given back.
    pub async fn shutdown(&self) {
        self.0.stop.send_replace(true);
        loop {
            let mut tasks = std::mem::take(&mut *self.0.tasks.lock());
            if tasks.is_empty() {
                return;
            }
            while tasks.join_next().await.is_some() {}
        }
    }

    /// Looks for work at once, instead of at the next tick.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// Starts the campaigns that are due, and sees to it that every open run is driven. It goes by
    /// what is stored alone: calling it twice at one instant starts nothing twice.
    ///
    /// # Errors
    /// The store failed.
    pub async fn tick(&self) -> Result<(), EngineError> {
        start_due(&self.0).await?;
        crate::journeys::end_due(&self.0.store, &self.0.clock).await?;
        direct::forget_old(&self.0).await?;
        let now = self.0.clock.now();
        let runs = self.0.store.of::<Run>();
        for run in runs.due(now, RUNS_PER_TICK_MAX).await? {
            let feed = if run.triggered {
                Feed::Events
            } else {
                Feed::Segment
            };
            if let Some(key) = key_of(&run) {
                self.drive(key, feed);
            }
        }
        Ok(())
    }

    /// Drives the run in a task of its own, unless that is being done.
    fn drive(&self, key: RunKey, feed: Feed) {
        let news = Arc::new(Notify::new());
        {
            let mut active = self.0.active.lock();
            let others = active.values().filter(|run| run.feed == feed).count();
            if self.0.stopping() || others >= RUNS_MAX || active.contains_key(&key) {
                return;
            }
            let news = Arc::clone(&news);
            active.insert(key.clone(), Driven { feed, news });
        }
        let shared = Arc::clone(&self.0);
        let mut tasks = self.0.tasks.lock();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let driving = tokio::spawn(drive(Arc::clone(&shared), key.clone(), news)).await;
            let failed = match driving {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(error) => Some(error.to_string()),
            };
            if let Some(error) = failed {
                tracing::error!(campaign.id = %key.campaign, run.id = %key.id, error, "run interrupted");
                let mut stop = shared.stop.subscribe();
                tokio::select! {
                    () = shared.clock.sleep(RETRY) => {}
                    _ = stop.wait_for(|stop| *stop) => {}
                }
            }
            shared.active.lock().remove(&key);
            shared.wake.notify_one();
        });
    }

    /// Tells the driver of a run that events feed of further batches, or begins to drive it.
    pub(crate) fn rouse(&self, key: RunKey) {
        if let Some(driven) = self.0.active.lock().get(&key) {
            driven.news.notify_one();
            return;
        }
        self.drive(key, Feed::Events);
    }

    /// What became of messages since this engine started.
    #[must_use]
    pub fn messages(&self) -> BTreeMap<MessageKey, u64> {
        self.0.tally.read()
    }

    /// Whom campaigns call.
    #[must_use]
    pub fn callees(&self) -> &dyn Callees {
        &*self.0.callees
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0
    }
}

impl Shared {
    /// Whether the engine is to stop.
    pub(crate) fn stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// How many runs are being driven and have something to do.
    pub(crate) fn active_runs(&self) -> usize {
        let driven = self.active.lock().len();
        driven.saturating_sub(self.resting.load(Ordering::Relaxed))
    }

    /// Whether a run that only waits should give its place up.
    pub(crate) fn is_crowded(&self) -> bool {
        let active = self.active.lock();
        let runs = active.values().filter(|run| run.feed == Feed::Segment);
        runs.count() > RUNS_MAX / 2
    }

    /// Notes that a run has nothing to do, until what is returned is dropped.
    pub(crate) fn rest(&self) -> Resting<'_> {
        self.resting.fetch_add(1, Ordering::Relaxed);
        Resting(&self.resting)
    }
}

/// A run that has nothing to do for now.
pub(crate) struct Resting<'a>(&'a AtomicUsize);

impl Drop for Resting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn key_of(run: &Run) -> Option<RunKey> {
    debug_assert!(matches!(run.state, RunState::Opening | RunState::Running));
    Some(RunKey {
        app: run.app.clone(),
        campaign: run.campaign.clone(),
        id: run.activities.first()?.clone(),
    })
}
