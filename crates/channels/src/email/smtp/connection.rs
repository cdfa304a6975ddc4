//! One conversation with a server: greeting, security, sign-in, messages.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::email::{Delivery, OutboundEmail, Refusal};

use super::config::{SmtpConfig, SmtpTls, TlsSetup};
use super::dot;
use super::reply::Reply;
use super::stream::{Lost, Stream};

/// What the server offers (RFC 5321 §4.1.1.1).
#[derive(Debug, Clone, Default)]
struct Offers {
    pipelining: bool,
    eight_bit: bool,
    utf8: bool,
    starttls: bool,
    size: Option<u64>,
    auth_plain: bool,
    auth_login: bool,
}

/// An open connection, ready for messages.
pub(super) struct Connection {
    stream: Stream,
    offers: Offers,
    /// Who is at the other end, as it names itself.
    pub mta: String,
    /// Messages begun.
    begun: usize,
    /// Whether a refused transaction may still be open.
    reset_first: bool,
    reply_timeout: Duration,
    accept_timeout: Duration,
    /// Kept between messages for its memory.
    output: Vec<u8>,
}

/// What became of an envelope.
pub(super) enum EnvelopeAnswer {
    /// The server waits for the message.
    Go,
    /// The message is refused; the connection can go on if told so.
    Refused { delivery: Delivery, usable: bool },
}

/// What became of a message.
pub(super) enum MessageAnswer {
    /// The server answered; the connection can go on if told so.
    Answered { delivery: Delivery, usable: bool },
    /// The connection was lost before the message's end got out.
    NotTaken(Lost),
    /// The connection was lost after it.
    Unknown(Lost),
}

/// An envelope that must not be sent to this server.
fn impossible(code: u16, status: &str, why: &str) -> Delivery {
    Delivery::Permanent(Refusal {
        code: Some(code),
        status: Some(status.to_owned()),
        diagnostic: format!("smtp; {code} {status} {why}"),
        mta: "localhost".to_owned(),
    })
}

impl Connection {
    /// Connects, secures and signs in.
    pub async fn open(config: &SmtpConfig, tls: Option<&TlsSetup>) -> Result<Self, Lost> {
        let connecting = TcpStream::connect((config.host.as_str(), config.port));
        let socket = timeout(config.connect_timeout, connecting)
            .await
            .map_err(|_| Lost::Timeout)??;
        socket.set_nodelay(true)?;
        let mut stream = Stream::plain(socket);
        if let (SmtpTls::Tls, Some(tls)) = (config.tls, tls) {
            stream = stream.secure(tls, config.connect_timeout).await?;
        }
        let mut connection = Self {
            stream,
            offers: Offers::default(),
            mta: config.host.clone(),
            begun: 0,
            reset_first: false,
            reply_timeout: config.reply_timeout,
            accept_timeout: config.accept_timeout,
            output: Vec::new(),
        };
        let greeting = connection.stream.reply(config.reply_timeout).await?;
        accept(&greeting)?;
        connection.greet(&config.helo).await?;
        if let (SmtpTls::StartTls, Some(tls)) = (config.tls, tls) {
            if !connection.offers.starttls {
                return Err(Lost::Refused(
                    "the server does not offer STARTTLS".to_owned(),
                ));
            }
            connection.command("STARTTLS").await?;
            connection.stream = connection
                .stream
                .secure(tls, config.connect_timeout)
                .await?;
            connection.greet(&config.helo).await?;
        }
        if let Some((name, password)) = &config.credentials {
            connection.sign_in(name, password).await?;
        }
        Ok(connection)
    }

    /// Messages begun on this connection.
    pub const fn begun(&self) -> usize {
        self.begun
    }

    /// Whether commands can be sent before the replies to earlier ones.
    pub const fn pipelines(&self) -> bool {
        self.offers.pipelining
    }

    /// Says goodbye, without waiting for long.
    pub async fn quit(mut self) {
        let polite = Duration::from_secs(2);
        if self.stream.send(b"QUIT\r\n", polite).await.is_ok() {
            let _ = self.stream.reply(polite).await;
        }
    }

    /// Why `mail` cannot be sent over this connection at all.
    pub fn refuse(&self, mail: &OutboundEmail) -> Option<Delivery> {
        let bare = |text: &str| {
            render::Mailbox::parse(text).is_ok_and(|m| m.name.is_none() && m.address == text)
        };
        if !bare(&mail.from) {
            return Some(impossible(553, "5.1.7", "the sender is not a mail address"));
        }
        if !bare(&mail.to) {
            return Some(impossible(
                553,
                "5.1.3",
                "the recipient is not a mail address",
            ));
        }
        if needs_utf8(mail) && !self.offers.utf8 {
            let why = "the address is not ASCII and the server does not take that";
            return Some(impossible(553, "5.6.7", why));
        }
        match self.offers.size {
            Some(limit) if limit > 0 && mail.mime.len() as u64 > limit => Some(impossible(
                552,
                "5.3.4",
                "the message is larger than the server takes",
            )),
            _ => None,
        }
    }

