//! SendUsersMessages.

use engine::direct::USERS_MAX;
use model::UserId;
use wire::shapes;

use super::wire::{allow_template_alone, read_overrides, read_send, write_endpoint_result};
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(mut call: Call) -> Result<Reply, ApiError> {
    allow_template_alone(&mut call);
    let request: shapes::SendUsersMessageRequest = call.body()?;
    let users = request.users.unwrap_or_default();
    if users.is_empty() || users.len() > USERS_MAX {
        let text = format!("Users: expected 1 to {USERS_MAX}, found {}", users.len());
        return Err(ApiError::bad_request(text));
    }
    let send = read_send(
        &call,
        request.message_configuration,
        request.template_configuration,
        request.context,
        request.trace_id,
    )?;
    let app = send.app.to_string();
    let users = users
        .into_iter()
        .map(|(user, own)| (UserId::new(user), read_overrides(own)))
        .collect();
    let results = call
        .state
        .parts
        .engine
        .send_users_messages(send, users)
        .await?;
    let results = results.into_iter().map(|(user, results)| {
        let results = results
            .into_iter()
            .map(|(endpoint, result)| (endpoint.to_string(), write_endpoint_result(result)));
        (user.to_string(), results.collect())
    });
    Reply::json(&shapes::SendUsersMessageResponse {
        application_id: Some(app),
        request_id: Some(call.request_id.clone()),
        result: Some(results.collect()),
    })
}
