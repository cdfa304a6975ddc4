//! Dry runs: what a campaign would do, found out without doing it.

use std::collections::BTreeMap;

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AppId, Campaign, ChannelType, EndpointId, EndpointSet, OutcomeSets};

/// A dry run of a campaign: the plan of one run at a virtual instant, kept apart from what it finds
/// ([`DryRunReport`], [`DryRunPart`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DryRun {
    /// The application.
    pub app: AppId,
    /// The identifier.
    pub id: String,
    /// The campaign as it was when the dry run was asked for.
    pub campaign: Box<Campaign>,
    /// Whether the campaign is stored; one that is not was written into the call.
    pub stored: bool,
    /// When the run of the default treatment would be due.
    pub start: Timestamp,
    /// Rendered messages that are kept.
    pub samples: u32,
    /// Where the dry run stands.
    pub state: DryRunState,
    /// Why it failed.
    pub reason: Option<String>,
    /// Members of the segment at `start`.
    pub planned: u64,
    /// Members looked at so far.
    pub looked: u64,
    /// How often it was begun; a restart of the service begins it anew.
    pub attempts: u32,
    /// When it was asked for.
    pub created: Timestamp,
    /// The runs that are planned, that of the default treatment first; empty means one of all
    /// treatments at `start`.
    #[serde(default)]
    pub runs: Vec<PlannedRun>,
}

/// A run that a dry run plans: that of treatments which always run together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedRun {
    /// When it would be due.
    pub due: Timestamp,
    /// The numbers of its treatments, ascending.
    pub treatments: Vec<u8>,
}

/// Where a dry run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DryRunState {
    /// Members are being looked at.
    Running,
    /// Everybody has an outcome.
    Completed,
    /// It could not be finished.
    Failed,
}

/// What a dry run found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DryRunReport {
    /// The application.
    pub app: AppId,
    /// The dry run.
    pub dry_run: String,
    /// Messages per second that were reckoned with.
    pub per_second: u32,
    /// Whether that number was assumed, because the campaign names none.
    pub assumed: bool,
    /// Whether the campaign waits for events: the outcomes say who is eligible at the start.
    pub eligibility: bool,
    /// Whether the campaign has a hook, which was not called.
    pub hook: bool,
    /// When the first message would go out.
    pub first_message: Option<Timestamp>,
    /// When the last one would.
    pub last_message: Option<Timestamp>,
    /// Messages to addresses on the suppression list, which count as sent and go nowhere.
    pub suppressed: u64,
    /// What would become of everybody, by the outcome's word, without zeros.
    pub outcomes: BTreeMap<String, u64>,
    /// The treatments, by number.
    pub treatments: Vec<PlannedTreatment>,
    /// By hour of the recipient's day, 0 to 23.
    pub local_hours: Vec<PlannedHour>,
    /// Recipients, and those for whom it was quiet, whose zone is not known.
    pub without_zone: PlannedHour,
    /// The turns of the zones, if the campaign goes by local time, earliest first.
    pub zones: Vec<PlannedZone>,
    /// Some of the messages.
    pub samples: Vec<PlannedMessage>,
    /// Why messages cannot be made, most people first.
    pub render_failures: Vec<Finding>,
    /// Variables without value and default, most people first.
    pub missing_variables: Vec<Finding>,
    /// People by the number of parts that their text message needs, from 2.
    pub long_texts: BTreeMap<u32, u64>,
    /// The canary of each run.
    #[serde(default)]
    pub canaries: Vec<PlannedCanary>,
}

/// The part of a planned run that goes first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCanary {
    /// The treatments of the run.
    pub treatments: Vec<u8>,
    /// People in it.
    pub endpoints: u64,
    /// When everybody in it whose turn has come would have been attempted, and the rest is held;
    /// absent where nobody is left to be held.
    pub out: Option<Timestamp>,
    /// When the rest would follow; absent where a person must let it, and it is planned as if that
    /// happened at once.
    pub rest: Option<Timestamp>,
}

/// The outcomes of a part of the audience: endpoints that share the upper half of their ordinals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DryRunPart {
    /// The dry run.
    pub dry_run: String,
    /// The upper half of the ordinals.
    pub number: u32,
    /// What would become of whom.
    #[serde(with = "crate::set::text_map")]
    pub outcomes: OutcomeSets,
    /// Members by treatment.
    #[serde(with = "crate::set::text_map")]
    pub assigned: BTreeMap<u8, EndpointSet>,
}

/// A treatment in a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTreatment {
    /// The number; 0 is the default.
    pub number: u8,
    /// The label.
    pub name: Option<String>,
    /// Members that fall to it.
    pub planned: u64,
    /// What would become of them, by the outcome's word.
    pub outcomes: BTreeMap<String, u64>,
    /// When its run would be due; absent if it has none before it.
    #[serde(default)]
    pub due: Option<Timestamp>,
    /// When its first message would go out.
    #[serde(default)]
    pub first_message: Option<Timestamp>,
    /// When its last one would.
    #[serde(default)]
    pub last_message: Option<Timestamp>,
}

/// An hour of the recipients' day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedHour {
    /// Messages.
    pub sent: u64,
    /// Messages that are dropped because it is quiet.
    pub quiet: u64,
}

/// A zone that has its turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedZone {
    /// Its name in the tz database.
    pub zone: String,
    /// When its turn comes.
    pub fires: Timestamp,
    /// Members in it.
    pub endpoints: u64,
}

/// A message that would go out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedMessage {
    /// To whom.
    pub endpoint: EndpointId,
    /// Of which treatment.
    pub treatment: u8,
    /// On which channel.
    pub channel: ChannelType,
    /// When.
    pub at: Timestamp,
    /// The subject or title.
    pub subject: String,
    /// The plain text, or what stands for it.
    pub text: String,
    /// The HTML of a mail.
    pub html: Option<String>,
}

/// Something that concerns some people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What.
    pub what: String,
    /// How many people.
    pub endpoints: u64,
    /// Some of them.
    pub sample: Vec<EndpointId>,
}
