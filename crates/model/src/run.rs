//! Runs of a campaign: a frozen set, cut into batches, and what became of everyone in it.

use std::collections::BTreeMap;

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ActivityId, AppId, Campaign, CampaignId, EndpointSet, RunGuard, SegmentId};

/// One run of a campaign over a frozen set. Each treatment that takes part has an activity in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The application.
    pub app: AppId,
    /// The campaign.
    pub campaign: CampaignId,
    /// The version of the campaign that runs.
    pub campaign_version: u32,
    /// The activity of each treatment of the campaign, by treatment number; the first one names
    /// the run. Those of treatments that take no part are never shown.
    pub activities: Vec<ActivityId>,
    /// The numbers of the treatments that take part, ascending; empty means all of them.
    #[serde(default)]
    pub treatments: Vec<u8>,
    /// When the run was due.
    pub scheduled: Timestamp,
    /// When its set was frozen.
    pub started: Timestamp,
    /// When the last batch was closed.
    pub ended: Option<Timestamp>,
    /// Where the run stands.
    pub state: RunState,
    /// Members of the segment when the run opened.
    pub produced: u64,
    /// Batches in all.
    pub batches: u32,
    /// Why the run could not go on.
    pub reason: Option<String>,
    /// Members that were added by expanding users of a stored list.
    #[serde(default)]
    pub from_users: u64,
    /// Stored lists, with the number of their members, whose snapshots stand in for endpoints that
    /// are not registered.
    #[serde(default)]
    pub snapshots: Vec<(SegmentId, u32)>,
    /// Whether nothing is to be done before an event triggers something: only a run that events
    /// feed can be idle.
    #[serde(default)]
    pub idle: bool,
    /// Whether events feed the run.
    #[serde(default)]
    pub triggered: bool,
    /// Batches below this number are closed and put together, so that few of them are left.
    #[serde(default)]
    pub settled: u32,
    /// The numbers of those that others are still put to.
    #[serde(default)]
    pub summaries: Vec<u32>,
    /// Where the run stands with its canary and its brake.
    #[serde(default)]
    pub guard: RunGuard,
    /// What became of the people of closed batches, in numbers.
    #[serde(default)]
    pub sums: RunSums,
    /// The zones of a local-time sweep that had members when the set was frozen, by name.
    #[serde(default)]
    pub zones: Vec<RunZone>,
    /// When something is to be done next, if all that is left waits until then and nobody drives
    /// the run meanwhile.
    #[serde(default)]
    pub wakes: Option<Timestamp>,
}

/// The numbers of a run's closed batches, kept so that watching a run need not read all of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunSums {
    /// The numbers of the batches that are counted.
    #[serde(with = "crate::set::text")]
    pub batches: EndpointSet,
    /// People by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// The same by treatment.
    pub treatments: BTreeMap<u8, TreatmentSums>,
}

/// The people of one treatment, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreatmentSums {
    /// All of them.
    pub planned: u64,
    /// Those who got past the filters of steps 1 and 2 of the pipeline.
    pub admitted: u64,
    /// People by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
}

/// A zone that a run sweeps (`docs/spec/campaigns.md §4.1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunZone {
    /// Its name in the tz database.
    pub name: String,
    /// When its turn comes.
    pub fires: Timestamp,
    /// Whether its clock is past the schedule's end by then.
    pub over: bool,
    /// Its members when the set was frozen.
    pub endpoints: u64,
}

impl Run {
    /// The run of `treatments` of `campaign` that was due at `scheduled` and begins at `now`. Its
    /// set is yet to be frozen. `activities` are one for each treatment of the campaign.
    #[must_use]
    pub fn new(
        campaign: &Campaign,
        activities: Vec<ActivityId>,
        treatments: Vec<u8>,
        scheduled: Timestamp,
        now: Timestamp,
    ) -> Self {
        Self {
            app: campaign.app.clone(),
            campaign: campaign.id.clone(),
            campaign_version: campaign.version,
            activities,
            treatments,
            scheduled,
            started: now,
            ended: None,
            state: RunState::Opening,
            produced: 0,
            batches: 0,
            reason: None,
            from_users: 0,
            snapshots: Vec::new(),
            zones: Vec::new(),
            wakes: None,
            idle: false,
            triggered: false,
            settled: 0,
            summaries: Vec::new(),
            guard: RunGuard::begin(&campaign.safety),
            sums: RunSums::default(),
        }
    }

    /// Whether treatment `number` takes part.
    #[must_use]
    pub fn takes(&self, number: u8) -> bool {
        self.treatments.is_empty() || self.treatments.contains(&number)
    }

