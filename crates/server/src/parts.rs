//! Puts the parts of the server together over one data folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use analytics::Analytics;
use api::{AppState, Limits, Settings};
use audience::EndpointLimits;
use channels::email::{EmailTransport, SmtpConfig, SmtpTls, SmtpTransport};
use channels::inbox::{Inbox, InboxOptions};
use channels::outbound::{Guard, HttpCaller, Range};
use channels::suppression::SuppressionList;
use channels::token::Signer;
use clock::Clock;
use config::{Config, EmailTransport as Transport, FunctionTarget, StreamSink};
use engine::Engine;
use engine::buckets::{Buckets, S3Place, S3Settings};
use engine::callees::{HttpCallees, LambdaSettings, StandIn};
use engine::export::{ExportJobs, ExportLimits};
use engine::import::{ImportJobs, ImportLimits};
use engine::streams::{AwsSink, EventStreams, Sinks};
use engine::uploads::Uploads;
use events::Log;
use events::ingest::Deduper;
use events::stream::{FolderSink, Sink};
use model::AppId;
use store::Store;
use store_embedded::Options;

use crate::error::ServerError;
use crate::load_archive::settle_former;

/// The part of `objects.url` or of the data folder's objects that holds uploaded files.
const UPLOADS: &str = "uploads";
/// The bucket name under which jobs find uploaded files.
const UPLOADS_BUCKET: &str = "beckon-uploads";
/// Events that are remembered to notice repetitions; some 30 bytes each.
const REMEMBERED_EVENTS: usize = 4_000_000;
/// Messages a second that a campaign may ask for at most.
const MESSAGES_PER_SECOND: u32 = 20_000;

/// The parts of a server over one data folder.
pub struct Server {
    /// What the API works on.
    pub parts: api::Parts,
    /// The state of the API.
    pub state: AppState,
}

/// Opens the store of a data folder.
///
/// # Errors
/// The folder cannot be used.
pub async fn open_store(config: &Config, dir: &Path, clock: &Clock) -> Result<Store, ServerError> {
    let mut options = Options::new(dir);
    options.master_key = config.store.master_key;
    options.limits = endpoint_limits(config);
    Ok(store_embedded::open(options, clock.clone()).await?)
}

/// How long events are kept.
pub fn retention(config: &Config) -> Duration {
    Duration::from_secs(config.store.retention_days.saturating_mul(86_400))
}

fn endpoint_limits(config: &Config) -> EndpointLimits {
    let limits = &config.limits;
    EndpointLimits {
        name_chars: size(limits.attribute_name_chars),
        value_chars: size(limits.attribute_value_chars),
        values: size(limits.attribute_values),
        bytes: size(limits.endpoint_bytes),
        names: size(limits.attribute_names),
        per_user: size(limits.endpoints_per_user),
        literal_address_takeover: config.store.literal_address_takeover,
    }
}

/// What the buckets of jobs over the data folder `dir` stand for: the configured ones, that of
/// uploads, and `folders`.
///
/// # Errors
/// The folder of uploads cannot be made.
pub fn buckets(
    config: &Config,
    dir: &Path,
    folders: impl IntoIterator<Item = (String, PathBuf)>,
) -> Result<Buckets, ServerError> {
    let mut buckets = Buckets {
        folders: config.buckets.clone(),
        s3: S3Settings {
            endpoint_url: config.aws.endpoint_url.clone(),
            region: config.aws.region.clone(),
        },
        ..Buckets::default()
    };
    buckets.folders.extend(folders);
    let name = UPLOADS_BUCKET.to_owned();
    if let Some((bucket, prefix)) = &config.objects.s3 {
        let prefix = format!("{prefix}/{UPLOADS}");
        let place = S3Place {
            bucket: bucket.clone(),
            prefix: prefix.trim_start_matches('/').to_owned(),
        };
        buckets.places.insert(name, place);
    } else {
        let folder = dir.join("objects").join(UPLOADS);
        std::fs::create_dir_all(&folder).map_err(|cause| ServerError::File {
            path: folder.clone(),
            cause,
        })?;
        buckets.folders.insert(name, folder);
    }
    Ok(buckets)
}

