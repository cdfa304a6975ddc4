//! Documents on SQLite: one writer thread that commits in groups, a few connections that read.

mod copy;
mod schema;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clock::Timestamp;
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use store::{AtInstant, Document, DocumentKey, Documents, Page, StoreError, Write};
use tokio::sync::Semaphore;

use crate::error::from_sqlite;
use crate::folder::Folder;
use crate::{OpenError, Options, blocking};

pub(crate) use copy::Pinned;
pub(crate) use writer::Change;
use writer::Writer;

/// Connections that read at once.
const READERS_MAX: usize = 4;
/// Most documents of one page; callers page through more.
const PAGE_MAX: usize = 10_000;

/// The migrated database, before its threads run.
pub(crate) struct Opened {
    writer: Connection,
}

impl Opened {
    /// What is sealed under `name`.
    pub fn sealed(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        sealed(&self.writer, name)
    }

    /// Keeps `sealed` under `name`.
    pub fn put_sealed(&self, name: &str, sealed: &[u8]) -> Result<(), StoreError> {
        writer::put_sealed(&self.writer, name, sealed).map_err(from_sqlite)
    }
}

/// Opens and migrates the database.
pub(crate) fn open(folder: &Folder, options: &Options) -> Result<Opened, OpenError> {
    let mut connection = connect(&folder.documents_path())?;
    let set_up = |connection: &Connection| {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // Bounds the log file that a burst leaves behind.
        connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
        if let Some(pages) = options.document_pages_max {
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        Ok(())
    };
    set_up(&connection).map_err(from_sqlite)?;
    schema::migrate(&mut connection, folder)?;
    Ok(Opened { writer: connection })
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path).map_err(from_sqlite)?;
    connection.set_prepared_statement_cache_capacity(32);
    connection
        .busy_timeout(Duration::from_secs(5))
        .map_err(from_sqlite)?;
    Ok(connection)
}

/// Documents and sealed secrets in `documents.sqlite`; cheap to clone.
#[derive(Clone)]
pub(crate) struct Sqlite(Arc<Shared>);

struct Shared {
    writer: Writer,
    readers: Arc<Readers>,
}

impl Sqlite {
    /// Starts the writer thread.
    pub fn start(folder: Arc<Folder>, opened: Opened) -> std::io::Result<Self> {
        let readers = Arc::new(Readers {
            folder: Arc::clone(&folder),
            idle: Mutex::new(Vec::new()),
            permits: Arc::new(Semaphore::new(READERS_MAX)),
        });
        Ok(Self(Arc::new(Shared {
            writer: Writer::start(folder, opened.writer)?,
            readers,
        })))
    }

    /// Applies all of `changes` or none.
    pub async fn change(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.0.writer.change(changes).await
    }

    /// What is sealed under `name`.
    pub async fn read_sealed(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let name = name.to_owned();
        self.read(move |connection| sealed(connection, &name)).await
    }

    /// The documents as they are between two commits; `at_instant` is called there.
    pub async fn pin(&self, at_instant: AtInstant) -> Result<Pinned, StoreError> {
        let folder = Arc::clone(&self.0.readers.folder);
        let pinned = self.0.writer.between(move || {
            let pinned = Pinned::new(&folder.documents_path())?;
            at_instant();
            Ok(pinned)
        });
        pinned.await?
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0.readers.read(query).await
    }
}

/// Connections that only read.
struct Readers {
    folder: Arc<Folder>,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        query: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Closed)?;
        let readers = Arc::clone(self);
        blocking::run(move || {
            let _permit = permit;
            let connection = readers.take()?;
            let answer = query(&connection);
            readers.idle.lock().push(connection);
            answer
        })
        .await?
    }

    fn take(&self) -> Result<Connection, StoreError> {
        if let Some(connection) = self.idle.lock().pop() {
            return Ok(connection);
        }
        let connection = connect(&self.folder.documents_path())?;
        connection
            .pragma_update(None, "query_only", true)
            .map_err(from_sqlite)?;
        Ok(connection)
    }
}

fn sealed(connection: &Connection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    connection
        .prepare_cached("SELECT sealed FROM secret WHERE name = ?1")
        .and_then(|mut statement| statement.query_row([name], |row| row.get(0)).optional())
        .map_err(from_sqlite)
}

/// Reads a row of (parent, id, revision, created, due, body).
fn document(kind: &'static str, row: &Row<'_>) -> rusqlite::Result<Document> {
    Ok(Document {
        key: DocumentKey {
            kind,
            parent: row.get(0)?,
            id: row.get(1)?,
        },
        revision: row.get::<_, i64>(2)?.unsigned_abs(),
        created: Timestamp::from_millis(row.get(3)?),
        due: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis),
        body: row.get(5)?,
    })
}

const GET: &str = "SELECT parent, id, revision, created, due, body FROM document
    WHERE kind = ?1 AND parent = ?2 AND id = ?3";
const LIST: &str = "SELECT parent, id, revision, created, due, body FROM document
    WHERE kind = ?1 AND parent = ?2 ORDER BY created DESC, id LIMIT ?3";
const LIST_AFTER: &str = "SELECT parent, id, revision, created, due, body FROM document
    WHERE kind = ?1 AND parent = ?2 AND created <= ?4 AND (created < ?4 OR id > ?5)
    ORDER BY created DESC, id LIMIT ?3";
const DUE: &str = "SELECT parent, id, revision, created, due, body FROM document
    WHERE kind = ?1 AND due IS NOT NULL AND due <= ?2 ORDER BY due, parent, id LIMIT ?3";
