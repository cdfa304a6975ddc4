//! What the scenarios in `tests/` are run against.
//!
//! Belongs: a stock client of the official SDK, and the server behind it: a fresh Beckon, or what
//! the environment names. Elsewhere: the scenarios, which know nothing but the client.
//!
//! `CONFORMANCE_ENDPOINT` names a running server, `original` the original service; both take the
//! usual `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_REGION`. Without it a Beckon is
//! started for each scenario, from the program that `BECKON` names or that lies beside the tests.

mod beckon;

use aws_sdk_pinpoint::Client;
use aws_sdk_pinpoint::config::retry::RetryConfig;
use aws_sdk_pinpoint::config::{BehaviorVersion, Builder, Credentials, Region};

use beckon::Beckon;

/// A server to try scenarios on; one that was started for it ends with it.
pub struct Target {
    /// A stock client.
    pub client: Client,
    /// A bucket that import jobs can read, with a local folder behind it.
    pub bucket: Option<Bucket>,
    _server: Option<Beckon>,
}

/// A bucket and where its files lie.
pub struct Bucket {
    /// The name in `s3://` addresses.
    pub name: String,
    /// The folder with the files.
    pub folder: std::path::PathBuf,
}

impl Target {
    /// The server that the environment names, or a fresh one.
    ///
    /// # Panics
    /// There is no program to start, it does not start, or a variable is missing: nothing can be
    /// tried.
    #[must_use]
    pub fn open() -> Self {
        match std::env::var("CONFORMANCE_ENDPOINT") {
            Ok(endpoint) => {
                let config = builder(
                    &variable("AWS_ACCESS_KEY_ID"),
                    &variable("AWS_SECRET_ACCESS_KEY"),
                    variable("AWS_REGION"),
                );
                let config = if endpoint == "original" {
                    config
                } else {
                    config.endpoint_url(endpoint)
                };
                Self {
                    client: Client::from_conf(config.build()),
                    bucket: None,
                    _server: None,
                }
            }
            Err(_) => Self::fresh(),
        }
    }

    fn fresh() -> Self {
        let server = Beckon::start();
        let config = builder(beckon::KEY, beckon::SECRET, "us-east-1".to_owned())
            .endpoint_url(server.url())
            .build();
        Self {
            client: Client::from_conf(config),
            bucket: Some(Bucket {
                name: beckon::BUCKET.to_owned(),
                folder: server.bucket(),
            }),
            _server: Some(server),
        }
    }
}

fn builder(key: &str, secret: &str, region: String) -> Builder {
    let http = aws_smithy_http_client::Builder::new().build_http();
    aws_sdk_pinpoint::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(key, secret, None, None, "conformance"))
        .region(Region::new(region))
        .retry_config(RetryConfig::disabled())
        .http_client(http)
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}
