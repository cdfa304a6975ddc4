//! What a call that succeeds answers.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::error::ApiError;

/// The media type of every JSON body.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The body of a successful Pinpoint call; the operation knows its status.
#[derive(Debug)]
pub(crate) struct Reply(Bytes);

impl Reply {
    /// `value` as JSON.
    ///
    /// # Errors
    /// The value does not encode.
    pub(crate) fn json<T: Serialize>(value: &T) -> Result<Self, ApiError> {
        let bytes = serde_json::to_vec(value).map_err(ApiError::internal)?;
        Ok(Self(bytes.into()))
    }

    /// No body.
    pub(crate) fn empty() -> Self {
        Self(Bytes::new())
    }

    /// The HTTP answer.
    pub(crate) fn into_response(self, status: u16) -> Response {
        respond(
            StatusCode::from_u16(status).unwrap_or(StatusCode::OK),
            self.0,
        )
    }
}

/// The answer of a successful Beckon call.
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// `value` as JSON.
    ///
    /// # Errors
    /// The value does not encode.
    pub(crate) fn json<T: Serialize>(value: &T) -> Result<Self, ApiError> {
        Ok(Self {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: serde_json::to_vec(value)
                .map_err(ApiError::internal)?
                .into(),
        })
    }

    /// JSON about something that was taken on and is not done yet.
    ///
    /// # Errors
    /// The value does not encode.
    pub(crate) fn accepted<T: Serialize>(value: &T) -> Result<Self, ApiError> {
        Ok(Self {
            status: StatusCode::ACCEPTED,
            ..Self::json(value)?
        })
    }

    /// `value`, which was made by the call.
    ///
    /// # Errors
    /// The value does not encode.
    pub(crate) fn created<T: Serialize>(value: &T) -> Result<Self, ApiError> {
        Ok(Self {
            status: StatusCode::CREATED,
            ..Self::json(value)?
        })
    }

    /// Nothing to tell.
    pub(crate) fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// Something else than JSON.
    pub(crate) fn bytes(media_type: HeaderValue, body: Bytes) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, media_type);
        Self {
            status: StatusCode::OK,
            headers,
            body,
        }
    }

    /// With a header.
    pub(crate) fn with(mut self, name: http::HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = respond(self.status, self.body);
        response.headers_mut().extend(self.headers);
        response
    }
}

fn respond(status: StatusCode, body: Bytes) -> Response {
    let empty = body.is_empty();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if !empty {
        response.headers_mut().insert(CONTENT_TYPE, JSON);
    }
    response
}
