//! What everybody who works on a run shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clock::Timestamp;
use model::{
    ActivityId, Campaign, CampaignRef, CampaignStatus, ChannelType, EndpointId, Frequency, Run,
};
use store::StoreError;

use super::call::ENDPOINTS_MAX;
use super::caps::RunCaps;
use super::content::{CustomTreatment, Messages, Words, envelope, spoken};
use super::duplicates::Addresses;
use super::guard::Guard;
use super::hook::Hook;
use super::lane::{Lane, Lanes, Permits};
use super::pipeline::Rules;
use super::waiting::{Lot, Waiting};
use crate::engine::Shared;

/// Members that are decided and rendered at a time.
const UNIT_MAX: usize = 256;
/// The same when many runs share the memory: as many as fill a call.
const UNIT_MIN: usize = ENDPOINTS_MAX;
/// Members that may be rendered ahead, over all runs, about.
const AHEAD_MAX: usize = 2048;

/// Members of a JSON object.
pub(crate) type Members = serde_json::Map<String, serde_json::Value>;

/// Whether a run may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Send.
    Go,
    /// The campaign is paused.
    Pause,
    /// The brake was pulled.
    Hold,
    /// The campaign is gone, or can no longer run.
    Cancel,
    /// The engine stops.
    Stop,
}

/// A run with everything that is the same for all its members.
pub(crate) struct RunContext {
    pub shared: Arc<Shared>,
    /// The run as it was when work on it began.
    pub run: Run,
    /// The version of the campaign that runs.
    pub campaign: Campaign,
    pub rules: Rules,
    /// What each treatment says, by number.
    messages: Vec<Messages>,
    pub addresses: Addresses,
    pub caps: Arc<RunCaps>,
    pub guard: Arc<Guard>,
    /// Who chooses among those whom nothing keeps from getting a message.
    pub hook: Option<Hook>,
    /// Members decided and rendered at a time.
    pub unit: usize,
    /// Batches worked on at once.
    pub workers: usize,
    lanes: Lanes,
    failed: AtomicBool,
}

/// Whether runs of `campaign` must not go on. What events have triggered goes out after its end.
pub(super) fn is_over(campaign: &Campaign) -> bool {
    let ended = campaign.status == CampaignStatus::Completed;
    campaign.status.is_final() && !(ended && campaign.frequency() == Frequency::Event)
}

impl RunContext {
    pub(crate) fn new(
        shared: Arc<Shared>,
        run: Run,
        campaign: Campaign,
        messages: Vec<Messages>,
        caps: Arc<RunCaps>,
        active_runs: usize,
    ) -> Self {
        let rules = Rules::new(&campaign, &run);
        let rate = campaign
            .limits_in_force()
            .messages_per_second
            .filter(|rate| *rate > 0);
        let per_second = rate.and_then(|rate| usize::try_from(rate).ok());
        let workers_max = shared.settings.workers_max.max(1);
        let workers = (2 * workers_max / active_runs.max(1)).clamp(1, workers_max);
        let unit = (AHEAD_MAX / (active_runs.max(1) * workers)).clamp(UNIT_MIN, UNIT_MAX);
        Self {
            unit: per_second.map_or(unit, |rate| unit.min(rate)),
            workers: if per_second.is_some() { 1 } else { workers },
            lanes: Lanes::new(
                shared.settings.in_flight_max,
                shared.settings.called_max,
                per_second,
            ),
            guard: Arc::new(Guard::new(&run.guard)),
            hook: Hook::of(&campaign),
            shared,
            run,
            campaign,
            rules,
            messages,
            addresses: Addresses::default(),
            caps,
            failed: AtomicBool::new(false),
        }
    }

    /// The run's identifier: the activity of its default treatment.
    pub(crate) fn id(&self) -> &ActivityId {
        &self.run.activities[0]
    }

