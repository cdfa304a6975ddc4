//! Reading and checking of signatures: a first line `METHOD PATH?QUERY`, then headers.

use http::{HeaderMap, HeaderName, HeaderValue};
use sigv4::{Policy, RequestParts, SignedRequest, body_sha256};

const SECRET: &str = "only the server and its clients know";

/// Reads what a request says about its signature and checks it; nobody who does not know the
/// secret comes through.
///
/// # Panics
/// A signature that the seeds do not hold verifies.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.lines();
    let line = lines.next().unwrap_or_default();
    let (method, target) = line.split_once(' ').unwrap_or(("GET", line));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HeaderMap::new();
    for line in lines.take(64) {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.trim().as_bytes()),
            HeaderValue::from_bytes(value.trim().as_bytes()),
        ) {
            headers.append(name, value);
        }
    }
    let parts = RequestParts {
        method,
        path,
        query,
        headers: &headers,
    };
    let Ok(parsed) = SignedRequest::parse(&parts) else {
        return;
    };
    let policy = Policy {
        regions: vec!["us-east-1".to_owned()],
        skew_ms_max: 900_000,
    };
    // The instant that most seeds were signed at, so that the check gets as far as it can.
    let now = clock::Timestamp::from_millis(1_772_600_767_000);
    let result = parsed.verify(SECRET, None, body_sha256(b""), now, &policy);
    assert!(result.is_err(), "verified without the secret");
}
