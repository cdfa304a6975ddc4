//! Campaigns from their creation to their end, in a world of their own.

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use clock::Timestamp;
use engine::activities;
use engine::campaigns::{CampaignDraft, ScheduleDraft, TreatmentDraft, delete};
use engine::test_send::TestMessage;
use model::{
    CampaignStatus, Channel, ChannelType, EmailMessage, EndpointSet, EndpointUpdate, JobFormat,
    Limits, Outcome, QuietTime, RunState, Segment, SegmentCriteria, SegmentImport, Template,
    TemplateConfiguration, TemplateContent, TemplateRef,
};
use world::{Answer, World, person, says};

fn limits(change: impl Fn(&mut Limits)) -> Option<Limits> {
    let mut limits = Limits::default();
    change(&mut limits);
    Some(limits)
}

fn resume() -> CampaignDraft {
    CampaignDraft {
        paused: Some(false),
        ..CampaignDraft::default()
    }
}

fn pause() -> CampaignDraft {
    CampaignDraft {
        paused: Some(true),
        ..CampaignDraft::default()
    }
}

#[test]
fn everyone_gets_the_message_of_their_treatment_once() {
    let world = World::new(1);
    world.add_people(400);
    let mut draft = world.draft();
    draft.holdout_percent = Some(10);
    draft.treatments = Some(vec![TreatmentDraft {
        size_percent: 40,
        name: Some("B".to_owned()),
        message: Some(says("Variant")),
        ..TreatmentDraft::default()
    }]);
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    let progress = world.progress(&id);
    let held_out = progress.outcomes[&Outcome::Holdout];
    assert_eq!(progress.tally.planned, 400);
    assert_eq!(progress.tally.sent + held_out, 400);
    assert!((10..90).contains(&held_out), "{held_out}");
    assert_eq!(progress.state, RunState::Completed);
    let campaign = world.campaign(&id).expect("it is there");
    let store = world.store();
    let page = world.block(activities::activities(&store, &campaign, None, 10));
    let items = page.expect("the store works").items;
    assert_eq!(items.len(), 2);
    assert_eq!(
        items.iter().map(|a| a.successful).sum::<u64>(),
        progress.tally.sent
    );
    for activity in &items {
        assert_eq!(
            (activity.state, activity.result),
            ("COMPLETED", Some("SUCCESS"))
        );
        assert_eq!(activity.total, activity.successful);
        let want = BTreeMap::from([
            ("ENDPOINT_PRODUCED", 400),
            ("TREATMENT_HOLDOUT", 400 - activity.total),
        ]);
        assert_eq!(activity.metrics, want);
    }
    // Holdout is recorded once, under the default treatment.
    let mut treatments = BTreeSet::new();
    for event in world.events() {
        if event.status.as_deref() == Some("HOLDOUT") {
            treatments.insert(event.campaign.and_then(|campaign| campaign.treatment));
        }
    }
    assert_eq!(treatments, BTreeSet::from([Some("0".to_owned())]));
}

#[test]
fn unreachable_people_are_counted_by_name() {
    let world = World::new(2);
    let mut people: Vec<(String, EndpointUpdate)> =
        (0..20).map(|n| (format!("p{n}"), person(n))).collect();
    people[0].1.status = Some(model::EndpointStatus::Inactive);
    people[1].1.opt_out = Some(model::OptOut::All);
    people[2].1.channel = Some(ChannelType::Sms);
    people[3].1.address = Some("p4@MAIL.example".to_owned());
    people[5].1.address = Some("no address".to_owned());
    world.add(people);
    let id = world.create(&world.draft());
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    let progress = world.progress(&id);
    let want = BTreeMap::from([
        (Outcome::Success, 15),
        (Outcome::EndpointInactive, 1),
        (Outcome::EndpointOptOut, 1),
        (Outcome::EndpointChannelMismatch, 1),
        (Outcome::DuplicateAddress, 1),
        (Outcome::FailurePermanent, 1),
    ]);
    assert_eq!(progress.outcomes, want);
    assert_eq!((progress.tally.skipped, progress.tally.failed), (4, 1));
}