    /// Sends the envelope of `mail` and hears what the server says.
    pub async fn envelope(&mut self, mail: &OutboundEmail) -> Result<EnvelopeAnswer, Lost> {
        self.begun += 1;
        if self.offers.pipelining {
            let mut output = std::mem::take(&mut self.output);
            output.clear();
            self.write_envelope(mail, &mut output);
            let sent = self.stream.send(&output, self.reply_timeout).await;
            self.output = output;
            sent?;
            return self.envelope_replies().await;
        }
        if self.reset_first {
            self.command("RSET").await?;
            self.reset_first = false;
        }
        for line in [self.mail_from(mail), rcpt_to(mail), "DATA".to_owned()] {
            self.stream
                .send(format!("{line}\r\n").as_bytes(), self.reply_timeout)
                .await?;
            let reply = self.stream.reply(self.reply_timeout).await?;
            if reply.code == 354 && line == "DATA" {
                return Ok(EnvelopeAnswer::Go);
            }
            if !reply.is_positive() || line == "DATA" {
                return Ok(self.refused(&reply));
            }
        }
        Err(Lost::Closed)
    }

    /// Hears what the server says to an envelope that went out already.
    pub async fn envelope_replies(&mut self) -> Result<EnvelopeAnswer, Lost> {
        if self.reset_first {
            let reset = self.stream.reply(self.reply_timeout).await?;
            accept(&reset)?;
            self.reset_first = false;
        }
        let sender = self.stream.reply(self.reply_timeout).await?;
        if sender.code == 421 {
            return Ok(self.refused(&sender));
        }
        let recipient = self.stream.reply(self.reply_timeout).await?;
        if recipient.code == 421 {
            return Ok(self.refused(if sender.is_positive() {
                &recipient
            } else {
                &sender
            }));
        }
        let data = self.stream.reply(self.reply_timeout).await?;
        let refused = [&sender, &recipient]
            .into_iter()
            .find(|reply| !reply.is_positive());
        match (refused, data.code) {
            (None, 354) => Ok(EnvelopeAnswer::Go),
            // The server waits for a message that has no recipient: it gets an empty one.
            (Some(reply), 354) => {
                let reply = reply.clone();
                self.stream.send(b".\r\n", self.reply_timeout).await?;
                let _ = self.stream.reply(self.accept_timeout).await?;
                Ok(self.refused(&reply))
            }
            (Some(reply), _) => {
                let reply = reply.clone();
                Ok(self.refused(&reply))
            }
            (None, _) => Ok(self.refused(&data)),
        }
    }

    /// Sends the message after the server said go, together with the envelope of `next`, and
    /// hears what the server says to the message.
    pub async fn message(
        &mut self,
        mail: &OutboundEmail,
        next: Option<&OutboundEmail>,
    ) -> MessageAnswer {
        let mut output = std::mem::take(&mut self.output);
        output.clear();
        dot::stuff(&mail.mime, &mut output);
        let start = output.len();
        output.extend_from_slice(b".\r\n");
        let end = start..output.len();
        if let Some(next) = next {
            self.begun += 1;
            self.write_envelope(next, &mut output);
        }
        let sent = self
            .stream
            .hand_over(&output, end, self.reply_timeout)
            .await;
        self.output = output;
        if let Err(failed) = sent {
            if failed.may_have_ended {
                return MessageAnswer::Unknown(failed.lost);
            }
            // The server may have said why before it closed.
            return match self.stream.reply(Duration::from_millis(200)).await {
                Ok(reply) if !reply.is_positive() => MessageAnswer::Answered {
                    delivery: reply.refusal(&self.mta),
                    usable: false,
                },
                _ => MessageAnswer::NotTaken(failed.lost),
            };
        }
        match self.stream.reply(self.accept_timeout).await {
            Err(lost) => MessageAnswer::Unknown(lost),
            Ok(reply) if reply.is_positive() => MessageAnswer::Answered {
                delivery: Delivery::Accepted {
                    provider_response: reply.text(),
                    mta: self.mta.clone(),
                    report: None,
                },
                usable: true,
            },
            Ok(reply) => MessageAnswer::Answered {
                delivery: reply.refusal(&self.mta),
                usable: reply.code != 421,
            },
        }
    }

    fn refused(&mut self, reply: &Reply) -> EnvelopeAnswer {
        self.reset_first = true;
        EnvelopeAnswer::Refused {
            delivery: reply.refusal(&self.mta),
            usable: reply.code != 421,
        }
    }

