//! Copying a data folder's documents and endpoints while the server works in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use store::{AtInstant, Backup, StoreError};

use crate::documents::Sqlite;
use crate::endpoints::EndpointStore;
use crate::folder::Folder;

/// Copies one data folder.
pub(crate) struct EmbeddedBackup {
    folder: Arc<Folder>,
    documents: Sqlite,
    endpoints: Arc<EndpointStore>,
}

impl EmbeddedBackup {
    pub const fn new(
        folder: Arc<Folder>,
        documents: Sqlite,
        endpoints: Arc<EndpointStore>,
    ) -> Self {
        Self {
            folder,
            documents,
            endpoints,
        }
    }
}

#[async_trait]
impl Backup for EmbeddedBackup {
    async fn copy(&self, dir: &Path, at_instant: AtInstant) -> Result<(), StoreError> {
        let copy = |of: PathBuf| {
            let name = of.file_name().unwrap_or_default();
            dir.join(name)
        };
        let pinned = self.documents.pin(at_instant).await?;
        let documents = pinned.copy(copy(self.folder.documents_path()));
        let endpoints = self.endpoints.copy(copy(self.folder.endpoints_path()));
        tokio::try_join!(documents, endpoints)?;
        self.folder.copy_meta(dir).map_err(|error| {
            StoreError::Backend(format!("the data folder's key and version: {error}"))
        })
    }
}
