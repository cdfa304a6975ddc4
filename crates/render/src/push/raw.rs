//! Payloads that senders write by hand (`docs/spec/channels.md §3.2 to §3.4`).

use std::collections::BTreeMap;

use model::ChannelType;
use serde_json::{Map, Value, json};

use super::{PushDraft, PushOrigin, RenderedPush, apns, flat};
use crate::payload::PayloadError;

/// Members of the older form's `notification` that go to Android's.
const ANDROID_MEMBERS: [&str; 9] = [
    "click_action",
    "color",
    "icon",
    "sound",
    "tag",
    "title_loc_key",
    "title_loc_args",
    "body_loc_key",
    "body_loc_args",
];

/// Reads `text` for `channel` and adds what client libraries need, if it is absent.
pub(super) fn push(
    channel: ChannelType,
    text: &str,
    draft: &PushDraft,
    origin: &PushOrigin<'_>,
) -> Result<RenderedPush, PayloadError> {
    let read = serde_json::from_str(text)
        .map_err(|error| PayloadError::Raw(format!("it is no JSON: {error}")))?;
    let Value::Object(raw) = read else {
        return Err(PayloadError::Raw("expected a JSON object".to_owned()));
    };
    let mut rendered = RenderedPush {
        title: None,
        body: None,
        silent: false,
        payload: Value::Null,
        headers: BTreeMap::new(),
        time_to_live: draft.time_to_live,
        preferred_authentication: draft.preferred_authentication.clone(),
    };
    match channel {
        ChannelType::Apns
        | ChannelType::ApnsSandbox
        | ChannelType::ApnsVoip
        | ChannelType::ApnsVoipSandbox => apple(channel, raw, draft, origin, &mut rendered)?,
        ChannelType::Adm | ChannelType::Baidu => rendered.payload = raw.into(),
        _ => google(raw, draft, origin, &mut rendered)?,
    }
    Ok(rendered)
}

fn apple(
    channel: ChannelType,
    mut raw: Map<String, Value>,
    draft: &PushDraft,
    origin: &PushOrigin<'_>,
    rendered: &mut RenderedPush,
) -> Result<(), PayloadError> {
    let refused = |text: &str| Err(PayloadError::Raw(text.to_owned()));
    let aps = raw.get("aps").and_then(Value::as_object);
    let available = aps.and_then(|aps| aps.get("content-available")?.as_i64());
    let Some(available @ (0 | 1)) = available else {
        return refused("expected aps.content-available to be 0 or 1");
    };
    let has = |name: &str| aps.is_some_and(|aps| aps.contains_key(name));
    if available == 1 && ["alert", "badge", "sound"].into_iter().any(has) {
        return refused("a silent message (aps.content-available 1) has no alert, badge or sound");
    }
    rendered.silent = available == 1;
    let alert = aps.and_then(|aps| aps.get("alert"));
    let part = |name: &str| {
        alert
            .and_then(|it| it.get(name)?.as_str())
            .map(str::to_owned)
    };
    rendered.title = part("title");
    rendered.body = part("body").or_else(|| alert.and_then(Value::as_str).map(str::to_owned));
    rendered.headers = apns::headers(channel, draft, rendered.silent);
    let data = raw.entry("data").or_insert_with(|| json!({}));
    if let Some(data) = data.as_object_mut() {
        let pinpoint = data.entry("pinpoint").or_insert_with(|| json!({}));
        if let Some(pinpoint) = pinpoint.as_object_mut() {
            add_absent(pinpoint, origin.nested());
        }
    }
    rendered.payload = raw.into();
    Ok(())
}

fn google(
    mut raw: Map<String, Value>,
    draft: &PushDraft,
    origin: &PushOrigin<'_>,
    rendered: &mut RenderedPush,
) -> Result<(), PayloadError> {
    let mut message = match raw.remove("fcmV1Message") {
        Some(mut v1) => match v1.get_mut("message").map(Value::take) {
            Some(Value::Object(message)) => message,
            _ => {
                let text = "expected fcmV1Message.message to be an object";
                return Err(PayloadError::Raw(text.to_owned()));
            }
        },
        None => older(raw),
    };
    message.remove("token");
    let notification = message.get("notification");
    let part = |name: &str| {
        let part = notification.and_then(|it| it.get(name)?.as_str());
        part.map(str::to_owned)
    };
    rendered.title = part("title");
    rendered.body = part("body");
    let data = message.entry("data").or_insert_with(|| json!({}));
    if let Some(data) = data.as_object_mut() {
        add_absent(data, origin.flat());
    }
    // Options of the message count where the raw content has none.
    let options = flat::android(draft);
    if !options.is_empty() {
        let android = message.entry("android").or_insert_with(|| json!({}));
        if let Some(android) = android.as_object_mut() {
            add_absent(android, options);
        }
    }
    rendered.payload = message.into();
    Ok(())
}

/// Google's older form as the present one.
fn older(mut raw: Map<String, Value>) -> Map<String, Value> {
    let mut message = Map::new();
    let mut android = Map::new();
    if let Some(Value::Object(mut given)) = raw.remove("notification") {
        let mut own = Map::new();
        if let Some(channel) = given.remove("android_channel_id") {
            own.insert("channel_id".into(), channel);
        }
        for name in ANDROID_MEMBERS {
            if let Some(value) = given.remove(name) {
                own.insert(name.into(), value);
            }
        }
        let mut notification = Map::new();
        for name in ["title", "body", "image"] {
            if let Some(value) = given.remove(name) {
                notification.insert(name.into(), value);
            }
        }
        if !notification.is_empty() {
            message.insert("notification".into(), notification.into());
        }
        if !own.is_empty() {
            android.insert("notification".into(), own.into());
        }
    }
    if let Some(Value::Object(data)) = raw.remove("data") {
        let texts: Map<String, Value> = data
            .into_iter()
            .map(|(key, value)| match value {
                Value::String(_) => (key, value),
                other => (key, json!(other.to_string())),
            })
            .collect();
        message.insert("data".into(), texts.into());
    }
    if let Some(seconds) = raw.remove("time_to_live") {
        let seconds = seconds
            .as_str()
            .map_or_else(|| seconds.to_string(), str::to_owned);
        android.insert("ttl".into(), json!(format!("{seconds}s")));
    }
    if let Some(Value::String(priority)) = raw.remove("priority") {
        android.insert("priority".into(), json!(priority.to_ascii_uppercase()));
    }
    for name in ["collapse_key", "restricted_package_name"] {
        if let Some(value) = raw.remove(name) {
            android.insert(name.into(), value);
        }
    }
    if !android.is_empty() {
        message.insert("android".into(), android.into());
    }
    message
}

fn add_absent(map: &mut Map<String, Value>, more: Map<String, Value>) {
    for (key, value) in more {
        map.entry(key).or_insert(value);
    }
}
