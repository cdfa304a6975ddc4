//! Which types are kept as documents, and under which names.

use clock::Timestamp;
use model::{
    AccessKey, App, AppId, AppSettings, Campaign, CampaignId, Channel, ConsoleUser, DirectIntent,
    DryRun, DryRunPart, DryRunReport, DryRunState, EventStream, ExportJob, Frequency, ImportJob,
    JobStatus, Journey, JourneyRun, OneTimePassword, Recommender, Run, RunBatch, RunFeedback,
    RunState, Segment, Suppression, Template, TriggerPosition,
};
use serde::{Deserialize, Serialize};

use crate::Resource;

/// Any version of a segment, kept beside the latest under [`version_parent`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SegmentVersion(pub Segment);

/// Any version of a campaign, kept beside the latest under [`version_parent`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CampaignVersion(pub Campaign);

/// Any version of a template, kept beside the active one under [`version_parent`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TemplateVersion(pub Template);

/// The listing of a campaign that waits for events, kept beside it until its end, so that whoever
/// looks for such campaigns need not read the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventCampaign {
    /// The application.
    pub app: AppId,
    /// The campaign.
    pub campaign: CampaignId,
    /// Which kind of event it waits for.
    pub frequency: Frequency,
    /// When the campaign was created.
    pub created: Timestamp,
    /// Its version.
    #[serde(default)]
    pub version: u32,
    /// Whether its events are ignored.
    #[serde(default)]
    pub paused: bool,
}

impl EventCampaign {
    /// The group that lists the campaigns of `app` with `frequency`.
    #[must_use]
    pub fn group(app: &AppId, frequency: Frequency) -> String {
        format!("{app}/{}", frequency.as_str())
    }
}

/// A campaign that was deleted, whose runs still count for the daily cap
/// (`docs/spec/campaigns.md §7`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedCampaign {
    /// The application.
    pub app: AppId,
    /// The campaign.
    pub campaign: CampaignId,
    /// When it was deleted.
    pub deleted: Timestamp,
}

/// How long messages of a deleted campaign may count: a day, and what was on its way at the end.
const DELETED_KEPT: std::time::Duration = std::time::Duration::from_secs(2 * 86_400);

/// How long is kept who is in doubt after a direct send.
const INTENT_KEPT: std::time::Duration = std::time::Duration::from_secs(7 * 86_400);

/// The group that holds the versions of resource `id` of `parent`.
#[must_use]
pub fn version_parent(parent: &str, id: &str) -> String {
    format!("{parent}/{id}")
}

/// The identifier of version `version` in its group.
#[must_use]
pub fn version_id(version: u32) -> String {
    format!("{version:010}")
}

/// The key after which the batches of a run are listed from number `first` on.
#[must_use]
pub fn batches_from(first: u32) -> Option<(Timestamp, String)> {
    let last = first.checked_sub(1)?;
    Some((batch_place(last), version_id(last)))
}

/// Batches are listed by number.
fn batch_place(number: u32) -> Timestamp {
    Timestamp::from_millis(-i64::from(number))
}

macro_rules! resources {
    ($($type:ty: $kind:literal, |$it:ident| $parent:expr, $id:expr, $created:expr $(, due $due:expr)?;)*) => {$(
        impl Resource for $type {
            const KIND: &'static str = $kind;

            fn parent(&self) -> String {
                let $it = self;
                let _ = $it;
                $parent
            }

            fn id(&self) -> String {
                let $it = self;
                let _ = $it;
                $id
            }

            fn created(&self) -> Timestamp {
                let $it = self;
                let _ = $it;
                $created
            }

            $(fn due(&self) -> Option<Timestamp> {
                let $it = self;
                $due
            })?
        }
    )*};
}

