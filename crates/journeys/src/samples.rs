//! Journeys for tests.

use std::collections::BTreeMap;

use clock::Timestamp;
use model::{
    Activity, ActivityStep, AppId, Condition, Entry, EventCondition, EventDimensions, Journey,
    JourneyActivityId, JourneyId, JourneyState, SegmentId, SetDimension, SimpleCondition,
    StartCondition, StepTemplate, TemplateName,
};

/// Splits by `id>yes,no`, mails by `id:mail>next`, in one line.
pub(crate) fn activities(text: &str) -> BTreeMap<JourneyActivityId, Activity> {
    text.split_whitespace()
        .map(|word| {
            let (head, targets) = word.split_once('>').unwrap_or((word, ""));
            let mut targets = targets.split(',').map(|it| {
                Some(it)
                    .filter(|it| !it.is_empty())
                    .map(JourneyActivityId::from)
            });
            let (first, second) = (targets.next().flatten(), targets.next().flatten());
            let (id, step) = match head.strip_suffix(":mail") {
                Some(id) => (id, mail(first)),
                None => (head, split(in_segment(), first, second)),
            };
            let activity = Activity {
                description: None,
                step,
            };
            (JourneyActivityId::from(id), activity)
        })
        .collect()
}

pub(crate) fn mail(next: Option<JourneyActivityId>) -> ActivityStep {
    ActivityStep::Email {
        template: StepTemplate {
            name: Some(TemplateName::from("t")),
            version: None,
        },
        from_address: None,
        next,
    }
}

fn in_segment() -> SimpleCondition {
    SimpleCondition::Segment(SegmentId::from("s"))
}

fn split(
    condition: SimpleCondition,
    yes: Option<JourneyActivityId>,
    no: Option<JourneyActivityId>,
) -> ActivityStep {
    ActivityStep::ConditionalSplit {
        condition: Some(Condition {
            operator: None,
            conditions: vec![condition],
        }),
        evaluation_wait: None,
        yes,
        no,
    }
}

/// A split by what happened to the message of `about`.
pub(crate) fn event_split(
    about: &str,
    yes: Option<JourneyActivityId>,
    no: Option<JourneyActivityId>,
) -> Activity {
    let condition = SimpleCondition::Event(Box::new(EventCondition {
        dimensions: Some(of_type("_email.open")),
        message_activity: Some(JourneyActivityId::from(about)),
    }));
    Activity {
        description: None,
        step: split(condition, yes, no),
    }
}

pub(crate) fn of_type(word: &str) -> EventDimensions {
    EventDimensions {
        event_type: Some(SetDimension {
            operator: None,
            values: vec![word.to_owned()],
        }),
        ..EventDimensions::default()
    }
}

/// A draft that may be published: one mail to a segment.
pub(crate) fn journey() -> Journey {
    Journey {
        app: AppId::from("app"),
        id: JourneyId::from("journey"),
        name: "welcome".to_owned(),
        state: JourneyState::Draft,
        start_condition: Some(StartCondition {
            description: None,
            entry: Some(Entry::Segment(SegmentId::from("s"))),
        }),
        start_activity: Some(JourneyActivityId::from("a")),
        activities: activities("a:mail"),
        schedule: None,
        limits: None,
        local_time: None,
        quiet_time: None,
        wait_for_quiet_time: None,
        sending_schedule: None,
        open_hours: None,
        closed_days: None,
        refresh_frequency: None,
        refresh_on_segment_update: None,
        timezone_estimation: None,
        channel_settings: None,
        tags: BTreeMap::new(),
        launch: None,
        paused_at: None,
        created: Timestamp::default(),
        modified: Timestamp::default(),
    }
}
