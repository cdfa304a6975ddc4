//! A unit of work: some members of a batch, decided and rendered.

use std::collections::BTreeMap;
use std::sync::Arc;

use channels::email::OutboundEmail;
use channels::feedback::{self, MailFacts, SmsFacts};
use channels::message::OutboundMessage;
use clock::Timestamp;
use model::{ChannelType, Endpoint, EndpointSet, Event, Ordinal, Outcome};
use store::StoreError;

use super::caps::Reservation;
use super::compose::compose;
use super::content::Words;
use super::context::RunContext;
use super::pipeline::{Circumstances, Decision};
use crate::error::EngineError;
use crate::segments;

/// A member that a unit is to decide about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub ordinal: Ordinal,
    /// Whether the member got as far as claiming its address before.
    pub claimed: bool,
    /// Whether an earlier attempt was refused for now.
    pub retry: bool,
    /// Whether no further attempt follows this one.
    pub last_try: bool,
    /// The event that triggered the message, in runs that events feed.
    pub trigger: Option<Trigger>,
}

/// What an event triggered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trigger {
    /// Tells the messages of one endpoint in a run apart: the number of the batch.
    pub occurrence: u32,
    /// When the message is too late (`docs/spec/campaigns.md §10`).
    pub deadline: Timestamp,
}

impl Member {
    /// Whether the message that an event triggered is too late at `now`.
    pub(crate) fn is_late(&self, now: Timestamp) -> bool {
        self.trigger.is_some_and(|trigger| now >= trigger.deadline)
    }
}

/// A message that is ready to be handed over.
#[derive(Debug)]
pub(crate) struct Ready {
    pub member: Member,
    pub endpoint: Endpoint,
    pub treatment: u8,
    pub message: Outgoing,
    /// Its place under the caps.
    pub reservation: Option<Reservation>,
}

/// A message as its transport takes it, with what its records tell.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Mail(OutboundEmail, MailFacts),
    /// Of any other channel; only text messages have records of their own.
    Other(OutboundMessage, Option<SmsFacts>),
}

/// An outcome that must be in the log before it counts.
#[derive(Debug)]
pub(crate) struct Record {
    pub ordinal: Ordinal,
    pub outcome: Outcome,
    pub events: Vec<Event>,
}

/// What became of a unit's members.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    /// Messages to hand over.
    pub ready: Vec<Ready>,
    /// Outcomes with records.
    pub records: Vec<Record>,
    /// Outcomes without records.
    pub silent: Vec<(Ordinal, Outcome)>,
    /// Members by treatment.
    pub assigned: BTreeMap<u8, EndpointSet>,
}

/// Reads the endpoints of `members`, decides about each, and renders what goes out.
pub(crate) async fn prepare(
    context: Arc<RunContext>,
    members: Vec<Member>,
) -> Result<Unit, EngineError> {
    let endpoints = load(&context, &members).await?;
    tokio::task::spawn_blocking(move || decide(&context, &members, endpoints))
        .await
        .map_err(|error| EngineError::Task(error.to_string()))
}

/// The endpoints of `members`: registered ones, else their snapshots in the stored lists of the
/// segment (`docs/spec/audience.md §10.7`).
async fn load(
    context: &RunContext,
    members: &[Member],
) -> Result<Vec<Option<Endpoint>>, StoreError> {
    let ordinals: Vec<Ordinal> = members.iter().map(|member| member.ordinal).collect();
    let run = &context.run;
    segments::load(&context.shared.store, &run.app, &run.snapshots, &ordinals).await
}

fn decide(context: &RunContext, members: &[Member], endpoints: Vec<Option<Endpoint>>) -> Unit {
    let now = context.now();
    let mut unit = Unit::default();
    for (member, endpoint) in members.iter().zip(endpoints) {
        let reached = context.caps.reached(member.ordinal, now);
        // Every event has a message of its own, also to an address that an earlier one had.
        let free = member.claimed || member.trigger.is_some();
        let mut claim = |address: &str| free || context.addresses.claim(address);
        let mut circumstances = Circumstances {
            now,
            claim: &mut claim,
            campaign_capped: reached.total,
            daily_capped: reached.daily,
        };
        let (mut decision, treatment) = context.rules.decide(endpoint.as_ref(), &mut circumstances);
        if decision == Decision::Send && member.is_late(now) {
            decision = Decision::Skip(Outcome::Expired);
        }
        let reservation = match decision {
            Decision::Send => match context.caps.reserve(member.ordinal, now) {
                Ok(reservation) => Some(reservation),
                Err(outcome) => {
                    decision = Decision::Skip(outcome);
                    None
                }
            },
            Decision::Skip(outcome) => {
                context.caps.count(member.ordinal, outcome);
                None
            }
        };
        if let Some(number) = treatment {
            unit.assigned
                .entry(number)
                .or_default()
                .insert(member.ordinal);
        }
        let number = treatment.unwrap_or(0);
        match (decision, endpoint) {
            (Decision::Send, Some(endpoint)) => {
                match compose(context, *member, endpoint, number, now) {
                    Ok(ready) => unit.ready.push(Ready {
                        reservation,
                        ..*ready
                    }),
                    Err(unsendable) => {
                        if let Some(reservation) = reservation {
                            reservation.settle(unsendable.record.outcome, now);
                        }
                        unit.records.push(unsendable.record);
                    }
                }
            }
            (Decision::Skip(outcome), Some(endpoint)) if outcome.recorded() => {
                let outcome = after_attempt(*member, outcome);
                unit.records.push(record(
                    context,
                    member.ordinal,
                    &endpoint,
                    number,
                    outcome,
                    now,
                ));
            }
            (Decision::Skip(outcome), _) => unit
                .silent
                .push((member.ordinal, after_attempt(*member, outcome))),
            (Decision::Send, None) => unit
                .silent
                .push((member.ordinal, Outcome::FilteredOutBySegment)),
        }
    }
    unit
}

/// Who was refused for now before has been attempted, and stays so whatever comes between.
fn after_attempt(member: Member, outcome: Outcome) -> Outcome {
    if member.retry && outcome == Outcome::Expired {
        Outcome::TransientFailure
    } else {
        outcome
    }
}

/// The record of an outcome that is decided here.
pub(crate) fn record(
    context: &RunContext,
    ordinal: Ordinal,
    endpoint: &Endpoint,
    treatment: u8,
    outcome: Outcome,
    now: Timestamp,
) -> Record {
    let reference = context.reference(treatment);
    let mut event = feedback::campaign_send(endpoint, &reference, outcome, now, now);
    if let (Some(event), Some(Words::Custom(_))) =
        (&mut event, context.words(treatment, endpoint.channel))
    {
        // A function or webhook gets the message, whatever the endpoint's own channel is.
        event.channel = Some(ChannelType::Custom);
    }
    Record {
        ordinal,
        outcome,
        events: event.into_iter().collect(),
    }
}
