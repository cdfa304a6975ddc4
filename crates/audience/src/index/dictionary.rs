//! Distinct values, each under a small number.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use super::codes::MISSING;

/// Bytes of given-up values that are left alone.
const GARBAGE_BYTES_MIN: usize = 4096;

/// Byte strings under codes from 1, with the number of uses of each. The code of a value that is
/// no longer used is given to another, and its bytes are reclaimed when half of all are such.
#[derive(Debug)]
pub(super) struct Dictionary {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    free: Vec<u32>,
    by_value: HashTable<u32>,
    hasher: RandomState,
    garbage: usize,
    uses: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    start: usize,
    length: u32,
    uses: u32,
}

impl Default for Dictionary {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            entries: vec![Entry::UNUSED],
            free: Vec::new(),
            by_value: HashTable::new(),
            hasher: RandomState::new(),
            garbage: 0,
            uses: 0,
        }
    }
}

impl Entry {
    const UNUSED: Self = Self {
        start: 0,
        length: 0,
        uses: 0,
    };

    fn of<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.start..self.start + self.length as usize]
    }
}

impl Dictionary {
    /// The value of a code in use.
    pub(super) fn value(&self, code: u32) -> &[u8] {
        self.entries[code as usize].of(&self.bytes)
    }

    /// The code of a value, if it is in use.
    pub(super) fn find(&self, value: &[u8]) -> Option<u32> {
        let hash = self.hasher.hash_one(value);
        self.by_value
            .find(hash, |code| self.value(*code) == value)
            .copied()
    }

    /// The code of a value, used once more.
    pub(super) fn acquire(&mut self, value: &[u8]) -> u32 {
        let code = match self.find(value) {
            Some(code) => code,
            None => self.enter(value),
        };
        self.entries[code as usize].uses += 1;
        self.uses += 1;
        code
    }

    /// Notes one use less; returns whether that was the last.
    pub(super) fn release(&mut self, code: u32) -> bool {
        let entry = &mut self.entries[code as usize];
        debug_assert!(entry.uses > 0, "a code is released as often as acquired");
        entry.uses -= 1;
        self.uses -= 1;
        if entry.uses > 0 {
            return false;
        }
        let hash = self.hasher.hash_one(self.value(code));
        if let Ok(found) = self.by_value.find_entry(hash, |other| *other == code) {
            found.remove();
        }
        self.garbage += self.entries[code as usize].length as usize;
        self.free.push(code);
        if self.garbage > GARBAGE_BYTES_MIN && self.garbage > self.bytes.len() / 2 {
            self.compact();
        }
        true
    }

    /// Every value in use: its code, its bytes, its uses.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &[u8], u32)> {
        self.entries
            .iter()
            .zip(0..)
            .filter(|(entry, _)| entry.uses > 0)
            .map(|(entry, code)| (code, entry.of(&self.bytes), entry.uses))
    }

    /// How often a code is used.
    pub(super) fn uses(&self, code: u32) -> u32 {
        self.entries[code as usize].uses
    }

    /// The uses of all values.
    pub(super) const fn uses_of_all(&self) -> u64 {
        self.uses
    }

    /// One more than the greatest code ever given out.
    pub(super) const fn codes_end(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.capacity()
            + self.entries.capacity() * size_of::<Entry>()
            + self.free.capacity() * size_of::<u32>()
            + self.by_value.allocation_size()
    }

    fn enter(&mut self, value: &[u8]) -> u32 {
        let entry = Entry {
            start: self.bytes.len(),
            length: u32::try_from(value.len()).expect("a value is far shorter than 4 GiB"),
            uses: 0,
        };
        self.bytes.extend_from_slice(value);
        let code = match self.free.pop() {
            Some(code) => {
                self.entries[code as usize] = entry;
                code
            }
            None => {
                self.entries.push(entry);
                u32::try_from(self.entries.len() - 1).expect("fewer values than ordinals")
            }
        };
        debug_assert_ne!(code, MISSING);
        let Self {
            bytes,
            entries,
            by_value,
            hasher,
            ..
        } = self;
        by_value.insert_unique(hasher.hash_one(value), code, |code| {
            hasher.hash_one(entries[*code as usize].of(bytes))
        });
        code
    }

    fn compact(&mut self) {
        let mut bytes = Vec::with_capacity(self.bytes.len() - self.garbage);
        for entry in self.entries.iter_mut().filter(|entry| entry.uses > 0) {
            let start = bytes.len();
            bytes.extend_from_slice(entry.of(&self.bytes));
            entry.start = start;
        }
        self.bytes = bytes;
        self.garbage = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_a_code() {
        let mut dictionary = Dictionary::default();
        let gold = dictionary.acquire(b"gold");
        assert_eq!(dictionary.acquire(b"gold"), gold);
        let silver = dictionary.acquire(b"silver");
        assert_ne!(silver, gold);
        assert_eq!(dictionary.value(gold), b"gold");
        assert!(!dictionary.release(gold));
        assert!(dictionary.release(gold));
        assert_eq!(dictionary.find(b"gold"), None);
        assert_eq!(dictionary.acquire(b"bronze"), gold, "the code is reused");
        assert_eq!(dictionary.value(silver), b"silver");
    }

    #[test]
    fn garbage_stays_bounded() {
        let mut dictionary = Dictionary::default();
        let kept = dictionary.acquire(b"kept");
        for turn in 0..100_000_u32 {
            let code = dictionary.acquire(format!("value number {turn}").as_bytes());
            dictionary.release(code);
        }
        assert_eq!(dictionary.value(kept), b"kept");
        assert!(dictionary.memory_bytes() < 32 * 1024);
    }
}
