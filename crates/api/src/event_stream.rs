//! PutEventStream, GetEventStream and DeleteEventStream (`docs/spec/events.md §4`).

use engine::streams::StreamRequest;
use model::EventStream;
use wire::shapes::{self, WriteEventStream};

use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn get(call: Call) -> Result<Reply, ApiError> {
    let stream = call.state.parts.streams.get(&call.app()?.id).await?;
    answer(&stream.ok_or_else(ApiError::not_found)?)
}

/// Creates or replaces, after trying the destination.
pub(crate) async fn put(call: Call) -> Result<Reply, ApiError> {
    let request: WriteEventStream = call.body()?;
    let request = StreamRequest {
        destination: request.destination_stream_arn.unwrap_or_default(),
        role: request.role_arn.unwrap_or_default(),
        by: call.caller.name.clone(),
    };
    let streams = &call.state.parts.streams;
    answer(&streams.put(&call.app()?.id, request).await?)
}

/// The answer is the stream as it was.
pub(crate) async fn delete(call: Call) -> Result<Reply, ApiError> {
    let stream = call.state.parts.streams.delete(&call.app()?.id).await?;
    answer(&stream.ok_or_else(ApiError::not_found)?)
}

fn answer(stream: &EventStream) -> Result<Reply, ApiError> {
    Reply::json(&shapes::EventStream {
        application_id: Some(stream.app.to_string()),
        destination_stream_arn: Some(stream.destination.clone()),
        external_id: None,
        last_modified_date: Some(stream.modified.to_string()),
        last_updated_by: Some(stream.modified_by.clone()),
        role_arn: Some(stream.role.clone()),
    })
}
