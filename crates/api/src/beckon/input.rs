//! What Beckon handlers read from requests.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use clock::Timestamp;
use http::request::Parts;
use model::App;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::Query;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::pagination::page_size;

/// The application that the request names.
pub(crate) struct InApp(pub(crate) Arc<App>);

/// Who called.
pub(crate) struct CalledBy(pub(crate) Arc<Caller>);

/// The query string.
pub(crate) struct Params(pub(crate) Query);

impl<S: Send + Sync> FromRequestParts<S> for InApp {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let app = parts.extensions.get::<Arc<App>>().cloned();
        app.map(Self).ok_or_else(ApiError::app_not_found)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for InApp {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        Ok(parts.extensions.get::<Arc<App>>().cloned().map(Self))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CalledBy {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Arc<Caller>>().cloned();
        caller
            .map(Self)
            .ok_or_else(ApiError::missing_authentication)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(Query::parse(parts.uri.query().unwrap_or_default())?))
    }
}

impl Params {
    /// A parameter with a value.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).filter(|text| !text.is_empty())
    }

    /// How many items a page may have.
    ///
    /// # Errors
    /// It is not a number from 1.
    pub(crate) fn limit(&self) -> Result<usize, ApiError> {
        page_size(&self.0, "limit")
    }

    /// A number.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, ApiError> {
        self.get(name)
            .map(|text| {
                let shown: String = text.chars().take(50).collect();
                text.parse().map_err(|_| {
                    ApiError::bad_request(format!("{name}: expected a number, found '{shown}'"))
                })
            })
            .transpose()
    }

    /// An instant; a bare date means its beginning.
    ///
    /// # Errors
    /// It is neither.
    pub(crate) fn instant(&self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        self.get(name)
            .map(|text| {
                Timestamp::parse(text)
                    .or_else(|_| Timestamp::parse(&format!("{text}T00:00:00Z")))
                    .map_err(|error| ApiError::bad_request(format!("{name}: {error}")))
            })
            .transpose()
    }
}

/// Reads a body as JSON; an empty one counts as an object without members.
///
/// # Errors
/// It is not JSON or does not have the expected form; the message tells line and column.
pub(crate) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    // An array would pass for the members of an object, in their order.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(ApiError::bad_request(
            "The request body is not usable: expected an object, found an array",
        ));
    }
    serde_json::from_slice(bytes)
        .map_err(|error| ApiError::bad_request(format!("The request body is not usable: {error}")))
}

/// A list of the Beckon API.
#[derive(Serialize)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}
