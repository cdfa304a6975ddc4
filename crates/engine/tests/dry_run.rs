//! A dry run predicts what the run then does, person by person.

mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use clock::Timestamp;
use engine::campaigns::{CampaignDraft, ScheduleDraft, TreatmentDraft};
use engine::dry_run::{self, DryRunRequest, Place};
use model::{
    Campaign, CampaignId, CampaignStatus, ChannelType, Demographic, DryRun, DryRunReport,
    DryRunState, EndpointStatus, EndpointUpdate, EventDimensions, EventFilter, EventSource,
    Frequency, Limits, OptOut, Outcome, QuietTime, SetDimension,
};
use world::{Answer, World, person, person_on, says};

const PEOPLE: usize = 400;

/// Asks for a dry run and waits for its end.
fn dry(world: &World, campaign: Campaign, start: Option<Timestamp>, samples: u32) -> DryRun {
    let engine = world.engine();
    let request = DryRunRequest {
        campaign,
        stored: true,
        start,
        samples,
    };
    let id = world.block(engine.dry_run(request)).expect("accepted").id;
    let store = world.store();
    let get = || {
        let found = world.block(dry_run::get(&store, &world.app, &id));
        found.expect("the store works").expect("it is kept").0
    };
    world.wait("the dry run", || get().state != DryRunState::Running);
    get()
}

fn report(world: &World, dry_run: &DryRun) -> DryRunReport {
    assert_eq!(
        (dry_run.state, &dry_run.reason),
        (DryRunState::Completed, &None)
    );
    let store = world.store();
    let found = world.block(dry_run::get(&store, &world.app, &dry_run.id));
    let found = found.expect("the store works").expect("it is kept");
    found.1.expect("it has a result")
}

/// People of every fate: each tenth is inactive, opted out, without a way to reach it, on a channel
/// without content, a double of the one before, in quiet hours, without a name, or badly addressed.
fn crowd() -> Vec<(String, EndpointUpdate)> {
    let zone = |name: &str| Demographic {
        timezone: Some(name.to_owned()),
        ..Demographic::default()
    };
    let each = |n: usize| {
        let mut update = person(n);
        // 09:00 UTC: the morning in Oslo, the night in Los Angeles.
        update.demographic = zone("Europe/Oslo");
        match n % 10 {
            0 => update.status = Some(EndpointStatus::Inactive),
            1 => update.opt_out = Some(OptOut::All),
            2 => (update.channel, update.address) = (None, None),
            3 => update = person_on(n, ChannelType::Sms),
            5 => update.address = Some(format!("p{}@MAIL.example", n - 1)),
            6 => update.demographic = zone("America/Los_Angeles"),
            7 => update.user_attributes.clear(),
            8 => update.address = Some(format!("no address {n}")),
            _ => {}
        }
        (format!("p{n}"), update)
    };
    (1..=PEOPLE).map(each).collect()
}

fn draft(world: &World) -> CampaignDraft {
    let night = QuietTime {
        start: 22 * 60,
        end: 7 * 60,
    };
    CampaignDraft {
        schedule: Some(ScheduleDraft {
            start: "2031-03-02T09:00:00Z".to_owned(),
            quiet_time: Some(night),
            ..ScheduleDraft::default()
        }),
        treatments: Some(vec![TreatmentDraft {
            size_percent: 30,
            message: Some(says("Other words for {{User.UserAttributes.Name}}")),
            ..TreatmentDraft::default()
        }]),
        holdout_percent: Some(10),
        limits: Some(Limits {
            messages_per_second: Some(50),
            ..Limits::default()
        }),
        ..world.draft()
    }
}

fn stored(world: &World, id: &CampaignId) -> Campaign {
    world.campaign(id).expect("the campaign is there")
}

#[test]
fn a_run_does_what_its_dry_run_said() {
    let world = World::new(61);
    world.start();
    world.add(crowd());
    let id = world.create(&draft(&world));
    let plan = dry(&world, stored(&world, &id), None, 10);
    let found = report(&world, &plan);
    assert_eq!(plan.planned, PEOPLE as u64);
    assert_eq!(plan.looked, PEOPLE as u64);
    for outcome in [
        Outcome::Success,
        Outcome::EndpointInactive,
        Outcome::EndpointOptOut,
        Outcome::EndpointChannelMismatch,
        Outcome::Holdout,
        Outcome::DuplicateAddress,
        Outcome::QuietTime,
        Outcome::FailurePermanent,
    ] {
        assert!(
            found.outcomes.contains_key(outcome.as_str()),
            "{outcome:?} {:?}",
            found.outcomes
        );
    }
    assert_eq!(world.server.handed_over(), 0);
    assert!(world.events().is_empty(), "nothing is recorded");

    world.jump_to(plan.start);
    world.wait_for(&id, CampaignStatus::Completed);
    let run = world.run(&id).expect("a run");
    let store = world.store();
    let difference = world.block(dry_run::difference(&store, &plan, &run));
    let difference = difference.expect("the store works");
    assert_eq!(difference.moved, []);
    let actual: BTreeMap<String, u64> = difference
        .outcomes
        .iter()
        .map(|(outcome, planned, actual)| {
            assert_eq!(planned, actual, "{outcome:?}");
            (outcome.as_str().to_owned(), *actual)
        })
        .collect();
    assert_eq!(found.outcomes, actual);
    for (planned, progress) in found.treatments.iter().zip(world.progress(&id).treatments) {
        assert_eq!(planned.planned, progress.tally.planned);
        assert_eq!(
            planned.outcomes.get("SUCCESS").copied().unwrap_or(0),
            progress.tally.sent
        );
    }
}

