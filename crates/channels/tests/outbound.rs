//! Calls over real sockets: what is sent, what is understood, and who is not called.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use channels::outbound::{CallError, ChosenBy, Guard, HttpCaller, Range};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A server that gives every request one answer, byte by byte as it is told.
struct Receiver {
    url: String,
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Receiver {
    /// An empty `answer` stands for a connection that is closed.
    async fn new(answer: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let connections: Arc<AtomicUsize> = Arc::default();
        let (seen, opened, answer) = (requests.clone(), connections.clone(), answer.to_owned());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                opened.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(socket, seen.clone(), answer.clone()));
            }
        });
        Self {
            url: format!("http://127.0.0.1:{port}/hook?x"),
            port,
            requests,
            connections,
        }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(mut socket: TcpStream, requests: Arc<Mutex<Vec<String>>>, answer: String) {
    let mut read = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let Ok(count @ 1..) = socket.read(&mut piece).await else {
            return;
        };
        read.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse::<usize>().expect("a length"))
        });
        if body.len() < length.unwrap_or(0) {
            continue;
        }
        requests.lock().push(text);
        read.clear();
        if answer.is_empty() {
            return;
        }
        let _ = socket.write_all(answer.as_bytes()).await;
    }
}

fn caller(allowed: &[&str]) -> HttpCaller {
    let allowed = allowed
        .iter()
        .map(|first| Range::new(first.parse().expect("an address"), 8));
    HttpCaller::new(Guard::new(allowed.collect()), None).expect("a caller")
}

async fn post(url: &str, by: ChosenBy, limit: usize) -> Result<(u16, Bytes), CallError> {
    let body = Bytes::from_static(b"{\"a\":1}");
    let answer = caller(&[]).post(url, by, body, limit).await?;
    Ok((answer.status, answer.body))
}

#[tokio::test]
async fn json_is_posted_and_connections_are_kept() {
    let receiver =
        Receiver::new("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Own: 7\r\n\r\n{}").await;
    let caller = caller(&["127.0.0.0"]);
    for _ in 0..3 {
        let body = Bytes::from_static(b"{\"a\":1}");
        let answer = caller
            .post(&receiver.url, ChosenBy::User, body, 2)
            .await
            .expect("an answer");
        assert_eq!((answer.status, &answer.body[..]), (200, &b"{}"[..]));
        assert_eq!(answer.headers["x-own"], "7");
    }
    assert_eq!(receiver.connections(), 1);
    let request = receiver.requests.lock()[0].clone();
    assert!(
        request.starts_with("POST /hook?x HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(request.contains("content-type: application/json\r\n"));
    assert!(request.ends_with("\r\n\r\n{\"a\":1}"));
}

#[tokio::test]
async fn answers_are_bounded_and_redirects_are_not_followed() {
    let long = Receiver::new("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc").await;
    let unusable = |status, problem: &str| CallError::Unusable {
        status,
        problem: problem.to_owned(),
    };
    let too_long = post(&long.url, ChosenBy::Operator, 2).await;
    assert_eq!(too_long, Err(unusable(200, "has more than 2 bytes")));
    let chunked =
        "HTTP/1.1 201 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\nab\r\n0\r\n\r\n";
    let chunked = Receiver::new(chunked).await;
    let too_long = post(&chunked.url, ChosenBy::Operator, 3).await;
    assert_eq!(too_long, Err(unusable(201, "has more than 3 bytes")));
    let fits = post(&chunked.url, ChosenBy::Operator, 4).await;
    assert_eq!(fits, Ok((201, Bytes::from_static(b"abab"))));
    let moved = format!(
        "HTTP/1.1 307 Moved\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        long.url
    );
    let moved = Receiver::new(&moved).await;
    let before = long.connections();
    let answer = post(&moved.url, ChosenBy::Operator, 9).await;
    assert_eq!(answer, Ok((307, Bytes::new())));
    assert_eq!(long.connections(), before);
}

#[tokio::test]
async fn a_lost_answer_is_told_from_a_request_that_never_left() {
    let silent = Receiver::new("").await;
    let lost = post(&silent.url, ChosenBy::Operator, 9).await;
    assert!(matches!(lost, Err(CallError::NoAnswer(_))), "{lost:?}");
    assert_eq!(silent.requests.lock().len(), 1, "it is not sent again");
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    let refused = post(&url, ChosenBy::Operator, 9).await;
    assert!(matches!(refused, Err(CallError::NotSent(_))), "{refused:?}");
    // It speaks no TLS: nothing was sent either.
    let url = silent.url.replace("http:", "https:");
    let refused = post(&url, ChosenBy::Operator, 9).await;
    assert!(matches!(refused, Err(CallError::NotSent(_))), "{refused:?}");
    for url in ["ftp://x.example/", "https://", "/x", "http:///x", ""] {
        let refused = post(url, ChosenBy::Operator, 9).await;
        assert!(matches!(refused, Err(CallError::Url(_))), "{url}");
    }
}

#[tokio::test]
async fn inner_addresses_are_not_called_for_users() {
    let inside = Receiver::new("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let port = inside.port;
    for host in [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "169.254.169.254",
    ] {
        let url = format!("http://{host}:{port}/");
        let refused = post(&url, ChosenBy::User, 9).await;
        assert!(
            matches!(refused, Err(CallError::Forbidden(_))),
            "{host}: {refused:?}"
        );
    }
    assert_eq!(inside.connections(), 0);
    assert!(post(&inside.url, ChosenBy::Operator, 9).await.is_ok());
    // A connection that was made for the operator serves nobody else.
    let caller = caller(&[]);
    let operator = caller.head(&inside.url, ChosenBy::Operator).await;
    assert_eq!(operator.map(|it| it.status), Ok(200));
    let user = caller.head(&inside.url, ChosenBy::User).await;
    assert!(matches!(user, Err(CallError::Forbidden(_))), "{user:?}");
    assert!(inside.requests.lock()[1].starts_with("HEAD /hook?x HTTP/1.1"));
}
