//! GetSegments.

use model::Segment;
use wire::shapes::SegmentsResponse;

use super::wire::segment;
use crate::call::Call;
use crate::error::ApiError;
use crate::pagination::PageRequest;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app()?;
    let page = PageRequest::read(&call.query, format!("segments/{}", app.id))?;
    let segments = call.state.store().of::<Segment>();
    let found = segments
        .list(app.id.as_str(), page.after.as_ref(), page.size)
        .await?;
    let account = &call.state.account;
    let items = found
        .items
        .iter()
        .map(|item| segment(account, &app.region, item));
    Reply::json(&SegmentsResponse {
        item: Some(items.collect()),
        next_token: page.token(found.next),
    })
}
