//! Apple's payload and headers (`docs/spec/channels.md §3.2`).

use std::collections::BTreeMap;

use model::ChannelType;
use serde_json::{Map, Value, json};

use super::flat::present;
use super::{PushAction, PushDraft, PushOrigin, PushPriority, RenderedPush, Texts, json_or_text};

pub(super) fn push(
    channel: ChannelType,
    draft: &PushDraft,
    texts: Texts,
    origin: &PushOrigin<'_>,
) -> RenderedPush {
    let mut pinpoint = origin.nested();
    match (draft.action, &texts.url) {
        (PushAction::Url, Some(url)) => pinpoint.insert("url".into(), json!(url)),
        (PushAction::DeepLink, Some(url)) => pinpoint.insert("deeplink".into(), json!(url)),
        _ => None,
    };
    let json_body = draft.json_body.as_deref().map(json_or_text);
    if let Some(json_body) = &json_body {
        pinpoint.insert("jsonBody".into(), json_body.clone());
    }
    let mut data = present([
        ("media-url", texts.media_url.as_ref().map(|url| json!(url))),
        ("jsonBody", json_body),
    ]);
    data.insert("pinpoint".into(), pinpoint.into());
    RenderedPush {
        payload: json!({"aps": aps(draft, &texts), "data": data}),
        headers: headers(channel, draft, draft.silent),
        title: texts.title,
        body: texts.body,
        silent: draft.silent,
        time_to_live: draft.time_to_live,
        preferred_authentication: draft.preferred_authentication.clone(),
    }
}

fn aps(draft: &PushDraft, texts: &Texts) -> Map<String, Value> {
    if draft.silent {
        return present([("content-available", Some(json!(1)))]);
    }
    let alert = present([
        ("title", texts.title.as_ref().map(|title| json!(title))),
        ("body", texts.body.as_ref().map(|body| json!(body))),
    ]);
    present([
        ("alert", Some(alert.into())),
        ("content-available", Some(json!(0))),
        (
            "mutable-content",
            texts.media_url.is_some().then(|| json!(1)),
        ),
        ("sound", draft.sound.as_ref().map(|sound| json!(sound))),
        ("badge", draft.badge.map(|badge| json!(badge))),
        ("category", draft.category.as_ref().map(|it| json!(it))),
        ("thread-id", draft.thread_id.as_ref().map(|it| json!(it))),
    ])
}

/// The headers that the message decides; `silent` says whether it shows nothing.
pub(super) fn headers(
    channel: ChannelType,
    draft: &PushDraft,
    silent: bool,
) -> BTreeMap<String, String> {
    let voip = matches!(
        channel,
        ChannelType::ApnsVoip | ChannelType::ApnsVoipSandbox
    );
    let push_type = match &draft.push_type {
        Some(push_type) => push_type.as_str(),
        None if voip => "voip",
        None if silent => "background",
        None => "alert",
    };
    let low = push_type == "background" || draft.priority == Some(PushPriority::Normal);
    let mut headers = BTreeMap::from([
        ("apns-push-type".to_owned(), push_type.to_owned()),
        (
            "apns-priority".to_owned(),
            if low { "5" } else { "10" }.to_owned(),
        ),
    ]);
    if let Some(collapse) = &draft.collapse {
        headers.insert("apns-collapse-id".to_owned(), collapse.clone());
    }
    headers
}
