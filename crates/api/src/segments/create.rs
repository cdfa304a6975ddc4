//! CreateSegment.

use model::{Segment, SegmentCriteria, SegmentId};
use store::{Expect, SegmentVersion, put};
use wire::shapes::WriteSegmentRequest;

use super::criteria::check;
use super::wire::{read_criteria, segment};
use crate::apps::wire::read_tags;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app()?;
    let request: WriteSegmentRequest = call.body()?;
    let criteria = read_criteria(request.dimensions, request.segment_groups)?
        .unwrap_or(SegmentCriteria::Everyone);
    let tags = read_tags(request.tags, call.state.settings.limits.tags)?;
    let store = call.state.store();
    check(store, &app.id, &criteria, None).await?;
    let created = Segment {
        app: app.id.clone(),
        id: SegmentId::new(call.state.parts.clock.id()),
        name: request.name.filter(|name| !name.is_empty()),
        criteria,
        version: 1,
        tags,
        created: call.now,
        modified: call.now,
    };
    let writes = vec![
        put(&created, Expect::Absent)?,
        put(&SegmentVersion(created.clone()), Expect::Absent)?,
    ];
    store.documents.commit(writes).await?;
    Reply::json(&segment(&call.state.account, &app.region, &created))
}
