//! Campaigns on channels beside mail.

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::activities;
use engine::campaigns::{CampaignDraft, TreatmentDraft};
use model::{
    CampaignStatus, ChannelSettings, ChannelType, CustomMessage, EndpointUpdate, Event,
    GcmSettings, MessageConfiguration, Outcome, PushMessage, PushTemplate, SmsMessage, SmsSenders,
    Template, TemplateConfiguration, TemplateContent, TemplateRef,
};
use parking_lot::Mutex;
use world::{Answer, World, person, person_on, says};

fn push(body: &str) -> Option<PushMessage> {
    Some(PushMessage {
        body: Some(body.to_owned()),
        ..PushMessage::default()
    })
}

/// Something for every channel.
fn everything() -> MessageConfiguration {
    MessageConfiguration {
        default: push("Hello {{User.UserAttributes.Name}}"),
        sms: Some(SmsMessage {
            body: Some("Text for {{User.UserAttributes.Name}}".to_owned()),
            ..SmsMessage::default()
        }),
        custom: Some(CustomMessage {
            data: Some(r#"{"offer":7}"#.to_owned()),
        }),
        ..says("Hello")
    }
}

fn draft(world: &World) -> CampaignDraft {
    CampaignDraft {
        message: Some(everything()),
        custom_delivery: Some(("my-hook".to_owned(), Vec::new())),
        ..world.draft()
    }
}

const CHANNELS: [ChannelType; 6] = [
    ChannelType::Email,
    ChannelType::Gcm,
    ChannelType::ApnsSandbox,
    ChannelType::Sms,
    ChannelType::Custom,
    ChannelType::Baidu,
];

/// People `p1` to `pcount`, on one channel after the other.
fn people(count: usize) -> Vec<(String, EndpointUpdate)> {
    (1..=count)
        .map(|n| {
            let update = match CHANNELS[n % CHANNELS.len()] {
                ChannelType::Email => person(n),
                channel => person_on(n, channel),
            };
            (format!("p{n}"), update)
        })
        .collect()
}

fn world(seed: u64) -> World {
    let world = World::new(seed);
    world.enable(&[
        (
            ChannelType::Gcm,
            ChannelSettings::Gcm(GcmSettings::default()),
        ),
        (
            ChannelType::ApnsSandbox,
            ChannelSettings::Apns(model::ApnsSettings::default()),
        ),
        (
            ChannelType::Sms,
            ChannelSettings::Sms(SmsSenders::default()),
        ),
    ]);
    world
}

/// The kinds of events about each endpoint, in order.
fn told(world: &World) -> BTreeMap<String, Vec<String>> {
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Event { endpoint, kind, .. } in world.events() {
        told.entry(endpoint.to_string()).or_default().push(kind);
    }
    told
}

#[test]
fn one_campaign_reaches_every_channel_that_is_on() {
    let world = world(41);
    world.add(people(60));
    let id = world.create(&draft(&world));
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    let progress = world.progress(&id);
    // Nobody has set Baidu up.
    let want = BTreeMap::from([(Outcome::Success, 50), (Outcome::UnsupportedChannel, 10)]);
    assert_eq!(progress.outcomes, want);
    let told = told(&world);
    let kinds = |person: &str| told[person].join(" ");
    assert_eq!(kinds("p6"), "_campaign.send _email.send _email.delivered");
    assert_eq!(kinds("p1"), "_campaign.send");
    assert_eq!(kinds("p2"), "_campaign.send");
    assert_eq!(kinds("p3"), "_campaign.send _SMS.BUFFERED");
    assert_eq!(kinds("p4"), "_campaign.send");
    let sends: BTreeSet<(ChannelType, String)> = world
        .events()
        .into_iter()
        .filter(|event| event.kind == "_campaign.send")
        .filter_map(|event| Some((event.channel?, event.status?)))
        .collect();
    let want = CHANNELS.map(|channel| {
        let status = match channel {
            ChannelType::Baidu => "UNSUPPORTED_CHANNEL",
            _ => "SUCCESS",
        };
        (channel, status.to_owned())
    });
    assert_eq!(sends, BTreeSet::from(want));
}

#[test]
fn a_campaign_without_any_channel_that_is_on_is_invalid() {
    let world = World::new(42);
    world.add(people(6));
    let mut draft = draft(&world);
    draft.message = Some(MessageConfiguration {
        gcm: push("x"),
        sms: everything().sms,
        ..MessageConfiguration::default()
    });
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Invalid);
    let told = world.campaign(&id).and_then(|it| it.status_reason);
    assert_eq!(
        told.as_deref(),
        Some("the application has no gcm or sms channel that is enabled")
    );
}

