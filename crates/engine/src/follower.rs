//! Follows the event log: notes when endpoints were active, suppresses addresses that bounced or
//! complained, and tells the brakes of campaigns of them. Doing an event twice changes nothing.

use std::collections::HashMap;
use std::time::Duration;

use channels::email::simulator::simulated;
use clock::Timestamp;
use events::Position;
use model::{AppId, Event, MailFacet, Ordinal, Origin, SuppressionReason};
use tokio::sync::watch;

use crate::engine::Shared;
use crate::error::EngineError;
use crate::feedback::Heard;
use crate::tally::{Counts, count};

/// The name under which the position is kept.
const NAME: &str = "engine";
/// Events read at a time.
const READ_MAX: usize = 4096;
/// Endpoints that are gathered at most.
const ENDPOINTS_MAX: usize = 65_536;
/// The pause after a failure.
const RETRY: Duration = Duration::from_secs(1);
/// How long to gather events before they are worked on, so that a busy endpoint is written once.
const GATHER: Duration = Duration::from_millis(200);

/// What was read and is not noted yet.
#[derive(Default)]
struct Gathered {
    active: HashMap<AppId, HashMap<Ordinal, Timestamp>>,
    endpoints: usize,
    messages: Counts,
    heard: Heard,
}

/// Follows until `stop`.
pub(crate) async fn follow(shared: &Shared, mut stop: watch::Receiver<bool>) {
    let mut position = shared
        .log
        .consumer_position(NAME)
        .unwrap_or_else(|| shared.log.start());
    let mut end = shared.log.subscribe();
    while !*stop.borrow() {
        match turn(shared, position, &mut end, &stop).await {
            Ok(next) if next > position => position = next,
            Ok(_) => tokio::select! {
                changed = end.changed() => {
                    if changed.is_err() {
                        return;
                    }
                }
                _ = stop.wait_for(|stop| *stop) => return,
            },
            Err(error) => {
                tracing::error!(%error, "the event log cannot be followed");
                shared.clock.sleep(RETRY).await;
            }
        }
    }
}

/// Gathers events for a while, then notes them. Answers how far it came.
async fn turn(
    shared: &Shared,
    from: Position,
    end: &mut watch::Receiver<Position>,
    stop: &watch::Receiver<bool>,
) -> Result<Position, EngineError> {
    let mut gathered = Gathered::default();
    let mut position = from;
    let begun = shared.clock.monotonic();
    loop {
        end.mark_unchanged();
        let events = shared.log.read(position, READ_MAX).await?;
        let Some((next, _)) = events.last() else {
            if position == from {
                return Ok(from);
            }
            if *stop.borrow() || !more_soon(shared, begun, end).await {
                break;
            }
            continue;
        };
        position = *next;
        for (_, event) in &events {
            gathered.take(shared, event).await?;
        }
        let took = shared.clock.monotonic().saturating_sub(begun);
        if took >= GATHER || gathered.endpoints >= ENDPOINTS_MAX {
            break;
        }
    }
    for (app, endpoints) in gathered.active {
        let activity = endpoints.into_iter().collect();
        shared.store.endpoints.touch(&app, activity).await?;
    }
    gathered.heard.note(shared).await?;
    let log = shared.log.clone();
    let noting = tokio::task::spawn_blocking(move || log.set_consumer_position(NAME, position));
    shared
        .clock
        .elsewhere("note position", noting)
        .await
        .map_err(|error| EngineError::Task(error.to_string()))??;
    shared.tally.add(gathered.messages);
    Ok(position)
}

/// Waits for more events until [`GATHER`] has passed since `begun`; whether there are some.
async fn more_soon(shared: &Shared, begun: Duration, end: &mut watch::Receiver<Position>) -> bool {
    let took = shared.clock.monotonic().saturating_sub(begun);
    tokio::select! {
        changed = end.changed() => changed.is_ok(),
        () = shared.clock.sleep(GATHER.saturating_sub(took)) => false,
    }
}

impl Gathered {
    async fn take(&mut self, shared: &Shared, event: &Event) -> Result<(), EngineError> {
        if !event.origin.is_live() {
            return Ok(());
        }
        count(&mut self.messages, event);
        self.endpoints += self.heard.take(event);
        if let Some((ordinal, at)) = activity(event) {
            if !self.active.contains_key(&event.app) {
                self.active.insert(event.app.clone(), HashMap::new());
            }
            if let Some(known) = self.active.get_mut(&event.app) {
                let before = known.len();
                let latest = known.entry(ordinal).or_insert(at);
                *latest = at.max(*latest);
                self.endpoints += known.len() - before;
            }
        }
        if let Some((address, reason)) = suppressed(event) {
            let list = &shared.suppression;
            list.add(address, reason, event.arrival).await?;
        }
        Ok(())
    }
}

/// The activity that a client event shows (`docs/spec/audience.md §10.6`).
fn activity(event: &Event) -> Option<(Ordinal, Timestamp)> {
    let ordinal = event.ordinal.filter(|_| event.origin == Origin::Client)?;
    Some((ordinal, event.counted_at()))
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
