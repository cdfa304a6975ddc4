//! Founds the sample shop: application, customers, segments, templates, campaigns.

use std::collections::BTreeMap;

use clock::Clock;
use engine::campaigns::{CampaignDraft, ScheduleDraft, TreatmentDraft};
use model::{
    App, AppId, AttributeDimension, CampaignId, Channel, ChannelSettings, ChannelType, Comparison,
    Dimensions, EmailSettings, MetricDimension, Segment, SegmentCriteria, SegmentId, SetDimension,
    Template, TemplateConfiguration, TemplateContent, TemplateName, TemplateRef,
};
use store::{
    ApplyMode, EndpointWrite, Expect, SegmentVersion, TemplateVersion, WriteContext, WriteOrigin,
    put,
};

use super::chance::Chance;
use super::content::{DEFAULTS, letters};
use super::people::{PEOPLE, endpoints};
use crate::error::ServerError;
use crate::parts::Server;

/// Endpoints that are written together.
const BATCH: usize = 500;

/// Whom a campaign is for.
#[derive(Clone, Copy)]
pub enum Audience {
    /// All customers.
    Everyone,
    /// Customers with a subscription.
    Subscribers,
    /// Customers who like it dark.
    DarkRoast,
}

/// The founded shop.
pub struct Shop {
    /// Its application.
    pub app: AppId,
    /// Its segments, in the order of [`Audience`].
    segments: [SegmentId; 3],
    /// The identifiers of its endpoints.
    pub endpoints: Vec<(model::EndpointId, model::EndpointUpdate)>,
}

/// Founds the shop.
pub async fn found(server: &Server, chance: &mut Chance) -> Result<Shop, ServerError> {
    let clock = &server.parts.clock;
    let store = &server.parts.store;
    let app = App {
        id: AppId::new(clock.id()),
        name: "Larkspur Coffee".to_owned(),
        tags: [("team".to_owned(), "crm".to_owned())].into(),
        region: "us-east-1".to_owned(),
        created: clock.now(),
    };
    store.of::<App>().create(&app).await?;
    store
        .of::<Channel>()
        .create(&email_channel(&app.id, clock))
        .await?;
    let endpoints: Vec<_> = (0..PEOPLE)
        .flat_map(|number| endpoints(number, chance))
        .collect();
    for batch in endpoints.chunks(BATCH) {
        let writes = batch
            .iter()
            .map(|(id, update)| EndpointWrite {
                id: id.clone(),
                update: update.clone(),
            })
            .collect();
        let context = WriteContext {
            now: clock.now(),
            request_id: clock.uuid(),
            origin: WriteOrigin::Client,
        };
        for written in store
            .endpoints
            .apply(&app.id, writes, ApplyMode::Each, &context)
            .await?
        {
            written.map_err(|refusal| ServerError::Sample(refusal.to_string()))?;
        }
    }
    let mut segments = Vec::new();
    for (name, criteria) in segment_list() {
        segments.push(segment(server, &app.id, name, criteria).await?);
    }
    for letter in letters() {
        let template = Template {
            name: TemplateName::new(letter.name),
            version: 1,
            active_version: 1,
            latest_version: 1,
            content: TemplateContent::Email {
                subject: Some(letter.subject.to_owned()),
                html: Some(letter.html),
                text: Some(letter.text.to_owned()),
                headers: Vec::new(),
                recommender: None,
            },
            default_substitutions: DEFAULTS
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            description: Some(letter.description.to_owned()),
            tags: BTreeMap::new(),
            created: clock.now(),
            modified: clock.now(),
        };
        let first = TemplateVersion(template.clone());
        store
            .documents
            .commit(vec![
                put(&template, Expect::Absent)?,
                put(&first, Expect::Absent)?,
            ])
            .await?;
    }
    let [everyone, subscribers, dark, ..] = segments.as_slice() else {
        return Err(ServerError::Sample("segments are missing".to_owned()));
    };
    Ok(Shop {
        app: app.id,
        segments: [everyone.clone(), subscribers.clone(), dark.clone()],
        endpoints,
    })
}

