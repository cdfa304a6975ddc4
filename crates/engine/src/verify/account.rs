//! The sets of a run added up, and what is wrong with them. Pure.

use std::collections::BTreeMap;

use model::{EndpointSet, Outcome, OutcomeSets, RunBatch};

use super::Records;

/// A thing that does not add up.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// What is wrong.
    pub kind: DifferenceKind,
    /// The outcome or status that it is about, if it is about one.
    pub outcome: Option<String>,
    /// How many people it concerns.
    pub count: u64,
    /// Those who can be named.
    pub people: EndpointSet,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What can be wrong with a run.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum DifferenceKind {
            $($(#[$doc])* $name,)*
        }

        impl DifferenceKind {
            /// The word in the Beckon API.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

kinds! {
    /// The run planned another number of people than its batches hold.
    Planned = "planned",
    /// Members of more than one batch.
    MemberTwice = "memberTwice",
    /// People with more than one outcome.
    Overlapping = "overlapping",
    /// People with an outcome who are no members.
    NotMember = "notMember",
    /// Members of a closed batch, or of a run that has ended, without an outcome.
    WithoutOutcome = "withoutOutcome",
    /// Members whose outcome demands a record that is not there.
    NotRecorded = "notRecorded",
    /// Members whose record tells another outcome, or whose outcome has none.
    RecordedOtherwise = "recordedOtherwise",
    /// People with more than one record.
    RecordedTwice = "recordedTwice",
    /// People with a record who are no members.
    RecordedStranger = "recordedStranger",
}

pub(super) struct Account {
    produced: u64,
    batches: u32,
    ended: bool,
    found: u32,
    members: EndpointSet,
    twice: EndpointSet,
    outcomes: OutcomeSets,
    settled: EndpointSet,
    overlapping: EndpointSet,
    strangers: EndpointSet,
    forgotten: EndpointSet,
}

impl Account {
    /// Of a run that planned `produced` people in `batches` batches.
    pub(super) fn new(produced: u64, batches: u32, ended: bool) -> Self {
        Self {
            produced,
            batches,
            ended,
            found: 0,
            members: EndpointSet::new(),
            twice: EndpointSet::new(),
            outcomes: OutcomeSets::new(),
            settled: EndpointSet::new(),
            overlapping: EndpointSet::new(),
            strangers: EndpointSet::new(),
            forgotten: EndpointSet::new(),
        }
    }

    pub(super) fn add(&mut self, batch: &RunBatch) {
        self.found += 1;
        self.twice |= &self.members & &batch.members;
        self.members |= &batch.members;
        let mut settled = EndpointSet::new();
        for (outcome, people) in &batch.outcomes {
            self.overlapping |= &settled & people;
            settled |= people;
            *self.outcomes.entry(*outcome).or_default() |= people;
        }
        self.overlapping |= &self.settled & &settled;
        self.strangers |= &settled - &batch.members;
        if batch.closed || self.ended {
            self.forgotten |= &batch.members - &settled;
        }
        self.settled |= settled;
    }

    pub(super) fn planned(&self) -> u64 {
        self.members.len()
    }

    pub(super) fn counts(&self) -> BTreeMap<Outcome, u64> {
        let counts = self.outcomes.iter().map(|(of, set)| (*of, set.len()));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    pub(super) fn remaining(&self) -> u64 {
        self.members.len() - self.members.intersection_len(&self.settled)
    }

    pub(super) fn overlapping(&self) -> u64 {
        self.overlapping.len()
    }

    /// What is wrong, with `records` or, without, by the sets alone.
    pub(super) fn differences(&self, records: Option<&Records>) -> Vec<Difference> {
        let mut list = List::default();
        let missing = self.produced.abs_diff(self.members.len());
        if missing > 0 || self.found != self.batches {
            list.0.push(Difference {
                kind: DifferenceKind::Planned,
                outcome: None,
                count: missing,
                people: EndpointSet::new(),
            });
        }
        list.add(DifferenceKind::MemberTwice, None, self.twice.clone());
        list.add(DifferenceKind::Overlapping, None, self.overlapping.clone());
        list.add(DifferenceKind::NotMember, None, self.strangers.clone());
        list.add(DifferenceKind::WithoutOutcome, None, self.forgotten.clone());
        if let Some(records) = records {
            self.against(records, &mut list);
        }
        list.0
    }

    fn against(&self, records: &Records, list: &mut List) {
        let none = EndpointSet::new();
        let recorded = records
            .endpoints
            .values()
            .fold(EndpointSet::new(), |all, set| all | set);
        for (outcome, people) in &self.outcomes {
            let word = outcome.as_str();
            let same = records.endpoints.get(word).unwrap_or(&none);
            if outcome.recorded() {
                list.add(DifferenceKind::NotRecorded, Some(word), people - &recorded);
            }
            let otherwise = &(people & &recorded) - same;
            list.add(DifferenceKind::RecordedOtherwise, Some(word), otherwise);
        }
        let repeated = records.repeated.clone();
        list.add(DifferenceKind::RecordedTwice, None, repeated);
        let strangers = recorded - &self.members;
        list.add(DifferenceKind::RecordedStranger, None, strangers);
    }
}

#[derive(Default)]
struct List(Vec<Difference>);

impl List {
    fn add(&mut self, kind: DifferenceKind, outcome: Option<&str>, people: EndpointSet) {
        if !people.is_empty() {
            self.0.push(Difference {
                kind,
                outcome: outcome.map(str::to_owned),
                count: people.len(),
                people,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(people: &[u32]) -> EndpointSet {
        people.iter().copied().collect()
    }

    fn batch(members: &[u32], outcomes: &[(Outcome, &[u32])], closed: bool) -> RunBatch {
        let outcomes = outcomes.iter().map(|(of, people)| (*of, set(people)));
        RunBatch {
            outcomes: outcomes.collect(),
            closed,
            ..RunBatch::new("r".into(), 0, set(members), 0)
        }
    }

    fn records(of: &[(&str, &[u32])], repeated: &[u32]) -> Records {
        let endpoints = of.iter().map(|(word, who)| ((*word).to_owned(), set(who)));
        let counts = of
            .iter()
            .map(|(word, who)| ((*word).to_owned(), who.len() as u64));
        Records {
            endpoints: endpoints.collect(),
            records: counts.collect(),
            repeated: set(repeated),
        }
    }

    #[track_caller]
    fn check(
        produced: u64,
        ended: bool,
        batches: &[RunBatch],
        records: Option<&Records>,
        want: &[(&str, &str, u64, &[u32])],
    ) {
        let mut account = Account::new(produced, 2, ended);
        for batch in batches {
            account.add(batch);
        }
        let found = account.differences(records);
        let found: Vec<_> = found
            .iter()
            .map(|it| {
                let people: Vec<u32> = it.people.iter().collect();
                let outcome = it.outcome.clone().unwrap_or_default();
                (it.kind.as_str(), outcome, it.count, people)
            })
            .collect();
        let want: Vec<_> = want
            .iter()
            .map(|(kind, outcome, count, who)| (*kind, (*outcome).to_owned(), *count, who.to_vec()))
            .collect();
        assert_eq!(found, want);
    }

    const SENT: Outcome = Outcome::Success;
    const QUIET: Outcome = Outcome::QuietTime;
    const OUT: Outcome = Outcome::EndpointOptOut;
    const DOUBT: Outcome = Outcome::InDoubt;

    fn sound() -> [RunBatch; 2] {
        [
            batch(
                &[1, 2, 3],
                &[(SENT, &[1]), (QUIET, &[2]), (OUT, &[3])],
                true,
            ),
            batch(
                &[70_000, 70_001],
                &[(SENT, &[70_000]), (DOUBT, &[70_001])],
                true,
            ),
        ]
    }

    fn true_records() -> Records {
        records(&[("SUCCESS", &[1, 70_000]), ("QUIET_TIME", &[2])], &[])
    }

    #[test]
    fn a_sound_run_has_no_difference() {
        check(5, true, &sound(), Some(&true_records()), &[]);
        check(5, true, &sound(), None, &[]);
    }

    #[test]
    fn a_run_under_way_may_have_records_that_no_set_shows_yet() {
        let batches = [
            batch(&[1, 2, 3], &[(SENT, &[1])], false),
            batch(&[70_000, 70_001], &[], false),
        ];
        check(5, false, &batches, Some(&true_records()), &[]);
        check(
            5,
            true,
            &batches,
            None,
            &[("withoutOutcome", "", 4, &[2, 3, 70_000, 70_001])],
        );
    }

    #[test]
    fn sets_that_do_not_add_up() {
        check(7, true, &sound(), None, &[("planned", "", 2, &[])]);
        check(3, true, &sound()[..1], None, &[("planned", "", 0, &[])]);
        let [first, mut second] = sound();
        second.members.insert(1);
        check(
            5,
            true,
            &[first, second],
            None,
            &[
                ("memberTwice", "", 1, &[1]),
                ("withoutOutcome", "", 1, &[1]),
            ],
        );
        let [mut first, second] = sound();
        first.outcomes.insert(OUT, set(&[2, 3, 9]));
        check(
            5,
            true,
            &[first, second],
            None,
            &[("overlapping", "", 1, &[2]), ("notMember", "", 1, &[9])],
        );
        let [mut first, second] = sound();
        first.outcomes.remove(&QUIET);
        check(
            5,
            false,
            &[first, second],
            None,
            &[("withoutOutcome", "", 1, &[2])],
        );
    }

    #[test]
    fn records_that_differ() {
        let with = |records: &Records, want: &[(&str, &str, u64, &[u32])]| {
            check(5, true, &sound(), Some(records), want);
        };
        let quiet: (&str, &[u32]) = ("QUIET_TIME", &[2]);
        with(
            &records(&[("SUCCESS", &[70_000]), quiet], &[]),
            &[("notRecorded", "SUCCESS", 1, &[1])],
        );
        with(
            &records(&[("SUCCESS", &[70_000]), ("THROTTLED", &[1]), quiet], &[]),
            &[("recordedOtherwise", "SUCCESS", 1, &[1])],
        );
        with(
            &records(&[("SUCCESS", &[1, 3, 70_000, 70_001]), quiet], &[]),
            &[
                ("recordedOtherwise", "ENDPOINT_OPT_OUT", 1, &[3]),
                ("recordedOtherwise", "IN_DOUBT", 1, &[70_001]),
            ],
        );
        with(
            &records(&[("SUCCESS", &[1, 8, 70_000]), quiet], &[1]),
            &[
                ("recordedTwice", "", 1, &[1]),
                ("recordedStranger", "", 1, &[8]),
            ],
        );
    }
}
