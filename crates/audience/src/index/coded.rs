//! A column of values under codes.

use model::Ordinal;

use super::codes::{Codes, MISSING};
use super::dictionary::Dictionary;
use super::lane_test::{CodeTest, Picked};

/// One optional byte string per ordinal.
#[derive(Debug, Default)]
pub(super) struct Coded {
    codes: Codes,
    dictionary: Dictionary,
}

/// What setting a value changed in the dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    /// The code that the ordinal has now.
    pub(super) now: u32,
    /// The code that is no longer used by any.
    pub(super) given_up: Option<u32>,
}

impl Coded {
    /// The value of an ordinal.
    pub(super) fn get(&self, ordinal: Ordinal) -> Option<&[u8]> {
        let code = self.codes.get(ordinal);
        (code != MISSING).then(|| self.dictionary.value(code))
    }

    /// The code of the value of an ordinal, [`MISSING`] if it has none.
    pub(super) fn code(&self, ordinal: Ordinal) -> u32 {
        self.codes.get(ordinal)
    }

    pub(super) fn set(&mut self, ordinal: Ordinal, value: Option<&[u8]>) -> Change {
        let before = self.codes.get(ordinal);
        let unchanged = match value {
            None => before == MISSING,
            Some(value) => before != MISSING && self.dictionary.value(before) == value,
        };
        if unchanged {
            return Change {
                now: before,
                given_up: None,
            };
        }
        let now = value.map_or(MISSING, |value| self.dictionary.acquire(value));
        self.codes.set(ordinal, now);
        let last = before != MISSING && self.dictionary.release(before);
        Change {
            now,
            given_up: last.then_some(before),
        }
    }

    pub(super) const fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// The codes of all values that `holds`.
    pub(super) fn pick(&self, holds: impl Fn(&[u8]) -> bool) -> Vec<u32> {
        self.dictionary
            .iter()
            .filter(|(_, value, _)| holds(value))
            .map(|(code, _, _)| code)
            .collect()
    }

    /// The test of the codes of this column for `picked` ones.
    pub(super) fn test(&self, picked: Picked) -> CodeTest<'_> {
        CodeTest::new(&self.codes, &self.dictionary, picked)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.codes.memory_bytes() + self.dictionary.memory_bytes()
    }
}