#[test]
fn pause_holds_a_run_back_and_resume_goes_on() {
    let world = World::new(3);
    world.add_people(600);
    world.server.slow_down(Duration::from_millis(5));
    let id = world.create(&world.draft());
    world.start();
    world.wait("the first messages", || world.server.handed_over() > 50);
    assert_eq!(world.update(&id, &pause()).status, CampaignStatus::Paused);
    world.wait("the run to pause", || {
        world
            .run(&id)
            .is_some_and(|run| run.state == RunState::Paused)
    });
    let held = world.server.handed_over();
    assert!(held < 600, "{held}");
    let progress = world.progress(&id);
    assert_eq!(progress.tally.sent as usize, held);
    assert_eq!(progress.remaining as usize, 600 - held);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(world.server.handed_over(), held);
    assert_eq!(
        world.update(&id, &resume()).status,
        CampaignStatus::Executing
    );
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    assert_eq!(world.server.taken().len(), 600);
}

#[test]
fn deleting_a_running_campaign_cancels_who_is_left() {
    let world = World::new(4);
    world.add_people(600);
    world.server.slow_down(Duration::from_millis(5));
    let id = world.create(&world.draft());
    world.start();
    world.wait("the first messages", || world.server.handed_over() > 50);
    let store = world.store();
    let deleted = world
        .block(delete(&store, &world.clock, &world.app, &id))
        .expect("it is there");
    assert_eq!(deleted.status, CampaignStatus::Deleted);
    assert!(world.campaign(&id).is_none());
    world.wait("the run to be cancelled", || {
        world
            .run(&id)
            .is_some_and(|run| run.state == RunState::Cancelled)
    });
    let run = world.run(&id).expect("it stays");
    let outcomes = &world.batches(&run)[0].outcomes;
    let sent = outcomes[&Outcome::Success].len();
    assert_eq!(sent as usize, world.server.taken().len());
    assert_eq!(sent + outcomes[&Outcome::Cancelled].len(), 600);
}

#[track_caller]
fn check_invalid(seed: u64, reason: &str, spoil: impl Fn(&World, &mut CampaignDraft)) {
    let world = World::new(seed);
    world.add_people(3);
    let mut draft = world.draft();
    spoil(&world, &mut draft);
    let id = world.create(&draft);
    let store = world.store();
    world.block(async {
        let app = world.app.as_str();
        match reason {
            "segment" => {
                let segment = draft.segment.clone().expect("set");
                store
                    .of::<Segment>()
                    .delete(app, segment.as_str())
                    .await
                    .expect("deleted");
            }
            "template" => {
                store
                    .of::<Template>()
                    .delete("", "EMAIL/sale")
                    .await
                    .expect("deleted");
            }
            _ => store
                .of::<Channel>()
                .delete(app, "EMAIL")
                .await
                .expect("deleted"),
        }
    });
    world.start();
    world.wait_for(&id, CampaignStatus::Invalid);
    let told = world
        .campaign(&id)
        .and_then(|campaign| campaign.status_reason);
    assert!(
        told.as_ref().is_some_and(|told| told.contains(reason)),
        "{told:?}"
    );
    let progress = world.progress(&id);
    assert_eq!(
        (progress.state, progress.reason),
        (RunState::Cancelled, told)
    );
    assert_eq!(world.server.handed_over(), 0);
    let campaign = world.campaign(&id).expect("it is there");
    let page = world.block(activities::activities(&store, &campaign, None, 10));
    let items = page.expect("the store works").items;
    assert_eq!(
        (items[0].state, items[0].result),
        ("CANCELLED", Some("FAIL"))
    );
}

