//! The keys.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use toml::Table;

use crate::ConfigError;
use crate::limits::Limits;
use crate::reader::Reader;

/// Everything that an operator can set.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[server]`
    pub server: Server,
    /// `[log]`
    pub log: Logging,
    /// `[account]`
    pub account: Account,
    /// `[auth]`
    pub auth: Auth,
    /// `[identity_pools]`: pool → identifier of an application.
    pub identity_pools: BTreeMap<String, String>,
    /// `[store]`
    pub store: StoreSettings,
    /// `[objects]`
    pub objects: Objects,
    /// `[buckets]`: bucket name → local folder.
    pub buckets: BTreeMap<String, PathBuf>,
    /// `[streams]`: ARN of a stream → where its records go.
    pub streams: BTreeMap<String, StreamSink>,
    /// `[aws]`
    pub aws: Aws,
    /// `[channels]`
    pub channels: Channels,
    /// `[email]`
    pub email: Email,
    /// `[outbound]`
    pub outbound: Outbound,
    /// `[functions]`: name or ARN → what stands for the function.
    pub functions: BTreeMap<String, FunctionTarget>,
    /// `[limits]`
    pub limits: Limits,
}

/// How the server is reached.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What people's links begin with, without a slash at the end.
    pub public_url: String,
    /// Seconds that running requests get to end at shutdown.
    pub shutdown_seconds: u64,
    /// Whether `GET /metrics` answers.
    pub metrics: bool,
}

/// What is logged.
#[derive(Debug, Clone)]
pub struct Logging {
    /// Text or JSON.
    pub format: LogFormat,
    /// Filter by level and target, such as `info,engine=debug`.
    pub filter: String,
}

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object per line.
    Json,
}

/// Whose resources these are.
#[derive(Debug, Clone)]
pub struct Account {
    /// The account number in ARNs.
    pub id: String,
    /// The regions that the server answers for; the first is the default.
    pub regions: Vec<String>,
}

/// The first key.
#[derive(Debug, Clone)]
pub struct Auth {
    /// Id and secret of a key that may do everything; absent if one is to be created.
    pub admin: Option<(String, String)>,
    /// How far a request's date may be off, in seconds.
    pub skew_seconds: u64,
    /// How long a console session lasts, in hours.
    pub session_hours: u64,
}

/// Where truth is kept.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// The key that encrypts secrets; absent if one is to be created in the data folder.
    pub master_key: Option<[u8; 32]>,
    /// Whether an address is taken over across channel types.
    pub literal_address_takeover: bool,
    /// Days that events are kept for analytics.
    pub retention_days: u64,
}

/// Where files of the server's own lie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Objects {
    /// A bucket of S3 and a prefix without slashes at its ends; absent for the data folder.
    pub s3: Option<(String, String)>,
}

/// How AWS is reached.
#[derive(Debug, Clone)]
pub struct Aws {
    /// Another endpoint than the usual one.
    pub endpoint_url: Option<String>,
    /// The region.
    pub region: String,
}

/// Where the records of a stream go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamSink {
    /// To the stream of that name, at AWS or the endpoint of `[aws]`.
    Aws,
    /// Into files of a local folder.
    Folder(PathBuf),
}

/// What is common to all channels.
#[derive(Debug, Clone)]
pub struct Channels {
    /// Whether answers carry the keys of Firebase and Baidu.
    pub echo_credentials: bool,
}

/// How mail goes out.
#[derive(Debug, Clone)]
pub struct Email {
    /// By what.
    pub transport: EmailTransport,
    /// `[email.smtp]`
    pub smtp: Smtp,
}

/// What delivers mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailTransport {
    /// Messages stay here and are read in the console.
    Inbox,
    /// A mail server.
    Smtp,
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// Name and password; absent for no authentication.
    pub credentials: Option<(String, String)>,
    /// Connections at once.
    pub connections: u64,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// Not at all.
    None,
    /// After STARTTLS.
    StartTls,
    /// From the first byte.
    Tls,
}

/// How other servers are reached.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// Extra root certificates, in PEM.
    pub ca_file: Option<PathBuf>,
    /// Ranges of addresses that are no public ones and may be called: the first address and how
    /// many of its bits count.
    pub allow_private: Vec<(IpAddr, u8)>,
}

/// What stands for a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionTarget {
    /// The built-in inbox, which takes messages and answers nothing.
    Inbox,
    /// An http or https URL.
    Url(String),
}

