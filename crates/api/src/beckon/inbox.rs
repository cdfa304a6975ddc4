//! The inbox.

use axum::extract::{Path, State};
use channels::inbox::{InboxDetail, InboxError, InboxMessage, InboxQuery};
use channels::message::Payload;
use http::header::HeaderValue;
use model::{AppId, ChannelType};
use serde::Serialize;
use serde_json::{Value, json};

use super::input::{Page, Params};
use crate::error::ApiError;
use crate::reply::{Answer, JSON};
use crate::state::AppState;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    id: String,
    app: &'a str,
    channel: &'static str,
    to: &'a str,
    from: &'a str,
    subject: &'a str,
    received: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    treatment_id: Option<&'a str>,
    endpoint_id: &'a str,
    test: bool,
}

#[derive(Serialize)]
struct Detail<'a> {
    #[serde(flatten)]
    item: Item<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    headers: Vec<Header<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Value>,
}

#[derive(Serialize)]
struct Header<'a> {
    name: &'a str,
    value: &'a str,
}

pub(crate) async fn list(
    State(state): State<AppState>,
    params: Params,
) -> Result<Answer, ApiError> {
    let query = InboxQuery {
        app: params.get("app").map(AppId::from),
        channels: params
            .get("channel")
            .map(channels)
            .transpose()?
            .unwrap_or_default(),
        text: params.get("query").map(str::to_owned),
        before: params.number("token")?,
        limit: params.limit()?,
    };
    let found = state.parts.inbox.list(&query).await?;
    Answer::json(&Page {
        items: found.items.iter().map(item).collect(),
        next: found.next.map(|next| next.to_string()),
    })
}

pub(crate) async fn get(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let found = state.parts.inbox.get(number(&id)?).await?;
    let InboxDetail {
        message,
        html,
        text,
        headers,
        payload,
    } = found.ok_or_else(ApiError::not_found)?;
    Answer::json(&Detail {
        item: item(&message),
        html: html.as_deref(),
        text: text.as_deref(),
        headers: headers
            .iter()
            .map(|header| Header {
                name: &header.name,
                value: &header.value,
            })
            .collect(),
        content: payload.as_ref().map(content),
    })
}

pub(crate) async fn raw(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let found = state.parts.inbox.raw(number(&id)?).await?;
    let (channel, bytes) = found.ok_or_else(ApiError::not_found)?;
    let media_type = match channel {
        ChannelType::Email => HeaderValue::from_static("message/rfc822"),
        _ => JSON,
    };
    Ok(Answer::bytes(media_type, bytes))
}

pub(crate) async fn clear(State(state): State<AppState>) -> Result<Answer, ApiError> {
    state.parts.inbox.clear().await?;
    Ok(Answer::no_content())
}

/// The channels that a filter means; `PUSH` stands for every push service.
fn channels(word: &str) -> Result<Vec<ChannelType>, ApiError> {
    let named = ChannelType::parse(word).ok_or_else(|| {
        let shown: String = word.chars().take(50).collect();
        ApiError::bad_request(format!("channel: '{shown}' is unknown"))
    })?;
    let every = ChannelType::ALL.iter().copied();
    Ok(match named {
        ChannelType::Push => every.filter(|channel| channel.is_push()).collect(),
        other => vec![other],
    })
}

/// What a message that is no mail says.
fn content(payload: &Payload) -> Value {
    match payload {
        Payload::Push(push) => json!({
            "kind": "push",
            "title": push.title,
            "body": push.body,
            "silent": push.silent,
            "payload": push.payload,
            "headers": push.headers,
            "timeToLive": push.time_to_live,
        }),
        Payload::Sms(sms) => json!({
            "kind": "sms",
            "text": sms.text.text,
            "encoding": sms.text.encoding.as_str(),
            "parts": sms.text.parts,
            "messageType": sms.kind.as_str(),
            "senderId": sms.origin.sender_id,
            "originationNumber": sms.origin.origination_number,
            "keyword": sms.origin.keyword,
            "entityId": sms.origin.entity_id,
            "templateId": sms.origin.template_id,
        }),
        Payload::Voice(voice) => json!({
            "kind": "voice",
            "text": voice.text.text,
            "ssml": voice.text.ssml,
            "languageCode": voice.language_code,
            "voiceId": voice.voice_id,
            "originationNumber": voice.origination_number,
        }),
        Payload::Custom(custom) => json!({
            "kind": "custom",
            "uri": custom.uri,
            "body": custom.body,
        }),
    }
}

fn number(id: &str) -> Result<u64, ApiError> {
    id.parse().map_err(|_| ApiError::not_found())
}

fn item(message: &InboxMessage) -> Item<'_> {
    let campaign = message.campaign.as_ref();
    Item {
        id: message.id.to_string(),
        app: message.app.as_str(),
        channel: message.channel.as_str(),
        to: &message.to,
        from: &message.from,
        subject: &message.subject,
        received: message.received.to_string(),
        state: message.state.as_str(),
        campaign_id: campaign.map(|campaign| campaign.campaign.as_str()),
        treatment_id: campaign.and_then(|campaign| campaign.treatment.as_deref()),
        endpoint_id: message.endpoint.as_str(),
        test: message.test,
    }
}

impl From<InboxError> for ApiError {
    fn from(error: InboxError) -> Self {
        Self::internal(error)
    }
}
