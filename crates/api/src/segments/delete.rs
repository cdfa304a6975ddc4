//! DeleteSegment: all versions go; what depends on them is not protected.

use store::{Resource as _, SegmentVersion, Write, version_parent};

use super::get::find;
use super::wire::segment;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app()?;
    let deleted = find(&call).await?;
    let store = call.state.store();
    let versions = Write::DeleteAll {
        kind: SegmentVersion::KIND,
        parent: version_parent(app.id.as_str(), deleted.id.as_str()),
    };
    store
        .documents
        .commit(vec![deleted.delete(), versions])
        .await?;
    store.endpoints.drop_members(&app.id, &deleted.id).await?;
    Reply::json(&segment(&call.state.account, &app.region, &deleted))
}
