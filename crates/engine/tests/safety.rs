//! Canary and brake: who goes first, what stops a run, and how it goes on.

mod world;

use std::collections::BTreeSet;
use std::time::Duration;

use engine::campaigns::{CampaignDraft, ScheduleDraft};
use engine::safety::{self, Precautions};
use model::{
    Brake, CampaignId, CampaignSafety, CampaignStatus, Canary, Frequency, Holder, Outcome, RunState,
};
use world::{Answer, World};

fn canary(percent: u8, hold_minutes: u32) -> CampaignSafety {
    CampaignSafety {
        canary: Some(Canary {
            percent,
            hold_minutes,
        }),
        brake: None,
    }
}

fn brake(change: impl Fn(&mut Brake)) -> CampaignSafety {
    let mut brake = Brake {
        minimum: 50,
        ..Brake::default()
    };
    change(&mut brake);
    CampaignSafety {
        canary: None,
        brake: Some(brake),
    }
}

/// A campaign with precautions, which are set before it may begin.
fn careful(world: &World, safety: CampaignSafety) -> CampaignId {
    let mut draft = world.draft();
    draft.paused = Some(true);
    let id = world.create(&draft);
    set(world, &id, safety);
    let resume = CampaignDraft {
        paused: Some(false),
        ..CampaignDraft::default()
    };
    world.update(&id, &resume);
    id
}

fn set(world: &World, id: &CampaignId, safety: CampaignSafety) {
    let precautions = Precautions {
        safety,
        resend_in_doubt: false,
    };
    let store = world.store();
    world
        .block(safety::set(&store, &world.app, id, &precautions))
        .expect("the precautions are valid");
}

fn go_on(world: &World, id: &CampaignId) -> bool {
    let store = world.store();
    let went = world.block(safety::go_on(&store, &world.app, id));
    world.engine().wake();
    went.expect("the campaign is there")
}

#[track_caller]
fn wait_held(world: &World, id: &CampaignId, by: Holder) -> String {
    world.wait("the run to be held", || {
        let held = world.run(id).and_then(|run| run.guard.held);
        held.is_some_and(|hold| hold.by == by)
    });
    let held = world.progress(id).held.expect("it is held");
    held.reason
}

#[test]
fn the_canary_goes_first_and_the_rest_follows_after_the_hold() {
    let world = World::new(41);
    world.add_people(400);
    let id = careful(&world, canary(10, 60));
    world.start();
    let reason = wait_held(&world, &id, Holder::Canary);
    assert!(
        reason.starts_with("the canary is out; the rest follows at "),
        "{reason}"
    );
    assert_eq!(world.server.handed_over(), 40);
    let progress = world.progress(&id);
    assert_eq!((progress.tally.sent, progress.remaining), (40, 360));
    assert_eq!(progress.canary_only, Some(true));
    assert!(!go_on_is_needed(&world, &id));
    world.jump_to(world.clock.now().plus(Duration::from_secs(3600)));
    world.wait_for(&id, CampaignStatus::Completed);
    let run = world.run(&id).expect("there is a run");
    let waited = run.ended.expect("it has ended").since(run.started);
    assert!(waited >= Duration::from_secs(3600), "{waited:?}");
    assert_eq!(world.progress(&id).canary_only, Some(false));
    assert_eq!(world.audit(&id), 0);
    assert_eq!(world.server.taken().len(), 400);
}

/// Whether a run waits for a person.
fn go_on_is_needed(world: &World, id: &CampaignId) -> bool {
    let held = world.progress(id).held;
    held.is_some_and(|hold| hold.until.is_none())
}

#[test]
fn without_a_hold_time_the_canary_waits_for_a_person() {
    let mut world = World::new(42);
    world.add_people(100);
    let id = careful(&world, canary(7, 0));
    world.start();
    wait_held(&world, &id, Holder::Canary);
    assert!(go_on_is_needed(&world, &id));
    assert_eq!(world.server.handed_over(), 7);
    // The state outlives the process, and time alone does not end it.
    world.kill(true);
    world.jump_to(world.clock.now().plus(Duration::from_secs(86_400)));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(world.server.handed_over(), 7);
    assert!(go_on(&world, &id));
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    assert_eq!(world.server.taken().len(), 100);
    assert!(!go_on(&world, &id), "nothing is held any more");
}

