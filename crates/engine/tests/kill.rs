//! Kills the engine at chosen instants, and audits what became of everybody: nobody lost, nobody
//! twice, in doubt at most as many as were in flight.

mod world;

use model::{CampaignStatus, ChannelType, EndpointStatus, EndpointUpdate};
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