#[test]
fn a_dry_run_tells_what_people_would_read_and_lack() {
    let world = World::new(62);
    world.start();
    world.add(crowd());
    let id = world.create(&draft(&world));
    let found = report(&world, &dry(&world, stored(&world, &id), None, 7));
    let sent = found.outcomes["SUCCESS"];
    assert_eq!(found.samples.len(), 7);
    let shown: Vec<usize> = found
        .samples
        .iter()
        .map(|it| it.endpoint.as_str()[1..].parse().expect("a number"))
        .collect();
    for (k, n) in shown.iter().enumerate() {
        let from = k * PEOPLE / 7;
        assert!((from..from + 40).contains(n), "sample {k} is {n}");
    }
    let words = ["Hello ", "Other words for "];
    for sample in &found.samples {
        let begins = words[usize::from(sample.treatment)];
        assert!(sample.subject.starts_with(begins), "{sample:?}");
        assert!(
            sample
                .html
                .as_deref()
                .is_some_and(|it| it.contains("https://shop.example/"))
        );
    }
    let [missing] = found.missing_variables.as_slice() else {
        panic!("one variable: {:?}", found.missing_variables);
    };
    assert_eq!(missing.what, "User.UserAttributes.Name");
    assert!(missing.endpoints > 0 && missing.sample.len() == 10);
    let failed: u64 = found.render_failures.iter().map(|it| it.endpoints).sum();
    assert_eq!(failed, found.outcomes["FAILURE_PERMANENT"]);
    // 09:00 UTC is ten in Oslo and one at night in Los Angeles.
    assert_eq!(found.local_hours[10].sent, sent);
    assert_eq!(found.local_hours[1].quiet, found.outcomes["QUIET_TIME"]);
    assert_eq!((found.per_second, found.assumed), (50, false));
    let first = found.first_message.expect("somebody gets a message");
    let last = found.last_message.expect("somebody gets a message");
    assert_eq!(first.to_string(), "2031-03-02T09:00:00.000Z");
    assert_eq!(last.since(first).as_millis(), u128::from((sent - 1) * 20));
}

#[test]
fn the_same_question_gets_the_same_answer() {
    let world = World::new(63);
    world.start();
    world.add(crowd());
    let campaign = stored(&world, &world.create(&draft(&world)));
    let start = Timestamp::parse("2031-03-02T15:30:00Z").ok();
    let one = report(&world, &dry(&world, campaign.clone(), start, 10));
    let mut other = report(&world, &dry(&world, campaign, start, 10));
    other.dry_run.clone_from(&one.dry_run);
    assert_eq!(one, other);
}

#[test]
fn caps_and_the_maximum_duration_are_reckoned_with() {
    let world = World::new(64);
    world.start();
    world.add_people(300);
    let mut draft = CampaignDraft {
        limits: Some(Limits {
            daily: Some(1),
            ..Limits::default()
        }),
        ..world.draft()
    };
    let first = world.create(&draft);
    world.wait_for(&first, CampaignStatus::Completed);
    world.add(vec![("late".to_owned(), person(301))]);
    draft.paused = Some(true);
    let campaign = stored(&world, &world.create(&draft));
    let found = report(&world, &dry(&world, campaign.clone(), None, 0));
    assert_eq!(
        found.outcomes,
        [("DAILY_CAP".to_owned(), 300), ("SUCCESS".to_owned(), 1)].into()
    );
    assert!(found.samples.is_empty());
    // A day later nobody is at the cap; and a run of a minute sends one message a second.
    let slow = Campaign {
        limits: Some(Limits {
            daily: Some(1),
            maximum_duration_s: Some(60),
            messages_per_second: Some(1),
            ..Limits::default()
        }),
        ..campaign
    };
    let later = world.clock.now().plus(Duration::from_secs(2 * 86_400));
    let found = report(&world, &dry(&world, slow, Some(later), 0));
    assert_eq!(
        found.outcomes,
        [("EXPIRED".to_owned(), 241), ("SUCCESS".to_owned(), 60)].into()
    );
}

