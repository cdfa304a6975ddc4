//! The most frequent values of a column, for pick-lists.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use model::EndpointSet;

use super::dictionary::Dictionary;
use super::list::{decode, push};
use super::numbers::Numbers;

/// Distinct numbers that are counted.
const NUMBERS_MAX: usize = 65_536;

/// The most frequent values of lists; `plural` are the codes of lists with several values. Only
/// values of those are gathered aside: the count of a list of one is at hand.
pub(super) fn of_values(
    lists: &Dictionary,
    plural: &EndpointSet,
    limit: usize,
) -> Vec<(String, u64)> {
    let mut shared: HashMap<&str, u64> = HashMap::new();
    for code in plural {
        for value in decode(lists.value(code)) {
            *shared.entry(value).or_default() += u64::from(lists.uses(code));
        }
    }
    let mut top = Top::new(limit);
    for (code, list, uses) in lists.iter() {
        if !plural.contains(code)
            && let Some(value) = decode(list).next()
        {
            top.offer(value, u64::from(uses) + shared.get(value).unwrap_or(&0));
        }
    }
    let mut key = Vec::new();
    for (value, uses) in shared {
        key.clear();
        push(value, &mut key);
        if lists.find(&key).is_none() {
            top.offer(value, uses);
        }
    }
    top.into_sorted()
}

/// The most frequent numbers of a column, among the first [`NUMBERS_MAX`] met.
pub(super) fn of_numbers(column: &Numbers, limit: usize) -> Vec<(String, u64)> {
    let mut counts: HashMap<u64, u64> = HashMap::new();
    for value in column.iter() {
        let bits = value.to_bits();
        if let Some(count) = counts.get_mut(&bits) {
            *count += 1;
        } else if counts.len() < NUMBERS_MAX {
            counts.insert(bits, 1);
        }
    }
    let mut top = Top::new(limit);
    for (bits, count) in counts {
        top.offer(&f64::from_bits(bits).to_string(), count);
    }
    top.into_sorted()
}

/// The greatest counts seen so far.
struct Top {
    heap: BinaryHeap<(Reverse<u64>, String)>,
    limit: usize,
}

impl Top {
    fn new(limit: usize) -> Self {
        Self {
            heap: BinaryHeap::new(),
            limit,
        }
    }

    fn offer(&mut self, value: &str, count: u64) {
        if self.heap.len() >= self.limit {
            let Some((Reverse(least), last)) = self.heap.peek() else {
                return;
            };
            if (Reverse(count), value) >= (Reverse(*least), last) {
                return;
            }
            self.heap.pop();
        }
        self.heap.push((Reverse(count), value.to_owned()));
    }

    /// The most frequent first, equals in order of the text.
    fn into_sorted(self) -> Vec<(String, u64)> {
        let sorted = self.heap.into_sorted_vec();
        sorted
            .into_iter()
            .map(|(Reverse(count), value)| (value, count))
            .collect()
    }
}