    /// The first treatment that takes part. All that do have the same times.
    #[must_use]
    pub fn leader(&self) -> u8 {
        self.treatments.first().copied().unwrap_or(0)
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunState {
    /// The set is being frozen.
    Opening,
    /// Batches are being sent.
    Running,
    /// No further batches go out until the campaign is resumed.
    Paused,
    /// Everyone has an outcome.
    Completed,
    /// The run was cancelled or could not go on.
    Cancelled,
}

/// A part of a run: at most 65,536 ordinals. They share their upper half, unless events triggered
/// them; then an endpoint may be in several batches of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunBatch {
    /// The run, by its default activity.
    pub run: ActivityId,
    /// Number in the run, from 0.
    pub number: u32,
    /// The frozen members.
    #[serde(with = "crate::set::text")]
    pub members: EndpointSet,
    /// Members whose message may have been handed over, with no outcome recorded yet.
    #[serde(with = "crate::set::text")]
    pub in_flight: EndpointSet,
    /// Position of the event log when `in_flight` was written: outcomes lie behind it.
    pub log_position: u64,
    /// What became of the others.
    #[serde(with = "crate::set::text_map")]
    pub outcomes: OutcomeSets,
    /// Members by the number of the treatment that they fall to, as far as they were looked at.
    #[serde(default, with = "crate::set::text_map")]
    pub assigned: BTreeMap<u8, EndpointSet>,
    /// Members whose message was definitely not taken for now, to be tried again.
    #[serde(default, with = "crate::set::text")]
    pub deferred: EndpointSet,
    /// When `deferred` is tried again.
    #[serde(default)]
    pub deferred_until: Option<Timestamp>,
    /// When the first member was deferred.
    #[serde(default)]
    pub deferred_since: Option<Timestamp>,
    /// How often `deferred` was tried again.
    #[serde(default)]
    pub deferrals: u32,
    /// When the turn of the members comes; absent means at once.
    #[serde(default)]
    pub due: Option<Timestamp>,
    /// Members whose turn comes at another instant than that of the batch, by instant: their zone
    /// changed. They stay here until they have an outcome.
    #[serde(default, with = "crate::set::text_map")]
    pub waiting: BTreeMap<Timestamp, EndpointSet>,
    /// Members that were attempted or are in doubt, by the minute of it since the epoch, as long as
    /// that counts for daily caps.
    #[serde(default, with = "crate::set::text_map")]
    pub sent: BTreeMap<i64, EndpointSet>,
    /// When the last message was handed over, in documents that have no `sent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sent: Option<Timestamp>,
    /// Who works on the batch; every change of holder raises the token.
    pub fencing_token: u64,
    /// When the holder's claim ends; absent when nobody holds it.
    pub leased_until: Option<Timestamp>,
    /// Whether every member has an outcome.
    pub closed: bool,
    /// When messages that events triggered are too late; absent in other batches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// Whether the batch goes before the others, for trial.
    #[serde(default)]
    pub canary: bool,
    /// Members for whom no message could be made: of those with the outcome
    /// [`Outcome::FailurePermanent`], nothing was handed over for these.
    #[serde(default, with = "crate::set::text")]
    pub unmade: EndpointSet,
}

impl RunBatch {
    /// Batch `number` of `run`, of which nothing has been done: what becomes of its members lies
    /// in the event log behind `log_position`.
    #[must_use]
    pub fn new(run: ActivityId, number: u32, members: EndpointSet, log_position: u64) -> Self {
        Self {
            run,
            number,
            members,
            in_flight: EndpointSet::new(),
            log_position,
            outcomes: OutcomeSets::new(),
            assigned: BTreeMap::new(),
            deferred: EndpointSet::new(),
            deferred_until: None,
            deferred_since: None,
            deferrals: 0,
            sent: BTreeMap::new(),
            due: None,
            waiting: BTreeMap::new(),
            last_sent: None,
            fencing_token: 0,
            leased_until: None,
            closed: false,
            deadline: None,
            canary: false,
            unmade: EndpointSet::new(),
        }
    }

    /// When the turn of a member comes, or came; absent means at once.
    #[must_use]
    pub fn due_of(&self, ordinal: u32) -> Option<Timestamp> {
        let waits = self.waiting.iter().find(|(_, set)| set.contains(ordinal));
        waits.map(|(due, _)| *due).or(self.due)
    }

    /// Forgets that a member waits for another instant.
    pub fn stop_waiting(&mut self, ordinal: u32) {
        self.waiting.retain(|_, set| {
            set.remove(ordinal);
            !set.is_empty()
        });
    }
}

/// How far the event log has been held against the campaigns that wait for events. It changes in
/// the commit that writes what an event triggered, so that nothing is triggered twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerPosition {
    /// Everything before this position of the log is done.
    pub position: u64,
}

