//! Finds out, after a crash, what became of members that were under way.

use std::collections::HashMap;

use clock::Timestamp;
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
    /// When its outcome was recorded.
    at: Timestamp,
}

/// Brings `batches` of one run, whose holders are dead, up to what the log says, and gives their
/// leases back. Who may have been handed over and has no record is in doubt, or, with `resend`, is
/// without trace again (`docs/spec/campaigns.md §7`).
pub(crate) async fn recover(
    log: &Log,
    activities: &[ActivityId],
    batches: &mut [Stored<RunBatch>],
    resend: bool,
    now: Timestamp,
) -> Result<(), EngineError> {
    let Some(from) = batches.iter().map(|batch| batch.log_position).min() else {
        return Ok(());
    };
    let found = read(log, from, activities, batches).await?;
    for batch in batches {
        take_over(batch, &found, resend, now);
    }
    Ok(())
}

async fn read(
    log: &Log,
    from: Position,
    activities: &[ActivityId],
    batches: &[Stored<RunBatch>],
) -> Result<HashMap<Ordinal, Found>, EngineError> {
    let mut found: HashMap<Ordinal, Found> = HashMap::new();
    let mut position = from;
    loop {
        let events = log.read(position, READ_MAX).await?;
        let Some((last, _)) = events.last() else {
            return Ok(found);
        };
        position = *last;
        for (at, event) in events {
            if let Some((ordinal, fact)) = fact(&event, activities)
                && concerns(batches, ordinal, at)
            {
                let known = found.entry(ordinal).or_default();
                known.outcome = known.outcome.or(fact.outcome);
                known.treatment = known.treatment.or(fact.treatment);
                known.refused_for_now |= fact.refused_for_now;
                known.at = known.at.max(fact.at);
            }
        }
    }
}

/// Whether what the log says up to `at` about a member is news to its batch. What lies before the
/// batch's own position is known to it: an earlier refusal must not excuse a later hand-over.
fn concerns(batches: &[Stored<RunBatch>], ordinal: Ordinal, at: Position) -> bool {
    batches
        .iter()
        .any(|batch| at > batch.log_position && batch.members.contains(ordinal))
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
            at: event.timestamp,
        },
    ))
}

fn take_over(
    batch: &mut Stored<RunBatch>,
    found: &HashMap<Ordinal, Found>,
    resend: bool,
    now: Timestamp,
) {
    let batch = &mut batch.value;
    let settled = batch
        .outcomes
        .values()
        .fold(EndpointSet::new(), |all, set| all | set);
    let handed_over = std::mem::take(&mut batch.in_flight);
    let mut doubtful = handed_over.clone();
    for (ordinal, fact) in found {
        if !batch.members.contains(*ordinal) || settled.contains(*ordinal) {
            continue;
        }
        if let Some(outcome) = fact.outcome {
            doubtful.remove(*ordinal);
            batch.deferred.remove(*ordinal);
            batch.stop_waiting(*ordinal);
            batch.outcomes.entry(outcome).or_default().insert(*ordinal);
            // Whoever was handed over was in flight before.
            if outcome == Outcome::FailurePermanent && !handed_over.contains(*ordinal) {
                batch.unmade.insert(*ordinal);
            }
            if outcome.attempted() {
                let sent = batch.sent.entry(fact.at.utc_minute()).or_default();
                sent.insert(*ordinal);
            }
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
        *batch.sent.entry(now.utc_minute()).or_default() |= &doubtful;
        for ordinal in &doubtful {
            batch.stop_waiting(ordinal);
        }
        *batch.outcomes.entry(Outcome::InDoubt).or_default() |= doubtful;
    }
    batch.leased_until = None;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the document and the log say about one member.
    #[derive(Debug, Clone)]
    struct Trace {
        settled: Option<Outcome>,
        in_flight: bool,
        deferred: bool,
        logged: Option<Outcome>,
        refused: bool,
    }

    fn trace() -> impl Strategy<Value = Trace> {
        let outcome = || {
            prop::option::of(prop::sample::select(vec![
                Outcome::Success,
                Outcome::Holdout,
                Outcome::FailurePermanent,
                Outcome::QuietTime,
            ]))
        };
        (
            outcome(),
            any::<bool>(),
            any::<bool>(),
            outcome(),
            any::<bool>(),
        )
            .prop_map(|(settled, in_flight, deferred, logged, refused)| Trace {
                settled,
                in_flight: in_flight && settled.is_none(),
                deferred: deferred && settled.is_none(),
                logged,
                refused,
            })
    }

    fn batch(traces: &[Trace]) -> RunBatch {
        let pick = |wanted: fn(&Trace) -> bool| {
            (0..)
                .zip(traces)
                .filter(|(_, t)| wanted(t))
                .map(|(o, _)| o)
                .collect()
        };
        let mut outcomes = model::OutcomeSets::new();
        for (ordinal, outcome) in (0..).zip(traces.iter().map(|trace| trace.settled)) {
            if let Some(outcome) = outcome {
                outcomes.entry(outcome).or_default().insert(ordinal);
            }
        }
        RunBatch {
            in_flight: pick(|trace| trace.in_flight),
            outcomes,
            deferred: pick(|trace| trace.deferred),
            fencing_token: 1,
            leased_until: Some(clock::Timestamp::default()),
            ..RunBatch::new("r".into(), 0, pick(|_| true), 0)
        }
    }

    proptest! {
        #[test]
        fn everyone_is_somewhere_once(traces in prop::collection::vec(trace(), 1..60), resend: bool) {
            let mut stored = Stored { value: batch(&traces), revision: 1 };
            let found: HashMap<Ordinal, Found> = (0..)
                .zip(&traces)
                .filter(|(_, trace)| trace.logged.is_some() || trace.refused)
                .map(|(ordinal, trace)| (ordinal, Found {
                    outcome: trace.logged,
                    treatment: Some(0),
                    refused_for_now: trace.refused,
                    at: Timestamp::default(),
                }))
                .collect();
            take_over(&mut stored, &found, resend, Timestamp::default());
            let after = &stored.value;
            prop_assert!(after.in_flight.is_empty() && after.leased_until.is_none());
            for (ordinal, trace) in (0_u32..).zip(&traces) {
                let outcomes: Vec<Outcome> = after
                    .outcomes
                    .iter()
                    .filter(|(_, set)| set.contains(ordinal))
                    .map(|(outcome, _)| *outcome)
                    .collect();
                prop_assert!(outcomes.len() <= 1, "{outcomes:?}");
                prop_assert!(outcomes.is_empty() || !after.deferred.contains(ordinal));
                let want = trace.settled.or(trace.logged).or_else(|| {
                    let lost = trace.in_flight && !trace.refused && !resend;
                    lost.then_some(Outcome::InDoubt)
                });
                prop_assert_eq!(outcomes.first().copied(), want);
            }
        }
    }
}
