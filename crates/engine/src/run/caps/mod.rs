//! Who has had enough (`docs/spec/campaigns.md §7`): counted exactly, with sets, not with a row per
//! person.
//!
//! All running campaigns of an application share one count of the last day, and all runs of a
//! campaign share the count of whom it targeted and its pace. A message is reserved when it is
//! decided that it goes out, so that nobody gets more than a cap allows however many campaigns run
//! at once; what did not go out is given back.

mod counts;
mod daily;
mod rebuild;

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use clock::{Clock, Timestamp};
use model::{ActivityId, AppId, Campaign, CampaignId, EndpointSet, Ordinal, Outcome, RunBatch};
use parking_lot::Mutex;
use store::{Store, StoreError};
use tokio::sync::OnceCell;

use super::pipeline::claimed;
use super::rate::Rate;
use counts::Counts;
use daily::Daily;

pub(super) use daily::window_start;

/// Being targeted uses up one of the campaign's total, whether or not a message went out; whom the
/// hook leaves out was not.
const fn targeted(outcome: Outcome) -> bool {
    claimed(outcome) && !matches!(outcome, Outcome::CampaignCap | Outcome::FilteredOutByHook)
}

/// The counts of everything that runs. An application that sent nothing for a day, and a campaign
/// without a run under way, are forgotten: documents tell the rest.
pub(crate) struct Caps {
    /// When the process began, on the clock's own count: the one before may have sent until then.
    began: Duration,
    apps: Mutex<HashMap<AppId, Arc<AppCaps>>>,
    campaigns: Mutex<HashMap<CampaignId, Weak<CampaignCaps>>>,
    /// The paces of campaigns, as long as somebody keeps to one or may have within a second.
    rates: Mutex<HashMap<CampaignId, (u32, Arc<Rate>)>>,
}

/// The last day of an application.
#[derive(Default)]
struct AppCaps {
    loaded: OnceCell<()>,
    daily: Mutex<Daily>,
    /// Members that were under way when the process before this one died, by batch, with the minute
    /// under which they are counted until it is known what became of them.
    presumed: Mutex<HashMap<(ActivityId, u32), (i64, EndpointSet)>>,
}

/// What the runs of one campaign share.
#[derive(Default)]
struct CampaignCaps {
    /// Present once a run with a total cap was under way.
    targets: OnceCell<Mutex<Counts>>,
}

impl Caps {
    /// The counts of a process that begins now.
    pub(crate) fn new(clock: &Clock) -> Self {
        Self {
            began: clock.monotonic(),
            apps: Mutex::default(),
            campaigns: Mutex::default(),
            rates: Mutex::default(),
        }
    }

    /// What a run of `campaign` counts with.
    ///
    /// # Errors
    /// The store failed.
    pub(super) async fn join(
        &self,
        store: &Store,
        clock: &Clock,
        campaign: &Campaign,
    ) -> Result<Arc<RunCaps>, StoreError> {
        let now = clock.now();
        let app = self.app(&campaign.app, now);
        let loaded = app
            .loaded
            .get_or_try_init(|| load(store, &app, campaign, now));
        loaded.await?;
        let shared = self.campaign(&campaign.id);
        let limits = campaign.limits_in_force();
        let cap = |cap: Option<u32>| cap.filter(|cap| *cap > 0);
        Ok(Arc::new(RunCaps {
            rate: cap(limits.messages_per_second).map(|rate| self.rate(&campaign.id, rate, clock)),
            daily: cap(limits.daily),
            total: cap(limits.total),
            app,
            campaign: shared,
        }))
    }

    /// It is known what became of the members of `batch` that were under way when a process died.
    pub(super) fn recovered(&self, app: &AppId, batch: &RunBatch) {
        let Some(app) = self.apps.lock().get(app).cloned() else {
            return;
        };
        let known = app
            .presumed
            .lock()
            .remove(&(batch.run.clone(), batch.number));
        if let Some((minute, mut idle)) = known {
            for set in batch.sent.values() {
                idle -= set;
            }
            app.daily.lock().withdraw(&idle, minute);
        }
    }

    /// The pace that all runs of a campaign keep together.
    fn rate(&self, id: &CampaignId, per_second: u32, clock: &Clock) -> Arc<Rate> {
        let mut rates = self.rates.lock();
        rates.retain(|_, (_, rate)| Arc::strong_count(rate) > 1 || !rate.is_idle());
        let known = rates.get(id).filter(|(same, _)| *same == per_second);
        if let Some((_, rate)) = known {
            return Arc::clone(rate);
        }
        let rate = Arc::new(Rate::new(per_second, clock.clone(), self.began));
        rates.insert(id.clone(), (per_second, Arc::clone(&rate)));
        rate
    }

    fn app(&self, id: &AppId, now: Timestamp) -> Arc<AppCaps> {
        let mut apps = self.apps.lock();
        if let Some(app) = apps.get(id) {
            return Arc::clone(app);
        }
        apps.retain(|_, app| Arc::strong_count(app) > 1 || !app.daily.lock().is_empty(now));
        Arc::clone(apps.entry(id.clone()).or_default())
    }

    fn campaign(&self, id: &CampaignId) -> Arc<CampaignCaps> {
        let mut campaigns = self.campaigns.lock();
        if let Some(known) = campaigns.get(id).and_then(Weak::upgrade) {
            return known;
        }
        campaigns.retain(|_, campaign| campaign.strong_count() > 0);
        let fresh = Arc::default();
        campaigns.insert(id.clone(), Arc::downgrade(&fresh));
        fresh
    }
}

