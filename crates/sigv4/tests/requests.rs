//! Requests signed by a stock SDK (botocore), frozen at one instant: they must
//! verify here, and [`sigv4::sign`] must produce the same signatures.

mod vectors;

use clock::Timestamp;
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use sigv4::{
    Credentials, Malformed, Policy, RequestParts, SigV4Error, SignError, SignedRequest, SigningKey,
    Verified, body_sha256, presign, sign,
};
use vectors::{ACCESS_KEY_ID, SECRET, SIGNED_AT, TOKEN, VECTORS, Vector};

struct Request {
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Request {
    fn new(vector: &Vector) -> Self {
        Self {
            method: vector.method.to_owned(),
            path: vector.path.to_owned(),
            query: vector.query.to_owned(),
            headers: headers(vector.headers),
            body: vector.body.as_bytes().to_vec(),
        }
    }

    fn parts(&self) -> RequestParts<'_> {
        RequestParts {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
        }
    }

    fn verify_at(&self, now: Timestamp, token: Option<&str>) -> Result<Verified, SigV4Error> {
        SignedRequest::parse(&self.parts())?.verify(
            SECRET,
            token,
            body_sha256(&self.body),
            now,
            &policy(),
        )
    }

    fn verify(&self, token: Option<&str>) -> Result<Verified, SigV4Error> {
        self.verify_at(signed_at(), token)
    }

    fn set(&mut self, name: &'static str, value: &str) {
        let value = HeaderValue::from_str(value).expect("a header value");
        self.headers.insert(name, value);
    }
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::from_bytes(name.as_bytes()).expect("a header name"),
                HeaderValue::from_str(value).expect("a header value"),
            )
        })
        .collect()
}

fn policy() -> Policy {
    Policy {
        regions: vec!["us-east-1".to_owned(), "eu-west-1".to_owned()],
        skew_ms_max: 15 * 60 * 1_000,
    }
}

fn signed_at() -> Timestamp {
    Timestamp::parse(SIGNED_AT).expect("an instant")
}

fn after_s(seconds: i64) -> Timestamp {
    Timestamp::from_millis(signed_at().as_millis() + seconds * 1_000)
}

fn vector(name: &str) -> &'static Vector {
    VECTORS
        .iter()
        .find(|vector| vector.name == name)
        .expect("a vector of this name")
}

fn request(name: &str) -> Request {
    Request::new(vector(name))
}

#[track_caller]
fn check_error(request: &Request, error: &SigV4Error) {
    assert_eq!(request.verify(None).as_ref(), Err(error));
}

#[test]
fn every_vector_verifies() {
    for vector in VECTORS {
        let request = Request::new(vector);
        let parsed = SignedRequest::parse(&request.parts()).unwrap();
        assert_eq!(parsed.access_key_id(), ACCESS_KEY_ID, "{}", vector.name);
        assert_eq!(parsed.session_token(), vector.token, "{}", vector.name);
        assert_eq!((parsed.day(), parsed.region()), ("20260304", "eu-west-1"));
        let verified = request.verify(vector.token);
        let region = "eu-west-1".to_owned();
        assert_eq!(verified, Ok(Verified { region }), "{}", vector.name);
    }
}

#[test]
fn signing_gives_the_same_signatures() {
    for vector in VECTORS.iter().filter(|v| !v.query.contains("X-Amz-")) {
        let mut request = Request::new(vector);
        if request.headers.contains_key("date") {
            continue; // We always sign `x-amz-date`.
        }
        for added in ["authorization", "x-amz-date", "x-amz-security-token"] {
            request.headers.remove(added);
        }
        let signed = sign(
            &request.parts(),
            &credentials(vector.token),
            "eu-west-1",
            body_sha256(&request.body),
            signed_at(),
        )
        .unwrap();
        let authorization = signed.authorization.to_str().unwrap();
        assert!(authorization.ends_with(vector.signature), "{}", vector.name);
        signed.apply(&mut request.headers);
        assert!(request.verify(vector.token).is_ok(), "{}", vector.name);
    }
}