    async fn greet(&mut self, helo: &str) -> Result<(), Lost> {
        let line = format!("EHLO {helo}\r\n");
        self.stream
            .send(line.as_bytes(), self.reply_timeout)
            .await?;
        let mut reply = self.stream.reply(self.reply_timeout).await?;
        self.offers = Offers::default();
        if (500..505).contains(&reply.code) {
            let line = format!("HELO {helo}\r\n");
            self.stream
                .send(line.as_bytes(), self.reply_timeout)
                .await?;
            reply = self.stream.reply(self.reply_timeout).await?;
            accept(&reply)?;
        } else {
            accept(&reply)?;
            self.offers = Offers::read(&reply);
        }
        let name = reply.lines.first().and_then(|line| line.split(' ').next());
        if let Some(name) = name.filter(|name| name.contains('.') && name.len() <= 255) {
            name.clone_into(&mut self.mta);
        }
        Ok(())
    }

    async fn command(&mut self, line: &str) -> Result<Reply, Lost> {
        self.stream
            .send(format!("{line}\r\n").as_bytes(), self.reply_timeout)
            .await?;
        let reply = self.stream.reply(self.reply_timeout).await?;
        accept(&reply)?;
        Ok(reply)
    }

    async fn sign_in(&mut self, name: &str, password: &str) -> Result<(), Lost> {
        let answer = if self.offers.auth_plain {
            let secret = STANDARD.encode(format!("\0{name}\0{password}"));
            self.challenge(&format!("AUTH PLAIN {secret}")).await?
        } else if self.offers.auth_login {
            let mut reply = self.challenge("AUTH LOGIN").await?;
            for part in [name, password] {
                if reply.code == 334 {
                    reply = self.challenge(&STANDARD.encode(part)).await?;
                }
            }
            reply
        } else {
            let why = "the server offers neither AUTH PLAIN nor AUTH LOGIN";
            return Err(Lost::Refused(why.to_owned()));
        };
        if answer.is_positive() {
            return Ok(());
        }
        Err(Lost::Refused(format!("sign-in failed: {}", answer.text())))
    }

    async fn challenge(&mut self, line: &str) -> Result<Reply, Lost> {
        self.stream
            .send(format!("{line}\r\n").as_bytes(), self.reply_timeout)
            .await?;
        self.stream.reply(self.reply_timeout).await
    }

    fn write_envelope(&self, mail: &OutboundEmail, out: &mut Vec<u8>) {
        if self.reset_first {
            out.extend_from_slice(b"RSET\r\n");
        }
        for line in [&*self.mail_from(mail), &rcpt_to(mail), "DATA"] {
            out.extend_from_slice(line.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }

    fn mail_from(&self, mail: &OutboundEmail) -> String {
        let mut line = format!("MAIL FROM:<{}>", mail.from);
        if self.offers.size.is_some() {
            line.push_str(&format!(" SIZE={}", mail.mime.len()));
        }
        if self.offers.eight_bit && !mail.mime.is_ascii() {
            line.push_str(" BODY=8BITMIME");
        }
        if self.offers.utf8 && needs_utf8(mail) {
            line.push_str(" SMTPUTF8");
        }
        line
    }
}

/// Whether an address goes beyond ASCII (RFC 6531).
fn needs_utf8(mail: &OutboundEmail) -> bool {
    !mail.from.is_ascii() || !mail.to.is_ascii()
}

fn rcpt_to(mail: &OutboundEmail) -> String {
    format!("RCPT TO:<{}>", mail.to)
}

/// The server goes on, or refuses service.
fn accept(reply: &Reply) -> Result<(), Lost> {
    if reply.is_positive() {
        Ok(())
    } else {
        Err(Lost::Refused(reply.text()))
    }
}

impl Offers {
    fn read(reply: &Reply) -> Self {
        let mut offers = Self::default();
        for line in reply.lines.iter().skip(1) {
            let line = line.to_ascii_uppercase();
            let mut words = line.split([' ', '=']);
            match words.next() {
                Some("PIPELINING") => offers.pipelining = true,
                Some("8BITMIME") => offers.eight_bit = true,
                Some("SMTPUTF8") => offers.utf8 = true,
                Some("STARTTLS") => offers.starttls = true,
                Some("SIZE") => {
                    offers.size =
                        Some(words.next().and_then(|word| word.parse().ok()).unwrap_or(0));
                }
                Some("AUTH") => {
                    for word in words {
                        offers.auth_plain |= word == "PLAIN";
                        offers.auth_login |= word == "LOGIN";
                    }
                }
                _ => {}
            }
        }
        offers
    }
}
