//! The account's list of addresses that get no mail any more (`docs/spec/channels.md §4`).

use std::collections::HashSet;
use std::sync::Arc;

use clock::Timestamp;
use model::{Suppression, SuppressionReason};
use parking_lot::RwLock;
use store::{Repository, Store, StoreError};

/// The list in memory, over the documents that hold it; cheap to clone. It grows with the list:
/// some 60 bytes an address.
#[derive(Clone)]
pub struct SuppressionList {
    repository: Arc<Repository<Suppression>>,
    known: Arc<RwLock<HashSet<Box<str>>>>,
}

/// Entries that are read at once.
const PAGE: usize = 1_000;

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
    pub async fn load(store: Store) -> Result<Self, StoreError> {
        let repository = store.of::<Suppression>();
        let mut known = HashSet::new();
        let mut after = None;
        loop {
            let page = repository.list("", after.as_ref(), PAGE).await?;
            known.extend(page.items.iter().map(|entry| Box::from(&*entry.address)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(Self {
            repository: Arc::new(repository),
            known: Arc::new(RwLock::new(known)),
        })
    }

    /// Whether `address` gets no mail.
    #[must_use]
    pub fn contains(&self, address: &str) -> bool {
        let known = self.known.read();
        !known.is_empty() && known.contains(&*normalize(address))
    }

    /// Adds `address`; durable when it returns. An entry that is there stays as it is.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add(
        &self,
        address: &str,
        reason: SuppressionReason,
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let address = normalize(address);
        if self.known.read().contains(&*address) {
            return Ok(());
        }
        let entry = Suppression {
            address,
            reason,
            since,
        };
        match self.repository.create(&entry).await {
            Ok(()) | Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
        self.known.write().insert(entry.address.into());
        Ok(())
    }

    /// Removes `address`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn remove(&self, address: &str) -> Result<(), StoreError> {
        let address = normalize(address);
        self.repository.delete("", &address).await?;
        self.known.write().remove(&*address);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_have_no_case() {
        assert_eq!(normalize("Ana@Mail.EXAMPLE"), "Ana@mail.example");
        assert_eq!(normalize("odd"), "odd");
        assert_eq!(normalize("a@b@C"), "a@b@c");
    }
}
