//! Puts closed batches of a run that events feed together, so that few documents are left.
//!
//! An endpoint may be in several batches of such a run, once for each event. A batch holds it once,
//! so what is put together stays exact: an endpoint that is in a summary already goes to the next
//! one, and the numbers of members and of outcomes add up as before.

use model::{EndpointSet, RunBatch};

use super::caps::window_start;
use clock::Timestamp;

/// Members at which a summary is full.
const MEMBERS_MAX: u64 = 65_536;
/// Summaries that are kept open; an endpoint with more events than that fills some early.
const OPEN_MAX: usize = 64;

/// What becomes of batches that are put together.
pub(super) struct Folded {
    /// The summaries, those that were there before first; the last ones have no number yet.
    pub summaries: Vec<RunBatch>,
    /// How many of the summaries no longer take anything.
    pub full: usize,
}

/// Puts `batches`, which are closed, to `summaries`, which may be empty.
pub(super) fn fold(
    mut summaries: Vec<RunBatch>,
    batches: impl IntoIterator<Item = RunBatch>,
    now: Timestamp,
) -> Folded {
    for batch in batches {
        let mut rest = batch.members.clone();
        for summary in &mut summaries {
            let part = &rest - &summary.members;
            rest -= &part;
            put(summary, &batch, &part);
            if rest.is_empty() {
                break;
            }
        }
        if !rest.is_empty() {
            let mut fresh = RunBatch {
                closed: true,
                deadline: batch.deadline,
                ..RunBatch::new(
                    batch.run.clone(),
                    batch.number,
                    EndpointSet::new(),
                    batch.log_position,
                )
            };
            put(&mut fresh, &batch, &rest);
            summaries.push(fresh);
        }
    }
    let start = window_start(now);
    for summary in &mut summaries {
        summary.sent = summary.sent.split_off(&start);
    }
    let crowded = summaries.len() > OPEN_MAX;
    let full = summaries
        .first()
        .is_some_and(|it| it.members.len() >= MEMBERS_MAX);
    Folded {
        full: if full || crowded { summaries.len() } else { 0 },
        summaries,
    }
}

/// Adds those of `batch` who are in `part` to `summary`.
fn put(summary: &mut RunBatch, batch: &RunBatch, part: &EndpointSet) {
    if part.is_empty() {
        return;
    }
    summary.members |= part;
    add(&mut summary.unmade, &batch.unmade, part);
    for (outcome, set) in &batch.outcomes {
        add(summary.outcomes.entry(*outcome).or_default(), set, part);
    }
    for (treatment, set) in &batch.assigned {
        add(summary.assigned.entry(*treatment).or_default(), set, part);
    }
    for (minute, set) in &batch.sent {
        add(summary.sent.entry(*minute).or_default(), set, part);
    }
    summary.outcomes.retain(|_, set| !set.is_empty());
    summary.assigned.retain(|_, set| !set.is_empty());
    summary.sent.retain(|_, set| !set.is_empty());
}

fn add(to: &mut EndpointSet, set: &EndpointSet, part: &EndpointSet) {
    *to |= set & part;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::Outcome;
    use proptest::prelude::*;

    use super::*;

    const OUTCOMES: [Outcome; 3] = [Outcome::Success, Outcome::DailyCap, Outcome::InDoubt];

    /// A closed batch in which person `n` has the outcome `people[n]`, if any.
    fn batch(number: u32, people: &[Option<usize>]) -> RunBatch {
        let mut batch = RunBatch::new("r".into(), number, EndpointSet::new(), 0);
        batch.closed = true;
        for (person, outcome) in (0_u32..).zip(people) {
            let Some(outcome) = outcome else { continue };
            batch.members.insert(person);
            batch
                .outcomes
                .entry(OUTCOMES[*outcome])
                .or_default()
                .insert(person);
            batch
                .assigned
                .entry((person % 2) as u8)
                .or_default()
                .insert(person);
            batch
                .sent
                .entry(i64::from(number % 2))
                .or_default()
                .insert(person);
        }
        batch
    }

    /// How often each person has each outcome, treatment and minute.
    fn rows(batches: &[RunBatch]) -> BTreeMap<(u32, String), u32> {
        let mut rows = BTreeMap::new();
        for batch in batches {
            let together = batch
                .outcomes
                .values()
                .fold(EndpointSet::new(), |all, set| all | set);
            assert_eq!(together, batch.members, "every member has one outcome");
            let of = |name: String, set: &EndpointSet| {
                let named = set.iter().map(move |person| (person, name.clone()));
                named.collect::<Vec<_>>()
            };
            let mut all = Vec::new();
            all.extend(
                batch
                    .outcomes
                    .iter()
                    .flat_map(|(k, set)| of(format!("{k:?}"), set)),
            );
            all.extend(
                batch
                    .assigned
                    .iter()
                    .flat_map(|(k, set)| of(format!("t{k}"), set)),
            );
            all.extend(
                batch
                    .sent
                    .iter()
                    .flat_map(|(k, set)| of(format!("m{k}"), set)),
            );
            for row in all {
                *rows.entry(row).or_default() += 1;
            }
        }
        rows
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_added(
            people in prop::collection::vec(
                prop::collection::vec(prop::option::of(0..OUTCOMES.len()), 6),
                1..20,
            ),
            first in 0_usize..20,
        ) {
            let batches: Vec<RunBatch> =
                (0..).zip(&people).map(|(number, people)| batch(number, people)).collect();
            let want = rows(&batches);
            let first = first.min(batches.len());
            let now = Timestamp::default();
            let once = fold(Vec::new(), batches[..first].to_vec(), now);
            let twice = fold(once.summaries, batches[first..].to_vec(), now);
            prop_assert_eq!(rows(&twice.summaries), want);
            // As many summaries as the busiest person has events.
            let most = (0..6).map(|n| people.iter().filter(|p| p[n].is_some()).count()).max();
            prop_assert_eq!(Some(twice.summaries.len()), most);
        }
    }

    #[test]
    fn a_full_summary_takes_no_more() {
        let mut large = RunBatch::new("r".into(), 0, (0..65_536).collect(), 0);
        large
            .outcomes
            .insert(Outcome::Success, (0..65_536).collect());
        assert_eq!(
            fold(Vec::new(), [large.clone()], Timestamp::default()).full,
            1
        );
        let small = batch(1, &[Some(0)]);
        assert_eq!(fold(Vec::new(), [small], Timestamp::default()).full, 0);
    }
}
