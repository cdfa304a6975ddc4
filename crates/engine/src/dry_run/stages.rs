//! In which order the members of a planned run are looked at: by turn, and the canary before the rest
//! (`docs/spec/campaigns.md §15`). Pure.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use clock::Timestamp;
use model::{Canary, EndpointSet, PlannedCanary, Run};

use crate::run::canary::canary;

/// What is left of a planned run.
#[derive(Debug)]
pub(super) struct Stages {
    /// Those who may be looked at, with the instant from which on, in order.
    open: VecDeque<(Timestamp, EndpointSet)>,
    /// Those who are held until the canary is out, by turn.
    held: Vec<(Timestamp, EndpointSet)>,
    /// Whether the canary counts as begun only once somebody in it gets a message.
    sweeps: bool,
    hold: Duration,
    told: Option<PlannedCanary>,
}

impl Stages {
    /// The members of `run` by the instant of their turn; those without one are looked at once it is
    /// due.
    pub(super) fn new(
        run: &Run,
        first: Option<Canary>,
        members: BTreeMap<Option<Timestamp>, EndpointSet>,
    ) -> Self {
        let sweeps = members.keys().any(Option::is_some);
        let turns = members.into_iter().filter(|(_, set)| !set.is_empty());
        let turns = turns.map(|(turn, set)| (turn.unwrap_or(run.scheduled), set));
        let Some(first) = first else {
            return Self {
                open: turns.collect(),
                held: Vec::new(),
                sweeps,
                hold: Duration::ZERO,
                told: None,
            };
        };
        let turns: Vec<(Timestamp, EndpointSet)> = turns.collect();
        let everyone = turns
            .iter()
            .fold(EndpointSet::new(), |all, (_, set)| all | set);
        let chosen = canary(&everyone, first.percent, run);
        let cut = |keep: &dyn Fn(&EndpointSet) -> EndpointSet| -> Vec<_> {
            let parts = turns.iter().map(|(turn, set)| (*turn, keep(set)));
            parts.filter(|(_, set)| !set.is_empty()).collect()
        };
        Self {
            open: cut(&|set| set & &chosen).into(),
            held: cut(&|set| set - &chosen),
            sweeps,
            hold: Duration::from_secs(u64::from(first.hold_minutes) * 60),
            told: Some(PlannedCanary {
                treatments: run.treatments.clone(),
                endpoints: chosen.len(),
                out: None,
                rest: None,
            }),
        }
    }

    /// When the next members may be looked at; `None` if nobody is left.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.open.front().map(|(from, _)| *from)
    }

    /// The next members.
    pub(super) fn take(&mut self) -> Option<EndpointSet> {
        self.open.pop_front().map(|(_, members)| members)
    }

    /// Those who were taken are through at `now`. `begun` says whether anybody of the run has got a
    /// message. The rest follows the canary after the hold.
    pub(super) fn passed(&mut self, now: Timestamp, begun: bool) {
        let more = self.next_at().is_some_and(|next| next <= now);
        let waits = self.sweeps && !begun && !self.open.is_empty();
        if self.held.is_empty() || more || waits {
            return;
        }
        let follows = now.plus(self.hold);
        if let Some(told) = &mut self.told {
            told.out = Some(now);
            told.rest = (!self.hold.is_zero()).then_some(follows);
        }
        let mut left: Vec<_> = self.open.drain(..).chain(self.held.drain(..)).collect();
        left.sort_by_key(|(turn, _)| *turn);
        let after = |(turn, set): (Timestamp, EndpointSet)| (turn.max(follows), set);
        self.open = left.into_iter().map(after).collect();
    }

    /// What there is to say about the canary.
    pub(super) fn canary(self) -> Option<PlannedCanary> {
        self.told
    }
}

#[cfg(test)]
mod tests {
    use model::ActivityId;

    use super::*;
    use crate::campaigns::blank;

    const HOUR: i64 = 3_600_000;

    fn run() -> Run {
        let (activity, due) = (ActivityId::new("a"), Timestamp::from_millis(0));
        Run::new(&blank("c"), vec![activity], vec![0], due, due)
    }

