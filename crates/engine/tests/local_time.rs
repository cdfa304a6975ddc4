//! Campaigns whose messages go out by each endpoint's own clock, and treatments that run by
//! schedules of their own, under a clock that runs many times faster than real time.

mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use clock::Timestamp;
use engine::activities::{Activity, ZoneProgress};
use engine::campaigns::{CampaignDraft, ScheduleDraft, TreatmentDraft};
use model::{
    CampaignId, CampaignStatus, EndpointUpdate, Frequency, OptOut, Outcome, Run, RunState,
};
use world::{World, person, person_in, says};

const HOUR: Duration = Duration::from_secs(3600);

fn activities(world: &World, id: &CampaignId) -> Vec<Activity> {
    let store = world.store();
    let campaign = world.campaign(id).expect("the campaign is there");
    let found = world.block(engine::activities::activities(&store, &campaign, None, 100));
    found.expect("the store works").items
}

fn runs(world: &World, id: &CampaignId) -> Vec<Run> {
    world.runs(id)
}

#[track_caller]
fn wait_for_zones(world: &World, id: &CampaignId, completed: u64) {
    world.wait(&format!("{completed} zones"), || {
        let activities = activities(world, id);
        activities
            .first()
            .is_some_and(|activity| activity.zones.completed == completed)
    });
}

fn got(world: &World) -> Vec<String> {
    let taken = world.server.taken();
    taken
        .keys()
        .map(|to| to.split('@').next().unwrap_or_default().to_owned())
        .collect()
}

/// Seven people around the earth, seen from 10:00 in UTC: the first has her turn at once, the
/// second and third five and eight hours later, the fourth fifteen.
fn around_the_earth(world: &World) {
    world.add(vec![
        person_in(1, "UTC"),
        person_in(2, "America/New_York"),
        person_in(3, "America/Los_Angeles"),
        person_in(4, "Asia/Tokyo"),
        person_in(5, "Mars/Olympus"),
        ("p6".to_owned(), person(6)),
    ]);
}

#[test]
fn each_zone_has_its_turn() {
    let world = World::new(71);
    around_the_earth(&world);
    let begins = world.clock.now().plus(HOUR);
    let id = world.create(&world.sweeping(begins));
    world.start();
    world.jump_to(begins);
    wait_for_zones(&world, &id, 1);
    assert_eq!(got(&world), ["p1"]);
    assert_eq!(
        world.campaign(&id).map(|it| it.status),
        Some(CampaignStatus::Executing)
    );
    let [activity] = activities(&world, &id).try_into().expect("one activity");
    assert_eq!((activity.state, activity.zones.total), ("RUNNING", 4));
    let told = world.progress(&id).zones;
    let told: Vec<_> = told
        .iter()
        .map(|it| (it.zone.name.as_str(), it.zone.endpoints, it.done))
        .collect();
    assert_eq!(
        told,
        [
            ("UTC", 1, true),
            ("America/New_York", 1, false),
            ("America/Los_Angeles", 1, false),
            ("Asia/Tokyo", 1, false),
        ]
    );
    assert_eq!(runs(&world, &id)[0].zones.len(), 4);

    world.jump_to(begins.plus(5 * HOUR));
    wait_for_zones(&world, &id, 2);
    assert_eq!(got(&world), ["p1", "p2"]);
    world.jump_to(begins.plus(8 * HOUR));
    wait_for_zones(&world, &id, 3);
    world.jump_to(begins.plus(15 * HOUR));
    world.wait_for(&id, CampaignStatus::Completed);
    let [activity] = activities(&world, &id).try_into().expect("one activity");
    let all = ZoneProgress {
        total: 4,
        completed: 4,
    };
    assert_eq!((activity.state, activity.zones), ("COMPLETED", all));
    assert_eq!(activity.metrics.get("ENDPOINT_MISSING_TIMEZONE"), Some(&2));
    assert_eq!(activity.total, 4);
    world.audit(&id);
}

