//! The rows of export files (`docs/spec/audience.md §12`): one endpoint per line, which
//! [`read_json`](super::read_json) reads again.

use model::{Attributes, ChannelType, Demographic, Endpoint, Location, Metrics};
use serde::Serialize;

/// Appends `endpoint` to `lines`, as a JSON object and a line break.
pub fn write_json(endpoint: &Endpoint, lines: &mut Vec<u8>) {
    serde_json::to_writer(&mut *lines, &Object::from(endpoint))
        .expect("writing texts and numbers to memory does not fail");
    lines.push(b'\n');
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Object<'a> {
    id: &'a str,
    application_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    endpoint_status: &'static str,
    opt_out: &'static str,
    request_id: &'a str,
    cohort_id: String,
    creation_date: String,
    effective_date: String,
    attributes: &'a Attributes,
    metrics: &'a Metrics,
    demographic: Device<'a>,
    location: Place<'a>,
    user: User<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Device<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    app_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    make: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Place<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latitude: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    longitude: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
struct User<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_attributes: Option<&'a Attributes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
}

impl<'a> From<&'a Endpoint> for Object<'a> {
    fn from(endpoint: &'a Endpoint) -> Self {
        // Attributes that wait for a user are not shown (`docs/spec/audience.md §7.1`).
        let user = endpoint.user.as_ref().map(|id| User {
            user_attributes: Some(&endpoint.user_attributes).filter(|it| !it.is_empty()),
            user_id: Some(id.as_str()),
        });
        Self {
            id: endpoint.id.as_str(),
            application_id: endpoint.app.as_str(),
            channel_type: endpoint.channel.map(ChannelType::as_str),
            address: endpoint.address.as_deref(),
            endpoint_status: endpoint.status.as_str(),
            opt_out: endpoint.opt_out.as_str(),
            request_id: &endpoint.request_id,
            cohort_id: endpoint.cohort.to_string(),
            creation_date: endpoint.created.to_string(),
            effective_date: endpoint.effective.to_string(),
            attributes: &endpoint.attributes,
            metrics: &endpoint.metrics,
            demographic: (&endpoint.demographic).into(),
            location: (&endpoint.location).into(),
            user: user.unwrap_or_default(),
        }
    }
}

impl<'a> From<&'a Demographic> for Device<'a> {
    fn from(it: &'a Demographic) -> Self {
        Self {
            app_version: it.app_version.as_deref(),
            locale: it.locale.as_deref(),
            make: it.make.as_deref(),
            model: it.model.as_deref(),
            model_version: it.model_version.as_deref(),
            platform: it.platform.as_deref(),
            platform_version: it.platform_version.as_deref(),
            timezone: it.timezone.as_deref(),
        }
    }
}

impl<'a> From<&'a Location> for Place<'a> {
    fn from(it: &'a Location) -> Self {
        Self {
            city: it.city.as_deref(),
            country: it.country.as_deref(),
            latitude: it.latitude,
            longitude: it.longitude,
            postal_code: it.postal_code.as_deref(),
            region: it.region.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clock::Timestamp;
    use model::{EndpointStatus, EndpointUpdate, OptOut, UserLink};

    use super::*;
    use crate::rows::{Row, read_json};

    fn blank() -> Endpoint {
        Endpoint {
            app: "5f0c".into(),
            id: "p-1".into(),
            ordinal: 7,
            channel: None,
            address: None,
            attributes: Attributes::new(),
            metrics: Metrics::new(),
            demographic: Demographic::default(),
            location: Location::default(),
            user: None,
            user_attributes: Attributes::new(),
            opt_out: OptOut::All,
            status: EndpointStatus::Inactive,
            effective: Timestamp::from_millis(0),
            request_id: "r".to_owned(),
            cohort: 42,
            created: Timestamp::from_millis(1),
            last_active: None,
        }
    }

    fn line(endpoint: &Endpoint) -> String {
        let mut lines = Vec::new();
        write_json(endpoint, &mut lines);
        String::from_utf8(lines).unwrap()
    }

    #[test]
    fn empty_objects_are_written() {
        insta::assert_snapshot!(line(&blank()), @r#"{"Id":"p-1","ApplicationId":"5f0c","EndpointStatus":"INACTIVE","OptOut":"ALL","RequestId":"r","CohortId":"42","CreationDate":"1970-01-01T00:00:00.001Z","EffectiveDate":"1970-01-01T00:00:00.000Z","Attributes":{},"Metrics":{},"Demographic":{},"Location":{},"User":{}}"#);
    }

    #[test]
    fn attributes_without_a_user_are_kept_back() {
        let endpoint = Endpoint {
            user_attributes: [("a".to_owned(), vec!["b".to_owned()])].into(),
            ..blank()
        };
        assert!(line(&endpoint).ends_with("\"User\":{}}\n"));
    }

    #[test]
    fn an_import_reads_every_member_again() {
        let texts = |name: &str, values: &[&str]| {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            Attributes::from([(name.to_owned(), values), ("none".to_owned(), Vec::new())])
        };
        let text = |text: &str| Some(text.to_owned());
        let endpoint = Endpoint {
            channel: Some(ChannelType::Email),
            address: text("ada\n\"é\"@example.com"),
            attributes: texts("size", &["M", "L\u{2028}"]),
            metrics: [("orders".to_owned(), 12.5)].into(),
            demographic: Demographic {
                app_version: text("1"),
                locale: text("en_US"),
                make: text("m"),
                model: text("n"),
                model_version: text("v"),
                platform: text("p"),
                platform_version: text("w"),
                timezone: text("America/Lima"),
            },
            location: Location {
                city: text("Lima"),
                country: text("PE"),
                postal_code: text("15001"),
                region: text("LIM"),
                latitude: Some(-12.0),
                longitude: Some(-77.1),
            },
            user: Some("u-1".into()),
            user_attributes: texts("name", &["Ada"]),
            ..blank()
        };
        let line = line(&endpoint);
        assert_eq!(line.matches('\n').count(), 1);
        let Ok(Row::Endpoint { id, update }) = read_json(line.trim_end()) else {
            panic!("{line}");
        };
        assert_eq!(id, Some(endpoint.id));
        let want = EndpointUpdate {
            channel: endpoint.channel,
            address: endpoint.address,
            attributes: endpoint.attributes,
            metrics: endpoint.metrics,
            demographic: endpoint.demographic,
            location: endpoint.location,
            user: UserLink::Link("u-1".into()),
            user_attributes: endpoint.user_attributes,
            opt_out: Some(OptOut::All),
            status: None,
            effective: Some(endpoint.effective),
            request_id: Some(endpoint.request_id),
        };
        assert_eq!(*update, want);
    }
}