fn credentials(session_token: Option<&'static str>) -> Credentials<'static> {
    Credentials {
        access_key_id: ACCESS_KEY_ID,
        secret: SECRET,
        session_token,
    }
}

#[test]
fn presigning_verifies_with_and_without_an_expiry() {
    for expires_s in [None, Some(60)] {
        let mut request = request("get_apps");
        request.headers = headers(&[("host", "h")]);
        request.query = "page-size=5".to_owned();
        request.query = presign(
            &request.parts(),
            &credentials(Some(TOKEN)),
            "us-east-1",
            body_sha256(b""),
            signed_at(),
            expires_s,
        )
        .unwrap();
        assert_eq!(
            request.verify(Some(TOKEN)).map(|verified| verified.region),
            Ok("us-east-1".to_owned())
        );
    }
}

#[test]
fn a_derived_key_serves_many_requests() {
    let key = SigningKey::derive(SECRET, "20260304", "eu-west-1");
    for vector in VECTORS {
        let request = Request::new(vector);
        let parsed = SignedRequest::parse(&request.parts()).unwrap();
        let hash = body_sha256(&request.body);
        assert!(
            parsed
                .verify_with(&key, vector.token, hash, signed_at(), &policy())
                .is_ok()
        );
    }
    assert_eq!(format!("{key:?}"), "SigningKey(..)");
}

#[test]
fn dates_may_lie_a_quarter_of_an_hour_apart() {
    let request = request("get_apps");
    for (seconds, ok) in [(900, true), (901, false), (-900, true), (-901, false)] {
        let now = after_s(seconds);
        let want = SigV4Error::Skewed {
            signed_at: signed_at(),
            now,
        };
        assert_eq!(request.verify_at(now, None).err(), (!ok).then_some(want));
    }
}

#[test]
fn presigned_requests_end_at_their_expiry() {
    let request = request("presigned_get");
    assert!(request.verify_at(after_s(900), None).is_ok());
    let now = after_s(901);
    let expired_at = after_s(900);
    assert_eq!(
        request.verify_at(now, None),
        Err(SigV4Error::Expired { expired_at, now })
    );
    assert!(matches!(
        request.verify_at(after_s(-901), None),
        Err(SigV4Error::Skewed { .. })
    ));
}

#[test]
fn temporary_credentials_need_their_token() {
    let request = request("encoded_colon");
    assert_eq!(request.verify(Some("other")), Err(SigV4Error::WrongToken));
    let request = self::request("get_apps");
    assert_eq!(request.verify(Some(TOKEN)), Err(SigV4Error::WrongToken));
}

#[test]
fn only_served_regions_are_accepted() {
    let request = request("get_apps");
    let parsed = SignedRequest::parse(&request.parts()).unwrap();
    let policy = Policy {
        regions: vec!["us-east-1".to_owned()],
        ..policy()
    };
    assert_eq!(
        parsed.verify(SECRET, None, body_sha256(b""), signed_at(), &policy),
        Err(SigV4Error::UnknownRegion("eu-west-1".to_owned()))
    );
}

#[test]
fn the_wrong_secret_fails() {
    let request = request("get_apps");
    let parsed = SignedRequest::parse(&request.parts()).unwrap();
    assert_eq!(
        parsed.verify("other", None, body_sha256(b""), signed_at(), &policy()),
        Err(SigV4Error::BadSignature)
    );
}

#[test]
fn unsigned_requests_are_told_apart() {
    let mut request = request("get_apps");
    request.headers.remove("authorization");
    check_error(&request, &SigV4Error::Missing);
    request.set("authorization", "Bearer abc");
    check_error(&request, &SigV4Error::Missing);
    request.query = "X-Amz-Date=20260304T050607Z".to_owned();
    check_error(&request, &SigV4Error::Missing);
}

#[test]
fn unsigned_payloads_are_refused() {
    for value in ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"] {
        let mut request = request("get_apps");
        request.set("x-amz-content-sha256", value);
        check_error(&request, &SigV4Error::UnsignedPayload);
    }
    let mut request = request("presigned_get");
    request
        .query
        .push_str("&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD");
    check_error(&request, &SigV4Error::UnsignedPayload);
}

