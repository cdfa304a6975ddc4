//! `GET /t/o/{token}` and `GET /t/c/{token}`: opens and clicks (`docs/spec/channels.md §4`).

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use channels::feedback::{self, MailFacts, Visitor};
use channels::token::{Action, Token, TokenRefusal, TrackedMessage};
use http::header::{CACHE_CONTROL, HeaderValue, LOCATION, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use model::{Endpoint, Event};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;

/// A transparent GIF of one pixel.
const PIXEL: &[u8] = &[
    0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x01, 0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x21, 0xf9, 0x04, 0x01, 0x00, 0x00, 0x00, 0x00, 0x2c, 0x00, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x01, 0x00, 0x00, 0x02, 0x02, 0x44, 0x01, 0x00, 0x3b,
];
/// What a header cannot carry of a URL.
const UNPRINTABLE: &AsciiSet = &CONTROLS.add(b' ');
/// Characters of a User-Agent that are kept.
const USER_AGENT_MAX: usize = 500;

/// An opened message.
pub(crate) async fn open(
    State(state): State<AppState>,
    Path(token): Path<String>,
    parts: Parts,
) -> Result<Answer, ApiError> {
    let token = state.parts.signer.verify(&token, state.now())?;
    if token.action != Action::Open {
        return Err(ApiError::not_found());
    }
    if parts.method == Method::GET {
        let (facts, visitor) = circumstances(&state, &token, &parts).await;
        record(
            &state,
            vec![feedback::opened(&facts, &visitor, state.now())],
        )
        .await;
    }
    let pixel = Answer::bytes(
        HeaderValue::from_static("image/gif"),
        Bytes::from_static(PIXEL),
    );
    Ok(pixel.with(CACHE_CONTROL, never()))
}

/// A followed link.
pub(crate) async fn click(
    State(state): State<AppState>,
    Path(token): Path<String>,
    parts: Parts,
) -> Result<Response, ApiError> {
    let token = state.parts.signer.verify(&token, state.now())?;
    let Action::Click { url, tags } = &token.action else {
        return Err(ApiError::not_found());
    };
    if parts.method == Method::GET {
        let (facts, visitor) = circumstances(&state, &token, &parts).await;
        record(
            &state,
            feedback::clicked(&facts, url, tags, &visitor, state.now()),
        )
        .await;
    }
    let target = utf8_percent_encode(url, UNPRINTABLE).to_string();
    let target = HeaderValue::from_str(&target).map_err(ApiError::internal)?;
    let headers = [(LOCATION, target), (CACHE_CONTROL, never())];
    Ok((StatusCode::FOUND, headers).into_response())
}

/// Makes events durable. The person is served even if that fails.
pub(crate) async fn record(state: &AppState, events: Vec<Event>) {
    if let Err(error) = state.parts.log.append(events).await {
        tracing::error!(%error, "api.tracking.lost");
    }
}

/// The message of a token, and who followed it.
pub(crate) async fn circumstances(
    state: &AppState,
    token: &Token,
    parts: &Parts,
) -> (MailFacts, Visitor) {
    let message = &token.message;
    let endpoint = state
        .store()
        .endpoints
        .get(&message.app, &message.endpoint)
        .await;
    let endpoint = endpoint.unwrap_or_else(|error| {
        tracing::warn!(%error, "api.tracking.endpoint.unread");
        None
    });
    let visitor = visitor(&parts.headers, parts.extensions.get());
    (facts(message, endpoint.as_ref()), visitor)
}

fn facts(message: &TrackedMessage, endpoint: Option<&Endpoint>) -> MailFacts {
    MailFacts {
        app: message.app.clone(),
        endpoint: message.endpoint.clone(),
        ordinal: message
            .ordinal
            .or_else(|| endpoint.map(|endpoint| endpoint.ordinal)),
        user: endpoint.and_then(|endpoint| endpoint.user.clone()),
        campaign: message.campaign.clone(),
        journey: message.journey.clone(),
        message_id: message.message_id.clone(),
        sent: message.sent,
        from: String::new(),
        to: endpoint
            .and_then(|endpoint| endpoint.address.clone())
            .unwrap_or_default(),
        subject: None,
        headers: Vec::new(),
        context: Default::default(),
    }
}

fn visitor(headers: &HeaderMap, peer: Option<&ConnectInfo<SocketAddr>>) -> Visitor {
    let agent = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok());
    Visitor {
        ip_address: peer.map(|peer| peer.0.ip().to_string()),
        user_agent: agent.map(|agent| agent.chars().take(USER_AGENT_MAX).collect()),
    }
}

/// Every opening is to reach this server.
fn never() -> HeaderValue {
    HeaderValue::from_static("no-store")
}

impl From<TokenRefusal> for ApiError {
    fn from(refusal: TokenRefusal) -> Self {
        match refusal {
            TokenRefusal::Malformed | TokenRefusal::Forged => Self::bad_request(refusal),
            TokenRefusal::Expired => Self::not_found(),
        }
    }
}
