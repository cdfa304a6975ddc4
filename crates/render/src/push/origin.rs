//! Who sends a push message, in the words that client libraries read
//! (`docs/spec/channels.md §3.1`).

use std::collections::BTreeMap;

use model::{CampaignRef, EndpointId, JourneyRef};
use serde_json::{Map, Value, json};

/// The campaign identifier of messages that belong to none.
const DIRECT: &str = "_DIRECT";

/// Who sends a push message.
#[derive(Debug, Clone, Copy)]
pub enum PushOrigin<'a> {
    /// A call, with its context.
    Direct(&'a BTreeMap<String, String>),
    /// A campaign, to this endpoint.
    Campaign(&'a CampaignRef, &'a EndpointId),
    /// A journey, to this endpoint.
    Journey(&'a JourneyRef, &'a EndpointId),
}

impl PushOrigin<'_> {
    /// The keys in a flat map of texts.
    pub(super) fn flat(&self) -> Map<String, Value> {
        let mut keys = Map::new();
        let endpoint_data = |id: &EndpointId| json!({"pinpoint": {"endpointId": id.as_str()}});
        match self {
            Self::Direct(context) => {
                for (key, value) in *context {
                    keys.insert(format!("pinpoint.{key}"), json!(value));
                }
                keys.insert("pinpoint.campaign.campaign_id".into(), json!(DIRECT));
            }
            Self::Campaign(campaign, endpoint) => {
                for (key, value) in campaign_members(campaign) {
                    keys.insert(format!("pinpoint.campaign.{key}"), json!(value));
                }
                keys.insert("data".into(), json!(endpoint_data(endpoint).to_string()));
            }
            Self::Journey(journey, endpoint) => {
                let pinpoint = json!({"journey": journey_members(journey)});
                keys.insert("pinpoint".into(), json!(pinpoint.to_string()));
                keys.insert("data".into(), json!(endpoint_data(endpoint).to_string()));
            }
        }
        keys
    }

    /// The members of Apple's `data.pinpoint`.
    pub(super) fn nested(&self) -> Map<String, Value> {
        let mut members = Map::new();
        match self {
            Self::Direct(context) => {
                for (key, value) in *context {
                    members.insert(key.clone(), json!(value));
                }
                members.insert("campaign".into(), json!({"campaign_id": DIRECT}));
            }
            Self::Campaign(campaign, endpoint) => {
                members.insert("endpointId".into(), json!(endpoint.as_str()));
                let campaign: Map<String, Value> = campaign_members(campaign)
                    .map(|(key, value)| (key.to_owned(), json!(value)))
                    .collect();
                members.insert("campaign".into(), campaign.into());
            }
            Self::Journey(journey, endpoint) => {
                members.insert("endpointId".into(), json!(endpoint.as_str()));
                members.insert("journey".into(), journey_members(journey));
            }
        }
        members
    }
}

fn campaign_members(campaign: &CampaignRef) -> impl Iterator<Item = (&'static str, &str)> {
    let activity = campaign.activity.as_ref().map(model::ActivityId::as_str);
    [
        ("campaign_id", Some(campaign.campaign.as_str())),
        ("campaign_activity_id", activity),
        ("treatment_id", campaign.treatment.as_deref()),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key, value?)))
}

fn journey_members(journey: &JourneyRef) -> Value {
    let members: Map<String, Value> = [
        ("journey_id", Some(&journey.journey)),
        ("journey_run_id", journey.run.as_ref()),
        ("journey_activity_id", journey.activity.as_ref()),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key.to_owned(), json!(value?))))
    .collect();
    members.into()
}
