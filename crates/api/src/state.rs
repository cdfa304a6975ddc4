//! What the handlers share.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use analytics::Analytics;
use channels::inbox::Inbox;
use channels::suppression::SuppressionList;
use channels::token::Signer;
use clock::{Clock, Timestamp};
use engine::Engine;
use engine::export::ExportJobs;
use engine::import::ImportJobs;
use engine::streams::EventStreams;
use engine::uploads::Uploads;
use events::Log;
use events::ingest::Deduper;
use model::AppId;
use store::Store;
use tokio::sync::watch;

use crate::apps::AppCache;
use crate::arn::Account;
use crate::auth::{Keys, LoginThrottle};
use crate::identities::{Issuer, Pace};
use crate::metrics::Metrics;

/// What the API is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The account number in ARNs.
    pub account_id: String,
    /// The regions that the server answers for; the first is the default.
    pub regions: Vec<String>,
    /// Id and secret of a key that may do everything and is kept nowhere.
    pub admin_key: Option<(String, String)>,
    /// Applications for whose devices credentials are issued, by identity pool.
    pub identity_pools: BTreeMap<String, AppId>,
    /// How far the date of a signed request may be off.
    pub skew: Duration,
    /// How long a console session lasts.
    pub session: Duration,
    /// What links in messages begin with.
    pub public_url: String,
    /// The word for the mail transport: `inbox` or `smtp`.
    pub email_transport: &'static str,
    /// Mails a second that the transport takes, as the email channel reports it.
    pub email_per_second: u32,
    /// Text messages a second that the transport takes, as the SMS channel reports it.
    pub sms_per_second: u32,
    /// Whether answers carry the keys of Firebase and Baidu, as the original's do.
    pub echo_credentials: bool,
    /// The data folder, whose size the status reports.
    pub data: PathBuf,
    /// Whether `GET /metrics` answers.
    pub metrics: bool,
    /// Quotas.
    pub limits: Limits,
}

/// Quotas (`docs/spec/audience.md §14`, `docs/spec/campaigns.md §14`, `docs/spec/events.md §1.2`).
#[derive(Debug, Clone)]
pub struct Limits {
    /// Applications per account and region.
    pub applications: usize,
    /// Bytes of a request body.
    pub request_bytes: u64,
    /// Bytes of a PutEvents body.
    pub events_request_bytes: u64,
    /// Bytes of an uploaded file.
    pub upload_bytes: u64,
    /// Events in one PutEvents call.
    pub events_per_request: usize,
    /// Items of one UpdateEndpointsBatch call.
    pub batch_items: usize,
    /// Tags of a resource.
    pub tags: usize,
    /// Versions of one template.
    pub template_versions: u32,
    /// Templates of the account.
    pub templates: u64,
    /// Campaigns of the account that are not at their end.
    pub active_campaigns: usize,
    /// Calls per second of the issuer of credentials.
    pub identity_calls_per_second: u32,
    /// Journeys of the account that are published and not at their end.
    pub active_journeys: usize,
    /// Those of them that events start.
    pub active_event_journeys: usize,
}

/// What the API works on.
#[derive(Clone)]
pub struct Parts {
    /// Everything that must survive.
    pub store: Store,
    /// The event log.
    pub log: Log,
    /// PutEvents already seen.
    pub deduper: Arc<Deduper>,
    /// Questions about events.
    pub analytics: Analytics,
    /// The loops.
    pub engine: Engine,
    /// Import jobs.
    pub imports: ImportJobs,
    /// Export jobs.
    pub exports: ExportJobs,
    /// Files for import jobs.
    pub uploads: Uploads,
    /// Event streams of applications.
    pub streams: EventStreams,
    /// Messages that stayed here.
    pub inbox: Inbox,
    /// Addresses that get no mail.
    pub suppressions: SuppressionList,
    /// Tokens in links.
    pub signer: Arc<Signer>,
    /// Time and randomness.
    pub clock: Clock,
}

/// The state that every handler gets; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What is behind an [`AppState`].
pub struct Shared {
    pub(crate) parts: Parts,
    pub(crate) settings: Settings,
    pub(crate) account: Account,
    pub(crate) apps: AppCache,
    pub(crate) keys: Keys,
    pub(crate) issuer: Issuer,
    pub(crate) identity_pace: Pace,
    pub(crate) logins: LoginThrottle,
    pub(crate) metrics: Metrics,
    /// Held while a channel changes, since its settings and its secrets are two writes.
    pub(crate) channel_changes: tokio::sync::Mutex<()>,
    pub(crate) started: Timestamp,
    pub(crate) closing: watch::Sender<bool>,
}

impl AppState {
    /// The state of a server that starts now.
    #[must_use]
    pub fn new(parts: Parts, settings: Settings) -> Self {
        let account = Account {
            id: settings.account_id.clone(),
            regions: settings.regions.clone(),
        };
        let keys = Keys::new(parts.store.clone(), settings.admin_key.clone());
        let issuer = Issuer::new(
            parts.store.secrets.derived_key("identities"),
            settings.identity_pools.clone(),
        );
        Self(Arc::new(Shared {
            started: parts.clock.now(),
            closing: watch::Sender::new(false),
            account,
            apps: AppCache::default(),
            keys,
            issuer,
            identity_pace: Pace::new(settings.limits.identity_calls_per_second),
            logins: LoginThrottle::default(),
            metrics: Metrics::default(),
            channel_changes: tokio::sync::Mutex::default(),
            parts,
            settings,
        }))
    }

    /// Ends the streams that would go on for ever, so that the server can stop.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    pub(crate) fn store(&self) -> &Store {
        &self.parts.store
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