#[test]
fn a_campaign_that_cannot_run_says_why() {
    check_invalid(5, "segment", |_, _| {});
    check_invalid(6, "email channel", |_, _| {});
    check_invalid(7, "template", |world, draft| {
        let template = Template {
            name: "sale".into(),
            version: 1,
            active_version: 1,
            latest_version: 1,
            content: TemplateContent::Email {
                subject: Some("x".to_owned()),
                html: None,
                text: Some("x".to_owned()),
                headers: Vec::new(),
                recommender: None,
            },
            default_substitutions: BTreeMap::new(),
            description: None,
            tags: model::Tags::new(),
            created: world.clock.now(),
            modified: world.clock.now(),
        };
        let store = world.store();
        world
            .block(store.of::<Template>().create(&template))
            .expect("created");
        draft.message = None;
        draft.template = Some(TemplateConfiguration {
            email: Some(TemplateRef {
                name: "sale".into(),
                version: None,
            }),
            ..TemplateConfiguration::default()
        });
    });
}

#[test]
fn no_second_sees_more_messages_than_the_rate() {
    let world = World::with_speed(8, 20);
    world.add_people(200);
    let mut draft = world.draft();
    draft.limits = limits(|limits| limits.messages_per_second = Some(20));
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    // The clock moves in steps of 20 ms, and a message is noted up to some steps after its permit.
    let mut instants = world.server.instants();
    instants.sort();
    let took = *instants.last().expect("messages") - instants[0];
    assert!(took >= Duration::from_millis(9_300), "{took:?}");
}

#[test]
fn who_is_refused_for_now_is_tried_again_later() {
    let world = World::new(9);
    world.add_people(60);
    world.server.behave(|mail, attempt| {
        if mail.to.starts_with("p1") && attempt < 3 {
            Answer::NotNow(Some(451))
        } else {
            Answer::Take
        }
    });
    let id = world.create(&world.draft());
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    assert_eq!(world.server.taken().len(), 60);
    let count = |kind: &str| {
        world
            .events()
            .iter()
            .filter(|event| event.kind == kind)
            .count()
    };
    assert_eq!(count("_email.softbounce"), 2 * 11);
    assert_eq!(count("_email.send"), 60);
}

#[test]
fn who_is_refused_for_half_a_day_has_failed() {
    let world = World::with_speed(10, 60_000);
    world.add_people(10);
    world.server.behave(|mail, _| {
        if mail.to.starts_with("p1@") {
            Answer::NotNow(Some(452))
        } else {
            Answer::Take
        }
    });
    let id = world.create(&world.draft());
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    assert_eq!(world.progress(&id).outcomes[&Outcome::TransientFailure], 1);
    let bounced = world
        .events()
        .iter()
        .filter(|e| e.kind == "_email.hardbounce")
        .count();
    assert_eq!(bounced, 1);
}

#[test]
fn a_mail_server_that_is_down_is_waited_for() {
    let world = World::new(11);
    world.add_people(100);
    world.server.behave(|_, _| Answer::NotNow(None));
    let id = world.create(&world.draft());
    world.start();
    world.wait("a few attempts", || world.server.handed_over() > 4);
    let campaign = world.campaign(&id).expect("it is there");
    assert_eq!(campaign.status, CampaignStatus::Executing);
    world.server.behave(|_, _| Answer::Take);
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    assert_eq!(world.progress(&id).tally.sent, 100);
}

#[test]
fn a_mail_server_that_refuses_the_service_is_waited_for() {
    for answer in [Answer::NotNow(Some(535)), Answer::Slower] {
        let world = World::new(24);
        world.add_people(40);
        world.server.behave(move |_, _| answer.clone());
        let id = world.create(&world.draft());
        world.start();
        world.wait("a few attempts", || world.server.handed_over() > 4);
        world.server.behave(|_, _| Answer::Take);
        world.wait_for(&id, CampaignStatus::Completed);
        assert_eq!(world.audit(&id), 0);
        assert_eq!(world.progress(&id).tally.sent, 40);
        assert!(
            world
                .events()
                .iter()
                .all(|event| event.kind != "_email.softbounce")
        );
    }
}

