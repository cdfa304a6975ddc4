//! Campaigns that wait for events, and apps that report some.

use std::collections::BTreeMap;
use std::time::Duration;

use clock::Timestamp;
use engine::campaigns::{CampaignDraft, ScheduleDraft};
use model::{
    AttributeDimension, AttributeOperator, Comparison, EventDimensions, EventFilter, EventSource,
    Frequency, MetricDimension, SetDimension,
};

use super::generate::{millis, number, quiet_time};
use super::{Action, Report, Step};
use crate::dice::Dice;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const KINDS: [&str; 3] = ["cart.add", "cart.drop", "level.up"];
const ITEMS: [&str; 3] = ["hat", "shoes", "scarf"];
/// People who report, at most: the first ones, so that many events come from few of them.
const REPORTERS: u64 = 24;

/// When a campaign waits, and for what.
pub(super) fn schedule(dice: &mut Dice, created: Timestamp, last: Duration) -> ScheduleDraft {
    let start = created.plus(16 * MINUTE + Duration::from_millis(dice.scaled(1, 2 * 3_600_000)));
    let length = match dice.roll(4) {
        0 => HOUR / 2,
        1 | 2 => HOUR * number(dice, 1, 12),
        _ => last,
    };
    ScheduleDraft {
        start: start.to_string(),
        end: Some(start.plus(length).to_string()),
        frequency: Some(Frequency::Event),
        quiet_time: dice.chance(25).then(|| quiet_time(dice)),
        event_filter: Some(filter(dice)),
        ..ScheduleDraft::default()
    }
}

fn filter(dice: &mut Dice) -> EventFilter {
    let kinds = KINDS.iter().filter(|_| dice.chance(60));
    let mut values: Vec<String> = kinds.map(ToString::to_string).collect();
    if values.is_empty() {
        values.push(KINDS[0].to_owned());
    }
    let mut dimensions = EventDimensions {
        event_type: Some(SetDimension {
            operator: None,
            values,
        }),
        ..EventDimensions::default()
    };
    if dice.chance(40) {
        let test = AttributeDimension {
            operator: dice.chance(40).then_some(AttributeOperator::Exclusive),
            values: vec![(*dice.pick(&ITEMS)).to_owned()],
        };
        dimensions.attributes.insert("item".to_owned(), test);
    }
    if dice.chance(30) {
        let test = MetricDimension {
            comparison: *dice.pick(&[
                Comparison::GreaterThan,
                Comparison::GreaterThanOrEqual,
                Comparison::LessThan,
            ]),
            value: 5.0,
        };
        dimensions.metrics.insert("price".to_owned(), test);
    }
    EventFilter {
        dimensions,
        source: EventSource::Endpoint,
    }
}

/// The life of a campaign that waits for events, with what apps report meanwhile.
pub(super) fn steps(
    dice: &mut Dice,
    number: usize,
    audience: usize,
    created: Timestamp,
    draft: CampaignDraft,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let times = draft.schedule.clone().unwrap_or_default();
    let parse = |text: &str| Timestamp::parse(text).unwrap_or(created);
    let (start, end) = (
        parse(&times.start),
        parse(times.end.as_deref().unwrap_or_default()),
    );
    let mut paused = draft.paused == Some(true);
    steps.push(Step {
        at: created,
        action: Action::Create(audience, Box::new(draft)),
    });
    let mut at = created;
    for _ in 0..u64::from(paused) + dice.roll(3) {
        at = at.plus(Duration::from_millis(
            dice.scaled(50, millis(end.since(created))),
        ));
        let mut draft = CampaignDraft::default();
        match dice.roll(6) {
            0..=3 => {
                paused = !paused;
                draft.paused = Some(paused);
            }
            4 => draft.name = Some("renamed".to_owned()),
            _ => {
                let action = Action::Delete(number);
                steps.push(Step { at, action });
                break;
            }
        }
        let action = Action::Update(number, Box::new(draft));
        steps.push(Step { at, action });
    }
    let window = millis(end.since(start));
    let mut at = start.minus(10 * MINUTE);
    for _ in 0..dice.between(5, 50) {
        // In bursts, as apps do, and over the whole window and some more.
        at = match dice.roll(4) {
            0 | 1 => at,
            2 => at.plus(Duration::from_millis(dice.scaled(1, 60_000))),
            _ => start
                .minus(10 * MINUTE)
                .plus(Duration::from_millis(dice.roll(window + 1_200_000))),
        };
        let action = Action::Report(report(dice));
        steps.push(Step { at, action });
    }
    steps
}

fn report(dice: &mut Dice) -> Report {
    let mut attributes = BTreeMap::new();
    if dice.chance(80) {
        attributes.insert("item".to_owned(), (*dice.pick(&ITEMS)).to_owned());
    }
    let mut metrics = BTreeMap::new();
    if dice.chance(80) {
        metrics.insert("price".to_owned(), f64::from(number(dice, 1, 9)));
    }
    Report {
        who: format!("p{}", dice.roll(REPORTERS)),
        kind: (*dice.pick(&KINDS)).to_owned(),
        attributes,
        metrics,
        age: match dice.roll(5) {
            0 => Duration::from_millis(dice.scaled(1, 7_200_000)),
            _ => Duration::ZERO,
        },
    }
}
