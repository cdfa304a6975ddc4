//! The canonical request and the string to sign.

use http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sha2::{Digest, Sha256};

use crate::{ALGORITHM, RequestParts, SERVICE};

/// Everything but `A–Z a–z 0–9 - _ . ~`.
pub(crate) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// [`ENCODED`] with the slashes between the segments of a path left alone.
const ENCODED_IN_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// Name of the query parameter that a presigned request's signature leaves out.
pub(crate) const SIGNATURE_PARAMETER: &str = "X-Amz-Signature";

/// Hash of the canonical request, or `None` if a signed header is absent.
///
/// The path is encoded a second time, as every service but S3 does: `%3A` on
/// the wire becomes `%253A` (`docs/spec/audience.md §1.2`).
pub(crate) fn request_hash(
    parts: &RequestParts<'_>,
    signed_headers: &str,
    body_sha256: &[u8; 32],
) -> Option<[u8; 32]> {
    let mut canonical = Vec::with_capacity(1_024);
    canonical.extend_from_slice(parts.method.as_bytes());
    canonical.push(b'\n');
    let path = if parts.path.is_empty() {
        "/"
    } else {
        parts.path
    };
    for piece in percent_encode(path.as_bytes(), ENCODED_IN_PATH) {
        canonical.extend_from_slice(piece.as_bytes());
    }
    canonical.push(b'\n');
    push_query(&mut canonical, parts.query);
    canonical.push(b'\n');
    for name in signed_headers.split(';') {
        push_header(&mut canonical, parts.headers, name)?;
    }
    canonical.push(b'\n');
    canonical.extend_from_slice(signed_headers.as_bytes());
    canonical.push(b'\n');
    canonical.extend_from_slice(hex::encode(body_sha256).as_bytes());
    Some(Sha256::digest(&canonical).into())
}

/// The parameters without the signature, encoded anew and sorted.
fn push_query(canonical: &mut Vec<u8>, query: &str) {
    let encode = |text: &str| {
        let decoded: Vec<u8> = percent_decode_str(text).collect();
        percent_encode(&decoded, ENCODED).to_string()
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(name), encode(value)))
        .filter(|(name, _)| name != SIGNATURE_PARAMETER)
        .collect();
    pairs.sort_unstable();
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            canonical.push(b'&');
        }
        canonical.extend_from_slice(name.as_bytes());
        canonical.push(b'=');
        canonical.extend_from_slice(value.as_bytes());
    }
}

/// `name:value`, with blanks trimmed and runs of blanks made one.
fn push_header(canonical: &mut Vec<u8>, headers: &HeaderMap, name: &str) -> Option<()> {
    canonical.extend_from_slice(name.as_bytes());
    canonical.push(b':');
    let mut values = headers.get_all(name).iter().peekable();
    values.peek()?;
    for (index, value) in values.enumerate() {
        if index > 0 {
            canonical.push(b',');
        }
        let words = value
            .as_bytes()
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        for (index, word) in words.enumerate() {
            if index > 0 {
                canonical.push(b' ');
            }
            canonical.extend_from_slice(word);
        }
    }
    canonical.push(b'\n');
    Some(())
}

/// What the key signs. `amz_date` is the compact date; its first eight
/// characters are the day of the scope.
pub(crate) fn string_to_sign(amz_date: &str, region: &str, request_hash: &[u8; 32]) -> String {
    let day = &amz_date[..8];
    format!(
        "{ALGORITHM}\n{amz_date}\n{day}/{region}/{SERVICE}/aws4_request\n{}",
        hex::encode(request_hash)
    )
}
