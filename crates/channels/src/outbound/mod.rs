//! Calls of others by HTTP: webhooks, hooks, functions behind a URL.
//!
//! An answer that is not known is told from a request that never left, because what may have
//! arrived is never sent again.

mod connect;
mod guard;

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use connect::{ConnectError, Connector};
pub use guard::{Forbidden, Guard, Range};

use crate::roots::{self, RootsError};

/// How long a connection is kept without use: less than common servers keep theirs, so that few
/// requests meet a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(4);
/// Connections to one server that are kept without use.
const IDLE_MAX: usize = 32;
/// Who calls.
const AGENT: &str = concat!("beckon/", env!("CARGO_PKG_VERSION"));

/// Who chose the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChosenBy {
    /// The operator, in the configuration: it may be anywhere.
    Operator,
    /// Somebody who may write campaigns: it passes the [`Guard`].
    User,
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The content.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The text is no http or https URL.
    #[error("{0:?} is no http or https URL")]
    Url(String),
    /// The address must not be called; nothing was sent.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There was no connection; nothing was sent.
    #[error("nothing was sent: {0}")]
    NotSent(String),
    /// The request left and nothing came back: it may have been acted upon.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The answer began and cannot be used.
    #[error("the answer ({status}) {problem}")]
    Unusable {
        /// Its status.
        status: u16,
        /// What is wrong with it.
        problem: String,
    },
}

/// Calls others, over connections that are kept. The caller bounds how many calls there are and how
/// long they take. Redirects are answers like any other.
#[derive(Clone)]
pub struct HttpCaller {
    /// A connection that was made for one must not serve the other.
    guarded: Client<Connector, Full<Bytes>>,
    trusted: Client<Connector, Full<Bytes>>,
}

impl HttpCaller {
    /// A caller that trusts the machine's certificates and those in `ca_pem`.
    ///
    /// # Errors
    /// `ca_pem` holds something else than certificates.
    pub fn new(guard: Guard, ca_pem: Option<&[u8]>) -> Result<Self, RootsError> {
        let tls = roots::client(ca_pem)?;
        let client = |guard| {
            Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(IDLE_MAX)
                .build(Connector::new(guard, tls.clone()))
        };
        Ok(Self {
            guarded: client(Some(Arc::new(guard))),
            trusted: client(None),
        })
    }

    /// POSTs the JSON text `body` to `url`. At most `limit` bytes of the answer are read.
    ///
    /// # Errors
    /// There is no answer, or it is longer than `limit`.
    pub async fn post(
        &self,
        url: &str,
        chosen_by: ChosenBy,
        body: Bytes,
        limit: usize,
    ) -> Result<Answer, CallError> {
        let json = HeaderValue::from_static("application/json");
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        request.headers_mut().insert(CONTENT_TYPE, json);
        self.call(url, chosen_by, request, Some(limit)).await
    }

    /// Asks for the headers of `url`.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn head(&self, url: &str, chosen_by: ChosenBy) -> Result<Answer, CallError> {
        let mut request = Request::new(Full::default());
        *request.method_mut() = Method::HEAD;
        self.call(url, chosen_by, request, None).await
    }

    async fn call(
        &self,
        url: &str,
        chosen_by: ChosenBy,
        mut request: Request<Full<Bytes>>,
        limit: Option<usize>,
    ) -> Result<Answer, CallError> {
        *request.uri_mut() = uri(url)?;
        let agent = HeaderValue::from_static(AGENT);
        request.headers_mut().insert(USER_AGENT, agent);
        let client = match chosen_by {
            ChosenBy::Operator => &self.trusted,
            ChosenBy::User => &self.guarded,
        };
        let answer = client
            .request(request)
            .await
            .map_err(|error| no_answer(&error))?;
        let (head, body) = answer.into_parts();
        let status = head.status.as_u16();
        let read = match limit {
            Some(limit) => read(body, limit).await,
            None => Ok(Bytes::new()),
        };
        Ok(Answer {
            status,
            headers: head.headers,
            body: read.map_err(|problem| CallError::Unusable { status, problem })?,
        })
    }
}

/// The URL without its fragment, which is not sent.
fn uri(url: &str) -> Result<Uri, CallError> {
    let sent = url.split('#').next().unwrap_or(url);
    let parsed = sent.parse::<Uri>().ok();
    let known = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https"));
    let usable = parsed.filter(|uri| known(uri) && uri.host().is_some());
    usable.ok_or_else(|| CallError::Url(url.to_owned()))
}

async fn read(mut body: Incoming, limit: usize) -> Result<Bytes, String> {
    let too_long = || format!("has more than {limit} bytes");
    let limit_u64 = u64::try_from(limit).unwrap_or(u64::MAX);
    if body.size_hint().lower() > limit_u64 {
        return Err(too_long());
    }
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| format!("ends early: {error}"))?;
        if let Ok(piece) = frame.into_data() {
            if read.len() + piece.len() > limit {
                return Err(too_long());
            }
            read.extend_from_slice(&piece);
        }
    }
    Ok(read.into())
}

fn no_answer(error: &hyper_util::client::legacy::Error) -> CallError {
    let mut cause = error.source();
    while let Some(found) = cause {
        match found.downcast_ref::<ConnectError>() {
            Some(ConnectError::Forbidden(forbidden)) => return CallError::Forbidden(*forbidden),
            Some(other) => return CallError::NotSent(other.to_string()),
            None => cause = found.source(),
        }
    }
    if error.is_connect() {
        CallError::NotSent(error.to_string())
    } else {
        let cause = error.source().map(ToString::to_string);
        CallError::NoAnswer(cause.unwrap_or_else(|| error.to_string()))
    }
}