async fn load(
    store: &Store,
    app: &AppCaps,
    campaign: &Campaign,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut daily = Daily::default();
    let mut presumed = HashMap::new();
    let mut note = |batch: &RunBatch| {
        for (minute, set) in rebuild::sent(batch, now) {
            daily.add(&set, minute);
        }
        if !batch.in_flight.is_empty() {
            daily.add(&batch.in_flight, now.utc_minute());
            let known = (now.utc_minute(), batch.in_flight.clone());
            presumed.insert((batch.run.clone(), batch.number), known);
        }
    };
    rebuild::recent_batches(store, &campaign.app, now, &mut note).await?;
    *app.daily.lock() = daily;
    *app.presumed.lock() = presumed;
    Ok(())
}

/// The caps as one run sees them.
pub(crate) struct RunCaps {
    app: Arc<AppCaps>,
    campaign: Arc<CampaignCaps>,
    daily: Option<u32>,
    total: Option<u32>,
    /// Messages per second of the campaign.
    pub(super) rate: Option<Arc<Rate>>,
}

/// Whether an endpoint is at its caps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reached {
    /// It was targeted as often as the campaign allows.
    pub total: bool,
    /// It got as many messages in a day as the campaign allows.
    pub daily: bool,
}

impl RunCaps {
    /// The caps as documents tell them now, apart from those that runs count with: whoever looks
    /// ahead in time must not make others forget.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn apart(
        store: &Store,
        clock: &Clock,
        campaign: &Campaign,
    ) -> Result<Arc<Self>, StoreError> {
        let caps = Caps::new(clock).join(store, clock, campaign).await?;
        caps.load(store, campaign).await?;
        Ok(caps)
    }

    /// How often `ordinal` was targeted by the campaign, if that is capped, and how many messages
    /// it got in the day before `now`, if those are.
    pub(crate) fn counted(&self, ordinal: Ordinal, now: Timestamp) -> [Option<(u32, u64)>; 2] {
        let targets = self.total.zip(self.campaign.targets.get());
        let total = targets.map(|(cap, targets)| (cap, targets.lock().of(ordinal)));
        let daily = self.daily;
        let daily = daily.map(|cap| (cap, self.app.daily.lock().of(ordinal, now)));
        [total, daily]
    }

    /// Counts whom the campaign has targeted so far, if that matters and was not done yet. What
    /// became of the run's own batches must be known by then.
    ///
    /// # Errors
    /// The store failed.
    pub(super) async fn load(&self, store: &Store, campaign: &Campaign) -> Result<(), StoreError> {
        if self.total.is_some() {
            let read = async || {
                let counts = rebuild::targets(store, campaign).await?;
                Ok::<_, StoreError>(Mutex::new(counts))
            };
            self.campaign.targets.get_or_try_init(read).await?;
        }
        Ok(())
    }

    /// Whether `ordinal` is at its caps at `now`.
    pub(crate) fn reached(&self, ordinal: Ordinal, now: Timestamp) -> Reached {
        let targets = self.total.zip(self.campaign.targets.get());
        let daily = self.daily;
        Reached {
            total: targets.is_some_and(|(cap, targets)| targets.lock().reaches(ordinal, cap)),
            daily: daily.is_some_and(|cap| self.app.daily.lock().reaches(ordinal, cap, now)),
        }
    }

    /// Reserves a message to `ordinal`, or says which cap another message has used up meanwhile.
    pub(super) fn reserve(
        self: &Arc<Self>,
        ordinal: Ordinal,
        now: Timestamp,
    ) -> Result<Reservation, Outcome> {
        if let Some(targets) = self.campaign.targets.get() {
            let mut targets = targets.lock();
            if self.total.is_some_and(|cap| targets.reaches(ordinal, cap)) {
                return Err(Outcome::CampaignCap);
            }
            targets.increment(ordinal);
        }
        let mut daily = self.app.daily.lock();
        if self
            .daily
            .is_some_and(|cap| daily.reaches(ordinal, cap, now))
        {
            // Being targeted counts, so what was counted above stays.
            return Err(Outcome::DailyCap);
        }
        daily.reserve(ordinal);
        Ok(Reservation {
            caps: Arc::clone(self),
            ordinal,
            open: true,
        })
    }

    /// Counts an outcome of `ordinal` that came without a reservation.
    pub(super) fn count(&self, ordinal: Ordinal, outcome: Outcome) {
        if let Some(targets) = self.campaign.targets.get().filter(|_| targeted(outcome)) {
            targets.lock().increment(ordinal);
        }
    }
}

/// A message that counts although it has not gone out yet. Dropped, it is given back.
pub(crate) struct Reservation {
    caps: Arc<RunCaps>,
    ordinal: Ordinal,
    open: bool,
}

impl std::fmt::Debug for Reservation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reservation")
            .field("ordinal", &self.ordinal)
            .finish_non_exhaustive()
    }
}

impl Reservation {
    /// The endpoint has its outcome, at `now`.
    pub(super) fn settle(mut self, outcome: Outcome, now: Timestamp) {
        self.open = false;
        let mut daily = self.caps.app.daily.lock();
        if outcome.attempted() {
            daily.sent(self.ordinal, now.utc_minute());
        } else {
            daily.give_back(self.ordinal);
        }
        drop(daily);
        if !targeted(outcome) {
            self.untarget();
        }
    }

    fn untarget(&self) {
        if let Some(targets) = self.caps.campaign.targets.get() {
            targets.lock().decrement(self.ordinal);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.open {
            self.caps.app.daily.lock().give_back(self.ordinal);
            self.untarget();
        }
    }
}
