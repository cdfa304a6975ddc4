//! Does from outside what the plan says.

use std::sync::Arc;
use std::time::Duration;

use clock::{Clock, Timestamp};
use engine::Engine;
use engine::campaigns::{self, CampaignDraft, CampaignError};
use events::Log;
use model::{
    App, AppId, AppSettings, AttributeDimension, AttributeOperator, Campaign, Channel,
    ChannelSettings, ChannelType, Dimensions, EmailSettings, EndpointId, EndpointUpdate, Event,
    GcmSettings, Origin, Segment, SegmentCriteria, SegmentId, SetDimension, SmsSenders, Tags,
};
use parking_lot::Mutex;
use store::{
    ApplyMode, EndpointWrite, SegmentVersion, Store, StoreError, WriteContext, WriteOrigin,
};

use super::Notes;
use super::agenda::Agenda;
use super::crash::Crashes;
use crate::evidence::Story;
use crate::plan::{Action, Audience, Plan, Report};

/// How long what is under way at the end of the plan may take.
const REST_MAX: Duration = Duration::from_secs(3 * 24 * 3600);
/// Between looks at whether it is over.
const LOOK: Duration = Duration::from_secs(30);
/// Endpoints written in one call.
const WRITES_MAX: usize = 1_000;

pub(super) struct Script {
    pub plan: Arc<Plan>,
    pub app: AppId,
    pub clock: Clock,
    pub crashes: Arc<Crashes>,
    pub agenda: Arc<Agenda>,
    pub notes: Arc<Mutex<Notes>>,
    pub store: Store,
    pub log: Log,
    pub engine: Engine,
}

impl Script {
    /// Goes on where the life before ended, and waits until everything has come to rest.
    pub async fn play(self) -> Result<(), String> {
        if self.notes.lock().segments.is_empty() {
            self.outside(Box::pin(self.furnish())).await?;
        }
        self.engine.start();
        loop {
            let taken = self.notes.lock().taken;
            let Some(step) = self.plan.steps.get(taken) else {
                break;
            };
            self.wait_until(step.at).await;
            self.outside(Box::pin(self.act(&step.action))).await?;
            self.notes.lock().taken += 1;
            self.engine.wake();
        }
        self.wait_until(self.plan.end).await;
        // What was reported last has been looked at by then.
        self.wait_until(self.clock.now().plus(LOOK)).await;
        let patience = self.plan.end.max(self.clock.now()).plus(REST_MAX);
        while self.agenda.is_busy() && self.clock.now() < patience {
            self.wait_until(self.clock.now().plus(LOOK)).await;
        }
        // What has been decided in the last moments is noted by now.
        self.wait_until(self.clock.now().plus(LOOK)).await;
        Ok(())
    }

    async fn wait_until(&self, instant: Timestamp) {
        self.agenda.script(instant);
        self.clock.sleep_until(instant).await;
    }

    /// Does something that crashes do not interrupt: all of it happens at one instant.
    async fn outside<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, String> {
        if self.crashes.place().is_some() {
            return std::future::pending().await;
        }
        self.crashes.outside(true);
        let done = work.await;
        self.crashes.outside(false);
        done.map_err(|error| format!("the script: {error}"))
    }

    /// The application, its people and its segments.
    async fn furnish(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let app = App {
            id: self.app.clone(),
            name: "sim".to_owned(),
            tags: Tags::new(),
            region: "us-east-1".to_owned(),
            created: now,
        };
        self.store.of::<App>().create(&app).await?;
        let defaults = &self.plan.defaults;
        let settings = AppSettings {
            app: self.app.clone(),
            hook: None,
            limits: defaults.limits,
            quiet_time: defaults.quiet_time,
            journey_limits: None,
            modified: Some(now),
        };
        self.store.of::<AppSettings>().put(&settings).await?;
        for (kind, settings) in channels() {
            let channel = Channel::new(self.app.clone(), kind, settings, now);
            self.store.of::<Channel>().create(&channel).await?;
        }
        for part in self.plan.people.chunks(WRITES_MAX) {
            self.write(part.to_vec()).await?;
        }
        self.look_around().await?;
        for audience in &self.plan.audiences {
            let id = self.segment(audience).await?;
            self.notes.lock().segments.push(id);
        }
        Ok(())
    }

    async fn write(&self, people: Vec<(String, EndpointUpdate)>) -> Result<(), StoreError> {
        let context = WriteContext {
            now: self.clock.now(),
            request_id: "sim".to_owned(),
            origin: WriteOrigin::Client,
        };
        let writes = people.into_iter().map(|(id, update)| EndpointWrite {
            id: id.as_str().into(),
            update,
        });
        let endpoints = &self.store.endpoints;
        // What the store refuses changes nothing, and people are read back.
        endpoints
            .apply(&self.app, writes.collect(), ApplyMode::Each, &context)
            .await?;
        Ok(())
    }

    /// Notes who is there now.
    async fn look_around(&self) -> Result<(), StoreError> {
        let present = self.store.endpoints.scan(&self.app, 0, usize::MAX).await?;
        self.notes.lock().people.note(self.clock.now(), present);
        Ok(())
    }

