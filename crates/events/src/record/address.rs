//! Addresses that can be told apart but not read.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The installation's key for addresses in records.
#[derive(Clone)]
pub struct AddressKey([u8; 32]);

impl AddressKey {
    /// The key with these bytes, derived from the master key.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// What stands for `address` in records: `h:` and 128 bits of its HMAC-SHA256 in hex.
    #[must_use]
    pub fn conceal(&self, address: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of every length");
        mac.update(address.as_bytes());
        format!("h:{}", hex::encode(&mac.finalize().into_bytes()[..16]))
    }
}
