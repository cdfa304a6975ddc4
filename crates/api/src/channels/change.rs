//! What a request makes of a channel: given members replace, omitted ones stay, an empty text
//! clears what is not required.

use channels::credential::{check, check_pair};
use model::{
    ApnsMethod, ApnsSettings, ChannelSettings, ChannelType, Credential, Credentials, EmailSettings,
    GcmMethod, GcmSettings, SmsSenders,
};
use render::Mailbox;

use super::wire::{Members, member};
use crate::error::ApiError;

/// Characters of a team and of a key identifier at Apple.
const APPLE_ID_CHARS: usize = 10;
/// Characters of a sender of text messages (`docs/spec/channels.md §5.2`).
const SENDER_ID_CHARS_MAX: usize = 11;
/// Digits of a short code or number.
const SHORT_CODE_DIGITS: std::ops::RangeInclusive<usize> = 3..=15;

/// The settings after the request; `credentials` get the secrets that it carries.
///
/// # Errors
/// A member is unusable, or lacks another that it needs.
pub(super) fn apply(
    kind: ChannelType,
    members: &Members,
    before: Option<&ChannelSettings>,
    credentials: &mut Credentials,
) -> Result<ChannelSettings, ApiError> {
    for credential in secrets(kind) {
        let name = member(*credential);
        if let Some(text) = members.text(name) {
            check(*credential, text).map_err(|error| refuse(name, error))?;
            credentials.0.insert(*credential, text.to_owned());
        }
    }
    Ok(match (kind, before.cloned()) {
        (ChannelType::Adm, _) => ChannelSettings::Adm,
        (ChannelType::Baidu, _) => ChannelSettings::Baidu,
        (ChannelType::Voice, _) => ChannelSettings::Voice,
        (ChannelType::Gcm, Some(ChannelSettings::Gcm(before))) => {
            gcm(members, before, credentials)?
        }
        (ChannelType::Gcm, _) => gcm(members, GcmSettings::default(), credentials)?,
        (ChannelType::Sms, Some(ChannelSettings::Sms(before))) => sms(members, before)?,
        (ChannelType::Sms, _) => sms(members, SmsSenders::default())?,
        (ChannelType::Email, Some(ChannelSettings::Email(before))) => email(members, Some(before))?,
        (ChannelType::Email, _) => email(members, None)?,
        (_, Some(ChannelSettings::Apns(before))) => apns(members, before, credentials)?,
        _ => apns(members, ApnsSettings::default(), credentials)?,
    })
}

/// The secrets that a channel has.
pub(super) const fn secrets(kind: ChannelType) -> &'static [Credential] {
    match kind {
        ChannelType::Apns
        | ChannelType::ApnsSandbox
        | ChannelType::ApnsVoip
        | ChannelType::ApnsVoipSandbox => &[
            Credential::Certificate,
            Credential::PrivateKey,
            Credential::TokenKey,
        ],
        ChannelType::Gcm => &[Credential::ApiKey, Credential::ServiceJson],
        ChannelType::Adm => &[Credential::ClientId, Credential::ClientSecret],
        ChannelType::Baidu => &[Credential::ApiKey, Credential::SecretKey],
        _ => &[],
    }
}

