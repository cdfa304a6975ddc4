//! AWS Signature Version 4 for the service `mobiletargeting`: verifies signed
//! requests, and signs those of our own clients.
//!
//! Belongs: the canonical request, keys, the window of time
//! (`docs/spec/audience.md §1.2`). Elsewhere: who holds which key, and what
//! a key may do (`api`).
//!
//! Verification has two steps, because the access key id must be known
//! before its secret can be: [`SignedRequest::parse`], then
//! [`Parsed::verify`].

mod amz_date;
mod canonical;
mod error;
mod key;
mod parse;
mod sign;
mod verify;

pub use error::{Malformed, SigV4Error};
pub use key::SigningKey;
pub use parse::{Parsed, SignedRequest};
pub use sign::{Credentials, SignError, SignedHeaders, presign, sign};
pub use verify::{Policy, Verified};

use sha2::{Digest, Sha256};

/// The service name in credential scopes.
pub const SERVICE: &str = "mobiletargeting";

/// The only algorithm.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The parts of an HTTP request that a signature covers, besides the body.
#[derive(Clone, Copy, Debug)]
pub struct RequestParts<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path as it was sent, percent-encoding included.
    pub path: &'a str,
    /// The query string as it was sent, without `?`; empty if there is none.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a http::HeaderMap,
}

/// SHA-256 of a request body.
#[must_use]
pub fn body_sha256(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}
