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
    /// Whether somebody may be in several batches: once for each event.
    repeats: bool,
    /// Whether a batch is open.
    open: bool,
    planned: u64,
    remaining: u64,
    counts: BTreeMap<Outcome, u64>,
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
            repeats: false,
            open: false,
            planned: 0,
            remaining: 0,
            counts: BTreeMap::new(),
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
        self.repeats |= batch.deadline.is_some();
        self.open |= !batch.closed && !self.ended;
        self.planned += batch.members.len();
        self.twice |= &self.members & &batch.members;
        self.members |= &batch.members;
        let mut settled = EndpointSet::new();
        for (outcome, people) in &batch.outcomes {
            self.overlapping |= &settled & people;
            settled |= people;
            *self.counts.entry(*outcome).or_default() += people.len();
            *self.outcomes.entry(*outcome).or_default() |= people;
        }
        if !self.repeats {
            self.overlapping |= &self.settled & &settled;
        }
        self.remaining += batch.members.difference_len(&settled);
        self.strangers |= &settled - &batch.members;
        if batch.closed || self.ended {
            self.forgotten |= &batch.members - &settled;
        }
        self.settled |= settled;
    }

    /// People, each once; of a run that events feed, once for each event.
    pub(super) fn planned(&self) -> u64 {
        if self.repeats {
            self.planned
        } else {
            self.members.len()
        }
    }

    pub(super) fn counts(&self) -> BTreeMap<Outcome, u64> {
        let mut counts = self.counts.clone();
        counts.retain(|_, count| *count > 0);
        counts
    }

    pub(super) fn remaining(&self) -> u64 {
        self.remaining
    }

    pub(super) fn overlapping(&self) -> u64 {
        self.overlapping.len()
    }

    /// What is wrong, with `records` or, without, by the sets alone.
    pub(super) fn differences(&self, records: Option<&Records>) -> Vec<Difference> {
        let mut list = List::default();
        let missing = self.produced.abs_diff(self.planned());
        // Closed batches of a run that events feed are put together.
        if missing > 0 || (self.found != self.batches && !self.repeats) {
            list.count(DifferenceKind::Planned, None, missing);
        }
        if !self.repeats {
            list.add(DifferenceKind::MemberTwice, None, self.twice.clone());
        }
        list.add(DifferenceKind::Overlapping, None, self.overlapping.clone());
        list.add(DifferenceKind::NotMember, None, self.strangers.clone());
        list.add(DifferenceKind::WithoutOutcome, None, self.forgotten.clone());
        match records {
            Some(records) if self.repeats => self.by_count(records, &mut list),
            Some(records) => self.against(records, &mut list),
            None => {}
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

    /// As [`Self::against`] where people have a record for each event: the numbers must agree, and
    /// everybody have a record of each of their outcomes.
    fn by_count(&self, records: &Records, list: &mut List) {
        let none = EndpointSet::new();
        for (outcome, people) in self.outcomes.iter().filter(|(of, _)| of.recorded()) {
            let word = outcome.as_str();
            let same = records.endpoints.get(word).unwrap_or(&none);
            list.add(DifferenceKind::NotRecorded, Some(word), people - same);
            let kept = records.records.get(word).copied().unwrap_or(0);
            let counted = self.counts.get(outcome).copied().unwrap_or(0);
            if people.is_subset(same) && kept < counted {
                list.count(DifferenceKind::NotRecorded, Some(word), counted - kept);
            }
            if !self.open && kept > counted {
                list.count(DifferenceKind::RecordedTwice, Some(word), kept - counted);
            }
        }
        for (word, people) in &records.endpoints {
            let strangers = people - &self.members;
            list.add(DifferenceKind::RecordedStranger, Some(word), strangers);
        }
    }
}

#[derive(Default)]
struct List(Vec<Difference>);

impl List {
    /// A difference that tells how many people it concerns, but not whom.
    fn count(&mut self, kind: DifferenceKind, outcome: Option<&str>, count: u64) {
        self.0.push(Difference {
            kind,
            outcome: outcome.map(str::to_owned),
            count,
            people: EndpointSet::new(),
        });
    }

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

    #[test]
    fn who_got_several_messages_by_events_has_several_records() {
        let by_events = |members, outcomes| RunBatch {
            deadline: Some(clock::Timestamp::default()),
            ..batch(members, outcomes, true)
        };
        let batches = [
            by_events(&[1, 2], &[(SENT, &[1]), (QUIET, &[2])]),
            by_events(&[1, 2], &[(SENT, &[1]), (OUT, &[2])]),
        ];
        let with = |sent: u64, quiet: &[u32], want: &[(&str, &str, u64, &[u32])]| {
            let mut records = records(&[("SUCCESS", &[1]), ("QUIET_TIME", quiet)], &[1]);
            records.records.insert("SUCCESS".to_owned(), sent);
            check(4, true, &batches, Some(&records), want);
        };
        with(2, &[2], &[]);
        with(1, &[2], &[("notRecorded", "SUCCESS", 1, &[])]);
        with(3, &[2], &[("recordedTwice", "SUCCESS", 1, &[])]);
        with(2, &[], &[("notRecorded", "QUIET_TIME", 1, &[2])]);
        let stranger: &[(&str, &str, u64, &[u32])] = &[
            ("recordedTwice", "QUIET_TIME", 1, &[]),
            ("recordedStranger", "QUIET_TIME", 1, &[7]),
        ];
        with(2, &[2, 7], stranger);
        check(5, true, &batches, None, &[("planned", "", 1, &[])]);
    }
}
