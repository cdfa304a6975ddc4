//! PutEvents, between the wire and the model. The request is read straight from its bytes: it is
//! the busiest of all, and only a faulty one is looked at twice.

use std::borrow::Cow;

use events::ingest::{ClientApp, SubmittedEvent, SubmittedSession};
use serde::{Serialize, Serializer};
use wire::{Operation, shapes};

use crate::call::{malformed, parse_json};
use crate::error::{ApiError, REFUSED_ITEM};

/// No event of a request below this size can be too large by itself.
const EVENT_BYTES_SURELY_FINE: usize = 1_000 * 1_024;

/// One endpoint of a request with its events.
pub(crate) struct Submitted {
    pub(crate) endpoint_id: String,
    pub(crate) endpoint: shapes::PublicEndpoint,
    pub(crate) events: Vec<SubmittedEvent>,
}

/// Reads the body of PutEvents.
///
/// # Errors
/// It is not JSON, a member has another JSON type, or one that is needed is absent.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Submitted>, ApiError> {
    let request: shapes::EventsRequest = match serde_json::from_slice(bytes) {
        Ok(request) => request,
        Err(error) => {
            wire::validate(Operation::PutEvents, &parse_json(bytes)?)?;
            return Err(malformed(&error));
        }
    };
    let measure = bytes.len() > EVENT_BYTES_SURELY_FINE;
    let items = request.batch_item.ok_or_else(|| missing("BatchItem"))?;
    items
        .into_iter()
        .map(|(endpoint_id, item)| {
            let missing = |member| missing(&format!("BatchItem.{endpoint_id}.{member}"));
            let endpoint = item.endpoint.ok_or_else(|| missing("Endpoint"))?;
            let events = item.events.ok_or_else(|| missing("Events"))?;
            let events = events
                .into_iter()
                .map(|(id, event)| submitted(id, event, measure))
                .collect();
            Ok(Submitted {
                endpoint_id,
                endpoint,
                events,
            })
        })
        .collect()
}

fn missing(member: &str) -> ApiError {
    ApiError::bad_request(format!("Missing {member}"))
}

fn submitted(id: String, event: shapes::Event, measure: bool) -> SubmittedEvent {
    let bytes = if measure {
        serde_json::to_vec(&event).map_or(0, |bytes| bytes.len())
    } else {
        0
    };
    SubmittedEvent {
        id,
        event_type: event.event_type,
        timestamp: event.timestamp,
        attributes: event.attributes.unwrap_or_default(),
        metrics: event.metrics.unwrap_or_default(),
        session: event.session.map(|session| SubmittedSession {
            id: session.id,
            start: session.start_timestamp,
            stop: session.stop_timestamp,
            duration_ms: session.duration,
        }),
        client: ClientApp {
            package_name: event.app_package_name,
            title: event.app_title,
            version_code: event.app_version_code,
            sdk_version: event.client_sdk_version,
            sdk_name: event.sdk_name,
        },
        bytes,
    }
}

/// What became of an endpoint or event: a message only if it was refused.
pub(crate) type Fate = Result<(), String>;

/// What became of one endpoint and its events, by event identifier.
pub(crate) struct ItemAnswer {
    pub(crate) endpoint_id: String,
    pub(crate) endpoint: Fate,
    pub(crate) events: Vec<(String, Fate)>,
}

/// The answer of PutEvents.
pub(crate) struct Results(pub(crate) Vec<ItemAnswer>);

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "Results")]
    results: &'a Results,
}

#[derive(Serialize)]
struct ItemBody<'a> {
    #[serde(rename = "EndpointItemResponse")]
    endpoint: FateBody<'a>,
    #[serde(rename = "EventsItemResponse")]
    events: Events<'a>,
}

#[derive(Serialize)]
struct FateBody<'a> {
    #[serde(rename = "Message")]
    message: Cow<'a, str>,
    #[serde(rename = "StatusCode")]
    status: u16,
}

struct Events<'a>(&'a [(String, Fate)]);

impl Results {
    /// The body to answer with.
    pub(crate) fn body(&self) -> impl Serialize {
        Body { results: self }
    }
}

impl Serialize for Results {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|item| {
            let body = ItemBody {
                endpoint: fate(&item.endpoint),
                events: Events(&item.events),
            };
            (&item.endpoint_id, body)
        }))
    }
}

impl Serialize for Events<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, event)| (id, fate(event))))
    }
}

fn fate(fate: &Fate) -> FateBody<'_> {
    match fate {
        Ok(()) => FateBody {
            message: Cow::Borrowed("Accepted"),
            status: Operation::PutEvents.success_status(),
        },
        Err(message) => FateBody {
            message: Cow::Borrowed(message),
            status: REFUSED_ITEM,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named() {
        for (body, want) in [
            ("{", "not JSON"),
            ("{}", "Missing BatchItem"),
            (r#"{"BatchItem":{"e":{"Events":{}}}}"#, "Endpoint"),
            (r#"{"BatchItem":{"e":{"Endpoint":{}}}}"#, "Events"),
            (
                r#"{"BatchItem":{"e":{"Endpoint":{},"Events":[]}}}"#,
                "BatchItem.e.Events",
            ),
            (
                r#"{"BatchItem":{"e":{"Endpoint":{},"Events":{"x":{"Metrics":{"m":"1"}}}}}}"#,
                "BatchItem.e.Events.x.Metrics.m",
            ),
        ] {
            let said = read(body.as_bytes())
                .err()
                .map(|error| error.message().to_owned());
            assert!(
                said.as_deref().is_some_and(|said| said.contains(want)),
                "{body}: {said:?}"
            );
        }
    }

    #[test]
    fn the_answer_has_the_documented_form() {
        let results = Results(vec![ItemAnswer {
            endpoint_id: "ep".to_owned(),
            endpoint: Ok(()),
            events: vec![("e1".to_owned(), Err("Missing EventType".to_owned()))],
        }]);
        insta::assert_snapshot!(
            serde_json::to_string(&results.body()).unwrap(),
            @r#"{"Results":{"ep":{"EndpointItemResponse":{"Message":"Accepted","StatusCode":202},"EventsItemResponse":{"e1":{"Message":"Missing EventType","StatusCode":400}}}}}"#
        );
    }
}