#[test]
fn at_the_turn_of_a_zone_everybody_is_as_they_are_then() {
    let world = World::new(72);
    around_the_earth(&world);
    world.add(vec![
        person_in(7, "America/New_York"),
        person_in(8, "America/New_York"),
    ]);
    let begins = world.clock.now().plus(HOUR);
    let id = world.create(&world.sweeping(begins));
    world.start();
    world.jump_to(begins);
    wait_for_zones(&world, &id, 1);
    // One goes further west, one opts out, one has a new address, one goes where the turn is over.
    let change = |n: usize, change: fn(&mut EndpointUpdate)| {
        let (id, mut update) = person_in(n, "America/New_York");
        change(&mut update);
        (id, update)
    };
    world.add(vec![
        change(2, |it| {
            it.demographic.timezone = Some("Pacific/Honolulu".to_owned());
        }),
        change(7, |it| it.opt_out = Some(OptOut::All)),
        change(8, |it| it.address = Some("p9@mail.example".to_owned())),
        change(4, |it| it.demographic.timezone = Some("UTC".to_owned())),
    ]);
    world.jump_to(begins.plus(5 * HOUR));
    world.wait("New York", || got(&world).len() == 2);
    assert_eq!(got(&world), ["p1", "p9"]);
    // Honolulu was not in the set, and its turn is waited for.
    world.jump_to(begins.plus(10 * HOUR));
    world.wait("Los Angeles and Honolulu", || got(&world).len() == 4);
    assert_eq!(got(&world), ["p1", "p2", "p3", "p9"]);
    world.jump_to(begins.plus(15 * HOUR));
    world.wait_for(&id, CampaignStatus::Completed);
    let outcomes = world.progress(&id).outcomes;
    let want = BTreeMap::from([
        (Outcome::Success, 4),
        (Outcome::EndpointOptOut, 1),
        (Outcome::EndpointMissingTimezone, 2),
        (Outcome::EndpointTimezoneMismatch, 1),
    ]);
    assert_eq!(outcomes, want);
}

#[test]
fn a_sweep_goes_on_after_a_crash() {
    let mut world = World::new(73);
    let zones = [
        "UTC",
        "America/New_York",
        "America/Los_Angeles",
        "Asia/Tokyo",
    ];
    world.add((0..400).map(|n| person_in(n, zones[n % 4])).collect());
    let begins = world.clock.now().plus(HOUR);
    let id = world.create(&world.sweeping(begins));
    world.start();
    for turn in [0, 5, 8, 15] {
        world.jump_to(begins.plus(turn * HOUR));
        world.wait_for_messages(30, &id);
        world.kill(true);
    }
    world.wait_for(&id, CampaignStatus::Completed);
    let doubt = world.audit(&id);
    assert!(doubt <= 4 * world::IN_FLIGHT as u64);
    assert!(got(&world).len() as u64 + doubt >= 400);
}

#[test]
fn a_sweep_is_paused_and_goes_on_and_is_deleted() {
    let world = World::new(74);
    around_the_earth(&world);
    let begins = world.clock.now().plus(HOUR);
    let id = world.create(&world.sweeping(begins));
    world.start();
    world.jump_to(begins);
    wait_for_zones(&world, &id, 1);
    let set_paused = |paused| {
        let change = CampaignDraft {
            paused: Some(paused),
            ..CampaignDraft::default()
        };
        world.update(&id, &change).status
    };
    assert_eq!(set_paused(true), CampaignStatus::Paused);
    world.wait("the pause", || {
        runs(&world, &id)[0].state == RunState::Paused
    });
    // New York's turn falls into the pause: it comes when the pause ends.
    world.jump_to(begins.plus(6 * HOUR));
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(got(&world), ["p1"]);
    assert_eq!(set_paused(false), CampaignStatus::Executing);
    world.wait("New York", || got(&world).len() == 2);
    let store = world.store();
    let deleted = world.block(engine::campaigns::delete(
        &store,
        &world.clock,
        &world.app,
        &id,
    ));
    deleted.expect("it is there");
    world.wait("the end", || {
        runs(&world, &id)[0].state == RunState::Cancelled
    });
    let run = &runs(&world, &id)[0];
    let cancelled: u64 = world
        .batches(run)
        .iter()
        .filter_map(|batch| batch.outcomes.get(&Outcome::Cancelled))
        .map(model::EndpointSet::len)
        .sum();
    assert_eq!((cancelled, got(&world).len()), (2, 2));
}

/// A campaign whose default treatment runs daily and whose other one hourly.
fn apart(world: &World, begins: Timestamp, own: ScheduleDraft) -> CampaignDraft {
    CampaignDraft {
        holdout_percent: Some(20),
        schedule: Some(ScheduleDraft {
            start: begins.to_string(),
            frequency: Some(Frequency::Daily),
            ..ScheduleDraft::default()
        }),
        treatments: Some(vec![TreatmentDraft {
            size_percent: 40,
            message: Some(says("Other")),
            schedule: Some(own),
            ..TreatmentDraft::default()
        }]),
        ..world.draft()
    }
}

