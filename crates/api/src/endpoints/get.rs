//! GetEndpoint.

use model::EndpointId;
use wire::parameter;

use super::wire::endpoint;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let id = EndpointId::from(call.param(parameter::ENDPOINT_ID));
    let found = call.state.store().endpoints.get(&app, &id).await?;
    Reply::json(&endpoint(&found.ok_or_else(ApiError::not_found)?))
}
