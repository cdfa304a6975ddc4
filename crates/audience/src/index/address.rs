//! Who has an address.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use model::Ordinal;

use super::lanes::Lanes;

/// Tables among which addresses are spread, so that none takes long to grow.
const SHARDS: usize = 256;
/// The hash of no address.
const NONE: u32 = 0;

/// Ordinals by the hash of their address. Only hashes are kept: the endpoint has the address.
#[derive(Debug)]
pub(super) struct Addresses {
    hashes: Lanes<u32>,
    shards: Vec<HashTable<Ordinal>>,
    hasher: RandomState,
}

impl Default for Addresses {
    fn default() -> Self {
        Self {
            hashes: Lanes::new(NONE),
            shards: vec![HashTable::new(); SHARDS],
            hasher: RandomState::new(),
        }
    }
}

impl Addresses {
    pub(super) fn set(&mut self, ordinal: Ordinal, address: Option<&str>) {
        let before = self.hashes.get(ordinal);
        let now = address.map_or(NONE, |address| self.hash(address));
        if before == now {
            return;
        }
        if before != NONE {
            let shard = &mut self.shards[shard(before)];
            if let Ok(found) = shard.find_entry(spread(before), |other| *other == ordinal) {
                found.remove();
            }
        }
        self.hashes.set(ordinal, now);
        if now != NONE {
            let hashes = &self.hashes;
            self.shards[shard(now)]
                .insert_unique(spread(now), ordinal, |other| spread(hashes.get(*other)));
        }
    }

    /// The ordinals whose address has the hash of this one, ascending.
    pub(super) fn holders(&self, address: &str) -> Vec<Ordinal> {
        let hash = self.hash(address);
        let mut holders: Vec<Ordinal> = self.shards[shard(hash)]
            .iter_hash(spread(hash))
            .copied()
            .filter(|ordinal| self.hashes.get(*ordinal) == hash)
            .collect();
        holders.sort_unstable();
        holders
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let shards: usize = self.shards.iter().map(HashTable::allocation_size).sum();
        self.hashes.memory_bytes() + shards
    }

    fn hash(&self, address: &str) -> u32 {
        (self.hasher.hash_one(address) as u32).max(NONE + 1)
    }
}

const fn shard(hash: u32) -> usize {
    hash as usize % SHARDS
}

/// The table reads both ends of a 64-bit hash.
const fn spread(hash: u32) -> u64 {
    (hash as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_finds_its_holders() {
        let mut addresses = Addresses::default();
        for ordinal in 0..1000 {
            addresses.set(ordinal, Some(&format!("{}@example.com", ordinal % 900)));
        }
        assert_eq!(addresses.holders("7@example.com"), [7, 907]);
        addresses.set(7, None);
        assert_eq!(addresses.holders("7@example.com"), [907]);
        addresses.set(907, Some("8@example.com"));
        assert_eq!(addresses.holders("7@example.com"), [0; 0]);
        assert_eq!(addresses.holders("8@example.com"), [8, 907, 908]);
        assert_eq!(addresses.holders("nobody@example.com"), [0; 0]);
    }
}
