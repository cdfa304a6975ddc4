//! What functions and webhooks are told (`docs/spec/campaigns.md §9`).

use model::{
    Campaign, CampaignContent, CampaignRef, ChannelType, Endpoint, EndpointId, HookMode, Run,
};
use serde_json::{Map, Value, json};

use super::covers;
use super::spoken::spoken;
use crate::callees::Target;
use crate::run::hook;

/// A custom message.
#[derive(Debug)]
pub(crate) struct CustomTreatment {
    /// The function or webhook, as it was written.
    pub uri: String,
    /// The same.
    pub target: Target,
    data: Option<String>,
    /// What the campaign says, for a hook that delivers.
    spoken: Option<Value>,
    channels: Vec<ChannelType>,
}

/// The custom message of `content`; `None` if it has none.
pub(super) fn custom(content: &CampaignContent) -> Option<CustomTreatment> {
    let message = content.message.as_ref()?.custom.as_ref()?;
    let (uri, channels) = content.custom_delivery.as_ref()?;
    let channels = if channels.is_empty() {
        vec![ChannelType::Custom]
    } else {
        channels.clone()
    };
    Some(CustomTreatment {
        uri: uri.clone(),
        target: Target::parse(uri),
        data: message.data.clone(),
        spoken: None,
        channels,
    })
}

/// What a hook that delivers gets in the place of every channel that `content` speaks on; `None` if
/// the campaign has no such hook.
pub(super) fn by_hook(campaign: &Campaign, content: &CampaignContent) -> Option<CustomTreatment> {
    let delivers = |it: &&model::CampaignHook| it.mode == Some(HookMode::Delivery);
    let target = hook::target(campaign.hook_in_force().filter(delivers)?)?;
    let message = content.message.clone().unwrap_or_default();
    let all = ChannelType::ALL.iter().copied();
    Some(CustomTreatment {
        uri: match &target {
            Target::Function(name) => name.as_str().to_owned(),
            Target::Url(url) => url.clone(),
        },
        target,
        spoken: Some(spoken(&message)),
        data: message.custom.and_then(|custom| custom.data),
        channels: all.filter(|channel| covers(content, *channel)).collect(),
    })
}

impl CustomTreatment {
    /// Whether the message is for endpoints on `channel`.
    pub(crate) fn reaches(&self, channel: ChannelType) -> bool {
        self.channels.contains(&channel)
    }

    /// What the message says to whoever it reaches.
    pub(crate) fn said(&self) -> Map<String, Value> {
        present([
            ("Message", Some(json!({}))),
            ("MessageConfiguration", self.spoken.clone()),
            ("Data", self.data.as_deref().map(Value::from)),
        ])
    }

    /// The JSON text that the callee gets about `endpoint` alone.
    pub(crate) fn body(&self, run: &Run, campaign: &CampaignRef, endpoint: &Endpoint) -> String {
        let endpoints = std::iter::once((&endpoint.id, told(endpoint)));
        envelope(run, campaign, self.said(), endpoints)
    }
}

/// The JSON text that a callee gets about `endpoints`: what is `said`, and on whose behalf.
pub(crate) fn envelope<'a>(
    run: &Run,
    campaign: &CampaignRef,
    said: Map<String, Value>,
    endpoints: impl Iterator<Item = (&'a EndpointId, Map<String, Value>)>,
) -> String {
    let activity = campaign.activity.as_ref().map(model::ActivityId::as_str);
    let treatment = campaign.treatment.as_deref();
    let endpoints = endpoints.map(|(id, told)| (id.as_str().to_owned(), told.into()));
    let mut body = present([
        ("ApplicationId", Some(run.app.as_str().into())),
        ("CampaignId", Some(run.campaign.as_str().into())),
        ("TreatmentId", treatment.map(Value::from)),
        ("ActivityId", activity.map(Value::from)),
        ("ScheduledTime", Some(run.scheduled.to_string().into())),
        ("Endpoints", Some(Map::from_iter(endpoints).into())),
    ]);
    body.extend(said);
    Value::Object(body).to_string()
}

/// The endpoint as callees see it.
pub(crate) fn told(endpoint: &Endpoint) -> Map<String, Value> {
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let device = &endpoint.demographic;
    let device = present([
        ("AppVersion", text(&device.app_version)),
        ("Locale", text(&device.locale)),
        ("Make", text(&device.make)),
        ("Model", text(&device.model)),
        ("ModelVersion", text(&device.model_version)),
        ("Platform", text(&device.platform)),
        ("PlatformVersion", text(&device.platform_version)),
        ("Timezone", text(&device.timezone)),
    ]);
    let place = &endpoint.location;
    let place = present([
        ("City", text(&place.city)),
        ("Country", text(&place.country)),
        ("Latitude", place.latitude.map(Value::from)),
        ("Longitude", place.longitude.map(Value::from)),
        ("PostalCode", text(&place.postal_code)),
        ("Region", text(&place.region)),
    ]);
    let user = endpoint
        .user
        .as_ref()
        .map(|user| json!({"UserId": user.as_str(), "UserAttributes": endpoint.user_attributes}));
    present([
        ("ChannelType", endpoint.channel.map(|it| it.as_str().into())),
        ("Address", text(&endpoint.address)),
        ("Attributes", Some(json!(endpoint.attributes))),
        ("Metrics", Some(json!(endpoint.metrics))),
        ("Demographic", Some(device.into())),
        ("Location", Some(place.into())),
        ("EndpointStatus", Some(endpoint.status.as_str().into())),
        ("OptOut", Some(endpoint.opt_out.as_str().into())),
        ("RequestId", Some(endpoint.request_id.as_str().into())),
        ("EffectiveDate", Some(endpoint.effective.to_string().into())),
        ("CreationDate", Some(endpoint.created.to_string().into())),
        ("User", user),
    ])
}

/// The members that have a value.
pub(super) fn present<const N: usize>(members: [(&str, Option<Value>); N]) -> Map<String, Value> {
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}
