//! One conversation of the test server.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::{Act, Features, Moment, ReceivedMail, Script, Seen, Stage};

/// Longest line that a client may send, in bytes.
const LINE_BYTES_MAX: usize = 2_048;

/// Size of one read.
const READ_BYTES: usize = 16_384;

/// What a socket must be able to do.
trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for S {}

pub(super) struct Session {
    features: Arc<Features>,
    script: Script,
    seen: Arc<Seen>,
    acceptor: TlsAcceptor,
    connection: usize,
    encrypted: bool,
    signed_in: Option<String>,
    greeted: bool,
    sender: Option<String>,
    recipient: Option<String>,
    input: Vec<u8>,
    /// Where the unused input begins.
    used: usize,
    output: Vec<u8>,
}

/// Why a conversation goes on elsewhere.
enum Turn {
    Quit,
    Secure,
}

/// The other side is gone, or the script wants it to be.
fn gone() -> io::Error {
    io::Error::from(io::ErrorKind::ConnectionAborted)
}

impl Session {
    pub fn new(
        features: Arc<Features>,
        script: Script,
        seen: Arc<Seen>,
        acceptor: TlsAcceptor,
        connection: usize,
    ) -> Self {
        Self {
            features,
            script,
            seen,
            acceptor,
            connection,
            encrypted: false,
            signed_in: None,
            greeted: false,
            sender: None,
            recipient: None,
            input: Vec::new(),
            used: 0,
            output: Vec::new(),
        }
    }

    pub async fn run(mut self, socket: TcpStream) -> io::Result<()> {
        socket.set_nodelay(true)?;
        let mut socket: Box<dyn Socket> = Box::new(socket);
        if self.features.implicit_tls {
            self.encrypted = true;
            socket = Box::new(self.acceptor.clone().accept(socket).await?);
        }
        match self.act(Stage::Connect).await? {
            Some((code, text)) => {
                self.reply(&mut socket, &format!("{code} {text}")).await?;
                return self.flush(&mut socket).await;
            }
            None => self.reply(&mut socket, "220 sink.test ESMTP").await?,
        }
        while let Turn::Secure = self.converse(&mut socket).await? {
            if self.has_input() {
                self.complain("bytes sent ahead of TLS");
            }
            self.input.clear();
            self.used = 0;
            self.encrypted = true;
            self.greeted = false;
            socket = Box::new(self.acceptor.clone().accept(socket).await?);
        }
        Ok(())
    }

