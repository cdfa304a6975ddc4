//! DeleteEndpoint: deleting what is not there succeeds (`docs/spec/audience.md §6.6`).

use model::EndpointId;
use wire::parameter;
use wire::shapes::EndpointResponse;

use super::wire::endpoint;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let id = EndpointId::from(call.param(parameter::ENDPOINT_ID));
    let endpoints = &call.state.store().endpoints;
    let deleted = endpoints.delete(&app, std::slice::from_ref(&id)).await?;
    Reply::json(&deleted.first().map_or_else(
        || EndpointResponse {
            application_id: Some(app.to_string()),
            id: Some(id.to_string()),
            ..EndpointResponse::default()
        },
        endpoint,
    ))
}