#[test]
fn who_moved_since_is_told() {
    let world = World::new(65);
    world.start();
    world.add_people(20);
    let id = world.create(&CampaignDraft {
        schedule: Some(ScheduleDraft {
            start: "2031-03-02T09:00:00Z".to_owned(),
            ..ScheduleDraft::default()
        }),
        ..world.draft()
    });
    let plan = dry(&world, stored(&world, &id), None, 0);
    let gone = EndpointUpdate {
        opt_out: Some(OptOut::All),
        ..person(3)
    };
    world.add(vec![
        ("p3".to_owned(), gone),
        ("new".to_owned(), person(99)),
    ]);
    world.server.behave(|mail, _| match mail.to.as_str() {
        "p5@mail.example" => Answer::Never,
        _ => Answer::Take,
    });
    world.jump_to(plan.start);
    world.wait_for(&id, CampaignStatus::Completed);
    let run = world.run(&id).expect("a run");
    let store = world.store();
    let difference = world.block(dry_run::difference(&store, &plan, &run));
    let moved: Vec<_> = difference
        .expect("the store works")
        .moved
        .into_iter()
        .map(|it| {
            (
                it.from,
                it.to,
                it.endpoints,
                it.sample[0].as_str().to_owned(),
            )
        })
        .collect();
    let success = Place::Outcome(Outcome::Success);
    let mut want = vec![
        (
            success,
            Place::Outcome(Outcome::EndpointOptOut),
            1,
            "p3".to_owned(),
        ),
        (
            success,
            Place::Outcome(Outcome::FailurePermanent),
            1,
            "p5".to_owned(),
        ),
        (Place::Absent, success, 1, "new".to_owned()),
    ];
    want.sort();
    let mut moved = moved;
    moved.sort();
    assert_eq!(moved, want);
}

#[test]
fn a_campaign_that_cannot_run_says_why() {
    let world = World::new(66);
    world.start();
    world.add_people(3);
    let id = world.create(&CampaignDraft {
        paused: Some(true),
        ..world.draft()
    });
    let mut campaign = stored(&world, &id);
    campaign.segment = "gone".into();
    let plan = dry(&world, campaign, None, 0);
    assert_eq!(plan.state, DryRunState::Failed);
    assert_eq!(
        plan.reason.as_deref(),
        Some("segment gone version 1 does not exist")
    );
}

#[test]
fn a_dry_run_survives_a_kill() {
    let mut world = World::new(67);
    world.add_people(50);
    let id = world.create(&CampaignDraft {
        paused: Some(true),
        ..world.draft()
    });
    let request = DryRunRequest {
        campaign: stored(&world, &id),
        stored: true,
        start: None,
        samples: 2,
    };
    // The loops rest, so the dry run is only taken on.
    let taken = world
        .block(world.engine().dry_run(request))
        .expect("accepted");
    world.kill(true);
    let store = world.store();
    world.wait("the dry run", || {
        let found = world.block(dry_run::get(&store, &world.app, &taken.id));
        let (found, report) = found.expect("the store works").expect("it is kept");
        found.state == DryRunState::Completed
            && report.is_some_and(|it| it.outcomes.get("SUCCESS") == Some(&50))
    });
}

#[test]
fn the_newest_dry_runs_are_kept() {
    let world = World::new(68);
    world.start();
    world.add_people(2);
    let id = world.create(&CampaignDraft {
        paused: Some(true),
        ..world.draft()
    });
    let campaign = stored(&world, &id);
    let ids: Vec<String> = (0..dry_run::KEPT_MAX + 3)
        .map(|_| {
            world.jump_to(world.clock.now().plus(Duration::from_secs(1)));
            dry(&world, campaign.clone(), None, 0).id
        })
        .collect();
    let store = world.store();
    let kept = world
        .block(dry_run::list(&store, &world.app))
        .expect("the store works");
    let kept: Vec<String> = kept.into_iter().map(|it| it.value.id).collect();
    let want: Vec<String> = ids.into_iter().rev().take(dry_run::KEPT_MAX).collect();
    assert_eq!(kept, want);
    world
        .block(dry_run::delete_all(&store, &world.app))
        .expect("the store works");
    let left = world
        .block(dry_run::list(&store, &world.app))
        .expect("the store works");
    assert!(left.is_empty());
}