resources! {
    App: "app", |it| String::new(), it.id.to_string(), it.created;
    AppSettings: "app_settings", |it| String::new(), it.app.to_string(), Timestamp::default();
    EventStream: "event_stream", |it| String::new(), it.app.to_string(), it.modified;
    Recommender: "recommender", |it| String::new(), it.id.to_string(), it.created;
    Channel: "channel", |it| it.app.to_string(), it.kind.to_string(), it.created;
    Segment: "segment", |it| it.app.to_string(), it.id.to_string(), it.created;
    SegmentVersion: "segment_version",
        |it| version_parent(it.0.app.as_str(), it.0.id.as_str()), version_id(it.0.version), it.0.modified;
    Campaign: "campaign", |it| it.app.to_string(), it.id.to_string(), it.created, due campaign_due(it);
    CampaignVersion: "campaign_version",
        |it| version_parent(it.0.app.as_str(), it.0.id.as_str()), version_id(it.0.version), it.0.modified;
    EventCampaign: "event_campaign",
        |it| Self::group(&it.app, it.frequency), it.campaign.to_string(), it.created, due trigger_due(it);
    DeletedCampaign: "deleted_campaign",
        |it| it.app.to_string(), it.campaign.to_string(), it.deleted, due Some(it.deleted.plus(DELETED_KEPT));
    Template: "template",
        |it| String::new(), template_id(it), it.created;
    TemplateVersion: "template_version",
        |it| template_id(&it.0), version_id(it.0.version), it.0.created;
    ImportJob: "import_job", |it| it.app.to_string(), it.id.to_string(), it.created, due job_due(it.status, it.created);
    ExportJob: "export_job", |it| it.app.to_string(), it.id.to_string(), it.created, due job_due(it.status, it.created);
    Run: "run", |it| version_parent(it.app.as_str(), it.campaign.as_str()), run_id(it), it.started, due run_due(it);
    RunBatch: "run_batch",
        |it| it.run.to_string(), version_id(it.number), batch_place(it.number), due batch_due(it);
    TriggerPosition: "trigger_position", |it| String::new(), "log".to_owned(), Timestamp::default();
    RunFeedback: "run_feedback",
        |it| version_parent(it.app.as_str(), it.campaign.as_str()), it.activity.to_string(), Timestamp::default();
    DryRun: "dry_run", |it| it.app.to_string(), it.id.clone(), it.created, due dry_run_due(it);
    DryRunReport: "dry_run_report", |it| it.app.to_string(), it.dry_run.clone(), Timestamp::default();
    DryRunPart: "dry_run_part",
        |it| it.dry_run.clone(), version_id(it.number), Timestamp::from_millis(-i64::from(it.number));
    Journey: "journey", |it| it.app.to_string(), it.id.to_string(), it.created, due journey_due(it);
    JourneyRun: "journey_run",
        |it| version_parent(it.app.as_str(), it.journey.as_str()), it.id.to_string(), it.created;
    AccessKey: "access_key", |it| String::new(), it.id.to_string(), it.created;
    ConsoleUser: "console_user", |it| String::new(), it.name.clone(), it.created;
    DirectIntent: "direct_intent",
        |it| it.app.to_string(), it.id.clone(), it.created, due Some(it.created.plus(INTENT_KEPT));
    OneTimePassword: "one_time_password",
        |it| it.app.to_string(), it.id.clone(), it.created, due Some(it.expires);
    Suppression: "suppression", |it| String::new(), it.address.clone(), it.since;
}

/// The identifier of a template's document: kind and name.
fn template_id(template: &Template) -> String {
    format!("{}/{}", template.content.kind().as_str(), template.name)
}

/// A campaign is looked at when its next run is due, unless it is paused or final.
fn campaign_due(campaign: &Campaign) -> Option<Timestamp> {
    let waits = !campaign.paused && !campaign.status.is_final();
    campaign.next_run.filter(|_| waits)
}

/// A published journey is looked at when its end has come.
fn journey_due(journey: &Journey) -> Option<Timestamp> {
    let launch = journey.launch.as_ref();
    launch
        .filter(|_| journey.state.is_live())
        .map(|launch| launch.ends)
}

/// A job is looked at from its creation until its end.
fn job_due(status: JobStatus, created: Timestamp) -> Option<Timestamp> {
    (!status.is_final()).then_some(created)
}

/// A dry run is looked at until its end.
fn dry_run_due(dry_run: &DryRun) -> Option<Timestamp> {
    (dry_run.state == DryRunState::Running).then_some(dry_run.created)
}

/// A run is known by the activity of its default treatment.
fn run_id(run: &Run) -> String {
    run.activities
        .first()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// A run is looked at while something of it remains to be done and nobody holds it back.
fn run_due(run: &Run) -> Option<Timestamp> {
    if !matches!(run.state, RunState::Opening | RunState::Running) || run.idle {
        return None;
    }
    match &run.guard.held {
        Some(hold) => hold.until,
        None => Some(run.wakes.unwrap_or(run.started)),
    }
}

/// Campaigns that events trigger are found by whoever holds events against them.
fn trigger_due(listed: &EventCampaign) -> Option<Timestamp> {
    let waits = listed.frequency == Frequency::Event && !listed.paused;
    waits.then_some(listed.created)
}

/// A batch is looked at until it is closed, by whoever finds its lease ended.
fn batch_due(batch: &RunBatch) -> Option<Timestamp> {
    (!batch.closed).then(|| batch.leased_until.unwrap_or_default())
}
