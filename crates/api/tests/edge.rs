//! Signatures, routes, permissions, the form of errors, CORS (`docs/spec/audience.md §1–2`).

mod harness;

use std::time::Duration;

use harness::{Server, Signing};
use model::Policy;
use serde_json::json;
use sigv4::{Credentials, RequestParts};

const NOBODY: &str = "/v1/apps/00000000000000000000000000000000";

#[tokio::test(flavor = "multi_thread")]
async fn errors_have_one_form() {
    let server = Server::start().await;
    let message = server.get(NOBODY).await.refused(404, "NotFoundException");
    assert_eq!(message, "Application not found");
    let unsigned = server.plain("GET", "/v1/apps", &[], b"").await;
    unsigned.refused(403, "MissingAuthenticationTokenException");
    assert_eq!(unsigned.value()["message"], "Missing Authentication Token");
    server
        .get("/v1/nothing")
        .await
        .refused(403, "MissingAuthenticationTokenException");
    server
        .get("/elsewhere")
        .await
        .refused(403, "MissingAuthenticationTokenException");
    let app = server.app().await;
    let wrong = server.call("PATCH", &format!("/v1/apps/{app}"), b"").await;
    assert!(
        wrong
            .refused(405, "MethodNotAllowedException")
            .contains("DELETE")
    );
    let missing = server.get(&format!("/v1/apps/{app}/segments/none")).await;
    assert_eq!(
        missing.refused(404, "NotFoundException"),
        "Resource not found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_are_verified() {
    let server = Server::start().await;
    let with = |change: fn(&mut Signing)| {
        let mut who = Signing::default();
        change(&mut who);
        who
    };
    for (who, name) in [
        (
            with(|who| who.secret = "x".to_owned()),
            "InvalidSignatureException",
        ),
        (
            with(|who| who.id = "AKIDNOBODY".to_owned()),
            "UnrecognizedClientException",
        ),
        (
            with(|who| who.region = "mars-1".to_owned()),
            "InvalidSignatureException",
        ),
    ] {
        server
            .signed(&who, "GET", "/v1/apps", b"")
            .await
            .refused(403, name);
    }
    let temporary = server
        .key(Policy::Admin, None, Some(Duration::from_secs(600)))
        .await;
    server
        .signed(&temporary, "GET", "/v1/apps", b"")
        .await
        .ok(200);
    let mut without = temporary.clone();
    without.token = None;
    let refused = server.signed(&without, "GET", "/v1/apps", b"").await;
    refused.refused(403, "UnrecognizedClientException");
    let ended = server.key(Policy::Admin, None, Some(Duration::ZERO)).await;
    server
        .signed(&ended, "GET", "/v1/apps", b"")
        .await
        .refused(403, "ExpiredTokenException");
}

#[tokio::test(flavor = "multi_thread")]
async fn beacons_are_presigned() {
    let server = Server::start().await;
    let app = server.app().await;
    let path = format!("/v1/apps/{app}/events/legacy");
    let body = br#"{"BatchItem":{"e":{"Endpoint":{},"Events":{}}}}"#;
    let host = server.address.to_string().parse().expect("a host");
    let headers = http::HeaderMap::from_iter([(http::header::HOST, host)]);
    let parts = RequestParts {
        method: "POST",
        path: &path,
        query: "",
        headers: &headers,
    };
    let credentials = Credentials {
        access_key_id: harness::KEY,
        secret: harness::SECRET,
        session_token: None,
    };
    let hash = sigv4::body_sha256(body);
    let now = server.parts.clock.now();
    let query = sigv4::presign(&parts, &credentials, harness::REGION, hash, now, None);
    let target = format!("{path}?{}", query.expect("signs"));
    server.plain("POST", &target, &[], body).await.ok(202);
    let other = br#"{"BatchItem":{"f":{"Endpoint":{},"Events":{}}}}"#;
    let forged = server.plain("POST", &target, &[], other).await;
    forged.refused(403, "InvalidSignatureException");
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_bound_what_a_key_may_do() {
    let server = Server::start().await;
    let (app, other) = (server.app().await, server.app().await);
    let client = server.key(Policy::Client, Some(&app), None).await;
    let endpoint = br#"{"ChannelType":"EMAIL","Address":"a@x.example"}"#;
    let path = format!("/v1/apps/{app}/endpoints/e");
    server.signed(&client, "PUT", &path, endpoint).await.ok(202);
    let denied = server
        .signed(&client, "GET", &format!("/v1/apps/{app}/segments"), b"")
        .await;
    let message = denied.refused(403, "AccessDeniedException");
    assert_eq!(
        message,
        format!(
            "User: arn:aws:iam::000000000000:user/{} is not authorized to perform: \
             mobiletargeting:GetSegments on resource: \
             arn:aws:mobiletargeting:eu-west-1:000000000000:apps/{app}",
            client.id
        )
    );
    let elsewhere = format!("/v1/apps/{other}/endpoints/e");
    let denied = server.signed(&client, "PUT", &elsewhere, endpoint).await;
    denied.refused(403, "AccessDeniedException");
    let denied = server.signed(&client, "GET", "/beckon/v1/keys", b"").await;
    denied.refused(403, "AccessDeniedException");
    let reader = server.key(Policy::Read, None, None).await;
    server.signed(&reader, "GET", "/v1/apps", b"").await.ok(200);
    let denied = server.signed(&reader, "PUT", &path, endpoint).await;
    denied.refused(403, "AccessDeniedException");
    // A deleted key is refused at once, although it was used.
    let gone = format!("/beckon/v1/keys/{}", reader.id);
    assert_eq!(server.call("DELETE", &gone, b"").await.status, 204);
    let denied = server.signed(&reader, "GET", "/v1/apps", b"").await;
    denied.refused(403, "UnrecognizedClientException");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_bounded_and_checked() {
    let server = Server::with(|settings| settings.limits.request_bytes = 2_000).await;
    let app = server.app().await;
    let path = format!("/v1/apps/{app}/endpoints/e");
    let big = format!(r#"{{"Address":"{}"}}"#, "x".repeat(3_000));
    let refused = server.call("PUT", &path, big.as_bytes()).await;
    refused.refused(413, "PayloadTooLargeException");
    let unsigned = server.plain("PUT", &path, &[], big.as_bytes()).await;
    unsigned.refused(403, "MissingAuthenticationTokenException");
    let broken = server.call("PUT", &path, b"{\n  \"Address\": !\n}").await;
    let message = broken.refused(400, "BadRequestException");
    assert!(message.contains("line 2 column"), "{message}");
    // Syntax comes before the application, the application before the members.
    let broken = server
        .call("PUT", &format!("{NOBODY}/endpoints/e"), b"{")
        .await;
    broken.refused(400, "BadRequestException");
    let nobody = server
        .call("PUT", &format!("{NOBODY}/endpoints/e"), b"{\"OptOut\":1}")
        .await;
    nobody.refused(404, "NotFoundException");
    server
        .json("PUT", &path, json!({"OptOut": 1}))
        .await
        .refused(400, "BadRequestException");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_answers_preflight() {
    let server = Server::start().await;
    for path in ["/v1/apps", "/v1/apps/x/events", "/v1/anything/else"] {
        let answer = server.plain("OPTIONS", path, &[], b"").await;
        assert_eq!((answer.status, answer.body.len()), (200, 0));
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(
            answer
                .header("access-control-allow-headers")
                .contains("x-amz-security-token")
        );
        assert!(
            answer
                .header("access-control-allow-methods")
                .contains("DELETE")
        );
    }
    let answer = server.get("/v1/apps").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(
        answer
            .header("access-control-expose-headers")
            .contains("x-amzn-RequestId")
    );
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(!answer.header("date").is_empty());
    assert_eq!(answer.header("x-amzn-requestid").len(), 36);
}

#[tokio::test(flavor = "multi_thread")]
async fn identifiers_are_decoded_after_splitting() {
    let server = Server::start().await;
    let app = server.app().await;
    let path = format!("/v1/apps/{app}/endpoints/eu-central-1%3Aa%2Fb%40c");
    let endpoint = json!({"ChannelType": "EMAIL", "Address": "a@x.example"});
    server.json("PUT", &path, endpoint).await.ok(202);
    assert_eq!(server.get(&path).await.ok(200)["Id"], "eu-central-1:a/b@c");
    let arn = format!("arn:aws:mobiletargeting:eu-west-1:000000000000:apps/{app}");
    let encoded = arn.replace(':', "%3A").replace('/', "%2F");
    for shown in [encoded, arn] {
        let tags = server.get(&format!("/v1/tags/{shown}")).await.ok(200);
        assert_eq!(tags, json!({"tags": {}}));
    }
    let bad = server.get(&format!("/v1/apps/{app}/endpoints/%FF")).await;
    bad.refused(400, "BadRequestException");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_routes_need_no_key() {
    let server = Server::start().await;
    server.plain("GET", "/health", &[], b"").await.ok(200);
    let metrics = server.plain("GET", "/metrics", &[], b"").await;
    assert!(
        metrics.text().contains("beckon_log_end_bytes"),
        "{}",
        metrics.text()
    );
    assert_eq!(
        server.plain("GET", "/", &[], b"").await.header("location"),
        "/console/"
    );
    let page = server.plain("GET", "/console/projects", &[], b"").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(
        !page
            .header("content-security-policy")
            .contains("script-src 'unsafe-inline'")
    );
    for path in ["/t/o/x", "/t/c/x", "/u/x"] {
        let answer = server.plain("GET", path, &[], b"").await;
        assert!(
            matches!(answer.status, 400 | 404),
            "{path}: {}",
            answer.status
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_for_everyone() {
    let server = Server::start().await;
    let whole = server.plain("GET", "/openapi.json", &[], b"").await;
    let paths = whole.ok(200)["paths"].clone();
    assert!(paths["/v1/apps"]["post"].is_object() && paths["/beckon/v1/keys"]["get"].is_object());
    assert_eq!(whole.header("content-type"), "application/json");
    assert_eq!(whole.header("access-control-allow-origin"), "*");
    let again = [("if-none-match", whole.header("etag"))];
    let again = server.plain("GET", "/openapi.json", &again, b"").await;
    assert_eq!((again.status, again.text()), (304, String::new()));
}
