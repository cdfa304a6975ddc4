//! GetUserEndpoints and DeleteUserEndpoints (`docs/spec/audience.md §7.1`).

use model::UserId;
use wire::parameter;
use wire::shapes::EndpointsResponse;

use super::wire::endpoint;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn get(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let user = UserId::from(call.param(parameter::USER_ID));
    let linked = call.state.store().endpoints.user(&app, &user).await?;
    if linked.is_empty() {
        return Err(ApiError::not_found());
    }
    Reply::json(&EndpointsResponse {
        item: Some(linked.iter().map(endpoint).collect()),
    })
}

pub(crate) async fn delete(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let user = UserId::from(call.param(parameter::USER_ID));
    let deleted = call
        .state
        .store()
        .endpoints
        .delete_user(&app, &user)
        .await?;
    Reply::json(&EndpointsResponse {
        item: Some(deleted.iter().map(endpoint).collect()),
    })
}
