//! What a dry run and a run say differently, person by person, by set.

use std::collections::BTreeMap;

use model::{
    DryRun, DryRunPart, EndpointId, EndpointSet, Ordinal, Outcome, OutcomeSets, Run, RunBatch,
};
use store::{Repository, Resource, Store, StoreError};

/// Documents read at a time.
const PAGE: usize = 64;
/// People that are named for each way.
const SAMPLE_MAX: usize = 10;

/// A dry run held against a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Every outcome of either, with the people that were planned for it and those who got it.
    pub outcomes: Vec<(Outcome, u64, u64)>,
    /// Those for whom the two differ, most people first.
    pub moved: Vec<Moved>,
}

/// People whose plan and outcome differ in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// What was planned.
    pub from: Place,
    /// What came.
    pub to: Place,
    /// How many people.
    pub endpoints: u64,
    /// Some of them; who was deleted meanwhile cannot be named.
    pub sample: Vec<EndpointId>,
}

/// Where a person is in a plan or a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Has this outcome.
    Outcome(Outcome),
    /// Is part of the run and has no outcome yet.
    Remaining,
    /// Is no part of it.
    Absent,
}

impl Place {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Outcome(outcome) => outcome.as_str(),
            Self::Remaining => "REMAINING",
            Self::Absent => "ABSENT",
        }
    }
}

/// Holds `dry_run` against `run`: those whom the dry run planned for its treatments, and those who are
/// no part of the dry run.
///
/// # Errors
/// The store failed.
pub async fn difference(
    store: &Store,
    dry_run: &DryRun,
    run: &Run,
) -> Result<Difference, StoreError> {
    let (mut planned, elsewhere) = planned(store, dry_run, run).await?;
    let (mut actual, mut members) = actual(store, run).await?;
    for set in planned.values_mut().chain(actual.values_mut()) {
        *set -= &elsewhere;
    }
    members -= &elsewhere;
    if !run.treatments.is_empty() {
        leave_to_others(&planned, &mut actual, &mut members);
    }
    let mut difference = Difference {
        outcomes: counts(&planned, &actual),
        moved: Vec::new(),
    };
    let from = places(&planned, &EndpointSet::new());
    let to = places(&actual, &members);
    for (from, to, people) in movements(&from, &to) {
        let ordinals: Vec<Ordinal> = people.iter().take(SAMPLE_MAX).collect();
        let found = store.endpoints.load(&dry_run.app, &ordinals).await?;
        difference.moved.push(Moved {
            from,
            to,
            endpoints: people.len(),
            sample: found.into_iter().flatten().map(|it| it.id).collect(),
        });
    }
    difference
        .moved
        .sort_by_key(|moved| std::cmp::Reverse(moved.endpoints));
    Ok(difference)
}

/// The sets of a dry run, and those whom it planned for treatments that take no part in `run`. The
/// holdout goes with the default treatment.
async fn planned(
    store: &Store,
    dry_run: &DryRun,
    run: &Run,
) -> Result<(OutcomeSets, EndpointSet), StoreError> {
    let (mut planned, mut elsewhere) = (OutcomeSets::new(), EndpointSet::new());
    each(&store.of::<DryRunPart>(), &dry_run.id, |part| {
        add(&mut planned, &part.outcomes);
        let mut assigned = EndpointSet::new();
        for (number, set) in &part.assigned {
            assigned |= set;
            if !run.takes(*number) {
                elsewhere |= set;
            }
        }
        if !run.takes(0) {
            for set in part.outcomes.values() {
                elsewhere |= set - &assigned;
            }
        }
    })
    .await?;
    Ok((planned, elsewhere))
}

/// Leaves out whom `run` has left to the runs of other treatments, unless that was planned.
fn leave_to_others(planned: &OutcomeSets, actual: &mut OutcomeSets, members: &mut EndpointSet) {
    let Some(left) = actual.get_mut(&Outcome::TreatmentHoldout) else {
        return;
    };
    let mut strangers = left.clone();
    for set in planned.values() {
        strangers -= set;
    }
    *left -= &strangers;
    *members -= &strangers;
}

