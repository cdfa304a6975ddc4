//! Signing in to the console, and out.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use http::HeaderMap;
use http::header::{CACHE_CONTROL, HeaderValue, SET_COOKIE};
use serde::{Deserialize, Serialize};

use super::input::json;
use crate::auth::{self, PasswordError, Session, Wait};
use crate::body::{self, Read};
use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;

/// Bytes of a sign-in.
const BODY_MAX: u64 = 16 * 1024;

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionBody<'a> {
    name: &'a str,
    policy: &'static str,
    csrf_token: &'a str,
    account_id: &'a str,
    regions: &'a [String],
    version: &'static str,
    email_transport: &'static str,
    public_url: &'a str,
}

pub(crate) async fn open(
    State(state): State<AppState>,
    request: Request,
) -> Result<Answer, ApiError> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|peer| peer.0.ip().to_string()).unwrap_or_default();
    let (parts, body): (_, Body) = request.into_parts();
    let clock = &state.parts.clock;
    let bytes = match body::read(clock, &parts.headers, body, BODY_MAX).await? {
        Read::Whole(bytes) => bytes,
        Read::TooLarge => return Err(ApiError::payload_too_large(BODY_MAX)),
    };
    let given: Credentials = json(&bytes)?;
    match state.logins.attempt(&given.name, &peer, state.now()) {
        Wait::For(pause) if pause.is_zero() => {}
        Wait::For(pause) => clock.sleep(pause).await,
        Wait::Refused => {
            return Err(ApiError::too_many_requests(
                "Too many attempts to sign in; wait a while",
            ));
        }
    }
    let user = auth::check_password(state.store(), clock, &given.name, &given.password).await?;
    let Some(user) = user else {
        tracing::info!(peer, "api.session.refused");
        return Err(ApiError::forbidden("The name or the password is wrong"));
    };
    state.logins.succeeded(&given.name, &peer);
    let lifetime = state.settings.session;
    let (session, secret) = auth::open(state.store(), clock, &user, lifetime).await?;
    let secure = state.settings.public_url.starts_with("https://");
    let cookie = HeaderValue::from_str(&auth::cookie(&secret, lifetime, secure));
    Ok(answer(&state, &session)?.with(SET_COOKIE, cookie.map_err(ApiError::internal)?))
}

pub(crate) async fn show(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Answer, ApiError> {
    let session = auth::find(state.store(), &headers, state.now()).await?;
    answer(
        &state,
        &session.ok_or_else(ApiError::missing_authentication)?,
    )
}

/// Needs no CSRF token: whoever could forge it could only sign the person out.
pub(crate) async fn close(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Answer, ApiError> {
    auth::close(state.store(), &headers).await?;
    let cookie = HeaderValue::from_str(&auth::removal_cookie()).map_err(ApiError::internal)?;
    Ok(Answer::no_content().with(SET_COOKIE, cookie))
}

fn answer(state: &AppState, session: &Session) -> Result<Answer, ApiError> {
    let settings = &state.settings;
    let answer = Answer::json(&SessionBody {
        name: &session.user,
        policy: session.policy.as_str(),
        csrf_token: &session.csrf_token,
        account_id: &settings.account_id,
        regions: &settings.regions,
        version: env!("CARGO_PKG_VERSION"),
        email_transport: settings.email_transport,
        public_url: &settings.public_url,
    })?;
    Ok(answer.with(CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Store(error) => error.into(),
            PasswordError::Hash(cause) => Self::internal(cause),
            PasswordError::Name
            | PasswordError::Password
            | PasswordError::Taken(_)
            | PasswordError::Unknown(_) => Self::bad_request(error),
        }
    }
}
