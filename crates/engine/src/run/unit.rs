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
use super::compose::compose_changed;
use super::content::Words;
use super::context::{Members, RunContext};
use super::fresh;
use super::hook::{Changes, Verdict};
use super::pipeline::{Circumstances, Decision};
use crate::error::EngineError;
use crate::segments;

/// How often people are decided about anew who change whenever their hook is asked.
const ROUNDS_MAX: usize = 3;

/// A member that a unit is to decide about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub ordinal: Ordinal,
    /// When its turn came; absent if that was the run's beginning.
    pub due: Option<Timestamp>,
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

/// A member whom nothing keeps from getting a message.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub member: Member,
    pub endpoint: Endpoint,
    pub treatment: u8,
    /// Its place under the caps.
    pub reservation: Option<Reservation>,
}

/// A message as its transport takes it, with what its records tell.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Mail(OutboundEmail, MailFacts),
    /// Of any other channel; only text messages have records of their own.
    Other(OutboundMessage, Option<SmsFacts>),
    /// Of the custom channel: the endpoint, as the callee is told.
    Call(Members),
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
    /// Members whose zone is yet to have its turn, with its instant.
    pub waiting: Vec<(Ordinal, Timestamp)>,
    /// Members by treatment.
    pub assigned: BTreeMap<u8, EndpointSet>,
}

/// Reads the endpoints of `members`, decides about each, and renders what goes out.
pub(crate) async fn prepare(
    context: Arc<RunContext>,
    members: Vec<Member>,
) -> Result<Unit, EngineError> {
    let (mut unit, mut changed) = prepare_once(&context, members, true).await?;
    for round in 1..=ROUNDS_MAX {
        if changed.is_empty() {
            break;
        }
        let (more, again) = prepare_once(&context, changed, round < ROUNDS_MAX).await?;
        unit.add(more);
        changed = again;
    }
    Ok(unit)
}

/// As [`prepare`]; with `again`, answers who changed while the hook was asked, so that they are
/// decided about anew. Without it the hook has failed for them.
async fn prepare_once(
    context: &Arc<RunContext>,
    members: Vec<Member>,
    again: bool,
) -> Result<(Unit, Vec<Member>), EngineError> {
    let context = Arc::clone(context);
    let read = context.shared.clock.monotonic();
    let endpoints = load(&context, &members).await?;
    let known = Arc::clone(&context);
    let (mut unit, chosen) = blocking(&context, move || {
        let (mut unit, mut chosen) = decide(&known, &members, endpoints);
        if known.hook.is_none() {
            for one in std::mem::take(&mut chosen) {
                unit.compose(&known, one, None);
            }
        }
        (unit, chosen)
    })
    .await?;
    let Some(hook) = context.hook.as_ref().filter(|_| !chosen.is_empty()) else {
        return Ok((unit, Vec::new()));
    };
    let judged = hook.ask(&context, chosen).await;
    let fresh::Judged { valid, changed } = fresh::part(&context, judged, read).await?;
    let known = Arc::clone(&context);
    blocking(&context, move || {
        for (one, verdict) in valid {
            unit.obey(&known, one, verdict);
        }
        let mut anew = Vec::new();
        for one in changed {
            if again {
                anew.push(Member {
                    claimed: true,
                    ..one.member
                });
            } else {
                unit.obey(&known, one, Verdict::Failed);
            }
        }
        (unit, anew)
    })
    .await
}

async fn blocking<T: Send + 'static>(
    context: &RunContext,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, EngineError> {
    let working = tokio::task::spawn_blocking(work);
    context
        .shared
        .clock
        .elsewhere("decide", working)
        .await
        .map_err(|error| EngineError::Task(error.to_string()))
}

/// The endpoints of `members`: registered ones, else their snapshots in the stored lists of the
/// segment (`docs/spec/audience.md §10.7`).
pub(super) async fn load(
    context: &RunContext,
    members: &[Member],
) -> Result<Vec<Option<Endpoint>>, StoreError> {
    let ordinals: Vec<Ordinal> = members.iter().map(|member| member.ordinal).collect();
    let run = &context.run;
    segments::load(&context.shared.store, &run.app, &run.snapshots, &ordinals).await
}

