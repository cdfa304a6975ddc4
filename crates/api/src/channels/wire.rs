//! Channels, between the wire and the model.

use model::EmailChannel;
use wire::shapes;

/// The email channel as callers see it.
pub(crate) fn email(channel: &EmailChannel, per_second: u32) -> shapes::EmailChannelResponse {
    shapes::EmailChannelResponse {
        application_id: Some(channel.app.to_string()),
        configuration_set: channel.configuration_set.clone(),
        creation_date: Some(channel.created.to_string()),
        enabled: Some(channel.enabled),
        from_address: Some(channel.from_address.clone()),
        has_credential: Some(false),
        id: Some("email".to_owned()),
        identity: Some(channel.identity.clone()),
        is_archived: Some(false),
        last_modified_by: Some(channel.modified_by.clone()),
        last_modified_date: Some(channel.modified.to_string()),
        messages_per_second: Some(per_second.into()),
        orchestration_sending_role_arn: channel.orchestration_role_arn.clone(),
        platform: Some("EMAIL".to_owned()),
        role_arn: channel.role_arn.clone(),
        version: Some(channel.version.into()),
    }
}

/// The email channel in the list of all channels.
pub(crate) fn listed_email(channel: &EmailChannel) -> shapes::ChannelResponse {
    shapes::ChannelResponse {
        application_id: Some(channel.app.to_string()),
        creation_date: Some(channel.created.to_string()),
        enabled: Some(channel.enabled),
        has_credential: Some(false),
        id: Some("email".to_owned()),
        is_archived: Some(false),
        last_modified_by: Some(channel.modified_by.clone()),
        last_modified_date: Some(channel.modified.to_string()),
        version: Some(channel.version.into()),
    }
}

/// The in-app channel, which every application has.
pub(crate) fn listed_in_app() -> shapes::ChannelResponse {
    shapes::ChannelResponse {
        enabled: Some(true),
        is_archived: Some(false),
        version: Some(0),
        ..shapes::ChannelResponse::default()
    }
}
