//! Hands messages over and records what became of them, in this order; reports afterwards.

use std::sync::Arc;
use std::time::Duration;

use channels::email::simulator::simulated;
use channels::email::{Delivery, OutboundEmail, Refusal};
use channels::feedback::{self, MailFacts, SmsFacts};
use channels::message::{OutboundMessage, Payload};
use clock::Timestamp;
use events::LogError;
use futures::StreamExt;
use model::{ChannelType, Event, Ordinal, Outcome};
use tokio::sync::mpsc;

use super::call::{self, parcels};
use super::context::RunContext;
use super::lane::{Lane, Permits};
use super::unit::{Outgoing, Ready, Record, record};
use crate::engine::Shared;

/// Answers that are recorded together at most.
const GROUP_MAX: usize = 128;
/// The pause between attempts to write the log.
const LOG_RETRY: Duration = Duration::from_secs(1);
/// The event that says that a message was taken on.
const SEND: &str = "_email.send";

/// What became of a member, as far as its batch is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It has its outcome, which is in the log where it needs to be.
    Done(Outcome),
    /// The message was refused for now: definitely not taken.
    Deferred,
    /// The provider could not be reached: not taken, and nothing recorded.
    Untouched,
}

/// News from a chunk.
#[derive(Debug)]
pub(crate) enum Report {
    /// Members with their fates, which are durable, and the permits of those of whom nothing was
    /// recorded: they count as in flight until the batch says otherwise.
    Fates(u64, Vec<(Ordinal, Fate)>, Option<Permits>),
    /// Nothing more comes from this chunk.
    End(u64),
    /// The log could not be written before the engine stopped: the rest of the chunk stays open.
    Abandoned,
}

/// A member after hand-over, before its records are written.
pub(super) struct Answered {
    pub ordinal: Ordinal,
    pub fate: Fate,
    pub events: Vec<Event>,
}

/// Hands `messages` over with as much concurrency as there are messages. The intents must be
/// durable before; `begun` is when they were about to be written.
pub(crate) async fn dispatch(
    context: Arc<RunContext>,
    chunk: u64,
    begun: Duration,
    messages: Vec<Ready>,
    mut permits: Permits,
    reports: mpsc::Sender<Report>,
) {
    let count = messages.len().max(1);
    let answers = futures::stream::iter(parcels(messages))
        .map(|parcel| hand_over_parcel(&context, parcel))
        .buffer_unordered(count)
        .flat_map(futures::stream::iter)
        .ready_chunks(GROUP_MAX);
    let mut answers = std::pin::pin!(answers);
    let paced = permits.lane() == Lane::Messages;
    while let Some(group) = answers.next().await {
        let answered = group.len();
        let untouched = group.iter().filter(|it| it.fate == Fate::Untouched).count();
        let kept = permits.split(untouched).filter(|_| untouched > 0);
        if !settle(&context.shared, chunk, group, kept, &reports).await {
            return;
        }
        permits.release(answered - untouched);
        if paced {
            context.shared.pace.answered(answered);
        }
    }
    if paced {
        let took = context.shared.clock.monotonic().saturating_sub(begun);
        context.shared.pace.chunk_took(took);
    }
    let _ = reports.send(Report::End(chunk)).await;
}

/// Writes the records of outcomes that were decided without a hand-over.
pub(crate) async fn write_records(
    context: Arc<RunContext>,
    chunk: u64,
    records: Vec<Record>,
    reports: mpsc::Sender<Report>,
) {
    let answers = records
        .into_iter()
        .map(|record| Answered {
            ordinal: record.ordinal,
            fate: Fate::Done(record.outcome),
            events: record.events,
        })
        .collect();
    if settle(&context.shared, chunk, answers, None, &reports).await {
        let _ = reports.send(Report::End(chunk)).await;
    }
}

