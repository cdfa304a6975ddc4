//! The JSON record of an event, as streams and exports carry it (`docs/spec/events.md §3`).

mod address;
mod endpoint;
mod mail;
mod read;
mod read_mail;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use clock::Timestamp;
use model::{Event, Origin};
use serde_json::{Map, Value, json};

pub use address::AddressKey;
pub use endpoint::{context_json, endpoint_json};
pub use read::{RecordError, read};

/// The record of `event`, for the account with this number.
///
/// Addresses of endpoints were replaced when the event was made ([`endpoint_json`]); what a mail
/// tells of its recipients stays readable, as documented.
#[must_use]
pub fn record(event: &Event, account: &str) -> Value {
    let mut record = Map::new();
    record.insert("event_type".into(), json!(event.kind));
    record.insert("event_timestamp".into(), millis(event.timestamp));
    record.insert("arrival_timestamp".into(), millis(event.arrival));
    record.insert("event_version".into(), json!("3.1"));
    record.insert(
        "client".into(),
        json!({"client_id": event.endpoint.as_str()}),
    );
    record.insert("awsAccountId".into(), json!(account));
    if event.origin.reporter() == Origin::Client {
        client(event, &mut record);
    } else {
        service(event, &mut record);
    }
    Value::Object(record)
}

/// [`record`] as a line: compact JSON with a final newline.
#[must_use]
pub fn line(event: &Event, account: &str) -> String {
    let mut line = record(event, account).to_string();
    line.push('\n');
    line
}

fn client(event: &Event, record: &mut Map<String, Value>) {
    let device = &event.device;
    record.insert(
        "application".into(),
        some([
            ("app_id", Some(event.app.as_str())),
            ("package_name", device.app_package_name.as_deref()),
            ("title", device.app_title.as_deref()),
            ("version_name", device.app_version.as_deref()),
            ("version_code", device.app_version_code.as_deref()),
        ])
        .with(
            "sdk",
            some([
                ("name", device.sdk_name.as_deref()),
                ("version", device.sdk_version.as_deref()),
            ]),
        )
        .into(),
    );
    let mut facts = some([
        ("make", device.make.as_deref()),
        ("model", device.model.as_deref()),
    ])
    .with(
        "platform",
        some([
            ("name", device.platform.as_deref()),
            ("version", device.platform_version.as_deref()),
        ]),
    );
    if let Some(code) = &device.locale {
        facts = facts.with("locale", locale(code));
    }
    record.insert("device".into(), facts.into());
    let mut session = Map::new();
    if let Some(of) = &event.session {
        session.insert("session_id".into(), json!(of.id));
        session.insert("start_timestamp".into(), millis(of.start));
        if let Some(stop) = of.stop {
            session.insert("stop_timestamp".into(), millis(stop));
        }
    }
    record.insert("session".into(), session.into());
    record.insert("attributes".into(), json!(event.attributes));
    record.insert("metrics".into(), json!(event.metrics));
    if let Some(endpoint) = event
        .endpoint_json
        .as_deref()
        .and_then(|text| serde_json::from_str::<Value>(text).ok())
    {
        record.insert("endpoint".into(), endpoint);
    }
}

fn service(event: &Event, record: &mut Map<String, Value>) {
    record.insert(
        "application".into(),
        json!({"app_id": event.app.as_str(), "sdk": {}}),
    );
    record.insert("device".into(), json!({"platform": {}}));
    record.insert("session".into(), json!({}));
    match event.kind.as_str() {
        "_campaign.send" | "_journey.send" => context(event, record),
        kind if kind.starts_with("_email.") => {
            record.insert(
                "client_context".into(),
                json!({"custom": {"legacy_identifier": event.app.as_str()}}),
            );
            if let Some(mail) = &event.mail {
                record.insert("facets".into(), mail::facets(event, mail));
            }
            record.insert("metrics".into(), json!(event.metrics));
        }
        _ => {}
    }
    if !event.metrics.is_empty() {
        record.insert("metrics".into(), json!(event.metrics));
    }
    record.insert("attributes".into(), json!(attributes(event)));
}

/// The attributes that the record of `event` tells: those that a client sent, or those that the
/// service gives its own events (`docs/spec/events.md §3.3–3.6`).
#[must_use]
pub fn attributes(event: &Event) -> Cow<'_, BTreeMap<String, String>> {
    if event.origin == Origin::Client {
        return Cow::Borrowed(&event.attributes);
    }
    let mut attributes = event.attributes.clone();
    let mut insert = |name: &str, value: &str| {
        attributes.insert(name.to_owned(), value.to_owned());
    };
    if let Some(campaign) = &event.campaign {
        insert("campaign_id", campaign.campaign.as_str());
        if let Some(activity) = &campaign.activity {
            insert("campaign_activity_id", activity.as_str());
        }
        if let Some(treatment) = &campaign.treatment {
            insert("treatment_id", treatment);
        }
    }
    if let Some(journey) = &event.journey {
        insert("journey_id", &journey.journey);
        if let Some(run) = &journey.run {
            insert("journey_run_id", run);
        }
        if let Some(activity) = &journey.activity {
            insert("journey_activity_id", activity);
        }
    }
    let status = event.status.as_deref();
    match event.kind.as_str() {
        "_campaign.send" => {
            if let Some(channel) = event.channel {
                insert("delivery_type", channel.as_str());
            }
            if let Some(status) = status {
                insert("campaign_send_status", status);
            }
        }
        "_journey.send" => {
            if let Some(status) = status {
                insert("journey_send_status", status);
            }
        }
        kind if kind.starts_with("_email.") => {
            let mail = event.mail.as_ref();
            if let Some(feedback) = mail.and_then(|mail| mail::feedback(kind, &mail.facet)) {
                insert("feedback", feedback);
            }
        }
        _ => {
            if let Some(status) = status {
                insert("record_status", status);
            }
            if let Some(message_id) = &event.message_id {
                insert("message_id", message_id);
            }
        }
    }
    Cow::Owned(attributes)
}

/// `client_context` of campaign and journey sends: the endpoint as a text.
fn context(event: &Event, record: &mut Map<String, Value>) {
    if let Some(endpoint) = &event.endpoint_json {
        record.insert(
            "client_context".into(),
            json!({"custom": {"endpoint": endpoint}}),
        );
    }
}

/// `de_DE` as code, language and country.
fn locale(code: &str) -> Map<String, Value> {
    let mut parts = code.split(['_', '-']);
    let language = parts.next().filter(|part| !part.is_empty());
    some([
        ("code", Some(code)),
        ("language", language),
        ("country", parts.next_back()),
    ])
}

fn millis(instant: Timestamp) -> Value {
    json!(instant.as_millis())
}

/// The members that have a value.
fn some<const N: usize>(members: [(&str, Option<&str>); N]) -> Map<String, Value> {
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value?))))
        .collect()
}

trait With {
    fn with(self, name: &str, value: Map<String, Value>) -> Self;
}

impl With for Map<String, Value> {
    fn with(mut self, name: &str, value: Map<String, Value>) -> Self {
        self.insert(name.to_owned(), value.into());
        self
    }
}
