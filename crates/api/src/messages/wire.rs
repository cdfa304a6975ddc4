//! Direct messages, from the wire to the engine's form, and results back.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use channels::message::{SmsKind, SmsOrigin};
use engine::direct::{
    DirectEmail, DirectError, DirectMessages, DirectSend, DirectSms, Overrides, SendResult,
    SimpleEmail, Worded,
};
use model::{Header, TemplateConfiguration, VoiceMessage};
use render::{PushAction, PushDraft, PushPriority, Substitutions};
use serde_json::{Map, Value};
use wire::shapes;

use crate::call::Call;
use crate::campaigns::wire::read_reference;
use crate::error::ApiError;

/// Longest collapse identifier of Apple, in bytes.
const COLLAPSE_BYTES_MAX: usize = 64;
/// Apple's push types.
const PUSH_TYPES: [&str; 6] = [
    "alert",
    "background",
    "complication",
    "fileprovider",
    "mdm",
    "voip",
];

/// The body, where a template makes the model's required message unnecessary
/// (`docs/spec/channels.md §2.1`).
pub(super) fn allow_template_alone(call: &mut Call) {
    let Value::Object(body) = &mut call.json else {
        return;
    };
    let absent = |name| body.get(name).is_none_or(Value::is_null);
    if absent("MessageConfiguration") && !absent("TemplateConfiguration") {
        body.insert("MessageConfiguration".to_owned(), Map::new().into());
    }
}

/// What a request says, to whomever.
///
/// # Errors
/// A member has an unusable value.
pub(super) fn read_send(
    call: &Call,
    messages: Option<shapes::DirectMessageConfiguration>,
    template: Option<shapes::TemplateConfiguration>,
    context: Option<BTreeMap<String, String>>,
    trace_id: Option<String>,
) -> Result<DirectSend, ApiError> {
    Ok(DirectSend {
        app: call.app_id()?,
        request_id: call.request_id.clone(),
        messages: read_messages(messages.unwrap_or_default())?,
        template: read_templates(template.unwrap_or_default())?,
        context: context.unwrap_or_default(),
        trace_id: trace_id.filter(|id| !id.is_empty()),
    })
}

/// In-app templates say nothing here.
fn read_templates(
    template: shapes::TemplateConfiguration,
) -> Result<TemplateConfiguration, ApiError> {
    let reference = |member: &str, template: Option<shapes::Template>| {
        template
            .map(|template| read_reference(&format!("TemplateConfiguration.{member}"), template))
            .transpose()
    };
    Ok(TemplateConfiguration {
        email: reference("EmailTemplate", template.email_template)?,
        push: reference("PushTemplate", template.push_template)?,
        sms: reference("SMSTemplate", template.sms_template)?,
        in_app: None,
        voice: reference("VoiceTemplate", template.voice_template)?,
    })
}

/// What differs for an endpoint or user.
pub(super) fn read_overrides(own: shapes::EndpointSendConfiguration) -> Overrides {
    Overrides {
        body: own.body_override,
        title: own.title_override,
        raw: own.raw_content,
        context: own.context.unwrap_or_default(),
        substitutions: own.substitutions.unwrap_or_default(),
    }
}

fn read_messages(messages: shapes::DirectMessageConfiguration) -> Result<DirectMessages, ApiError> {
    Ok(DirectMessages {
        default: messages
            .default_message
            .map(|it| worded(it.substitutions, it.body)),
        default_push: messages
            .default_push_notification_message
            .map(read_default_push)
            .transpose()?,
        adm: messages.adm_message.map(read_adm).transpose()?,
        apns: messages.apns_message.map(read_apns).transpose()?,
        baidu: messages.baidu_message.map(read_baidu).transpose()?,
        gcm: messages.gcm_message.map(read_gcm).transpose()?,
        email: messages.email_message.map(read_email).transpose()?,
        sms: messages.sms_message.map(read_sms),
        voice: messages.voice_message.map(read_voice),
    })
}

fn worded<T>(substitutions: Option<Substitutions>, message: T) -> Worded<T> {
    Worded {
        message,
        substitutions: substitutions.unwrap_or_default(),
    }
}

fn read_default_push(
    it: shapes::DefaultPushNotificationMessage,
) -> Result<Worded<PushDraft>, ApiError> {
    let draft = PushDraft {
        title: it.title,
        body: it.body,
        url: it.url,
        action: action(it.action.as_deref()),
        silent: it.silent_push.unwrap_or(false),
        json_body: it.data.as_ref().map(json_text).transpose()?,
        ..PushDraft::default()
    };
    Ok(worded(it.substitutions, draft))
}

