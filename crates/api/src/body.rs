//! Reads request bodies, never more than a limit and never for longer than a time.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use clock::Clock;
use futures::StreamExt as _;
use futures::future::{Either, select};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;

use crate::error::ApiError;

/// How long a caller may pause while it sends a body.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// How much of a body over its limit is still taken, so that the caller reads the refusal instead
/// of a broken connection, as a multiple of the limit.
const DRAINED_LIMITS: u64 = 4;
/// Bytes set aside for a body before the first of them arrived.
const RESERVED_MAX: u64 = 8 * 1024 * 1024;
/// Bodies from this size on are hashed off the async threads.
const HASHED_INLINE_MAX: usize = 512 * 1024;

/// A body, or the fact that it is over the limit.
pub(crate) enum Read {
    Whole(Bytes),
    TooLarge,
}

/// Reads `body` up to `limit` bytes.
///
/// # Errors
/// The caller pauses too long or breaks off.
pub(crate) async fn read(
    clock: &Clock,
    headers: &HeaderMap,
    body: Body,
    limit: u64,
) -> Result<Read, ApiError> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok())
        .unwrap_or(0);
    let mut stream = body.into_data_stream();
    let reserved = announced.min(limit).min(RESERVED_MAX);
    let mut whole = BytesMut::with_capacity(usize::try_from(reserved).unwrap_or(0));
    let mut received = 0_u64;
    while let Some(chunk) = next(clock, &mut stream).await? {
        received = received.saturating_add(chunk.len() as u64);
        if received <= limit {
            whole.extend_from_slice(&chunk);
        } else if announced.max(received) > limit.saturating_mul(DRAINED_LIMITS) {
            break;
        } else {
            whole.clear();
        }
    }
    if received > limit {
        return Ok(Read::TooLarge);
    }
    Ok(Read::Whole(whole.freeze()))
}

/// The next part of a body.
///
/// # Errors
/// The caller pauses too long or breaks off.
pub(crate) async fn next(
    clock: &Clock,
    stream: &mut axum::body::BodyDataStream,
) -> Result<Option<Bytes>, ApiError> {
    let pause = std::pin::pin!(clock.sleep(PAUSE_MAX));
    match select(stream.next(), pause).await {
        Either::Left((Some(Ok(chunk)), _)) => Ok(Some(chunk)),
        Either::Left((None, _)) => Ok(None),
        Either::Left((Some(Err(error)), _)) => Err(ApiError::bad_request(format!(
            "The request body broke off: {error}"
        ))),
        Either::Right(_) => Err(ApiError::request_timeout()),
    }
}

/// SHA-256 of a body.
///
/// # Errors
/// The server is shutting down.
pub(crate) async fn sha256(body: &Bytes) -> Result<[u8; 32], ApiError> {
    if body.len() < HASHED_INLINE_MAX {
        return Ok(sigv4::body_sha256(body));
    }
    let body = body.clone();
    tokio::task::spawn_blocking(move || sigv4::body_sha256(&body))
        .await
        .map_err(ApiError::internal)
}
