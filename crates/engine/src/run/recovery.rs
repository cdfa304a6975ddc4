//! Finds out, after a crash, what became of members that were under way.

use std::collections::HashMap;

use events::{Log, Position};
use model::{ActivityId, EndpointSet, Event, Ordinal, Outcome, RunBatch};
use store::Stored;

use crate::error::EngineError;

/// Events read from the log at a time.
const READ_MAX: usize = 8192;
/// The record of an endpoint's fate in a run.
const CAMPAIGN_SEND: &str = "_campaign.send";
/// The record of a refusal for now.
const SOFT_BOUNCE: &str = "_email.softbounce";

/// What the log says about a member.
#[derive(Debug, Clone, Copy, Default)]
struct Found {
    outcome: Option<Outcome>,
    treatment: Option<u8>,
    refused_for_now: bool,
}

/// Brings `batches` of one run, whose holders are dead, up to what the log says, and gives their
/// leases back. Who may have been handed over and has no record is in doubt, or, with `resend`, is
/// without trace again (`docs/spec/campaigns.md §7`).
pub(crate) async fn recover(
    log: &Log,
    activities: &[ActivityId],
    batches: &mut [Stored<RunBatch>],
    resend: bool,
) -> Result<(), EngineError> {
    let Some(from) = batches.iter().map(|batch| batch.log_position).min() else {
        return Ok(());
    };
    let members = batches
        .iter()
        .fold(EndpointSet::new(), |all, batch| all | &batch.members);
    let found = read(log, from, activities, &members).await?;
    for batch in batches {
        take_over(batch, &found, resend);
    }
    Ok(())
}

async fn read(
    log: &Log,
    from: Position,
    activities: &[ActivityId],
    members: &EndpointSet,
) -> Result<HashMap<Ordinal, Found>, EngineError> {
    let mut found: HashMap<Ordinal, Found> = HashMap::new();
    let mut position = from;
    loop {
        let events = log.read(position, READ_MAX).await?;
        let Some((last, _)) = events.last() else {
            return Ok(found);
        };
        position = *last;
        for (_, event) in events {
            if let Some((ordinal, fact)) = fact(&event, activities)
                && members.contains(ordinal)
            {
                let known = found.entry(ordinal).or_default();
                known.outcome = known.outcome.or(fact.outcome);
                known.treatment = known.treatment.or(fact.treatment);
                known.refused_for_now |= fact.refused_for_now;
            }
        }
    }
}

/// What one event says about a member of the run.
fn fact(event: &Event, activities: &[ActivityId]) -> Option<(Ordinal, Found)> {
    if event.origin != model::Origin::Service {
        return None;
    }
    let campaign = event.campaign.as_ref()?;
    if !activities.contains(campaign.activity.as_ref()?) {
        return None;
    }
    let ordinal = event.ordinal?;
    let treatment = campaign
        .treatment
        .as_deref()
        .and_then(|text| text.parse().ok());
    let outcome = match event.kind.as_str() {
        CAMPAIGN_SEND => Some(Outcome::parse(event.status.as_deref()?)?),
        SOFT_BOUNCE => None,
        _ => return None,
    };
    Some((
        ordinal,
        Found {
            outcome,
            treatment,
            refused_for_now: outcome.is_none(),
        },
    ))
}

fn take_over(batch: &mut Stored<RunBatch>, found: &HashMap<Ordinal, Found>, resend: bool) {
    let batch = &mut batch.value;
    let settled = batch
        .outcomes
        .values()
        .fold(EndpointSet::new(), |all, set| all | set);
    let mut doubtful = std::mem::take(&mut batch.in_flight);
    for (ordinal, fact) in found {
        if !batch.members.contains(*ordinal) || settled.contains(*ordinal) {
            continue;
        }
        if let Some(outcome) = fact.outcome {
            doubtful.remove(*ordinal);
            batch.deferred.remove(*ordinal);
            batch.outcomes.entry(outcome).or_default().insert(*ordinal);
            let held_out = outcome == Outcome::Holdout;
            if let Some(treatment) = fact.treatment.filter(|_| !held_out) {
                batch
                    .assigned
                    .entry(treatment)
                    .or_default()
                    .insert(*ordinal);
            }
        } else if fact.refused_for_now && doubtful.remove(*ordinal) {
            batch.deferred.insert(*ordinal);
        }
    }
    if !batch.deferred.is_empty() && batch.deferred_until.is_none() {
        batch.deferred_until = Some(clock::Timestamp::default());
    }
    if !resend && !doubtful.is_empty() {
        batch.deferred -= &doubtful;
        *batch.outcomes.entry(Outcome::InDoubt).or_default() |= doubtful;
    }
    batch.leased_until = None;
}