fn read_apns(it: shapes::APNSMessage) -> Result<Worded<PushDraft>, ApiError> {
    let member = Member("APNSMessage");
    let too_long = |id: &&String| id.len() > COLLAPSE_BYTES_MAX;
    if it.collapse_id.as_ref().filter(too_long).is_some() {
        let problem = format!("expected at most {COLLAPSE_BYTES_MAX} bytes");
        return Err(member.refuse("CollapseId", &problem));
    }
    let push_type = it.apns_push_type.filter(|word| !word.is_empty());
    if let Some(word) = &push_type
        && !PUSH_TYPES.contains(&word.as_str())
    {
        let problem = format!("expected one of {}", PUSH_TYPES.join(", "));
        return Err(member.refuse("APNSPushType", &problem));
    }
    let draft = PushDraft {
        title: it.title,
        body: it.body,
        url: it.url,
        media_url: it.media_url,
        raw: raw(it.raw_content),
        action: action(it.action.as_deref()),
        silent: it.silent_push.unwrap_or(false),
        sound: it.sound,
        json_body: it.data.as_ref().map(json_text).transpose()?,
        time_to_live: member.seconds(it.time_to_live)?,
        priority: member.priority(it.priority.as_deref())?,
        collapse: it.collapse_id.filter(|id| !id.is_empty()),
        badge: it.badge,
        category: it.category,
        thread_id: it.thread_id,
        push_type,
        preferred_authentication: member.authentication(it.preferred_authentication_method)?,
        ..PushDraft::default()
    };
    Ok(worded(it.substitutions, draft))
}

/// What a push message that is no Apple's says: the members that all of them have, and its own.
macro_rules! flat_push {
    ($it:ident { $($own:tt)* }) => {
        PushDraft {
            title: $it.title,
            body: $it.body,
            url: $it.url,
            image_url: $it.image_url,
            image_icon_url: $it.image_icon_url,
            small_image_icon_url: $it.small_image_icon_url,
            raw: raw($it.raw_content),
            action: action($it.action.as_deref()),
            silent: $it.silent_push.unwrap_or(false),
            icon: $it.icon_reference,
            sound: $it.sound,
            json_body: $it.data.as_ref().map(json_text).transpose()?,
            $($own)*
            ..PushDraft::default()
        }
    };
}

fn read_gcm(it: shapes::GCMMessage) -> Result<Worded<PushDraft>, ApiError> {
    let member = Member("GCMMessage");
    let draft = flat_push!(it {
        time_to_live: member.seconds(it.time_to_live)?,
        priority: member.priority(it.priority.as_deref())?,
        collapse: it.collapse_key.filter(|key| !key.is_empty()),
        restricted_package: it.restricted_package_name.filter(|name| !name.is_empty()),
        preferred_authentication: member.authentication(it.preferred_authentication_method)?,
    });
    Ok(worded(it.substitutions, draft))
}

fn read_adm(it: shapes::ADMMessage) -> Result<Worded<PushDraft>, ApiError> {
    let draft = flat_push!(it {
        consolidation_key: it.consolidation_key,
        expires_after: it.expires_after,
        md5: it.md5,
    });
    Ok(worded(it.substitutions, draft))
}

fn read_baidu(it: shapes::BaiduMessage) -> Result<Worded<PushDraft>, ApiError> {
    let draft = flat_push!(it {
        time_to_live: Member("BaiduMessage").seconds(it.time_to_live)?,
    });
    Ok(worded(it.substitutions, draft))
}

fn read_email(it: shapes::EmailMessage) -> Result<Worded<DirectEmail>, ApiError> {
    let data = |part: Option<shapes::SimpleEmailPart>| part.and_then(|part| part.data);
    let simple = it.simple_email.map(|simple| SimpleEmail {
        subject: data(simple.subject),
        html: data(simple.html_part),
        text: data(simple.text_part),
        headers: simple
            .headers
            .unwrap_or_default()
            .into_iter()
            .map(|header| Header {
                name: header.name.unwrap_or_default(),
                value: header.value.unwrap_or_default(),
            })
            .collect(),
    });
    let raw = it.raw_email.and_then(|raw| raw.data);
    let email = DirectEmail {
        body: it.body,
        from_address: it.from_address.filter(|from| !from.is_empty()),
        feedback_address: it.feedback_forwarding_address,
        reply_to: it.reply_to_addresses.unwrap_or_default(),
        simple,
        raw: raw.as_deref().map(decode).transpose()?,
    };
    Ok(worded(it.substitutions, email))
}

