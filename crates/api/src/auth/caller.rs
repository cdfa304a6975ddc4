//! From the headers of a request to who sent it.

use std::sync::Arc;

use clock::Timestamp;
use http::Method;
use http::request::Parts;
use model::{AppId, Policy};
use sigv4::{RequestParts, SigV4Error, SignedRequest};
use subtle::ConstantTimeEq as _;

use super::keys::Credential;
use super::session;
use crate::error::ApiError;
use crate::state::AppState;

const CSRF_HEADER: &str = "x-beckon-csrf";

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The access key, or the console user.
    pub(crate) name: String,
    pub(crate) policy: Policy,
    /// The only application that the caller may touch.
    pub(crate) app: Option<AppId>,
    /// The region that the call is meant for.
    pub(crate) region: String,
}

/// What a request says about its sender, before its body was read.
pub(crate) enum Claim {
    /// Signed with a key that exists; the body decides.
    Signed(Arc<Credential>),
    /// A console session, which needs no body.
    Session(Caller),
}

/// What the request's headers and query claim.
///
/// # Errors
/// There are no credentials, or they cannot be right whatever the body is.
pub(crate) async fn claim(state: &AppState, parts: &Parts) -> Result<Claim, ApiError> {
    let now = state.now();
    let (key_id, token) = match SignedRequest::parse(&signed_parts(parts)) {
        Ok(parsed) => (
            parsed.access_key_id().to_owned(),
            parsed.session_token().map(str::to_owned),
        ),
        Err(SigV4Error::Missing) if session::has_cookie(&parts.headers) => {
            return from_session(state, parts, now).await.map(Claim::Session);
        }
        Err(error) => return Err(error.into()),
    };
    let issued = token.and_then(|token| state.issuer.find(&key_id, &token));
    let credential = match issued {
        Some(issued) => Some(Credential::issued(issued)),
        None => state.keys.find(&key_id).await?,
    };
    let credential = credential.ok_or_else(ApiError::unknown_key)?;
    if credential.key.expires.is_some_and(|expires| expires <= now) {
        return Err(ApiError::expired_key());
    }
    Ok(Claim::Signed(credential))
}

impl Claim {
    /// Who sent the request, once its body's hash is known.
    ///
    /// # Errors
    /// The signature does not hold.
    pub(crate) fn verify(
        self,
        state: &AppState,
        parts: &Parts,
        body_sha256: [u8; 32],
    ) -> Result<Caller, ApiError> {
        let credential = match self {
            Self::Session(caller) => return Ok(caller),
            Self::Signed(credential) => credential,
        };
        let parsed = SignedRequest::parse(&signed_parts(parts))?;
        let policy = sigv4::Policy {
            regions: state.settings.regions.clone(),
            skew_ms_max: u64::try_from(state.settings.skew.as_millis()).unwrap_or(u64::MAX),
        };
        let key = credential.signing_key(parsed.day(), parsed.region());
        let verified = parsed.verify_with(
            &key,
            credential.session_token.as_deref(),
            body_sha256,
            state.now(),
            &policy,
        )?;
        Ok(Caller {
            name: credential.key.id.to_string(),
            policy: credential.key.policy,
            app: credential.key.app.clone(),
            region: verified.region,
        })
    }

    /// Who sent the request if its signature holds, for refusals before the body was read.
    pub(crate) fn presumed(&self, state: &AppState) -> Caller {
        match self {
            Self::Session(caller) => caller.clone(),
            Self::Signed(credential) => Caller {
                name: credential.key.id.to_string(),
                policy: credential.key.policy,
                app: credential.key.app.clone(),
                region: state.account.default_region().to_owned(),
            },
        }
    }

    /// Whether the body's hash is needed to know the sender.
    pub(crate) fn needs_hash(&self) -> bool {
        matches!(self, Self::Signed(_))
    }
}

async fn from_session(state: &AppState, parts: &Parts, now: Timestamp) -> Result<Caller, ApiError> {
    let session = session::find(state.store(), &parts.headers, now)
        .await?
        .ok_or_else(ApiError::expired_key)?;
    if parts.method != Method::GET && parts.method != Method::HEAD {
        let given = parts
            .headers
            .get(CSRF_HEADER)
            .map_or(&b""[..], |value| value.as_bytes());
        if !bool::from(given.ct_eq(session.csrf_token.as_bytes())) {
            return Err(ApiError::forbidden(format!(
                "The header {CSRF_HEADER} is absent or belongs to another session"
            )));
        }
    }
    Ok(Caller {
        name: session.user,
        policy: session.policy,
        app: None,
        region: state.account.default_region().to_owned(),
    })
}

fn signed_parts(parts: &Parts) -> RequestParts<'_> {
    RequestParts {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
    }
}
