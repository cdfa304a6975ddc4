//! The account's list of addresses that get no mail any more (`docs/spec/channels.md §4`).

use clock::Timestamp;
use model::SuppressionReason;
use store::{Store, StoreError};

/// The list in memory, over the documents that hold it; cheap to clone.
#[derive(Clone)]
pub struct SuppressionList {}

/// The form of `address` in which it is compared and stored: domain in lower case.
#[must_use]
pub fn normalize(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
        None => address.to_owned(),
    }
}

impl SuppressionList {
    /// Reads the list.
    ///
    /// # Errors
    /// The store failed.
    pub async fn load(_store: Store) -> Result<Self, StoreError> {
        unimplemented!()
    }

    /// Whether `address` gets no mail.
    #[must_use]
    pub fn contains(&self, _address: &str) -> bool {
        unimplemented!()
    }

    /// Adds `address`; durable when it returns. An entry that is there stays as it is.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add(
        &self,
        _address: &str,
        _reason: SuppressionReason,
        _since: Timestamp,
    ) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// Removes `address`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn remove(&self, _address: &str) -> Result<(), StoreError> {
        unimplemented!()
    }
}
