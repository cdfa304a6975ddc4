//! Which submitted events are accepted (`docs/spec/events.md §1.1–1.4`).

use std::collections::BTreeMap;

use clock::Timestamp;
use model::Session;

use super::{ClientApp, SubmittedEvent, SubmittedSession};

/// Attribute and metric names of an event.
const NAMES_MAX: usize = 40;
/// Characters of an attribute or metric name.
const NAME_CHARS_MAX: usize = 50;
/// Characters of an attribute value.
const VALUE_CHARS_MAX: usize = 200;
/// Bytes of an event.
const EVENT_BYTES_MAX: usize = 1_000 << 10;

/// Why an event is refused. The text is the item's message on the wire.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A required member is missing or empty.
    #[error("Missing {0}")]
    Missing(&'static str),
    /// A member is no instant.
    #[error("Invalid timestamp: {0}")]
    Timestamp(String),
    /// The duration contradicts start and stop.
    #[error(
        "Session duration in milliseconds must be equal to the difference of start and stop timestamp"
    )]
    Duration,
    /// The event is too large.
    #[error("Event size exceeds 1000 KB")]
    Size,
    /// Too many attributes and metrics.
    #[error("Number of attributes and metrics exceeds 40")]
    Names,
    /// An attribute's name is too long.
    #[error("Attribute key length exceeds 50: {0}")]
    AttributeName(String),
    /// An attribute's value is too long.
    #[error("Attribute value length exceeds 200: {0}")]
    AttributeValue(String),
    /// A metric's name is too long.
    #[error("Metric key length exceeds 50: {0}")]
    MetricName(String),
    /// A metric is not a finite number.
    #[error("Metric value is not a finite number: {0}")]
    MetricValue(String),
}

/// An event that keeps all rules.
pub(super) struct ValidEvent {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) timestamp: Timestamp,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) metrics: BTreeMap<String, f64>,
    pub(super) session: Option<Session>,
    pub(super) client: ClientApp,
}

/// The event, or the first rule that it breaks.
pub(super) fn validate(event: SubmittedEvent) -> Result<ValidEvent, Rejection> {
    if event.bytes > EVENT_BYTES_MAX {
        return Err(Rejection::Size);
    }
    let kind = present(event.event_type, "EventType")?;
    let timestamp = instant(&present(event.timestamp, "Timestamp")?)?;
    if event.attributes.len() + event.metrics.len() > NAMES_MAX {
        return Err(Rejection::Names);
    }
    for (name, value) in &event.attributes {
        if longer(name, NAME_CHARS_MAX) {
            return Err(Rejection::AttributeName(name.clone()));
        }
        if longer(value, VALUE_CHARS_MAX) {
            return Err(Rejection::AttributeValue(name.clone()));
        }
    }
    for (name, value) in &event.metrics {
        if longer(name, NAME_CHARS_MAX) {
            return Err(Rejection::MetricName(name.clone()));
        }
        if !value.is_finite() {
            return Err(Rejection::MetricValue(name.clone()));
        }
    }
    Ok(ValidEvent {
        id: event.id,
        kind,
        timestamp,
        attributes: event.attributes,
        metrics: event.metrics,
        session: event.session.map(session).transpose()?,
        client: event.client,
    })
}

fn session(session: SubmittedSession) -> Result<Session, Rejection> {
    let id = present(session.id, "Session.Id")?;
    let start = instant(&present(session.start, "Session.StartTimestamp")?)?;
    let stop = session
        .stop
        .filter(|stop| !stop.is_empty())
        .map(|stop| instant(&stop))
        .transpose()?;
    if let (Some(stop), Some(duration)) = (stop, session.duration_ms)
        && stop.as_millis() - start.as_millis() != duration
    {
        return Err(Rejection::Duration);
    }
    Ok(Session {
        id,
        start,
        stop,
        duration_ms: session.duration_ms,
    })
}

fn present(member: Option<String>, name: &'static str) -> Result<String, Rejection> {
    member
        .filter(|text| !text.is_empty())
        .ok_or(Rejection::Missing(name))
}

fn instant(text: &str) -> Result<Timestamp, Rejection> {
    Timestamp::parse(text).map_err(|_| Rejection::Timestamp(text.to_owned()))
}

fn longer(text: &str, chars_max: usize) -> bool {
    text.len() > chars_max && text.chars().count() > chars_max
}
