//! The campaigns that wait for events now.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use clock::Timestamp;
use model::{AppId, Campaign, CampaignContent, CampaignId, ChannelType, Start};
use store::{EventCampaign, StoreError};

use crate::cohorts::{Assignment, Cohorts};
use crate::engine::Shared;
use crate::run::content::covers;

/// Campaigns that are read; quotas allow fewer.
const CAMPAIGNS_MAX: usize = 5_000;
/// A message that an event triggered leaves within this, or not at all
/// (`docs/spec/campaigns.md §10`).
const LATEST: Duration = Duration::from_secs(5 * 60);

/// A campaign that waits for events, as one of its versions has it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub campaign: Campaign,
    /// What each treatment says and when, by number.
    pub treatments: Vec<CampaignContent>,
    cohorts: Cohorts,
}

impl Waiting {
    pub(super) fn new(campaign: Campaign) -> Self {
        let treatments = (0..=campaign.treatments.len())
            .filter_map(|number| campaign.content(number))
            .collect();
        let cohorts = Cohorts::deal(&campaign);
        Self {
            campaign,
            treatments,
            cohorts,
        }
    }

    /// The number of the treatment whose filter and content concern an endpoint of `cohort`: the
    /// holdout is held against the default treatment.
    pub(super) fn treatment(&self, cohort: u8) -> usize {
        match self.cohorts.assignment(cohort) {
            Assignment::Treatment(number) => usize::from(number),
            Assignment::Holdout => 0,
        }
    }

    /// Whether treatment `number` says something on `channel`.
    pub(super) fn covers(&self, number: usize, channel: ChannelType) -> bool {
        self.treatments
            .get(number)
            .is_some_and(|content| covers(content, channel))
    }

    /// When a message that an event of `received` triggers is too late.
    pub(super) fn deadline(&self, received: Timestamp) -> Timestamp {
        let limit = self.campaign.limits_in_force().maximum_duration_s;
        let limit = limit
            .filter(|seconds| *seconds > 0)
            .map_or(LATEST, |s| LATEST.min(Duration::from_secs(u64::from(s))));
        received.plus(limit)
    }

    /// Whether the campaign has begun at `now`.
    fn has_begun(&self, now: Timestamp) -> bool {
        self.treatments
            .iter()
            .filter_map(|content| content.schedule.as_ref())
            .any(|schedule| match schedule.start {
                Start::Immediately => true,
                Start::At(start) => start <= now,
            })
    }
}

/// The campaigns that wait for events, by application.
#[derive(Default)]
pub(super) struct Live {
    known: HashMap<CampaignId, Arc<Waiting>>,
    apps: HashMap<AppId, Vec<Arc<Waiting>>>,
}

impl Live {
    /// Reads which campaigns wait now: what was paused or changed counts from this moment on.
    pub(super) async fn refresh(&mut self, shared: &Shared) -> Result<(), StoreError> {
        let ever = Timestamp::from_millis(i64::MAX);
        let listed = shared.store.of::<EventCampaign>();
        let listed = listed.due(ever, CAMPAIGNS_MAX).await?;
        let now = shared.clock.now();
        let mut known = HashMap::with_capacity(listed.len());
        self.apps.clear();
        for entry in listed {
            let kept = self.known.remove(&entry.campaign);
            let waiting = match kept.filter(|kept| kept.campaign.version == entry.version) {
                Some(kept) => kept,
                None => {
                    let campaigns = shared.store.of::<Campaign>();
                    let id = entry.campaign.as_str();
                    match campaigns.get(entry.app.as_str(), id).await? {
                        Some(campaign) => Arc::new(Waiting::new(campaign.value)),
                        None => continue,
                    }
                }
            };
            if waiting.has_begun(now) {
                let of_app = self.apps.entry(entry.app.clone()).or_default();
                of_app.push(Arc::clone(&waiting));
            }
            known.insert(entry.campaign.clone(), waiting);
        }
        self.known = known;
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.apps.is_empty()
    }

    /// The campaigns that have begun, of every application.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Waiting>> {
        self.apps.values().flatten()
    }

    /// Whether events trigger messages of `campaign`.
    pub(super) fn contains(&self, campaign: &CampaignId) -> bool {
        self.known.contains_key(campaign)
    }

    #[cfg(test)]
    pub(super) fn with(campaigns: Vec<Campaign>) -> Self {
        let mut live = Self::default();
        for campaign in campaigns {
            let waiting = Arc::new(Waiting::new(campaign));
            let (app, id) = (&waiting.campaign.app, &waiting.campaign.id);
            live.known.insert(id.clone(), Arc::clone(&waiting));
            let of_app = live.apps.entry(app.clone()).or_default();
            of_app.push(Arc::clone(&waiting));
        }
        live
    }
}