#[test]
fn malformed_headers_are_named() {
    const SCOPE: &str = "AK/20260304/eu-west-1/mobiletargeting/aws4_request";
    for (authorization, malformed) in [
        ("AWS4-HMAC-SHA256 nothing".to_owned(), Malformed::Authorization),
        (
            format!("AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host"),
            Malformed::Authorization,
        ),
        (
            format!("AWS4-HMAC-SHA256 Credential={SCOPE}, Credential={SCOPE}, SignedHeaders=host, Signature=0"),
            Malformed::Authorization,
        ),
        (
            "AWS4-HMAC-SHA256 Credential=AK/20260304/eu-west-1/pinpoint/aws4_request, SignedHeaders=host;x-amz-date, Signature=0".to_owned(),
            Malformed::Credential,
        ),
        (
            "AWS4-HMAC-SHA256 Credential=AK, SignedHeaders=host;x-amz-date, Signature=0".to_owned(),
            Malformed::Credential,
        ),
        (
            "AWS4-HMAC-SHA256 Credential=AK/20260305/eu-west-1/mobiletargeting/aws4_request, SignedHeaders=host;x-amz-date, Signature=0".to_owned(),
            Malformed::Date,
        ),
        (
            format!("AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=0"),
            Malformed::UnsignedDate,
        ),
        (
            format!("AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=x-amz-date, Signature=0"),
            Malformed::UnsignedHost,
        ),
        (
            format!("AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host;x-absent;x-amz-date, Signature=0"),
            Malformed::AbsentHeader,
        ),
    ] {
        let mut request = request("get_apps");
        request.set("authorization", &authorization);
        check_error(&request, &SigV4Error::Malformed(malformed));
    }
}

#[test]
fn malformed_queries_are_named() {
    for (from, to, malformed) in [
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", Malformed::Algorithm),
        ("X-Amz-Expires=900", "X-Amz-Expires=0", Malformed::Expires),
        (
            "X-Amz-Expires=900",
            "X-Amz-Expires=604801",
            Malformed::Expires,
        ),
        (
            "X-Amz-Date=",
            "X-Amz-Other=",
            Malformed::Absent("X-Amz-Date"),
        ),
        (
            "X-Amz-Expires=900",
            "X-Amz-Expires=900&X-Amz-Expires=900",
            Malformed::Part("X-Amz-Expires"),
        ),
        (
            "SignedHeaders=host",
            "SignedHeaders=date",
            Malformed::UnsignedHost,
        ),
        ("mobiletargeting", "s3", Malformed::Credential),
    ] {
        let mut request = request("presigned_get");
        request.query = request.query.replace(from, to);
        check_error(&request, &SigV4Error::Malformed(malformed));
    }
    let mut request = request("presigned_get");
    request.headers = Request::new(vector("get_apps")).headers;
    check_error(&request, &SigV4Error::Malformed(Malformed::Twice));
}

#[test]
fn doubled_headers_are_refused() {
    let mut request = request("get_apps");
    let date = HeaderValue::from_static("20260304T050607Z");
    request.headers.append("x-amz-date", date);
    check_error(
        &request,
        &SigV4Error::Malformed(Malformed::Part("x-amz-date")),
    );
}

#[test]
fn signing_needs_a_host() {
    let mut request = request("get_apps");
    request.headers.clear();
    let signed = sign(
        &request.parts(),
        &credentials(None),
        "eu-west-1",
        body_sha256(b""),
        signed_at(),
    );
    assert_eq!(signed.err(), Some(SignError::NoHost));
}

