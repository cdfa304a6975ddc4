//! Campaigns that call others: hooks and the custom channel.

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use engine::campaigns::CampaignDraft;
use model::{
    CampaignHook, CampaignId, CampaignStatus, ChannelSettings, ChannelType, CustomMessage,
    EndpointUpdate, GcmSettings, HookMode, Limits, MessageConfiguration, OptOut, Outcome,
    PushMessage, SmsMessage, SmsSenders,
};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use world::callee::{Heard, Said};
use world::{Answer, World, person, person_on};

const HOOK: &str = "https://hook.example/filter";

fn hook(mode: Option<HookMode>) -> Option<CampaignHook> {
    Some(CampaignHook {
        url: Some(HOOK.to_owned()),
        mode,
        function: None,
    })
}

fn draft(world: &World) -> CampaignDraft {
    CampaignDraft {
        hook: hook(None),
        ..world.draft()
    }
}

/// Everybody of the call, as they came.
fn unchanged(heard: &Heard) -> Said {
    Said::json(&heard.body["Endpoints"])
}

/// The endpoints of the call for which `change` makes something.
fn filtered(heard: &Heard, change: impl Fn(&str) -> Option<Value>) -> Said {
    let endpoints = heard.endpoints();
    let kept = endpoints
        .iter()
        .filter_map(|id| Some((id.clone(), change(id)?)));
    Said::json(&Value::Object(kept.collect()))
}

fn number(id: &str) -> usize {
    id.trim_start_matches('p').parse().expect("a number")
}

#[track_caller]
fn check_calls(world: &World) {
    for heard in world.callee.heard() {
        let count = heard.endpoints().len();
        assert!((1..=50).contains(&count), "{count} in a call");
    }
}

#[test]
fn a_hook_leaves_people_out_and_changes_words_only() {
    let world = World::new(61);
    world.add_people(120);
    world.callee.behave(|heard, _| {
        let mut said = Map::new();
        for id in heard.endpoints() {
            let changed = json!({
                "Address": "thief@mail.example", "ChannelType": "SMS", "OptOut": "ALL",
                "User": {"UserId": "thief", "UserAttributes": {"Name": [format!("changed {id}")]}},
            });
            match number(&id) % 3 {
                0 => {}
                1 => drop(said.insert(id, changed)),
                _ => drop(said.insert(id, json!({}))),
            }
        }
        said.insert("p100000".to_owned(), json!({}));
        Said::json(&said.into())
    });
    let subjects: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
    let seen = Arc::clone(&subjects);
    world.server.behave(move |letter, _| {
        let mut seen = seen.lock();
        seen.insert(letter.to.clone(), letter.subject.clone());
        Answer::Take
    });
    let id = world.create(&draft(&world));
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    let want = BTreeMap::from([(Outcome::Success, 80), (Outcome::FilteredOutByHook, 40)]);
    assert_eq!(world.progress(&id).outcomes, want);
    let subjects = subjects.lock();
    assert_eq!(subjects["p1@mail.example"], "Hello changed p1");
    assert_eq!(subjects["p2@mail.example"], "Hello N2");
    assert!(!subjects.contains_key("thief@mail.example"));
    // Everybody was asked about once.
    check_calls(&world);
    let told = world.callee.told();
    assert!(told.len() == 120 && told.values().all(|times| *times == 1));
    let run = world.run(&id).expect("a run");
    let first = &world.callee.heard()[0];
    assert_eq!(first.target, HOOK);
    let body = first.body.as_object().expect("an object");
    let members: BTreeSet<&str> = body.keys().map(String::as_str).collect();
    let documented = [
        "ActivityId",
        "ApplicationId",
        "CampaignId",
        "Endpoints",
        "MessageConfiguration",
        "ScheduledTime",
        "TreatmentId",
    ];
    assert_eq!(members, BTreeSet::from(documented));
    assert_eq!(body["ActivityId"], json!(run.activities[0].as_str()));
    assert_eq!(body["TreatmentId"], json!("0"));
    let title = &body["MessageConfiguration"]["EmailMessage"]["Title"];
    assert_eq!(title, "Hello {{User.UserAttributes.Name}}");
    let one = &body["Endpoints"][&first.endpoints()[0]];
    assert_eq!(one["ChannelType"], "EMAIL");
    assert!(one.get("Id").is_none() && one.get("CreationDate").is_some());
}

