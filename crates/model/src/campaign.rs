//! Campaigns: who gets what, when.

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ActivityId, AppId, CampaignHook, CampaignId, CampaignSafety, ChannelType, EventFilter,
    MessageConfiguration, QuietTime, SegmentId, Tags, TemplateConfiguration,
};

/// One version of a campaign (`docs/spec/campaigns.md §2–3`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
    /// The application.
    pub app: AppId,
    /// The identifier.
    pub id: CampaignId,
    /// A name for people.
    pub name: String,
    /// More words for people.
    pub description: Option<String>,
    /// Who.
    pub segment: SegmentId,
    /// Which version of the segment.
    pub segment_version: u32,
    /// The default treatment, number 0.
    pub default_treatment: CampaignContent,
    /// Label of the default treatment.
    pub treatment_name: Option<String>,
    /// More words about the default treatment.
    pub treatment_description: Option<String>,
    /// Treatments 1 to 4.
    pub treatments: Vec<Treatment>,
    /// Percent of the cohorts that gets nothing.
    pub holdout_percent: u8,
    /// Limits as given; members that were not given are absent.
    pub limits: Option<Limits>,
    /// Hook as given.
    pub hook: Option<CampaignHook>,
    /// Defaults of the application captured at creation, used where the campaign says nothing.
    pub inherited: Inherited,
    /// Whether the campaign is paused.
    pub paused: bool,
    /// In-app order, smaller first.
    pub priority: Option<u32>,
    /// Where the campaign stands.
    pub status: CampaignStatus,
    /// When the next run is due, whichever treatment's it is; absent when none remains.
    pub next_run: Option<Timestamp>,
    /// Where each treatment stands, by number; empty while all stand where the campaign stands.
    #[serde(default)]
    pub clocks: Vec<TreatmentClock>,
    /// Why the campaign is invalid.
    pub status_reason: Option<String>,
    /// What is done with people in doubt after a crash: `true` sends again with the same key.
    pub resend_in_doubt: bool,
    /// How carefully runs go.
    #[serde(default)]
    pub safety: CampaignSafety,
    /// Labels.
    pub tags: Tags,
    /// Starts at 1, plus one per update.
    pub version: u32,
    /// When the campaign was created.
    pub created: Timestamp,
    /// When this version was written.
    pub modified: Timestamp,
}

/// Where one treatment of a campaign stands (`docs/spec/campaigns.md §5–6`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreatmentClock {
    /// Its status.
    pub status: CampaignStatus,
    /// When its next run is due; absent while a run is under way or none remains.
    pub next_run: Option<Timestamp>,
    /// Whether it has had a run.
    pub ran: bool,
    /// Its run that is under way.
    pub run: Option<ActivityId>,
}

/// Defaults that a campaign takes from its application at creation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Inherited {
    /// Limits.
    pub limits: Limits,
    /// Quiet time.
    pub quiet_time: Option<QuietTime>,
    /// Hook.
    pub hook: Option<CampaignHook>,
}

/// What a treatment says and when.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CampaignContent {
    /// Messages written in the campaign.
    pub message: Option<MessageConfiguration>,
    /// Messages taken from templates.
    pub template: Option<TemplateConfiguration>,
    /// When.
    pub schedule: Option<Schedule>,
    /// Target of custom messages: URI and the channel types that it reaches.
    pub custom_delivery: Option<(String, Vec<ChannelType>)>,
}

/// A variation for part of the audience.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Treatment {
    /// Percent of the cohorts.
    pub size_percent: u8,
    /// Label.
    pub name: Option<String>,
    /// More words.
    pub description: Option<String>,
    /// What differs from the default treatment; absent members are inherited.
    pub content: CampaignContent,
}

/// When a campaign runs (`docs/spec/campaigns.md §4`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// First run.
    pub start: Start,
    /// The start as it was written, if it names an instant by itself.
    #[serde(default)]
    pub start_text: Option<String>,
    /// No run begins after this.
    pub end: Option<Timestamp>,
    /// The end as it was written, if it names an instant by itself.
    #[serde(default)]
    pub end_text: Option<String>,
    /// How often.
    pub frequency: Frequency,
    /// Whether each endpoint's own zone decides.
    pub local_time: bool,
    /// Label of a fixed offset, such as `UTC+05:30`.
    pub timezone: Option<String>,
    /// Hours without messages.
    pub quiet_time: Option<QuietTime>,
    /// The events that trigger a message, where events decide.
    #[serde(default)]
    pub event_filter: Option<EventFilter>,
}

/// The first run of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Start {
    /// As soon as possible.
    Immediately,
    /// At this instant.
    At(Timestamp),
}

/// How often a campaign runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Frequency {
    #[default]
    Once,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Event,
    InAppEvent,
}

/// Caps of a campaign (`docs/spec/campaigns.md §7`); 0 means unlimited, absent means the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Messages per endpoint in a rolling 24 h, over all campaigns of the application.
    pub daily: Option<u32>,
    /// Times that an endpoint is targeted by this campaign.
    pub total: Option<u32>,
    /// Seconds that a run may take.
    pub maximum_duration_s: Option<u32>,
    /// Messages per second of the campaign.
    pub messages_per_second: Option<u32>,
    /// In-app messages per session.
    pub session: Option<u32>,
}

/// Where a campaign or a treatment stands (`docs/spec/campaigns.md §5`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words are the reference's own")]
pub enum CampaignStatus {
    Scheduled,
    Executing,
    PendingNextRun,
    Completed,
    Paused,
    Deleted,
    Invalid,
}

