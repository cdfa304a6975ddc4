//! Campaign and journey references that SDKs copy from push payloads into attributes
//! (`docs/spec/events.md §2.1`). They are lifted from every client type.

use std::collections::BTreeMap;

use model::{ActivityId, CampaignId, CampaignRef, JourneyRef};

fn value(attributes: &BTreeMap<String, String>, name: &str) -> Option<String> {
    attributes
        .get(name)
        .filter(|value| !value.is_empty())
        .cloned()
}

pub(crate) fn campaign(attributes: &BTreeMap<String, String>) -> Option<CampaignRef> {
    Some(CampaignRef {
        campaign: CampaignId::new(value(attributes, "campaign_id")?),
        activity: value(attributes, "campaign_activity_id").map(ActivityId::new),
        treatment: value(attributes, "treatment_id"),
    })
}

pub(crate) fn journey(attributes: &BTreeMap<String, String>) -> Option<JourneyRef> {
    Some(JourneyRef {
        journey: value(attributes, "journey_id")?,
        run: value(attributes, "journey_run_id"),
        activity: value(attributes, "journey_activity_id"),
    })
}