#[test]
fn bounces_pull_the_brake_and_a_person_lets_the_run_go_on() {
    let mut world = World::new(43);
    world.add_people(1000);
    // Every third address is gone.
    world.server.behave(|letter, _| {
        let number = letter.to.trim_start_matches('p').split('@').next();
        let number: usize = number.and_then(|n| n.parse().ok()).unwrap_or(0);
        if number.is_multiple_of(3) {
            Answer::Never
        } else {
            Answer::Take
        }
    });
    let id = careful(&world, brake(|brake| brake.hard_bounce_percent = Some(5.0)));
    world.start();
    let reason = wait_held(&world, &id, Holder::Brake);
    assert!(
        reason.contains("hard bounces in") && reason.contains("above the 5 % of the brake"),
        "{reason}"
    );
    let handed_over = world.server.handed_over();
    // At the fiftieth attempt, and what was in flight.
    assert!(
        (50..50 + 2 * world::IN_FLIGHT).contains(&handed_over),
        "{handed_over}"
    );
    let progress = world.progress(&id);
    assert_eq!(progress.state, RunState::Running);
    assert_eq!(
        progress.tally.sent + progress.tally.failed,
        handed_over as u64
    );
    assert_eq!(progress.remaining, 1000 - handed_over as u64);
    world.kill(true);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(
        world.server.handed_over(),
        handed_over,
        "held after a crash"
    );
    // It is not held again for the same figures, but for new ones.
    assert!(go_on(&world, &id));
    world.wait("more messages", || world.server.handed_over() > handed_over);
    wait_held(&world, &id, Holder::Brake);
    let second = world.server.handed_over();
    assert!(second >= handed_over + 50, "{second}");
    set(&world, &id, CampaignSafety::default());
    assert!(go_on(&world, &id));
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    let everybody = world.everybody(&id);
    assert_eq!(everybody[&Outcome::FailurePermanent].len(), 334);
}

#[test]
fn provider_errors_pull_the_brake() {
    let world = World::new(44);
    world.add_people(600);
    world.server.behave(|_, _| Answer::TakeSilently);
    let id = careful(
        &world,
        brake(|brake| brake.provider_error_percent = Some(50.0)),
    );
    world.start();
    let reason = wait_held(&world, &id, Holder::Brake);
    assert!(reason.contains("provider errors in"), "{reason}");
    assert!(world.server.handed_over() < 300);
}

#[test]
fn complaints_are_heard_from_the_log_while_the_canary_holds() {
    let world = World::new(45);
    // Simulated recipients: each takes its message and complains.
    let people = (0..200).map(|n| {
        let mut person = world::person(n);
        person.address = Some(format!("complaint+{n}@simulator.beckon.test"));
        (format!("p{n}"), person)
    });
    world.add(people.collect());
    let mut safety = brake(|brake| {
        brake.complaint_percent = Some(1.0);
        brake.minimum = 10;
    });
    safety.canary = canary(10, 30).canary;
    let id = careful(&world, safety);
    world.start();
    wait_held(&world, &id, Holder::Canary);
    world.complain(&id, 0..200);
    let run = world.run(&id).expect("there is a run");
    let store = world.store();
    let parent = store::version_parent(world.app.as_str(), id.as_str());
    world.wait("the complaints to be noted", || {
        let noted = store.of::<model::RunFeedback>();
        let noted = world.block(noted.get(&parent, run.activities[0].as_str()));
        let noted = noted.expect("the store works");
        noted.is_some_and(|feedback| feedback.complained.len() == 20)
    });
    world.jump_to(world.clock.now().plus(Duration::from_secs(1800)));
    let reason = wait_held(&world, &id, Holder::Brake);
    assert!(reason.contains("complaints in 20 attempts"), "{reason}");
    assert_eq!(world.server.handed_over(), 20);
    assert_eq!(world.progress(&id).canary_only, Some(true));
    // Going on, the run is still in its canary: nothing new is attempted before that has held.
    assert!(go_on(&world, &id));
    wait_held(&world, &id, Holder::Canary);
    assert!(go_on(&world, &id));
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.server.handed_over(), 200);
}