/// Changes one byte of `text` to another printable one.
fn mutate(text: &mut String, at: prop::sample::Index, by: u8) {
    let mut bytes = std::mem::take(text).into_bytes();
    if bytes.is_empty() {
        bytes.push(b'!');
    } else {
        let index = at.index(bytes.len());
        bytes[index] = b'!' + (bytes[index].wrapping_sub(b'!').wrapping_add(by)) % 94;
    }
    *text = String::from_utf8(bytes).expect("printable bytes");
}

proptest! {
    #[test]
    fn a_changed_request_fails(
        index in 0..VECTORS.len(),
        part in 0..5_usize,
        at in any::<prop::sample::Index>(),
        by in 1..94_u8,
    ) {
        let vector = &VECTORS[index];
        let mut request = Request::new(vector);
        match part {
            0 => mutate(&mut request.method, at, by),
            1 => mutate(&mut request.path, at, by),
            2 => mutate(&mut request.query, at, by),
            3 => {
                let mut body = String::from_utf8(request.body).expect("text");
                mutate(&mut body, at, by);
                request.body = body.into_bytes();
            }
            _ => {
                let mut host = "127.0.0.1:8080".to_owned();
                mutate(&mut host, at, by);
                request.set("host", &host);
            }
        }
        // A query may change its bytes and keep its meaning: `a&b` or `%2F`.
        let same_query = part == 2 && meaning(&request.query) == meaning(vector.query);
        prop_assert_eq!(request.verify(vector.token).is_ok(), same_query);
    }

    #[test]
    fn a_changed_signature_fails(
        index in 0..VECTORS.len(),
        at in 0..64_usize,
        digit in "[0-9a-fA-F]",
    ) {
        let vector = &VECTORS[index];
        let mut signature = vector.signature.to_owned();
        signature.replace_range(at..=at, &digit);
        prop_assume!(signature != vector.signature);
        let mut request = Request::new(vector);
        request.query = request.query.replace(vector.signature, &signature);
        if let Some(value) = request.headers.remove("authorization") {
            let value = value.to_str().expect("text").replace(vector.signature, &signature);
            request.set("authorization", &value);
        }
        prop_assert_eq!(request.verify(vector.token), Err(SigV4Error::BadSignature));
    }

    #[test]
    fn whatever_is_signed_verifies(
        path in "(/[a-zA-Z0-9%:@!*()~+ é.]{0,12}){1,5}",
        query in "([a-z-]{1,5}(=[a-zA-Z0-9%+/=]{0,8})?&?){0,4}",
        header in "[ a-z0-9\\t]{0,20}",
        body in any::<Vec<u8>>(),
        token in any::<bool>(),
    ) {
        let token = token.then_some(TOKEN);
        let mut request = Request {
            method: "POST".to_owned(),
            path,
            query,
            headers: headers(&[("host", "localhost"), ("x-note", &header)]),
            body,
        };
        sign(&request.parts(), &credentials(token), "eu-west-1", body_sha256(&request.body), signed_at())
            .expect("signs")
            .apply(&mut request.headers);
        prop_assert!(request.verify(token).is_ok());
    }

    #[test]
    fn parsing_never_panics(authorization in "\\PC{0,80}", query in "(X-Amz-[A-Za-z]{1,12}=\\PC{0,20}&?){0,6}") {
        let mut request = Request::new(vector("get_apps"));
        if let Ok(value) = HeaderValue::from_str(&format!("AWS4-HMAC-SHA256 {authorization}")) {
            request.headers.insert("authorization", value);
        }
        request.query = query;
        let _ = request.verify(None);
    }
}

/// The parameters of a query, decoded and sorted.
fn meaning(query: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let decode = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let mut pairs: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect();
    pairs.sort();
    pairs
}
