//! The store's documents, with a point before and after each commit.

use std::sync::Arc;

use async_trait::async_trait;
use clock::{Clock, Timestamp};
use store::{Document, DocumentKey, Documents, Page, StoreError, Write};

use super::agenda::Agenda;

pub(super) struct Watched {
    pub inner: Arc<dyn Documents>,
    pub clock: Clock,
    pub agenda: Arc<Agenda>,
}

#[async_trait]
impl Documents for Watched {
    async fn get(&self, key: &DocumentKey) -> Result<Option<Document>, StoreError> {
        self.clock.elsewhere("read", self.inner.get(key)).await
    }

    async fn list(
        &self,
        kind: &'static str,
        parent: &str,
        after: Option<&(Timestamp, String)>,
        limit: usize,
    ) -> Result<Page<Document>, StoreError> {
        let listing = self.inner.list(kind, parent, after, limit);
        self.clock.elsewhere("read", listing).await
    }

    async fn due(
        &self,
        kind: &'static str,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Document>, StoreError> {
        let looking = self.inner.due(kind, now, limit);
        self.clock.elsewhere("read", looking).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let committing = async {
            self.inner.commit(writes.clone()).await?;
            self.agenda.note(&writes);
            Ok(())
        };
        self.clock.elsewhere("commit", committing).await
    }

    async fn count(&self, kind: &'static str, parent: &str) -> Result<u64, StoreError> {
        let counting = self.inner.count(kind, parent);
        self.clock.elsewhere("read", counting).await
    }
}
