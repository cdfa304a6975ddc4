//! GetSegmentVersion and GetSegmentVersions.

use store::{SegmentVersion, version_id, version_parent};
use wire::parameter;
use wire::shapes::SegmentsResponse;

use super::get::find;
use super::wire::segment;
use crate::call::Call;
use crate::error::ApiError;
use crate::pagination::PageRequest;
use crate::reply::Reply;

pub(crate) async fn get(call: Call) -> Result<Reply, ApiError> {
    let app = call.app()?;
    let latest = find(&call).await?;
    let parent = version_parent(app.id.as_str(), call.param(parameter::SEGMENT_ID));
    let versions = call.state.store().of::<SegmentVersion>();
    let found = versions.get(&parent, &version_id(call.version()?)).await?;
    let mut found = found.ok_or_else(ApiError::not_found)?.value.0;
    found.tags.clone_from(&latest.tags);
    Reply::json(&segment(&call.state.account, &app.region, &found))
}

pub(crate) async fn list(call: Call) -> Result<Reply, ApiError> {
    let app = call.app()?;
    let latest = find(&call).await?;
    let parent = version_parent(app.id.as_str(), call.param(parameter::SEGMENT_ID));
    let page = PageRequest::read(&call.query, format!("segment-versions/{parent}"))?;
    let versions = call.state.store().of::<SegmentVersion>();
    let found = versions
        .list(&parent, page.after.as_ref(), page.size)
        .await?;
    let items = found.items.into_iter().map(|item| {
        let mut version = item.value.0;
        version.tags.clone_from(&latest.tags);
        segment(&call.state.account, &app.region, &version)
    });
    Reply::json(&SegmentsResponse {
        item: Some(items.collect()),
        next_token: page.token(found.next),
    })
}
