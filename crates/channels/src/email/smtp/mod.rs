//! Mail by SMTP.

use std::time::Duration;

use async_trait::async_trait;
use clock::Clock;

use super::{Delivery, EmailTransport, OutboundEmail};

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SmtpTls {
    /// Not at all.
    #[default]
    None,
    /// STARTTLS, required.
    StartTls,
    /// From the first byte.
    Tls,
}

/// Where and how to deliver.
#[derive(Clone)]
pub struct SmtpConfig {
    /// Name or IP address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// Name and password for AUTH.
    pub credentials: Option<(String, String)>,
    /// Extra root certificates, PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// Our name in EHLO.
    pub helo: String,
    /// Most connections at a time.
    pub connections_max: usize,
    /// Messages after which a connection is closed.
    pub messages_per_connection_max: usize,
    /// How long a connection without work is kept.
    pub idle_timeout: Duration,
    /// How long connecting may take, TLS included.
    pub connect_timeout: Duration,
    /// How long a reply to a command, or a write, may take.
    pub reply_timeout: Duration,
    /// How long the answer to a whole message may take.
    pub accept_timeout: Duration,
    /// Attempts per call of send while the server refuses for now or cannot be reached.
    pub attempts_max: u32,
    /// How long a call of send goes on retrying.
    pub retry_budget: Duration,
}

/// A configuration that no connection can be made with.
#[derive(Debug, thiserror::Error)]
pub enum SmtpConfigError {
    /// The host is neither a name nor an address.
    #[error("{0:?} is not a host name")]
    Host(String),
    /// The extra root certificates cannot be read.
    #[error("root certificates: {0}")]
    Roots(String),
}

/// Delivers over pooled connections; cheap to clone.
#[derive(Clone)]
pub struct SmtpTransport {}

impl SmtpConfig {
    /// The defaults for a server: no TLS, no credentials, 16 connections.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            tls: SmtpTls::None,
            credentials: None,
            ca_pem: None,
            helo: "localhost".to_owned(),
            connections_max: 16,
            messages_per_connection_max: 1_000,
            idle_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(30),
            reply_timeout: Duration::from_secs(60),
            accept_timeout: Duration::from_secs(600),
            attempts_max: 4,
            retry_budget: Duration::from_secs(30),
        }
    }
}

impl SmtpTransport {
    /// A transport; connections are made when there is something to send.
    ///
    /// # Errors
    /// The configuration cannot work.
    pub fn new(_config: SmtpConfig, _clock: Clock) -> Result<Self, SmtpConfigError> {
        unimplemented!()
    }

    /// Connects, greets, secures and signs in once, and quits.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub async fn check(&self) -> Result<(), String> {
        unimplemented!()
    }
}

#[async_trait]
impl EmailTransport for SmtpTransport {
    async fn send(&self, _mail: OutboundEmail) -> Delivery {
        unimplemented!()
    }
}
