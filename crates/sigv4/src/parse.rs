//! Reads what a request says about its signature.

use http::{HeaderMap, header::AUTHORIZATION};
use percent_encoding::percent_decode_str;

use clock::Timestamp;

use crate::{ALGORITHM, Malformed, RequestParts, SERVICE, SigV4Error, amz_date};

/// Longest time that a presigned request may stay valid, in seconds.
const EXPIRES_S_MAX: u32 = 604_800;

/// Reads signatures; see [`SignedRequest::parse`].
#[derive(Debug)]
pub struct SignedRequest;

/// A request with what it says about its signature, not verified yet.
#[derive(Clone, Debug)]
pub struct Parsed<'a> {
    pub(crate) parts: RequestParts<'a>,
    pub(crate) claim: Claim,
    pub(crate) amz_date: String,
    pub(crate) signed_at: Timestamp,
    pub(crate) session_token: Option<String>,
    /// Seconds from `signed_at`; only of presigned requests.
    pub(crate) expires_s: Option<u32>,
}

/// What the `Authorization` header or the query says.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) access_key_id: String,
    pub(crate) day: String,
    pub(crate) region: String,
    pub(crate) signed_headers: String,
    pub(crate) signature: String,
}

impl SignedRequest {
    /// Reads the signature of a request, from its `Authorization` header or
    /// its query.
    ///
    /// # Errors
    /// [`SigV4Error::Missing`] if there is none (another authorization scheme
    /// is none), [`SigV4Error::Malformed`] if it cannot be read, and
    /// [`SigV4Error::UnsignedPayload`] if the body is said to be unsigned.
    pub fn parse<'a>(parts: &RequestParts<'a>) -> Result<Parsed<'a>, SigV4Error> {
        let authorization = single(parts.headers, AUTHORIZATION.as_str(), "authorization")?
            .and_then(|header| scheme(header, ALGORITHM));
        let query = Presigned::read(parts.query)?;
        let parsed = match (authorization, query) {
            (Some(_), Some(_)) => return Err(Malformed::Twice.into()),
            (Some(authorization), None) => parse_header(parts, authorization)?,
            (None, Some(presigned)) => presigned.parse(parts)?,
            (None, None) => return Err(SigV4Error::Missing),
        };
        let signed = |name: &str| parsed.claim.signed_headers.split(';').any(|n| n == name);
        if !signed("host") {
            return Err(Malformed::UnsignedHost.into());
        }
        let payload = single(
            parts.headers,
            "x-amz-content-sha256",
            "x-amz-content-sha256",
        )?;
        if payload.is_some_and(names_no_hash) {
            return Err(SigV4Error::UnsignedPayload);
        }
        Ok(parsed)
    }
}

impl Parsed<'_> {
    /// The access key whose secret must verify the request.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.claim.access_key_id
    }

    /// The session token that came with the request.
    #[must_use]
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// The UTC day of the credential scope, `yyyymmdd`.
    #[must_use]
    pub fn day(&self) -> &str {
        &self.claim.day
    }

    /// The region of the credential scope, not checked yet.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.claim.region
    }
}

/// `UNSIGNED-PAYLOAD`, `STREAMING-…` and the like.
fn names_no_hash(value: &str) -> bool {
    value.contains("UNSIGNED") || value.starts_with("STREAMING-")
}

fn parse_header<'a>(
    parts: &RequestParts<'a>,
    authorization: &str,
) -> Result<Parsed<'a>, SigV4Error> {
    let (mut credential, mut signed_headers, mut signature) = (None, None, None);
    for part in authorization.split(',') {
        let (name, value) = part
            .trim()
            .split_once('=')
            .ok_or(Malformed::Authorization)?;
        let slot = match name {
            "Credential" => &mut credential,
            "SignedHeaders" => &mut signed_headers,
            "Signature" => &mut signature,
            _ => return Err(Malformed::Authorization.into()),
        };
        if slot.replace(value).is_some() {
            return Err(Malformed::Authorization.into());
        }
    }
    let (Some(credential), Some(signed_headers), Some(signature)) =
        (credential, signed_headers, signature)
    else {
        return Err(Malformed::Authorization.into());
    };
    let claim = Claim::read(credential, signed_headers, signature)?;
    let signed = |name: &str| claim.signed_headers.split(';').any(|n| n == name);
    let amz_date = match single(parts.headers, "x-amz-date", "x-amz-date")? {
        Some(_) if !signed("x-amz-date") => return Err(Malformed::UnsignedDate.into()),
        Some(date) => date.to_owned(),
        None if !signed("date") => return Err(Malformed::UnsignedDate.into()),
        None => single(parts.headers, "date", "date")?
            .and_then(amz_date::from_http_date)
            .ok_or(Malformed::Date)?,
    };
    let signed_at = signed_at(&amz_date, &claim.day)?;
    let token = single(
        parts.headers,
        "x-amz-security-token",
        "x-amz-security-token",
    )?;
    Ok(Parsed {
        parts: *parts,
        claim,
        amz_date,
        signed_at,
        session_token: token.map(str::to_owned),
        expires_s: None,
    })
}