#[test]
fn deleting_a_paused_campaign_cancels_its_run() {
    let world = World::new(25);
    world.add_people(200);
    world.server.slow_down(Duration::from_millis(5));
    let id = world.create(&world.draft());
    world.start();
    world.wait("the first messages", || world.server.handed_over() > 20);
    world.update(&id, &pause());
    let state = || world.run(&id).map(|run| run.state);
    world.wait("the run to pause", || state() == Some(RunState::Paused));
    let store = world.store();
    world
        .block(delete(&store, &world.clock, &world.app, &id))
        .expect("it is there");
    world.wait("the run to be cancelled", || {
        state() == Some(RunState::Cancelled)
    });
}

#[test]
fn a_running_campaign_says_what_it_said_when_it_began() {
    let world = World::new(26);
    world.add_people(200);
    world.server.slow_down(Duration::from_millis(5));
    let id = world.create(&world.draft());
    world.start();
    world.wait("the first messages", || world.server.handed_over() > 20);
    world.server.behave(|mail, _| {
        if mail.subject.starts_with("Hello") {
            Answer::Take
        } else {
            Answer::Never
        }
    });
    let edit = CampaignDraft {
        message: Some(says("Changed")),
        ..CampaignDraft::default()
    };
    assert_eq!(world.update(&id, &edit).version, 2);
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.progress(&id).tally.sent, 200);
}

#[test]
fn a_run_that_takes_too_long_expires() {
    let world = World::new(12);
    world.add_people(300);
    let mut draft = world.draft();
    draft.limits = limits(|limits| {
        limits.maximum_duration_s = Some(60);
        limits.messages_per_second = Some(2);
    });
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    let progress = world.progress(&id);
    let expired = progress.outcomes[&Outcome::Expired];
    assert!(progress.tally.sent <= 120 && expired >= 180, "{progress:?}");
}

#[test]
fn caps_count_what_other_campaigns_sent() {
    let world = World::new(13);
    world.add_people(30);
    let first = world.create(&world.draft());
    world.start();
    world.wait_for(&first, CampaignStatus::Completed);
    let mut draft = world.draft();
    draft.limits = limits(|limits| limits.daily = Some(1));
    let second = world.create(&draft);
    world.wait_for(&second, CampaignStatus::Completed);
    assert_eq!(
        world.progress(&second).outcomes,
        BTreeMap::from([(Outcome::DailyCap, 30)])
    );
    draft.limits = limits(|limits| limits.daily = Some(2));
    let third = world.create(&draft);
    world.wait_for(&third, CampaignStatus::Completed);
    assert_eq!(
        world.progress(&third).outcomes,
        BTreeMap::from([(Outcome::Success, 30)])
    );
}

#[test]
fn quiet_time_drops_who_sleeps() {
    let world = World::new(14);
    let mut people: Vec<_> = (0..20).map(|n| (format!("p{n}"), person(n))).collect();
    for (_, update) in &mut people[..5] {
        update.demographic.timezone = Some("Asia/Tokyo".to_owned()); // 18:00 at the start
    }
    world.add(people);
    let mut draft = world.draft();
    let schedule = draft.schedule.as_mut().expect("set");
    schedule.quiet_time = Some(QuietTime {
        start: 17 * 60,
        end: 6 * 60,
    });
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    assert_eq!(world.progress(&id).outcomes[&Outcome::QuietTime], 5);
}

