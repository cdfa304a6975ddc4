//! A scriptable SMTP server for tests: strict about the protocol, and unkind on demand.

mod script;
mod session;

pub use script::{Act, Features, Moment, Script, Stage};

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use session::Session;

/// A message that the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMail {
    /// The envelope sender.
    pub from: String,
    /// The envelope recipient.
    pub to: String,
    /// The message, with doubled dots undone.
    pub data: Vec<u8>,
    /// Which connection brought it, from 0.
    pub connection: usize,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// Who signed in.
    pub signed_in: Option<String>,
}

/// What the server saw.
#[derive(Default)]
struct Seen {
    mails: Mutex<Vec<ReceivedMail>>,
    count: watch::Sender<usize>,
    violations: Mutex<Vec<String>>,
    connections: AtomicUsize,
    transactions: AtomicUsize,
}

/// A server on a free port of this machine, until it is dropped.
pub struct SmtpServer {
    address: SocketAddr,
    certificate_pem: String,
    seen: Arc<Seen>,
    stop: watch::Sender<bool>,
}

impl SmtpServer {
    /// A server that behaves.
    ///
    /// # Panics
    /// The machine has no free port.
    pub async fn start() -> Self {
        Self::with(Features::default(), Script::kind()).await
    }

    /// A server with these features that follows `script`.
    ///
    /// # Panics
    /// The machine has no free port.
    pub async fn with(features: Features, script: Script) -> Self {
        Self::on("127.0.0.1:0", features, script).await
    }

    /// The same on a given address, so that a server can come back where one was.
    ///
    /// # Panics
    /// The address is taken.
    pub async fn on(address: &str, features: Features, script: Script) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let (acceptor, certificate_pem) = certificate();
        let seen = Arc::new(Seen::default());
        let (stop, mut stopped) = watch::channel(false);
        let features = Arc::new(features);
        let watched = Arc::clone(&seen);
        tokio::spawn(async move {
            loop {
                let socket = tokio::select! {
                    _ = stopped.changed() => return,
                    accepted = listener.accept() => match accepted {
                        Ok((socket, _)) => socket,
                        Err(_) => continue,
                    },
                };
                let connection = watched.connections.fetch_add(1, Ordering::SeqCst);
                let session = Session::new(
                    Arc::clone(&features),
                    script.clone(),
                    Arc::clone(&watched),
                    acceptor.clone(),
                    connection,
                );
                let mut stopped = stopped.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        _ = stopped.changed() => {}
                        _ = session.run(socket) => {}
                    }
                });
            }
        });
        Self {
            address,
            certificate_pem,
            seen,
            stop,
        }
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// The certificate of `localhost` and `127.0.0.1` that the server shows.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The messages that were taken, in order.
    #[must_use]
    pub fn mails(&self) -> Vec<ReceivedMail> {
        self.seen.mails.lock().clone()
    }

    /// How many messages were taken.
    #[must_use]
    pub fn count(&self) -> usize {
        self.seen.mails.lock().len()
    }

    /// Waits until `count` messages were taken.
    pub async fn wait_for(&self, count: usize) {
        let mut taken = self.seen.count.subscribe();
        // The sender lives as long as `self`.
        let _ = taken.wait_for(|taken| *taken >= count).await;
    }

    /// What clients did that the protocol does not allow.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.seen.violations.lock().clone()
    }

    /// How many connections were accepted.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Closes the port and every connection.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn certificate() -> (TlsAcceptor, String) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate of plain names");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(vec![made.cert.der().clone()], key)
        })
        .expect("a fresh certificate fits its key");
    (TlsAcceptor::from(Arc::new(config)), made.cert.pem())
}
