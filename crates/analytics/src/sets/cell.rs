//! The events of one series in one hour: how many, and whose.

use clock::Timestamp;
use roaring::RoaringBitmap;

use crate::{Unit, Window};

/// A count and its sets. Numbers are those of [`crate::numbers`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    pub(crate) count: u64,
    /// Times of the first and the last event, in milliseconds.
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) people: People,
}

/// Endpoints and persons.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct People {
    pub(crate) endpoints: RoaringBitmap,
    /// Users by their number.
    pub(crate) users: RoaringBitmap,
    /// Endpoints of events without user: each is a person of its own.
    pub(crate) anonymous: RoaringBitmap,
}

impl Default for Cell {
    fn default() -> Self {
        Self {
            count: 0,
            first: i64::MAX,
            last: i64::MIN,
            people: People::default(),
        }
    }
}

impl Cell {
    pub(crate) fn add(&mut self, t: Timestamp, endpoint: u32, user: Option<u32>) {
        self.count += 1;
        self.first = self.first.min(t.as_millis());
        self.last = self.last.max(t.as_millis());
        self.people.add(endpoint, user);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.people.merge(&other.people);
    }

    /// The times of its events lie in here.
    pub(crate) fn window(&self) -> Window {
        Window {
            start: Timestamp::from_millis(self.first),
            end: Timestamp::from_millis(self.last),
        }
    }

    /// About how many bytes of memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        let people = &self.people;
        128 + people.endpoints.serialized_size()
            + people.users.serialized_size()
            + people.anonymous.serialized_size()
    }
}

impl People {
    pub(crate) fn add(&mut self, endpoint: u32, user: Option<u32>) {
        self.endpoints.insert(endpoint);
        match user {
            Some(user) => self.users.insert(user),
            None => self.anonymous.insert(endpoint),
        };
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.endpoints |= &other.endpoints;
        self.users |= &other.users;
        self.anonymous |= &other.anonymous;
    }

    /// How many there are.
    pub(crate) fn count(&self, unit: Unit) -> u64 {
        match unit {
            Unit::Endpoint => self.endpoints.len(),
            Unit::Person => self.users.len() + self.anonymous.len(),
        }
    }

    /// How many of them are in `other`, too.
    pub(crate) fn shared(&self, other: &Self, unit: Unit) -> u64 {
        match unit {
            Unit::Endpoint => self.endpoints.intersection_len(&other.endpoints),
            Unit::Person => {
                self.users.intersection_len(&other.users)
                    + self.anonymous.intersection_len(&other.anonymous)
            }
        }
    }
}
