//! Records read back: what a stream wrote becomes an event again (`docs/spec/events.md §3, §6`).

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use clock::Timestamp;
use model::{AppId, ChannelType, Device, EndpointId, Event, Origin, Session, UserId};
use serde_json::{Map, Value};

use super::read_mail;
use crate::ingest::{campaign_of, journey_of};

/// Types that the service emits beside those that begin with `_email.` or `_SMS.`.
const SERVICE_SENDS: [&str; 2] = ["_campaign.send", "_journey.send"];

/// Why a record is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// It has another form than an object.
    #[error("expected a JSON object")]
    NotAnObject,
    /// A member is not there.
    #[error("{0}: missing")]
    Missing(&'static str),
    /// A member has another form.
    #[error("{member}: expected {expected}")]
    Form {
        /// Its name.
        member: String,
        /// What belongs there.
        expected: &'static str,
    },
}

/// The event that `record` tells of, as one from an archive. Its endpoint's ordinal is not known.
///
/// # Errors
/// A member that every record has is missing, or one has another form.
pub fn read(record: &Value) -> Result<Event, RecordError> {
    let record = record.as_object().ok_or(RecordError::NotAnObject)?;
    let kind = required(record, "event_type", "event_type")?;
    let application = object(record, "application");
    let app = required(application, "app_id", "application.app_id")?;
    let client = required(object(record, "client"), "client_id", "client.client_id")?;
    let timestamp = instant(record.get("event_timestamp"), "event_timestamp")?
        .ok_or(RecordError::Missing("event_timestamp"))?;
    let arrival = instant(record.get("arrival_timestamp"), "arrival_timestamp")?;
    let (app, endpoint) = (AppId::new(app), EndpointId::new(client));
    let event = Event {
        arrival: arrival.unwrap_or(timestamp),
        attributes: texts(record)?,
        metrics: numbers(record)?,
        ..Event::bare(app, kind, Origin::ArchivedClient, endpoint, timestamp)
    };
    if is_of_service(record, &event.kind) {
        Ok(of_service(record, event))
    } else {
        of_client(record, event)
    }
}

/// Whether the service emitted the record: clients may use its types, too, but then tell of their
/// session, their SDK or their endpoint.
fn is_of_service(record: &Map<String, Value>, kind: &str) -> bool {
    let emitted =
        SERVICE_SENDS.contains(&kind) || kind.starts_with("_email.") || kind.starts_with("_SMS.");
    let sdk = object(object(record, "application"), "sdk");
    emitted
        && !record.contains_key("endpoint")
        && object(record, "session").is_empty()
        && sdk.is_empty()
}

fn of_client(record: &Map<String, Value>, event: Event) -> Result<Event, RecordError> {
    let endpoint = object(record, "endpoint");
    let application = object(record, "application");
    let sdk = object(application, "sdk");
    let device = object(record, "device");
    let platform = object(device, "platform");
    let own = |of: &Map<String, Value>, name: &str| text(of, name).map(str::to_owned);
    Ok(Event {
        user: user(endpoint),
        session: session(object(record, "session"))?,
        device: Arc::new(Device {
            app_package_name: own(application, "package_name"),
            app_title: own(application, "title"),
            app_version_code: own(application, "version_code"),
            app_version: own(application, "version_name"),
            sdk_name: own(sdk, "name"),
            sdk_version: own(sdk, "version"),
            make: own(device, "make"),
            model: own(device, "model"),
            platform: own(platform, "name"),
            platform_version: own(platform, "version"),
            locale: own(object(device, "locale"), "code"),
            timezone: own(object(endpoint, "Demographic"), "Timezone"),
            country: own(object(endpoint, "Location"), "Country"),
        }),
        campaign: campaign_of(&event.attributes),
        journey: journey_of(&event.attributes),
        endpoint_json: record.get("endpoint").map(Value::to_string),
        ..event
    })
}