#[test]
fn overrides_replace_the_words_of_push_and_text_messages() {
    let world = World::new(62);
    world.enable(&[
        (
            ChannelType::Gcm,
            ChannelSettings::Gcm(GcmSettings::default()),
        ),
        (
            ChannelType::Sms,
            ChannelSettings::Sms(SmsSenders::default()),
        ),
    ]);
    world.add(vec![
        ("p1".to_owned(), person_on(1, ChannelType::Gcm)),
        ("p2".to_owned(), person_on(2, ChannelType::Sms)),
        ("p3".to_owned(), person(3)),
    ]);
    world.callee.behave(|heard, _| {
        filtered(heard, |_| {
            Some(json!({
                "TitleOverride": "Title for {{User.UserAttributes.Name}}",
                "BodyOverride": "Body for {{User.UserAttributes.Name}}",
            }))
        })
    });
    let heard: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
    let hears = Arc::clone(&heard);
    world.server.behave(move |letter, _| {
        let mut hears = hears.lock();
        hears.insert(letter.to.clone(), letter.subject.clone());
        Answer::Take
    });
    let mut draft = draft(&world);
    let message = draft.message.as_mut().expect("set");
    message.default = Some(PushMessage {
        title: Some("t".to_owned()),
        body: Some("b".to_owned()),
        ..PushMessage::default()
    });
    message.sms = Some(SmsMessage {
        body: Some("b".to_owned()),
        ..SmsMessage::default()
    });
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    let heard = heard.lock();
    assert_eq!(heard["p1@device"], "Title for N1");
    assert_eq!(heard["+47910000002"], "Body for N2");
    assert_eq!(heard["p3@mail.example"], "Hello N3");
}

