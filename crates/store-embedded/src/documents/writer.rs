//! The one thread that writes: concurrent commits share a transaction and its sync.

use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::{Connection, OptionalExtension as _, params};
use store::{DocumentKey, Expect, StoreError, Write};
use tokio::sync::{mpsc, oneshot};

use crate::error::from_sqlite;
use crate::folder::Folder;

/// Commits that wait at most; more callers wait for room.
const QUEUE_MAX: usize = 1_024;
/// Commits that share a transaction at most.
const GROUP_MAX: usize = 256;

/// One change of a commit.
pub(crate) enum Change {
    /// A document.
    Document(Write),
    /// A sealed secret.
    PutSealed {
        /// The secret's name.
        name: String,
        /// Its sealed form.
        sealed: Vec<u8>,
    },
    /// A secret forgotten.
    DeleteSealed {
        /// The secret's name.
        name: String,
    },
}

type Reply = oneshot::Sender<Result<(), StoreError>>;

struct Commit {
    changes: Vec<Change>,
    reply: Reply,
}

/// What waits for the writing thread.
enum Call {
    Commit(Commit),
    /// To be run between two commits.
    Between(Box<dyn FnOnce() + Send>),
}

/// A handle to the writing thread; dropping it waits for the commits that were accepted.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Call>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub fn start(folder: Arc<Folder>, connection: Connection) -> std::io::Result<Self> {
        let (queue, calls) = mpsc::channel(QUEUE_MAX);
        let thread = std::thread::Builder::new()
            .name("documents-writer".to_owned())
            .spawn(move || {
                run(&connection, calls);
                drop(connection);
                drop(folder);
            })?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    pub async fn change(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Call::Commit(Commit { changes, reply })).await?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Runs `work` while no commit goes on. Commits wait for it.
    pub async fn between<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let call = Call::Between(Box::new(move || {
            // A caller that went away needs no answer.
            let _ = reply.send(work());
        }));
        self.send(call).await?;
        answer.await.map_err(|_| StoreError::Closed)
    }

    async fn send(&self, call: Call) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.send(call).await.map_err(|_| StoreError::Closed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("store.documents.writer panicked");
        }
    }
}

fn run(connection: &Connection, mut calls: mpsc::Receiver<Call>) {
    let mut group = Vec::new();
    while let Some(first) = calls.blocking_recv() {
        let mut next = Some(first);
        while let Some(call) = next {
            match call {
                Call::Commit(commit) => group.push(commit),
                Call::Between(work) => {
                    commit_group(connection, std::mem::take(&mut group));
                    work();
                }
            }
            let full = group.len() >= GROUP_MAX;
            next = if full { None } else { calls.try_recv().ok() };
        }
        commit_group(connection, std::mem::take(&mut group));
    }
}

/// Commits a group durably and answers its members.
fn commit_group(connection: &Connection, group: Vec<Commit>) {
    if group.is_empty() {
        return;
    }
    let mut answers: Vec<(Reply, Result<(), StoreError>)> = Vec::with_capacity(group.len());
    let mut outcome = connection
        .execute_batch("BEGIN IMMEDIATE")
        .map_err(from_sqlite);
    for Commit { changes, reply } in group {
        if outcome.is_err() {
            answers.push((reply, Ok(())));
            continue;
        }
        let applied = apply(connection, &changes);
        if let Err(error) = &applied
            && connection.is_autocommit()
        {
            // SQLite gave up the whole transaction, as it does on a full disk.
            outcome = Err(again(error));
        }
        answers.push((reply, applied));
    }
    if outcome.is_ok() {
        outcome = connection.execute_batch("COMMIT").map_err(from_sqlite);
    }
    if outcome.is_err()
        && !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "store.documents.rollback");
    }
    for (reply, applied) in answers {
        let answer = applied.and_then(|()| outcome.as_ref().copied().map_err(again));
        // A caller that went away needs no answer.
        let _ = reply.send(answer);
    }
}

