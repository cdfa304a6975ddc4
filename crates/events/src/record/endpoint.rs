//! The endpoint in a record (`docs/spec/events.md §3.2–3.3`).

use model::Endpoint;
use serde_json::{Map, Value, json};

use super::address::AddressKey;

/// The endpoint as `endpoint` of an app event tells it, with its address concealed.
#[must_use]
pub fn endpoint_json(endpoint: &Endpoint, key: &AddressKey) -> String {
    let mut json = essentials(endpoint);
    if let Some(address) = &endpoint.address {
        json.insert("Address".into(), json!(key.conceal(address)));
    }
    let location = &endpoint.location;
    let mut place = texts([
        ("City", &location.city),
        ("Country", &location.country),
        ("PostalCode", &location.postal_code),
        ("Region", &location.region),
    ]);
    for (name, value) in [
        ("Latitude", location.latitude),
        ("Longitude", location.longitude),
    ] {
        if let Some(value) = value {
            place.insert(name.to_owned(), json!(value));
        }
    }
    json.insert("Location".into(), place.into());
    let device = &endpoint.demographic;
    json.insert(
        "Demographic".into(),
        texts([
            ("AppVersion", &device.app_version),
            ("Locale", &device.locale),
            ("Make", &device.make),
            ("Model", &device.model),
            ("ModelVersion", &device.model_version),
            ("Platform", &device.platform),
            ("PlatformVersion", &device.platform_version),
            ("Timezone", &device.timezone),
        ])
        .into(),
    );
    json.insert(
        "EffectiveDate".into(),
        json!(endpoint.effective.to_string()),
    );
    json.insert("CreationDate".into(), json!(endpoint.created.to_string()));
    json.insert("Attributes".into(), json!(endpoint.attributes));
    json.insert("Metrics".into(), json!(endpoint.metrics));
    if let Some(Value::Object(user)) = json.get_mut("User")
        && !endpoint.user_attributes.is_empty()
    {
        user.insert("UserAttributes".into(), json!(endpoint.user_attributes));
    }
    Value::Object(json).to_string()
}

/// The endpoint as `client_context.custom.endpoint` of a campaign or journey send tells it:
/// without its address.
#[must_use]
pub fn context_json(endpoint: &Endpoint) -> String {
    Value::Object(essentials(endpoint)).to_string()
}

fn essentials(endpoint: &Endpoint) -> Map<String, Value> {
    let mut json = Map::new();
    if let Some(channel) = endpoint.channel {
        json.insert("ChannelType".into(), json!(channel.as_str()));
    }
    json.insert("EndpointStatus".into(), json!(endpoint.status.as_str()));
    json.insert("OptOut".into(), json!(endpoint.opt_out.as_str()));
    if let Some(user) = &endpoint.user {
        json.insert("User".into(), json!({"UserId": user.as_str()}));
    }
    json.insert("ApplicationId".into(), json!(endpoint.app.as_str()));
    json.insert("Id".into(), json!(endpoint.id.as_str()));
    json.insert("CohortId".into(), json!(endpoint.cohort.to_string()));
    json
}

fn texts<const N: usize>(members: [(&str, &Option<String>); N]) -> Map<String, Value> {
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))))
        .collect()
}
