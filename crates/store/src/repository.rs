//! The typed view of documents.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use clock::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Document, DocumentKey, Documents, Expect, Page, StoreError, Write};

/// A type that is kept as a document.
pub trait Resource: Serialize + DeserializeOwned + Send + Sync {
    /// The kind of its documents.
    const KIND: &'static str;

    /// What it belongs to; empty at the root.
    fn parent(&self) -> String;

    /// Its identifier in the group.
    fn id(&self) -> String;

    /// Its place in lists.
    fn created(&self) -> Timestamp;

    /// When a loop should look at it.
    fn due(&self) -> Option<Timestamp> {
        None
    }
}

/// A resource with the revision under which it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<R> {
    /// The resource.
    pub value: R,
    /// Its revision.
    pub revision: u64,
}

impl<R> Deref for Stored<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.value
    }
}

impl<R> DerefMut for Stored<R> {
    fn deref_mut(&mut self) -> &mut R {
        &mut self.value
    }
}

impl<R: Resource> Stored<R> {
    /// The write that replaces what was read, if nobody changed it since.
    ///
    /// # Errors
    /// The resource does not encode.
    pub fn replace(&self) -> Result<Write, StoreError> {
        put(&self.value, Expect::Revision(self.revision))
    }

    /// The write that removes what was read, if nobody changed it since.
    #[must_use]
    pub fn delete(&self) -> Write {
        Write::Delete {
            key: key_of(&self.value),
            expect: Expect::Revision(self.revision),
        }
    }
}

/// Reads and writes resources of one type.
pub struct Repository<R> {
    documents: Arc<dyn Documents>,
    resource: PhantomData<fn() -> R>,
}

impl<R: Resource> Repository<R> {
    pub(crate) fn new(documents: Arc<dyn Documents>) -> Self {
        Self {
            documents,
            resource: PhantomData,
        }
    }

    /// The resource with this identifier.
    ///
    /// # Errors
    /// The backend failed or the record is damaged.
    pub async fn get(&self, parent: &str, id: &str) -> Result<Option<Stored<R>>, StoreError> {
        let key = DocumentKey {
            kind: R::KIND,
            parent: parent.to_owned(),
            id: id.to_owned(),
        };
        let document = self.documents.get(&key).await?;
        document.as_ref().map(decode).transpose()
    }

    /// Resources of a group, newest first.
    ///
    /// # Errors
    /// The backend failed or a record is damaged.
    pub async fn list(
        &self,
        parent: &str,
        after: Option<&(Timestamp, String)>,
        limit: usize,
    ) -> Result<Page<Stored<R>>, StoreError> {
        let page = self.documents.list(R::KIND, parent, after, limit).await?;
        Ok(Page {
            items: page.items.iter().map(decode).collect::<Result<_, _>>()?,
            next: page.next,
        })
    }

    /// Resources whose time has come, earliest first, at most `limit`.
    ///
    /// # Errors
    /// The backend failed or a record is damaged.
    pub async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Stored<R>>, StoreError> {
        let documents = self.documents.due(R::KIND, now, limit).await?;
        documents.iter().map(decode).collect()
    }

    /// How many resources a group holds.
    ///
    /// # Errors
    /// The backend failed.
    pub async fn count(&self, parent: &str) -> Result<u64, StoreError> {
        self.documents.count(R::KIND, parent).await
    }

    /// Creates `resource`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if there is one with this identifier.
    pub async fn create(&self, resource: &R) -> Result<(), StoreError> {
        self.documents
            .commit(vec![put(resource, Expect::Absent)?])
            .await
    }

    /// Creates or replaces `resource`, whatever was there.
    ///
    /// # Errors
    /// The backend failed.
    pub async fn put(&self, resource: &R) -> Result<(), StoreError> {
        self.documents
            .commit(vec![put(resource, Expect::Any)?])
            .await
    }

    /// Replaces what was read as `stored`; on success `stored` has the new revision.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody changed it since.
    pub async fn replace(&self, stored: &mut Stored<R>) -> Result<(), StoreError> {
        self.documents.commit(vec![stored.replace()?]).await?;
        stored.revision += 1;
        Ok(())
    }

    /// Removes the resource with this identifier, if there is one.
    ///
    /// # Errors
    /// The backend failed.
    pub async fn delete(&self, parent: &str, id: &str) -> Result<(), StoreError> {
        let key = DocumentKey {
            kind: R::KIND,
            parent: parent.to_owned(),
            id: id.to_owned(),
        };
        let expect = Expect::Any;
        self.documents
            .commit(vec![Write::Delete { key, expect }])
            .await
    }
}

/// The write that puts `resource`, to be committed with others.
///
/// # Errors
/// The resource does not encode.
pub fn put<R: Resource>(resource: &R, expect: Expect) -> Result<Write, StoreError> {
    let body = serde_json::to_vec(resource).map_err(|error| StoreError::Damaged {
        what: format!("{} {}", R::KIND, resource.id()),
        reason: error.to_string(),
    })?;
    Ok(Write::Put {
        key: key_of(resource),
        expect,
        created: resource.created(),
        due: resource.due(),
        body,
    })
}

fn key_of<R: Resource>(resource: &R) -> DocumentKey {
    DocumentKey {
        kind: R::KIND,
        parent: resource.parent(),
        id: resource.id(),
    }
}

fn decode<R: Resource>(document: &Document) -> Result<Stored<R>, StoreError> {
    let value = serde_json::from_slice(&document.body).map_err(|error| StoreError::Damaged {
        what: format!("{} {}", document.key.kind, document.key.id),
        reason: error.to_string(),
    })?;
    Ok(Stored {
        value,
        revision: document.revision,
    })
}
