//! Kills the engine at chosen instants, and audits what became of everybody: nobody lost, nobody
//! twice, in doubt at most as many as were in flight.

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::campaigns::{CampaignDraft, ScheduleDraft};
use model::{
    CampaignId, CampaignStatus, ChannelType, EndpointSet, EndpointStatus, EndpointUpdate, Outcome,
    RunBatch, RunState,
};
use world::{Answer, IN_FLIGHT, World, person};

/// SplitMix64: the seed alone decides.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % below
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// People of all kinds: most can be reached, some not.
fn people(count: usize) -> Vec<(String, EndpointUpdate)> {
    (0..count)
        .map(|n| {
            let mut update = person(n);
            match n % 50 {
                0 => update.status = Some(EndpointStatus::Inactive),
                1 => update.opt_out = Some(model::OptOut::All),
                2 => update.channel = Some(ChannelType::Sms),
                3 => update.demographic.timezone = Some("UTC".to_owned()),
                _ => {}
            }
            (format!("p{n}"), update)
        })
        .collect()
}

/// One campaign under up to `kills` kills, with a mail server that has bad days.
fn one_campaign(seed: u64, faults: bool) {
    let mut dice = Dice(seed);
    let mut world = World::new(seed);
    world.add(people(1500));
    let mut draft = world.draft();
    draft.holdout_percent = Some(5);
    draft.treatments = Some(vec![engine::campaigns::TreatmentDraft {
        size_percent: 30,
        message: Some(world::says("Variant")),
        ..Default::default()
    }]);
    if faults {
        world.server.behave(move |mail, attempt| {
            let mut dice = Dice(seed ^ u64::from(attempt) << 32 ^ hash(&mail.to));
            match dice.roll(40) {
                0 => Answer::NotNow(Some(451)),
                1 => Answer::NotNow(None),
                2 => Answer::Never,
                3 => Answer::TakeSilently,
                4 => Answer::Slower,
                _ => Answer::Take,
            }
        });
    }
    let campaign = world.create(&draft);
    world.start();
    let mut kills = 0;
    for _ in 0..4 {
        let count = 1 + usize::try_from(dice.roll(500)).expect("small");
        world.wait_for_messages(count, &campaign);
        std::thread::sleep(std::time::Duration::from_micros(dice.roll(8000)));
        world.kill(true);
        kills += 1;
    }
    world.wait_for(&campaign, CampaignStatus::Completed);
    let doubt = world.audit(&campaign);
    println!("seed {seed}: {doubt} in doubt");
    assert!(
        doubt <= kills * IN_FLIGHT as u64,
        "{doubt} in doubt after {kills} kills"
    );
    assert!(world.server.open_most() <= IN_FLIGHT);
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(7, |hash: u64, byte| {
        hash.wrapping_mul(0x0100_0000_01b3)
            .wrapping_add(u64::from(byte))
    })
}

#[test]
fn killed_at_any_instant_nobody_is_lost_and_nobody_gets_two() {
    let first = number("BECKON_SEED", 1);
    for seed in first..first + number("BECKON_SEEDS", 6) {
        one_campaign(seed, false);
    }
}

#[test]
fn killed_with_a_mail_server_that_has_bad_days() {
    let first = number("BECKON_SEED", 1);
    for seed in first..first + number("BECKON_SEEDS", 6) {
        one_campaign(seed, true);
    }
}

/// People in each of 24 zones whose turns lie an hour apart: a batch for each turn.
const ZONES: usize = 24;

