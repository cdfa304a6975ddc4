//! The inbox.

use axum::extract::{Path, State};
use channels::inbox::{InboxDetail, InboxError, InboxMessage, InboxQuery};
use http::header::HeaderValue;
use model::AppId;
use serde::Serialize;

use super::input::{Page, Params};
use crate::error::ApiError;
use crate::reply::Answer;
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
    })
}

pub(crate) async fn raw(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let found = state.parts.inbox.raw(number(&id)?).await?;
    let bytes = found.ok_or_else(ApiError::not_found)?;
    Ok(Answer::bytes(
        HeaderValue::from_static("message/rfc822"),
        bytes,
    ))
}

pub(crate) async fn clear(State(state): State<AppState>) -> Result<Answer, ApiError> {
    state.parts.inbox.clear().await?;
    Ok(Answer::no_content())
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
