//! Applications: their numbers, counters and registries, kept and in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use audience::{Index, Registry};
use fjall::OwnedWriteBatch as WriteBatch;
use model::{AppId, Ordinal};
use parking_lot::RwLock;
use store::StoreError;

use super::record::damaged;
use super::tables::{Tables, View, number};

/// What readers and the indexing thread know of an application.
pub(super) struct App {
    pub id: AppId,
    /// The prefix of its keys.
    pub number: u32,
    pub index: RwLock<Index>,
    /// Names and patterns as of the last commit.
    pub registry: RwLock<Registry>,
    /// Users with an endpoint.
    pub users: AtomicU64,
}

impl App {
    pub fn new(id: AppId, number: u32, registry: Registry) -> Self {
        Self {
            id,
            number,
            index: RwLock::new(Index::new()),
            registry: RwLock::new(registry),
            users: AtomicU64::new(0),
        }
    }

    /// Adds to the number of users.
    pub fn count_users(&self, change: i64) {
        if change >= 0 {
            self.users
                .fetch_add(change.unsigned_abs(), Ordering::Relaxed);
        } else {
            self.users
                .fetch_sub(change.unsigned_abs(), Ordering::Relaxed);
        }
    }
}

/// An application as kept.
pub(super) struct Kept {
    pub app: Arc<App>,
    pub next_ordinal: Ordinal,
}

/// Application identifier → number.
const NUMBER: u8 = b'a';
/// The number of the next application.
const NEXT_NUMBER: &[u8] = b"n";
/// Application number → next ordinal.
const NEXT_ORDINAL: u8 = b'o';
/// Application number → registry.
const REGISTRY: u8 = b'r';
/// Number of a dropped application whose records are still being removed.
const DROPPED: u8 = b'd';

fn id_key(id: &AppId) -> Vec<u8> {
    [&[NUMBER], id.as_str().as_bytes()].concat()
}

fn number_key(what: u8, app: u32) -> [u8; 5] {
    let mut key = [what; 5];
    key[1..].copy_from_slice(&app.to_be_bytes());
    key
}

/// Every application.
pub(super) fn read_all(view: &View<'_>) -> Result<Vec<Kept>, StoreError> {
    let table = &view.tables.apps;
    view.prefix(table, &[NUMBER])
        .map(|entry| {
            let (key, value) = entry?;
            let id = std::str::from_utf8(&key[1..])
                .map_err(|error| damaged("application", &error.to_string()))?;
            let app = number(&value, "application number")?;
            let next_ordinal = view
                .get(table, number_key(NEXT_ORDINAL, app))?
                .map(|value| number(&value, "next ordinal"))
                .transpose()?
                .unwrap_or_default();
            let registry = match view.get(table, number_key(REGISTRY, app))? {
                Some(text) => serde_json::from_slice(&text)
                    .map_err(|error| damaged("registry", &error.to_string()))?,
                None => Registry::default(),
            };
            Ok(Kept {
                app: Arc::new(App::new(AppId::new(id), app, registry)),
                next_ordinal,
            })
        })
        .collect()
}

/// The number that the next application gets.
pub(super) fn next_number(view: &View<'_>) -> Result<u32, StoreError> {
    let value = view.get(&view.tables.apps, NEXT_NUMBER)?;
    value.map_or(Ok(0), |value| number(&value, "next application number"))
}

/// The numbers of dropped applications whose records are still there.
pub(super) fn dropped(view: &View<'_>) -> Result<Vec<u32>, StoreError> {
    view.prefix(&view.tables.apps, &[DROPPED])
        .map(|entry| number(&entry?.0[1..], "dropped application"))
        .collect()
}

pub(super) fn put_app(batch: &mut WriteBatch, tables: &Tables, app: &App) {
    batch.insert(&tables.apps, id_key(&app.id), app.number.to_be_bytes());
}

pub(super) fn put_next_number(batch: &mut WriteBatch, tables: &Tables, next: u32) {
    batch.insert(&tables.apps, NEXT_NUMBER, next.to_be_bytes());
}

pub(super) fn put_next_ordinal(batch: &mut WriteBatch, tables: &Tables, app: u32, next: Ordinal) {
    batch.insert(
        &tables.apps,
        number_key(NEXT_ORDINAL, app),
        next.to_be_bytes(),
    );
}

pub(super) fn put_registry(
    batch: &mut WriteBatch,
    tables: &Tables,
    app: u32,
    registry: &Registry,
) -> Result<(), StoreError> {
    let text =
        serde_json::to_vec(registry).map_err(|error| damaged("registry", &error.to_string()))?;
    batch.insert(&tables.apps, number_key(REGISTRY, app), text);
    Ok(())
}

/// Forgets the application; its records are removed afterwards.
pub(super) fn drop_app(batch: &mut WriteBatch, tables: &Tables, app: &App) {
    batch.remove(&tables.apps, id_key(&app.id));
    batch.remove(&tables.apps, number_key(NEXT_ORDINAL, app.number));
    batch.remove(&tables.apps, number_key(REGISTRY, app.number));
    batch.insert(&tables.apps, number_key(DROPPED, app.number), []);
}

/// Notes that no record of a dropped application is left.
pub(super) fn end_drop(batch: &mut WriteBatch, tables: &Tables, app: u32) {
    batch.remove(&tables.apps, number_key(DROPPED, app));
}
