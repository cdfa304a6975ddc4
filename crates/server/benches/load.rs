//! A load generator for the HTTP edge: signed requests from several connections, measured as items
//! per second. `benches/run.py` starts it; the references are measured by it in the same way.
//!
//! `load upserts|events|echo --url URL --app ID --key KEY --secret SECRET [--requests N]`

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clock::Clock;
use http::{HeaderMap, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Connections that send at the same time.
const CONNECTIONS: usize = 16;
/// Items in each request.
const ITEMS: usize = 100;

struct Target {
    mode: String,
    host: String,
    app: String,
    key: String,
    secret: String,
    requests: usize,
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let Some(mode) = arguments.first().cloned() else {
        eprintln!("usage: load upserts|events|echo --url URL --app ID --key KEY --secret SECRET");
        return;
    };
    let value = |name: &str, default: &str| {
        arguments
            .iter()
            .position(|argument| argument == name)
            .and_then(|at| arguments.get(at + 1))
            .map_or_else(|| default.to_owned(), Clone::clone)
    };
    let mut target = Target {
        host: value("--url", "").trim_start_matches("http://").to_owned(),
        app: value("--app", "0"),
        key: value("--key", "key"),
        secret: value("--secret", "secret"),
        requests: value("--requests", "5000")
            .parse()
            .expect("--requests is a number"),
        mode,
    };
    if target.mode == "echo" {
        target.host = echo().await;
    }
    let target = Arc::new(target);
    let clock = Clock::real();
    let started = clock.monotonic();
    let next = Arc::new(AtomicUsize::new(0));
    let senders: Vec<_> = (0..CONNECTIONS)
        .map(|_| tokio::spawn(send(Arc::clone(&target), Arc::clone(&next), clock.clone())))
        .collect();
    for sender in senders {
        sender.await.expect("a sender ends well");
    }
    let seconds = (clock.monotonic() - started).as_secs_f64();
    let items = target.requests * ITEMS;
    println!(
        "{}",
        serde_json::json!({
            "mode": target.mode,
            "items": items,
            "seconds": seconds,
            "items_per_second": (items as f64 / seconds).round(),
        })
    );
}

async fn send(target: Arc<Target>, next: Arc<AtomicUsize>, clock: Clock) {
    let mut stream = TcpStream::connect(&target.host)
        .await
        .expect("the server listens");
    stream.set_nodelay(true).expect("the socket takes options");
    let mut answer = Vec::with_capacity(64 * 1024);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= target.requests {
            return;
        }
        let (method, path, body) = if target.mode == "upserts" {
            (
                "PUT",
                format!("/v1/apps/{}/endpoints", target.app),
                upserts(number),
            )
        } else {
            (
                "POST",
                format!("/v1/apps/{}/events", target.app),
                events(number),
            )
        };
        let request = signed(&target, method, &path, &body, &clock);
        stream.write_all(&request).await.expect("the server reads");
        stream.write_all(&body).await.expect("the server reads");
        read_answer(&mut stream, &mut answer).await;
        assert!(
            answer.starts_with(b"HTTP/1.1 20"),
            "refused: {}",
            String::from_utf8_lossy(&answer)
        );
    }
}

fn signed(target: &Target, method: &str, path: &str, body: &[u8], clock: &Clock) -> Vec<u8> {
    let mut headers = HeaderMap::new();
    headers.insert(
        "host",
        HeaderValue::from_str(&target.host).expect("a host is a header"),
    );
    let parts = sigv4::RequestParts {
        method,
        path,
        query: "",
        headers: &headers,
    };
    let credentials = sigv4::Credentials {
        access_key_id: &target.key,
        secret: &target.secret,
        session_token: None,
    };
    let signature = sigv4::sign(
        &parts,
        &credentials,
        "us-east-1",
        sigv4::body_sha256(body),
        clock.now(),
    )
    .expect("the request can be signed");
    signature.apply(&mut headers);
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in &headers {
        request.push_str(&format!(
            "{name}: {}\r\n",
            value.to_str().expect("printable")
        ));
    }
    request.push_str("\r\n");
    request.into_bytes()
}

/// Reads one response with a content length.
async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) {
    answer.clear();
    loop {
        let read = stream.read_buf(answer).await.expect("the server answers");
        assert!(read > 0, "the server closed the connection");
        let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
        let length: usize = text
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.lines().next())
            .and_then(|digits| digits.trim().parse().ok())
            .unwrap_or(0);
        if answer.len() >= head + 4 + length {
            return;
        }
    }
}

fn upserts(number: usize) -> Vec<u8> {
    let items: Vec<_> = (0..ITEMS)
        .map(|item| {
            let n = number * ITEMS + item;
            serde_json::json!({
                "Id": format!("endpoint-{n}"),
                "ChannelType": "EMAIL",
                "Address": format!("person{n}@mail.example"),
                "Attributes": {"plan": [(["basic", "gold", "trial"][n % 3])], "team": [format!("t{}", n % 50)]},
                "Metrics": {"orders": n % 20},
                "Location": {"Country": (["DE", "FR", "US"][n % 3])},
                "User": {"UserId": format!("user-{n}"), "UserAttributes": {"FirstName": [format!("Name{n}")]}},
            })
        })
        .collect();
    serde_json::to_vec(&serde_json::json!({ "Item": items })).expect("JSON encodes")
}

fn events(number: usize) -> Vec<u8> {
    let events: serde_json::Map<_, _> = (0..ITEMS)
        .map(|item| {
            let event = serde_json::json!({
                "EventType": (["view", "cart.add", "_session.start"][item % 3]),
                "Timestamp": "2026-11-20T10:00:00.000Z",
                "Attributes": {"page": format!("p{}", item % 20), "theme": "dark"},
                "Metrics": {"ms": item},
            });
            (format!("event-{number}-{item}"), event)
        })
        .collect();
    let endpoint = format!("endpoint-{}", number % 10_000);
    let batch =
        serde_json::json!({ "BatchItem": { endpoint: {"Endpoint": {}, "Events": events} } });
    serde_json::to_vec(&batch).expect("JSON encodes")
}

/// The reference: a server that parses the body and answers, nothing else.
async fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let host = listener.local_addr().expect("an address").to_string();
    let count = |body: axum::body::Bytes| async move {
        match serde_json::from_slice::<wire::shapes::EventsRequest>(&body) {
            Ok(request) => request
                .batch_item
                .map_or(0, |batch| batch.len())
                .to_string(),
            Err(error) => error.to_string(),
        }
    };
    let router = axum::Router::new().fallback(axum::routing::post(count));
    tokio::spawn(async move { axum::serve(listener, router).await });
    host
}
