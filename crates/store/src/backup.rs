//! Copies of a backend, taken while it works.

use std::path::Path;

use async_trait::async_trait;

use crate::StoreError;

/// What is told at the instant of a copy.
pub type AtInstant = Box<dyn FnOnce() + Send>;

/// A backend that can be copied while it works.
#[async_trait]
pub trait Backup: Send + Sync {
    /// Copies everything into the folder `dir`, which exists and is empty, so that the backend
    /// can be opened there. Documents and secrets are those of one instant between two commits;
    /// `at_instant` is called at that instant, while no commit goes on. Endpoints and users are
    /// those of an instant soon after it, so whatever the documents refer to is there.
    ///
    /// # Errors
    /// [`StoreError::Full`] if the disk of `dir` is full; the backend failed.
    async fn copy(&self, dir: &Path, at_instant: AtInstant) -> Result<(), StoreError>;
}
