//! GetEmailChannel, UpdateEmailChannel and DeleteEmailChannel.

use model::EmailChannel;
use render::Mailbox;
use store::{StoreError, Stored};
use wire::shapes::EmailChannelRequest;

use super::wire::email;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

/// Attempts when others write at the same time.
const ATTEMPTS_MAX: usize = 5;

pub(crate) async fn get(call: Call) -> Result<Reply, ApiError> {
    let channel = find(&call).await?.ok_or_else(ApiError::not_found)?;
    Reply::json(&email(&channel, call.state.settings.email_per_second))
}

/// Creates or changes; what is omitted stays, and a new channel is enabled.
pub(crate) async fn update(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let request: EmailChannelRequest = call.body()?;
    let from_address = request.from_address.unwrap_or_default();
    Mailbox::parse(&from_address)
        .map_err(|error| ApiError::bad_request(format!("FromAddress: {error}")))?;
    let identity = request.identity.filter(|identity| !identity.is_empty());
    let identity = identity.ok_or_else(|| ApiError::bad_request("Missing Identity"))?;
    let channels = call.state.store().of::<EmailChannel>();
    for _ in 0..ATTEMPTS_MAX {
        let current = find(&call).await?;
        let before = current.as_ref().map(|stored| stored.value.clone());
        let next = EmailChannel {
            app: app.clone(),
            from_address: from_address.clone(),
            identity: identity.clone(),
            configuration_set: request
                .configuration_set
                .clone()
                .or_else(|| before.as_ref()?.configuration_set.clone()),
            role_arn: request
                .role_arn
                .clone()
                .or_else(|| before.as_ref()?.role_arn.clone()),
            orchestration_role_arn: request
                .orchestration_sending_role_arn
                .clone()
                .or_else(|| before.as_ref()?.orchestration_role_arn.clone()),
            enabled: request
                .enabled
                .or(before.as_ref().map(|channel| channel.enabled))
                .unwrap_or(true),
            version: before.as_ref().map_or(1, |channel| channel.version + 1),
            created: before.as_ref().map_or(call.now, |channel| channel.created),
            modified: call.now,
            modified_by: call.caller.name.clone(),
        };
        let written = match current {
            None => channels.create(&next).await,
            Some(mut stored) => {
                stored.value = next.clone();
                channels.replace(&mut stored).await
            }
        };
        match written {
            Ok(()) => return Reply::json(&email(&next, call.state.settings.email_per_second)),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::conflict())
}

pub(crate) async fn delete(call: Call) -> Result<Reply, ApiError> {
    let mut channel = find(&call).await?.ok_or_else(ApiError::not_found)?.value;
    let channels = call.state.store().of::<EmailChannel>();
    channels.delete("", channel.app.as_str()).await?;
    channel.enabled = false;
    Reply::json(&email(&channel, call.state.settings.email_per_second))
}

async fn find(call: &Call) -> Result<Option<Stored<EmailChannel>>, ApiError> {
    let channels = call.state.store().of::<EmailChannel>();
    Ok(channels.get("", call.app()?.id.as_str()).await?)
}
