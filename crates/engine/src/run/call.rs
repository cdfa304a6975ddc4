//! Custom messages: handed to a function or webhook, several endpoints a call
//! (`docs/spec/campaigns.md §9`).

use std::time::Duration;

use bytes::Bytes;
use channels::outbound::CallError;
use model::Outcome;

use super::context::RunContext;
use super::dispatch::{Answered, Fate, refused};
use super::unit::{Outgoing, Ready, record};
use crate::callees::{CalleeError, Target};
use crate::engine::Shared;

/// Endpoints in one call.
pub(super) const ENDPOINTS_MAX: usize = 50;
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(15);
/// The pauses before a call that could not be sent is tried again.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// Calls `target` once, when its turn has come, and waits for the answer as long as that may take.
pub(super) async fn call(
    shared: &Shared,
    target: &Target,
    body: Bytes,
) -> Result<Bytes, CalleeError> {
    let _turn = shared.calls.acquire().await;
    tokio::select! {
        answer = shared.callees.call(target, body) => answer,
        () = shared.clock.sleep(TIMEOUT) => {
            Err(CallError::NoAnswer("none within 15 seconds".to_owned()).into())
        }
    }
}

/// Parts messages that are calls from the others, and puts those that go together in one.
pub(super) fn parcels(messages: Vec<Ready>) -> Vec<Vec<Ready>> {
    let mut parcels: Vec<Vec<Ready>> = Vec::new();
    let mut open: Vec<(u8, usize)> = Vec::new();
    for ready in messages {
        if !matches!(ready.message, Outgoing::Call(_)) {
            parcels.push(vec![ready]);
            continue;
        }
        let treatment = ready.treatment;
        let fitting = open
            .iter()
            .find(|(number, index)| *number == treatment && parcels[*index].len() < ENDPOINTS_MAX);
        if let Some((_, index)) = fitting {
            parcels[*index].push(ready);
        } else {
            open.retain(|(number, _)| *number != treatment);
            open.push((treatment, parcels.len()));
            parcels.push(vec![ready]);
        }
    }
    parcels
}

/// Hands over what one call says. Its answer is the answer to everybody in it, and it is never
/// repeated once it may have left.
pub(super) async fn hand_over(context: &RunContext, parcel: Vec<Ready>) -> Vec<Answered> {
    let mut answered = Vec::with_capacity(parcel.len());
    let mut due = Vec::with_capacity(parcel.len());
    if let Some(rate) = &context.caps.rate {
        rate.pass(parcel.len()).await;
    }
    for mut ready in parcel {
        match refused(context, &ready) {
            Some(refused) => {
                if let (Fate::Done(outcome), Some(reservation)) =
                    (refused.fate, ready.reservation.take())
                {
                    reservation.settle(outcome, context.now());
                }
                answered.push(refused);
            }
            None => due.push(ready),
        }
    }
    let Some(treatment) = due.first().map(|ready| ready.treatment) else {
        return answered;
    };
    let outcome = send(context, treatment, &due).await;
    for mut ready in due {
        if let Some(reservation) = ready.reservation.take() {
            reservation.settle(outcome, context.now());
        }
        answered.push(told(context, &ready, outcome));
    }
    answered
}

/// Calls about `ready` alone.
pub(super) async fn deliver(context: &RunContext, ready: &Ready) -> Answered {
    let outcome = send(context, ready.treatment, std::slice::from_ref(ready)).await;
    told(context, ready, outcome)
}

fn told(context: &RunContext, ready: &Ready, outcome: Outcome) -> Answered {
    let (ordinal, now) = (ready.member.ordinal, context.now());
    let (endpoint, treatment) = (&ready.endpoint, ready.treatment);
    Answered {
        ordinal,
        fate: Fate::Done(outcome),
        events: record(context, ordinal, endpoint, treatment, outcome, now).events,
    }
}

async fn send(context: &RunContext, treatment: u8, due: &[Ready]) -> Outcome {
    let Some(custom) = context.custom(treatment) else {
        return Outcome::CustomDeliveryFailure;
    };
    let endpoints = due.iter().filter_map(|ready| match &ready.message {
        Outgoing::Call(told) => Some((&ready.endpoint.id, told.clone())),
        Outgoing::Mail(..) | Outgoing::Other(..) => None,
    });
    let body = Bytes::from(context.envelope(treatment, custom.said(), endpoints));
    let mut pauses = PAUSES.into_iter();
    loop {
        let error = match call(&context.shared, &custom.target, body.clone()).await {
            Ok(_) => return Outcome::Success,
            Err(error) => error,
        };
        match pauses.next() {
            Some(pause) if error.never_left() => context.shared.clock.sleep(pause).await,
            _ => {
                let campaign = &context.run.campaign;
                tracing::warn!(campaign.id = %campaign, %error, "custom channel failed");
                return if error.is_unclear() {
                    Outcome::Unknown
                } else {
                    Outcome::CustomDeliveryFailure
                };
            }
        }
    }
}