#[test]
fn a_stored_list_reaches_its_snapshots() {
    let world = World::new(15);
    world.add_people(3);
    let import = SegmentImport {
        format: JobFormat::Csv,
        s3_url: "s3://crm/x.csv".to_owned(),
        role_arn: "arn".to_owned(),
        external_id: None,
        size: 3,
        channel_counts: BTreeMap::new(),
        members_version: 1,
    };
    let segment = world.segment(SegmentCriteria::Imported(import));
    let store = world.store();
    world.block(async {
        let endpoints = &store.endpoints;
        let ids = ["p1".into(), "guest".into(), "gone".into()];
        let ordinals = endpoints
            .ordinals(&world.app, &ids, true)
            .await
            .expect("reserved");
        let ordinals: Vec<u32> = ordinals.into_iter().map(|o| o.expect("reserved")).collect();
        let known = endpoints
            .get(&world.app, &"p1".into())
            .await
            .expect("works")
            .expect("there");
        let mut guest = known.clone();
        guest.id = "guest".into();
        guest.ordinal = ordinals[1];
        guest.address = Some("guest@mail.example".to_owned());
        let members: EndpointSet = ordinals.into_iter().collect();
        endpoints
            .add_members(
                &world.app,
                &segment,
                1,
                members,
                vec!["u2".into()],
                vec![guest],
            )
            .await
            .expect("added");
    });
    let mut draft = world.draft();
    draft.segment = Some(segment);
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    let taken: Vec<String> = world.server.taken().into_keys().collect();
    assert_eq!(
        taken,
        ["guest@mail.example", "p1@mail.example", "p2@mail.example"]
    );
    let progress = world.progress(&id);
    assert_eq!(
        progress.tally.planned,
        progress.tally.sent + progress.tally.skipped
    );
}

#[test]
fn a_campaign_starts_at_its_time_and_not_hours_late() {
    let world = World::new(16);
    world.add_people(3);
    let begins = world.clock.now().plus(Duration::from_secs(60));
    let mut draft = world.draft();
    draft.schedule = Some(ScheduleDraft {
        start: begins.to_string(),
        ..ScheduleDraft::default()
    });
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert!(world.run(&id).expect("it ran").started >= begins);
    assert_eq!(world.server.taken().len(), 3);
}

#[test]
fn a_run_that_was_missed_by_hours_does_not_happen() {
    let mut world = World::with_speed(17, 100_000);
    world.add_people(3);
    let begins = world.clock.now().plus(Duration::from_secs(3600));
    let mut draft = world.draft();
    draft.schedule = Some(ScheduleDraft {
        start: begins.to_string(),
        ..ScheduleDraft::default()
    });
    let id = world.create(&draft);
    let late = begins.plus(Duration::from_secs(3600));
    world.wait("the hour to pass", || world.clock.now() > late);
    world.kill(true);
    world.wait_for(&id, CampaignStatus::Completed);
    assert!(world.run(&id).is_none());
    let told = world
        .campaign(&id)
        .and_then(|campaign| campaign.status_reason);
    assert!(told.is_some_and(|told| told.contains("missed")));
}

#[test]
fn shutting_down_leaves_nobody_in_doubt() {
    let mut world = World::new(18);
    world.add_people(600);
    world.server.slow_down(Duration::from_millis(3));
    let id = world.create(&world.draft());
    for count in [40, 100, 150] {
        world.start();
        world.wait_for_messages(count, &id);
        world.shut_down();
    }
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    assert_eq!(world.server.taken().len(), 600);
}

#[test]
fn who_is_in_doubt_can_be_sent_again_with_the_same_key() {
    let mut world = World::new(19);
    world.add_people(200);
    world.server.slow_down(Duration::from_millis(30));
    let mut draft = world.draft();
    draft.resend_in_doubt = Some(true);
    let id = world.create(&draft);
    world.start();
    world.wait_for_messages(40, &id);
    world.kill(true);
    world.wait_for(&id, CampaignStatus::Completed);
    let progress = world.progress(&id);
    assert_eq!((progress.tally.sent, progress.tally.in_doubt), (200, 0));
    assert_eq!(world.server.taken().len(), 200);
}

