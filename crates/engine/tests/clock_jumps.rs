//! A machine's clock that is set back and forth while campaigns wait and run
//! (`docs/spec/campaigns.md §4`): nobody is lost, nobody gets two, no run happens twice.

mod world;

use std::time::Duration;

use clock::Timestamp;
use engine::campaigns::{CampaignDraft, ScheduleDraft};
use model::{
    CampaignId, CampaignStatus, EndpointUpdate, Frequency, Limits, Outcome, QuietTime, RunState,
};
use world::{Answer, World, person};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn at(world: &World, begins: Timestamp, schedule: ScheduleDraft) -> CampaignDraft {
    CampaignDraft {
        schedule: Some(ScheduleDraft {
            start: begins.to_string(),
            ..schedule
        }),
        ..world.draft()
    }
}

fn recurring(frequency: Frequency) -> ScheduleDraft {
    ScheduleDraft {
        frequency: Some(frequency),
        ..ScheduleDraft::default()
    }
}

fn paused(paused: bool) -> CampaignDraft {
    CampaignDraft {
        paused: Some(paused),
        ..CampaignDraft::default()
    }
}

/// Sets the clock to `instant` and lets the engine look; a message that should not be would follow.
fn set_and_look(world: &World, instant: Timestamp) {
    world.set_clock(instant);
    world.tick();
    std::thread::sleep(Duration::from_millis(20));
}

fn wait_for_runs(world: &World, id: &CampaignId, count: usize) {
    world.wait(&format!("run {count}"), || {
        let runs = world.runs(id);
        runs.len() == count && runs.iter().all(|run| run.state == RunState::Completed)
    });
}

#[test]
fn an_immediate_run_goes_on() {
    let world = World::new(91);
    world.add_people(400);
    world.server.slow_down(Duration::from_millis(5));
    let start = world.clock.now();
    let id = world.create(&world.draft());
    world.start();
    let jumps = [
        start.plus(3 * HOUR),
        start.minus(2 * HOUR),
        start,
        start.plus(20 * MINUTE),
    ];
    for instant in jumps {
        world.wait_for_messages(60, &id);
        world.set_clock(instant);
    }
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    assert_eq!(world.server.taken().len(), 400);
}

#[test]
fn a_provider_that_was_away_is_not_spared_for_hours() {
    let world = World::new(92);
    world.add_people(40);
    world.server.behave(|_, _| Answer::NotNow(None));
    let id = world.create(&world.draft());
    world.start();
    world.wait("a few attempts", || world.server.handed_over() > 4);
    let start = world.clock.now();
    world.set_clock(start.minus(DAY));
    let before = world.server.handed_over();
    world.wait("further attempts", || {
        world.server.handed_over() > before + 4
    });
    world.server.behave(|_, _| Answer::Take);
    world.wait_for(&id, CampaignStatus::Completed);
    assert!(world.clock.now() < start, "it waited for the clock");
    assert_eq!(world.audit(&id), 0);
}

#[test]
fn a_run_that_waits_comes_once() {
    let world = World::new(93);
    world.add_people(20);
    let begins = world.clock.now().plus(2 * HOUR);
    let id = world.create(&at(&world, begins, ScheduleDraft::default()));
    world.start();
    for instant in [
        begins.minus(HOUR),
        begins.minus(5 * HOUR),
        begins.minus(30 * MINUTE),
    ] {
        set_and_look(&world, instant);
        assert!(world.run(&id).is_none());
    }
    // Jumped over by less than a quarter of an hour, it is late.
    set_and_look(&world, begins.plus(10 * MINUTE));
    world.set_clock(begins.minus(HOUR));
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    set_and_look(&world, begins);
    wait_for_runs(&world, &id, 1);
    assert_eq!(world.server.handed_over(), 20);
}