/// The same failure for another caller.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full => StoreError::Full,
        other => StoreError::Backend(other.to_string()),
    }
}

/// Applies one commit in a savepoint, so that its refusal is its own.
fn apply(connection: &Connection, changes: &[Change]) -> Result<(), StoreError> {
    connection
        .execute_batch("SAVEPOINT one")
        .map_err(from_sqlite)?;
    let applied = changes.iter().try_for_each(|change| match change {
        Change::Document(write) => write_document(connection, write),
        Change::PutSealed { name, sealed } => {
            put_sealed(connection, name, sealed).map_err(from_sqlite)
        }
        Change::DeleteSealed { name } => delete_sealed(connection, name).map_err(from_sqlite),
    });
    let end = match applied {
        Ok(()) => "RELEASE one",
        Err(_) if connection.is_autocommit() => return applied,
        Err(_) => "ROLLBACK TO one; RELEASE one",
    };
    connection.execute_batch(end).map_err(from_sqlite)?;
    applied
}

const REVISION: &str = "SELECT revision FROM document WHERE kind = ?1 AND parent = ?2 AND id = ?3";
const INSERT: &str = "INSERT INTO document (kind, parent, id, revision, created, due, body)
    VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6)";
const UPDATE: &str = "UPDATE document SET revision = revision + 1, due = ?4, body = ?5
    WHERE kind = ?1 AND parent = ?2 AND id = ?3";
const DELETE: &str = "DELETE FROM document WHERE kind = ?1 AND parent = ?2 AND id = ?3";
const DELETE_ALL: &str = "DELETE FROM document WHERE kind = ?1 AND parent = ?2";

fn write_document(connection: &Connection, write: &Write) -> Result<(), StoreError> {
    match write {
        Write::Put {
            key,
            expect,
            created,
            due,
            body,
        } => {
            let exists = meet(connection, key, *expect)?;
            let due = due.map(clock::Timestamp::as_millis);
            if exists {
                let written = params![key.kind, key.parent, key.id, due, body];
                execute(connection, UPDATE, written)
            } else {
                let created = created.as_millis();
                let written = params![key.kind, key.parent, key.id, created, due, body];
                execute(connection, INSERT, written)
            }
        }
        Write::Delete { key, expect } => {
            meet(connection, key, *expect)?;
            execute(connection, DELETE, params![key.kind, key.parent, key.id])
        }
        Write::DeleteAll { kind, parent } => execute(connection, DELETE_ALL, params![kind, parent]),
    }
}

/// Whether the document is there, if that is as expected.
fn meet(connection: &Connection, key: &DocumentKey, expect: Expect) -> Result<bool, StoreError> {
    let found: Option<i64> = connection
        .prepare_cached(REVISION)
        .and_then(|mut statement| {
            statement
                .query_row(params![key.kind, key.parent, key.id], |row| row.get(0))
                .optional()
        })
        .map_err(from_sqlite)?;
    let met = match expect {
        Expect::Any => true,
        Expect::Absent => found.is_none(),
        Expect::Revision(revision) => found.map(i64::unsigned_abs) == Some(revision),
    };
    if met {
        Ok(found.is_some())
    } else {
        Err(StoreError::Conflict(format!("{} {}", key.kind, key.id)))
    }
}

fn execute(
    connection: &Connection,
    statement: &str,
    parameters: impl rusqlite::Params,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(statement)
        .and_then(|mut statement| statement.execute(parameters))
        .map(drop)
        .map_err(from_sqlite)
}

pub(super) fn put_sealed(
    connection: &Connection,
    name: &str,
    sealed: &[u8],
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO secret (name, sealed) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed",
        )?
        .execute(params![name, sealed])
        .map(drop)
}

fn delete_sealed(connection: &Connection, name: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM secret WHERE name = ?1")?
        .execute([name])
        .map(drop)
}