/// A campaign that sweeps [`ZONES`] zones, all of whose turns have come: the engine, which rests,
/// was away since the first of them.
fn late_sweep(seed: u64, people: usize, workers: usize) -> (World, CampaignId) {
    let mut world = World::new(seed);
    world.workers = Some(workers);
    let in_zone = |n: usize| {
        let mut update = person(n);
        update.demographic.timezone = Some(match n % ZONES {
            hours @ 0..12 => format!("Etc/GMT+{hours}"),
            hours => format!("Etc/GMT-{}", hours - 11),
        });
        (format!("p{n}"), update)
    };
    world.add((0..people).map(in_zone).collect());
    let begins = world.clock.now().plus(Duration::from_secs(3600));
    let id = world.create(&CampaignDraft {
        schedule: Some(ScheduleDraft {
            start: begins.to_string(),
            local_time: true,
            ..ScheduleDraft::default()
        }),
        ..world.draft()
    });
    world.start();
    world.jump_to(begins);
    world.wait("the sweep to open", || {
        world
            .run(&id)
            .is_some_and(|run| run.state == RunState::Running)
    });
    world.kill(false);
    world.jump_to(begins.plus(Duration::from_secs(25 * 3600)));
    (world, id)
}

fn leased(world: &World, id: &CampaignId) -> Vec<RunBatch> {
    let run = world.run(id).expect("it runs");
    let mut batches = world.batches(&run);
    batches.retain(|batch| batch.leased_until.is_some());
    batches
}

#[test]
fn killed_with_twice_the_workers() {
    let seed = number("BECKON_SEED", 1);
    let mut dice = Dice(seed);
    let (mut world, id) = late_sweep(seed, 1200, 8);
    world.server.slow_down(Duration::from_millis(10));
    world.start();
    world.wait("more batches than the default", || {
        leased(&world, &id).len() > 4
    });
    let mut kills = 1;
    for _ in 0..4 {
        let count = 1 + usize::try_from(dice.roll(300)).expect("small");
        world.wait_for_messages(count, &id);
        world.kill(true);
        kills += 1;
    }
    world.wait_for(&id, CampaignStatus::Completed);
    let run = world.run(&id).expect("it ran");
    assert_eq!(world.batches(&run).len(), ZONES);
    let doubt = world.audit(&id);
    assert!(doubt <= kills * IN_FLIGHT as u64, "{doubt} in doubt");
    assert!(world.server.open_most() <= IN_FLIGHT);
}

/// The store admits one process, and recovery relies on that: whose lease it finds is dead. Should
/// there be two engines all the same, the revision of each batch fences the one off whose lease was
/// taken, so that nobody gets two; more people than were in flight may then be in doubt.
#[test]
fn an_engine_whose_leases_were_taken_hands_nothing_over() {
    let seed = number("BECKON_SEED", 1);
    let (world, id) = late_sweep(seed, 1200, 4);
    world.server.slow_down(Duration::from_millis(10));
    world.start();
    world.wait("the first messages", || world.server.handed_over() > 100);
    let held: BTreeMap<u32, u64> = leased(&world, &id)
        .iter()
        .map(|batch| (batch.number, batch.fencing_token))
        .collect();
    let rival = world.start_rival();
    world.wait_for(&id, CampaignStatus::Completed);
    drop(rival);
    let taken = world.server.taken();
    let twice: Vec<_> = taken.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "got it twice: {twice:?}");
    let run = world.run(&id).expect("it ran");
    let mut taken_over = 0;
    for batch in world.batches(&run) {
        let mut together = EndpointSet::new();
        for set in batch.outcomes.values() {
            assert!(together.is_disjoint(set), "outcomes overlap");
            together |= set;
        }
        assert_eq!(together, batch.members, "somebody is lost");
        let before = held.get(&batch.number);
        taken_over += usize::from(before.is_some_and(|before| *before < batch.fencing_token));
    }
    assert!(taken_over > 0, "no lease was taken over");
    let everybody = world.everybody(&id);
    let names = |outcome| everybody.get(&outcome).cloned().unwrap_or_default();
    let took: BTreeSet<String> = taken
        .keys()
        .map(|to| to.split('@').next().unwrap_or_default().to_owned())
        .collect();
    let (sent, doubt) = (names(Outcome::Success), names(Outcome::InDoubt));
    assert!(
        sent.is_subset(&took),
        "somebody counts as sent and got nothing"
    );
    assert!(
        took.is_subset(&(&sent | &doubt)),
        "somebody got a message and counts otherwise"
    );
}
