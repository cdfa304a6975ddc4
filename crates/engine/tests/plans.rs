//! Dry runs and explanations of campaigns that reach people at several instants: treatments with
//! times of their own, sweeps, a canary that goes first, an end of the time there is.

mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use clock::Timestamp;
use engine::campaigns::{CampaignDraft, ScheduleDraft, TreatmentDraft};
use engine::dry_run::{self, DryRunRequest};
use engine::explain::{Explained, Verdict, Who};
use engine::safety::{self, Precautions};
use model::{
    CampaignHook, CampaignId, CampaignSafety, CampaignStatus, Canary, DryRun, DryRunReport,
    DryRunState, EndpointUpdate, Frequency, Limits, Outcome, QuietTime, Run, RunState,
};
use store::version_parent;
use world::{World, person, says};

const NIGHT: QuietTime = QuietTime {
    start: 22 * 60,
    end: 7 * 60,
};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a test's instant")
}

/// Asks for a dry run of a stored campaign and waits for what it finds.
fn plan(world: &World, id: &CampaignId) -> (DryRun, DryRunReport) {
    let request = DryRunRequest {
        campaign: world.campaign(id).expect("the campaign is there"),
        stored: true,
        start: None,
        samples: 0,
    };
    let taken = world.block(world.engine().dry_run(request));
    let id = taken.expect("accepted").id;
    let store = world.store();
    let get = || {
        let found = world.block(dry_run::get(&store, &world.app, &id));
        found.expect("the store works").expect("it is kept")
    };
    world.wait("the dry run", || get().0.state != DryRunState::Running);
    let (dry_run, report) = get();
    (dry_run, report.expect("it has a result"))
}

fn runs(world: &World, id: &CampaignId) -> Vec<Run> {
    let store = world.store();
    let parent = version_parent(world.app.as_str(), id.as_str());
    let page = world.block(store.of::<Run>().list(&parent, None, 100));
    let items = page.expect("the store works").items;
    items.into_iter().map(|stored| stored.value).collect()
}

/// Moves the clock from instant to instant, and waits at each until nothing is left to be done then.
fn live_through(world: &World, id: &CampaignId, mut instants: Vec<Timestamp>) {
    instants.sort_unstable();
    instants.dedup();
    for instant in instants {
        world.jump_to(instant);
        world.wait(&format!("what is due at {instant}"), || {
            let campaign = world.campaign(id).expect("the campaign is there");
            let begun = campaign.next_run.is_none_or(|next| next > instant);
            begun && runs(world, id).iter().all(|run| rests(world, run, instant))
        });
    }
    world.wait_for(id, CampaignStatus::Completed);
}

/// Whether nothing of `run` is to be done up to `instant`.
fn rests(world: &World, run: &Run, instant: Timestamp) -> bool {
    let held = run.guard.held.as_ref();
    let held = held.is_some_and(|hold| hold.until.is_none_or(|until| until > instant));
    let later = |due: Option<Timestamp>| due.is_some_and(|due| due > instant);
    held || (run.state != RunState::Opening
        && world
            .batches(run)
            .iter()
            .all(|batch| batch.closed || later(batch.due)))
}

/// Holds the dry run against each run of the campaign: nobody's fate differs.
#[track_caller]
fn agrees(world: &World, id: &CampaignId, (dry_run, report): &(DryRun, DryRunReport)) {
    let store = world.store();
    let mut sums: BTreeMap<(String, String), u64> = BTreeMap::new();
    for run in runs(world, id) {
        let found = world.block(dry_run::difference(&store, dry_run, &run));
        let found = found.expect("the store works");
        assert_eq!(found.moved, [], "treatments {:?}", run.treatments);
        for (outcome, planned, actual) in found.outcomes {
            assert_eq!(planned, actual, "{outcome:?}");
        }
        for (number, sums_of) in &run.sums.treatments {
            for (outcome, people) in sums_of.outcomes.iter().filter(|(_, people)| **people > 0) {
                let key = (number.to_string(), outcome.as_str().to_owned());
                *sums.entry(key).or_default() += people;
            }
        }
    }
    for treatment in &report.treatments {
        for (outcome, people) in &treatment.outcomes {
            let key = (treatment.number.to_string(), outcome.clone());
            assert_eq!(sums.get(&key), Some(people), "{key:?}");
        }
    }
}

