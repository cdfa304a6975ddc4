//! The addresses that a run has already used, one short hash each.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

use channels::suppression::normalize;
use model::Ordinal;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

/// Twelve bytes of SHA-256: in a run of ten million, two addresses share them with a chance of
/// one in 10^15.
type AddressHash = [u8; 12];

/// Addresses in use in a run, each with who uses it; at most one entry per member of the frozen set,
/// about 27 bytes each.
#[derive(Default)]
pub(crate) struct Addresses(Mutex<HashMap<AddressHash, Ordinal, BuildHasherDefault<Prefix>>>);

impl Addresses {
    /// Claims `address` for a member; false if another one has it. Whoever decides about a member
    /// anew, such as the next worker of a batch that was paused, finds its claim still its own.
    pub(crate) fn claim(&self, address: &str, member: Ordinal) -> bool {
        match self.0.lock().entry(hash(address)) {
            Entry::Occupied(taken) => *taken.get() == member,
            Entry::Vacant(free) => {
                free.insert(member);
                true
            }
        }
    }
}

fn hash(address: &str) -> AddressHash {
    let digest = Sha256::digest(normalize(address.trim()).as_bytes());
    let mut short = AddressHash::default();
    short.copy_from_slice(&digest[..12]);
    short
}

/// The first bytes of a value that is a hash already.
#[derive(Default)]
struct Prefix(u64);

impl Hasher for Prefix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_claimed_once_whatever_the_case_of_its_domain() {
        let addresses = Addresses::default();
        assert!(addresses.claim("ada@mail.example", 1));
        assert!(!addresses.claim("ada@MAIL.example", 2));
        assert!(addresses.claim("Ada@mail.example", 2));
        assert!(addresses.claim("ada@MAIL.example", 1), "it is its own");
    }
}