#[test]
fn a_held_run_is_paused_resumed_and_deleted_like_any_other() {
    let world = World::new(46);
    world.add_people(50);
    let id = careful(&world, canary(10, 0));
    world.start();
    wait_held(&world, &id, Holder::Canary);
    let mut draft = CampaignDraft {
        paused: Some(true),
        ..CampaignDraft::default()
    };
    assert_eq!(world.update(&id, &draft).status, CampaignStatus::Paused);
    assert!(go_on(&world, &id));
    world.wait("the run to pause", || {
        world
            .run(&id)
            .is_some_and(|run| run.state == RunState::Paused)
    });
    assert_eq!(world.server.handed_over(), 5);
    draft.paused = Some(false);
    world.update(&id, &draft);
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);

    let id = careful(&world, canary(10, 0));
    wait_held(&world, &id, Holder::Canary);
    let run = world.run(&id).expect("there is a run");
    let store = world.store();
    let deleted = engine::campaigns::delete(&store, &world.clock, &world.app, &id);
    world.block(deleted).expect("it is there");
    world.engine().wake();
    world.wait("the run to end", || {
        world
            .run(&id)
            .is_some_and(|run| run.state == RunState::Cancelled)
    });
    let cancelled: BTreeSet<u32> = world
        .batches(&run)
        .iter()
        .filter_map(|batch| batch.outcomes.get(&Outcome::Cancelled))
        .flatten()
        .collect();
    assert_eq!(cancelled.len(), 45);
}

/// Waits until complaints of so many people about the campaign's run are noted.
fn wait_heard(world: &World, id: &CampaignId, people: u64) {
    let run = world.run(id).expect("there is a run");
    let store = world.store();
    let parent = store::version_parent(world.app.as_str(), id.as_str());
    world.wait("the complaints to be noted", || {
        let noted = store.of::<model::RunFeedback>();
        let noted = world.block(noted.get(&parent, run.activities[0].as_str()));
        let noted = noted.expect("the store works");
        noted.is_some_and(|feedback| feedback.complained.len() == people)
    });
}

#[test]
fn a_brake_ends_the_hold_of_the_canary() {
    let mut world = World::new(48);
    world.add_people(200);
    let mut safety = brake(|brake| {
        brake.complaint_percent = Some(10.0);
        brake.minimum = 10;
    });
    safety.canary = canary(10, 600).canary;
    let id = careful(&world, safety);
    world.start();
    wait_held(&world, &id, Holder::Canary);
    let before = world.clock.now();
    world.complain(&id, 0..200);
    let reason = wait_held(&world, &id, Holder::Brake);
    assert!(reason.contains("20 complaints in 20 attempts"), "{reason}");
    assert!(world.clock.now().since(before) < Duration::from_secs(600 * 60));
    assert_eq!(world.progress(&id).canary_only, Some(true));
    assert!(go_on_is_needed(&world, &id));
    // Neither time nor a crash lets it go on.
    world.kill(true);
    world.jump_to(world.clock.now().plus(Duration::from_secs(86_400)));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(world.server.handed_over(), 20);
    assert!(go_on(&world, &id));
    wait_held(&world, &id, Holder::Canary);
    assert!(go_on(&world, &id));
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
}

#[test]
fn a_brake_counts_what_the_run_had_before_it_was_set() {
    let world = World::new(49);
    world.add_people(200);
    let id = careful(&world, canary(10, 600));
    world.start();
    wait_held(&world, &id, Holder::Canary);
    world.complain(&id, 0..200);
    wait_heard(&world, &id, 20);
    let mut safety = brake(|brake| {
        brake.complaint_percent = Some(10.0);
        brake.minimum = 10;
    });
    safety.canary = canary(10, 600).canary;
    set(&world, &id, safety);
    let watched = world.block(world.engine().watch(&world.app, &id));
    watched.expect("the store works");
    let reason = wait_held(&world, &id, Holder::Brake);
    assert!(reason.contains("20 complaints in 20 attempts"), "{reason}");
}

#[test]
fn messages_that_cannot_be_made_are_no_bounces() {
    let mut world = World::new(50);
    let people = (0..400).map(|n| {
        let mut person = world::person(n);
        if n % 2 == 0 {
            person.address = Some(format!("no address {n}"));
        }
        (format!("p{n}"), person)
    });
    world.add(people.collect());
    world.server.slow_down(Duration::from_millis(1));
    let id = careful(&world, brake(|brake| brake.hard_bounce_percent = Some(1.0)));
    world.start();
    // What a crash left in the documents and in the log is told apart, too.
    for _ in 0..3 {
        world.wait_for_messages(30, &id);
        world.kill(true);
    }
    world.wait_for(&id, CampaignStatus::Completed);
    world.audit(&id);
    let everybody = world.everybody(&id);
    assert_eq!(everybody[&Outcome::FailurePermanent].len(), 200);
    let run = world.run(&id).expect("there is a run");
    let unmade: u64 = world.batches(&run).iter().map(|it| it.unmade.len()).sum();
    assert_eq!(unmade, 200);
}

