//! The event log and the activities tell the same as the sets.

use std::collections::BTreeMap;

use model::{Origin, Outcome, RunState};

use super::Complaints;
use super::view::View;

/// The record of what became of an endpoint.
const CAMPAIGN_SEND: &str = "_campaign.send";

/// Records and counters of a run.
pub(super) fn check(view: &View<'_>, complaints: &mut Complaints) {
    records(view, complaints);
    counters(view, complaints);
}

/// The log holds one record for each outcome that has one, and no other.
fn records(view: &View<'_>, complaints: &mut Complaints) {
    let run = &view.record.run;
    let mut told: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for event in &view.evidence.events {
        let Some(activity) = event.campaign.as_ref().and_then(|it| it.activity.as_ref()) else {
            continue;
        };
        let ours = event.kind == CAMPAIGN_SEND && event.origin == Origin::Service;
        let Some(arm) = run
            .activities
            .iter()
            .position(|it| it == activity)
            .filter(|_| ours)
        else {
            continue;
        };
        let id = event.endpoint.as_str();
        let status = event.status.as_deref().unwrap_or_default();
        told.entry(id).or_default().push(status);
        let arms = view.arms.get(id);
        let arm = u8::try_from(arm).unwrap_or(u8::MAX);
        complaints.unless(
            status == Outcome::Holdout.as_str() || arms.is_some_and(|arms| arms.contains(&arm)),
            "records are of the endpoint's treatment",
            || format!("{}: {id} is of {arms:?}, recorded for {arm}", view.name()),
        );
    }
    for (id, outcomes) in &view.outcomes {
        let recorded = outcomes.iter().filter(|outcome| has_record(**outcome));
        let mut want: Vec<&str> = recorded.map(|outcome| outcome.as_str()).collect();
        let mut found = told.remove(id).unwrap_or_default();
        want.sort_unstable();
        found.sort_unstable();
        complaints.unless(found == want, "the log tells what the sets tell", || {
            format!(
                "{}: {id} has {outcomes:?}, the log says {found:?}",
                view.name()
            )
        });
    }
    complaints.unless(
        told.is_empty() || !view.is_over(),
        "records are of members",
        || format!("{}: {told:?}", view.name()),
    );
}

/// Whether an outcome has a record (`docs/spec/events.md §3.3`).
fn has_record(outcome: Outcome) -> bool {
    !outcome.as_str().starts_with("ENDPOINT_")
        && !matches!(
            outcome,
            Outcome::FilteredOutBySegment
                | Outcome::DuplicateEndpoint
                | Outcome::DuplicateUser
                | Outcome::FilteredOutByHook
                | Outcome::TreatmentHoldout
                | Outcome::InDoubt
                | Outcome::Cancelled
        )
}

/// GetCampaignActivities counts what the sets hold.
fn counters(view: &View<'_>, complaints: &mut Complaints) {
    let run = &view.record.run;
    if view.story.last.is_none() {
        return;
    }
    for (arm, id) in (0_u8..).zip(&run.activities) {
        if !run.takes(arm) {
            continue;
        }
        let Some(activity) = view.story.activities.iter().find(|it| it.id == *id) else {
            complaints.unless(false, "every run has its activities", || view.name());
            continue;
        };
        let own = || {
            let people = view.outcomes.iter();
            people.filter(move |(id, _)| view.arms.get(*id).is_some_and(|arms| arms.contains(&arm)))
        };
        let count = |wanted: &dyn Fn(Outcome) -> bool| {
            let of = own().flat_map(|(_, outcomes)| outcomes);
            u64::try_from(of.filter(|it| wanted(**it)).count()).unwrap_or(u64::MAX)
        };
        let attempted = count(&is_attempt);
        let sent = count(&|outcome| outcome == Outcome::Success);
        let mut metrics = BTreeMap::new();
        if run.state != RunState::Opening {
            metrics.insert("ENDPOINT_PRODUCED", run.produced);
            let mut seen = 0;
            for outcome in view.outcomes.values().flatten() {
                if is_filtered(*outcome) {
                    *metrics.entry(outcome.as_str()).or_default() += 1;
                } else {
                    seen += 1;
                }
            }
            let admitted = count(&|outcome| !is_filtered(outcome));
            metrics.insert("TREATMENT_HOLDOUT", seen - admitted);
            metrics.retain(|_, count| *count > 0);
        }
        let agrees = activity.treatment == arm
            && activity.total == attempted
            && activity.successful == sent
            && (!view.is_over() || activity.metrics == metrics);
        complaints.unless(agrees, "activities count what the sets hold", || {
            format!(
                "{}, treatment {arm}: {attempted} attempted, {sent} sent, {metrics:?}; told {activity:?}",
                view.name()
            )
        });
    }
}

/// Whether a provider was asked (`docs/spec/events.md §3.3`).
fn is_attempt(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Success
            | Outcome::Failure
            | Outcome::FailurePermanent
            | Outcome::TransientFailure
            | Outcome::Throttled
            | Outcome::Unknown
            | Outcome::CustomDeliveryFailure
    )
}

/// Whether an endpoint was dropped before its cohort was looked at (steps 1 and 2).
fn is_filtered(outcome: Outcome) -> bool {
    outcome.as_str().starts_with("ENDPOINT_")
        || matches!(
            outcome,
            Outcome::FilteredOutBySegment | Outcome::DuplicateEndpoint | Outcome::DuplicateUser
        )
}