#[test]
fn a_hook_without_usable_answer_fails_everybody_after_three_attempts() {
    for (seed, said) in [
        Said::Text("<html>".to_owned()),
        Said::Text(r#"{"p1":7}"#.to_owned()),
        Said::Status(500),
        Said::TooLong,
        Said::Lost,
        Said::Unreachable,
        Said::Nothing,
        Said::Late(
            Duration::from_secs(120),
            Box::new(Said::Text("{}".to_owned())),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let world = World::new(630 + seed as u64);
        world.add_people(60);
        let answer = said.clone();
        world.callee.behave(move |_, _| answer.clone());
        let id = world.create(&draft(&world));
        world.start();
        world.wait_for(&id, CampaignStatus::Completed);
        assert_eq!(world.audit(&id), 0);
        let want = BTreeMap::from([(Outcome::HookFailure, 60)]);
        assert_eq!(world.progress(&id).outcomes, want, "{said:?}");
        let told = world.callee.told();
        assert!(told.values().all(|times| *times == 3), "{said:?}: {told:?}");
        assert_eq!(told.len(), 60);
    }
}

#[test]
fn a_hook_that_recovers_loses_few_and_is_spared_meanwhile() {
    let world = World::new(64);
    world.add_people(2000);
    let clock = world.clock.clone();
    let down_until = clock.monotonic() + Duration::from_secs(300);
    world.callee.behave(move |heard, _| {
        if heard.at < down_until {
            Said::Status(503)
        } else {
            unchanged(heard)
        }
    });
    let id = world.create(&draft(&world));
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    let outcomes = world.progress(&id).outcomes;
    let failed = outcomes.get(&Outcome::HookFailure).copied().unwrap_or(0);
    assert_eq!(outcomes.values().sum::<u64>(), 2000);
    assert_eq!(outcomes[&Outcome::Success] + failed, 2000);
    // One unit of work that was under way, and one call for each trial.
    assert!(failed <= 300 + 9 * 50, "{failed} failed");
    let heard = world.callee.heard();
    let during = heard.iter().filter(|it| it.at < down_until).count();
    assert!(
        during <= 3 * (6 + 9),
        "{during} calls of a hook that is down"
    );
}

#[test]
fn after_ten_minutes_nobody_waits_for_a_hook() {
    // Not so fast that the work itself, on a slow machine, takes many of the clock's minutes.
    let world = World::with_speed(65, 200);
    world.add_people(3000);
    world.callee.behave(|_, _| Said::Status(503));
    let began = world.clock.now();
    let id = world.create(&draft(&world));
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    assert_eq!(world.progress(&id).outcomes[&Outcome::HookFailure], 3000);
    let run = world.run(&id).expect("a run");
    let took = run.ended.expect("it ended").since(began);
    assert!(took >= Duration::from_secs(590), "{took:?}");
    assert!(took <= Duration::from_secs(1200), "{took:?}");
}

#[test]
fn what_a_hook_says_too_late_is_not_sent() {
    let world = World::new(66);
    world.add_people(2000);
    world
        .callee
        .behave(|heard, _| Said::Late(Duration::from_secs(14), Box::new(unchanged(heard))));
    let mut draft = draft(&world);
    draft.limits = Some(Limits {
        maximum_duration_s: Some(60),
        ..Limits::default()
    });
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    let outcomes = world.progress(&id).outcomes;
    assert!(outcomes[&Outcome::Expired] > 500, "{outcomes:?}");
    assert_eq!(outcomes.values().sum::<u64>(), 2000);
    assert!(
        outcomes
            .keys()
            .all(|it| matches!(it, Outcome::Success | Outcome::Expired))
    );
    // Calls go on beside each other.
    assert!(world.callee.open_most() > 1);
}

#[test]
fn who_opts_out_while_the_hook_thinks_gets_nothing() {
    check_changes_meanwhile(|_| {});
}

#[test]
fn who_opts_out_while_the_hook_thinks_gets_nothing_also_when_the_clock_is_set_back() {
    check_changes_meanwhile(|world| {
        world.set_clock(world.clock.now().minus(Duration::from_secs(3_600)));
    });
}

/// Somebody opts out and somebody moves while the hook thinks, and then `event` happens.
#[track_caller]
fn check_changes_meanwhile(event: impl Fn(&World)) {
    let world = World::new(67);
    world.add_people(40);
    world
        .callee
        .behave(|heard, _| Said::Late(Duration::from_secs(12), Box::new(unchanged(heard))));
    let id = world.create(&draft(&world));
    world.start();
    world.wait("the question", || !world.callee.heard().is_empty());
    let gone = EndpointUpdate {
        opt_out: Some(OptOut::All),
        ..EndpointUpdate::default()
    };
    let moved = EndpointUpdate {
        address: Some("elsewhere@mail.example".to_owned()),
        ..EndpointUpdate::default()
    };
    world.add(vec![("p3".to_owned(), gone), ("p4".to_owned(), moved)]);
    event(&world);
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.verify(&id).differences, []);
    let want = BTreeMap::from([(Outcome::Success, 39), (Outcome::EndpointOptOut, 1)]);
    assert_eq!(world.progress(&id).outcomes, want);
    let taken = world.server.taken();
    assert!(taken.contains_key("elsewhere@mail.example"), "{taken:?}");
    assert!(!taken.contains_key("p4@mail.example"), "{taken:?}");
    // Only they are asked about again.
    let told = world.callee.told();
    let twice: Vec<&str> = told
        .iter()
        .filter(|(_, times)| **times > 1)
        .map(|(id, _)| id.as_str())
        .collect();
    assert_eq!(twice, ["p4"]);
}

fn custom(world: &World, count: usize) -> CampaignDraft {
    let people = (0..count).map(|n| (format!("p{n}"), person_on(n, ChannelType::Custom)));
    let people: Vec<(String, EndpointUpdate)> = people.collect();
    world.add(people);
    CampaignDraft {
        message: Some(MessageConfiguration {
            custom: Some(CustomMessage {
                data: Some(r#"{"offer":7}"#.to_owned()),
            }),
            ..MessageConfiguration::default()
        }),
        custom_delivery: Some(("https://shop.example/offers".to_owned(), Vec::new())),
        ..world.draft()
    }
}

/// Holds the outcomes of a custom campaign against what its target heard. Answers how many are in
/// doubt.
#[track_caller]
fn audit(world: &World, id: &CampaignId, count: usize) -> usize {
    check_calls(world);
    let everybody = world.everybody(id);
    let all: Vec<&String> = everybody.values().flatten().collect();
    assert_eq!(all.len(), count, "everybody has one outcome");
    let told = world.callee.told();
    assert!(told.values().all(|times| *times == 1), "told twice");
    for (outcome, people) in &everybody {
        for person in people {
            let heard = told.contains_key(person);
            let may = *outcome == Outcome::InDoubt;
            assert!(
                heard || may,
                "{person} counts as {outcome:?} and was not told"
            );
        }
    }
    everybody.get(&Outcome::InDoubt).map_or(0, BTreeSet::len)
}

#[test]
fn one_answer_is_the_outcome_of_all_in_its_call() {
    let world = World::new(67);
    let draft = custom(&world, 600);
    let answers: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let given = Arc::clone(&answers);
    world.callee.behave(move |heard, before| {
        let mut given = given.lock();
        given.extend(heard.endpoints().into_iter().map(|id| (id, before % 4)));
        match before % 4 {
            0 => Said::Text(String::new()),
            1 => Said::Status(500),
            2 => Said::Lost,
            _ => Said::TooLong,
        }
    });
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(audit(&world, &id, 600), 0);
    let answers = answers.lock();
    for (outcome, people) in world.everybody(&id) {
        for person in people {
            let want = match answers[&person] {
                0 => Outcome::Success,
                2 => Outcome::Unknown,
                _ => Outcome::CustomDeliveryFailure,
            };
            assert_eq!(outcome, want, "{person}");
        }
    }
    let first = &world.callee.heard()[0];
    assert_eq!(first.target, "https://shop.example/offers");
    assert_eq!(first.body["Data"], r#"{"offer":7}"#);
    assert_eq!(first.body["Message"], json!({}));
    assert!(first.endpoints().len() > 1, "several go in one call");
}

/// The sizes of the calls of a campaign for `count` people, and how many were under way at once.
fn sizes(called_max: usize, count: usize, limits: Option<Limits>) -> (Vec<usize>, usize) {
    let mut world = World::with_speed(71, 10);
    world.called_max = called_max;
    world.shut_down();
    let mut draft = custom(&world, count);
    draft.limits = limits;
    world.callee.behave(|_, _| {
        let taken = Box::new(Said::Text(String::new()));
        Said::Late(Duration::from_millis(300), taken)
    });
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(audit(&world, &id, count), 0);
    assert_eq!(
        world.progress(&id).outcomes,
        BTreeMap::from([(Outcome::Success, count as u64)])
    );
    let heard = world.callee.heard();
    let sizes = heard.iter().map(|it| it.endpoints().len()).collect();
    (sizes, world.callee.open_most())
}

#[test]
fn calls_are_full_while_enough_people_wait_and_several_are_under_way() {
    let (mut sizes, at_once) = sizes(400, 1_030, None);
    sizes.sort_unstable();
    let mut want = vec![50; 21];
    want[0] = 30;
    assert_eq!(sizes, want);
    // One run has half of what all may have.
    assert!((2..=4).contains(&at_once), "{at_once} at once");
}

#[test]
fn calls_carry_no_more_than_a_rate_lets_pass_in_a_second() {
    let limits = Limits {
        messages_per_second: Some(20),
        ..Limits::default()
    };
    let (sizes, at_once) = sizes(400, 90, Some(limits));
    assert_eq!(sizes.iter().sum::<usize>(), 90);
    assert!(sizes.iter().all(|size| *size <= 20), "{sizes:?}");
    assert!(sizes.len() <= 6, "{sizes:?}");
    assert_eq!(at_once, 1);
}

#[test]
fn a_call_that_never_left_is_tried_again() {
    let world = World::new(68);
    let draft = custom(&world, 10);
    world.callee.behave(|_, before| match before {
        0 | 1 => Said::Unreachable,
        _ => Said::Text(String::new()),
    });
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.progress(&id).outcomes[&Outcome::Success], 10);
    world.callee.behave(|_, _| Said::Unreachable);
    let id = world.create(&draft);
    world.wait_for(&id, CampaignStatus::Completed);
    let outcomes = world.progress(&id).outcomes;
    assert_eq!(outcomes[&Outcome::CustomDeliveryFailure], 10);
}

#[test]
fn a_hook_that_delivers_gets_what_the_channels_would() {
    let world = World::new(69);
    world.add_people(30);
    let draft = CampaignDraft {
        hook: hook(Some(HookMode::Delivery)),
        ..world.draft()
    };
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(audit(&world, &id, 30), 0);
    assert_eq!(world.progress(&id).outcomes[&Outcome::Success], 30);
    assert!(world.server.taken().is_empty());
    let first = &world.callee.heard()[0];
    assert_eq!(first.target, HOOK);
    let email = &first.body["MessageConfiguration"]["EmailMessage"];
    assert_eq!(email["Title"], "Hello {{User.UserAttributes.Name}}");
}

#[test]
fn killed_between_hook_and_call_nobody_is_told_twice() {
    let mut world = World::new(70);
    let mut draft = custom(&world, 600);
    draft.hook = Some(CampaignHook {
        function: Some("chooser".to_owned()),
        ..CampaignHook::default()
    });
    world.callee.behave(|heard, _| {
        let delay = Duration::from_millis(1500);
        match heard.target.as_str() {
            "chooser" => unchanged(heard),
            _ => Said::Late(delay, Box::new(Said::Text(String::new()))),
        }
    });
    let id = world.create(&draft);
    world.start();
    let delivered = |world: &World| {
        let heard = world.callee.heard().into_iter();
        heard
            .filter(|it| it.target != "chooser")
            .collect::<Vec<_>>()
    };
    for calls in [3, 12, 20] {
        world.wait("calls", || {
            let ended = world.campaign(&id).is_none_or(|it| it.status.is_final());
            ended || delivered(&world).len() >= calls
        });
        world.kill(true);
    }
    world.wait_for(&id, CampaignStatus::Completed);
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for endpoint in delivered(&world).iter().flat_map(Heard::endpoints) {
        *told.entry(endpoint).or_default() += 1;
    }
    assert!(told.values().all(|times| *times == 1), "told twice");
    let everybody = world.everybody(&id);
    assert_eq!(everybody.values().map(BTreeSet::len).sum::<usize>(), 600);
    let doubt = everybody.get(&Outcome::InDoubt).map_or(0, BTreeSet::len);
    assert!(doubt <= 3 * world::IN_FLIGHT, "{doubt} in doubt");
    for person in &everybody[&Outcome::Success] {
        assert!(told.contains_key(person), "{person} counts as told");
    }
}