fn of_service(record: &Map<String, Value>, event: Event) -> Event {
    let mut event = Event {
        origin: Origin::ArchivedService,
        campaign: campaign_of(&event.attributes),
        journey: journey_of(&event.attributes),
        ..event
    };
    let attributes = &mut event.attributes;
    if event.campaign.is_some() {
        forget(
            attributes,
            &["campaign_id", "campaign_activity_id", "treatment_id"],
        );
    }
    if event.journey.is_some() {
        forget(
            attributes,
            &["journey_id", "journey_run_id", "journey_activity_id"],
        );
    }
    match event.kind.as_str() {
        "_campaign.send" => {
            event.status = attributes.remove("campaign_send_status");
            let word = attributes.remove("delivery_type");
            event.channel = word.and_then(|word| ChannelType::parse(&word));
        }
        "_journey.send" => {
            event.status = attributes.remove("journey_send_status");
            let word = attributes.get("journey_activity_type");
            event.channel = word.and_then(|word| ChannelType::parse(word));
        }
        kind if kind.starts_with("_email.") => {
            attributes.remove("feedback");
            event.channel = Some(ChannelType::Email);
            let told = object(object(record, "facets"), "email_channel");
            let told = object(told, "mail_event");
            event.message_id = text(object(told, "mail"), "message_id").map(str::to_owned);
            event.mail = read_mail::read(told, kind, event.timestamp).map(Box::new);
        }
        _ => {
            event.channel = Some(ChannelType::Sms);
            event.status = attributes.remove("record_status");
            event.message_id = attributes.remove("message_id");
        }
    }
    let context = object(object(record, "client_context"), "custom");
    event.endpoint_json = text(context, "endpoint").map(str::to_owned);
    event.user = event
        .endpoint_json
        .as_deref()
        .and_then(|json| serde_json::from_str::<Value>(json).ok())
        .and_then(|endpoint| user(endpoint.as_object()?));
    event
}

fn forget(attributes: &mut BTreeMap<String, String>, names: &[&str]) {
    for name in names {
        attributes.remove(*name);
    }
}

fn user(endpoint: &Map<String, Value>) -> Option<UserId> {
    text(object(endpoint, "User"), "UserId").map(UserId::from)
}

fn session(of: &Map<String, Value>) -> Result<Option<Session>, RecordError> {
    let start = instant(of.get("start_timestamp"), "session.start_timestamp")?;
    let stop = instant(of.get("stop_timestamp"), "session.stop_timestamp")?;
    let (Some(id), Some(start)) = (text(of, "session_id"), start) else {
        return Ok(None);
    };
    Ok(Some(Session {
        id: id.to_owned(),
        start,
        stop,
        // A duration that is told is the difference (`docs/spec/events.md §1.4`).
        duration_ms: stop.map(|stop| stop.as_millis().saturating_sub(start.as_millis())),
    }))
}

fn texts(record: &Map<String, Value>) -> Result<BTreeMap<String, String>, RecordError> {
    let mut texts = BTreeMap::new();
    for (name, value) in object(record, "attributes") {
        let value = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Array(_) | Value::Object(_) => {
                return Err(RecordError::Form {
                    member: format!("attributes.{name}"),
                    expected: "a text",
                });
            }
        };
        texts.insert(name.clone(), value);
    }
    Ok(texts)
}

fn numbers(record: &Map<String, Value>) -> Result<BTreeMap<String, f64>, RecordError> {
    let mut numbers = BTreeMap::new();
    for (name, value) in object(record, "metrics") {
        let number = match value {
            Value::Null => continue,
            Value::String(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
            value => value.as_f64(),
        };
        let number = number.ok_or_else(|| RecordError::Form {
            member: format!("metrics.{name}"),
            expected: "a number",
        })?;
        numbers.insert(name.clone(), number);
    }
    Ok(numbers)
}

/// An instant in milliseconds since the epoch, also as a text.
pub(super) fn instant(
    value: Option<&Value>,
    member: &str,
) -> Result<Option<Timestamp>, RecordError> {
    let millis = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_i64(),
    };
    let millis = millis.ok_or_else(|| RecordError::Form {
        member: member.to_owned(),
        expected: "milliseconds since 1970 as a whole number",
    })?;
    Ok(Some(Timestamp::from_millis(millis)))
}

/// The object `name`; empty if it is not there.
pub(super) fn object<'a>(of: &'a Map<String, Value>, name: &str) -> &'a Map<String, Value> {
    static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
    of.get(name).and_then(Value::as_object).unwrap_or(&NOTHING)
}

pub(super) fn text<'a>(of: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    of.get(name).and_then(Value::as_str)
}

fn required<'a>(
    of: &'a Map<String, Value>,
    name: &str,
    member: &'static str,
) -> Result<&'a str, RecordError> {
    text(of, name)
        .filter(|text| !text.is_empty())
        .ok_or(RecordError::Missing(member))
}
