//! A unit of work: some members of a batch, decided and rendered.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use channels::email::{OutboundEmail, message_id};
use channels::feedback::{self, MailFacts};
use channels::token::TrackedMessage;
use clock::Timestamp;
use model::{ChannelType, Endpoint, EndpointSet, Event, Ordinal, Outcome};
use render::{Envelope, Mailbox, Variables, mime};
use store::StoreError;

use super::content::{message_id_header, send_key};
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
}

/// A message that is ready to be handed over.
#[derive(Debug)]
pub(crate) struct Ready {
    pub member: Member,
    pub endpoint: Endpoint,
    pub treatment: u8,
    pub mail: OutboundEmail,
    pub facts: MailFacts,
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
    let ordinals: Vec<Ordinal> = members.iter().map(|member| member.ordinal).collect();
    let capped = context.capped(&ordinals);
    let mut unit = Unit::default();
    for ((member, endpoint), (campaign_capped, daily_capped)) in
        members.iter().zip(endpoints).zip(capped)
    {
        let mut claim = |address: &str| member.claimed || context.addresses.claim(address);
        let mut circumstances = Circumstances {
            now,
            claim: &mut claim,
            campaign_capped,
            daily_capped,
        };
        let (decision, treatment) = context.rules.decide(endpoint.as_ref(), &mut circumstances);
        if let Some(number) = treatment {
            unit.assigned
                .entry(number)
                .or_default()
                .insert(member.ordinal);
        }
        let number = treatment.unwrap_or(0);
        match (decision, endpoint) {
            (Decision::Email, Some(endpoint)) => {
                match compose(context, *member, endpoint, number, now) {
                    Ok(ready) => unit.ready.push(*ready),
                    Err(record) => unit.records.push(record),
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
            (Decision::Email, None) => unit
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
    let event = feedback::campaign_send(endpoint, &reference, outcome, now, now);
    Record {
        ordinal,
        outcome,
        events: event.into_iter().collect(),
    }
}

/// Renders the message for `endpoint`, or says why it cannot be.
fn compose(
    context: &RunContext,
    member: Member,
    endpoint: Endpoint,
    treatment: u8,
    now: Timestamp,
) -> Result<Box<Ready>, Record> {
    let email = context
        .emails
        .get(usize::from(treatment))
        .and_then(Option::as_ref);
    let Some(email) = email else {
        let outcome = Outcome::UnsupportedChannel;
        return Err(record(
            context,
            member.ordinal,
            &endpoint,
            treatment,
            outcome,
            now,
        ));
    };
    let reference = context.reference(treatment);
    let activity = reference
        .activity
        .clone()
        .unwrap_or_else(|| context.id().clone());
    let key = send_key(&activity, &endpoint.id);
    let message_id = message_id(&key);
    let mut facts = MailFacts {
        app: endpoint.app.clone(),
        endpoint: endpoint.id.clone(),
        ordinal: Some(member.ordinal),
        user: endpoint.user.clone(),
        campaign: Some(reference.clone()),
        journey: None,
        message_id: message_id.clone(),
        sent: now,
        from: String::new(),
        to: endpoint.address.clone().unwrap_or_default(),
        subject: None,
        headers: Vec::new(),
        context: BTreeMap::new(),
    };
    let tracker = context.shared.signer.tracker(
        &context.shared.settings.public_url,
        TrackedMessage {
            app: endpoint.app.clone(),
            endpoint: endpoint.id.clone(),
            ordinal: Some(member.ordinal),
            campaign: Some(reference.clone()),
            journey: None,
            message_id: message_id.clone(),
            sent: now,
        },
    );
    let variables = Variables {
        endpoint: Some(&endpoint),
        now: Some(now),
        seed: Some(&key),
        ..Variables::default()
    };
    let failed = |facts: &MailFacts, error: String| {
        let outcome = Outcome::FailurePermanent;
        let mut failed = record(context, member.ordinal, &endpoint, treatment, outcome, now);
        let template = email.template.as_deref();
        failed
            .events
            .push(feedback::rendering_failure(facts, template, &error, now));
        failed
    };
    let rendered = email
        .content
        .render(&variables, Some(&tracker))
        .map_err(|error| failed(&facts, error.to_string()))?;
    let to = Mailbox::parse(&facts.to).map_err(|error| failed(&facts, error.to_string()))?;
    facts.from = rendered.from.to_string();
    let mime = mime(
        &rendered,
        &Envelope {
            to: &to.address,
            reply_to: &[],
            message_id: &message_id_header(&message_id, &rendered.from.address),
            date: now,
            service_headers: &tracker.unsubscribe_headers(),
        },
    );
    let mail = OutboundEmail {
        key,
        message_id,
        from: rendered.from.address,
        to: to.address,
        mime: Bytes::from(mime),
        app: endpoint.app.clone(),
        endpoint: endpoint.id.clone(),
        user: endpoint.user.clone(),
        campaign: Some(reference),
        journey: None,
        subject: rendered.subject,
        test: false,
    };
    debug_assert_eq!(endpoint.channel, Some(ChannelType::Email));
    Ok(Box::new(Ready {
        member,
        endpoint,
        treatment,
        mail,
        facts,
    }))
}