#[test]
fn treatments_run_by_their_own_schedules() {
    let world = World::new(75);
    world.add_people(200);
    let begins = world.clock.now().plus(HOUR);
    let own = ScheduleDraft {
        start: begins.plus(HOUR).to_string(),
        end: Some(begins.plus(2 * HOUR).to_string()),
        frequency: Some(Frequency::Hourly),
        ..ScheduleDraft::default()
    };
    let id = world.create(&apart(&world, begins, own));
    world.start();
    let finished = |count: usize| {
        let runs = runs(&world, &id);
        runs.len() == count && runs.iter().all(|run| run.state == RunState::Completed)
    };
    let status = |number| world.campaign(&id).map(|it| it.treatment_status(number));
    world.jump_to(begins);
    world.wait("the first run", || finished(1));
    assert_eq!(status(0), Some(CampaignStatus::PendingNextRun));
    assert_eq!(status(1), Some(CampaignStatus::Scheduled));
    let first = world.progress(&id);
    let default = first.outcomes[&Outcome::Success];
    let held_out = first.outcomes[&Outcome::Holdout];
    let others = first.outcomes[&Outcome::TreatmentHoldout];
    assert_eq!(default + held_out + others, 200);
    for hour in 1..=2 {
        world.jump_to(begins.plus(hour * HOUR));
        world.wait("the next run", || finished(1 + hour as usize));
        let progress = world.progress(&id);
        assert_eq!(progress.treatments.len(), 1);
        assert_eq!(progress.treatments[0].number, 1);
        let want = BTreeMap::from([
            (Outcome::Success, others),
            (Outcome::TreatmentHoldout, default + held_out),
        ]);
        assert_eq!(progress.outcomes, want);
    }
    // Its end has come; the default treatment goes on.
    assert_eq!(status(1), Some(CampaignStatus::Completed));
    assert_eq!(
        world.campaign(&id).map(|it| it.status),
        Some(CampaignStatus::PendingNextRun)
    );
    let shown = activities(&world, &id);
    let treatments: Vec<u8> = shown.iter().map(|activity| activity.treatment).collect();
    assert_eq!(treatments, [1, 1, 0]);
    assert!(
        shown
            .iter()
            .all(|it| it.metrics["TREATMENT_HOLDOUT"] == 200 - it.total)
    );
    world.jump_to(begins.plus(24 * HOUR));
    world.wait("the next day", || finished(4));
    let taken = world.server.taken();
    assert!(taken.values().all(|times| *times == 2), "{taken:?}");
    assert_eq!(taken.len() as u64, default + others);
}

#[test]
fn a_pause_stops_each_clock_by_its_own_rule() {
    let world = World::new(76);
    world.add_people(100);
    world.server.slow_down(Duration::from_millis(100));
    let begins = world.clock.now().plus(HOUR);
    // One message at a time, so that a run is long.
    let own = ScheduleDraft {
        start: begins.to_string(),
        ..ScheduleDraft::default()
    };
    let mut draft = apart(&world, begins, own);
    draft.limits = Some(model::Limits {
        messages_per_second: Some(1),
        ..model::Limits::default()
    });
    let id = world.create(&draft);
    world.start();
    world.jump_to(begins);
    world.wait("both runs", || {
        runs(&world, &id).len() == 2 && world.server.handed_over() > 0
    });
    let change = |paused| {
        let draft = CampaignDraft {
            paused: Some(paused),
            ..CampaignDraft::default()
        };
        world.update(&id, &draft)
    };
    // The recurring run ends before its pause, the other one rests.
    let paused = change(true);
    assert_eq!(paused.status, CampaignStatus::Executing);
    assert_eq!(paused.treatment_status(1), CampaignStatus::Paused);
    let state = |number| {
        let runs = runs(&world, &id);
        runs.into_iter()
            .find(|run| run.takes(number))
            .map(|run| run.state)
    };
    world.wait("the end of one", || state(0) == Some(RunState::Completed));
    assert_eq!(state(1), Some(RunState::Paused));
    world.wait_for(&id, CampaignStatus::Paused);
    let resumed = change(false);
    assert_eq!(resumed.treatment_status(0), CampaignStatus::PendingNextRun);
    assert_eq!(resumed.treatment_status(1), CampaignStatus::Executing);
    world.wait("the end of the other", || {
        state(1) == Some(RunState::Completed)
    });
    let campaign = world.campaign(&id).expect("it is there");
    assert_eq!(campaign.treatment_status(1), CampaignStatus::Completed);
    assert_eq!(campaign.status, CampaignStatus::PendingNextRun);
    assert!(world.server.taken().values().all(|times| *times == 1));
}
