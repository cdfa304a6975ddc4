//! What is decided and waits until it may go out: messages in a row, and people whom calls are about
//! by treatment, so that calls are full.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::lane::Lane;
use super::unit::{Outgoing, Ready};

/// How long somebody may wait for others to be in one call with.
const FILL_MAX: Duration = Duration::from_secs(1);

/// Who waits in one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Row {
    Messages,
    /// Those whom calls of this treatment are about.
    Calls(u8),
}

impl Row {
    pub(super) const fn lane(self) -> Lane {
        match self {
            Self::Messages => Lane::Messages,
            Self::Calls(_) => Lane::Calls,
        }
    }

    fn of(ready: &Ready) -> Self {
        match ready.message {
            Outgoing::Call(_) => Self::Calls(ready.treatment),
            Outgoing::Mail(..) | Outgoing::Other(..) => Self::Messages,
        }
    }
}

/// How many of a row go out together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lot {
    pub row: Row,
    pub count: usize,
}

/// Those who wait, in order, with the instant at which it was decided, by `Clock::monotonic`.
pub(super) struct Waiting<T = Ready> {
    rows: BTreeMap<Row, VecDeque<(Duration, T)>>,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
        }
    }
}

impl Waiting {
    pub(super) fn put(&mut self, ready: Ready, now: Duration) {
        self.put_in(Row::of(&ready), ready, now);
    }
}

impl<T> Waiting<T> {
    fn put_in(&mut self, row: Row, one: T, now: Duration) {
        self.rows.entry(row).or_default().push_back((now, one));
    }

    pub(super) fn len(&self) -> usize {
        self.rows.values().map(VecDeque::len).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn has(&self, row: Row) -> bool {
        self.rows.contains_key(&row)
    }

    /// The row whose turn it is: the one with whoever waits longest. A call that is not full waits
    /// a little while there are `more` to come.
    pub(super) fn next(
        &self,
        full_call: usize,
        more: bool,
        now: Duration,
        messages_may_go: bool,
    ) -> Option<(Row, usize)> {
        let may_go = |row: Row, people: &VecDeque<(Duration, T)>| match row {
            Row::Messages => messages_may_go,
            Row::Calls(_) => {
                let waits = people.front().map(|(since, _)| now.saturating_sub(*since));
                !more || people.len() >= full_call || waits.is_some_and(|it| it >= FILL_MAX)
            }
        };
        self.rows
            .iter()
            .filter(|(row, people)| may_go(**row, people))
            .min_by_key(|(_, people)| people.front().map(|(since, _)| *since))
            .map(|(row, people)| (*row, people.len()))
    }

    /// Takes the first of a row out.
    pub(super) fn take(&mut self, lot: Lot) -> Vec<T> {
        self.take_first(lot.row, |people| lot.count.min(people.len()))
    }

    /// Takes those of the row out about whom it was decided before `instant`.
    pub(super) fn take_older(&mut self, row: Row, instant: Duration) -> Vec<T> {
        self.take_first(row, |people| {
            people.partition_point(|(since, _)| *since < instant)
        })
    }

    fn take_first(
        &mut self,
        row: Row,
        count: impl Fn(&VecDeque<(Duration, T)>) -> usize,
    ) -> Vec<T> {
        let Some(people) = self.rows.get_mut(&row) else {
            return Vec::new();
        };
        let count = count(people);
        let taken = people.drain(..count).map(|(_, one)| one).collect();
        if people.is_empty() {
            self.rows.remove(&row);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// People in the rows given, a row each second.
    fn waiting(rows: &[(Row, usize)]) -> Waiting<usize> {
        let mut waiting = Waiting::default();
        for (second, (row, count)) in (0..).zip(rows) {
            for n in 0..*count {
                waiting.put_in(*row, n, at(second));
            }
        }
        waiting
    }

    #[track_caller]
    fn check(rows: &[(Row, usize)], more: bool, now: u64, open: bool, want: Option<(Row, usize)>) {
        assert_eq!(waiting(rows).next(50, more, at(now), open), want);
    }

    #[test]
    fn a_call_waits_for_others_a_little() {
        const CALLS: Row = Row::Calls(0);
        check(&[(CALLS, 49)], true, 0, true, None);
        check(&[(CALLS, 50)], true, 0, true, Some((CALLS, 50)));
        check(&[(CALLS, 49)], false, 0, true, Some((CALLS, 49)));
        check(&[(CALLS, 49)], true, 1, true, Some((CALLS, 49)));
        let others = Row::Calls(1);
        let both = [(CALLS, 49), (others, 60)];
        check(&both, true, 0, true, Some((others, 60)));
        check(&both, false, 0, true, Some((CALLS, 49)));
    }

    #[test]
    fn who_waits_longest_is_next_unless_the_provider_is_away() {
        let rows = [(Row::Messages, 3), (Row::Calls(0), 50)];
        check(&rows, true, 0, true, Some((Row::Messages, 3)));
        check(&rows, true, 0, false, Some((Row::Calls(0), 50)));
        check(&[(Row::Messages, 3)], true, 9, false, None);
        check(&[], false, 0, true, None);
    }

    #[test]
    fn rows_are_taken_in_order() {
        let row = Row::Messages;
        let mut waiting = waiting(&[(row, 3), (Row::Calls(2), 1), (row, 2)]);
        assert_eq!(waiting.take(Lot { row, count: 2 }), [0, 1]);
        assert_eq!(waiting.take_older(row, at(2)), [2]);
        assert_eq!((waiting.len(), waiting.has(row)), (3, true));
        assert_eq!(waiting.take(Lot { row, count: 9 }), [0, 1]);
        assert!(!waiting.has(row) && !waiting.is_empty());
        assert!(waiting.take_older(row, at(9)).is_empty());
    }
}
