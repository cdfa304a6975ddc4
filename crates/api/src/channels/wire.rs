//! Channels, between the wire and the model.

use model::{Channel, ChannelSettings, Credential};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wire::shapes::ChannelResponse;

use crate::error::ApiError;
use crate::state::AppState;

/// What stands for a secret that must be there and is not shown.
const MASK: &str = "********";

/// The members of a request, whichever channel it is for.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Members(Map<String, Value>);

impl Members {
    /// The members of an answer that a request may repeat.
    ///
    /// # Errors
    /// It is not an object.
    pub(super) fn without_secrets(answer: &Value) -> Result<Self, ApiError> {
        let Some(object) = answer.as_object() else {
            return Err(ApiError::bad_request("expected an object"));
        };
        let mut members = object.clone();
        // A method cannot be chosen before its secrets are there.
        members.remove("DefaultAuthenticationMethod");
        Ok(Self(members))
    }

    /// The text of a member, if it is given.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// The value of a switch, if it is given.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Value::as_bool)
    }
}

/// The member that carries a secret.
pub(super) const fn member(credential: Credential) -> &'static str {
    match credential {
        Credential::ApiKey => "ApiKey",
        Credential::Certificate => "Certificate",
        Credential::ClientId => "ClientId",
        Credential::ClientSecret => "ClientSecret",
        Credential::PrivateKey => "PrivateKey",
        Credential::SecretKey => "SecretKey",
        Credential::ServiceJson => "ServiceJson",
        Credential::TokenKey => "TokenKey",
    }
}

/// A channel as callers see it.
#[derive(Serialize)]
pub(super) struct Answer {
    #[serde(flatten)]
    common: ChannelResponse,
    #[serde(rename = "Platform")]
    platform: &'static str,
    #[serde(flatten)]
    own: Own,
}

/// What only some channels answer.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Own {
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration_set: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_authentication_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    has_fcm_service_credentials: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    has_token_key: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages_per_second: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    orchestration_sending_role_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promotional_messages_per_second: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    short_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transactional_messages_per_second: Option<u32>,
}

/// A channel as callers see it; secrets only if the operator allows it.
pub(super) async fn answer(state: &AppState, channel: &Channel) -> Result<Answer, ApiError> {
    let key = if state.settings.echo_credentials {
        let all = state.store().channel_credentials(channel).await?;
        all.get(Credential::ApiKey).map(str::to_owned)
    } else {
        None
    };
    Ok(Answer {
        common: common(channel),
        platform: channel.kind.as_str(),
        own: own(state, channel, key),
    })
}

fn own(state: &AppState, channel: &Channel, key: Option<String>) -> Own {
    let has = |credential| Some(channel.credentials.contains(&credential));
    let none = Own::default();
    match &channel.settings {
        ChannelSettings::Adm | ChannelSettings::Voice => none,
        ChannelSettings::Apns(settings) => Own {
            default_authentication_method: settings.default_method.clone(),
            has_token_key: has(Credential::TokenKey),
            ..none
        },
        ChannelSettings::Gcm(settings) => Own {
            credential: key,
            default_authentication_method: Some(
                settings.default_method.clone().unwrap_or("KEY".to_owned()),
            ),
            has_fcm_service_credentials: has(Credential::ServiceJson),
            ..none
        },
        ChannelSettings::Baidu => Own {
            credential: Some(key.unwrap_or(MASK.to_owned())),
            ..none
        },
        ChannelSettings::Email(settings) => Own {
            configuration_set: settings.configuration_set.clone(),
            from_address: Some(settings.from_address.clone()),
            identity: Some(settings.identity.clone()),
            messages_per_second: Some(state.settings.email_per_second),
            orchestration_sending_role_arn: settings.orchestration_role_arn.clone(),
            role_arn: settings.role_arn.clone(),
            ..none
        },
        ChannelSettings::Sms(settings) => Own {
            promotional_messages_per_second: Some(state.settings.sms_per_second),
            sender_id: settings.sender_id.clone(),
            short_code: settings.short_code.clone(),
            transactional_messages_per_second: Some(state.settings.sms_per_second),
            ..none
        },
    }
}

/// What all channels answer, and all that the list of channels tells.
pub(super) fn common(channel: &Channel) -> ChannelResponse {
    ChannelResponse {
        application_id: Some(channel.app.to_string()),
        creation_date: Some(channel.created.to_string()),
        enabled: Some(channel.enabled),
        has_credential: Some(!channel.credentials.is_empty()),
        id: Some(channel.kind.as_str().to_ascii_lowercase()),
        is_archived: Some(false),
        last_modified_by: Some(channel.modified_by.clone()),
        last_modified_date: Some(channel.modified.to_string()),
        version: Some(channel.version.into()),
    }
}

/// The in-app channel, which every application has.
pub(super) fn in_app() -> ChannelResponse {
    ChannelResponse {
        enabled: Some(true),
        is_archived: Some(false),
        version: Some(0),
        ..ChannelResponse::default()
    }
}