/// Import jobs over a store.
pub fn import_jobs(config: &Config, store: &Store, clock: &Clock, buckets: Buckets) -> ImportJobs {
    let limits = ImportLimits {
        active_jobs: size(config.limits.active_import_jobs),
        files: size(config.limits.import_objects),
        bytes: config.limits.import_bytes,
        endpoint: endpoint_limits(config),
    };
    ImportJobs::new(store.clone(), clock.clone(), buckets, limits)
}

/// Export jobs over a store.
pub fn export_jobs(config: &Config, store: &Store, clock: &Clock, buckets: Buckets) -> ExportJobs {
    let limits = ExportLimits {
        active_jobs: size(config.limits.active_export_jobs),
        ..ExportLimits::default()
    };
    ExportJobs::new(store.clone(), clock.clone(), buckets, limits)
}

impl Server {
    /// Opens every part. Nothing runs yet but the writers of the places.
    ///
    /// # Errors
    /// The data folder or the configuration cannot be used.
    pub async fn open(config: &Config, dir: &Path, clock: Clock) -> Result<Self, ServerError> {
        let store = open_store(config, dir, &clock).await?;
        let (log, deduper) = open_log(dir.to_owned(), clock.clone()).await?;
        let analytics = open_analytics(config, dir, &log, &clock).await?;
        let inbox = open_inbox(dir.join("inbox"), clock.clone()).await?;
        let suppressions = SuppressionList::load(store.clone()).await?;
        let signer = Signer::new(store.secrets.derived_key("tracking"));
        let email: Arc<dyn EmailTransport> = match config.email.transport {
            Transport::Inbox => Arc::new(inbox.clone()),
            Transport::Smtp => Arc::new(SmtpTransport::new(smtp(config)?, clock.clone())?),
        };
        let engine = Engine::new(engine::Parts {
            store: store.clone(),
            log: log.clone(),
            email,
            inbox: Arc::new(inbox.clone()),
            messages: Arc::new(inbox.clone()),
            callees: Arc::new(callees(config)?),
            suppression: suppressions.clone(),
            signer: signer.clone(),
            clock: clock.clone(),
            settings: engine::Settings {
                workers_max: size(config.limits.campaign_workers),
                ..engine::Settings::new(config.server.public_url.as_str())
            },
        });
        let buckets = buckets(config, dir, [])?;
        let uploads = Uploads::open(&buckets, UPLOADS_BUCKET).map_err(ServerError::Uploads)?;
        let imports = import_jobs(config, &store, &clock, buckets.clone());
        let exports = export_jobs(config, &store, &clock, buckets);
        let streams = EventStreams::new(
            store.clone(),
            log.clone(),
            clock.clone(),
            config.account.id.clone(),
            sinks(config, &clock)?,
        );
        let parts = api::Parts {
            store,
            log,
            deduper: Arc::new(deduper),
            analytics,
            engine,
            imports,
            exports,
            uploads,
            streams,
            inbox,
            suppressions,
            signer: Arc::new(signer),
            clock,
        };
        let state = AppState::new(parts.clone(), settings(config, dir));
        Ok(Self { parts, state })
    }
}

/// Opens analytics of a data folder; it follows `log`.
async fn open_analytics(
    config: &Config,
    dir: &Path,
    log: &Log,
    clock: &Clock,
) -> Result<Analytics, ServerError> {
    let options = analytics::Options {
        retention: retention(config),
        ..analytics::Options::default()
    };
    let dir = dir.join("analytics");
    Ok(Analytics::open(dir, log.clone(), clock.clone(), options).await?)
}

/// Where event streams go.
fn sinks(config: &Config, clock: &Clock) -> Result<Sinks, ServerError> {
    let mut sinks = Sinks::new();
    for (arn, sink) in &config.streams {
        let sink: Arc<dyn Sink> = match sink {
            StreamSink::Aws => Arc::new(AwsSink::new(arn, config.aws.endpoint_url.as_deref())?),
            StreamSink::Folder(dir) => Arc::new(FolderSink::new(dir.clone(), clock.clone())),
        };
        sinks.insert(arn.clone(), sink);
    }
    Ok(sinks)
}

async fn open_log(dir: PathBuf, clock: Clock) -> Result<(Log, Deduper), ServerError> {
    let opened = tokio::task::spawn_blocking(move || {
        let log = Log::open(
            &dir.join("events"),
            clock.clone(),
            events::Options::default(),
        )?;
        settle_former(&dir, &log)?;
        let deduper = Deduper::rebuild(&log, &clock, REMEMBERED_EVENTS)?;
        Ok::<_, ServerError>((log, deduper))
    });
    opened.await?
}

