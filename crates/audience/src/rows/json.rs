//! JSON: one object per line.

use std::collections::BTreeMap;

use model::{Attributes, Demographic, EndpointId, EndpointUpdate, Location, UserId, UserLink};
use serde::Deserialize;

use super::csv::{channel, instant, opt_out};
use super::scalar::Texts;
use super::{Row, RowError};

/// Reads a line. Unknown members are ignored and `null` is absent; an object with nothing but a
/// user identifier adds the user to the segment.
///
/// # Errors
/// [`RowError`] if the line is not JSON, or a member is of another type or cannot be read.
pub fn read(line: &str) -> Result<Row, RowError> {
    if line.trim_start().starts_with('[') {
        // Not left to the parser, which would take a list for the members in order.
        return Err(RowError::syntax(
            "",
            "expected one object per line, not a list",
        ));
    }
    let object: Object = serde_json::from_str(line).map_err(|error| malformed(line, &error))?;
    match object {
        Object {
            user:
                Some(User {
                    user_id: Some(user),
                    user_attributes: None,
                }),
            id: None,
            address: None,
            channel_type: None,
            opt_out: None,
            request_id: None,
            effective_date: None,
            location: None,
            demographic: None,
            attributes: None,
            metrics: None,
        } if !user.is_empty() => Ok(Row::Users(vec![UserId::new(user)])),
        object => object.into_row(),
    }
}

/// The parser counts bytes; people count characters.
fn malformed(line: &str, error: &serde_json::Error) -> RowError {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default();
    let before = line
        .char_indices()
        .take_while(|(offset, _)| offset + 1 < error.column())
        .count();
    RowError {
        column: (error.column() > 0).then_some(before + 1),
        reason: reason.to_owned(),
        syntax: error.is_syntax() || error.is_eof(),
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Object {
    id: Option<String>,
    address: Option<String>,
    channel_type: Option<String>,
    opt_out: Option<String>,
    request_id: Option<String>,
    effective_date: Option<String>,
    location: Option<Place>,
    demographic: Option<Device>,
    attributes: Option<BTreeMap<String, Option<Texts>>>,
    metrics: Option<BTreeMap<String, Option<f64>>>,
    user: Option<User>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Place {
    city: Option<String>,
    country: Option<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    postal_code: Option<String>,
    region: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
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

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct User {
    user_id: Option<String>,
    user_attributes: Option<BTreeMap<String, Option<Texts>>>,
}

impl Object {
    fn into_row(self) -> Result<Row, RowError> {
        let user = self.user.unwrap_or_default();
        let present = |text: &String| !text.is_empty();
        let update = EndpointUpdate {
            channel: self
                .channel_type
                .filter(present)
                .as_deref()
                .map(channel)
                .transpose()?,
            address: self.address.filter(present),
            attributes: texts(self.attributes),
            metrics: self
                .metrics
                .unwrap_or_default()
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
            demographic: self.demographic.unwrap_or_default().into(),
            location: self.location.unwrap_or_default().into(),
            user: match user.user_id {
                None => UserLink::Keep,
                Some(id) if id.is_empty() => UserLink::Unlink,
                Some(id) => UserLink::Link(UserId::new(id)),
            },
            user_attributes: texts(user.user_attributes),
            opt_out: self.opt_out.as_deref().map(opt_out).transpose()?,
            status: None,
            effective: self.effective_date.as_deref().map(instant).transpose()?,
            request_id: self.request_id,
        };
        Ok(Row::Endpoint {
            id: self.id.filter(present).map(EndpointId::new),
            update: Box::new(update),
        })
    }
}

fn texts(members: Option<BTreeMap<String, Option<Texts>>>) -> Attributes {
    members
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(name, values)| Some((name, values?.0)))
        .collect()
}

impl From<Place> for Location {
    fn from(place: Place) -> Self {
        Self {
            city: place.city,
            country: place.country,
            postal_code: place.postal_code,
            region: place.region,
            latitude: place.latitude,
            longitude: place.longitude,
        }
    }
}

impl From<Device> for Demographic {
    fn from(device: Device) -> Self {
        Self {
            app_version: device.app_version,
            locale: device.locale,
            make: device.make,
            model: device.model,
            model_version: device.model_version,
            platform: device.platform,
            platform_version: device.platform_version,
            timezone: device.timezone,
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_debug_snapshot;
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn row(line: &str) -> (Option<EndpointId>, EndpointUpdate) {
        match read(line).unwrap() {
            Row::Endpoint { id, update } => (id, *update),
            Row::Users(users) => panic!("users {users:?}"),
        }
    }

    #[track_caller]
    fn check_error(line: &str, want: &str) {
        assert_eq!(read(line).unwrap_err().to_string(), want);
    }

    #[test]
    fn every_member_is_read() {
        assert_debug_snapshot!(row(
            r#"{"Id":"p-1","Address":"ada@example.com","ChannelType":"EMAIL","OptOut":"NONE",
                "RequestId":"r","EffectiveDate":"2026-03-04T05:06:07Z","EndpointStatus":"INACTIVE",
                "Location":{"City":"ci","Country":"co","Latitude":1,"Longitude":-2.5,"PostalCode":"pc","Region":"re"},
                "Demographic":{"AppVersion":"av","Locale":"lo","Make":"","Model":"mo","ModelVersion":"mv",
                  "Platform":"pl","PlatformVersion":"pv","Timezone":"tz"},
                "Attributes":{"size":["M",4,true,null],"one":"x","two":2,"gone":null,"empty":[]},
                "Metrics":{"orders":12,"none":null},"CohortId":"7","Unknown":{"x":[1]},
                "User":{"UserId":"u-1","UserAttributes":{"FirstName":"Ada"}}}"#
        ));
    }

    #[test]
    fn absent_and_empty_members() {
        assert_eq!(row("{}"), (None, EndpointUpdate::default()));
        assert_eq!(
            row(r#"{"Id":"","Address":"","ChannelType":"","Attributes":null}"#),
            (None, EndpointUpdate::default())
        );
        assert_eq!(row(r#"{"User":{"UserId":""}}"#).1.user, UserLink::Unlink);
    }

    #[test]
    fn users_alone_become_members() {
        assert_eq!(
            read(r#"{"User":{"UserId":"u 1"},"Colour":1}"#),
            Ok(Row::Users(vec!["u 1".into()]))
        );
        let linked = UserLink::Link("u".into());
        assert_eq!(row(r#"{"Id":"e","User":{"UserId":"u"}}"#).1.user, linked);
        let line = r#"{"User":{"UserId":"u","UserAttributes":{"a":["b"]}}}"#;
        assert_eq!(row(line).1.user, linked);
    }

    #[test]
    fn errors_have_a_column() {
        check_error("{\"Id\": é}", "expected value (column 8)");
        check_error(
            "[{}]",
            "expected one object per line, not a list (column 1)",
        );
        check_error("{\"Id\":", "EOF while parsing a value (column 6)");
        check_error("{\"Id\":\"a\"} x", "trailing characters (column 12)");
        check_error(
            "{\"Id\":1}",
            "invalid type: integer `1`, expected a string (column 7)",
        );
        check_error(
            "{\"ChannelType\":\"PIGEON\"}",
            "ChannelType: 'PIGEON' is not a channel",
        );
        check_error("{\"OptOut\":\"\"}", "OptOut: '' is not ALL or NONE");
        assert!(read("{").unwrap_err().syntax);
        assert!(!read("{\"Id\":1}").unwrap_err().syntax);
    }

    proptest! {
        #[test]
        fn no_line_panics(line in "\\PC{0,60}") {
            let _ = read(&line);
        }
    }
}