/// Logs the records of `group`, then reports its fates. False if that was given up.
async fn settle(
    shared: &Shared,
    chunk: u64,
    group: Vec<Answered>,
    permits: Option<Permits>,
    reports: &mpsc::Sender<Report>,
) -> bool {
    let mut events = Vec::new();
    let mut fates = Vec::with_capacity(group.len());
    for answered in group {
        fates.push((answered.ordinal, answered.fate));
        events.extend(answered.events);
    }
    let report = if append(shared, events).await {
        Report::Fates(chunk, fates, permits)
    } else {
        Report::Abandoned
    };
    let settled = matches!(report, Report::Fates(..));
    let _ = reports.send(report).await;
    settled
}

/// Appends until it works or the engine stops: what was handed over must not be forgotten.
async fn append(shared: &Shared, events: Vec<Event>) -> bool {
    loop {
        match shared.log.append(events.clone()).await {
            Ok(_) => return true,
            Err(error) => {
                tracing::error!(%error, "outcomes cannot be recorded; sending waits");
                if shared.stopping() || matches!(error, LogError::EventTooLarge { .. }) {
                    return false;
                }
            }
        }
        shared.clock.sleep(LOG_RETRY).await;
    }
}

/// Hands over what goes together: a call about several endpoints, or one message.
async fn hand_over_parcel(context: &RunContext, mut parcel: Vec<Ready>) -> Vec<Answered> {
    match parcel.pop() {
        Some(ready) if parcel.is_empty() => vec![hand_over(context, ready).await],
        last => {
            parcel.extend(last);
            call::hand_over(context, parcel).await
        }
    }
}

/// Hands the message over and counts it, or gives its place under the caps back.
async fn hand_over(context: &RunContext, mut ready: Ready) -> Answered {
    let reservation = ready.reservation.take();
    let answered = deliver(context, ready).await;
    if let (Fate::Done(outcome), Some(reservation)) = (answered.fate, reservation) {
        reservation.settle(outcome, context.now());
    }
    answered
}

/// Waits for the message's turn; answers if it must not be handed over any more.
async fn admit(context: &RunContext, ready: &Ready) -> Option<Answered> {
    if let Some(rate) = &context.caps.rate {
        rate.pass(1).await;
    }
    refused(context, ready)
}

/// What is to become of a message whose turn has come and that must not be handed over any more.
pub(super) fn refused(context: &RunContext, ready: &Ready) -> Option<Answered> {
    let ordinal = ready.member.ordinal;
    if context.guard.is_held() {
        return Some(Answered {
            ordinal,
            fate: Fate::Untouched,
            events: Vec::new(),
        });
    }
    let (endpoint, treatment) = (&ready.endpoint, ready.treatment);
    let now = context.now();
    let late = ready.member.is_late(now).then_some(Outcome::Expired);
    let timed = context
        .rules
        .too_late(endpoint, treatment, ready.member.due, now);
    let outcome = timed.or(late)?;
    let record = record(context, ordinal, endpoint, treatment, outcome, now);
    Some(Answered {
        ordinal,
        fate: Fate::Done(outcome),
        events: record.events,
    })
}

async fn deliver(context: &RunContext, ready: Ready) -> Answered {
    if let Some(refused) = admit(context, &ready).await {
        return refused;
    }
    let shared = &context.shared;
    match &ready.message {
        Outgoing::Mail(mail, facts) => {
            let delivery = if shared.suppression.contains(&mail.to) {
                Delivery::Suppressed
            } else {
                shared.email.send(mail.clone()).await
            };
            let told = (mail, facts);
            answered(context, &ready, told, &delivery, context.now())
        }
        Outgoing::Other(message, facts) => {
            let delivery = shared.messages.hand_over(message.clone()).await;
            let told = (message, facts.as_ref());
            answered_other(context, &ready, told, &delivery, context.now())
        }
        Outgoing::Call(_) => call::deliver(context, &ready).await,
    }
}

