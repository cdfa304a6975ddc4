//! Documents that fail at a chosen commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clock::Timestamp;
use model::App;
use store::{Document, DocumentKey, Documents, Expect, Page, Resource, StoreError, Write};

/// Lets a number of commits pass; then something happens, once.
pub struct Faulty {
    pub inner: Arc<dyn Documents>,
    pub passes: Arc<AtomicUsize>,
    pub fault: Fault,
}

pub enum Fault {
    /// The commit fails.
    Crash,
    /// Somebody else deletes the application and its jobs of this kind just before.
    DeleteApp {
        app: &'static str,
        jobs: &'static str,
    },
}

#[async_trait::async_trait]
impl Documents for Faulty {
    async fn get(&self, key: &DocumentKey) -> Result<Option<Document>, StoreError> {
        self.inner.get(key).await
    }

    async fn list(
        &self,
        kind: &'static str,
        parent: &str,
        after: Option<&(Timestamp, String)>,
        limit: usize,
    ) -> Result<Page<Document>, StoreError> {
        self.inner.list(kind, parent, after, limit).await
    }

    async fn due(
        &self,
        kind: &'static str,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Document>, StoreError> {
        self.inner.due(kind, now, limit).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        if self.passes.fetch_sub(1, Ordering::SeqCst) == 0 {
            match self.fault {
                Fault::Crash => return Err(StoreError::Backend("pulled the plug".to_owned())),
                Fault::DeleteApp { app, jobs: kind } => {
                    let parent = app.to_owned();
                    let app = DocumentKey {
                        kind: App::KIND,
                        parent: String::new(),
                        id: parent.clone(),
                    };
                    let expect = Expect::Any;
                    let deletes = vec![
                        Write::DeleteAll { kind, parent },
                        Write::Delete { key: app, expect },
                    ];
                    self.inner.commit(deletes).await?;
                }
            }
        }
        self.inner.commit(writes).await
    }

    async fn count(&self, kind: &'static str, parent: &str) -> Result<u64, StoreError> {
        self.inner.count(kind, parent).await
    }
}
