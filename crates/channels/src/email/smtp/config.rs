//! Where and how to deliver by SMTP.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use crate::roots::{self, RootsError};

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
    /// Attempts per call of send while the server refuses the message for now.
    pub attempts_max: u32,
    /// How long a call of send goes on retrying, also while the server cannot be reached.
    pub retry_budget: Duration,
}

/// A configuration that no connection can be made with.
#[derive(Debug, thiserror::Error)]
pub enum SmtpConfigError {
    /// The host is neither a name nor an address.
    #[error("{0:?} is not a host name")]
    Host(String),
    /// Our own name cannot stand in EHLO.
    #[error("{0:?} cannot be said in EHLO")]
    Helo(String),
    /// The extra root certificates cannot be read.
    #[error(transparent)]
    Roots(#[from] RootsError),
}

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

/// What is needed to secure a connection.
#[derive(Clone)]
pub(super) struct TlsSetup {
    pub config: Arc<ClientConfig>,
    pub name: ServerName<'static>,
}

impl TlsSetup {
    /// Checks `config`; nothing without TLS.
    pub fn from_config(config: &SmtpConfig) -> Result<Option<Self>, SmtpConfigError> {
        let speakable = |name: &str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic()) && name.len() <= 255
        };
        if !speakable(&config.host) {
            return Err(SmtpConfigError::Host(config.host.clone()));
        }
        if !speakable(&config.helo) {
            return Err(SmtpConfigError::Helo(config.helo.clone()));
        }
        if config.tls == SmtpTls::None {
            return Ok(None);
        }
        let name = ServerName::try_from(config.host.clone())
            .map_err(|_| SmtpConfigError::Host(config.host.clone()))?;
        let client = roots::client(config.ca_pem.as_deref())?;
        Ok(Some(Self {
            config: Arc::new(client),
            name,
        }))
    }
}