fn in_zone(n: usize, zone: &str) -> (String, EndpointUpdate) {
    let mut update = person(n);
    update.demographic.timezone = Some(zone.to_owned());
    (format!("p{n}"), update)
}

const ZONES: [&str; 4] = [
    "Europe/Oslo",
    "America/New_York",
    "Asia/Tokyo",
    "Mars/Olympus",
];

fn schedule(start: &str) -> ScheduleDraft {
    ScheduleDraft {
        start: start.to_owned(),
        quiet_time: Some(NIGHT),
        ..ScheduleDraft::default()
    }
}

/// Two treatments have times of their own: the evening after, and eight in the morning everywhere.
fn apart(world: &World) -> CampaignDraft {
    let treatment = |title: &str, schedule| TreatmentDraft {
        size_percent: 30,
        message: Some(says(title)),
        schedule: Some(schedule),
        ..TreatmentDraft::default()
    };
    CampaignDraft {
        schedule: Some(schedule("2031-03-02T09:00:00Z")),
        treatments: Some(vec![
            treatment("Good evening", schedule("2031-03-02T20:30:00Z")),
            treatment(
                "Good morning",
                ScheduleDraft {
                    local_time: true,
                    ..schedule("2031-03-03T08:00:00")
                },
            ),
        ]),
        holdout_percent: Some(10),
        limits: Some(Limits {
            daily: Some(1),
            ..Limits::default()
        }),
        ..world.draft()
    }
}

#[test]
fn each_treatment_does_what_its_dry_run_said() {
    let world = World::new(81);
    world.start();
    let person = |n: usize| in_zone(n, ZONES[n % ZONES.len()]);
    world.add((0..240).map(person).collect());
    // Who was there at eight in the evening before is at the cap the next morning, not the evening
    // after.
    world.jump_to(at("2031-03-01T20:00:00Z"));
    let before = world.create(&world.draft());
    world.wait_for(&before, CampaignStatus::Completed);
    world.add((240..480).map(person).collect());
    let id = world.create(&apart(&world));
    let planned = plan(&world, &id);
    let report = &planned.1;
    let of = |number: usize, outcome: Outcome| {
        let treatment = &report.treatments[number];
        let people = treatment.outcomes.get(outcome.as_str());
        people.copied().unwrap_or(0)
    };
    let due: Vec<Option<Timestamp>> = report.treatments.iter().map(|it| it.due).collect();
    let evening = at("2031-03-02T20:30:00Z");
    let morning = at("2031-03-03T08:00:00Z");
    assert_eq!(
        due,
        [
            Some(at("2031-03-02T09:00:00Z")),
            Some(evening),
            Some(morning)
        ]
    );
    assert!(of(0, Outcome::DailyCap) > 0 && of(0, Outcome::Success) > 0);
    assert_eq!(of(1, Outcome::DailyCap) + of(2, Outcome::DailyCap), 0);
    // Half past nine in Oslo, half past three in New York, half past five in Tokyo.
    assert!(of(1, Outcome::QuietTime) > 0 && of(1, Outcome::Success) > 0);
    assert!(of(2, Outcome::EndpointMissingTimezone) > 0 && of(2, Outcome::Success) > 0);
    assert_eq!(of(2, Outcome::QuietTime), 0);
    assert_eq!(report.treatments[1].first_message, Some(evening));
    assert_eq!(report.outcomes.values().sum::<u64>(), 480);
    assert_eq!(planned.0.planned, 480);
    assert_eq!(report.local_hours[8].sent, of(2, Outcome::Success));
    let zones: Vec<&str> = report.zones.iter().map(|it| it.zone.as_str()).collect();
    assert_eq!(zones, ["America/New_York", "Asia/Tokyo", "Europe/Oslo"]);

    let turns = report.zones.iter().map(|zone| zone.fires);
    live_through(
        &world,
        &id,
        due.iter().flatten().copied().chain(turns).collect(),
    );
    assert_eq!(runs(&world, &id).len(), 3);
    agrees(&world, &id, &planned);
}

fn careful(world: &World, draft: &CampaignDraft, percent: u8, hold_minutes: u32) -> CampaignId {
    let id = world.create(draft);
    let precautions = Precautions {
        safety: CampaignSafety {
            canary: Some(Canary {
                percent,
                hold_minutes,
            }),
            brake: None,
        },
        resend_in_doubt: false,
    };
    let store = world.store();
    let set = world.block(safety::set(&store, &world.app, &id, &precautions));
    set.expect("the precautions are valid");
    id
}