/// A binary member; line breaks in its text do not count.
fn decode(text: &str) -> Result<Bytes, ApiError> {
    let text: String = text.split_ascii_whitespace().collect();
    let decoded = STANDARD.decode(text);
    decoded
        .map(Bytes::from)
        .map_err(|error| Member("EmailMessage").refuse("RawEmail.Data", &error.to_string()))
}

fn read_sms(it: shapes::SMSMessage) -> Worded<DirectSms> {
    let text = |text: Option<String>| text.filter(|text| !text.is_empty());
    let sms = DirectSms {
        body: it.body,
        kind: it.message_type.as_deref().and_then(SmsKind::parse),
        origin: SmsOrigin {
            origination_number: text(it.origination_number),
            sender_id: text(it.sender_id),
            short_code: None,
            keyword: text(it.keyword),
            media_url: text(it.media_url),
            entity_id: text(it.entity_id),
            template_id: text(it.template_id),
        },
    };
    worded(it.substitutions, sms)
}

fn read_voice(it: shapes::VoiceMessage) -> Worded<VoiceMessage> {
    let voice = VoiceMessage {
        body: it.body,
        language_code: it.language_code,
        origination_number: it.origination_number,
        voice_id: it.voice_id,
    };
    worded(it.substitutions, voice)
}

fn action(word: Option<&str>) -> PushAction {
    word.and_then(PushAction::parse).unwrap_or_default()
}

fn raw(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn json_text(data: &BTreeMap<String, String>) -> Result<String, ApiError> {
    serde_json::to_string(data).map_err(ApiError::internal)
}

/// A message of MessageConfiguration, for what is said about its members.
#[derive(Clone, Copy)]
struct Member(&'static str);

impl Member {
    fn refuse(self, member: &str, problem: &str) -> ApiError {
        let path = format!("MessageConfiguration.{}.{member}", self.0);
        ApiError::bad_request(format!("{path}: {problem}"))
    }

    fn seconds(self, seconds: Option<i64>) -> Result<Option<u32>, ApiError> {
        let read = seconds.map(u32::try_from).transpose();
        read.map_err(|_| self.refuse("TimeToLive", "expected 0 or more"))
    }

    fn priority(self, word: Option<&str>) -> Result<Option<PushPriority>, ApiError> {
        let word = word.filter(|word| !word.is_empty());
        let read = word.map(|word| PushPriority::parse(word).ok_or(()));
        read.transpose()
            .map_err(|()| self.refuse("Priority", "expected normal, high, 5 or 10"))
    }

    fn authentication(self, word: Option<String>) -> Result<Option<String>, ApiError> {
        let known = |word: &str| ["CERTIFICATE", "TOKEN", "KEY"].contains(&word);
        let word = word.map(|word| word.to_ascii_uppercase());
        match word.filter(|word| !word.is_empty()) {
            Some(word) if !known(&word) => Err(self.refuse(
                "PreferredAuthenticationMethod",
                "expected TOKEN, KEY or CERTIFICATE",
            )),
            word => Ok(word),
        }
    }
}

/// The result of a bare address.
pub(super) fn write_result(result: SendResult) -> shapes::MessageResult {
    shapes::MessageResult {
        delivery_status: Some(result.status.as_str().to_owned()),
        message_id: result.message_id,
        status_code: Some(result.code.into()),
        status_message: Some(result.text),
        updated_token: None,
    }
}

/// The result of an endpoint.
pub(super) fn write_endpoint_result(result: SendResult) -> shapes::EndpointMessageResult {
    shapes::EndpointMessageResult {
        address: result.address,
        delivery_status: Some(result.status.as_str().to_owned()),
        message_id: result.message_id,
        status_code: Some(result.code.into()),
        status_message: Some(result.text),
        updated_token: None,
    }
}

impl From<DirectError> for ApiError {
    fn from(error: DirectError) -> Self {
        match error {
            DirectError::UnknownTemplate { .. } => Self::bad_request(error),
            DirectError::Store(error) => error.into(),
            DirectError::Interrupted(_) => Self::internal(error),
        }
    }
}