/// The parameters of a presigned request.
#[derive(Default)]
struct Presigned {
    algorithm: Option<String>,
    credential: Option<String>,
    date: Option<String>,
    expires: Option<String>,
    signed_headers: Option<String>,
    signature: Option<String>,
    token: Option<String>,
    payload: Option<String>,
}

impl Presigned {
    /// The parameters, if the query holds a signature or an algorithm.
    fn read(query: &str) -> Result<Option<Self>, SigV4Error> {
        if !query.contains("X-Amz-") {
            return Ok(None);
        }
        let mut found = Self::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (slot, name) = match name {
                "X-Amz-Algorithm" => (&mut found.algorithm, "X-Amz-Algorithm"),
                "X-Amz-Credential" => (&mut found.credential, "X-Amz-Credential"),
                "X-Amz-Date" => (&mut found.date, "X-Amz-Date"),
                "X-Amz-Expires" => (&mut found.expires, "X-Amz-Expires"),
                "X-Amz-SignedHeaders" => (&mut found.signed_headers, "X-Amz-SignedHeaders"),
                "X-Amz-Signature" => (&mut found.signature, "X-Amz-Signature"),
                "X-Amz-Security-Token" => (&mut found.token, "X-Amz-Security-Token"),
                "X-Amz-Content-Sha256" => (&mut found.payload, "X-Amz-Content-Sha256"),
                _ => continue,
            };
            let value = percent_decode_str(value)
                .decode_utf8()
                .map_err(|_| Malformed::Part(name))?;
            if slot.replace(value.into_owned()).is_some() {
                return Err(Malformed::Part(name).into());
            }
        }
        Ok((found.signature.is_some() || found.algorithm.is_some()).then_some(found))
    }

    fn parse<'a>(self, parts: &RequestParts<'a>) -> Result<Parsed<'a>, SigV4Error> {
        if self.algorithm.as_deref() != Some(ALGORITHM) {
            return Err(Malformed::Algorithm.into());
        }
        if self.payload.as_deref().is_some_and(names_no_hash) {
            return Err(SigV4Error::UnsignedPayload);
        }
        let need = |value: Option<String>, name| value.ok_or(Malformed::Absent(name));
        let claim = Claim::read(
            &need(self.credential, "X-Amz-Credential")?,
            &need(self.signed_headers, "X-Amz-SignedHeaders")?,
            &need(self.signature, "X-Amz-Signature")?,
        )?;
        let amz_date = need(self.date, "X-Amz-Date")?;
        let signed_at = signed_at(&amz_date, &claim.day)?;
        let expires_s = self
            .expires
            .map(|text| match text.parse() {
                Ok(seconds @ 1..=EXPIRES_S_MAX) => Ok(seconds),
                _ => Err(Malformed::Expires),
            })
            .transpose()?;
        Ok(Parsed {
            parts: *parts,
            claim,
            amz_date,
            signed_at,
            session_token: self.token,
            expires_s,
        })
    }
}

impl Claim {
    fn read(credential: &str, signed_headers: &str, signature: &str) -> Result<Self, Malformed> {
        let mut scope = credential.rsplitn(5, '/');
        let ending = scope.next();
        let service = scope.next();
        let region = scope.next().unwrap_or_default();
        let day = scope.next().unwrap_or_default();
        let access_key_id = scope.next().unwrap_or_default();
        let formed = ending == Some("aws4_request")
            && service == Some(SERVICE)
            && !region.is_empty()
            && day.len() == 8
            && !access_key_id.is_empty();
        if !formed {
            return Err(Malformed::Credential);
        }
        Ok(Self {
            access_key_id: access_key_id.to_owned(),
            day: day.to_owned(),
            region: region.to_owned(),
            signed_headers: signed_headers.to_owned(),
            signature: signature.to_owned(),
        })
    }
}

fn signed_at(amz_date: &str, day: &str) -> Result<Timestamp, Malformed> {
    amz_date::parse(amz_date)
        .filter(|_| amz_date.starts_with(day))
        .ok_or(Malformed::Date)
}

/// What follows the scheme in a header, if it is that scheme.
fn scheme<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let (scheme, rest) = header.trim().split_once(' ')?;
    (scheme == name).then_some(rest)
}

/// The text of a header that may come once.
fn single<'a>(
    headers: &'a HeaderMap,
    name: &str,
    label: &'static str,
) -> Result<Option<&'a str>, Malformed> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Malformed::Part(label));
    }
    let text = value.to_str().map_err(|_| Malformed::Part(label))?;
    Ok(Some(text.trim()))
}
