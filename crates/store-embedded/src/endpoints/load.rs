//! Reading what is stored into memory, at start and after a failure.

use std::collections::HashMap;
use std::iter::Peekable;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc;

use model::{AppId, Endpoint, Ordinal};
use store::StoreError;

use super::apps::{self, App};
use super::core::Core;
use super::draft::AppWriter;
use super::record;
use super::tables::{Entries, View, key_ordinal, ordinal_key, text_key};

/// Endpoints that go to the index together.
const CHUNK: usize = 1_024;
/// Chunks that wait for the index at most.
const CHUNKS_WAITING_MAX: usize = 8;

/// What the writing thread starts from.
pub(super) struct Loaded {
    pub writers: HashMap<AppId, AppWriter>,
    pub next_app: u32,
    /// Numbers of dropped applications whose records are still there.
    pub dropped: Vec<u32>,
}

/// Opens the tables and fills the indexes; `commit` is the last one before.
pub(super) fn load(core: &Core, commit: u64) -> Result<Loaded, StoreError> {
    core.reopen_tables()?;
    core.with_tables(|tables| {
        let view = tables.view();
        let mut apps = HashMap::new();
        let mut writers = HashMap::new();
        for kept in apps::read_all(&view)? {
            fill(&view, &kept.app)?;
            let id = kept.app.id.clone();
            apps.insert(id.clone(), Arc::clone(&kept.app));
            writers.insert(
                id,
                AppWriter::new(kept.app, kept.next_ordinal, false, commit),
            );
        }
        core.replace_apps(apps);
        core.failed.store(false, Ordering::Release);
        Ok(Loaded {
            writers,
            next_app: apps::next_number(&view)?,
            dropped: apps::dropped(&view)?,
        })
    })
}

/// Fills the index of an application: one thread reads, one indexes.
fn fill(view: &View<'_>, app: &App) -> Result<(), StoreError> {
    let users = view.prefix(&view.tables.users, &text_key(app.number, ""));
    app.users.store(users.count() as u64, Ordering::Relaxed);
    let (chunks, received) = mpsc::sync_channel::<Vec<Endpoint>>(CHUNKS_WAITING_MAX);
    // Owns the sender, so that the indexing thread ends when reading does.
    std::thread::scope(move |scope| {
        scope.spawn(move || {
            for chunk in received {
                let mut index = app.index.write();
                for endpoint in &chunk {
                    index.upsert(endpoint);
                }
            }
        });
        let mut scan = Scan::new(view, app, 0);
        loop {
            let chunk = scan.next_chunk(CHUNK)?;
            if chunk.is_empty() || chunks.send(chunk).is_err() {
                return Ok(());
            }
        }
    })
}

/// Endpoints in the order of their ordinals, as readers see them.
pub(super) struct Scan<'a> {
    view: &'a View<'a>,
    app: &'a App,
    endpoints: Entries,
    activity: Peekable<Entries>,
}

impl<'a> Scan<'a> {
    /// Starts at ordinal `from`.
    pub fn new(view: &'a View<'a>, app: &'a App, from: Ordinal) -> Self {
        let first = ordinal_key(app.number, from);
        let last = ordinal_key(app.number, Ordinal::MAX);
        Self {
            view,
            app,
            endpoints: view.range(&view.tables.endpoints, first, last),
            activity: view.range(&view.tables.activity, first, last).peekable(),
        }
    }

    /// The next endpoints, at most `limit`; empty at the end.
    pub fn next_chunk(&mut self, limit: usize) -> Result<Vec<Endpoint>, StoreError> {
        let mut chunk = Vec::with_capacity(limit.min(CHUNK));
        while chunk.len() < limit
            && let Some(entry) = self.endpoints.next()
        {
            let (key, value) = entry?;
            let ordinal = key_ordinal(&key)?;
            let mut endpoint = record::read_endpoint(&value, &self.app.id, ordinal)?;
            if let Some(user) = &endpoint.user
                && let Some(record) = self.view.user(self.app.number, user)?
            {
                endpoint.user_attributes = record.attributes;
            }
            endpoint.last_active = endpoint.last_active.max(self.activity_of(&key)?);
            chunk.push(endpoint);
        }
        Ok(chunk)
    }

    /// The activity under `key`; keys are asked for in ascending order.
    fn activity_of(&mut self, key: &[u8]) -> Result<Option<clock::Timestamp>, StoreError> {
        while let Some(entry) = self
            .activity
            .next_if(|entry| entry.as_ref().map_or(true, |(at, _)| at.as_ref() <= key))
        {
            let (at, value) = entry?;
            if at.as_ref() == key {
                return record::read_instant(&value).map(Some);
            }
        }
        Ok(None)
    }
}
