//! Caps across campaigns, runs and lives of the process.

mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use engine::campaigns::{CampaignDraft, ScheduleDraft};
use model::{CampaignId, CampaignStatus, Frequency, Limits, Outcome};
use world::{Answer, World};

const HOUR: Duration = Duration::from_secs(3600);

fn capped(world: &World, limits: Limits) -> CampaignDraft {
    CampaignDraft {
        limits: Some(limits),
        ..world.draft()
    }
}

fn daily(cap: u32) -> Limits {
    Limits {
        daily: Some(cap),
        ..Limits::default()
    }
}

fn total(cap: u32) -> Limits {
    Limits {
        total: Some(cap),
        ..Limits::default()
    }
}

#[track_caller]
fn check(world: &World, id: &CampaignId, want: &[(Outcome, u64)]) {
    world.wait_for(id, CampaignStatus::Completed);
    let found = world.progress(id).outcomes;
    assert_eq!(found, want.iter().copied().collect::<BTreeMap<_, _>>());
}

#[test]
fn campaigns_that_run_at_once_share_the_daily_cap() {
    let world = World::new(41);
    world.add_people(500);
    world.server.slow_down(Duration::from_millis(2));
    let drafts: Vec<CampaignDraft> = (0..4).map(|_| capped(&world, daily(1))).collect();
    let ids: Vec<CampaignId> = drafts.iter().map(|draft| world.create(draft)).collect();
    world.start();
    let mut sent = 0;
    let mut sharers = 0;
    for id in &ids {
        world.wait_for(id, CampaignStatus::Completed);
        let outcomes = world.progress(id).outcomes;
        let own = outcomes.get(&Outcome::Success).copied().unwrap_or(0);
        let capped = outcomes.get(&Outcome::DailyCap).copied().unwrap_or(0);
        assert_eq!(own + capped, 500, "{outcomes:?}");
        sent += own;
        sharers += u32::from(own > 0);
    }
    assert_eq!(sent, 500, "by {sharers} campaigns");
    assert!(world.server.taken().values().all(|times| *times == 1));
}

#[test]
fn the_day_is_remembered_after_a_crash_and_forgotten_after_a_day() {
    let mut world = World::new(42);
    world.add_people(300);
    world.server.slow_down(Duration::from_millis(5));
    let first = world.create(&world.draft());
    world.start();
    world.wait_for_messages(100, &first);
    world.kill(true);
    world.wait_for(&first, CampaignStatus::Completed);
    world.kill(true);
    // Who is in doubt has had a message, too.
    let second = world.create(&capped(&world, daily(1)));
    check(&world, &second, &[(Outcome::DailyCap, 300)]);
    world.jump_to(world.clock.now().plus(24 * HOUR));
    let third = world.create(&capped(&world, daily(1)));
    check(&world, &third, &[(Outcome::Success, 300)]);
}

#[test]
fn what_did_not_go_out_does_not_count() {
    let world = World::new(43);
    world.add_people(40);
    world.server.behave(|_, _| Answer::NotNow(None));
    let waiting = world.create(&capped(&world, daily(1)));
    world.start();
    world.wait("a few attempts", || world.server.handed_over() > 4);
    world.server.behave(|_, _| Answer::Take);
    check(&world, &waiting, &[(Outcome::Success, 40)]);
    let next = world.create(&capped(&world, daily(2)));
    check(&world, &next, &[(Outcome::Success, 40)]);
    let full = world.create(&capped(&world, daily(2)));
    check(&world, &full, &[(Outcome::DailyCap, 40)]);
}

#[test]
fn the_total_counts_over_all_runs_of_a_campaign() {
    let mut world = World::new(44);
    world.add_people(20);
    let begins = world.clock.now().plus(HOUR);
    let draft = CampaignDraft {
        schedule: Some(ScheduleDraft {
            start: begins.to_string(),
            end: Some(begins.plus(3 * HOUR).to_string()),
            frequency: Some(Frequency::Hourly),
            ..ScheduleDraft::default()
        }),
        ..capped(&world, total(2))
    };
    let id = world.create(&draft);
    world.start();
    for n in 0..4 {
        world.jump_to(begins.plus(n * HOUR));
        let want = if n < 2 {
            Outcome::Success
        } else {
            Outcome::CampaignCap
        };
        world.wait("the run", || {
            world
                .run(&id)
                .is_some_and(|run| run.scheduled == begins.plus(n * HOUR) && run.ended.is_some())
        });
        assert_eq!(world.progress(&id).outcomes, BTreeMap::from([(want, 20)]));
        world.kill(true);
    }
    assert!(world.server.taken().values().all(|times| *times == 2));
}
