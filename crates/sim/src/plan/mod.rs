//! What is to happen in a world.

mod campaigns;
mod generate;
mod hooks;
mod people;
mod reports;

pub(crate) use campaigns::words;
pub use hooks::Trouble;
pub(crate) use hooks::{CHANGED, Verdict, verdict};
pub(crate) use people::is_broken;

use std::collections::BTreeMap;
use std::time::Duration;

use clock::Timestamp;
use engine::campaigns::CampaignDraft;
use model::{ChannelType, Endpoint, EndpointUpdate, Limits, QuietTime};

/// How large a world is.
#[derive(Debug, Clone)]
pub struct Size {
    /// Endpoints, about.
    pub people: u64,
    /// Days for which campaigns are planned.
    pub days: u64,
    /// Campaigns at most.
    pub campaigns: u64,
    /// Crashes at most.
    pub crashes: u64,
}

impl Default for Size {
    fn default() -> Self {
        Self {
            people: 40,
            days: 2,
            campaigns: 3,
            crashes: 3,
        }
    }
}

/// A world, before it happens.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Decides everything else.
    pub seed: u64,
    /// When it begins.
    pub begin: Timestamp,
    /// When the last step has been taken; what is under way then is finished.
    pub end: Timestamp,
    /// The endpoints at the beginning.
    pub people: Vec<(String, EndpointUpdate)>,
    /// The application's defaults.
    pub defaults: Defaults,
    /// Who the campaigns are for.
    pub audiences: Vec<Audience>,
    /// What is done from outside, in order.
    pub steps: Vec<Step>,
    /// How the providers behave.
    pub habits: Habits,
    /// How the hook behaves.
    pub trouble: Trouble,
    /// When the process ends and for how long, one after the other.
    pub crashes: Vec<Crash>,
    /// Batches over which neighbouring endpoints are spread.
    pub spread: u32,
    /// Messages that may be on their way at once.
    pub in_flight_max: usize,
}

impl Plan {
    /// How many campaigns are created.
    #[must_use]
    pub fn campaigns_created(&self) -> usize {
        let created = |step: &&Step| matches!(step.action, Action::Create(..));
        self.steps.iter().filter(created).count()
    }

    /// The lowest rate that a campaign is ever given, in messages per second.
    #[must_use]
    pub fn slowest_rate(&self) -> Option<u32> {
        let limits = self.steps.iter().filter_map(|step| match &step.action {
            Action::Create(_, draft) | Action::Update(_, draft) => draft.limits,
            _ => None,
        });
        limits.filter_map(|limits| limits.messages_per_second).min()
    }
}

/// What campaigns inherit.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// Limits.
    pub limits: Option<Limits>,
    /// Quiet time.
    pub quiet_time: Option<QuietTime>,
}

/// Who a segment holds.
#[derive(Debug, Clone)]
pub enum Audience {
    /// All endpoints.
    Everyone,
    /// Those whose attribute `tier` has one of these values, or has none of them.
    Tier {
        /// The values.
        values: Vec<String>,
        /// Whether the values keep an endpoint out.
        unwanted: bool,
    },
    /// Those on these channels.
    Channels(Vec<ChannelType>),
}

impl Audience {
    /// Whether `endpoint` belongs, by the words of `docs/spec/audience.md §10.2, §10.4`.
    #[must_use]
    pub fn holds(&self, endpoint: &Endpoint) -> bool {
        match self {
            Self::Everyone => true,
            Self::Tier { values, unwanted } => {
                let own = endpoint.attributes.get("tier");
                let meets = own.is_some_and(|own| own.iter().any(|tier| values.contains(tier)));
                meets != *unwanted
            }
            Self::Channels(channels) => endpoint
                .channel
                .is_some_and(|channel| channels.contains(&channel)),
        }
    }
}

/// Something that is done from outside.
#[derive(Debug, Clone)]
pub struct Step {
    /// When; later if the process is down then.
    pub at: Timestamp,
    /// What.
    pub action: Action,
}

/// What is done from outside. Campaigns are numbered in the order of their creation.
#[derive(Debug, Clone)]
pub enum Action {
    /// An endpoint is written.
    Write(String, Box<EndpointUpdate>),
    /// An endpoint is deleted.
    Forget(String),
    /// The next campaign is created, for the audience with this number.
    Create(usize, Box<CampaignDraft>),
    /// A campaign is changed.
    Update(usize, Box<CampaignDraft>),
    /// A campaign is deleted.
    Delete(usize),
    /// An app reports an event.
    Report(Report),
}

/// An event that an app reports.
#[derive(Debug, Clone)]
pub struct Report {
    /// The endpoint.
    pub who: String,
    /// The type.
    pub kind: String,
    /// Its attributes.
    pub attributes: BTreeMap<String, String>,
    /// Its metrics.
    pub metrics: BTreeMap<String, f64>,
    /// How long ago it happened.
    pub age: Duration,
}

/// How the providers behave. Numbers are per thousand hand-overs.
#[derive(Debug, Clone, Default)]
pub struct Habits {
    /// Refused for good.
    pub never: u64,
    /// Refused for now.
    pub not_now: u64,
    /// Asked for a slower pace.
    pub slower: u64,
    /// Taken, and the answer gets lost.
    pub lost: u64,
    /// How long a hand-over takes, in milliseconds.
    pub latency_ms: (u64, u64),
    /// When nobody can be reached.
    pub outages: Vec<(Timestamp, Timestamp)>,
}

/// An end of the process.
#[derive(Debug, Clone, Copy)]
pub struct Crash {
    /// It ends at this point of its life: a commit, an append or a hand-over has two of them, one
    /// before and one after.
    pub point: u64,
    /// How long it is down.
    pub down: Duration,
}