/// Disjoint sets by outcome; an outcome without members is absent.
pub type OutcomeSets = BTreeMap<Outcome, EndpointSet>;

macro_rules! outcomes {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What became of an endpoint in a run (`docs/spec/campaigns.md §7`, `docs/spec/events.md §3.3`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Outcome {
            $($(#[$doc])* $name,)*
        }

        impl Outcome {
            /// Every outcome.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The status or counter name on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// The outcome with this name.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

outcomes! {
    /// The provider accepted the message.
    Success = "SUCCESS",
    /// The provider failed.
    Failure = "FAILURE",
    /// The provider refused for good, or the message could not be rendered.
    FailurePermanent = "FAILURE_PERMANENT",
    /// The provider failed for now and retries ran out.
    TransientFailure = "TRANSIENT_FAILURE",
    /// The provider throttled.
    Throttled = "THROTTLED",
    /// The provider's answer makes no sense.
    Unknown = "UNKNOWN",
    /// The custom channel's call failed.
    CustomDeliveryFailure = "CUSTOM_DELIVERY_FAILURE",
    /// Daily cap.
    DailyCap = "DAILY_CAP",
    /// Total cap of the campaign.
    CampaignCap = "CAMPAIGN_CAP",
    /// The run took longer than its maximum duration.
    Expired = "EXPIRED",
    /// Quiet time of the endpoint.
    QuietTime = "QUIET_TIME",
    /// Kept out for comparison.
    Holdout = "HOLDOUT",
    /// Another endpoint of the run has the address.
    DuplicateAddress = "DUPLICATE_ADDRESS",
    /// The hook failed.
    HookFailure = "HOOK_FAILURE",
    /// The recommender failed.
    RecommendationFailure = "RECOMMENDATION_FAILURE",
    /// No transport for the channel.
    UnsupportedChannel = "UNSUPPORTED_CHANNEL",
    /// Filtered: inactive. No record.
    EndpointInactive = "ENDPOINT_INACTIVE",
    /// Filtered: opted out. No record.
    EndpointOptOut = "ENDPOINT_OPT_OUT",
    /// Filtered: no channel. No record.
    EndpointMissingChannel = "ENDPOINT_MISSING_CHANNEL",
    /// Filtered: no address. No record.
    EndpointMissingAddress = "ENDPOINT_MISSING_ADDRESS",
    /// Filtered: no content for the channel. No record.
    EndpointChannelMismatch = "ENDPOINT_CHANNEL_MISMATCH",
    /// Filtered: deleted since the set was frozen, or no longer a member. No record.
    FilteredOutBySegment = "FILTERED_OUT_BY_SEGMENT",
    /// The hook chose to send nothing. No record.
    FilteredOutByHook = "FILTERED_OUT_BY_HOOK",
    /// Filtered: the run needs a zone and the endpoint has none. No record.
    EndpointMissingTimezone = "ENDPOINT_MISSING_TIMEZONE",
    /// Filtered: the zone was already swept. No record.
    EndpointTimezoneMismatch = "ENDPOINT_TIMEZONE_MISMATCH",
    /// Filtered: already in the run. No record.
    DuplicateEndpoint = "DUPLICATE_ENDPOINT",
    /// Filtered: the user is already in the run. No record.
    DuplicateUser = "DUPLICATE_USER",
    /// Handed over, and a crash hit before the answer was recorded.
    InDoubt = "IN_DOUBT",
    /// Falls to a treatment, or to the holdout, that another run reaches. No record.
    TreatmentHoldout = "TREATMENT_HOLDOUT",
    /// The campaign was deleted or its run cancelled before the endpoint's turn. No record.
    Cancelled = "CANCELLED",
}

impl Outcome {
    /// Whether a provider was called (`docs/spec/events.md §3.3`, ATT).
    #[must_use]
    pub const fn attempted(self) -> bool {
        matches!(
            self,
            Self::Success
                | Self::Failure
                | Self::FailurePermanent
                | Self::TransientFailure
                | Self::Throttled
                | Self::Unknown
                | Self::CustomDeliveryFailure
        )
    }

    /// Whether a `_campaign.send` record is written.
    #[must_use]
    pub const fn recorded(self) -> bool {
        self.attempted()
            || matches!(
                self,
                Self::DailyCap
                    | Self::CampaignCap
                    | Self::Expired
                    | Self::QuietTime
                    | Self::Holdout
                    | Self::DuplicateAddress
                    | Self::HookFailure
                    | Self::RecommendationFailure
                    | Self::UnsupportedChannel
            )
    }
}