    async fn segment(&self, audience: &Audience) -> Result<SegmentId, StoreError> {
        let segment = Segment {
            app: self.app.clone(),
            id: SegmentId::new(self.clock.id()),
            name: Some("sim".to_owned()),
            criteria: criteria(audience),
            version: 1,
            tags: Tags::new(),
            created: self.clock.now(),
            modified: self.clock.now(),
        };
        self.store.of::<Segment>().create(&segment).await?;
        let id = segment.id.clone();
        let versions = self.store.of::<SegmentVersion>();
        versions.create(&SegmentVersion(segment)).await?;
        Ok(id)
    }

    async fn act(&self, action: &Action) -> Result<(), StoreError> {
        match action {
            Action::Write(id, update) => {
                self.write(vec![(id.clone(), (**update).clone())]).await?;
                self.look_around().await
            }
            Action::Forget(id) => {
                let ids = [id.as_str().into()];
                self.store.endpoints.delete(&self.app, &ids).await?;
                self.look_around().await
            }
            Action::Create(audience, draft) => self.create(*audience, draft).await,
            Action::Update(number, draft) => {
                let Some(id) = self.campaign(*number) else {
                    return Ok(());
                };
                let updating =
                    campaigns::update(&self.store, &self.clock, &self.app, &id, draft).await;
                self.note(*number, accepted(updating)?.map(Some));
                Ok(())
            }
            Action::Report(report) => self.report(report).await,
            Action::Delete(number) => {
                let Some(id) = self.campaign(*number) else {
                    return Ok(());
                };
                let deleting = campaigns::delete(&self.store, &self.clock, &self.app, &id).await;
                self.note(*number, accepted(deleting)?.map(|_| None));
                Ok(())
            }
        }
    }

    async fn create(&self, audience: usize, draft: &CampaignDraft) -> Result<(), StoreError> {
        let mut draft = draft.clone();
        draft.segment = self.notes.lock().segments.get(audience).cloned();
        let most = campaigns::ACTIVE_MAX;
        let creating = campaigns::create(&self.store, &self.clock, &self.app, &draft, most).await;
        // A refused campaign keeps its number, so that later steps find theirs.
        let campaign = accepted(creating)?;
        let id = campaign.as_ref().map(|campaign| campaign.id.clone());
        let edits = campaign.map(|campaign| (self.clock.now(), Some(Box::new(campaign))));
        self.notes.lock().campaigns.push(Story {
            id: id.unwrap_or_else(|| "".into()),
            audience,
            edits: edits.into_iter().collect(),
            last: None,
            runs: Vec::new(),
            activities: Vec::new(),
        });
        Ok(())
    }

    /// Puts an event into the log, as ingestion does.
    async fn report(&self, report: &Report) -> Result<(), StoreError> {
        let id: EndpointId = report.who.as_str().into();
        let endpoint = self.store.endpoints.get(&self.app, &id).await?;
        let now = self.clock.now();
        let mut event = Event::bare(
            self.app.clone(),
            report.kind.as_str(),
            Origin::Client,
            id,
            now,
        );
        event.timestamp = now.minus(report.age);
        event.attributes = report.attributes.clone();
        event.metrics = report.metrics.clone();
        event.ordinal = endpoint.as_ref().map(|endpoint| endpoint.ordinal);
        event.user = endpoint.and_then(|endpoint| endpoint.user);
        let appended = self.log.append(vec![event]).await;
        appended
            .map(drop)
            .map_err(|error| StoreError::Backend(error.to_string()))
    }

    fn campaign(&self, number: usize) -> Option<model::CampaignId> {
        let notes = self.notes.lock();
        let story = notes.campaigns.get(number)?;
        (!story.edits.is_empty()).then(|| story.id.clone())
    }

    fn note(&self, number: usize, edit: Option<Option<Campaign>>) {
        if let Some(edit) = edit
            && let Some(story) = self.notes.lock().campaigns.get_mut(number)
        {
            story.edits.push((self.clock.now(), edit.map(Box::new)));
        }
    }
}

/// What an accepted request led to; `None` if it was refused.
fn accepted(answer: Result<Campaign, CampaignError>) -> Result<Option<Campaign>, StoreError> {
    match answer {
        Ok(campaign) => Ok(Some(campaign)),
        Err(CampaignError::Store(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// The channels that are switched on.
fn channels() -> [(ChannelType, ChannelSettings); 3] {
    let email = EmailSettings {
        from_address: "News <news@shop.example>".to_owned(),
        identity: "arn".to_owned(),
        configuration_set: None,
        role_arn: None,
        orchestration_role_arn: None,
    };
    [
        (ChannelType::Email, ChannelSettings::Email(email)),
        (
            ChannelType::Sms,
            ChannelSettings::Sms(SmsSenders::default()),
        ),
        (
            ChannelType::Gcm,
            ChannelSettings::Gcm(GcmSettings::default()),
        ),
    ]
}

fn criteria(audience: &Audience) -> SegmentCriteria {
    let mut dimensions = Dimensions::default();
    match audience {
        Audience::Everyone => return SegmentCriteria::Everyone,
        Audience::Tier { values, unwanted } => {
            let test = AttributeDimension {
                operator: unwanted.then_some(AttributeOperator::Exclusive),
                values: values.clone(),
            };
            dimensions.attributes.insert("tier".to_owned(), test);
        }
        Audience::Channels(channels) => {
            dimensions.channel = Some(SetDimension {
                operator: None,
                values: channels.iter().map(ToString::to_string).collect(),
            });
        }
    }
    SegmentCriteria::Dimensions(Box::new(dimensions))
}
