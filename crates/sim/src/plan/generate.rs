//! A world out of a seed.

use std::time::Duration;

use clock::Timestamp;
use model::{ChannelType, Limits, QuietTime};

use super::campaigns::{self, campaign_steps};
use super::hooks;
use super::people::{self, CHANNELS, TIERS};
use super::{Audience, Crash, Defaults, Habits, Plan, Size, Step};
use crate::dice::Dice;

/// Days on which worlds begin: ordinary ones, and some just before a clock change somewhere.
const BEGINNINGS: [&str; 5] = [
    "2031-03-08T20:00:00Z",
    "2031-03-29T22:00:00Z",
    "2031-04-05T10:00:00Z",
    "2031-07-01T00:00:00Z",
    "2031-10-25T21:00:00Z",
];
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

impl Plan {
    /// The world of `seed`.
    #[must_use]
    pub fn generate(seed: u64, size: &Size) -> Self {
        let mut dice = Dice::about(seed, "plan");
        let dice = &mut dice;
        let begin = Timestamp::parse(dice.pick::<&str>(&BEGINNINGS)).unwrap_or_default();
        let last = DAY * u32::try_from(size.days).unwrap_or(u32::MAX);
        let count = dice.between(size.people / 2, size.people).max(1);
        let audiences = audiences(dice);
        let mut steps = Vec::new();
        for number in 0..dice.between(1, size.campaigns.max(1)) {
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            let audience = dice.roll(3) as usize % audiences.len();
            steps.extend(campaign_steps(dice, number, audience, begin, last));
        }
        // Campaigns are numbered in the order of their creation.
        steps.sort_by_key(|step| step.at);
        campaigns::renumber(&mut steps);
        let busy: Vec<Timestamp> = steps.iter().flat_map(campaigns::moments).collect();
        for _ in 0..dice.roll(12) {
            // Near something that happens, or anywhere.
            let at = match busy.get(usize::try_from(dice.roll(2 * busy.len() as u64)).unwrap_or(0))
            {
                Some(moment) => moment.plus(Duration::from_millis(dice.scaled(1, 600_000))),
                None => begin.plus(MINUTE + Duration::from_millis(dice.roll(millis(last)))),
            };
            let action = people::change(dice, count);
            steps.push(Step { at, action });
        }
        steps.sort_by_key(|step| step.at);
        let people = people::people(dice, count);
        let defaults = defaults(dice);
        let habits = habits(dice, &busy);
        let trouble = hooks::trouble(dice, &busy);
        let crashes = (0..dice.roll(size.crashes + 1))
            .map(|_| crash(dice))
            .collect();
        Self {
            seed,
            begin,
            end: begin.plus(last),
            people,
            defaults,
            audiences,
            steps,
            habits,
            trouble,
            crashes,
            spread: u32::try_from(dice.between(1, 6)).unwrap_or(1),
            in_flight_max: usize::try_from(dice.scaled(2, 64)).unwrap_or(64),
        }
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn audiences(dice: &mut Dice) -> Vec<Audience> {
    let values = vec![(*dice.pick(&TIERS)).to_owned()];
    let unwanted = dice.chance(40);
    let channels: Vec<ChannelType> = CHANNELS
        .iter()
        .copied()
        .filter(|_| dice.chance(60))
        .collect();
    let last = if channels.is_empty() {
        Audience::Everyone
    } else {
        Audience::Channels(channels)
    };
    vec![
        Audience::Everyone,
        Audience::Tier { values, unwanted },
        last,
    ]
}

fn defaults(dice: &mut Dice) -> Defaults {
    let limits = dice.chance(25).then(|| Limits {
        daily: dice.chance(60).then(|| number(dice, 1, 3)),
        total: dice.chance(40).then(|| number(dice, 1, 4)),
        ..Limits::default()
    });
    Defaults {
        limits,
        quiet_time: dice.chance(25).then(|| quiet_time(dice)),
    }
}

pub(super) fn number(dice: &mut Dice, least: u64, most: u64) -> u32 {
    u32::try_from(dice.between(least, most)).unwrap_or(u32::MAX)
}

/// A range of the day, which may cross midnight.
pub(super) fn quiet_time(dice: &mut Dice) -> QuietTime {
    let minute = |dice: &mut Dice| u16::try_from(dice.roll(24 * 60)).unwrap_or(0);
    QuietTime {
        start: minute(dice),
        end: minute(dice),
    }
}

fn habits(dice: &mut Dice, busy: &[Timestamp]) -> Habits {
    let mut habits = Habits {
        latency_ms: (0, *dice.pick(&[0, 5, 100, 3_000])),
        ..Habits::default()
    };
    if dice.chance(70) {
        habits.never = dice.roll(80);
        habits.not_now = dice.roll(120);
        habits.slower = dice.roll(30);
        habits.lost = dice.roll(40);
    }
    if !busy.is_empty() {
        for _ in 0..dice.roll(3) {
            let from = dice
                .pick(busy)
                .plus(Duration::from_millis(dice.scaled(1, 60_000)));
            let length = Duration::from_millis(dice.scaled(500, 3_600_000));
            habits.outages.push((from, from.plus(length)));
        }
    }
    habits
}

fn crash(dice: &mut Dice) -> Crash {
    let down = match dice.roll(6) {
        0 => Duration::ZERO,
        1 => Duration::from_millis(dice.roll(1_000)),
        2 | 3 => Duration::from_secs(dice.between(1, 90)),
        4 => MINUTE * number(dice, 2, 20),
        _ => MINUTE * number(dice, 30, 300),
    };
    Crash {
        point: dice.scaled(1, 1_500),
        down,
    }
}