fn apns(
    members: &Members,
    mut next: ApnsSettings,
    credentials: &Credentials,
) -> Result<ChannelSettings, ApiError> {
    replace(members, "BundleId", &mut next.bundle_id);
    replace(members, "TeamId", &mut next.team_id);
    replace(members, "TokenKeyId", &mut next.token_key_id);
    replace(
        members,
        "DefaultAuthenticationMethod",
        &mut next.default_method,
    );
    for (name, id) in [
        ("TeamId", &next.team_id),
        ("TokenKeyId", &next.token_key_id),
    ] {
        let fits = |id: &str| {
            id.len() == APPLE_ID_CHARS && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if id.as_deref().is_some_and(|id| !fits(id)) {
            let text = format!("expected {APPLE_ID_CHARS} letters and digits");
            return Err(refuse(name, text));
        }
    }
    let token = credentials.get(Credential::TokenKey).is_some();
    if token {
        for (name, value) in [
            ("TokenKeyId", &next.token_key_id),
            ("TeamId", &next.team_id),
            ("BundleId", &next.bundle_id),
        ] {
            if value.is_none() {
                return Err(refuse("TokenKey", format!("needs {name} too")));
            }
        }
    }
    let certificate = match (
        credentials.get(Credential::Certificate),
        credentials.get(Credential::PrivateKey),
    ) {
        (None, None) => false,
        (Some(certificate), Some(key)) => {
            check_pair(certificate, key).map_err(|error| refuse("PrivateKey", error))?;
            true
        }
        (Some(_), None) => return Err(refuse("Certificate", "needs PrivateKey too")),
        (None, Some(_)) => return Err(refuse("PrivateKey", "needs Certificate too")),
    };
    if next.default_method.is_none() {
        next.default_method = match (token, certificate) {
            (true, _) => Some("key".to_owned()),
            (false, true) => Some("certificate".to_owned()),
            (false, false) => None,
        };
    }
    if next.default_method.is_some() {
        match next.method() {
            Some(ApnsMethod::Token) if token => {}
            Some(ApnsMethod::Certificate) if certificate => {}
            Some(ApnsMethod::Token) => {
                return Err(lacks("TokenKey, TokenKeyId, TeamId and BundleId"));
            }
            Some(ApnsMethod::Certificate) => return Err(lacks("Certificate and PrivateKey")),
            None => return Err(no_method("key or certificate")),
        }
    }
    Ok(ChannelSettings::Apns(next))
}

fn gcm(
    members: &Members,
    mut next: GcmSettings,
    credentials: &Credentials,
) -> Result<ChannelSettings, ApiError> {
    replace(
        members,
        "DefaultAuthenticationMethod",
        &mut next.default_method,
    );
    let key = credentials.get(Credential::ApiKey).is_some();
    let service = credentials.get(Credential::ServiceJson).is_some();
    if next.default_method.is_none() {
        next.default_method = match (key, service) {
            (true, _) => Some("KEY".to_owned()),
            (false, true) => Some("TOKEN".to_owned()),
            (false, false) => None,
        };
    }
    if next.default_method.is_some() {
        match next.method() {
            Some(GcmMethod::Key) if key => {}
            Some(GcmMethod::Token) if service => {}
            Some(GcmMethod::Key) => return Err(lacks("ApiKey")),
            Some(GcmMethod::Token) => return Err(lacks("ServiceJson")),
            None => return Err(no_method("KEY or TOKEN")),
        }
    }
    Ok(ChannelSettings::Gcm(next))
}

fn sms(members: &Members, mut next: SmsSenders) -> Result<ChannelSettings, ApiError> {
    replace(members, "SenderId", &mut next.sender_id);
    replace(members, "ShortCode", &mut next.short_code);
    if let Some(sender) = &next.sender_id {
        let fits = sender.len() <= SENDER_ID_CHARS_MAX
            && sender.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && sender.bytes().any(|byte| byte.is_ascii_alphabetic());
        if !fits {
            let text = format!(
                "expected at most {SENDER_ID_CHARS_MAX} letters and digits, one letter at least"
            );
            return Err(refuse("SenderId", text));
        }
    }
    if let Some(code) = &next.short_code {
        let digits = code.strip_prefix('+').unwrap_or(code);
        let fits = SHORT_CODE_DIGITS.contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !fits {
            let (least, most) = (SHORT_CODE_DIGITS.start(), SHORT_CODE_DIGITS.end());
            return Err(refuse(
                "ShortCode",
                format!("expected {least} to {most} digits"),
            ));
        }
    }
    Ok(ChannelSettings::Sms(next))
}

fn email(members: &Members, before: Option<EmailSettings>) -> Result<ChannelSettings, ApiError> {
    let from_address = members.text("FromAddress").unwrap_or_default().to_owned();
    Mailbox::parse(&from_address).map_err(|error| refuse("FromAddress", error))?;
    let identity = members.text("Identity").unwrap_or_default().to_owned();
    if identity.is_empty() {
        return Err(ApiError::bad_request("Missing Identity"));
    }
    let (mut configuration_set, mut role_arn, mut orchestration_role_arn) = match before {
        Some(before) => (
            before.configuration_set,
            before.role_arn,
            before.orchestration_role_arn,
        ),
        None => (None, None, None),
    };
    replace(members, "ConfigurationSet", &mut configuration_set);
    replace(members, "RoleArn", &mut role_arn);
    replace(
        members,
        "OrchestrationSendingRoleArn",
        &mut orchestration_role_arn,
    );
    Ok(ChannelSettings::Email(EmailSettings {
        from_address,
        identity,
        configuration_set,
        role_arn,
        orchestration_role_arn,
    }))
}

/// A given text replaces what was there, an empty one clears it.
fn replace(members: &Members, name: &str, value: &mut Option<String>) {
    if let Some(text) = members.text(name) {
        *value = Some(text.to_owned()).filter(|text| !text.is_empty());
    }
}

fn refuse(member: &str, problem: impl std::fmt::Display) -> ApiError {
    ApiError::bad_request(format!("{member}: {problem}"))
}

fn lacks(needed: &str) -> ApiError {
    refuse(
        "DefaultAuthenticationMethod",
        format!("this method needs {needed}"),
    )
}

fn no_method(expected: &str) -> ApiError {
    refuse(
        "DefaultAuthenticationMethod",
        format!("expected {expected}"),
    )
}
