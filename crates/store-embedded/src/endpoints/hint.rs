//! What a caller looks up for the writing thread before it queues, on its own time.
//!
//! Hints may be out of date when the writing thread comes to them. It remembers what its last
//! commits changed, and does not believe a hint about those.

use hashbrown::HashMap;
use model::{Endpoint, EndpointKey, Ordinal};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::Ordering;
use store::{EndpointWrite, StoreError};

use super::core::Core;

/// Commits whose changes are remembered at least; a hint that waited longer is not believed.
const COMMITS_REMEMBERED: u64 = 32;

/// What was found of the endpoints of a call.
pub(super) struct Hints {
    /// The number of the application.
    app: u32,
    /// A commit that was visible when this was looked up, as all before it were.
    commit: u64,
    /// One for each write of the call.
    found: Vec<Hint>,
}

/// What was found of one endpoint.
pub(super) struct Hint {
    pub key: EndpointKey,
    /// The ordinal, if the identifier had one.
    pub ordinal: Option<Ordinal>,
    /// The endpoint, if there was one.
    pub endpoint: Option<Box<Endpoint>>,
}

/// Looks up the endpoints that `writes` are about; nothing if the application is new.
pub(super) fn look_up(
    core: &Core,
    app: &model::AppId,
    writes: &[EndpointWrite],
) -> Result<Option<Hints>, StoreError> {
    let Some(app) = core.app(app) else {
        return Ok(None);
    };
    core.with_tables(|tables| {
        let commit = core.committed.load(Ordering::Acquire);
        let view = tables.view();
        let look_up = |write: &EndpointWrite| {
            let key = write.id.key();
            let ordinal = view.ordinal(app.number, &key)?;
            let endpoint = match ordinal {
                Some(ordinal) => view.endpoint(app.number, &app.id, ordinal)?,
                None => None,
            };
            Ok(Hint {
                key,
                ordinal,
                endpoint: endpoint.map(Box::new),
            })
        };
        Ok(Some(Hints {
            app: app.number,
            commit,
            found: writes
                .iter()
                .map(look_up)
                .collect::<Result<_, StoreError>>()?,
        }))
    })
}

/// What the last commits changed.
pub(super) struct Memory {
    /// Hints from before this commit are not believed.
    since: u64,
    /// Hash of a new identifier → the commit that gave it an ordinal.
    ids: HashMap<u64, u64>,
    /// Endpoint → the last commit that changed it.
    endpoints: HashMap<Ordinal, u64>,
}

impl Memory {
    /// Remembers what comes after `commit`.
    pub fn new(commit: u64) -> Self {
        Self {
            since: commit,
            ids: HashMap::new(),
            endpoints: HashMap::new(),
        }
    }

    /// Notes that `commit` gave an identifier its ordinal.
    pub fn id_given(&mut self, key: &EndpointKey, commit: u64) {
        self.ids.insert(hash(key), commit);
    }

    /// Notes that `commit` changed an endpoint.
    pub fn endpoint_changed(&mut self, ordinal: Ordinal, commit: u64) {
        self.endpoints.insert(ordinal, commit);
    }

    /// Forgets what is long past.
    pub fn forget(&mut self, commit: u64) {
        if commit.saturating_sub(self.since) >= 2 * COMMITS_REMEMBERED {
            self.since = commit - COMMITS_REMEMBERED;
            self.ids.retain(|_, at| *at > self.since);
            self.endpoints.retain(|_, at| *at > self.since);
        }
    }

    /// The hints, without those parts that may be out of date: an `Err` is an identifier about
    /// which nothing is known.
    pub fn check(&self, app: u32, hints: Hints) -> Vec<Result<Hint, EndpointKey>> {
        let trusted = hints.app == app && hints.commit >= self.since;
        let check = |hint: Hint| {
            let later = |at: Option<&u64>| at.is_some_and(|at| *at > hints.commit);
            let stale = match hint.ordinal {
                Some(ordinal) => later(self.endpoints.get(&ordinal)),
                None => later(self.ids.get(&hash(&hint.key))),
            };
            if trusted && !stale {
                Ok(hint)
            } else {
                Err(hint.key)
            }
        };
        hints.found.into_iter().map(check).collect()
    }
}

fn hash(key: &EndpointKey) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> EndpointKey {
        model::EndpointId::from(text).key()
    }

    #[track_caller]
    fn check(memory: &Memory, app: u32, commit: u64, ordinal: Option<Ordinal>, believed: bool) {
        let found = vec![Hint {
            key: key("a"),
            ordinal,
            endpoint: None,
        }];
        let hints = Hints { app, commit, found };
        assert_eq!(memory.check(app.min(1), hints)[0].is_ok(), believed);
    }

    #[test]
    fn believes_what_did_not_change_since() {
        let mut memory = Memory::new(5);
        check(&memory, 1, 5, None, true);
        check(&memory, 1, 4, None, false);
        check(&memory, 2, 5, None, false);
        memory.id_given(&key("a"), 6);
        memory.endpoint_changed(7, 6);
        check(&memory, 1, 5, None, false);
        check(&memory, 1, 6, None, true);
        check(&memory, 1, 5, Some(7), false);
        check(&memory, 1, 6, Some(7), true);
        check(&memory, 1, 5, Some(8), true);
        memory.endpoint_changed(7, 9);
        check(&memory, 1, 8, Some(7), false);
    }

    #[test]
    fn forgets_only_what_hints_are_too_old_for() {
        let mut memory = Memory::new(0);
        for commit in 1..=200 {
            memory.endpoint_changed(commit as Ordinal, commit);
            memory.forget(commit);
            assert!(memory.endpoints.len() as u64 <= 2 * COMMITS_REMEMBERED);
            assert!(commit - memory.since < 2 * COMMITS_REMEMBERED);
            check(&memory, 1, commit - 1, Some(commit as Ordinal), false);
            check(&memory, 1, memory.since, Some(commit as Ordinal), false);
        }
        check(&memory, 1, 1, Some(1), false);
    }
}
