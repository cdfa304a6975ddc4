//! A server in this process, and a client that signs.

#![allow(dead_code, reason = "each test file uses its own part of the harness")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use analytics::Analytics;
use api::{AppState, Limits, NewKey, Parts, Settings};
use channels::inbox::{Inbox, InboxOptions};
use channels::outbound::{Guard, HttpCaller};
use channels::suppression::SuppressionList;
use channels::token::Signer;
use clock::Clock;
use engine::Engine;
use engine::buckets::Buckets;
use engine::callees::{HttpCallees, LambdaSettings};
use engine::export::{ExportJobs, ExportLimits};
use engine::import::{ImportJobs, ImportLimits};
use engine::streams::{EventStreams, Sinks};
use engine::uploads::Uploads;
use events::Log;
use events::ingest::Deduper;
use events::stream::{FolderSink, Sink};
use http::{HeaderMap, HeaderName, HeaderValue};
use model::{AppId, Policy};
use serde_json::Value;
use sigv4::{Credentials, RequestParts};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

pub const KEY: &str = "AKIDTEST";
pub const SECRET: &str = "a secret for tests";
pub const REGION: &str = "eu-west-1";
/// A stream into the folder `stream`.
pub const STREAM: &str = "arn:aws:kinesis:eu-west-1:000000000000:stream/shop";
/// A stream that cannot be written.
pub const NO_STREAM: &str = "arn:aws:firehose:eu-west-1:000000000000:deliverystream/broken";

