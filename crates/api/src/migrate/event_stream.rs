//! Event streams.

use engine::streams::StreamRequest;

use super::Migration;
use super::item::Item;
use super::report::Outcome;
use crate::error::ApiError;

/// Takes what GetEventStream returned, if its destination is configured here and takes events.
pub(super) async fn event_stream(
    migration: &mut Migration<'_>,
    item: &Item,
) -> Result<Outcome, ApiError> {
    let request = StreamRequest {
        destination: item.needed("DestinationStreamArn")?.to_owned(),
        role: item.text("RoleArn").unwrap_or_default().to_owned(),
        by: item.text("LastUpdatedBy").unwrap_or_default().to_owned(),
    };
    let app = migration.app_of(item).await?;
    let streams = &migration.state.parts.streams;
    if streams.get(&app).await?.is_some() {
        return Ok(Outcome::There);
    }
    streams.put(&app, request).await?;
    Ok(Outcome::Taken)
}
