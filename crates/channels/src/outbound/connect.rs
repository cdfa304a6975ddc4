//! Connections to those who are called: the name is looked up once, and the address that was
//! checked is the one that is connected to.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::guard::{Forbidden, Guard};

/// How long a connection may take to be made, with its name looked up and its keys agreed on.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    #[error("{0}")]
    Unreachable(#[from] io::Error),
    #[error("the name has no address")]
    NoAddress,
    #[error("no connection within 5 seconds")]
    Timeout,
    #[error("{0} names no host")]
    NoHost(Uri),
}

/// Makes connections for the client.
#[derive(Clone)]
pub(super) struct Connector {
    /// Absent where the operator has chosen the address.
    guard: Option<Arc<Guard>>,
    tls: TlsConnector,
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection, protected or not.
pub(super) struct Link {
    io: TokioIo<Box<dyn Io>>,
    /// Whether both sides agreed on HTTP/2.
    h2: bool,
}

impl Connector {
    pub fn new(guard: Option<Arc<Guard>>, mut tls: ClientConfig) -> Self {
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self {
            guard,
            tls: TlsConnector::from(Arc::new(tls)),
        }
    }

    async fn connect(self, uri: Uri) -> Result<Link, ConnectError> {
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(ConnectError::NoHost(uri));
        }
        let secure = uri.scheme() == Some(&http::uri::Scheme::HTTPS);
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let socket = self.reach(host, port).await?;
        socket.set_nodelay(true)?;
        if !secure {
            return Ok(Link {
                io: TokioIo::new(Box::new(socket)),
                h2: false,
            });
        }
        let no_name = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
        let name = ServerName::try_from(host.to_owned()).map_err(no_name)?;
        let stream = self.tls.connect(name, socket).await?;
        let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Link {
            io: TokioIo::new(Box::new(stream)),
            h2,
        })
    }

    /// Connects to the first address of `host` that may be called and answers.
    async fn reach(&self, host: &str, port: u16) -> Result<TcpStream, ConnectError> {
        let mut failure = None;
        let addresses = match host.parse::<IpAddr>() {
            Ok(address) => vec![(address, port).into()],
            Err(_) => lookup_host((host, port)).await?.collect(),
        };
        for address in addresses {
            if let Some(guard) = &self.guard
                && let Err(forbidden) = guard.check(address.ip())
            {
                failure = Some(forbidden.into());
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(socket) => return Ok(socket),
                Err(error) => failure = Some(error.into()),
            }
        }
        Err(failure.unwrap_or(ConnectError::NoAddress))
    }
}

impl Service<Uri> for Connector {
    type Response = Link;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Link, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.clone().connect(uri);
        Box::pin(async move {
            let connected = timeout(CONNECT_TIMEOUT, connecting).await;
            connected.map_err(|_| ConnectError::Timeout)?
        })
    }
}

impl Connection for Link {
    fn connected(&self) -> Connected {
        if self.h2 {
            Connected::new().negotiated_h2()
        } else {
            Connected::new()
        }
    }
}

impl Read for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl Write for Link {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