impl Config {
    /// Reads `file`, if one is given, and the environment.
    ///
    /// # Errors
    /// [`ConfigError`] with every problem that was found.
    pub fn load(
        file: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let table = match file {
            None => Table::new(),
            Some(path) => {
                let shown = path.display().to_string();
                let text =
                    std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
                        path: shown.clone(),
                        reason: error.to_string(),
                    })?;
                text.parse()
                    .map_err(|error: toml::de::Error| ConfigError::NotToml {
                        path: shown,
                        reason: error.to_string(),
                    })?
            }
        };
        let mut reader = Reader::new(table, env);
        let config = Self::read(&mut reader);
        reader.refuse_unknown();
        if reader.problems.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError::Keys(reader.problems))
        }
    }

    pub(crate) fn read(reader: &mut Reader) -> Self {
        let config = Self {
            server: read_server(reader),
            log: read_log(reader),
            account: read_account(reader),
            auth: read_auth(reader),
            identity_pools: read_identity_pools(reader),
            store: read_store(reader),
            objects: read_objects(reader),
            buckets: reader
                .names(
                    "buckets",
                    "a folder",
                    "A bucket in the `s3://` URLs of jobs that is a local folder. Buckets that are \
                     not named here are real S3.",
                )
                .into_iter()
                .map(|(name, folder)| (name, PathBuf::from(folder)))
                .collect(),
            streams: reader
                .names(
                    "streams",
                    "`aws` or a folder",
                    "A destination of event streams, by the ARN of its Kinesis or Firehose stream. \
                     `aws` is the stream itself; in a folder, records become lines of the files \
                     `events-YYYY-MM-DD-HH.json`. Destinations that are not named here are refused.",
                )
                .into_iter()
                .map(|(arn, sink)| match sink.as_str() {
                    "aws" => (arn, StreamSink::Aws),
                    folder => (arn, StreamSink::Folder(PathBuf::from(folder))),
                })
                .collect(),
            aws: Aws {
                endpoint_url: optional(url(
                    reader,
                    "aws.endpoint_url",
                    "",
                    "Endpoint of S3, Kinesis, Firehose and Lambda, or of a service that speaks as they \
                     do. Empty means the usual ones. Credentials come from the usual `AWS_*` variables.",
                )),
                region: reader.text(
                    "aws.region",
                    "us-east-1",
                    "Region of S3, and of functions that are named without one.",
                ),
            },
            channels: Channels {
                echo_credentials: reader.flag(
                    "channels.echo_credentials",
                    false,
                    "Whether the answers of the GCM and Baidu channels carry the API key, as the \
                     original's do.",
                ),
            },
            email: read_email(reader),
            outbound: read_outbound(reader),
            functions: read_functions(reader),
            limits: Limits::read(reader),
        };
        read_contract_keys(reader);
        config
    }
}

fn read_server(reader: &mut Reader) -> Server {
    let listen = reader.parsed(
        "server.listen",
        "an address and port such as 127.0.0.1:8080",
        "127.0.0.1:8080",
        "Where the server listens.",
        |text| text.parse().ok(),
    );
    let public_url = url(
        reader,
        "server.public_url",
        "",
        "What links in messages begin with. Empty means `http://` and the listening address.",
    );
    let public_url = match public_url.trim_end_matches('/') {
        "" => format!("http://{listen}"),
        url => url.to_owned(),
    };
    Server {
        listen,
        public_url,
        shutdown_seconds: reader.number(
            "server.shutdown_seconds",
            (0, 3_600),
            20,
            "Seconds that running requests get to end at shutdown.",
        ),
        metrics: reader.flag(
            "server.metrics",
            true,
            "Whether `GET /metrics` answers; it needs no authentication.",
        ),
    }
}

fn read_log(reader: &mut Reader) -> Logging {
    Logging {
        format: reader.word(
            "log.format",
            &[("text", LogFormat::Text), ("json", LogFormat::Json)],
            "How a log line is written, to standard error.",
        ),
        filter: reader.text(
            "log.filter",
            "info,fjall=warn,lsm_tree=warn",
            "What is logged: levels and targets, such as `info,engine=debug`.",
        ),
    }
}

fn read_account(reader: &mut Reader) -> Account {
    let id = reader.parsed(
        "account.id",
        "12 digits",
        "000000000000",
        "The account number in ARNs.",
        |text| {
            let fits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
            fits.then(|| text.to_owned())
        },
    );
    let regions = reader.list(
        "account.regions",
        "a list of names such as [\"us-east-1\"]",
        &["us-east-1"],
        "The regions that the server answers for; the first is the default.",
        |region| {
            !region.is_empty()
                && region
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        },
    );
    if regions.is_empty() {
        reader.problem(
            "account.regions",
            "expected at least one region, found none",
        );
    }
    Account { id, regions }
}