fn decide(
    context: &RunContext,
    members: &[Member],
    endpoints: Vec<Option<Endpoint>>,
) -> (Unit, Vec<Chosen>) {
    let now = context.now();
    let mut unit = Unit::default();
    let mut chosen = Vec::new();
    for (member, endpoint) in members.iter().zip(endpoints) {
        let reached = context.caps.reached(member.ordinal, now);
        // Every event has a message of its own, also to an address that an earlier one had.
        let free = member.claimed || member.trigger.is_some();
        let mut claim = |address: &str| free || context.addresses.claim(address, member.ordinal);
        let mut circumstances = Circumstances {
            now,
            due: member.due,
            claimed: member.claimed,
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
            Decision::Wait(_) => None,
        };
        if let Some(number) = treatment {
            unit.assigned
                .entry(number)
                .or_default()
                .insert(member.ordinal);
        }
        let number = treatment.unwrap_or(0);
        match (decision, endpoint) {
            (Decision::Send, Some(endpoint)) => chosen.push(Chosen {
                member: *member,
                endpoint,
                treatment: number,
                reservation,
            }),
            (Decision::Skip(outcome), Some(endpoint)) if outcome.recorded() => {
                unit.skip(context, *member, &endpoint, number, outcome);
            }
            (Decision::Skip(outcome), _) => unit
                .silent
                .push((member.ordinal, after_attempt(*member, outcome))),
            (Decision::Wait(until), _) => unit.waiting.push((member.ordinal, until)),
            (Decision::Send, None) => unit
                .silent
                .push((member.ordinal, Outcome::FilteredOutBySegment)),
        }
    }
    (unit, chosen)
}

impl Unit {
    /// Adds what became of others.
    fn add(&mut self, other: Self) {
        self.ready.extend(other.ready);
        self.records.extend(other.records);
        self.silent.extend(other.silent);
        self.waiting.extend(other.waiting);
        for (treatment, members) in other.assigned {
            *self.assigned.entry(treatment).or_default() |= members;
        }
    }

    /// Makes the message for somebody who gets one, with what the hook changed.
    fn compose(&mut self, context: &RunContext, one: Chosen, changes: Option<&Changes>) {
        let now = context.now();
        let (member, treatment) = (one.member, one.treatment);
        match compose_changed(context, member, one.endpoint, treatment, changes, now) {
            Ok(ready) => self.ready.push(Ready {
                reservation: one.reservation,
                ..*ready
            }),
            Err(unsendable) => {
                if let Some(reservation) = one.reservation {
                    reservation.settle(unsendable.record.outcome, now);
                }
                self.records.push(unsendable.record);
            }
        }
    }

    /// Does what the hook says.
    fn obey(&mut self, context: &RunContext, one: Chosen, verdict: Verdict) {
        let outcome = match verdict {
            Verdict::Send(changes) => return self.compose(context, one, Some(&changes)),
            Verdict::Drop => Outcome::FilteredOutByHook,
            Verdict::Failed => Outcome::HookFailure,
        };
        if let Some(reservation) = one.reservation {
            reservation.settle(outcome, context.now());
        }
        self.skip(context, one.member, &one.endpoint, one.treatment, outcome);
    }

    /// Notes that nothing goes out.
    fn skip(
        &mut self,
        context: &RunContext,
        member: Member,
        endpoint: &Endpoint,
        treatment: u8,
        outcome: Outcome,
    ) {
        let outcome = after_attempt(member, outcome);
        let ordinal = member.ordinal;
        if outcome.recorded() {
            let now = context.now();
            let record = record(context, ordinal, endpoint, treatment, outcome, now);
            self.records.push(record);
        } else {
            self.silent.push((ordinal, outcome));
        }
    }
}

/// Who was refused for now before has been attempted, and stays so whatever comes between.
fn after_attempt(member: Member, outcome: Outcome) -> Outcome {
    if member.retry && matches!(outcome, Outcome::Expired | Outcome::FilteredOutByHook) {
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