const COUNT: &str = "SELECT count(*) FROM document WHERE kind = ?1 AND parent = ?2";

/// A number of rows as SQLite takes it.
fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[async_trait]
impl Documents for Sqlite {
    async fn get(&self, key: &DocumentKey) -> Result<Option<Document>, StoreError> {
        let key = key.clone();
        self.read(move |connection| {
            connection
                .prepare_cached(GET)
                .and_then(|mut statement| {
                    statement
                        .query_row(params![key.kind, key.parent, key.id], |row| {
                            document(key.kind, row)
                        })
                        .optional()
                })
                .map_err(from_sqlite)
        })
        .await
    }

    async fn list(
        &self,
        kind: &'static str,
        parent: &str,
        after: Option<&(Timestamp, String)>,
        limit: usize,
    ) -> Result<Page<Document>, StoreError> {
        let limit = limit.min(PAGE_MAX);
        if limit == 0 {
            return Ok(Page {
                items: Vec::new(),
                next: None,
            });
        }
        let parent = parent.to_owned();
        let after = after.cloned();
        self.read(move |connection| {
            let wanted = rows(limit + 1);
            let read = || -> rusqlite::Result<Vec<Document>> {
                match &after {
                    None => connection
                        .prepare_cached(LIST)?
                        .query_map(params![kind, parent, wanted], |row| document(kind, row))?
                        .collect(),
                    Some((created, id)) => connection
                        .prepare_cached(LIST_AFTER)?
                        .query_map(
                            params![kind, parent, wanted, created.as_millis(), id],
                            |row| document(kind, row),
                        )?
                        .collect(),
                }
            };
            let mut items = read().map_err(from_sqlite)?;
            let more = items.len() > limit;
            items.truncate(limit);
            let next = items
                .last()
                .filter(|_| more)
                .map(|last| (last.created, last.key.id.clone()));
            Ok(Page { items, next })
        })
        .await
    }

    async fn due(
        &self,
        kind: &'static str,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Document>, StoreError> {
        let limit = rows(limit.min(PAGE_MAX));
        self.read(move |connection| {
            connection
                .prepare_cached(DUE)
                .and_then(|mut statement| {
                    statement
                        .query_map(params![kind, now.as_millis(), limit], |row| {
                            document(kind, row)
                        })?
                        .collect()
                })
                .map_err(from_sqlite)
        })
        .await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.change(writes.into_iter().map(Change::Document).collect())
            .await
    }

    async fn count(&self, kind: &'static str, parent: &str) -> Result<u64, StoreError> {
        let parent = parent.to_owned();
        self.read(move |connection| {
            let count: i64 = connection
                .prepare_cached(COUNT)
                .and_then(|mut statement| {
                    statement.query_row(params![kind, parent], |row| row.get(0))
                })
                .map_err(from_sqlite)?;
            Ok(count.unsigned_abs())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use store::Expect;

    use super::*;

    fn put(id: usize, bytes: usize) -> Write {
        Write::Put {
            key: DocumentKey {
                kind: "thing",
                parent: String::new(),
                id: id.to_string(),
            },
            expect: Expect::Absent,
            created: Timestamp::default(),
            due: None,
            body: vec![b'x'; bytes],
        }
    }

    /// A disk without room refuses what needs room, keeps what was there, and works again once
    /// something is gone.
    #[tokio::test]
    async fn a_full_disk_refuses_and_recovers() {
        let dir = tempfile::tempdir().unwrap();
        let mut options = Options::new(dir.path());
        options.document_pages_max = Some(64);
        let folder = Arc::new(Folder::open(dir.path()).unwrap());
        let opened = open(&folder, &options).unwrap();
        let documents = Sqlite::start(folder, opened).unwrap();

        let mut stored = 0;
        loop {
            match documents.commit(vec![put(stored, 10_000)]).await {
                Ok(()) => stored += 1,
                Err(StoreError::Full) => break,
                Err(error) => panic!("{error}"),
            }
        }
        assert!((5..64).contains(&stored), "{stored}");
        let small = documents.commit(vec![put(1_000, 10)]).await;
        assert!(small.is_ok(), "what fits is taken: {small:?}");
        let refused = documents.commit(vec![put(2_000, 10), put(2_001, 90_000)]);
        assert!(matches!(refused.await, Err(StoreError::Full)));
        assert_eq!(
            documents.count("thing", "").await.unwrap(),
            stored as u64 + 1
        );

        let everything = Write::DeleteAll {
            kind: "thing",
            parent: String::new(),
        };
        documents.commit(vec![everything]).await.unwrap();
        documents.commit(vec![put(1, 10_000)]).await.unwrap();
        assert_eq!(documents.count("thing", "").await.unwrap(), 1);
    }

    /// Commits that wait for the writer share its transaction without sharing refusals.
    #[tokio::test]
    async fn a_group_refuses_each_by_itself() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Arc::new(Folder::open(dir.path()).unwrap());
        let opened = open(&folder, &Options::new(dir.path())).unwrap();
        let documents = Sqlite::start(folder, opened).unwrap();
        let calls: Vec<_> = (0..300)
            .map(|number| {
                let documents = documents.clone();
                // Every third repeats the identifier before it.
                let id = number - number % 3 / 2;
                tokio::spawn(async move { documents.commit(vec![put(id, 10)]).await.is_ok() })
            })
            .collect();
        let mut accepted = 0;
        for call in calls {
            accepted += u64::from(call.await.unwrap());
        }
        assert_eq!(accepted, 200);
        assert_eq!(documents.count("thing", "").await.unwrap(), 200);
    }
}