fn read_auth(reader: &mut Reader) -> Auth {
    let id = reader.text(
        "auth.admin_access_key_id",
        "",
        "A key that may do everything. Without one, a key is created at first start and printed \
         once.",
    );
    let secret = reader.secret("auth.admin_secret_access_key", "Its secret.");
    let admin = match (id.is_empty(), secret) {
        (true, None) => None,
        (false, Some(secret)) => Some((id, secret)),
        (true, Some(_)) => {
            reader.problem(
                "auth.admin_access_key_id",
                "is missing while its secret is given",
            );
            None
        }
        (false, None) => {
            reader.problem(
                "auth.admin_secret_access_key",
                "is missing while the key id is given",
            );
            None
        }
    };
    Auth {
        admin,
        skew_seconds: reader.number(
            "auth.skew_seconds",
            (1, 86_400),
            900,
            "How far the date of a signed request may be off.",
        ),
        session_hours: reader.number(
            "auth.session_hours",
            (1, 8_760),
            12,
            "How long a console session lasts.",
        ),
    }
}

fn read_identity_pools(reader: &mut Reader) -> BTreeMap<String, String> {
    let pools = reader.names(
        "identity_pools",
        "the identifier of an application",
        "An identity pool such as `\"us-east-1:11111111-2222-3333-4444-555555555555\"`, in quotes: \
         devices that ask `GetId` and `GetCredentialsForIdentity` with it get temporary `client` \
         credentials for that application, as Cognito gives them to guests.",
    );
    for (pool, app) in &pools {
        let key = format!("identity_pools.{pool}");
        let fits = pool.split_once(':').is_some_and(|(region, rest)| {
            let hex = |byte: u8| byte == b'-' || matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            !region.is_empty() && !rest.is_empty() && rest.bytes().all(hex) && pool.len() <= 128
        });
        if !fits {
            reader.problem(&key, "the name must be of the form REGION:UUID");
        }
        if app.is_empty() {
            reader.problem(
                &key,
                "expected the identifier of an application, found none",
            );
        }
    }
    pools
}

fn read_store(reader: &mut Reader) -> StoreSettings {
    reader.word(
        "store.engine",
        &[("embedded", ())],
        "Where resources, endpoints and users are kept.",
    );
    let master_key = reader.secret(
        "store.master_key",
        "Encrypts secrets at rest: 64 hexadecimal digits, also taken from `BECKON_MASTER_KEY`. \
         Without one, a key is created in the data folder.",
    );
    let master_key = master_key.and_then(|text| {
        let key = hex::decode(text.trim())
            .ok()
            .and_then(|bytes| bytes.try_into().ok());
        if key.is_none() {
            reader.problem(
                "store.master_key",
                "expected 64 hexadecimal digits, found another text",
            );
        }
        key
    });
    StoreSettings {
        master_key,
        literal_address_takeover: reader.flag(
            "store.literal_address_takeover",
            false,
            "Whether an endpoint takes its address over from endpoints of other channel types too.",
        ),
        retention_days: reader.number(
            "store.retention_days",
            (1, 36_500),
            90,
            "Days that events are kept for analytics.",
        ),
    }
}

fn read_email(reader: &mut Reader) -> Email {
    let transport = reader.word(
        "email.transport",
        &[
            ("inbox", EmailTransport::Inbox),
            ("smtp", EmailTransport::Smtp),
        ],
        "What delivers mail. With `inbox`, messages stay here and are read in the console.",
    );
    let host = reader.text("email.smtp.host", "127.0.0.1", "Name of the mail server.");
    let port = reader.number(
        "email.smtp.port",
        (1, 65_535),
        25,
        "Port of the mail server.",
    );
    let tls = reader.word(
        "email.smtp.tls",
        &[
            ("none", SmtpTls::None),
            ("starttls", SmtpTls::StartTls),
            ("tls", SmtpTls::Tls),
        ],
        "How the connection is protected.",
    );
    let username = reader.text(
        "email.smtp.username",
        "",
        "Name to authenticate with; empty for no authentication.",
    );
    let password = reader.secret("email.smtp.password", "Password to authenticate with.");
    let credentials = match (username.is_empty(), password) {
        (true, None) => None,
        (false, Some(password)) => Some((username, password)),
        (true, Some(_)) => {
            reader.problem(
                "email.smtp.username",
                "is missing while a password is given",
            );
            None
        }
        (false, None) => {
            reader.problem(
                "email.smtp.password",
                "is missing while a user name is given",
            );
            None
        }
    };
    Email {
        transport,
        smtp: Smtp {
            host,
            port: u16::try_from(port).unwrap_or(25),
            tls,
            credentials,
            connections: reader.number(
                "email.smtp.connections",
                (1, 1_000),
                16,
                "Connections to the mail server at once.",
            ),
        },
    }
}

