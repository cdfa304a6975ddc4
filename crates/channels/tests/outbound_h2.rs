//! Calls by HTTP/2: both sides agree on it under TLS, and many calls share one connection.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use channels::outbound::{CallError, ChosenBy, Guard, HttpCaller, Range};
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What a request was: version, method with target and content type, body.
type Heard = (Version, String, Bytes);

/// A server on loopback that says what it was told, unless the path tells it otherwise.
struct Peer {
    url: String,
    ca_pem: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    connections: Arc<AtomicUsize>,
}

impl Peer {
    /// A server that offers these protocols.
    async fn new(protocols: &[&str]) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
        let made = made.expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("known versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a key that fits");
        tls.alpn_protocols = protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let peer = Self {
            url: format!("https://localhost:{port}"),
            ca_pem: made.cert.pem(),
            heard: Arc::default(),
            connections: Arc::default(),
        };
        let (heard, connections) = (Arc::clone(&peer.heard), Arc::clone(&peer.connections));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, heard) = (acceptor.clone(), Arc::clone(&heard));
                let connections = Arc::clone(&connections);
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(socket).await else {
                        return;
                    };
                    connections.fetch_add(1, Ordering::SeqCst);
                    let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                    let service = service_fn(move |request| answer(request, Arc::clone(&heard)));
                    let io = TokioIo::new(stream);
                    let _ = if h2 {
                        let server = http2::Builder::new(TokioExecutor::new());
                        server.serve_connection(io, service).await
                    } else {
                        http1::Builder::new().serve_connection(io, service).await
                    };
                });
            }
        });
        peer
    }

    fn caller(&self) -> HttpCaller {
        let loopback = Range::new("127.0.0.0".parse().expect("an address"), 8);
        let loopback6 = Range::new("::1".parse().expect("an address"), 128);
        let guard = Guard::new(vec![loopback, loopback6]);
        HttpCaller::new(guard, Some(self.ca_pem.as_bytes())).expect("a caller")
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Says what it was told; cuts what is sent to `/cut`.
async fn answer(
    request: Request<Incoming>,
    heard: Arc<Mutex<Vec<Heard>>>,
) -> Result<Response<Full<Bytes>>, Cut> {
    let (head, body) = request.into_parts();
    let kind = head.headers.get("content-type");
    let kind = kind.map_or("", |it| it.to_str().unwrap_or_default());
    let told = format!(
        "{} {} {kind}",
        head.method,
        head.uri.path_and_query().map_or("", |it| it.as_str())
    );
    let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
    heard.lock().push((head.version, told, body.clone()));
    if head.uri.path() == "/cut" {
        return Err(Cut);
    }
    // Others come in meanwhile.
    tokio::task::yield_now().await;
    let status = if head.uri.path() == "/no" { 503 } else { 200 };
    let answer = Response::builder().status(status).body(Full::new(body));
    Ok(answer.expect("a plain answer"))
}

#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("cut")
    }
}

impl std::error::Error for Cut {}

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

async fn post(
    caller: &HttpCaller,
    url: String,
    body: String,
    limit: usize,
) -> Result<(u16, Bytes), CallError> {
    let answer = caller
        .post(&url, ChosenBy::User, body.into(), limit)
        .await?;
    Ok((answer.status, answer.body))
}

#[tokio::test]
async fn many_calls_share_one_connection() {
    let peer = Peer::new(&["h2"]).await;
    let caller = peer.caller();
    let url = format!("{}/hook?x=1#part", peer.url);
    let first = post(&caller, url.clone(), "{}".to_owned(), 9).await;
    assert_eq!(first, Ok((200, Bytes::from_static(b"{}"))));
    let calls = (0..20).map(|n| {
        let (caller, url) = (caller.clone(), url.clone());
        tokio::spawn(async move { (n, post(&caller, url, format!("{{\"n\":{n}}}"), 99).await) })
    });
    for call in calls.collect::<Vec<_>>() {
        let (n, answered) = call.await.expect("no panic");
        assert_eq!(answered, Ok((200, format!("{{\"n\":{n}}}").into())));
    }
    assert_eq!(peer.connections(), 1);
    let heard = peer.heard.lock();
    assert_eq!(heard.len(), 21);
    for (version, told, _) in heard.iter() {
        assert_eq!(*version, Version::HTTP_2);
        assert_eq!(told, "POST /hook?x=1 application/json");
    }
}

#[tokio::test]
async fn answers_are_bounded_and_what_was_cut_may_have_arrived() {
    let peer = Peer::new(&["h2", "http/1.1"]).await;
    let caller = peer.caller();
    let long = post(&caller, peer.url.clone(), "abcd".to_owned(), 3).await;
    let want = CallError::Unusable {
        status: 200,
        problem: "has more than 3 bytes".to_owned(),
    };
    assert_eq!(long, Err(want));
    let cut = post(&caller, format!("{}/cut", peer.url), "{}".to_owned(), 9).await;
    assert!(matches!(cut, Err(CallError::NoAnswer(_))), "{cut:?}");
    let no = post(&caller, format!("{}/no", peer.url), "{}".to_owned(), 9).await;
    assert_eq!(no.map(|it| it.0), Ok(503));
    let asked = caller.head(&peer.url, ChosenBy::User).await;
    assert_eq!(asked.map(|it| it.status), Ok(200));
    let heard = peer.heard.lock();
    assert_eq!(heard.len(), 4, "nothing is sent again");
    assert!(
        heard
            .iter()
            .all(|(version, ..)| *version == Version::HTTP_2)
    );
}

#[tokio::test]
async fn who_does_not_offer_it_is_called_as_before_and_strangers_are_not() {
    let old = Peer::new(&["http/1.1"]).await;
    let answered = post(&old.caller(), old.url.clone(), "{}".to_owned(), 9).await;
    assert_eq!(answered, Ok((200, Bytes::from_static(b"{}"))));
    assert_eq!(old.heard.lock()[0].0, Version::HTTP_11);
    // A caller that trusts another certificate sends nothing.
    let new = Peer::new(&["h2"]).await;
    let refused = post(&old.caller(), new.url.clone(), "{}".to_owned(), 9).await;
    assert!(matches!(refused, Err(CallError::NotSent(_))), "{refused:?}");
    assert!(new.heard.lock().is_empty());
}