/// The sets of a run, and its members.
async fn actual(store: &Store, run: &Run) -> Result<(OutcomeSets, EndpointSet), StoreError> {
    let (mut actual, mut members) = (OutcomeSets::new(), EndpointSet::new());
    if let Some(id) = run.activities.first() {
        each(&store.of::<RunBatch>(), id.as_str(), |batch| {
            add(&mut actual, &batch.outcomes);
            members |= &batch.members;
        })
        .await?;
    }
    Ok((actual, members))
}

async fn each<R: Resource>(
    resources: &Repository<R>,
    parent: &str,
    mut see: impl FnMut(&R),
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = resources.list(parent, after.as_ref(), PAGE).await?;
        page.items.iter().for_each(|item| see(item));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

fn add(sets: &mut OutcomeSets, more: &OutcomeSets) {
    for (outcome, set) in more {
        *sets.entry(*outcome).or_default() |= set;
    }
}

fn counts(planned: &OutcomeSets, actual: &OutcomeSets) -> Vec<(Outcome, u64, u64)> {
    let count = |sets: &OutcomeSets, outcome| sets.get(outcome).map_or(0, EndpointSet::len);
    Outcome::ALL
        .iter()
        .map(|outcome| (*outcome, count(planned, outcome), count(actual, outcome)))
        .filter(|(_, planned, actual)| planned + actual > 0)
        .collect()
}

/// Everybody of `members` and of `outcomes` by place.
fn places(outcomes: &OutcomeSets, members: &EndpointSet) -> BTreeMap<Place, EndpointSet> {
    let mut remaining = members.clone();
    for set in outcomes.values() {
        remaining -= set;
    }
    let mut places: BTreeMap<Place, EndpointSet> = outcomes
        .iter()
        .map(|(outcome, set)| (Place::Outcome(*outcome), set.clone()))
        .collect();
    if !remaining.is_empty() {
        places.insert(Place::Remaining, remaining);
    }
    places
}

/// Everybody who is elsewhere in `to` than in `from`. Pure.
fn movements(
    from: &BTreeMap<Place, EndpointSet>,
    to: &BTreeMap<Place, EndpointSet>,
) -> Vec<(Place, Place, EndpointSet)> {
    let everyone = |places: &BTreeMap<Place, EndpointSet>| {
        places
            .values()
            .fold(EndpointSet::new(), |all, set| all | set)
    };
    let mut movements = Vec::new();
    for (from, before) in from {
        for (to, after) in to.iter().filter(|(to, _)| *to != from) {
            movements.push((*from, *to, before & after));
        }
    }
    let (before, after) = (everyone(from), everyone(to));
    for (from, set) in from {
        movements.push((*from, Place::Absent, set - &after));
    }
    for (to, set) in to {
        movements.push((Place::Absent, *to, set - &before));
    }
    movements.retain(|(_, _, people)| !people.is_empty());
    movements
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn everybody_who_moved_is_told_once(
            people in proptest::collection::vec((0_usize..4, 0_usize..4), 0..60),
        ) {
            const PLACES: [Place; 4] = [
                Place::Outcome(Outcome::Success),
                Place::Outcome(Outcome::QuietTime),
                Place::Remaining,
                Place::Absent,
            ];
            let (mut from, mut to) = (BTreeMap::new(), BTreeMap::new());
            let mut want: BTreeMap<(Place, Place), Vec<u32>> = BTreeMap::new();
            for (ordinal, (before, after)) in (0_u32..).zip(people) {
                let (before, after) = (PLACES[before], PLACES[after]);
                for (places, place) in [(&mut from, before), (&mut to, after)] {
                    if place != Place::Absent {
                        places.entry(place).or_insert_with(EndpointSet::new).insert(ordinal);
                    }
                }
                if before != after {
                    want.entry((before, after)).or_default().push(ordinal);
                }
            }
            let got: BTreeMap<_, Vec<u32>> = movements(&from, &to)
                .into_iter()
                .map(|(from, to, people)| ((from, to), people.iter().collect()))
                .collect();
            prop_assert_eq!(got, want);
        }
    }
}
