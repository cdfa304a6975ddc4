//! The flat map of texts that Google, Amazon and Baidu carry to client libraries
//! (`docs/spec/channels.md §3.1, §3.3, §3.4`).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{PushAction, PushDraft, PushOrigin, PushPriority, RenderedPush, Texts};

/// Longest time that Baidu keeps a message, and its default, in seconds.
const BAIDU_SECONDS: u32 = 604_800;

/// Google's `message`, without the token.
pub(super) fn fcm(draft: &PushDraft, texts: Texts, origin: &PushOrigin<'_>) -> RenderedPush {
    let mut payload = json!({"data": keys(draft, &texts, origin)});
    let android = android(draft);
    if !android.is_empty() {
        payload["android"] = android.into();
    }
    rendered(draft, texts, payload)
}

/// Google's delivery options.
pub(super) fn android(draft: &PushDraft) -> Map<String, Value> {
    let priority = draft.priority.map(|priority| match priority {
        PushPriority::Normal => json!("NORMAL"),
        PushPriority::High => json!("HIGH"),
    });
    let ttl = draft
        .time_to_live
        .map(|seconds| json!(format!("{seconds}s")));
    present([
        ("priority", priority),
        ("ttl", ttl),
        ("collapse_key", text(draft.collapse.as_ref())),
        (
            "restricted_package_name",
            text(draft.restricted_package.as_ref()),
        ),
    ])
}

/// Amazon's request body.
pub(super) fn adm(draft: &PushDraft, texts: Texts, origin: &PushOrigin<'_>) -> RenderedPush {
    let seconds = draft.time_to_live.map(|seconds| json!(seconds.to_string()));
    let mut body = present([
        ("consolidationKey", text(draft.consolidation_key.as_ref())),
        (
            "expiresAfter",
            text(draft.expires_after.as_ref()).or(seconds),
        ),
        ("md5", text(draft.md5.as_ref())),
    ]);
    body.insert("data".into(), keys(draft, &texts, origin).into());
    rendered(draft, texts, body.into())
}

/// Baidu's parameters.
pub(super) fn baidu(draft: &PushDraft, texts: Texts, origin: &PushOrigin<'_>) -> RenderedPush {
    let mut message = present([
        ("title", text(texts.title.as_ref())),
        ("description", text(texts.body.as_ref())),
    ]);
    message.insert("custom_content".into(), keys(draft, &texts, origin).into());
    let expires = draft.time_to_live.unwrap_or(BAIDU_SECONDS);
    let payload = json!({"msg": message, "msg_expires": expires.min(BAIDU_SECONDS)});
    rendered(draft, texts, payload)
}

fn keys(draft: &PushDraft, texts: &Texts, origin: &PushOrigin<'_>) -> Map<String, Value> {
    let mut keys = origin.flat();
    for (name, value) in [
        ("title", &texts.title),
        ("body", &texts.body),
        ("imageUrl", &texts.image_url),
        ("imageIconUrl", &texts.image_icon_url),
        ("imageSmallIconUrl", &texts.small_image_icon_url),
        ("icon", &draft.icon),
        ("sound", &draft.sound),
    ] {
        if let Some(value) = value {
            keys.insert(format!("pinpoint.notification.{name}"), json!(value));
        }
    }
    let silent = if draft.silent { "1" } else { "0" };
    keys.insert("pinpoint.notification.silentPush".into(), json!(silent));
    let (action, target) = match (draft.action, &texts.url) {
        (PushAction::Url, Some(url)) => ("pinpoint.url", json!(url)),
        (PushAction::DeepLink, Some(url)) => ("pinpoint.deeplink", json!(url)),
        _ => ("pinpoint.openApp", json!("true")),
    };
    keys.insert(action.into(), target);
    if let Some(json_body) = &draft.json_body {
        keys.insert("pinpoint.jsonBody".into(), json!(json_body));
    }
    keys
}

fn rendered(draft: &PushDraft, texts: Texts, payload: Value) -> RenderedPush {
    RenderedPush {
        title: texts.title,
        body: texts.body,
        silent: draft.silent,
        payload,
        headers: BTreeMap::new(),
        time_to_live: draft.time_to_live,
        preferred_authentication: draft.preferred_authentication.clone(),
    }
}

fn text(text: Option<&String>) -> Option<Value> {
    text.map(|text| json!(text))
}

/// The members that have a value.
pub(super) fn present<const N: usize>(members: [(&str, Option<Value>); N]) -> Map<String, Value> {
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}
