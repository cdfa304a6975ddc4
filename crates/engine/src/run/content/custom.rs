//! What functions and webhooks are told (`docs/spec/campaigns.md §9`).

use model::{CampaignContent, CampaignRef, ChannelType, Endpoint, Run};
use serde_json::{Map, Value, json};

/// A custom message.
#[derive(Debug)]
pub(crate) struct CustomTreatment {
    /// The function or webhook.
    pub uri: String,
    data: Option<String>,
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
        data: message.data.clone(),
        channels,
    })
}

impl CustomTreatment {
    /// Whether the message is for endpoints on `channel`.
    pub(crate) fn reaches(&self, channel: ChannelType) -> bool {
        self.channels.contains(&channel)
    }

    /// The JSON text that the callee gets about `endpoint`.
    pub(crate) fn body(&self, run: &Run, campaign: &CampaignRef, endpoint: &Endpoint) -> String {
        let activity = campaign.activity.as_ref().map(model::ActivityId::as_str);
        let mut body = present([
            ("Data", self.data.as_deref().map(Value::from)),
            (
                "TreatmentId",
                campaign.treatment.as_deref().map(Value::from),
            ),
            ("ActivityId", activity.map(Value::from)),
        ]);
        body.insert("Message".into(), json!({}));
        body.insert("ApplicationId".into(), json!(run.app.as_str()));
        body.insert("CampaignId".into(), json!(run.campaign.as_str()));
        body.insert("ScheduledTime".into(), json!(run.scheduled.to_string()));
        let endpoints = json!({endpoint.id.as_str(): told(endpoint)});
        body.insert("Endpoints".into(), endpoints);
        Value::Object(body).to_string()
    }
}

/// The endpoint as callees see it.
fn told(endpoint: &Endpoint) -> Map<String, Value> {
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
fn present<const N: usize>(members: [(&str, Option<Value>); N]) -> Map<String, Value> {
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}
