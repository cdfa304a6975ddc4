//! Signs requests, as clients do.

use std::collections::BTreeSet;

use clock::Timestamp;
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use percent_encoding::utf8_percent_encode;

use crate::{ALGORITHM, RequestParts, SERVICE, SigningKey, amz_date, canonical};

/// Who signs.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The access key id.
    pub access_key_id: &'a str,
    /// Its secret.
    pub secret: &'a str,
    /// The session token, if the key is temporary.
    pub session_token: Option<&'a str>,
}

/// Why a request cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The `host` header is absent.
    #[error("the request has no host header")]
    NoHost,
    /// A credential holds characters that a header cannot.
    #[error("the credentials do not fit in a header")]
    Unprintable,
}

/// The headers that a signature adds to a request.
#[derive(Clone, Debug)]
pub struct SignedHeaders {
    /// `authorization`.
    pub authorization: HeaderValue,
    /// `x-amz-date`.
    pub date: HeaderValue,
    /// `x-amz-security-token`.
    pub session_token: Option<HeaderValue>,
}

impl SignedHeaders {
    /// Puts them into the headers of the request.
    pub fn apply(self, headers: &mut HeaderMap) {
        headers.insert(AUTHORIZATION, self.authorization);
        headers.insert("x-amz-date", self.date);
        if let Some(token) = self.session_token {
            headers.insert("x-amz-security-token", token);
        }
    }
}

/// Signs a request with all its headers, among which `host` must be.
///
/// # Errors
/// [`SignError`] if `host` is absent or a credential does not fit in a header.
pub fn sign(
    parts: &RequestParts<'_>,
    credentials: &Credentials<'_>,
    region: &str,
    body_sha256: [u8; 32],
    now: Timestamp,
) -> Result<SignedHeaders, SignError> {
    let amz_date = amz_date::print(now);
    let date = header(&amz_date)?;
    let session_token = credentials.session_token.map(header).transpose()?;

    let mut headers = parts.headers.clone();
    headers.remove(AUTHORIZATION);
    headers.insert("x-amz-date", date.clone());
    if let Some(token) = &session_token {
        headers.insert("x-amz-security-token", token.clone());
    }
    let names: BTreeSet<&str> = headers.keys().map(http::HeaderName::as_str).collect();
    if !names.contains("host") {
        return Err(SignError::NoHost);
    }
    let signed_headers = names.into_iter().collect::<Vec<_>>().join(";");
    let parts = RequestParts {
        headers: &headers,
        ..*parts
    };
    let signature = signature(
        &parts,
        &signed_headers,
        credentials,
        region,
        &body_sha256,
        &amz_date,
    )?;
    let scope = scope(credentials, region, &amz_date);
    let authorization = header(&format!(
        "{ALGORITHM} Credential={scope}, SignedHeaders={signed_headers}, Signature={signature}"
    ))?;
    Ok(SignedHeaders {
        authorization,
        date,
        session_token,
    })
}

/// The query of a presigned request: the query of `parts`, with the signature
/// over it and the `host` header. Without `expires_s` the request stays valid
/// as long as one signed in its headers.
///
/// # Errors
/// [`SignError::NoHost`] if `host` is absent.
pub fn presign(
    parts: &RequestParts<'_>,
    credentials: &Credentials<'_>,
    region: &str,
    body_sha256: [u8; 32],
    now: Timestamp,
    expires_s: Option<u32>,
) -> Result<String, SignError> {
    let amz_date = amz_date::print(now);
    let mut query = parts.query.to_owned();
    let mut add = |name: &str, value: &str| {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        query.extend(utf8_percent_encode(value, canonical::ENCODED));
    };
    add("X-Amz-Algorithm", ALGORITHM);
    add("X-Amz-Credential", &scope(credentials, region, &amz_date));
    add("X-Amz-Date", &amz_date);
    if let Some(seconds) = expires_s {
        add("X-Amz-Expires", &seconds.to_string());
    }
    if let Some(token) = credentials.session_token {
        add("X-Amz-Security-Token", token);
    }
    add("X-Amz-SignedHeaders", "host");
    let parts = RequestParts {
        query: &query,
        ..*parts
    };
    let signature = signature(&parts, "host", credentials, region, &body_sha256, &amz_date)?;
    query.push('&');
    query.push_str(canonical::SIGNATURE_PARAMETER);
    query.push('=');
    query.push_str(&signature);
    Ok(query)
}

fn signature(
    parts: &RequestParts<'_>,
    signed_headers: &str,
    credentials: &Credentials<'_>,
    region: &str,
    body_sha256: &[u8; 32],
    amz_date: &str,
) -> Result<String, SignError> {
    let hash =
        canonical::request_hash(parts, signed_headers, body_sha256).ok_or(SignError::NoHost)?;
    let key = SigningKey::derive(credentials.secret, &amz_date[..8], region);
    Ok(key.sign(&canonical::string_to_sign(amz_date, region, &hash)))
}

fn scope(credentials: &Credentials<'_>, region: &str, amz_date: &str) -> String {
    format!(
        "{}/{}/{region}/{SERVICE}/aws4_request",
        credentials.access_key_id,
        &amz_date[..8]
    )
}

fn header(text: &str) -> Result<HeaderValue, SignError> {
    HeaderValue::from_str(text).map_err(|_| SignError::Unprintable)
}