#[test]
fn a_run_that_was_jumped_over_stays_missed() {
    let world = World::new(94);
    world.add_people(20);
    let begins = world.clock.now().plus(2 * HOUR);
    let id = world.create(&at(&world, begins, ScheduleDraft::default()));
    world.start();
    set_and_look(&world, begins.plus(HOUR));
    world.wait_for(&id, CampaignStatus::Completed);
    let campaign = world.campaign(&id).expect("it is there");
    let told = campaign.status_reason.expect("it says why");
    assert!(told.contains("missed"), "{told}");
    set_and_look(&world, begins.minus(MINUTE));
    set_and_look(&world, begins);
    assert!(world.run(&id).is_none() && world.server.handed_over() == 0);
}

#[test]
fn an_occurrence_comes_once() {
    let world = World::new(95);
    world.add_people(20);
    let begins = world.clock.now().plus(HOUR);
    let id = world.create(&at(&world, begins, recurring(Frequency::Daily)));
    world.start();
    set_and_look(&world, begins);
    wait_for_runs(&world, &id, 1);
    world.wait_for(&id, CampaignStatus::PendingNextRun);
    // Back before the run, and past it once more: also if the campaign is paused and resumed then.
    set_and_look(&world, begins.minus(30 * MINUTE));
    assert_eq!(
        world.update(&id, &paused(true)).status,
        CampaignStatus::Paused
    );
    let resumed = world.update(&id, &paused(false));
    assert_eq!(resumed.next_run, Some(begins.plus(DAY)));
    set_and_look(&world, begins);
    wait_for_runs(&world, &id, 1);
    // So it is if its schedule changes.
    world.set_clock(begins.minus(30 * MINUTE));
    let quiet = QuietTime {
        start: 60,
        end: 120,
    };
    let schedule = ScheduleDraft {
        quiet_time: Some(quiet),
        ..recurring(Frequency::Daily)
    };
    let changed = world.update(
        &id,
        &CampaignDraft {
            schedule: at(&world, begins, schedule).schedule,
            ..CampaignDraft::default()
        },
    );
    assert_eq!(changed.next_run, Some(begins.plus(DAY)));
    // Three days ahead, five minutes after the hour: one run, that of the third day.
    set_and_look(&world, begins.plus(3 * DAY + 5 * MINUTE));
    wait_for_runs(&world, &id, 2);
    world.wait_for(&id, CampaignStatus::PendingNextRun);
    for day in [1, 2, 3] {
        set_and_look(&world, begins.plus(day * DAY));
        wait_for_runs(&world, &id, 2);
    }
    // An hour past the hour is too late for the fourth day.
    set_and_look(&world, begins.plus(4 * DAY + HOUR));
    assert_eq!(
        world.campaign(&id).and_then(|it| it.next_run),
        Some(begins.plus(5 * DAY))
    );
    set_and_look(&world, begins.plus(5 * DAY));
    wait_for_runs(&world, &id, 3);
    let days: Vec<_> = world.runs(&id).iter().map(|run| run.scheduled).collect();
    assert_eq!(days, [5, 3, 0].map(|day| begins.plus(day * DAY)));
    assert!(world.server.taken().values().all(|times| *times == 3));
}

#[test]
fn a_run_that_the_clock_outruns_is_followed_by_one() {
    let world = World::new(96);
    world.add_people(200);
    world.server.slow_down(Duration::from_millis(5));
    let begins = world.clock.now().plus(HOUR);
    let id = world.create(&at(&world, begins, recurring(Frequency::Hourly)));
    world.start();
    world.set_clock(begins);
    world.wait_for_messages(30, &id);
    world.set_clock(begins.plus(3 * HOUR + 5 * MINUTE));
    world.wait_for_messages(30, &id);
    world.set_clock(begins.plus(2 * HOUR + 5 * MINUTE));
    wait_for_runs(&world, &id, 2);
    world.wait_for(&id, CampaignStatus::PendingNextRun);
    assert!(world.server.taken().values().all(|times| *times == 2));
    let hours: Vec<_> = world.runs(&id).iter().map(|run| run.scheduled).collect();
    assert_eq!(hours, [2, 0].map(|hour| begins.plus(hour * HOUR)));
    assert_eq!(
        world.campaign(&id).and_then(|it| it.next_run),
        Some(begins.plus(3 * HOUR))
    );
}

