//! Applications that are in use, so that a call need not read the store to know its application.

use std::collections::HashMap;
use std::sync::Arc;

use model::App;
use parking_lot::RwLock;
use store::{Store, StoreError};

use crate::error::ApiError;

/// Applications that are kept ready at most.
const READY_MAX: usize = 10_000;

/// Finds applications; what was found stays ready until it is forgotten.
#[derive(Default)]
pub(crate) struct AppCache(RwLock<Ready>);

#[derive(Default)]
struct Ready {
    apps: HashMap<String, Arc<App>>,
    /// Grows with every change: what was read before one is not kept after it.
    generation: u64,
}

impl AppCache {
    /// The application with this identifier.
    ///
    /// # Errors
    /// There is none, or the store failed.
    pub(crate) async fn find(&self, store: &Store, id: &str) -> Result<Arc<App>, ApiError> {
        let generation = {
            let ready = self.0.read();
            if let Some(app) = ready.apps.get(id) {
                return Ok(Arc::clone(app));
            }
            ready.generation
        };
        let stored = store.of::<App>().get("", id).await?;
        let app = Arc::new(stored.ok_or_else(ApiError::app_not_found)?.value);
        let mut ready = self.0.write();
        if ready.generation == generation {
            if ready.apps.len() >= READY_MAX {
                ready.apps.clear();
            }
            ready.apps.insert(id.to_owned(), Arc::clone(&app));
        }
        Ok(app)
    }

    /// Carries out a change of an application and forgets what was read before it.
    ///
    /// # Errors
    /// Those of `change`.
    pub(crate) async fn changing<T>(
        &self,
        id: &str,
        change: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let result = change.await;
        let mut ready = self.0.write();
        ready.generation += 1;
        ready.apps.remove(id);
        result
    }
}
