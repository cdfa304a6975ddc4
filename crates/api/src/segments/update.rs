//! UpdateSegment: what is omitted stays, criteria are replaced whole
//! (`docs/spec/audience.md §9.1`).

use model::SegmentCriteria;
use store::{Expect, SegmentVersion, StoreError, put};
use wire::shapes::WriteSegmentRequest;

use super::criteria::check;
use super::get::find;
use super::wire::{read_criteria, segment};
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

/// Attempts when others write at the same time.
const ATTEMPTS_MAX: usize = 5;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app()?;
    let store = call.state.store();
    for _ in 0..ATTEMPTS_MAX {
        let mut next = find(&call).await?;
        let request: WriteSegmentRequest = call.body()?;
        if let Some(criteria) = read_criteria(request.dimensions, request.segment_groups)? {
            if matches!(next.criteria, SegmentCriteria::Imported(_)) {
                return Err(ApiError::bad_request(
                    "The criteria of an imported segment cannot be changed",
                ));
            }
            check(store, &app.id, &criteria, Some(&next.id)).await?;
            next.criteria = criteria;
        }
        if let Some(name) = request.name.filter(|name| !name.is_empty()) {
            next.name = Some(name);
        }
        next.version += 1;
        next.modified = call.now;
        let version = put(&SegmentVersion(next.value.clone()), Expect::Absent)?;
        match store.documents.commit(vec![next.replace()?, version]).await {
            Ok(()) => return Reply::json(&segment(&call.state.account, &app.region, &next)),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::conflict())
}
