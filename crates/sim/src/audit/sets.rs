//! Everybody is in exactly one place.

use std::collections::BTreeSet;

use model::{EndpointSet, RunState};

use super::Complaints;
use super::view::View;

/// Who is in the run, and that each of them has one outcome.
pub(super) fn check(view: &View<'_>, complaints: &mut Complaints) {
    let run = &view.record.run;
    let name = || view.name();
    complaints.unless(
        view.is_over() || run.state == RunState::Paused,
        "every run comes to an end",
        || {
            format!(
                "{} is still {:?} at {}",
                name(),
                run.state,
                view.evidence.end
            )
        },
    );
    let mut members = EndpointSet::new();
    let mut count = 0;
    for batch in &view.record.batches {
        let apart = view.waits_for_events() || members.is_disjoint(&batch.members);
        count += batch.members.len();
        complaints.unless(apart, "batches share nobody", || {
            format!("{}, batch {}", name(), batch.number)
        });
        members |= &batch.members;
        let mut settled = EndpointSet::new();
        for (outcome, set) in &batch.outcomes {
            complaints.unless(settled.is_disjoint(set), "outcomes are disjoint", || {
                format!("{}, batch {}, {}", name(), batch.number, outcome.as_str())
            });
            settled |= set;
        }
        complaints.unless(
            settled.is_subset(&batch.members),
            "outcomes are of members",
            || format!("{}, batch {}", name(), batch.number),
        );
        if view.is_over() {
            complaints.unless(settled == batch.members, "everybody has an outcome", || {
                let left = &batch.members - &settled;
                format!("{}, batch {}: {left:?} have none", name(), batch.number)
            });
            complaints.unless(
                batch.closed && batch.in_flight.is_empty() && batch.deferred.is_empty(),
                "batches are closed",
                || format!("{}, batch {}: {batch:?}", name(), batch.number),
            );
        }
    }
    if run.state == RunState::Opening || run.batches == 0 && !view.is_over() {
        return;
    }
    complaints.unless(count == run.produced, "the frozen set is kept", || {
        format!("{}: {count} of {}", name(), run.produced)
    });
    if !view.waits_for_events() {
        membership(view, &members, complaints);
    }
}

/// Holds the frozen set against the audience at the instant of freezing.
fn membership(view: &View<'_>, members: &EndpointSet, complaints: &mut Complaints) {
    let (people, run) = (&view.evidence.people, &view.record.run);
    let never_frozen = run.state == RunState::Cancelled && run.produced == 0;
    let Some(audience) = view.evidence.plan.audiences.get(view.story.audience) else {
        return;
    };
    let frozen: BTreeSet<&str> = members
        .iter()
        .filter_map(|ordinal| people.id(ordinal))
        .collect();
    for id in people.ids().filter(|_| !never_frozen) {
        let states = people.between(id, run.started, run.started);
        let belongs = |state: &Option<&model::Endpoint>| state.is_some_and(|it| audience.holds(it));
        let is_member = frozen.contains(id);
        complaints.unless(
            states.iter().any(|state| belongs(state) == is_member),
            "the frozen set is the audience",
            || {
                format!(
                    "{}: {id} is in it: {is_member}, against {audience:?}",
                    view.name()
                )
            },
        );
    }
}
