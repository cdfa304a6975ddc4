//! The nouns of the domain.
//!
//! Belongs: identifiers as types, endpoints, segments, campaigns, templates, jobs, events, sets,
//! and the small facts that are true of each by itself.
//! Elsewhere: rules about them (`audience`, `schedule`, `render`), their storage (`store`),
//! their JSON on the wire (`api`).
//!
//! The serde form of these types is the storage form. It only grows: a new member has a default.

mod account;
mod app;
mod campaign;
mod channel;
mod direct;
mod dry_run;
mod endpoint;
mod event;
mod event_filter;
mod event_stream;
mod id;
mod job;
mod journey;
mod message;
mod recommender;
mod run;
mod safety;
mod segment;
pub mod set;
mod template;

pub use account::{AccessKey, ConsoleUser, Policy};
pub use app::{App, AppSettings, CampaignHook, HookMode, JourneyLimits, QuietTime, Tags};
pub use campaign::{
    Campaign, CampaignContent, CampaignStatus, Frequency, Inherited, Limits, Schedule, Start,
    Treatment, TreatmentClock,
};
pub use channel::{
    ApnsMethod, ApnsSettings, Channel, ChannelSettings, ChannelType, Credential, Credentials,
    EmailSettings, GcmMethod, GcmSettings, SmsSenders, Suppression, SuppressionReason,
};
pub use direct::{DirectIntent, DirectRecipient, OneTimePassword};
pub use dry_run::{
    DryRun, DryRunPart, DryRunReport, DryRunState, Finding, PlannedCanary, PlannedHour,
    PlannedMessage, PlannedRun, PlannedTreatment, PlannedZone,
};
pub use endpoint::{
    Attributes, Demographic, Endpoint, EndpointStatus, EndpointUpdate, Location, Metrics, OptOut,
    UserLink,
};
pub use event::{CampaignRef, Device, Event, JourneyRef, MailDetail, MailFacet, Origin, Session};
pub use event_filter::{EventDimensions, EventFilter, EventSource};
pub use event_stream::EventStream;
pub use id::{
    ActivityId, AppId, CampaignId, EndpointId, EndpointKey, JobId, JourneyActivityId, JourneyId,
    JourneyRunId, KeyId, RecommenderId, SegmentId, TemplateName, UserId,
};
pub use job::{ExportDefinition, ExportJob, ImportDefinition, ImportJob, JobFormat, JobStatus};
pub use journey::{
    Activity, ActivityStep, ClosedDay, Condition, Entry, EventCondition, Journey, JourneyCaps,
    JourneyChannel, JourneyChannelSettings, JourneyRun, JourneyRunStatus, JourneySchedule,
    JourneyState, Junction, Launch, MetricCounts, MultiBranch, OpenRange, RandomBranch,
    SimpleCondition, SmsSettings, StartCondition, StepTemplate, TimeframeCap, TimezoneEstimation,
    WaitTime, Weekday,
};
pub use message::{
    CustomMessage, EmailMessage, Header, InAppAction, InAppAlignment, InAppButton,
    InAppButtonAction, InAppButtonForm, InAppCard, InAppLayout, InAppMessage, InAppText,
    MessageConfiguration, PushMessage, SmsMessage, TemplateConfiguration, TemplateRef,
    VoiceMessage,
};
pub use recommender::{Recommender, RecommenderKey, RecommenderOutput};
pub use run::{
    Outcome, OutcomeSets, Run, RunBatch, RunState, RunSums, RunZone, TreatmentSums, TriggerPosition,
};
pub use safety::{Brake, CampaignSafety, Canary, Figures, Hold, Holder, RunFeedback, RunGuard};
pub use segment::{
    AttributeDimension, AttributeOperator, Comparison, Dimensions, GpsPoint, Group,
    ImportedMembers, MetricDimension, Quantifier, Recency, RecencyKind, Segment, SegmentCriteria,
    SegmentImport, SegmentRef, SetDimension, SetOperator,
};
pub use template::{PushTemplate, Template, TemplateContent, TemplateKind};

/// The dense number of an endpoint in its application, assigned at creation and never reused for
/// another endpoint.
pub type Ordinal = u32;

/// A set of endpoints of one application, by ordinal.
pub type EndpointSet = roaring::RoaringBitmap;
