//! Messages in a rolling day, over all campaigns of an application. Pure.
//!
//! Time is counted in whole minutes: a message counts in the minute in which it was sent and the
//! 1,439 that follow (`docs/spec/campaigns.md §7`).

use std::collections::BTreeMap;

use clock::Timestamp;
use model::{EndpointSet, Ordinal};

use super::counts::Counts;

/// The window, in minutes.
const WINDOW_MIN: i64 = 24 * 60;

/// The first minute of the window at `now`: what was sent before it counts no more.
pub(in crate::run) const fn window_start(now: Timestamp) -> i64 {
    now.utc_minute() - WINDOW_MIN + 1
}

/// Counts of the window, and what each of its minutes contributes.
#[derive(Debug, Default)]
pub(super) struct Daily {
    /// Messages of the window, with those that are reserved and on their way.
    counts: Counts,
    /// Messages by the minute in which they were sent.
    minutes: BTreeMap<i64, Counts>,
}

impl Daily {
    /// Lets go of what has left the window at `now`.
    fn advance(&mut self, now: Timestamp) {
        let start = window_start(now);
        while let Some(oldest) = self.minutes.first_entry() {
            if *oldest.key() >= start {
                return;
            }
            let gone = oldest.remove();
            self.counts.subtract_all(&gone);
        }
    }

    /// Whether `ordinal` got `cap` messages in the window, or will have.
    pub(super) fn reaches(&mut self, ordinal: Ordinal, cap: u32, now: Timestamp) -> bool {
        self.advance(now);
        self.counts.reaches(ordinal, cap)
    }

    /// Messages of `ordinal` in the window.
    pub(super) fn of(&mut self, ordinal: Ordinal, now: Timestamp) -> u64 {
        self.advance(now);
        self.counts.of(ordinal)
    }

    /// Counts a message that is to go out.
    pub(super) fn reserve(&mut self, ordinal: Ordinal) {
        self.counts.increment(ordinal);
    }

    /// A reserved message did not go out.
    pub(super) fn give_back(&mut self, ordinal: Ordinal) {
        self.counts.decrement(ordinal);
    }

    /// A reserved message went out in `minute`.
    pub(super) fn sent(&mut self, ordinal: Ordinal, minute: i64) {
        self.minutes.entry(minute).or_default().increment(ordinal);
    }

    /// Messages that went out in `minute`, as documents tell.
    pub(super) fn add(&mut self, set: &EndpointSet, minute: i64) {
        self.counts.add(set);
        self.minutes.entry(minute).or_default().add(set);
    }

    /// Messages of which [`Daily::add`] was told did not go out after all.
    pub(super) fn withdraw(&mut self, set: &EndpointSet, minute: i64) {
        let mut gone = Counts::default();
        gone.add(set);
        if let Some(within) = self.minutes.get_mut(&minute) {
            within.subtract_all(&gone);
            self.counts.subtract_all(&gone);
        }
    }

    /// Whether nobody counts at `now`.
    pub(super) fn is_empty(&mut self, now: Timestamp) -> bool {
        self.advance(now);
        self.counts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const PEOPLE: u32 = 4;

    #[derive(Debug, Clone)]
    enum Step {
        /// Reserves if the cap allows it, and sends this many minutes later, or not at all.
        Send(u32, u64, bool),
        Known(Vec<u32>),
        Pass(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..PEOPLE, 0_u64..3, any::<bool>()).prop_map(|(p, m, go)| Step::Send(p, m, go)),
            1 => prop::collection::vec(0..PEOPLE, 0..4).prop_map(Step::Known),
            2 => (0_u64..900).prop_map(Step::Pass),
        ]
    }

    proptest! {
        #[test]
        fn no_window_holds_more_than_the_cap(
            steps in prop::collection::vec(step(), 0..80),
            cap in 1_u32..4,
        ) {
            let mut daily = Daily::default();
            let mut now = Timestamp::from_millis(1_772_600_767_123);
            // One row a message: who and in which minute.
            let mut rows: Vec<(u32, i64)> = Vec::new();
            let naive = |rows: &[(u32, i64)], person: u32, now: Timestamp| {
                let within = |minute: i64| now.utc_minute() - minute < 24 * 60;
                rows.iter().filter(|(who, minute)| *who == person && within(*minute)).count()
            };
            for step in steps {
                match step {
                    Step::Send(person, minutes, goes) => {
                        let full = naive(&rows, person, now) >= cap as usize;
                        prop_assert_eq!(daily.reaches(person, cap, now), full);
                        if full {
                            continue;
                        }
                        daily.reserve(person);
                        if naive(&rows, person, now) + 1 >= cap as usize {
                            prop_assert!(daily.reaches(person, cap, now), "a reservation counts");
                        }
                        now = now.plus(Duration::from_secs(60 * minutes));
                        if goes {
                            daily.sent(person, now.utc_minute());
                            rows.push((person, now.utc_minute()));
                        } else {
                            daily.give_back(person);
                        }
                    }
                    Step::Known(people) => {
                        let set: EndpointSet = people.into_iter().collect();
                        daily.add(&set, now.utc_minute());
                        rows.extend(set.iter().map(|person| (person, now.utc_minute())));
                    }
                    Step::Pass(minutes) => now = now.plus(Duration::from_secs(60 * minutes)),
                }
                for person in 0..PEOPLE {
                    for cap in 1..6 {
                        let want = naive(&rows, person, now) >= cap as usize;
                        prop_assert_eq!(daily.reaches(person, cap, now), want);
                    }
                }
                let nobody = (0..PEOPLE).all(|person| naive(&rows, person, now) == 0);
                prop_assert_eq!(daily.is_empty(now), nobody);
            }
        }
    }

    #[test]
    fn what_did_not_go_out_is_taken_back() {
        let mut daily = Daily::default();
        let now = Timestamp::from_millis(0);
        daily.add(&(0..10).collect(), now.utc_minute());
        daily.withdraw(&(5..10).collect(), now.utc_minute());
        assert!(daily.reaches(4, 1, now) && !daily.reaches(5, 1, now));
        // Its minute has passed: nothing is left to take back.
        let later = now.plus(Duration::from_secs(24 * 3600));
        assert!(daily.is_empty(later));
        daily.withdraw(&(0..5).collect(), now.utc_minute());
        assert!(daily.is_empty(later));
    }
}
