//! How often each endpoint was counted, without a row for each: bit `k` of everybody's count is one
//! set. Adding a set is a ripple of carries over few sets, taking one away a ripple of borrows.

use model::{EndpointSet, Ordinal};

/// Counts by ordinal; who was never counted takes no room.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Counts {
    /// Set `k` holds those whose count has bit `k`.
    bits: Vec<EndpointSet>,
}

impl Counts {
    /// Counts everybody in `set` once more.
    pub(super) fn add(&mut self, set: &EndpointSet) {
        let mut carry = set.clone();
        for bit in &mut self.bits {
            let again = &*bit & &carry;
            *bit ^= carry;
            carry = again;
            if carry.is_empty() {
                return;
            }
        }
        if !carry.is_empty() {
            self.bits.push(carry);
        }
    }

    /// Counts one more for `ordinal`.
    pub(super) fn increment(&mut self, ordinal: Ordinal) {
        for bit in &mut self.bits {
            if bit.insert(ordinal) {
                return;
            }
            bit.remove(ordinal);
        }
        self.bits.push(EndpointSet::from([ordinal]));
    }

    /// Counts one less for `ordinal`; who is not counted stays so.
    pub(super) fn decrement(&mut self, ordinal: Ordinal) {
        let Some(lowest) = self.bits.iter().position(|bit| bit.contains(ordinal)) else {
            return;
        };
        self.bits[lowest].remove(ordinal);
        for bit in &mut self.bits[..lowest] {
            bit.insert(ordinal);
        }
        self.trim();
    }

    /// Takes everybody's count in `other` away; nobody's may be larger there than here.
    pub(super) fn subtract_all(&mut self, other: &Self) {
        for (bit, set) in other.bits.iter().enumerate() {
            self.subtract_from(bit, set.clone());
        }
        self.trim();
    }

    /// How often `ordinal` was counted.
    pub(super) fn of(&self, ordinal: Ordinal) -> u64 {
        self.bits
            .iter()
            .enumerate()
            .filter(|(_, bit)| bit.contains(ordinal))
            .fold(0, |count, (k, _)| count | 1 << k)
    }

    /// Whether `ordinal` was counted at least `cap` times.
    pub(super) fn reaches(&self, ordinal: Ordinal, cap: u32) -> bool {
        self.of(ordinal) >= u64::from(cap)
    }

    /// Whether nobody is counted.
    pub(super) fn is_empty(&self) -> bool {
        self.bits.is_empty()
    }

    fn subtract_from(&mut self, bit: usize, mut borrow: EndpointSet) {
        for set in self.bits.iter_mut().skip(bit) {
            if borrow.is_empty() {
                return;
            }
            *set ^= &borrow;
            borrow &= &*set;
        }
        debug_assert!(borrow.is_empty(), "taken away more often than counted");
        // Who had too little is left with nothing, not with a count that wrapped around.
        for set in &mut self.bits {
            *set -= &borrow;
        }
    }

    fn trim(&mut self) {
        while self.bits.last().is_some_and(EndpointSet::is_empty) {
            self.bits.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const PEOPLE: u32 = 16;

    #[derive(Debug, Clone)]
    enum Step {
        Add(Vec<u32>),
        Increment(u32),
        Decrement(u32),
        TakeBack,
    }

    fn step() -> impl Strategy<Value = Step> {
        let person = 0..PEOPLE;
        prop_oneof![
            3 => prop::collection::vec(person.clone(), 0..12).prop_map(Step::Add),
            2 => person.clone().prop_map(Step::Increment),
            2 => person.prop_map(Step::Decrement),
            1 => Just(Step::TakeBack),
        ]
    }

    proptest! {
        #[test]
        fn counts_as_one_row_a_person_would(steps in prop::collection::vec(step(), 0..60)) {
            let mut counts = Counts::default();
            let mut naive: BTreeMap<u32, u32> = BTreeMap::new();
            // What was added in sets and can be taken away together.
            let (mut added, mut naive_added) = (Counts::default(), BTreeMap::<u32, u32>::new());
            for step in steps {
                match step {
                    Step::Add(people) => {
                        let set: EndpointSet = people.into_iter().collect();
                        counts.add(&set);
                        added.add(&set);
                        for person in &set {
                            *naive.entry(person).or_default() += 1;
                            *naive_added.entry(person).or_default() += 1;
                        }
                    }
                    Step::Increment(person) => {
                        counts.increment(person);
                        *naive.entry(person).or_default() += 1;
                    }
                    Step::Decrement(person) => {
                        let within = naive_added.get(&person).copied().unwrap_or(0);
                        let count = naive.entry(person).or_default();
                        if *count > within || *count == 0 {
                            counts.decrement(person);
                            *count = count.saturating_sub(1);
                        }
                    }
                    Step::TakeBack => {
                        counts.subtract_all(&added);
                        for (person, times) in std::mem::take(&mut naive_added) {
                            *naive.entry(person).or_default() -= times;
                        }
                        added = Counts::default();
                    }
                }
                for person in 0..PEOPLE {
                    let count = naive.get(&person).copied().unwrap_or(0);
                    prop_assert!(counts.reaches(person, count));
                    prop_assert!(!counts.reaches(person, count + 1));
                }
                prop_assert_eq!(counts.is_empty(), naive.values().all(|count| *count == 0));
            }
        }
    }
}
