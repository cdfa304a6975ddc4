//! Whether criteria may be stored (`docs/spec/audience.md §9.2`).

use std::collections::HashMap;

use audience::criteria::{check_references, references, validate};
use model::{AppId, SegmentCriteria, SegmentId, SegmentRef};
use store::Store;

use crate::error::ApiError;

/// Segments that are loaded to look at references; more than may be referred to.
const LOADED_MAX: usize = 1_000;

/// Checks criteria of segment `own`; absent while it has no identifier.
///
/// # Errors
/// A limit is broken, or a reference is vanished, circular or of the wrong kind.
pub(crate) async fn check(
    store: &Store,
    app: &AppId,
    criteria: &SegmentCriteria,
    own: Option<&SegmentId>,
) -> Result<(), ApiError> {
    validate(criteria)?;
    let mut loaded: HashMap<(SegmentId, Option<u32>), SegmentCriteria> = HashMap::new();
    let mut open: Vec<SegmentRef> = references(criteria).cloned().collect();
    while let Some(next) = open.pop() {
        let key = (next.id.clone(), next.version);
        if loaded.len() == LOADED_MAX || loaded.contains_key(&key) {
            continue;
        }
        let found = engine::segments::find(store, app, &next.id, next.version).await?;
        if let Some(found) = found {
            open.extend(references(&found.criteria).cloned());
            loaded.insert(key, found.criteria);
        }
    }
    let nobody = SegmentId::new(String::new());
    let find = |reference: &SegmentRef| loaded.get(&(reference.id.clone(), reference.version));
    check_references(own.unwrap_or(&nobody), criteria, &find)?;
    Ok(())
}