    /// How records name the run of treatment `number`.
    pub(crate) fn reference(&self, number: u8) -> CampaignRef {
        CampaignRef {
            campaign: self.run.campaign.clone(),
            activity: self.run.activities.get(usize::from(number)).cloned(),
            treatment: Some(number.to_string()),
        }
    }

    /// What an endpoint on `channel` gets in treatment `number`; `None` if nothing can be sent to
    /// it.
    pub(crate) fn words(&self, number: u8, channel: Option<ChannelType>) -> Option<Words<'_>> {
        self.messages.get(usize::from(number))?.words(channel?)
    }

    /// The custom message of treatment `number`.
    pub(crate) fn custom(&self, number: u8) -> Option<&CustomTreatment> {
        self.messages.get(usize::from(number))?.custom()
    }

    /// What treatment `number` says, as hooks are told.
    pub(crate) fn spoken(&self, number: u8) -> Members {
        let content = self.campaign.content(usize::from(number));
        let message = content.and_then(|content| content.message);
        let spoken = spoken(&message.unwrap_or_default());
        Members::from_iter([("MessageConfiguration".to_owned(), spoken)])
    }

    /// What whoever is called about `endpoints` of treatment `number` is told, beside `said`.
    pub(crate) fn envelope<'a>(
        &self,
        number: u8,
        said: Members,
        endpoints: impl Iterator<Item = (&'a EndpointId, Members)>,
    ) -> String {
        envelope(&self.run, &self.reference(number), said, endpoints)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Whether the run may go on, by what is stored now.
    pub(crate) async fn order(&self) -> Result<Order, StoreError> {
        if self.shared.stopping() || self.failed.load(Ordering::Relaxed) {
            return Ok(Order::Stop);
        }
        let campaigns = self.shared.store.of::<Campaign>();
        let campaign = campaigns
            .get(self.run.app.as_str(), self.run.campaign.as_str())
            .await?;
        Ok(match campaign {
            None => Order::Cancel,
            Some(campaign) if is_over(&campaign) => Order::Cancel,
            // A run that recurs is finished before the pause, and what an event has triggered goes
            // out.
            Some(campaign) if campaign.paused && !self.finishes() => Order::Pause,
            Some(_) if self.guard.is_held() => Order::Hold,
            Some(_) => Order::Go,
        })
    }

    /// Whether anybody was attempted, or nobody waits for a turn.
    pub(crate) fn canary_has_begun(&self) -> bool {
        !self.rules.sweeps() || self.guard.has_attempted()
    }

    fn finishes(&self) -> bool {
        let schedule = self.campaign.schedule(self.run.leader());
        schedule.is_some_and(|schedule| schedule.frequency.finishes())
    }

    /// Stops the other workers of the run, because one has failed.
    pub(crate) fn fail(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    /// The lot that is to go out next; `more` says whether others are yet to be decided about.
    pub(super) fn next_lot(&self, waiting: &Waiting, more: bool) -> Option<Lot> {
        let now = self.shared.clock.monotonic();
        let provider_is_there = !self.shared.breaker.is_open(now);
        let (row, people) = waiting.next(self.lanes.call(), more, now, provider_is_there)?;
        let count = match row.lane() {
            Lane::Messages => self.lanes.messages(&self.shared, people),
            Lane::Calls => self.lanes.calls(people),
        };
        Some(Lot { row, count })
    }

    /// Whether as many messages as in `lot` may go out together no more.
    pub(super) fn is_too_large(&self, lot: Lot) -> bool {
        let messages = lot.row.lane() == Lane::Messages;
        messages && lot.count > self.lanes.messages(&self.shared, usize::MAX)
    }

    /// Waits until all in `lot` may be on their way.
    pub(super) async fn permits(self: Arc<Self>, lot: Lot) -> Permits {
        let lane = lot.row.lane();
        self.lanes.permits(&self.shared, lane, lot.count).await
    }

    /// How long a member may be deferred before it counts as failed
    /// (`docs/spec/channels.md §4`, bounces).
    pub(crate) const DEFERRAL_MAX: Duration = Duration::from_secs(12 * 3600);
}
