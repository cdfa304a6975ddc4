//! Campaigns, and what is done to them.

use std::time::Duration;

use clock::Timestamp;
use engine::campaigns::{CampaignDraft, ScheduleDraft, TreatmentDraft};
use model::{
    CampaignHook, EmailMessage, Frequency, Limits, MessageConfiguration, PushMessage, SmsMessage,
};

use super::generate::{millis, number, quiet_time};
use super::hooks::HOOK;
use super::{Action, Step, reports};
use crate::dice::Dice;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

const IMMEDIATE: &str = "IMMEDIATE";
/// Offsets from which local-time sweeps start.
const LABELS: [&str; 6] = [
    "UTC",
    "UTC-05",
    "UTC+05:30",
    "UTC+13",
    "UTC-11",
    "UTC+10:30",
];

/// What treatment `arm` says; the auditor recognizes the text.
#[must_use]
pub(crate) fn words(arm: usize) -> String {
    format!("arm {arm}")
}

/// The life of campaign `number`, somewhere in the `last` days after `begin`.
pub(super) fn campaign_steps(
    dice: &mut Dice,
    number: usize,
    audience: usize,
    begin: Timestamp,
    last: Duration,
) -> Vec<Step> {
    let created = begin.plus(MINUTE + Duration::from_millis(dice.roll(millis(last) / 3)));
    let mut draft = CampaignDraft {
        name: Some(format!("campaign {number}")),
        message: Some(message(dice, 0)),
        holdout_percent: dice
            .chance(30)
            .then(|| i64::from(super::generate::number(dice, 1, 60))),
        limits: dice.chance(50).then(|| limits(dice)),
        schedule: Some(schedule(dice, created)),
        paused: dice.chance(10).then_some(true),
        hook: dice.chance(15).then(|| CampaignHook {
            url: Some(HOOK.to_owned()),
            ..CampaignHook::default()
        }),
        resend_in_doubt: dice.chance(20).then_some(true),
        ..CampaignDraft::default()
    };
    let left = 100 - draft.holdout_percent.unwrap_or(0);
    if dice.chance(40) {
        let count = dice.between(1, 3);
        let treatments = (1..=count).map(|arm| TreatmentDraft {
            size_percent: i64::try_from(dice.roll(40)).unwrap_or(0).min(left / 3),
            message: dice
                .chance(80)
                .then(|| message(dice, usize::try_from(arm).unwrap_or(0))),
            ..TreatmentDraft::default()
        });
        draft.treatments = Some(treatments.collect());
    }
    if dice.chance(15) {
        draft.schedule = Some(reports::schedule(dice, created, last));
        // Which words somebody gets may differ; whether they get any may not, since that decides
        // who stands in for whom.
        for (arm, treatment) in draft.treatments.iter_mut().flatten().enumerate() {
            treatment.message = draft.message.as_ref().map(|it| reword(it, arm + 1));
        }
        return reports::steps(dice, number, audience, created, draft);
    }
    if dice.chance(25) {
        // Treatments with times of their own.
        for (arm, treatment) in draft.treatments.iter_mut().flatten().enumerate() {
            let own = schedule(dice, created);
            if own.start != IMMEDIATE && dice.chance(70) {
                treatment.schedule = Some(own);
            }
            treatment.message = draft.message.as_ref().map(|it| reword(it, arm + 1));
        }
    }
    let paused = draft.paused;
    let mut steps = vec![Step {
        at: created,
        action: Action::Create(audience, Box::new(draft)),
    }];
    steps.extend(later(dice, number, created, last, paused == Some(true)));
    steps
}

/// What is done to a campaign after its creation.
fn later(
    dice: &mut Dice,
    campaign: usize,
    created: Timestamp,
    last: Duration,
    mut paused: bool,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = created;
    let count = if paused {
        1 + dice.roll(3)
    } else {
        dice.roll(4)
    };
    for _ in 0..count {
        at = at.plus(Duration::from_millis(dice.scaled(50, millis(last) / 2)));
        let mut draft = CampaignDraft::default();
        match dice.roll(if paused { 8 } else { 10 }) {
            0..=4 => {
                paused = !paused;
                draft.paused = Some(paused);
            }
            5 => draft.limits = Some(limits(dice)),
            6 => draft.message = Some(message(dice, 0)),
            7 => draft.name = Some("renamed".to_owned()),
            _ => {
                let action = Action::Delete(campaign);
                steps.push(Step { at, action });
                return steps;
            }
        }
        let action = Action::Update(campaign, Box::new(draft));
        steps.push(Step { at, action });
    }
    steps
}

