//! What a hook may say about an endpoint (`docs/spec/campaigns.md §8`).

use std::collections::BTreeMap;

use model::{Attributes, Demographic, Endpoint, Location, Metrics};
use serde::Deserialize;

/// By endpoint; an endpoint without value gets no message, like one that is absent.
pub(super) type Answer = BTreeMap<String, Option<Changes>>;

/// What is different for an endpoint in this send. A member that is given replaces the whole of the
/// endpoint's; where the message goes is no matter of the hook, so nothing here says it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Changes {
    attributes: Option<Attributes>,
    metrics: Option<Metrics>,
    demographic: Option<Device>,
    location: Option<Place>,
    user: Option<User>,
    /// Replaces the title of a push message.
    pub title_override: Option<String>,
    /// Replaces the text of a push or text message.
    pub body_override: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct User {
    user_attributes: Option<Attributes>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Device {
    app_version: Option<String>,
    locale: Option<String>,
    make: Option<String>,
    model: Option<String>,
    model_version: Option<String>,
    platform: Option<String>,
    platform_version: Option<String>,
    timezone: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Place {
    city: Option<String>,
    country: Option<String>,
    postal_code: Option<String>,
    region: Option<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

/// Reads an answer, or says why it is none.
pub(super) fn read(bytes: &[u8]) -> Result<Answer, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("the answer is unreadable: {error}"))
}

impl Changes {
    /// The endpoint as the message is made for it.
    pub(crate) fn applied_to(&self, endpoint: &Endpoint) -> Endpoint {
        let mut changed = endpoint.clone();
        if let Some(attributes) = &self.attributes {
            changed.attributes.clone_from(attributes);
        }
        if let Some(metrics) = &self.metrics {
            changed.metrics.clone_from(metrics);
        }
        if let Some(device) = self.demographic.clone() {
            changed.demographic = Demographic {
                app_version: device.app_version,
                locale: device.locale,
                make: device.make,
                model: device.model,
                model_version: device.model_version,
                platform: device.platform,
                platform_version: device.platform_version,
                timezone: device.timezone,
            };
        }
        if let Some(place) = self.location.clone() {
            changed.location = Location {
                city: place.city,
                country: place.country,
                postal_code: place.postal_code,
                region: place.region,
                latitude: place.latitude,
                longitude: place.longitude,
            };
        }
        let user = self.user.as_ref();
        if let Some(attributes) = user.and_then(|user| user.user_attributes.as_ref()) {
            changed.user_attributes.clone_from(attributes);
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_no_answer() {
        for text in [
            "",
            "[]",
            "null",
            "<html>",
            r#"{"a":1}"#,
            r#"{"a":{"Attributes":{"x":"gold"}}}"#,
            r#"{"a":{"Metrics":{"x":"7"}}}"#,
            r#"{"a":{}"#,
        ] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
        let answer = read(br#"{"a":null,"b":{"ChannelType":"SMS","Address":"x","Own":7}}"#);
        let want = [
            ("a".to_owned(), None),
            ("b".to_owned(), Some(Changes::default())),
        ];
        assert_eq!(answer, Ok(want.into()));
    }
}