impl Campaign {
    /// The content of treatment `number` (0 is the default), with what it inherits filled in.
    #[must_use]
    pub fn content(&self, number: usize) -> Option<CampaignContent> {
        if number == 0 {
            return Some(self.default_treatment.clone());
        }
        let own = &self.treatments.get(number - 1)?.content;
        let base = &self.default_treatment;
        Some(CampaignContent {
            message: own.message.clone().or_else(|| base.message.clone()),
            template: own.template.clone().or_else(|| base.template.clone()),
            schedule: own.schedule.clone().or_else(|| base.schedule.clone()),
            custom_delivery: own
                .custom_delivery
                .clone()
                .or_else(|| base.custom_delivery.clone()),
        })
    }

    /// Percent of the cohorts that treatment `number` gets.
    #[must_use]
    pub fn share(&self, number: usize) -> u8 {
        if number > 0 {
            return self
                .treatments
                .get(number - 1)
                .map_or(0, |t| t.size_percent);
        }
        let taken: u32 = self
            .treatments
            .iter()
            .map(|t| u32::from(t.size_percent))
            .sum();
        let left = 100_u32.saturating_sub(taken + u32::from(self.holdout_percent));
        u8::try_from(left).unwrap_or(0)
    }

    /// The label of treatment `number`, if it has one.
    #[must_use]
    pub fn label(&self, number: u8) -> Option<&str> {
        let name = match usize::from(number).checked_sub(1) {
            None => &self.treatment_name,
            Some(index) => &self.treatments.get(index)?.name,
        };
        name.as_deref()
    }

    /// The limits in force: the campaign's own, else those of the application at creation.
    #[must_use]
    pub fn limits_in_force(&self) -> Limits {
        let own = self.limits.unwrap_or_default();
        let base = self.inherited.limits;
        Limits {
            daily: own.daily.or(base.daily),
            total: own.total.or(base.total),
            maximum_duration_s: own.maximum_duration_s.or(base.maximum_duration_s),
            messages_per_second: own.messages_per_second.or(base.messages_per_second),
            session: own.session.or(base.session),
        }
    }

    /// The hook in force, if it names somebody: the campaign's own, else that of the application at
    /// creation. In-app campaigns have none.
    #[must_use]
    pub fn hook_in_force(&self) -> Option<&CampaignHook> {
        let hook = self.hook.as_ref().or(self.inherited.hook.as_ref());
        let names = |hook: &&CampaignHook| hook.function.is_some() || hook.url.is_some();
        hook.filter(names)
            .filter(|_| self.frequency() != Frequency::InAppEvent)
    }

    /// How often the default treatment runs.
    #[must_use]
    pub fn frequency(&self) -> Frequency {
        let schedule = self.default_treatment.schedule.as_ref();
        schedule.map_or(Frequency::Once, |schedule| schedule.frequency)
    }

    /// When treatment `number` runs: its own schedule, else that of the default treatment.
    #[must_use]
    pub fn schedule(&self, number: u8) -> Option<&Schedule> {
        let own = usize::from(number)
            .checked_sub(1)
            .and_then(|index| self.treatments.get(index)?.content.schedule.as_ref());
        own.or(self.default_treatment.schedule.as_ref())
    }

    /// The numbers of all treatments, the default one first.
    pub fn numbers(&self) -> impl Iterator<Item = u8> + use<> {
        let last = u8::try_from(self.treatments.len()).unwrap_or(u8::MAX);
        0..=last
    }

    /// Where treatment `number` stands.
    #[must_use]
    pub fn treatment_status(&self, number: u8) -> CampaignStatus {
        let clock = self.clocks.get(usize::from(number));
        clock.map_or(self.status, |clock| clock.status)
    }

    /// The quiet time in force for treatment `number`.
    #[must_use]
    pub fn quiet_time_in_force(&self, number: usize) -> Option<QuietTime> {
        self.content(number)
            .and_then(|content| content.schedule)
            .and_then(|schedule| schedule.quiet_time)
            .or(self.inherited.quiet_time)
    }
}

impl CampaignStatus {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDULED",
            Self::Executing => "EXECUTING",
            Self::PendingNextRun => "PENDING_NEXT_RUN",
            Self::Completed => "COMPLETED",
            Self::Paused => "PAUSED",
            Self::Deleted => "DELETED",
            Self::Invalid => "INVALID",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::Scheduled,
            Self::Executing,
            Self::PendingNextRun,
            Self::Completed,
            Self::Paused,
            Self::Deleted,
            Self::Invalid,
        ]
        .into_iter()
        .find(|status| status.as_str() == word)
    }

    /// Whether nothing more can happen.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Deleted | Self::Invalid)
    }
}

impl Frequency {
    /// Every frequency.
    pub const ALL: [Self; 7] = [
        Self::Once,
        Self::Hourly,
        Self::Daily,
        Self::Weekly,
        Self::Monthly,
        Self::Event,
        Self::InAppEvent,
    ];

    /// Whether runs follow each other by the clock.
    #[must_use]
    pub const fn recurs(self) -> bool {
        matches!(
            self,
            Self::Hourly | Self::Daily | Self::Weekly | Self::Monthly
        )
    }

    /// Whether what a run has begun is finished although the campaign is paused.
    #[must_use]
    pub const fn finishes(self) -> bool {
        self.recurs() || matches!(self, Self::Event)
    }

    /// Whether events decide when somebody gets a message.
    #[must_use]
    pub const fn waits_for_events(self) -> bool {
        matches!(self, Self::Event | Self::InAppEvent)
    }

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Once => "ONCE",
            Self::Hourly => "HOURLY",
            Self::Daily => "DAILY",
            Self::Weekly => "WEEKLY",
            Self::Monthly => "MONTHLY",
            Self::Event => "EVENT",
            Self::InAppEvent => "IN_APP_EVENT",
        }
    }
}