#[test]
fn a_turn_that_is_over_stays_over() {
    let world = World::new(97);
    let zones = [
        "UTC",
        "America/New_York",
        "America/Los_Angeles",
        "Asia/Tokyo",
    ];
    let in_zone = |n: usize| {
        let mut update: EndpointUpdate = person(n);
        update.demographic.timezone = Some(zones[n % 4].to_owned());
        (format!("p{n}"), update)
    };
    world.add((0..40).map(in_zone).collect());
    let begins = world.clock.now().plus(HOUR);
    let sweep = ScheduleDraft {
        local_time: true,
        ..ScheduleDraft::default()
    };
    let id = world.create(&at(&world, begins, sweep));
    world.start();
    let wait_for = |count| {
        world.wait(&format!("{count} messages"), || {
            world.server.taken().len() == count
        });
    };
    set_and_look(&world, begins);
    wait_for(10);
    set_and_look(&world, begins.plus(5 * HOUR));
    // Back in the middle of the turn, and behind the opening.
    set_and_look(&world, begins.minus(2 * HOUR));
    world.set_clock(begins.plus(5 * HOUR));
    wait_for(20);
    set_and_look(&world, begins.plus(4 * HOUR));
    assert_eq!(world.server.handed_over(), 20);
    // Two turns are jumped over: they are late, not lost.
    world.set_clock(begins.plus(20 * HOUR));
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    assert_eq!((world.server.handed_over(), world.runs(&id).len()), (40, 1));
}

#[test]
fn quiet_time_is_what_the_clock_shows() {
    let world = World::with_speed(98, 20);
    world.add_people(120);
    let start = world.clock.now();
    let mut draft = world.draft();
    draft.limits = Some(Limits {
        messages_per_second: Some(20),
        ..Limits::default()
    });
    draft.schedule.as_mut().expect("set").quiet_time = Some(QuietTime {
        start: 22 * 60,
        end: 6 * 60,
    });
    world.add(
        (0..120)
            .map(|n| {
                let mut update = person(n);
                update.demographic.timezone = Some("UTC".to_owned());
                (format!("p{n}"), update)
            })
            .collect(),
    );
    let id = world.create(&draft);
    world.start();
    let count = |outcome| {
        let found = world.progress(&id).outcomes.get(&outcome).copied();
        found.unwrap_or_default()
    };
    world.wait("the first messages", || world.server.handed_over() >= 20);
    world.set_clock(start.plus(14 * HOUR));
    world.wait("somebody who sleeps", || count(Outcome::QuietTime) > 0);
    world.set_clock(start.plus(HOUR));
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    let (sent, quiet) = (count(Outcome::Success), count(Outcome::QuietTime));
    assert!(
        sent > 20 && sent + quiet == 120,
        "{sent} sent, {quiet} asleep"
    );
}

#[test]
fn the_pace_is_kept_whatever_the_clock_shows() {
    let world = World::with_speed(99, 20);
    world.add_people(200);
    let start = world.clock.now();
    let mut draft = world.draft();
    draft.limits = Some(Limits {
        messages_per_second: Some(20),
        ..Limits::default()
    });
    let id = world.create(&draft);
    world.start();
    for instant in [
        start.plus(2 * HOUR),
        start.minus(3 * HOUR),
        start.plus(MINUTE),
    ] {
        world.wait_for_messages(40, &id);
        world.set_clock(instant);
    }
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    // The clock moves in steps of 20 ms, and a message is noted up to some steps after its permit.
    let mut instants = world.server.instants();
    instants.sort();
    let took = *instants.last().expect("messages") - instants[0];
    assert!(took >= Duration::from_millis(9_300), "{took:?}");
    assert!(took < HOUR, "it waited for the clock: {took:?}");
}
