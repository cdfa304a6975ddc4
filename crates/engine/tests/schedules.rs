//! Campaigns that recur, under a clock that runs many times faster than real time.

mod world;

use std::time::Duration;

use clock::Timestamp;
use engine::campaigns::{CampaignDraft, ScheduleDraft};
use model::{CampaignId, CampaignStatus, Frequency, Run, RunState};
use world::World;

const HOUR: Duration = Duration::from_secs(3600);

/// A campaign that recurs from `begins` on.
fn recurring(
    world: &World,
    frequency: Frequency,
    begins: Timestamp,
    end: Option<Timestamp>,
) -> CampaignDraft {
    let mut draft = world.draft();
    draft.schedule = Some(ScheduleDraft {
        start: begins.to_string(),
        end: end.map(|end| end.to_string()),
        frequency: Some(frequency),
        ..ScheduleDraft::default()
    });
    draft
}

/// The runs of a campaign, oldest first.
fn runs(world: &World, id: &CampaignId) -> Vec<Run> {
    let store = world.store();
    let parent = store::version_parent(world.app.as_str(), id.as_str());
    let page = world.block(store.of::<Run>().list(&parent, None, 1000));
    let mut runs: Vec<Run> = page
        .expect("the store works")
        .items
        .into_iter()
        .map(|stored| stored.value)
        .collect();
    runs.reverse();
    runs
}

/// Lets the run that is due at `instant` happen.
#[track_caller]
fn pass(world: &World, id: &CampaignId, instant: Timestamp) -> Run {
    world.jump_to(instant);
    let done = |run: &Run| run.state == RunState::Completed && run.scheduled == instant;
    world.wait("the run", || runs(world, id).last().is_some_and(done));
    runs(world, id).pop().expect("it ran")
}

#[test]
fn a_campaign_recurs_until_its_end() {
    let world = World::new(31);
    world.add_people(20);
    let begins = world.clock.now().plus(HOUR);
    // A run at exactly the end still starts.
    let end = begins.plus(2 * HOUR);
    let id = world.create(&recurring(&world, Frequency::Hourly, begins, Some(end)));
    world.start();
    for n in 0..3 {
        let run = pass(&world, &id, begins.plus(n * HOUR));
        assert!(run.started >= run.scheduled);
        let next = if n < 2 {
            CampaignStatus::PendingNextRun
        } else {
            CampaignStatus::Completed
        };
        world.wait_for(&id, next);
    }
    let taken = world.server.taken();
    assert_eq!(taken.len(), 20);
    assert!(taken.values().all(|times| *times == 3), "{taken:?}");
}

#[test]
fn runs_that_fall_into_a_pause_are_lost() {
    let world = World::new(32);
    world.add_people(5);
    let begins = world.clock.now().plus(HOUR);
    let id = world.create(&recurring(&world, Frequency::Hourly, begins, None));
    world.start();
    pass(&world, &id, begins);
    let set_paused = |paused| {
        let change = CampaignDraft {
            paused: Some(paused),
            ..CampaignDraft::default()
        };
        world.update(&id, &change).status
    };
    assert_eq!(set_paused(true), CampaignStatus::Paused);
    world.jump_to(begins.plus(5 * HOUR));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(runs(&world, &id).len(), 1);
    assert_eq!(set_paused(false), CampaignStatus::PendingNextRun);
    pass(&world, &id, begins.plus(6 * HOUR));
    assert_eq!(runs(&world, &id).len(), 2);
}

#[test]
fn a_run_that_takes_longer_than_an_hour_holds_the_next_back() {
    let world = World::new(33);
    world.add_people(40);
    world.server.slow_down(Duration::from_millis(100));
    let begins = world.clock.now().plus(HOUR);
    let id = world.create(&recurring(&world, Frequency::Hourly, begins, None));
    world.start();
    world.jump_to(begins);
    world.wait("the first run", || world.server.handed_over() > 0);
    // The clock passes two occurrences while the first run is under way.
    let ends = begins.plus(2 * HOUR + HOUR / 2);
    world.jump_to(ends);
    world.wait("the second run", || runs(&world, &id).len() == 2);
    let runs = runs(&world, &id);
    let ended = runs[0].ended.expect("it ended");
    assert!(ended >= ends && runs[1].started >= ended, "runs overlap");
    assert_eq!(runs[1].scheduled, begins.plus(2 * HOUR));
}

#[test]
fn after_downtime_only_a_young_occurrence_is_caught_up() {
    let mut world = World::new(34);
    world.add_people(3);
    let begins = world.clock.now().plus(HOUR);
    let id = world.create(&recurring(&world, Frequency::Daily, begins, None));
    // The service is down from before the first run until hours after the third.
    world.jump_to(begins.plus(53 * HOUR));
    world.kill(true);
    let next = begins.plus(72 * HOUR);
    world.wait("the next run to be planned", || {
        world.campaign(&id).and_then(|campaign| campaign.next_run) == Some(next)
    });
    assert!(runs(&world, &id).is_empty());
    // Down again, but back a few minutes after the fourth.
    world.shut_down();
    world.jump_to(next.plus(Duration::from_secs(300)));
    world.start();
    world.wait_for(&id, CampaignStatus::PendingNextRun);
    assert_eq!(runs(&world, &id)[0].scheduled, next);
}
