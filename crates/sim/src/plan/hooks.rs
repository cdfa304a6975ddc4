//! A hook that everybody knows: whom it leaves out, whose words it changes, and its bad days.

use std::time::Duration;

use clock::Timestamp;

use crate::dice::Dice;

/// Where the hook is.
pub(crate) const HOOK: &str = "https://hook.example/filter";
/// The words with which the hook replaces others.
pub(crate) const CHANGED: &str = "changed";

/// How the hook behaves.
#[derive(Debug, Clone, Default)]
pub struct Trouble {
    /// Calls of a thousand that bring no usable answer.
    pub fails: u64,
    /// How long an answer takes, in milliseconds.
    pub latency_ms: (u64, u64),
    /// When it cannot be reached.
    pub outages: Vec<(Timestamp, Timestamp)>,
}

/// What the hook says about somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing is to be sent.
    Drop,
    /// The message is to be sent as it is.
    Keep,
    /// It is to be sent in other words.
    Change,
}

/// What the hook of a world says about `id`, always.
pub(crate) fn verdict(seed: u64, id: &str) -> Verdict {
    match Dice::about(seed, id).roll(5) {
        0 => Verdict::Drop,
        1 => Verdict::Change,
        _ => Verdict::Keep,
    }
}

/// Some trouble, near something that happens.
pub(super) fn trouble(dice: &mut Dice, busy: &[Timestamp]) -> Trouble {
    let mut trouble = Trouble {
        fails: *dice.pick(&[0, 0, 100, 500]),
        latency_ms: (0, *dice.pick(&[0, 50, 2_000, 12_000])),
        outages: Vec::new(),
    };
    if !busy.is_empty() && dice.chance(30) {
        let from = dice
            .pick(busy)
            .plus(Duration::from_millis(dice.scaled(1, 10_000)));
        let length = Duration::from_millis(dice.scaled(1_000, 1_800_000));
        trouble.outages.push((from, from.plus(length)));
    }
    trouble
}