#[test]
fn many_batches_are_worked_off() {
    // In real time: a clock that runs ahead of a slow machine would have messages that wait for
    // their turn decided anew, again and again.
    let world = World::with_speed(20, 1);
    world.add_people(66_000);
    let id = world.create(&world.draft());
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    let run = world.run(&id).expect("it ran");
    assert_eq!(run.batches, 2);
    assert_eq!(world.audit(&id), 0);
    assert_eq!(world.progress(&id).tally.sent, 66_000);
}

#[test]
fn tests_go_where_they_are_told_and_leave_no_trace() {
    let world = World::new(21);
    world.add_people(2);
    let before = world.events().len();
    let engine = world.engine();
    let message = Some(EmailMessage {
        title: Some("Hi {{User.UserAttributes.Name}}".to_owned()),
        body: Some("x".to_owned()),
        ..EmailMessage::default()
    });
    let test = TestMessage {
        addresses: vec!["me@mail.example".to_owned()],
        endpoints: vec!["p1".into(), "nobody".into()],
        message,
        sample: Some("p0".into()),
        ..TestMessage::default()
    };
    let results = world
        .block(engine.test_send(&world.app, &test))
        .expect("sent");
    let accepted: Vec<bool> = results.iter().map(|result| result.accepted).collect();
    assert_eq!(accepted, [true, true, false]);
    assert_eq!(world.server.taken().len(), 2);
    let inbox_only = TestMessage {
        inbox_only: true,
        ..test.clone()
    };
    world
        .block(engine.test_send(&world.app, &inbox_only))
        .expect("sent");
    assert_eq!(
        (
            world.server.taken()["me@mail.example"],
            world.inbox.taken().len()
        ),
        (1, 2)
    );
    assert_eq!(world.events().len(), before);
    let nobody = TestMessage::default();
    assert!(world.block(engine.test_send(&world.app, &nobody)).is_err());
}

#[test]
fn bounces_are_suppressed_from_then_on() {
    let world = World::new(22);
    world.add_people(5);
    world.server.behave(|mail, _| {
        if mail.to.starts_with("p3@") {
            Answer::Never
        } else {
            Answer::Take
        }
    });
    let first = world.create(&world.draft());
    world.start();
    world.wait_for(&first, CampaignStatus::Completed);
    assert_eq!(
        world.progress(&first).outcomes[&Outcome::FailurePermanent],
        1
    );
    let store = world.store();
    world.wait("the suppression", || {
        let suppressions = store.of::<model::Suppression>();
        world
            .block(suppressions.get("", "p3@mail.example"))
            .expect("works")
            .is_some()
    });
    let before = world.server.handed_over();
    let second = world.create(&world.draft());
    world.wait_for(&second, CampaignStatus::Completed);
    // Accepted, and nothing sent.
    assert_eq!(world.progress(&second).tally.sent, 5);
    assert_eq!(world.server.handed_over(), before + 4);
}

#[test]
fn client_events_count_as_activity() {
    let world = World::new(23);
    world.add_people(2);
    let store = world.store();
    let before = world.block(store.endpoints.get(&world.app, &"p1".into()));
    let endpoint = before.expect("works").expect("there");
    let later = world.clock.now().plus(Duration::from_secs(600));
    let mut event = session_event(&endpoint, later);
    world
        .block(world.log().append(vec![event.clone()]))
        .expect("appended");
    // What the service reports is no activity.
    event.origin = model::Origin::Service;
    event.timestamp = later.plus(Duration::from_secs(60));
    world
        .block(world.log().append(vec![event]))
        .expect("appended");
    world.start();
    world.wait("the activity", || {
        let now = world.block(store.endpoints.get(&world.app, &"p1".into()));
        now.expect("works").expect("there").last_active == Some(later)
    });
}

fn session_event(endpoint: &model::Endpoint, at: Timestamp) -> model::Event {
    let (app, id) = (endpoint.app.clone(), endpoint.id.clone());
    model::Event {
        ordinal: Some(endpoint.ordinal),
        ..model::Event::bare(app, "_session.start", model::Origin::Client, id, at)
    }
}
