//! Endpoints of all kinds, and what happens to them.

use model::{ChannelType, Demographic, EndpointStatus, EndpointUpdate, OptOut, UserId, UserLink};

use super::Action;
use crate::dice::Dice;

/// Zones on both sides of the date line, with half hours and with both kinds of daylight saving.
const ZONES: [&str; 10] = [
    "Europe/Berlin",
    "America/New_York",
    "America/Lima",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Pago_Pago",
    "America/St_Johns",
    "UTC",
];
/// Values of the attribute `tier`.
pub(super) const TIERS: [&str; 3] = ["gold", "silver", "bronze"];
/// Channels that applications of this world have switched on, and one that they have not.
pub(super) const CHANNELS: [ChannelType; 4] = [
    ChannelType::Email,
    ChannelType::Sms,
    ChannelType::Gcm,
    ChannelType::Apns,
];
/// What addresses begin with that no message can go to.
const BROKEN: &str = "broken";

/// The endpoints at the beginning.
pub(super) fn people(dice: &mut Dice, count: u64) -> Vec<(String, EndpointUpdate)> {
    (0..count)
        .map(|n| (format!("p{n}"), person(dice, n, count)))
        .collect()
}

fn person(dice: &mut Dice, n: u64, count: u64) -> EndpointUpdate {
    let channel = match dice.roll(20) {
        0 => None,
        1 => Some(ChannelType::Apns),
        2..=4 => Some(ChannelType::Sms),
        5..=7 => Some(ChannelType::Gcm),
        _ => Some(ChannelType::Email),
    };
    let address = channel
        .filter(|_| !dice.chance(4))
        .map(|channel| match dice.roll(25) {
            0 => format!("{BROKEN} {n}"),
            1 | 2 => address(channel, dice.roll(count)),
            _ => address(channel, n),
        });
    let zone = match dice.roll(12) {
        0 => None,
        1 => Some("Mars/Olympus".to_owned()),
        _ => Some((*dice.pick(&ZONES)).to_owned()),
    };
    let mut update = EndpointUpdate {
        channel,
        address,
        demographic: Demographic {
            timezone: zone,
            ..Demographic::default()
        },
        ..EndpointUpdate::default()
    };
    if dice.chance(60) {
        update.user = UserLink::Link(UserId::new(format!("u{}", n / 2)));
    }
    if !dice.chance(25) {
        let tiers = vec![(*dice.pick(&TIERS)).to_owned()];
        update.attributes.insert("tier".to_owned(), tiers);
    }
    update.opt_out = dice.chance(8).then_some(OptOut::All);
    update.status = dice.chance(6).then_some(EndpointStatus::Inactive);
    update
}

/// The address of person `n` on `channel`. Some only differ in the case of their domain.
fn address(channel: ChannelType, n: u64) -> String {
    match channel {
        ChannelType::Sms => format!("+4791{n:07}"),
        ChannelType::Email if n.is_multiple_of(7) => format!("p{n}@MAIL.example"),
        ChannelType::Email => format!("p{n}@mail.example"),
        _ => format!("token-{n}"),
    }
}

/// Something that happens to one of `count` people.
pub(super) fn change(dice: &mut Dice, count: u64) -> Action {
    let n = dice.roll(count);
    let id = format!("p{n}");
    let mut update = EndpointUpdate::default();
    match dice.roll(8) {
        0..=2 => update.opt_out = Some(OptOut::All),
        3 => update.opt_out = Some(OptOut::None),
        4 => update.status = Some(EndpointStatus::Inactive),
        5 => {
            let channel = *dice.pick(&CHANNELS);
            update.channel = Some(channel);
            update.address = Some(address(channel, dice.roll(2 * count)));
        }
        6 => {
            let tiers = vec![(*dice.pick(&TIERS)).to_owned()];
            update.attributes.insert("tier".to_owned(), tiers);
        }
        _ => return Action::Forget(id),
    }
    Action::Write(id, Box::new(update))
}

/// Whether no message can go to `address` on `channel`: it is no mailbox, or no number.
pub(crate) fn is_broken(channel: ChannelType, address: &str) -> bool {
    matches!(channel, ChannelType::Email | ChannelType::Sms) && address.starts_with(BROKEN)
}