#[test]
fn precautions_are_there_before_anything_starts() {
    let world = World::new(51);
    world.add_people(100);
    world.start();
    let id = world.create(&CampaignDraft {
        safety: Some(canary(10, 0)),
        ..world.draft()
    });
    wait_held(&world, &id, Holder::Canary);
    assert_eq!(world.server.handed_over(), 10);
    // Its only run has begun with the canary that it has; what else there is still applies.
    let store = world.store();
    let try_to = |safety: CampaignSafety| {
        let precautions = Precautions {
            safety,
            resend_in_doubt: false,
        };
        let set = world.block(safety::set(&store, &world.app, &id, &precautions));
        set.map_err(|error| error.to_string())
    };
    let refused = try_to(canary(20, 0)).expect_err("too late");
    assert!(
        refused.starts_with("canary: the campaign's last run has begun"),
        "{refused}"
    );
    let mut both = brake(|brake| brake.hard_bounce_percent = Some(5.0));
    both.canary = canary(10, 0).canary;
    assert_eq!(try_to(both.clone()), Ok(()));
    assert!(go_on(&world, &id));
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(try_to(both), Ok(()), "nothing changes");
    let refused = try_to(CampaignSafety::default()).expect_err("it is over");
    assert_eq!(
        refused,
        "safety: the campaign is COMPLETED, and nothing runs any more"
    );
    let store = world.store();
    let draft = CampaignDraft {
        safety: Some(canary(51, 0)),
        ..world.draft()
    };
    let most = engine::campaigns::ACTIVE_MAX;
    let made = engine::campaigns::create(&store, &world.clock, &world.app, &draft, most);
    let refused = world.block(made).expect_err("out of its bounds");
    assert_eq!(refused.to_string(), "canary.percent must be 1 to 50");
}

#[test]
fn a_canary_that_is_set_between_runs_counts_from_the_next_one() {
    let world = World::new(52);
    world.add_people(40);
    world.start();
    let start = world.clock.now().plus(Duration::from_secs(3600));
    let id = world.create(&CampaignDraft {
        schedule: Some(ScheduleDraft {
            start: start.to_string(),
            frequency: Some(Frequency::Daily),
            ..ScheduleDraft::default()
        }),
        ..world.draft()
    });
    world.jump_to(start);
    world.wait_for(&id, CampaignStatus::PendingNextRun);
    set(&world, &id, canary(25, 0));
    world.jump_to(start.plus(Duration::from_secs(86_400)));
    wait_held(&world, &id, Holder::Canary);
    assert_eq!(world.server.handed_over(), 50);
}

#[test]
fn precautions_have_bounds() {
    let world = World::new(47);
    let id = world.create(&world.draft());
    let store = world.store();
    let check = |safety: CampaignSafety, want: &str| {
        let precautions = Precautions {
            safety,
            resend_in_doubt: true,
        };
        let refused = world.block(safety::set(&store, &world.app, &id, &precautions));
        let refused = refused.map_err(|error| error.to_string());
        assert_eq!(refused, Err(want.to_owned()));
    };
    check(canary(0, 1), "canary.percent must be 1 to 50");
    check(canary(51, 1), "canary.percent must be 1 to 50");
    check(canary(1, 10_081), "canary.holdMinutes must be 0 to 10080");
    check(brake(|_| {}), "brake needs at least one threshold");
    let share = |share| brake(move |brake| brake.complaint_percent = Some(share));
    check(share(-0.1), "brake.complaintPercent must be 0 to 100");
    check(share(f64::NAN), "brake.complaintPercent must be 0 to 100");
    check(share(100.5), "brake.complaintPercent must be 0 to 100");
    let mut none = share(1.0);
    none.brake.as_mut().expect("it has one").minimum = 0;
    check(none, "brake.minimum must be at least 1");
    assert!(!world.campaign(&id).expect("it is there").resend_in_doubt);
}
