//! A campaign as a caller writes it: any part may be missing.

use model::{
    CampaignHook, CampaignSafety, ChannelType, EventFilter, Frequency, Limits,
    MessageConfiguration, QuietTime, SegmentId, Tags, TemplateConfiguration,
};

/// What a caller says about a campaign. On creation, absent members take their defaults; on
/// update, they stay as they are and present ones replace the old value whole
/// (`docs/spec/campaigns.md §2, §5`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CampaignDraft {
    /// A name for people; needed on creation.
    pub name: Option<String>,
    /// More words for people.
    pub description: Option<String>,
    /// Who; needed on creation.
    pub segment: Option<SegmentId>,
    /// Which version of the segment; absent means the newest when the segment is chosen.
    pub segment_version: Option<u32>,
    /// Messages of the default treatment.
    pub message: Option<MessageConfiguration>,
    /// Templates of the default treatment.
    pub template: Option<TemplateConfiguration>,
    /// Target of custom messages.
    pub custom_delivery: Option<(String, Vec<ChannelType>)>,
    /// When.
    pub schedule: Option<ScheduleDraft>,
    /// Label of the default treatment.
    pub treatment_name: Option<String>,
    /// More words about the default treatment.
    pub treatment_description: Option<String>,
    /// Additional treatments.
    pub treatments: Option<Vec<TreatmentDraft>>,
    /// Percent that gets nothing.
    pub holdout_percent: Option<i64>,
    /// Limits.
    pub limits: Option<Limits>,
    /// Hook.
    pub hook: Option<CampaignHook>,
    /// Whether the campaign is to be paused or to go on.
    pub paused: Option<bool>,
    /// In-app order.
    pub priority: Option<i64>,
    /// Labels; used on creation only.
    pub tags: Option<Tags>,
    /// Whether people in doubt after a crash get the message again, with the same key.
    pub resend_in_doubt: Option<bool>,
    /// Canary and brake; used on creation only.
    pub safety: Option<CampaignSafety>,
}

/// An additional treatment as a caller writes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TreatmentDraft {
    /// Percent of the cohorts.
    pub size_percent: i64,
    /// Label.
    pub name: Option<String>,
    /// More words.
    pub description: Option<String>,
    /// Messages; absent means those of the default treatment.
    pub message: Option<MessageConfiguration>,
    /// Templates; absent means those of the default treatment.
    pub template: Option<TemplateConfiguration>,
    /// Target of custom messages; absent means that of the default treatment.
    pub custom_delivery: Option<(String, Vec<ChannelType>)>,
    /// When; absent means when the default treatment runs.
    pub schedule: Option<ScheduleDraft>,
}

/// When a campaign runs, as a caller writes it (`docs/spec/campaigns.md §4`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScheduleDraft {
    /// `IMMEDIATE` or a time.
    pub start: String,
    /// No run begins after this time.
    pub end: Option<String>,
    /// How often; absent means once.
    pub frequency: Option<Frequency>,
    /// Whether each endpoint's own zone decides.
    pub local_time: bool,
    /// Label of a fixed offset.
    pub timezone: Option<String>,
    /// Hours without messages.
    pub quiet_time: Option<QuietTime>,
    /// The events that trigger a message.
    pub event_filter: Option<EventFilter>,
}
