//! What a campaign says, as hooks are told (`docs/spec/campaigns.md §8`).

use model::{EmailMessage, MessageConfiguration, PushMessage, SmsMessage};
use serde_json::{Map, Value, json};

use super::custom::present;

/// The messages that are written in the campaign, in the form of its request. In-app messages are
/// no matter of hooks.
pub(crate) fn spoken(message: &MessageConfiguration) -> Value {
    let custom = |data: &Option<String>| present([("Data", text(data))]).into();
    let members = present([
        ("DefaultMessage", message.default.as_ref().map(push)),
        ("ADMMessage", message.adm.as_ref().map(push)),
        ("APNSMessage", message.apns.as_ref().map(push)),
        ("BaiduMessage", message.baidu.as_ref().map(push)),
        ("GCMMessage", message.gcm.as_ref().map(push)),
        ("EmailMessage", message.email.as_ref().map(email)),
        ("SMSMessage", message.sms.as_ref().map(sms)),
        (
            "CustomMessage",
            message.custom.as_ref().map(|it| custom(&it.data)),
        ),
    ]);
    members.into()
}

fn push(it: &PushMessage) -> Value {
    present([
        ("Action", text(&it.action)),
        ("Body", text(&it.body)),
        ("ImageIconUrl", text(&it.image_icon_url)),
        ("ImageSmallIconUrl", text(&it.image_small_icon_url)),
        ("ImageUrl", text(&it.image_url)),
        ("JsonBody", text(&it.json_body)),
        ("MediaUrl", text(&it.media_url)),
        ("RawContent", text(&it.raw_content)),
        ("SilentPush", it.silent_push.map(Value::from)),
        ("TimeToLive", it.time_to_live.map(Value::from)),
        ("Title", text(&it.title)),
        ("Url", text(&it.url)),
    ])
    .into()
}

fn email(it: &EmailMessage) -> Value {
    let headers = it
        .headers
        .iter()
        .map(|header| json!({"Name": header.name, "Value": header.value}));
    let headers: Vec<Value> = headers.collect();
    present([
        ("Body", text(&it.body)),
        ("FromAddress", text(&it.from_address)),
        (
            "Headers",
            Some(headers).filter(|it| !it.is_empty()).map(Value::from),
        ),
        ("HtmlBody", text(&it.html_body)),
        ("Title", text(&it.title)),
    ])
    .into()
}

fn sms(it: &SmsMessage) -> Value {
    let members: Map<String, Value> = present([
        ("Body", text(&it.body)),
        ("MessageType", text(&it.message_type)),
        ("OriginationNumber", text(&it.origination_number)),
        ("SenderId", text(&it.sender_id)),
        ("EntityId", text(&it.entity_id)),
        ("TemplateId", text(&it.template_id)),
    ]);
    members.into()
}

fn text(text: &Option<String>) -> Option<Value> {
    text.as_deref().map(Value::from)
}
