//! Secrets, encrypted at rest with the master key.

use async_trait::async_trait;

use crate::StoreError;

/// Named secrets. They are never listed, logged or echoed.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The secret with this name.
    ///
    /// # Errors
    /// The backend failed, or the master key does not fit.
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Keeps `secret` under `name`, replacing what was there.
    ///
    /// # Errors
    /// The backend failed.
    async fn put(&self, name: &str, secret: &[u8]) -> Result<(), StoreError>;

    /// Forgets the secret with this name.
    ///
    /// # Errors
    /// The backend failed.
    async fn delete(&self, name: &str) -> Result<(), StoreError>;

    /// A key for purpose `label` derived from the master key; the same at every call.
    fn derived_key(&self, label: &str) -> [u8; 32];
}