    async fn converse(&mut self, socket: &mut Box<dyn Socket>) -> io::Result<Turn> {
        loop {
            let line = self.line(socket).await?;
            let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => self.hello(socket, true).await?,
                "HELO" => self.hello(socket, false).await?,
                "STARTTLS" if self.features.starttls && !self.encrypted => {
                    self.reply(socket, "220 go ahead").await?;
                    self.flush(socket).await?;
                    return Ok(Turn::Secure);
                }
                "AUTH" => self.auth(socket, argument).await?,
                "MAIL" => self.mail(socket, argument).await?,
                "RCPT" => self.rcpt(socket, argument).await?,
                "DATA" => self.data(socket).await?,
                "RSET" => {
                    self.forget();
                    self.reply(socket, "250 forgotten").await?;
                }
                "QUIT" => {
                    self.reply(socket, "221 bye").await?;
                    self.flush(socket).await?;
                    return Ok(Turn::Quit);
                }
                _ => {
                    self.complain(&format!("unknown command {verb}"));
                    self.reply(socket, "500 unknown command").await?;
                }
            }
        }
    }

    async fn hello(&mut self, socket: &mut Box<dyn Socket>, extended: bool) -> io::Result<()> {
        if let Some((code, text)) = self.act(Stage::Hello).await? {
            return self.reply(socket, &format!("{code} {text}")).await;
        }
        if extended && !self.features.extended {
            return self.reply(socket, "500 unknown command").await;
        }
        self.greeted = true;
        self.forget();
        let mut lines = vec!["sink.test".to_owned()];
        if extended {
            let features = &self.features;
            let flags = [
                (features.pipelining, "PIPELINING"),
                (features.eight_bit, "8BITMIME"),
                (features.utf8, "SMTPUTF8"),
                (features.starttls && !self.encrypted, "STARTTLS"),
            ];
            lines.extend(
                flags
                    .iter()
                    .filter(|flag| flag.0)
                    .map(|flag| flag.1.to_owned()),
            );
            lines.extend(features.size.map(|size| format!("SIZE {size}")));
            if features.credentials.is_some() {
                lines.push(format!("AUTH {}", features.mechanisms.join(" ")));
            }
        }
        let last = lines.pop().unwrap_or_default();
        for line in lines {
            self.reply(socket, &format!("250-{line}")).await?;
        }
        self.reply(socket, &format!("250 {last}")).await
    }

    async fn auth(&mut self, socket: &mut Box<dyn Socket>, argument: &str) -> io::Result<()> {
        let decode = |text: &str| STANDARD.decode(text).unwrap_or_default();
        let (mechanism, initial) = argument.split_once(' ').unwrap_or((argument, ""));
        let (name, password) = match mechanism {
            "PLAIN" => {
                let secret = decode(initial);
                let parts: Vec<&[u8]> = secret.split(|b| *b == 0).collect();
                let part = |at: usize| {
                    String::from_utf8_lossy(parts.get(at).copied().unwrap_or_default()).into_owned()
                };
                (part(1), part(2))
            }
            "LOGIN" => {
                self.reply(socket, "334 VXNlcm5hbWU6").await?;
                let name = decode(&self.line(socket).await?);
                self.reply(socket, "334 UGFzc3dvcmQ6").await?;
                let password = decode(&self.line(socket).await?);
                (
                    String::from_utf8_lossy(&name).into_owned(),
                    String::from_utf8_lossy(&password).into_owned(),
                )
            }
            _ => return self.reply(socket, "504 unknown mechanism").await,
        };
        if self.features.credentials == Some((name.clone(), password)) {
            self.signed_in = Some(name);
            return self.reply(socket, "235 welcome").await;
        }
        self.reply(socket, "535 5.7.8 wrong name or password").await
    }

    async fn mail(&mut self, socket: &mut Box<dyn Socket>, argument: &str) -> io::Result<()> {
        if !self.greeted {
            self.complain("MAIL before EHLO");
        }
        if self.sender.is_some() {
            self.complain("MAIL inside of a transaction");
            return self.reply(socket, "503 one at a time").await;
        }
        if self.features.credentials.is_some() && self.signed_in.is_none() {
            return self
                .reply(socket, "530 5.7.0 authentication required")
                .await;
        }
        let Some(sender) = path(argument, "FROM:") else {
            self.complain(&format!("MAIL {argument}"));
            return self.reply(socket, "501 no sender").await;
        };
        self.seen.transactions.fetch_add(1, Ordering::SeqCst);
        if let Some((code, text)) = self.act(Stage::Mail).await? {
            return self.reply(socket, &format!("{code} {text}")).await;
        }
        self.sender = Some(sender);
        self.reply(socket, "250 2.1.0 sender ok").await
    }

    async fn rcpt(&mut self, socket: &mut Box<dyn Socket>, argument: &str) -> io::Result<()> {
        let Some(recipient) = path(argument, "TO:") else {
            self.complain(&format!("RCPT {argument}"));
            return self.reply(socket, "501 no recipient").await;
        };
        if self.sender.is_none() {
            return self.reply(socket, "503 MAIL first").await;
        }
        self.recipient = Some(recipient);
        if let Some((code, text)) = self.act(Stage::Rcpt).await? {
            self.recipient = None;
            return self.reply(socket, &format!("{code} {text}")).await;
        }
        self.reply(socket, "250 2.1.5 recipient ok").await
    }

    async fn data(&mut self, socket: &mut Box<dyn Socket>) -> io::Result<()> {
        if self.sender.is_none() || self.recipient.is_none() {
            return self.reply(socket, "503 MAIL and RCPT first").await;
        }
        if let Some((code, text)) = self.act(Stage::Data).await? {
            return self.reply(socket, &format!("{code} {text}")).await;
        }
        if self.has_input() {
            self.complain("content sent ahead of the answer to DATA");
        }
        self.reply(socket, "354 go ahead").await?;
        let mut data = Vec::new();
        let mut first = true;
        loop {
            let line = self.raw_line(socket).await?;
            if line == b".\r\n" {
                break;
            }
            if std::mem::take(&mut first) {
                self.act(Stage::Content).await?;
            }
            data.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        let act = self.script.decide(&self.moment(Stage::End));
        if act == Act::TakeAndClose {
            self.take(data);
            return Err(gone());
        }
        let refused = self.act(Stage::End).await?;
        let size = self.features.size.unwrap_or(usize::MAX);
        let reply = match refused {
            Some((code, text)) => format!("{code} {text}"),
            None if data.len() > size => "552 5.3.4 too large".to_owned(),
            None => {
                self.take(data);
                "250 2.0.0 taken".to_owned()
            }
        };
        self.forget();
        self.reply(socket, &reply).await
    }

    fn take(&self, data: Vec<u8>) {
        let mut mails = self.seen.mails.lock();
        mails.push(ReceivedMail {
            from: self.sender.clone().unwrap_or_default(),
            to: self.recipient.clone().unwrap_or_default(),
            data,
            connection: self.connection,
            encrypted: self.encrypted,
            signed_in: self.signed_in.clone(),
        });
        self.seen.count.send_replace(mails.len());
    }

    fn forget(&mut self) {
        self.sender = None;
        self.recipient = None;
    }

    fn moment(&self, stage: Stage) -> Moment<'_> {
        Moment {
            stage,
            connection: self.connection,
            transaction: self.seen.transactions.load(Ordering::SeqCst),
            to: self.recipient.as_deref().unwrap_or_default(),
        }
    }

    /// Does what the script says; yields a refusal that is to be sent.
    async fn act(&self, stage: Stage) -> io::Result<Option<(u16, &'static str)>> {
        match self.script.decide(&self.moment(stage)) {
            Act::Go => Ok(None),
            Act::Refuse(code, text) => Ok(Some((code, text))),
            Act::Close | Act::TakeAndClose => Err(gone()),
            Act::Wait(time) => {
                tokio::time::sleep(time).await;
                Ok(None)
            }
        }
    }

    fn complain(&self, what: &str) {
        self.seen.violations.lock().push(what.to_owned());
    }

    /// Keeps a reply until the client has to hear it: like a real server, replies to commands
    /// that came together go out together.
    async fn reply(&mut self, socket: &mut Box<dyn Socket>, line: &str) -> io::Result<()> {
        if !self.features.pipelining && self.has_input() {
            self.complain("a command was sent ahead of a reply");
        }
        self.output.extend_from_slice(line.as_bytes());
        self.output.extend_from_slice(b"\r\n");
        if !self.has_input() {
            self.flush(socket).await?;
        }
        Ok(())
    }

    async fn flush(&mut self, socket: &mut Box<dyn Socket>) -> io::Result<()> {
        socket.write_all(&self.output).await?;
        self.output.clear();
        socket.flush().await
    }

    async fn line(&mut self, socket: &mut Box<dyn Socket>) -> io::Result<String> {
        let line = self.raw_line(socket).await?;
        let text = line.strip_suffix(b"\r\n").unwrap_or(&line);
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    /// The next line with its end.
    async fn raw_line(&mut self, socket: &mut Box<dyn Socket>) -> io::Result<Vec<u8>> {
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.input[self.used..]) {
                let line = self.input[self.used..=self.used + at].to_vec();
                self.used += at + 1;
                if !line.ends_with(b"\r\n") {
                    self.complain("a line ends without CR");
                }
                return Ok(line);
            }
            self.input.drain(..self.used);
            self.used = 0;
            if self.input.len() > LINE_BYTES_MAX {
                self.complain("a line is too long");
                return Err(gone());
            }
            self.flush(socket).await?;
            self.input.reserve(READ_BYTES);
            if socket.read_buf(&mut self.input).await? == 0 {
                return Err(gone());
            }
        }
    }

    /// Whether the client sent more than was answered.
    fn has_input(&self) -> bool {
        self.used < self.input.len()
    }
}

/// The address in `FROM:<address> …`.
fn path(argument: &str, label: &str) -> Option<String> {
    let start = argument.get(..label.len())?;
    let rest = argument[label.len()..].strip_prefix('<')?;
    let (address, _) = rest.split_once('>')?;
    start
        .eq_ignore_ascii_case(label)
        .then(|| address.to_owned())
}
