//! Event streams as callers see them, and what flows.

mod harness;

use std::path::Path;
use std::time::Duration;

use harness::{NO_STREAM, STREAM, Server};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::000000000000:role/stream";

async fn report(server: &Server, app: &str, kind: &str) {
    let now = server.parts.clock.now().to_string();
    let event = json!({"EventType": kind, "Timestamp": now});
    let item = json!({"Endpoint": {}, "Events": {"e": event}});
    let body = json!({"BatchItem": {"ep-1": item}});
    let path = format!("/v1/apps/{app}/events");
    server.json("POST", &path, body).await.ok(202);
}

/// The records in the folder once there are `count`.
async fn records(dir: &Path, count: usize) -> Vec<Value> {
    for _ in 0..1_000 {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(dir).expect("a folder") {
            let text = std::fs::read_to_string(entry.expect("a file").path()).expect("reads");
            found.extend(
                text.lines()
                    .map(|line| serde_json::from_str(line).expect("JSON")),
            );
        }
        if found.len() >= count {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited in vain for {count} records");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_flow_from_the_moment_the_stream_exists() {
    let server = Server::start().await;
    let (app, other) = (server.app().await, server.app().await);
    let path = format!("/v1/apps/{app}/eventstream");
    server.get(&path).await.refused(404, "NotFoundException");
    let gone = server.call("DELETE", &path, b"").await;
    gone.refused(404, "NotFoundException");
    report(&server, &app, "before").await;

    let body = json!({"DestinationStreamArn": STREAM, "RoleArn": ROLE});
    let made = server.json("POST", &path, body).await.ok(200);
    assert_eq!(made["ApplicationId"], app);
    assert_eq!(made["DestinationStreamArn"], STREAM);
    assert_eq!(made["RoleArn"], ROLE);
    assert!(made["LastModifiedDate"].is_string() && made["LastUpdatedBy"].is_string());
    assert_eq!(server.get(&path).await.ok(200), made);
    report(&server, &app, "after").await;
    report(&server, &other, "elsewhere").await;
    report(&server, &app, "last").await;
    let dir = server.folder.path().join("stream");
    let found = records(&dir, 2).await;
    let kinds: Vec<_> = found.iter().map(|record| &record["event_type"]).collect();
    assert_eq!(kinds, ["after", "last"]);
    assert_eq!(found[0]["application"]["app_id"], app);
    assert_eq!(found[0]["endpoint"]["Id"], "ep-1");

    let last = server.call("DELETE", &path, b"").await.ok(200);
    assert_eq!(last, made);
    server.get(&path).await.refused(404, "NotFoundException");
    report(&server, &app, "too late").await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(records(&dir, 2).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_refused_unless_it_works() {
    let server = Server::start().await;
    let app = server.app().await;
    let path = format!("/v1/apps/{app}/eventstream");
    let told = "make sure the IAM Role is configured correctly";
    let unknown = "arn:aws:kinesis:eu-west-1:000000000000:stream/unknown";
    for (destination, role, told) in [
        (unknown, ROLE, told),
        (NO_STREAM, ROLE, told),
        (
            "arn:aws:s3:::bucket",
            ROLE,
            "DestinationStreamArn: expected",
        ),
        (STREAM, "me", "RoleArn: expected"),
    ] {
        let body = json!({"DestinationStreamArn": destination, "RoleArn": role});
        let answer = server.json("POST", &path, body).await;
        let message = answer.refused(400, "BadRequestException");
        assert!(message.contains(told), "{message}");
    }
    for lacking in [
        json!({"RoleArn": ROLE}),
        json!({"DestinationStreamArn": STREAM}),
    ] {
        let answer = server.json("POST", &path, lacking).await;
        answer.refused(400, "BadRequestException");
    }
    server.get(&path).await.refused(404, "NotFoundException");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_with_its_application() {
    let server = Server::start().await;
    let app = server.app().await;
    let path = format!("/v1/apps/{app}/eventstream");
    let body = json!({"DestinationStreamArn": STREAM, "RoleArn": ROLE});
    server.json("POST", &path, body).await.ok(200);
    let stream = |name: &String| name.starts_with("stream-");
    for _ in 0..500 {
        if server.parts.log.consumers().iter().any(stream) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    server
        .call("DELETE", &format!("/v1/apps/{app}"), b"")
        .await
        .ok(200);
    for _ in 0..500 {
        if !server.parts.log.consumers().iter().any(stream) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the log is still kept for the stream");
}