fn read_outbound(reader: &mut Reader) -> Outbound {
    let ca_file = reader.text(
        "outbound.ca_file",
        "",
        "File with extra root certificates in PEM, trusted when connecting to others.",
    );
    let ranges = reader.list(
        "outbound.allow_private",
        "a list of address ranges such as [\"10.1.0.0/16\"]",
        &[],
        "Addresses that webhooks and hooks may have although they are not public: loopback, private, \
         link-local and the like are refused otherwise. URLs in `[functions]` may be anywhere.",
        |text| range(text).is_some(),
    );
    Outbound {
        ca_file: optional(ca_file).map(PathBuf::from),
        allow_private: ranges.iter().filter_map(|text| range(text)).collect(),
    }
}

/// An address, or the first of a range and how many of its bits count.
fn range(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/').unwrap_or((text, ""));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        "" if !text.contains('/') => most,
        bits => bits.parse().ok().filter(|bits| *bits <= most)?,
    };
    Some((address, bits))
}

fn read_functions(reader: &mut Reader) -> BTreeMap<String, FunctionTarget> {
    const EXPECTS: &str = "`inbox` or an http or https URL";
    let given = reader.names(
        "functions",
        EXPECTS,
        "What stands for a Lambda function, by its name or ARN, in quotes: the URL is POSTed what the \
         function would get, wherever it is; with `inbox`, custom messages are read in the console. \
         Functions that are not named here are invoked at AWS Lambda (`[aws]`).",
    );
    let mut functions = BTreeMap::new();
    for (name, target) in given {
        let target = match target.as_str() {
            "inbox" => FunctionTarget::Inbox,
            url if is_url(url) => FunctionTarget::Url(target),
            other => {
                let key = format!("functions.{name}");
                reader.problem(&key, format!("expected {EXPECTS}, found \"{other}\""));
                continue;
            }
        };
        functions.insert(name, target);
    }
    functions
}

fn read_objects(reader: &mut Reader) -> Objects {
    let s3 = reader.parsed(
        "objects.url",
        "empty or s3://bucket/prefix",
        "",
        "Where uploaded files lie: `s3://bucket/prefix` puts them below `prefix/uploads/` of that \
         bucket (`[aws]`, `AWS_*` variables); empty means the folder `objects` in the data folder. \
         Import and export jobs and `load-archive` read and write the s3:// URLs that they are \
         given (`[buckets]`, `[aws]`) whatever it says. Analytics (Parquet), the event log and the \
         inbox always lie in the data folder.",
        |text| match text {
            "" => Some(None),
            url => s3_place(url).map(Some),
        },
    );
    Objects { s3 }
}

fn s3_place(url: &str) -> Option<(String, String)> {
    let (bucket, prefix) = url
        .strip_prefix("s3://")
        .map(|rest| rest.split_once('/').unwrap_or((rest, "")))?;
    let prefix = prefix.trim_matches('/');
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let parts_fit = prefix.is_empty()
        || prefix
            .split('/')
            .all(|part| !matches!(part, "" | "." | "..") && part.chars().all(fits));
    (!bucket.is_empty() && bucket.chars().all(fits) && parts_fit)
        .then(|| (bucket.to_owned(), prefix.to_owned()))
}

/// Keys of the configuration contract whose subjects this version does not have yet: they are
/// accepted, so that one file serves this version and later ones.
fn read_contract_keys(reader: &mut Reader) {
    const LATER: &str = "Accepted for later versions; has no effect in this one.";
    for path in [
        "push.apns.base_url",
        "push.fcm.base_url",
        "push.fcm.token_url",
    ] {
        url(reader, path, "", LATER);
    }
    reader.word(
        "sms.transport",
        &[("inbox", ()), ("smpp", ()), ("http", ()), ("aws", ())],
        LATER,
    );
    reader.word(
        "voice.transport",
        &[("inbox", ()), ("http", ()), ("aws", ())],
        LATER,
    );
}

fn url(reader: &mut Reader, path: &str, default: &str, doc: &'static str) -> String {
    reader.parsed(path, "an http or https URL", default, doc, |text| {
        let fits = text.is_empty() || is_url(text);
        fits.then(|| text.to_owned())
    })
}

fn is_url(text: &str) -> bool {
    let host = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    host.is_some_and(|host| !host.is_empty())
}

fn optional(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
