//! Bytes to and from the server: plain or TLS, every step with a time limit.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::config::TlsSetup;
use super::reply::{self, Reply};

/// Why the connection is of no more use.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("no answer in time")]
    Timeout,
    #[error("the server closed the connection")]
    Closed,
    #[error("{0}")]
    NotAReply(#[from] reply::NotAReply),
    /// The server refuses service: not a matter of one message.
    #[error("{0}")]
    Refused(String),
}

/// A hand-over that failed on the way.
#[derive(Debug)]
pub(super) struct HandOverFailed {
    pub lost: Lost,
    /// Whether the end of the message may have got out.
    pub may_have_ended: bool,
}

enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection with a buffer for what was read and not yet used.
pub(super) struct Stream {
    socket: Socket,
    input: Vec<u8>,
    /// Where the unused input begins.
    used: usize,
}

/// Size of one read.
const READ_BYTES: usize = 4_096;

impl Stream {
    pub fn plain(socket: TcpStream) -> Self {
        Self {
            socket: Socket::Plain(socket),
            input: Vec::with_capacity(READ_BYTES),
            used: 0,
        }
    }

    /// Encrypts the connection. What was read before is forgotten: it was not protected.
    pub async fn secure(self, tls: &TlsSetup, limit: Duration) -> Result<Self, Lost> {
        let Socket::Plain(socket) = self.socket else {
            return Ok(self);
        };
        let connecting = TlsConnector::from(tls.config.clone()).connect(tls.name.clone(), socket);
        let socket = timeout(limit, connecting)
            .await
            .map_err(|_| Lost::Timeout)??;
        Ok(Self {
            socket: Socket::Tls(Box::new(socket)),
            input: Vec::with_capacity(READ_BYTES),
            used: 0,
        })
    }

    /// The next reply.
    pub async fn reply(&mut self, limit: Duration) -> Result<Reply, Lost> {
        loop {
            if let Some((reply, length)) = reply::parse(&self.input[self.used..])? {
                self.used += length;
                if self.used == self.input.len() {
                    self.input.clear();
                    self.used = 0;
                }
                return Ok(reply);
            }
            let reading = async {
                match &mut self.socket {
                    Socket::Plain(socket) => socket.read_buf(&mut self.input).await,
                    Socket::Tls(socket) => socket.read_buf(&mut self.input).await,
                }
            };
            if timeout(limit, reading).await.map_err(|_| Lost::Timeout)?? == 0 {
                return Err(Lost::Closed);
            }
        }
    }

    /// Sends commands.
    pub async fn send(&mut self, bytes: &[u8], limit: Duration) -> Result<(), Lost> {
        let mut sent = 0;
        while sent < bytes.len() {
            sent += self.write(&bytes[sent..], limit).await?;
        }
        self.flush(limit).await
    }

    /// Sends a message, whose ending dot lies at `bytes[end.start..end.end]`, and what follows.
    pub async fn hand_over(
        &mut self,
        bytes: &[u8],
        end: std::ops::Range<usize>,
        limit: Duration,
    ) -> Result<(), HandOverFailed> {
        match self.socket {
            // The kernel says how many bytes it took; the rest cannot have reached the server.
            Socket::Plain(_) => {
                let mut sent = 0;
                while sent < bytes.len() {
                    match self.write(&bytes[sent..], limit).await {
                        Ok(count) => sent += count,
                        Err(lost) => {
                            return Err(HandOverFailed {
                                lost,
                                may_have_ended: sent >= end.end,
                            });
                        }
                    }
                }
                Ok(())
            }
            // Encrypted bytes cannot be counted: the end goes out by itself, after the rest did.
            Socket::Tls(_) => {
                let before = self.send(&bytes[..end.start], limit).await;
                before.map_err(|lost| HandOverFailed {
                    lost,
                    may_have_ended: false,
                })?;
                let rest = self.send(&bytes[end.start..], limit).await;
                rest.map_err(|lost| HandOverFailed {
                    lost,
                    may_have_ended: true,
                })
            }
        }
    }

    async fn write(&mut self, bytes: &[u8], limit: Duration) -> Result<usize, Lost> {
        let writing = async {
            match &mut self.socket {
                Socket::Plain(socket) => socket.write(bytes).await,
                Socket::Tls(socket) => socket.write(bytes).await,
            }
        };
        match timeout(limit, writing).await.map_err(|_| Lost::Timeout)?? {
            0 => Err(Lost::Closed),
            count => Ok(count),
        }
    }

    async fn flush(&mut self, limit: Duration) -> Result<(), Lost> {
        let Socket::Tls(socket) = &mut self.socket else {
            return Ok(());
        };
        timeout(limit, socket.flush())
            .await
            .map_err(|_| Lost::Timeout)??;
        Ok(())
    }
}
