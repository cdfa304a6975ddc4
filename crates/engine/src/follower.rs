//! Follows the event log: notes when endpoints were active, and suppresses addresses that bounced
//! or complained. Doing an event twice changes nothing.

use std::collections::HashMap;
use std::time::Duration;

use channels::email::simulator::simulated;
use clock::Timestamp;
use events::Position;
use model::{AppId, Event, MailFacet, Ordinal, Origin, SuppressionReason};
use tokio::sync::watch;

use crate::engine::Shared;
use crate::error::EngineError;

/// The name under which the position is kept.
const NAME: &str = "engine";
/// Events read at a time.
const READ_MAX: usize = 4096;
/// The pause after a failure.
const RETRY: Duration = Duration::from_secs(1);
/// How long to gather events before they are worked on, so that a busy endpoint is written once.
const GATHER: Duration = Duration::from_millis(200);
/// How far a client's clock may be behind or ahead (`docs/spec/analytics.md §2.1`).
const BEHIND_MAX: Duration = Duration::from_secs(90 * 24 * 3600);
const AHEAD_MAX: Duration = Duration::from_secs(15 * 60);

/// Follows until `stop`.
pub(crate) async fn follow(shared: &Shared, mut stop: watch::Receiver<bool>) {
    let mut position = shared
        .log
        .consumer_position(NAME)
        .unwrap_or_else(|| shared.log.start());
    let mut end = shared.log.subscribe();
    while !*stop.borrow() {
        match step(shared, position).await {
            Ok(Some(next)) => {
                position = next;
                continue;
            }
            Ok(None) => {
                tokio::select! {
                    changed = end.changed() => {
                        if changed.is_err() {
                            return;
                        }
                    }
                    _ = stop.wait_for(|stop| *stop) => return,
                }
            }
            Err(error) => {
                tracing::error!(%error, "the event log cannot be followed");
                shared.clock.sleep(RETRY).await;
            }
        }
        tokio::select! {
            () = shared.clock.sleep(GATHER) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// Works off the next events; `None` at the end of the log.
async fn step(shared: &Shared, position: Position) -> Result<Option<Position>, EngineError> {
    let events = shared.log.read(position, READ_MAX).await?;
    let Some((next, _)) = events.last() else {
        return Ok(None);
    };
    let next = *next;
    let mut active: HashMap<AppId, HashMap<Ordinal, Timestamp>> = HashMap::new();
    for (_, event) in &events {
        if let Some((ordinal, at)) = activity(event) {
            let known = active
                .entry(event.app.clone())
                .or_default()
                .entry(ordinal)
                .or_insert(at);
            *known = at.max(*known);
        }
        if let Some((address, reason)) = suppressed(event) {
            shared
                .suppression
                .add(address, reason, event.arrival)
                .await?;
        }
    }
    for (app, endpoints) in active {
        shared
            .store
            .endpoints
            .touch(&app, endpoints.into_iter().collect())
            .await?;
    }
    let log = shared.log.clone();
    tokio::task::spawn_blocking(move || log.set_consumer_position(NAME, next))
        .await
        .map_err(|error| EngineError::Task(error.to_string()))??;
    Ok(Some(next))
}

/// The activity that a client event shows (`docs/spec/audience.md §10.6`).
fn activity(event: &Event) -> Option<(Ordinal, Timestamp)> {
    let ordinal = event.ordinal.filter(|_| event.origin == Origin::Client)?;
    let earliest = event.arrival.minus(BEHIND_MAX);
    let latest = event.arrival.plus(AHEAD_MAX);
    let believable = (earliest..=latest).contains(&event.timestamp);
    Some((
        ordinal,
        if believable {
            event.timestamp
        } else {
            event.arrival
        },
    ))
}

/// The address that an event puts on the suppression list (`docs/spec/channels.md §4`).
fn suppressed(event: &Event) -> Option<(&str, SuppressionReason)> {
    let mail = event
        .mail
        .as_ref()
        .filter(|_| event.origin == Origin::Service)?;
    let reason = match &mail.facet {
        MailFacet::Bounce {
            permanent: true, ..
        } => SuppressionReason::Bounce,
        MailFacet::Complaint { .. } => SuppressionReason::Complaint,
        _ => return None,
    };
    let address = mail.to.first().filter(|address| !address.is_empty())?;
    // Simulated recipients only play a part.
    simulated(address)
        .is_none()
        .then_some((address.as_str(), reason))
}
