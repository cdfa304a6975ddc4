//! What was heard of messages after their hand-over, for the brake
//! (`docs/spec/campaigns.md §15`). Hearing a thing twice changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    ActivityId, AppId, Campaign, CampaignId, CampaignStatus, EndpointSet, Event, MailFacet, Origin,
    RunFeedback,
};
use store::version_parent;

use crate::engine::Shared;
use crate::error::EngineError;
use crate::run::guard::watch_all;

/// The sub-type of a bounce that stands for an address that got nothing.
const SUPPRESSED: &str = "Suppressed";

/// Bounces and complaints, by activity.
#[derive(Default)]
pub(crate) struct Heard(BTreeMap<(AppId, CampaignId, ActivityId), Sets>);

#[derive(Default)]
struct Sets {
    hard_bounced: EndpointSet,
    complained: EndpointSet,
}

impl Heard {
    /// Takes what `event` says; answers how many people are known by it who were not before.
    pub(crate) fn take(&mut self, event: &Event) -> usize {
        let Some(complains) = complains(event) else {
            return 0;
        };
        let Some((campaign, ordinal)) = event.campaign.as_ref().zip(event.ordinal) else {
            return 0;
        };
        let Some(activity) = campaign.activity.clone() else {
            return 0;
        };
        let key = (event.app.clone(), campaign.campaign.clone(), activity);
        let sets = self.0.entry(key).or_default();
        let set = if complains {
            &mut sets.complained
        } else {
            &mut sets.hard_bounced
        };
        usize::from(set.insert(ordinal))
    }

    /// Keeps what concerns campaigns that execute, also those without a brake: they may get one. A
    /// run that its canary holds has its brake pulled if this is too much.
    pub(crate) async fn note(self, shared: &Shared) -> Result<(), EngineError> {
        let store = &shared.store;
        let mut braked = BTreeSet::new();
        for ((app, campaign, activity), sets) in self.0 {
            let stored = store.of::<Campaign>();
            let Some(stored) = stored.get(app.as_str(), campaign.as_str()).await? else {
                continue;
            };
            if !matches!(
                stored.status,
                CampaignStatus::Executing | CampaignStatus::Paused
            ) {
                continue;
            }
            if stored.safety.brake.is_some() {
                braked.insert((app.clone(), campaign.clone()));
            }
            let kept = store.of::<RunFeedback>();
            let parent = version_parent(app.as_str(), campaign.as_str());
            let known = kept.get(&parent, activity.as_str()).await?;
            let mut feedback = known.map_or_else(
                || RunFeedback {
                    app,
                    campaign,
                    activity,
                    hard_bounced: EndpointSet::new(),
                    complained: EndpointSet::new(),
                },
                |known| known.value,
            );
            feedback.hard_bounced |= sets.hard_bounced;
            feedback.complained |= sets.complained;
            kept.put(&feedback).await?;
        }
        for (app, campaign) in braked {
            watch_all(shared, &app, &campaign).await?;
        }
        Ok(())
    }
}

/// Whether `event` is a complaint (`true`) or a hard bounce (`false`); `None` if neither.
fn complains(event: &Event) -> Option<bool> {
    let mail = event
        .mail
        .as_ref()
        .filter(|_| event.origin == Origin::Service)?;
    match &mail.facet {
        MailFacet::Complaint { .. } => Some(true),
        MailFacet::Bounce {
            permanent: true,
            sub_type,
            ..
        } if sub_type != SUPPRESSED => Some(false),
        _ => None,
    }
}
