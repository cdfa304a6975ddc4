//! The rules of PutEvents (`docs/spec/events.md §1`): what becomes of each submitted event.
//!
//! Pure but for [`Deduper`], which remembers. The caller parses the request, applies the endpoint
//! parts, calls [`accept`], appends [`Accepted::events`], and answers.

mod dedup;
mod lift;
mod validate;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use clock::Timestamp;
use model::{AppId, Demographic, Device, Endpoint, EndpointId, Event, Origin};

pub use dedup::{Deduper, EventKey};
pub(crate) use lift::{campaign as campaign_of, journey as journey_of};
pub use validate::Rejection;

/// Events in one request, over all its endpoints (`docs/spec/events.md §1.2`).
pub const EVENTS_PER_REQUEST_MAX: usize = 100;
/// Bytes of a request (`docs/spec/events.md §1.2`).
pub const REQUEST_BYTES_MAX: usize = 4 << 20;

/// An event as a client submitted it: any member may be missing or wrong.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SubmittedEvent {
    /// The client's identifier: the key in the request.
    pub id: String,
    /// `EventType`
    pub event_type: Option<String>,
    /// `Timestamp`
    pub timestamp: Option<String>,
    /// `Attributes`
    pub attributes: BTreeMap<String, String>,
    /// `Metrics`
    pub metrics: BTreeMap<String, f64>,
    /// `Session`
    pub session: Option<SubmittedSession>,
    /// The application on the device.
    pub client: ClientApp,
    /// Bytes of the event in the request; 0 if the caller does not know, which leaves its size
    /// unchecked.
    pub bytes: usize,
}

/// The application on the device that submitted an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientApp {
    /// `AppPackageName`
    pub package_name: Option<String>,
    /// `AppTitle`
    pub title: Option<String>,
    /// `AppVersionCode`
    pub version_code: Option<String>,
    /// `ClientSdkVersion`
    pub sdk_version: Option<String>,
    /// `SdkName`
    pub sdk_name: Option<String>,
}

/// The session of a submitted event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubmittedSession {
    /// `Id`
    pub id: Option<String>,
    /// `StartTimestamp`
    pub start: Option<String>,
    /// `StopTimestamp`
    pub stop: Option<String>,
    /// `Duration`, in milliseconds
    pub duration_ms: Option<i64>,
}

/// The events of one endpoint in a request.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    /// The endpoint, as the client wrote it.
    pub endpoint_id: EndpointId,
    /// The endpoint after the request's own update, or its last stored state if that update was
    /// refused; absent if it is not stored.
    pub endpoint: Option<&'a Endpoint>,
    /// [`crate::record::endpoint_json`] of it where an event stream will tell it.
    pub endpoint_json: Option<String>,
    /// Its events.
    pub events: Vec<SubmittedEvent>,
}

/// What became of the events of a request.
#[derive(Debug, Default)]
pub struct Accepted {
    /// One answer per event, in the order of the items and their events. A duplicate is accepted.
    pub answers: Vec<Vec<Result<(), Rejection>>>,
    /// What to append, in order. Duplicates are left out.
    pub events: Vec<Event>,
    /// What the deduper has remembered for [`Accepted::events`]; to
    /// [`Deduper::withdraw`] if appending fails.
    pub keys: Vec<EventKey>,
}

/// Applies steps 3 to 5 of `docs/spec/events.md §1.3` to a request that arrived at `arrival`.
#[must_use]
pub fn accept(
    app: &AppId,
    items: Vec<Item<'_>>,
    arrival: Timestamp,
    deduper: &Deduper,
) -> Accepted {
    let mut accepted = Accepted::default();
    for item in items {
        let Item {
            endpoint_id,
            endpoint,
            endpoint_json,
            events,
        } = item;
        // The events of a request mostly come from one application.
        let mut last: Option<(ClientApp, Arc<Device>)> = None;
        let answers = events
            .into_iter()
            .map(|submitted| {
                let valid = validate::validate(submitted)?;
                let known = last.take().filter(|(client, _)| *client == valid.client);
                let (client, facts) = known.unwrap_or_else(|| {
                    let facts = Arc::new(device(endpoint, &valid.client));
                    (valid.client.clone(), facts)
                });
                last = Some((client, Arc::clone(&facts)));
                let event = bind(
                    app,
                    &endpoint_id,
                    endpoint,
                    endpoint_json.as_ref(),
                    valid,
                    facts,
                    arrival,
                );
                let key = EventKey::of(&event);
                if deduper.admit(key, arrival) {
                    accepted.keys.push(key);
                    accepted.events.push(event);
                }
                Ok(())
            })
            .collect();
        accepted.answers.push(answers);
    }
    accepted
        .events
        .sort_by(|a, b| (a.timestamp, &a.client_event_id).cmp(&(b.timestamp, &b.client_event_id)));
    accepted
}

fn bind(
    app: &AppId,
    endpoint_id: &EndpointId,
    endpoint: Option<&Endpoint>,
    endpoint_json: Option<&String>,
    event: validate::ValidEvent,
    device: Arc<Device>,
    arrival: Timestamp,
) -> Event {
    Event {
        app: app.clone(),
        kind: event.kind,
        origin: Origin::Client,
        timestamp: event.timestamp,
        arrival,
        endpoint: endpoint.map_or_else(|| endpoint_id.clone(), |endpoint| endpoint.id.clone()),
        ordinal: endpoint.map(|endpoint| endpoint.ordinal),
        user: endpoint.and_then(|endpoint| endpoint.user.clone()),
        client_event_id: Some(event.id),
        session: event.session,
        device,
        campaign: lift::campaign(&event.attributes),
        journey: lift::journey(&event.attributes),
        attributes: event.attributes,
        metrics: event.metrics,
        message_id: None,
        channel: None,
        status: None,
        mail: None,
        endpoint_json: endpoint_json.cloned(),
    }
}

/// What an event tells of the device: the application's own words, and what the endpoint says.
fn device(endpoint: Option<&Endpoint>, client: &ClientApp) -> Device {
    let of = |member: fn(&Demographic) -> &Option<String>| {
        endpoint.and_then(|endpoint| member(&endpoint.demographic).clone())
    };
    Device {
        app_package_name: client.package_name.clone(),
        app_title: client.title.clone(),
        app_version_code: client.version_code.clone(),
        app_version: of(|device| &device.app_version),
        sdk_name: client.sdk_name.clone(),
        sdk_version: client.sdk_version.clone(),
        make: of(|device| &device.make),
        model: of(|device| &device.model),
        platform: of(|device| &device.platform),
        platform_version: of(|device| &device.platform_version),
        locale: of(|device| &device.locale),
        timezone: of(|device| &device.timezone),
        country: endpoint.and_then(|endpoint| endpoint.location.country.clone()),
    }
}