async fn open_inbox(dir: PathBuf, clock: Clock) -> Result<Inbox, ServerError> {
    let opened = tokio::task::spawn_blocking(move || Inbox::open(InboxOptions::new(dir), clock));
    Ok(opened.await??)
}

/// Extra root certificates.
fn ca_pem(config: &Config) -> Result<Option<Vec<u8>>, ServerError> {
    let read = |path: &PathBuf| {
        std::fs::read(path).map_err(|cause| ServerError::File {
            path: path.clone(),
            cause,
        })
    };
    config.outbound.ca_file.as_ref().map(read).transpose()
}

/// Calls hooks, webhooks and functions.
fn callees(config: &Config) -> Result<HttpCallees, ServerError> {
    let allowed = config.outbound.allow_private.iter();
    let allowed = allowed.map(|(first, bits)| Range::new(*first, *bits));
    let http = HttpCaller::new(Guard::new(allowed.collect()), ca_pem(config)?.as_deref())?;
    let stand_in = |target: &FunctionTarget| match target {
        FunctionTarget::Inbox => StandIn::Inbox,
        FunctionTarget::Url(url) => StandIn::Url(url.clone()),
    };
    let functions = config.functions.iter();
    let functions = functions.map(|(name, target)| (name.clone(), stand_in(target)));
    let lambda = LambdaSettings {
        endpoint_url: config.aws.endpoint_url.clone(),
        region: config.aws.region.clone(),
    };
    let account = config.account.id.clone();
    Ok(HttpCallees::new(http, functions.collect(), lambda, account))
}

fn smtp(config: &Config) -> Result<SmtpConfig, ServerError> {
    let smtp = &config.email.smtp;
    let ca_pem = ca_pem(config)?;
    let host = config
        .server
        .public_url
        .split("//")
        .nth(1)
        .unwrap_or_default();
    let helo = host.split(['/', ':']).next().unwrap_or_default();
    Ok(SmtpConfig {
        tls: match smtp.tls {
            config::SmtpTls::None => SmtpTls::None,
            config::SmtpTls::StartTls => SmtpTls::StartTls,
            config::SmtpTls::Tls => SmtpTls::Tls,
        },
        credentials: smtp.credentials.clone(),
        ca_pem,
        helo: if helo.is_empty() {
            "localhost".to_owned()
        } else {
            helo.to_owned()
        },
        connections_max: size(smtp.connections),
        ..SmtpConfig::new(smtp.host.clone(), smtp.port)
    })
}

fn settings(config: &Config, dir: &Path) -> Settings {
    let limits = &config.limits;
    Settings {
        account_id: config.account.id.clone(),
        regions: config.account.regions.clone(),
        admin_key: config.auth.admin.clone(),
        identity_pools: config
            .identity_pools
            .iter()
            .map(|(pool, app)| (pool.clone(), AppId::from(app.as_str())))
            .collect(),
        skew: Duration::from_secs(config.auth.skew_seconds),
        session: Duration::from_secs(config.auth.session_hours.saturating_mul(3_600)),
        public_url: config.server.public_url.clone(),
        email_transport: match config.email.transport {
            Transport::Inbox => "inbox",
            Transport::Smtp => "smtp",
        },
        email_per_second: MESSAGES_PER_SECOND,
        sms_per_second: MESSAGES_PER_SECOND,
        echo_credentials: config.channels.echo_credentials,
        data: dir.to_owned(),
        metrics: config.server.metrics,
        limits: Limits {
            applications: size(limits.applications),
            request_bytes: limits.request_bytes,
            events_request_bytes: limits.events_request_bytes,
            upload_bytes: limits.upload_bytes,
            events_per_request: size(limits.events_per_request),
            batch_items: size(limits.batch_items),
            tags: size(limits.tags),
            template_versions: u32::try_from(limits.template_versions).unwrap_or(u32::MAX),
            templates: limits.templates,
            active_campaigns: size(limits.active_campaigns),
            identity_calls_per_second: u32::try_from(limits.identity_calls_per_second)
                .unwrap_or(u32::MAX),
            active_journeys: size(limits.active_journeys),
            active_event_journeys: size(limits.active_event_journeys),
        },
    }
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