#[test]
fn the_rest_is_planned_for_after_the_hold() {
    let world = World::new(82);
    world.start();
    let zones = ["Europe/London", "America/New_York"];
    world.add((0..300).map(|n| in_zone(n, zones[n % 2])).collect());
    let draft = CampaignDraft {
        schedule: Some(schedule("2031-03-02T20:30:00Z")),
        ..world.draft()
    };
    let id = careful(&world, &draft, 10, 120);
    let planned = plan(&world, &id);
    let report = &planned.1;
    let [canary] = report.canaries.as_slice() else {
        panic!("one canary: {:?}", report.canaries);
    };
    assert_eq!((canary.endpoints, &canary.treatments[..]), (30, &[0][..]));
    let rest = canary.rest.expect("it follows by itself");
    let held = rest.since(canary.out.expect("it is out"));
    assert_eq!(held, Duration::from_secs(7200));
    // It is half past ten in London by then, and half past five in New York.
    let quiet = report.outcomes["QUIET_TIME"];
    assert!((130..150).contains(&quiet), "{:?}", report.outcomes);
    assert_eq!(report.local_hours[22].quiet, quiet);
    assert_eq!(report.local_hours[20].sent, 150 - quiet);
    assert_eq!(report.last_message.map(|it| it >= rest), Some(true));

    let due = at("2031-03-02T20:30:00Z");
    live_through(&world, &id, vec![due, due.plus(Duration::from_secs(7260))]);
    agrees(&world, &id, &planned);
}

#[test]
fn the_time_that_a_run_may_take_ends_for_each_zone_by_itself() {
    let world = World::new(83);
    world.start();
    // Of half past two there is none in New York on this day, and Oslo reads it after the end.
    let zones = ["UTC", "America/New_York", "Europe/Oslo"];
    world.add((0..300).map(|n| in_zone(n, zones[n % 3])).collect());
    let draft = CampaignDraft {
        schedule: Some(ScheduleDraft {
            start: "2031-03-09T02:30:00".to_owned(),
            end: Some("2031-03-09T12:00:00".to_owned()),
            local_time: true,
            ..ScheduleDraft::default()
        }),
        limits: Some(Limits {
            maximum_duration_s: Some(600),
            ..Limits::default()
        }),
        ..world.draft()
    };
    let id = careful(&world, &draft, 10, 20);
    let planned = plan(&world, &id);
    let report = &planned.1;
    let expired = report.outcomes["EXPIRED"];
    // All of Oslo, and in London's zone those who had to wait for the canary.
    assert!((180..200).contains(&expired), "{:?}", report.outcomes);
    assert_eq!(report.outcomes["SUCCESS"], 300 - expired);
    assert_eq!(report.local_hours[3].sent, 100, "the hour that is skipped");
    let due = at("2031-03-09T02:30:00Z");
    assert_eq!(report.first_message, Some(due));
    let last = report.last_message.expect("somebody gets a message");
    assert!(last >= at("2031-03-09T07:30:00Z"));
    let instants = [0, 1_260, 5 * 3_600, 5 * 3_600 + 1_300];
    let instants = instants.map(|seconds| due.plus(Duration::from_secs(seconds)));
    live_through(&world, &id, instants.to_vec());
    agrees(&world, &id, &planned);
}

#[test]
fn a_slow_run_expires_where_its_dry_run_said() {
    let world = World::with_speed(84, 20);
    world.start();
    world.add_people(120);
    let id = world.create(&CampaignDraft {
        schedule: Some(ScheduleDraft {
            start: "2031-03-02T09:00:00Z".to_owned(),
            end: Some("2031-03-03T08:00:00Z".to_owned()),
            frequency: Some(Frequency::Daily),
            ..ScheduleDraft::default()
        }),
        limits: Some(Limits {
            maximum_duration_s: Some(60),
            messages_per_second: Some(1),
            ..Limits::default()
        }),
        ..world.draft()
    });
    let (_, report) = plan(&world, &id);
    let want = [("EXPIRED".to_owned(), 60), ("SUCCESS".to_owned(), 60)];
    assert_eq!(report.outcomes, want.into());
    world.jump_to(at("2031-03-02T09:00:00Z"));
    world.wait_for(&id, CampaignStatus::Completed);
    // The first message needs a moment after the run is due, so its last second may hold none.
    let everybody = world.everybody(&id);
    let sent = everybody[&Outcome::Success].len();
    assert!((57..=60).contains(&sent), "{sent}");
    assert_eq!(everybody[&Outcome::Expired].len(), 120 - sent);
}

