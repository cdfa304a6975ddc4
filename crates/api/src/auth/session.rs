//! Console sessions: a cookie whose hash names a document, so that closing one ends it everywhere
//! and a copy of the data signs nobody in.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clock::{Clock, Timestamp};
use http::HeaderMap;
use http::header::COOKIE;
use model::{ConsoleUser, Policy};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{Resource, Store, StoreError};

const COOKIE_NAME: &str = "beckon_session";
/// Sessions that have ended and are removed at one sign-in.
const SWEPT_MAX: usize = 100;

/// A person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// SHA-256 of the cookie, in hex.
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) policy: Policy,
    pub(crate) csrf_token: String,
    pub(crate) created: Timestamp,
    pub(crate) expires: Timestamp,
}

impl Resource for Session {
    const KIND: &'static str = "console_session";

    fn parent(&self) -> String {
        String::new()
    }

    fn id(&self) -> String {
        self.id.clone()
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn due(&self) -> Option<Timestamp> {
        Some(self.expires)
    }
}

/// Opens a session; the second part is the cookie's value.
pub(crate) async fn open(
    store: &Store,
    clock: &Clock,
    user: &ConsoleUser,
    lifetime: Duration,
) -> Result<(Session, String), StoreError> {
    let sessions = store.of::<Session>();
    let now = clock.now();
    for ended in sessions.due(now, SWEPT_MAX).await? {
        sessions.delete("", &ended.id).await?;
    }
    let secret = URL_SAFE_NO_PAD.encode(clock.random_bytes::<32>());
    let session = Session {
        id: id_of(&secret),
        user: user.name.clone(),
        policy: user.policy,
        csrf_token: URL_SAFE_NO_PAD.encode(clock.random_bytes::<24>()),
        created: now,
        expires: now.plus(lifetime),
    };
    sessions.create(&session).await?;
    Ok((session, secret))
}

/// The open session that the request's cookie names.
pub(crate) async fn find(
    store: &Store,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    let Some(secret) = secret_in(headers) else {
        return Ok(None);
    };
    let session = store.of::<Session>().get("", &id_of(secret)).await?;
    Ok(session
        .map(|session| session.value)
        .filter(|session| now < session.expires))
}

/// Ends the session that the request's cookie names.
pub(crate) async fn close(store: &Store, headers: &HeaderMap) -> Result<(), StoreError> {
    match secret_in(headers) {
        Some(secret) => store.of::<Session>().delete("", &id_of(secret)).await,
        None => Ok(()),
    }
}

/// The header that gives the cookie to the browser.
pub(crate) fn cookie(secret: &str, lifetime: Duration, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!(
        "{COOKIE_NAME}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{secure}",
        lifetime.as_secs()
    )
}

/// The header that takes the cookie from the browser.
pub(crate) fn removal_cookie() -> String {
    format!("{COOKIE_NAME}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
}

/// Whether the request carries a session's cookie.
pub(crate) fn has_cookie(headers: &HeaderMap) -> bool {
    secret_in(headers).is_some()
}

fn secret_in(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='))
        .filter(|secret| !secret.is_empty())
}

fn id_of(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}