/// A campaign that waits for purchases.
fn waiting(world: &World, frequency: Frequency) -> CampaignDraft {
    let purchase = SetDimension {
        operator: None,
        values: vec!["purchase".to_owned()],
    };
    let filter = EventFilter {
        dimensions: EventDimensions {
            event_type: Some(purchase),
            ..EventDimensions::default()
        },
        source: EventSource::Endpoint,
    };
    CampaignDraft {
        schedule: Some(ScheduleDraft {
            start: "2031-03-02T09:00:00Z".to_owned(),
            end: Some("2031-04-02T09:00:00Z".to_owned()),
            frequency: Some(frequency),
            event_filter: Some(filter),
            ..ScheduleDraft::default()
        }),
        holdout_percent: Some(20),
        ..world.draft()
    }
}

#[test]
fn of_a_campaign_that_waits_for_events_it_tells_who_is_eligible() {
    let world = World::new(69);
    world.start();
    world.add(crowd());
    let id = world.create(&waiting(&world, Frequency::Event));
    let found = report(&world, &dry(&world, stored(&world, &id), None, 3));
    assert!(found.eligibility);
    // Everybody who could report a purchase now, each by itself: two may share an address.
    assert!(!found.outcomes.contains_key("DUPLICATE_ADDRESS"));
    assert!(found.outcomes["ENDPOINT_OPT_OUT"] > 0 && found.outcomes["HOLDOUT"] > 0);
    assert_eq!(found.outcomes.values().sum::<u64>(), PEOPLE as u64);
    assert_eq!(found.first_message, found.last_message);
    assert_eq!(found.samples.len(), 3);
}

#[test]
fn of_an_in_app_campaign_only_the_holdout_counts() {
    let world = World::new(70);
    world.start();
    world.add(crowd());
    let message = model::InAppMessage {
        body: Some("Welcome".to_owned()),
        ..model::InAppMessage::default()
    };
    let id = world.create(&CampaignDraft {
        message: Some(model::MessageConfiguration {
            in_app: Some(message),
            ..model::MessageConfiguration::default()
        }),
        ..waiting(&world, Frequency::InAppEvent)
    });
    let found = report(&world, &dry(&world, stored(&world, &id), None, 3));
    assert!(found.eligibility && found.samples.is_empty());
    let outcomes: Vec<&str> = found.outcomes.keys().map(String::as_str).collect();
    assert_eq!(outcomes, ["HOLDOUT", "SUCCESS"]);
    assert_eq!(found.outcomes.values().sum::<u64>(), PEOPLE as u64);
}

#[test]
fn a_sweep_does_what_its_dry_run_said() {
    let world = World::new(75);
    world.start();
    let zones = [
        "Europe/Oslo",
        "America/New_York",
        "Asia/Tokyo",
        "Mars/Olympus",
    ];
    let in_zone = |n: usize| {
        let mut update = person(n);
        update.demographic.timezone = Some(zones[n % zones.len()].to_owned());
        (format!("p{n}"), update)
    };
    world.add((1..=80).map(in_zone).collect());
    let id = world.create(&CampaignDraft {
        schedule: Some(ScheduleDraft {
            start: "2031-03-02T09:00:00".to_owned(),
            local_time: true,
            ..ScheduleDraft::default()
        }),
        limits: Some(Limits {
            messages_per_second: Some(20),
            ..Limits::default()
        }),
        ..world.draft()
    });
    let plan = dry(&world, stored(&world, &id), None, 4);
    let found = report(&world, &plan);
    assert_eq!(
        found.outcomes,
        [
            ("ENDPOINT_MISSING_TIMEZONE".to_owned(), 20),
            ("SUCCESS".to_owned(), 60)
        ]
        .into()
    );
    // Everybody reads it at nine, or within the seconds that follow.
    assert_eq!(found.local_hours[9].sent, 60);
    let fires: BTreeMap<&str, String> = found
        .zones
        .iter()
        .map(|zone| (zone.zone.as_str(), zone.fires.to_string()))
        .collect();
    assert_eq!(fires["Europe/Oslo"], "2031-03-03T08:00:00.000Z");
    assert_eq!(fires["America/New_York"], "2031-03-02T14:00:00.000Z");
    assert_eq!(
        found.first_message.map(|at| at.to_string()).as_deref(),
        Some("2031-03-02T14:00:00.000Z")
    );
    assert_eq!(
        found.last_message.map(|at| at.to_string()).as_deref(),
        Some("2031-03-03T08:00:00.950Z")
    );
    // Hours pass between the turns.
    let mut at = plan.start;
    while stored(&world, &id).status != CampaignStatus::Completed {
        world.jump_to(at);
        std::thread::sleep(Duration::from_millis(100));
        at = world.clock.now().plus(Duration::from_secs(600));
    }
    let run = world.run(&id).expect("a run");
    let store = world.store();
    let difference = world.block(dry_run::difference(&store, &plan, &run));
    assert_eq!(difference.expect("the store works").moved, []);
}