fn explain(world: &World, id: &CampaignId, n: usize, at: Option<Timestamp>) -> Explained {
    let campaign = world.campaign(id).expect("the campaign is there");
    let who = Who::Endpoint(format!("p{n}").as_str().into());
    let told = world.block(world.engine().explain(&campaign, &who, at));
    told.expect("the endpoint is known").people.remove(0)
}

#[test]
fn people_are_explained_by_the_times_of_their_treatment() {
    let world = World::new(85);
    world.start();
    world.add((0..60).map(|n| in_zone(n, "Asia/Tokyo")).collect());
    let id = world.create(&apart(&world));
    let mut seen = [0; 3];
    for n in 0..60 {
        let told = explain(&world, &id, n, None);
        let Some(number) = told.treatment else {
            assert_eq!(told.verdict, Verdict::Outcome(Outcome::Holdout));
            continue;
        };
        seen[usize::from(number)] += 1;
        let due = [
            "2031-03-02T09:00:00Z",
            "2031-03-02T20:30:00Z",
            // Eight in the morning in Tokyo.
            "2031-03-03T23:00:00Z",
        ];
        assert_eq!(told.due, Some(at(due[usize::from(number)])), "{told:#?}");
        // Six in the evening, half past five in the morning, and the turn of the zone, whenever
        // one asks before it.
        for (asked, want) in [
            ("2031-03-02T09:00:00Z", Verdict::Send),
            ("2031-03-02T20:30:00Z", Verdict::Outcome(Outcome::QuietTime)),
        ] {
            let told = explain(&world, &id, n, Some(at(asked)));
            let want = if number == 2 { Verdict::Send } else { want };
            assert_eq!(
                told.verdict, want,
                "treatment {number} at {asked}: {told:#?}"
            );
        }
    }
    assert!(seen.iter().all(|people| *people > 0), "{seen:?}");
}

#[test]
fn an_instant_may_lie_before_and_after_everything() {
    let world = World::new(86);
    world.start();
    world.add((0..3).map(|n| in_zone(n, "Asia/Tokyo")).collect());
    let id = world.create(&CampaignDraft {
        schedule: Some(ScheduleDraft {
            frequency: Some(Frequency::Weekly),
            local_time: true,
            ..schedule("2031-03-03T08:00:00")
        }),
        ..world.draft()
    });
    for asked in [
        "1999-01-01T00:00:00Z",
        "2031-03-02T00:00:00Z",
        "2099-12-31T23:59:59Z",
    ] {
        let told = explain(&world, &id, 1, Some(at(asked)));
        assert_eq!(told.verdict, Verdict::Send, "{asked}: {told:#?}");
        assert_eq!(told.due, Some(at("2031-03-03T23:00:00Z")));
        let turn = told.steps.iter().find(|step| step.rule == "TURN");
        let fires = turn.expect("it is asked").inputs["fires"].clone();
        let fires = at(fires.as_str().expect("an instant"));
        assert!(fires >= at(asked), "{fires} is not before {asked}");
        assert_eq!(fires.as_millis().rem_euclid(86_400_000), 23 * 3_600_000);
    }
}

#[test]
fn a_hook_is_not_asked_and_does_not_count_as_passed() {
    let world = World::new(87);
    world.start();
    world.add_people(2);
    let id = world.create(&CampaignDraft {
        paused: Some(true),
        hook: Some(CampaignHook {
            function: None,
            url: Some("https://hooks.example/choose".to_owned()),
            mode: None,
        }),
        ..world.draft()
    });
    let told = explain(&world, &id, 1, None);
    assert_eq!(told.verdict, Verdict::Send);
    let hook = told.steps.iter().find(|step| step.rule == "HOOK");
    let hook = hook.expect("it is named");
    assert_eq!(hook.passed, None);
    assert_eq!(
        hook.detail,
        "https://hooks.example/choose was not asked; in a run it may drop the endpoint"
    );
    let (_, report) = plan(&world, &id);
    assert!(report.hook);
    assert_eq!(report.outcomes, [("SUCCESS".to_owned(), 2)].into());
    assert_eq!(world.callee.heard().len(), 0);
}
