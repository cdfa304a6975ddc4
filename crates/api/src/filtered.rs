//! Pages of those resources of a group that fit.

use clock::Timestamp;
use store::{Repository, Resource};

use crate::error::ApiError;
use crate::pagination::PageRequest;

/// Resources that are read at once.
const READ: usize = 500;

/// A page of fitting resources.
pub(crate) struct Filtered<R> {
    pub(crate) items: Vec<R>,
    /// Where to go on; absent if no fitting resource follows.
    pub(crate) next: Option<(Timestamp, String)>,
}

/// The page of resources under `parent` that `fits`.
///
/// # Errors
/// The store failed.
pub(crate) async fn page<R: Resource>(
    repository: &Repository<R>,
    parent: &str,
    page: &PageRequest,
    fits: impl Fn(&R) -> bool,
) -> Result<Filtered<R>, ApiError> {
    let mut items: Vec<R> = Vec::new();
    let mut after = page.after.clone();
    loop {
        let read = repository.list(parent, after.as_ref(), READ).await?;
        for item in read.items {
            if !fits(&item.value) {
                continue;
            }
            if items.len() == page.size {
                let next = items.last().map(|last| (last.created(), last.id()));
                return Ok(Filtered { items, next });
            }
            items.push(item.value);
        }
        match read.next {
            Some(next) => after = Some(next),
            None => return Ok(Filtered { items, next: None }),
        }
    }
}
