//! GetSegment.

use model::Segment;
use store::Stored;
use wire::parameter;

use super::wire::segment;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let found = find(&call).await?;
    Reply::json(&segment(&call.state.account, &call.app()?.region, &found))
}

/// The segment in the path.
///
/// # Errors
/// There is none.
pub(crate) async fn find(call: &Call) -> Result<Stored<Segment>, ApiError> {
    let segments = call.state.store().of::<Segment>();
    let id = call.param(parameter::SEGMENT_ID);
    let found = segments.get(call.app()?.id.as_str(), id).await?;
    found.ok_or_else(ApiError::not_found)
}