    fn people(range: std::ops::Range<u32>) -> EndpointSet {
        range.collect()
    }

    /// Takes everybody, each hundred of whom need a second; `begun` says whether those of each turn
    /// get a message. Answers how many were taken at which instant.
    fn walk(stages: &mut Stages, begun: &[bool]) -> Vec<(i64, u64)> {
        let mut now = Timestamp::from_millis(0);
        let (mut taken, mut any) = (Vec::new(), false);
        while let Some(from) = stages.next_at() {
            now = now.max(from);
            let members = stages.take().expect("they are there");
            let turn = usize::try_from(now.as_millis() / HOUR).expect("after the start");
            any |= begun.get(turn).copied().unwrap_or(true);
            taken.push((now.as_millis(), members.len()));
            now = now.plus(Duration::from_millis(members.len() * 10));
            stages.passed(now, any);
        }
        taken
    }

    #[track_caller]
    fn check(
        hold_minutes: u32,
        turns: &[(Option<i64>, std::ops::Range<u32>)],
        begun: &[bool],
        want: &[(i64, u64)],
    ) -> PlannedCanary {
        let members = turns
            .iter()
            .map(|(turn, range)| (turn.map(Timestamp::from_millis), people(range.clone())))
            .collect();
        let first = Canary {
            percent: 10,
            hold_minutes,
        };
        let mut stages = Stages::new(&run(), Some(first), members);
        assert_eq!(walk(&mut stages, begun), want);
        stages.canary().expect("it has one")
    }

    #[test]
    fn the_rest_follows_the_canary_after_the_hold() {
        let told = check(60, &[(None, 0..1000)], &[], &[(0, 100), (HOUR + 1000, 900)]);
        assert_eq!(
            (told.endpoints, told.out, told.rest),
            (
                100,
                Some(Timestamp::from_millis(1000)),
                Some(Timestamp::from_millis(HOUR + 1000))
            )
        );
        // Without a time a person lets it go, as if at once.
        let told = check(0, &[(None, 0..1000)], &[], &[(0, 100), (1000, 900)]);
        assert_eq!((told.out.is_some(), told.rest), (true, None));
    }

    #[test]
    fn nobody_is_held_by_a_canary_of_everybody() {
        let told = check(60, &[(None, 0..1)], &[], &[(0, 1)]);
        assert_eq!((told.endpoints, told.out), (1, None));
    }

    #[test]
    fn in_a_sweep_the_first_that_got_a_message_holds_the_others() {
        let turns = [(Some(0), 0..10_000), (Some(5 * HOUR), 10_000..20_000)];
        let members = turns
            .iter()
            .map(|(turn, range)| (turn.map(Timestamp::from_millis), people(range.clone())));
        let first = Canary {
            percent: 10,
            hold_minutes: 360,
        };
        let mut stages = Stages::new(&run(), Some(first), members.collect());
        let taken = walk(&mut stages, &[]);
        let [(0, one), (late, two), (_, three), (_, four)] = taken[..] else {
            panic!("{taken:?}");
        };
        // Those whose turn comes during the hold are late.
        assert_eq!(late, i64::try_from(one).expect("few") * 10 + 6 * HOUR);
        assert_eq!(one + two, 10_000);
        assert_eq!(three + four, 10_000);
        assert!((800..1200).contains(&one), "{one}");
    }

    #[test]
    fn a_sweep_in_which_nobody_gets_a_message_goes_on_to_the_next_turn() {
        let turns = [(None, 0..10), (Some(0), 10..20), (Some(HOUR), 20..30)];
        let members = turns
            .iter()
            .map(|(turn, range)| (turn.map(Timestamp::from_millis), people(range.clone())));
        let first = Canary {
            percent: 50,
            hold_minutes: 1,
        };
        let mut stages = Stages::new(&run(), Some(first), members.collect());
        let taken = walk(&mut stages, &[false, true]);
        assert_eq!(taken.iter().map(|(_, many)| many).sum::<u64>(), 30);
        let told = stages.canary().expect("it has one");
        assert!(
            told.out.is_some_and(|out| out.as_millis() >= HOUR),
            "{told:?}"
        );
    }
}