/// Launches a campaign now; `tried` adds a second treatment and a holdout.
pub async fn launch(
    server: &Server,
    shop: &Shop,
    name: &str,
    audience: Audience,
    template: &str,
    tried: bool,
) -> Result<CampaignId, ServerError> {
    let by_template = |name: &str| TemplateConfiguration {
        email: Some(TemplateRef {
            name: TemplateName::new(name),
            version: None,
        }),
        ..TemplateConfiguration::default()
    };
    let second = TreatmentDraft {
        size_percent: 45,
        name: Some("Two for one".to_owned()),
        template: Some(by_template("autumn-roast-offer")),
        ..TreatmentDraft::default()
    };
    let draft = CampaignDraft {
        name: Some(name.to_owned()),
        segment: Some(shop.segments[audience as usize].clone()),
        template: Some(by_template(template)),
        treatment_name: tried.then(|| "Plain".to_owned()),
        treatments: tried.then(|| vec![second]),
        holdout_percent: tried.then_some(10),
        schedule: Some(ScheduleDraft {
            start: "IMMEDIATE".to_owned(),
            ..ScheduleDraft::default()
        }),
        ..CampaignDraft::default()
    };
    let parts = &server.parts;
    let active_max = engine::campaigns::ACTIVE_MAX;
    let campaign =
        engine::campaigns::create(&parts.store, &parts.clock, &shop.app, &draft, active_max)
            .await
            .map_err(|error| ServerError::Sample(error.to_string()))?;
    parts.engine.wake();
    Ok(campaign.id)
}

fn email_channel(app: &AppId, clock: &Clock) -> Channel {
    let settings = ChannelSettings::Email(EmailSettings {
        from_address: "Larkspur Coffee <hello@larkspur-coffee.example>".to_owned(),
        identity: "arn:aws:ses:us-east-1:000000000000:identity/larkspur-coffee.example".to_owned(),
        configuration_set: None,
        role_arn: None,
        orchestration_role_arn: None,
    });
    Channel {
        modified_by: "beckon demo".to_owned(),
        ..Channel::new(app.clone(), ChannelType::Email, settings, clock.now())
    }
}

async fn segment(
    server: &Server,
    app: &AppId,
    name: &str,
    criteria: SegmentCriteria,
) -> Result<SegmentId, ServerError> {
    let clock = &server.parts.clock;
    let segment = Segment {
        app: app.clone(),
        id: SegmentId::new(clock.id()),
        name: Some(name.to_owned()),
        criteria,
        version: 1,
        tags: BTreeMap::new(),
        created: clock.now(),
        modified: clock.now(),
    };
    let first = SegmentVersion(segment.clone());
    server
        .parts
        .store
        .documents
        .commit(vec![
            put(&segment, Expect::Absent)?,
            put(&first, Expect::Absent)?,
        ])
        .await?;
    Ok(segment.id)
}

/// The segments; the first three are the audiences of campaigns.
fn segment_list() -> [(&'static str, SegmentCriteria); 5] {
    let email = || {
        Some(SetDimension {
            operator: None,
            values: vec!["EMAIL".to_owned()],
        })
    };
    let attribute = |name: &str, values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let dimension = AttributeDimension {
            operator: None,
            values,
        };
        [(name.to_owned(), dimension)].into()
    };
    let orders = |comparison, value| {
        let dimension = MetricDimension { comparison, value };
        [("orders".to_owned(), dimension)].into()
    };
    let of = |dimensions: Dimensions| SegmentCriteria::Dimensions(Box::new(dimensions));
    [
        (
            "Everyone by mail",
            of(Dimensions {
                channel: email(),
                ..Dimensions::default()
            }),
        ),
        (
            "Subscribers",
            of(Dimensions {
                channel: email(),
                attributes: attribute("plan", &["plus", "family"]),
                ..Dimensions::default()
            }),
        ),
        (
            "Dark roast drinkers",
            of(Dimensions {
                channel: email(),
                attributes: attribute("roast", &["dark"]),
                metrics: orders(Comparison::GreaterThanOrEqual, 2.0),
                ..Dimensions::default()
            }),
        ),
        (
            "Never ordered",
            of(Dimensions {
                metrics: orders(Comparison::Equal, 0.0),
                ..Dimensions::default()
            }),
        ),
        (
            "Big spenders in Europe",
            of(Dimensions {
                country: Some(SetDimension {
                    operator: None,
                    values: ["DE", "FR", "ES", "NO", "GB"].map(str::to_owned).to_vec(),
                }),
                metrics: orders(Comparison::GreaterThan, 20.0),
                ..Dimensions::default()
            }),
        ),
    ]
}