/// What `delivery` means for a member whose message is no mail. Such a message is handed over once:
/// a refusal for now is final, unless nobody could be reached at all.
fn answered_other(
    context: &RunContext,
    ready: &Ready,
    (message, facts): (&OutboundMessage, Option<&SmsFacts>),
    delivery: &Delivery,
    now: Timestamp,
) -> Answered {
    let ordinal = ready.member.ordinal;
    let breaker = &context.shared.breaker;
    let outcome = match delivery {
        Delivery::Transient(refusal) if refusal.code.is_none() => {
            breaker.failed(context.shared.clock.monotonic());
            return Answered {
                ordinal,
                fate: Fate::Untouched,
                events: Vec::new(),
            };
        }
        Delivery::Accepted { .. } => Outcome::Success,
        Delivery::Unknown { .. } => Outcome::Unknown,
        _ if message.channel == ChannelType::Custom => Outcome::CustomDeliveryFailure,
        Delivery::Permanent(_) | Delivery::Suppressed => Outcome::FailurePermanent,
        Delivery::Transient(_) => Outcome::TransientFailure,
        Delivery::Throttled(_) => Outcome::Throttled,
    };
    breaker.answered();
    let (endpoint, treatment) = (&ready.endpoint, ready.treatment);
    let mut events = record(context, ordinal, endpoint, treatment, outcome, now).events;
    if let (Some(facts), Payload::Sms(sms)) = (facts, &message.payload) {
        events.extend(feedback::sms_handed_over(facts, sms, delivery, now));
    }
    Answered {
        ordinal,
        fate: Fate::Done(outcome),
        events,
    }
}

/// What `delivery` means for a member whose message is a mail, and which events tell of it.
fn answered(
    context: &RunContext,
    ready: &Ready,
    (mail, facts): (&OutboundEmail, &MailFacts),
    delivery: &Delivery,
    now: Timestamp,
) -> Answered {
    let breaker = &context.shared.breaker;
    let ordinal = ready.member.ordinal;
    let not_done = |fate, events| Answered {
        ordinal,
        fate,
        events,
    };
    let outcome = match delivery {
        Delivery::Throttled(_) => {
            breaker.failed(context.shared.clock.monotonic());
            return not_done(Fate::Untouched, Vec::new());
        }
        Delivery::Transient(refusal) if refuses_us(refusal) => {
            breaker.failed(context.shared.clock.monotonic());
            return not_done(Fate::Untouched, Vec::new());
        }
        Delivery::Transient(_) if !ready.member.last_try && simulated(&mail.to).is_none() => {
            breaker.answered();
            return not_done(Fate::Deferred, mail_events(ready, facts, delivery, now));
        }
        Delivery::Accepted { .. } | Delivery::Suppressed => Outcome::Success,
        Delivery::Permanent(_) => Outcome::FailurePermanent,
        Delivery::Transient(_) => Outcome::TransientFailure,
        Delivery::Unknown { .. } => Outcome::Unknown,
    };
    breaker.answered();
    let last = match delivery {
        // Retries have run out: the soft bounce has become a hard one.
        Delivery::Transient(refusal) if ready.member.retry => Delivery::Permanent(refusal.clone()),
        other => other.clone(),
    };
    let mut events = record(
        context,
        ordinal,
        &ready.endpoint,
        ready.treatment,
        outcome,
        now,
    )
    .events;
    events.extend(mail_events(ready, facts, &last, now));
    Answered {
        ordinal,
        fate: Fate::Done(outcome),
        events,
    }
}

/// Whether there is no server, or one that refuses this service rather than the recipient: it wants
/// other credentials or encryption.
fn refuses_us(refusal: &Refusal) -> bool {
    matches!(refusal.code, None | Some(530 | 534 | 535 | 538))
}

/// The mail's own events. A retry was recorded as sent at its first attempt.
fn mail_events(
    ready: &Ready,
    facts: &MailFacts,
    delivery: &Delivery,
    now: Timestamp,
) -> Vec<Event> {
    let mut events = feedback::handed_over(facts, delivery, now);
    if ready.member.retry {
        events.retain(|event| event.kind != SEND);
    }
    events
}
