//! UpdateEndpoint.

use model::EndpointId;
use store::{ApplyMode, EndpointWrite, WriteContext, WriteOrigin};
use wire::parameter;
use wire::shapes::MessageBody;

use super::wire::update;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let id = EndpointId::from(call.param(parameter::ENDPOINT_ID));
    audience::validate_id(id.as_str())?;
    let write = EndpointWrite {
        id,
        update: update(call.body()?)?,
    };
    let endpoints = &call.state.store().endpoints;
    let results = endpoints
        .apply(&app, vec![write], ApplyMode::AllOrNothing, &context(&call))
        .await?;
    results.into_iter().collect::<Result<Vec<_>, _>>()?;
    accepted(&call)
}

/// Who writes.
pub(super) fn context(call: &Call) -> WriteContext {
    WriteContext {
        now: call.now,
        request_id: call.request_id.clone(),
        origin: WriteOrigin::Client,
    }
}

/// The answer of an accepted write.
pub(super) fn accepted(call: &Call) -> Result<Reply, ApiError> {
    Reply::json(&MessageBody {
        message: Some("Accepted".to_owned()),
        request_id: Some(call.request_id.clone()),
    })
}