#[test]
fn refusals_are_final_and_named() {
    let world = world(43);
    world.add(people(30));
    world.server.behave(|letter, _| match letter.to.as_str() {
        "p1@device" => Answer::Never,
        "p7@device" => Answer::NotNow(Some(503)),
        "p13@device" => Answer::Slower,
        "p19@device" => Answer::TakeSilently,
        "p4@device" => Answer::Never,
        "+47910000003" => Answer::Never,
        _ => Answer::Take,
    });
    let mut draft = draft(&world);
    draft.treatments = Some(vec![TreatmentDraft {
        size_percent: 50,
        ..TreatmentDraft::default()
    }]);
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    let everybody = world.everybody(&id);
    let names = |outcome: Outcome| {
        everybody[&outcome]
            .iter()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(names(Outcome::FailurePermanent), "p1 p3");
    assert_eq!(names(Outcome::TransientFailure), "p7");
    assert_eq!(names(Outcome::Throttled), "p13");
    assert_eq!(names(Outcome::Unknown), "p19");
    assert_eq!(names(Outcome::CustomDeliveryFailure), "p4");
    assert_eq!(told(&world)["p3"].join(" "), "_campaign.send _SMS.FAILURE");
    let campaign = world.campaign(&id).expect("it is there");
    let store = world.store();
    let page = world.block(activities::activities(&store, &campaign, None, 10));
    let items = page.expect("the store works").items;
    assert_eq!(items.len(), 2);
    let sum = |count: fn(&activities::Activity) -> u64| items.iter().map(count).sum::<u64>();
    assert_eq!((sum(|it| it.total), sum(|it| it.successful)), (25, 19));
}

#[test]
fn a_template_speaks_for_its_channels_and_the_message_for_the_others() {
    let world = world(46);
    let template = Template {
        name: "sale".into(),
        version: 1,
        active_version: 1,
        latest_version: 1,
        content: TemplateContent::Push(Box::new(PushTemplate {
            gcm: push("Template for {{User.UserAttributes.Nick}}"),
            ..PushTemplate::default()
        })),
        default_substitutions: [("User.UserAttributes.Nick".to_owned(), "you".to_owned())].into(),
        description: None,
        tags: model::Tags::new(),
        created: world.clock.now(),
        modified: world.clock.now(),
    };
    let store = world.store();
    world
        .block(store.of::<Template>().create(&template))
        .expect("the template");
    world.add(people(6));
    let heard: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
    let hears = Arc::clone(&heard);
    world.server.behave(move |letter, _| {
        hears
            .lock()
            .insert(letter.to.clone(), letter.subject.clone());
        Answer::Take
    });
    let mut draft = draft(&world);
    let message = draft.message.as_mut().expect("set");
    // Without words of its own, a text message says what the default message says.
    message.sms = Some(SmsMessage::default());
    draft.template = Some(TemplateConfiguration {
        push: Some(TemplateRef {
            name: "sale".into(),
            version: None,
        }),
        ..TemplateConfiguration::default()
    });
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    let heard = heard.lock();
    assert_eq!(heard["p1@device"], "Template for you");
    assert_eq!(heard["p2@device"], "Hello N2");
    assert_eq!(heard["+47910000003"], "Hello N3");
    assert_eq!(heard["p6@mail.example"], "Hello");
}

#[test]
fn what_cannot_be_rendered_for_somebody_fails_for_them_alone() {
    let world = world(44);
    let mut people = people(12);
    people[2].1.address = Some("no number".to_owned());
    world.add(people);
    let mut draft = draft(&world);
    let message = draft.message.as_mut().expect("set");
    message.gcm = push(&"x".repeat(5000));
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    let everybody = world.everybody(&id);
    let failed = &everybody[&Outcome::FailurePermanent];
    // Two devices of Google get too much, and one number is none.
    assert_eq!(failed.iter().collect::<Vec<_>>(), ["p1", "p3", "p7"]);
}

#[test]
fn killed_with_every_channel_under_way_nobody_gets_two() {
    let mut world = world(45);
    world.add(people(600));
    let id = world.create(&draft(&world));
    world.start();
    for count in [40, 150, 90] {
        world.wait_for_messages(count, &id);
        world.kill(true);
    }
    world.wait_for(&id, CampaignStatus::Completed);
    let doubt = world.audit(&id);
    assert!(doubt <= 3 * world::IN_FLIGHT as u64, "{doubt} in doubt");
}