/// A running server; it ends when this is dropped.
pub struct Server {
    pub address: SocketAddr,
    pub parts: Parts,
    pub folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Who signs.
#[derive(Clone)]
pub struct Signing {
    pub id: String,
    pub secret: String,
    pub token: Option<String>,
    pub region: String,
}

impl Default for Signing {
    fn default() -> Self {
        Self {
            id: KEY.to_owned(),
            secret: SECRET.to_owned(),
            token: None,
            region: REGION.to_owned(),
        }
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A server with other settings.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path();
        let clock = Clock::real();
        let options = store_embedded::Options::new(dir.join("store"));
        let store = store_embedded::open(options, clock.clone())
            .await
            .expect("a store");
        let (events_dir, log_clock) = (dir.join("events"), clock.clone());
        let log = tokio::task::spawn_blocking(move || {
            Log::open(&events_dir, log_clock, events::Options::default())
        });
        let log = log.await.expect("runs").expect("a log");
        let analytics = Analytics::open(
            dir.join("analytics"),
            log.clone(),
            clock.clone(),
            analytics::Options::default(),
        );
        let analytics = analytics.await.expect("analytics");
        let (inbox_dir, inbox_clock) = (dir.join("inbox"), clock.clone());
        let inbox = tokio::task::spawn_blocking(move || {
            Inbox::open(InboxOptions::new(inbox_dir), inbox_clock)
        });
        let inbox = inbox.await.expect("runs").expect("an inbox");
        let suppressions = SuppressionList::load(store.clone()).await.expect("a list");
        let signer = Signer::new(store.secrets.derived_key("tracking"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let public_url = format!("http://{address}");
        let engine = Engine::new(engine::Parts {
            store: store.clone(),
            log: log.clone(),
            email: Arc::new(inbox.clone()),
            inbox: Arc::new(inbox.clone()),
            messages: Arc::new(inbox.clone()),
            callees: Arc::new(nobody()),
            suppression: suppressions.clone(),
            signer: signer.clone(),
            clock: clock.clone(),
            settings: engine::Settings::new(public_url.as_str()),
        });
        let mut buckets = Buckets::default();
        buckets.folders.insert("crm".to_owned(), dir.to_owned());
        buckets
            .folders
            .insert("uploads".to_owned(), dir.join("uploads"));
        std::fs::create_dir_all(dir.join("uploads")).expect("a folder");
        let uploads = Uploads::open(&buckets, "uploads").expect("a folder");
        let imports = ImportJobs::new(
            store.clone(),
            clock.clone(),
            buckets.clone(),
            ImportLimits::default(),
        );
        let exports = ExportJobs::new(
            store.clone(),
            clock.clone(),
            buckets,
            ExportLimits::default(),
        );
        let (importing, exporting) = (imports.clone(), exports.clone());
        tokio::spawn(async move { importing.run().await });
        tokio::spawn(async move { exporting.run().await });
        engine.start();
        let account = "000000000000".to_owned();
        let sink: Arc<dyn Sink> = Arc::new(FolderSink::new(dir.join("stream"), clock.clone()));
        let file: Arc<dyn Sink> = Arc::new(FolderSink::new(dir.join("no-folder"), clock.clone()));
        std::fs::write(dir.join("no-folder"), "").expect("a file");
        let sinks = Sinks::from([(STREAM.to_owned(), sink), (NO_STREAM.to_owned(), file)]);
        let streams = EventStreams::new(store.clone(), log.clone(), clock.clone(), account, sinks);
        streams.start().await.expect("streams");
        let parts = Parts {
            store,
            log,
            deduper: Arc::new(Deduper::new(10_000)),
            analytics,
            engine,
            imports,
            exports,
            uploads,
            streams,
            inbox,
            suppressions,
            signer: Arc::new(signer),
            clock: clock.clone(),
        };
        let mut settings = Settings {
            account_id: "000000000000".to_owned(),
            regions: vec![REGION.to_owned(), "us-east-1".to_owned()],
            admin_key: Some((KEY.to_owned(), SECRET.to_owned())),
            identity_pools: std::collections::BTreeMap::new(),
            skew: Duration::from_secs(900),
            session: Duration::from_secs(3_600),
            public_url,
            email_transport: "inbox",
            email_per_second: 20_000,
            sms_per_second: 20_000,
            echo_credentials: false,
            data: dir.to_owned(),
            metrics: true,
            limits: Limits {
                applications: 100,
                request_bytes: 7 << 20,
                events_request_bytes: 4 << 20,
                upload_bytes: 1 << 30,
                events_per_request: 100,
                batch_items: 100,
                tags: 50,
                template_versions: 5_000,
                templates: 20_000,
                active_campaigns: 200,
                identity_calls_per_second: 1_000,
                active_journeys: 50,
                active_event_journeys: 20,
            },
        };
        change(&mut settings);
        let router = api::router(AppState::new(parts.clone(), settings));
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ended = stopped.await;
        };
        tokio::spawn(api::listen(
            listener,
            router,
            clock,
            stopped,
            Duration::from_secs(1),
        ));
        Self {
            address,
            parts,
            folder,
            stop: Some(stop),
        }
    }

    /// A signed call of `path`, which may hold a query.
    pub async fn call(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        self.signed(&Signing::default(), method, path, body).await
    }

    /// A signed call with a JSON body.
    pub async fn json(&self, method: &str, path: &str, body: Value) -> Answer {
        self.call(method, path, body.to_string().as_bytes()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, b"").await
    }

    /// A call signed by somebody else.
    pub async fn signed(&self, who: &Signing, method: &str, path: &str, body: &[u8]) -> Answer {
        let mut headers = self.host();
        let (raw_path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts = RequestParts {
            method,
            path: raw_path,
            query,
            headers: &headers,
        };
        let credentials = Credentials {
            access_key_id: &who.id,
            secret: &who.secret,
            session_token: who.token.as_deref(),
        };
        let now = self.parts.clock.now();
        let signed = sigv4::sign(
            &parts,
            &credentials,
            &who.region,
            sigv4::body_sha256(body),
            now,
        );
        signed.expect("signs").apply(&mut headers);
        self.send(method, path, &headers, body).await
    }

    /// A call with these headers and no signature.
    pub async fn plain(
        &self,
        method: &str,
        path: &str,
        with: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut headers = self.host();
        for (name, value) in with {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            headers.insert(name, HeaderValue::from_str(value).expect("a value"));
        }
        self.send(method, path, &headers, body).await
    }

    fn host(&self) -> HeaderMap {
        let host = HeaderValue::from_str(&self.address.to_string()).expect("a host");
        HeaderMap::from_iter([(http::header::HOST, host)])
    }

    async fn send(&self, method: &str, path: &str, headers: &HeaderMap, body: &[u8]) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n").into_bytes();
        for (name, value) in headers {
            request.extend_from_slice(format!("{name}: ").as_bytes());
            request.extend_from_slice(value.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
        request.extend_from_slice(body);
        let mut stream = TcpStream::connect(self.address).await.expect("connects");
        stream.write_all(&request).await.expect("writes");
        let mut raw = Vec::new();
        stream.read_to_end(&mut raw).await.expect("reads");
        Answer::read(&raw)
    }

    /// A new application.
    pub async fn app(&self) -> String {
        let answer = self
            .json("POST", "/v1/apps", serde_json::json!({"Name": "shop"}))
            .await;
        answer.ok(201)["Id"]
            .as_str()
            .expect("an identifier")
            .to_owned()
    }

    /// A new access key.
    pub async fn key(
        &self,
        policy: Policy,
        app: Option<&str>,
        lifetime: Option<Duration>,
    ) -> Signing {
        let new = NewKey {
            policy,
            app: app.map(AppId::from),
            description: None,
            lifetime,
        };
        let created = api::create_key(&self.parts.store, &self.parts.clock, new).await;
        let created = created.expect("a key");
        Signing {
            id: created.key.id.into_string(),
            secret: created.secret,
            token: created.session_token,
            region: REGION.to_owned(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ended = stop.send(());
        }
    }
}

impl Answer {
    fn read(raw: &[u8]) -> Self {
        let end = raw
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .expect("headers");
        let head = std::str::from_utf8(&raw[..end]).expect("text");
        let mut lines = head.split("\r\n");
        let status = lines.next().expect("a status line");
        let status = status
            .split(' ')
            .nth(1)
            .expect("a status")
            .parse()
            .expect("a number");
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| {
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
                (name, HeaderValue::from_str(value).expect("a value"))
            })
            .collect();
        Self {
            status,
            headers,
            body: raw[end + 4..].to_vec(),
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The JSON of an answer with this status.
    #[track_caller]
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.value()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Checks that this is a refusal in the documented form; answers its message.
    #[track_caller]
    pub fn refused(&self, status: u16, name: &str) -> String {
        let body = self.value();
        assert_eq!(
            (self.status, self.header("x-amzn-errortype")),
            (status, name),
            "{body}"
        );
        assert_eq!(body["RequestID"], self.header("x-amzn-requestid"));
        let message = body["Message"]
            .as_str()
            .or_else(|| body["message"].as_str());
        let message = message.unwrap_or_default().to_owned();
        assert!(!message.is_empty());
        message
    }
}

/// Nobody whom a campaign could call is known.
fn nobody() -> HttpCallees {
    let http = HttpCaller::new(Guard::default(), None).expect("a caller");
    let lambda = LambdaSettings {
        endpoint_url: None,
        region: "us-east-1".to_owned(),
    };
    HttpCallees::new(http, [].into(), lambda, "000000000000".to_owned())
}