/// Something for most channels; sometimes the channel of an endpoint gets nothing.
fn message(dice: &mut Dice, arm: usize) -> MessageConfiguration {
    let mut message = MessageConfiguration {
        email: Some(EmailMessage {
            title: Some(words(arm)),
            body: Some("Hello".to_owned()),
            ..EmailMessage::default()
        }),
        ..MessageConfiguration::default()
    };
    if dice.chance(50) {
        message.sms = Some(SmsMessage {
            body: Some(words(arm)),
            ..SmsMessage::default()
        });
    }
    if dice.chance(60) {
        message.default = Some(PushMessage {
            title: Some(words(arm)),
            body: Some(words(arm)),
            ..PushMessage::default()
        });
    }
    message
}

/// The same for the same channels, in the words of treatment `arm`.
fn reword(message: &MessageConfiguration, arm: usize) -> MessageConfiguration {
    let mut message = message.clone();
    if let Some(email) = &mut message.email {
        email.title = Some(words(arm));
    }
    if let Some(sms) = &mut message.sms {
        sms.body = Some(words(arm));
    }
    if let Some(push) = &mut message.default {
        push.title = Some(words(arm));
        push.body = Some(words(arm));
    }
    message
}

fn limits(dice: &mut Dice) -> Limits {
    Limits {
        daily: dice.chance(35).then(|| number(dice, 0, 3)),
        total: dice.chance(30).then(|| number(dice, 0, 4)),
        maximum_duration_s: dice.chance(25).then(|| number(dice, 60, 400)),
        messages_per_second: dice.chance(35).then(|| number(dice, 1, 8)),
        session: None,
    }
}

fn schedule(dice: &mut Dice, created: Timestamp) -> ScheduleDraft {
    let quiet = dice.chance(25).then(|| quiet_time(dice));
    let start = created.plus(MINUTE + Duration::from_millis(dice.scaled(1, 6 * 3_600_000)));
    let (frequency, length) = match dice.roll(10) {
        0 | 1 => {
            return ScheduleDraft {
                start: IMMEDIATE.to_owned(),
                quiet_time: quiet,
                ..ScheduleDraft::default()
            };
        }
        2 | 3 => (None, None),
        4..=6 => {
            let hours = number(dice, 1, 7);
            (Some(Frequency::Hourly), Some(HOUR * hours))
        }
        7 | 8 => (Some(Frequency::Daily), Some(DAY * number(dice, 1, 3))),
        _ => (Some(Frequency::Weekly), None),
    };
    let slack = Duration::from_millis(dice.roll(1_000_000));
    let local_time = frequency != Some(Frequency::Hourly) && dice.chance(15);
    ScheduleDraft {
        start: start.to_string(),
        end: length.map(|length| start.plus(length + slack).to_string()),
        frequency,
        local_time,
        timezone: dice.chance(50).then(|| (*dice.pick(&LABELS)).to_owned()),
        quiet_time: quiet,
        ..ScheduleDraft::default()
    }
}

/// Gives campaigns the numbers in whose order they are created.
pub(super) fn renumber(steps: &mut [Step]) {
    let mut order = Vec::new();
    for step in steps.iter() {
        if let Action::Create(_, draft) = &step.action {
            order.push(draft.name.clone());
        }
    }
    let place = |old: usize| {
        let name = Some(format!("campaign {old}"));
        order.iter().position(|other| *other == name).unwrap_or(old)
    };
    for step in steps {
        match &mut step.action {
            Action::Update(number, _) | Action::Delete(number) => *number = place(*number),
            _ => {}
        }
    }
}

/// The moments at which a step makes something happen.
pub(super) fn moments(step: &Step) -> Vec<Timestamp> {
    let mut moments = vec![step.at];
    if let Action::Create(_, draft) = &step.action
        && let Some(schedule) = &draft.schedule
        && let Ok(start) = Timestamp::parse(&schedule.start)
    {
        let step = match schedule.frequency {
            Some(Frequency::Hourly) => HOUR,
            _ => DAY,
        };
        moments.extend((0..2).map(|n| start.plus(step * n)));
    }
    moments
}
