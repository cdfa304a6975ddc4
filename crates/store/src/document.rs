//! Documents: resources and work, one row each, changed under revisions.

use async_trait::async_trait;
use clock::Timestamp;

use crate::StoreError;

/// Names a document. `kind` and `parent` group documents; `id` is unique in the group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentKey {
    /// What it is, such as `segment`.
    pub kind: &'static str,
    /// What it belongs to, such as the application's identifier; empty at the root.
    pub parent: String,
    /// Its identifier in the group.
    pub id: String,
}

/// A stored document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its name.
    pub key: DocumentKey,
    /// Starts at 1, plus one per write.
    pub revision: u64,
    /// Orders lists, newest first; never changed by a later write.
    pub created: Timestamp,
    /// When a loop should look at it; absent for never.
    pub due: Option<Timestamp>,
    /// The content.
    pub body: Vec<u8>,
}

/// What a write expects to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Anything, also nothing.
    Any,
    /// Nothing.
    Absent,
    /// This revision.
    Revision(u64),
}

/// One change of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Creates or replaces a document.
    Put {
        /// Its name.
        key: DocumentKey,
        /// What must be there before.
        expect: Expect,
        /// Order in lists; used only on creation.
        created: Timestamp,
        /// When a loop should look at it.
        due: Option<Timestamp>,
        /// The content.
        body: Vec<u8>,
    },
    /// Removes a document; removing what is not there succeeds under [`Expect::Any`].
    Delete {
        /// Its name.
        key: DocumentKey,
        /// What must be there before.
        expect: Expect,
    },
    /// Removes every document of this kind and parent.
    DeleteAll {
        /// The kind.
        kind: &'static str,
        /// The parent.
        parent: String,
    },
}

/// Part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, newest first, identifier as tie-break.
    pub items: Vec<T>,
    /// The key to go on after; absent on the last page.
    pub next: Option<(Timestamp, String)>,
}

/// Resources and work.
///
/// Writes are durable when [`Documents::commit`] returns; concurrent commits share a transaction.
#[async_trait]
pub trait Documents: Send + Sync {
    /// The document with this name.
    ///
    /// # Errors
    /// The backend failed.
    async fn get(&self, key: &DocumentKey) -> Result<Option<Document>, StoreError>;

    /// Documents of a group, newest first, strictly after the key `after`, at most `limit`.
    ///
    /// # Errors
    /// The backend failed.
    async fn list(
        &self,
        kind: &'static str,
        parent: &str,
        after: Option<&(Timestamp, String)>,
        limit: usize,
    ) -> Result<Page<Document>, StoreError>;

    /// Documents of a kind under any parent whose `due` is at or before `now`, earliest first.
    ///
    /// # Errors
    /// The backend failed.
    async fn due(
        &self,
        kind: &'static str,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Document>, StoreError>;

    /// Applies all of `writes` or none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if an expectation does not hold; [`StoreError::Full`] if the disk
    /// is full.
    async fn commit(&self, writes: Vec<Write>) -> Result<(), StoreError>;

    /// How many documents a group holds.
    ///
    /// # Errors
    /// The backend failed.
    async fn count(&self, kind: &'static str, parent: &str) -> Result<u64, StoreError>;
}
