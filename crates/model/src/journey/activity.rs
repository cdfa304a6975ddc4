//! The activities of a journey and the edges between them (`docs/spec/journeys.md §7–8`).

use serde::{Deserialize, Serialize};

use super::words;
use crate::{ChannelType, Dimensions, EventDimensions, JourneyActivityId, SegmentId, TemplateName};

/// An activity as its author wrote it. A missing target ends the journey for that participant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// Words for people.
    pub description: Option<String>,
    /// What happens.
    pub step: ActivityStep,
}

/// What happens at an activity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ActivityStep {
    /// An email.
    Email {
        /// What it says.
        template: StepTemplate,
        /// The sender; absent means the channel's.
        from_address: Option<String>,
        /// What follows.
        next: Option<JourneyActivityId>,
    },
    /// A text message.
    Sms {
        /// What it says.
        template: StepTemplate,
        /// How it is sent.
        settings: Option<SmsSettings>,
        /// What follows.
        next: Option<JourneyActivityId>,
    },
    /// A push message.
    Push {
        /// What it says.
        template: StepTemplate,
        /// Seconds that the provider keeps it, as text; absent means as long as the provider can.
        time_to_live: Option<String>,
        /// What follows.
        next: Option<JourneyActivityId>,
    },
    /// A call of a function or webhook.
    Custom {
        /// Stored and echoed; there are no templates of this kind.
        template: StepTemplate,
        /// Function or URL.
        uri: Option<String>,
        /// Channel types whose endpoints are passed; empty means custom endpoints.
        endpoint_types: Vec<ChannelType>,
        /// What is passed along.
        data: Option<String>,
        /// What follows.
        next: Option<JourneyActivityId>,
    },
    /// A call by a contact center.
    ContactCenter {
        /// What follows.
        next: Option<JourneyActivityId>,
    },
    /// A pause.
    Wait {
        /// For how long, or until when.
        wait: Option<WaitTime>,
        /// What follows.
        next: Option<JourneyActivityId>,
    },
    /// Yes or no.
    ConditionalSplit {
        /// The question.
        condition: Option<Condition>,
        /// When it is asked.
        evaluation_wait: Option<WaitTime>,
        /// What follows yes.
        yes: Option<JourneyActivityId>,
        /// What follows no.
        no: Option<JourneyActivityId>,
    },
    /// The first of several conditions that holds.
    MultiCondition {
        /// The conditions, in order.
        branches: Vec<MultiBranch>,
        /// When they are asked.
        evaluation_wait: Option<WaitTime>,
        /// What follows when none holds.
        default: Option<JourneyActivityId>,
    },
    /// Chance.
    RandomSplit {
        /// The shares.
        branches: Vec<RandomBranch>,
    },
    /// A share that leaves.
    Holdout {
        /// Percent that leaves.
        percentage: i64,
        /// What follows for the others.
        next: Option<JourneyActivityId>,
    },
}

/// The template of a message activity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTemplate {
    /// The template; absent in unfinished drafts.
    pub name: Option<TemplateName>,
    /// The version; absent means the active one when the message is sent.
    pub version: Option<u32>,
}

/// How a text message of a journey is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the field's own words")]
pub struct SmsSettings {
    pub message_type: Option<String>,
    pub origination_number: Option<String>,
    pub sender_id: Option<String>,
    pub entity_id: Option<String>,
    pub template_id: Option<String>,
}

/// How long something waits, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum WaitTime {
    /// An ISO 8601 duration.
    For(String),
    /// An ISO 8601 time.
    Until(String),
}

/// A question about a participant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// How the parts relate; absent means all.
    pub operator: Option<Junction>,
    /// The parts.
    pub conditions: Vec<SimpleCondition>,
}

/// One part of a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SimpleCondition {
    /// Membership of a segment now.
    Segment(SegmentId),
    /// Criteria that the participant meets now.
    Dimensions(Box<Dimensions>),
    /// Something that happened.
    Event(Box<EventCondition>),
}

/// Something that happened to a participant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EventCondition {
    /// Which events; absent in unfinished drafts.
    pub dimensions: Option<EventDimensions>,
    /// The activity whose message the event is about; absent means any event since entry.
    pub message_activity: Option<JourneyActivityId>,
}

/// A branch of a split by several conditions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MultiBranch {
    /// The question; absent in unfinished drafts.
    pub condition: Option<SimpleCondition>,
    /// What follows when it holds.
    pub next: Option<JourneyActivityId>,
}

/// A branch of a split by chance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RandomBranch {
    /// Percent; absent in unfinished drafts.
    pub percentage: Option<i64>,
    /// What follows.
    pub next: Option<JourneyActivityId>,
}

words! {
    /// How the parts of a question relate.
    Junction {
        All = "ALL",
        Any = "ANY",
    }
}

impl Activity {
    /// The members that name a following activity, by their path in the activity, with what they
    /// name, in the order of the definition.
    #[must_use]
    pub fn targets(&self) -> Vec<(String, Option<&JourneyActivityId>)> {
        let word = self.word();
        let path = |member: &str| format!("{word}.{member}");
        let branch = |index: usize| format!("{word}.Branches[{index}].NextActivity");
        match &self.step {
            ActivityStep::Email { next, .. }
            | ActivityStep::Sms { next, .. }
            | ActivityStep::Push { next, .. }
            | ActivityStep::Custom { next, .. }
            | ActivityStep::ContactCenter { next }
            | ActivityStep::Wait { next, .. }
            | ActivityStep::Holdout { next, .. } => vec![(path("NextActivity"), next.as_ref())],
            ActivityStep::ConditionalSplit { yes, no, .. } => vec![
                (path("TrueActivity"), yes.as_ref()),
                (path("FalseActivity"), no.as_ref()),
            ],
            ActivityStep::MultiCondition {
                branches, default, ..
            } => branches
                .iter()
                .enumerate()
                .map(|(index, it)| (branch(index), it.next.as_ref()))
                .chain([(path("DefaultActivity"), default.as_ref())])
                .collect(),
            ActivityStep::RandomSplit { branches } => branches
                .iter()
                .enumerate()
                .map(|(index, it)| (branch(index), it.next.as_ref()))
                .collect(),
        }
    }

    /// The parts of the questions that the activity asks, each with its path in the activity.
    #[must_use]
    pub fn conditions(&self) -> Vec<(String, &SimpleCondition)> {
        let word = self.word();
        match &self.step {
            ActivityStep::ConditionalSplit {
                condition: Some(condition),
                ..
            } => condition
                .conditions
                .iter()
                .enumerate()
                .map(|(index, it)| (format!("{word}.Condition.Conditions[{index}]"), it))
                .collect(),
            ActivityStep::MultiCondition { branches, .. } => branches
                .iter()
                .enumerate()
                .filter_map(|(index, branch)| {
                    let path = format!("{word}.Branches[{index}].Condition");
                    Some((path, branch.condition.as_ref()?))
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The member's name on the wire.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self.step {
            ActivityStep::Email { .. } => "EMAIL",
            ActivityStep::Sms { .. } => "SMS",
            ActivityStep::Push { .. } => "PUSH",
            ActivityStep::Custom { .. } => "CUSTOM",
            ActivityStep::ContactCenter { .. } => "ContactCenter",
            ActivityStep::Wait { .. } => "Wait",
            ActivityStep::ConditionalSplit { .. } => "ConditionalSplit",
            ActivityStep::MultiCondition { .. } => "MultiCondition",
            ActivityStep::RandomSplit { .. } => "RandomSplit",
            ActivityStep::Holdout { .. } => "Holdout",
        }
    }

    /// The word in execution metrics (`docs/spec/journeys.md §10`).
    #[must_use]
    pub const fn metrics_type(&self) -> &'static str {
        match self.step {
            ActivityStep::Email { .. }
            | ActivityStep::Sms { .. }
            | ActivityStep::Push { .. }
            | ActivityStep::Custom { .. } => "MESSAGE",
            ActivityStep::ContactCenter { .. } => "CONTACT_CENTER",
            ActivityStep::Wait { .. } => "WAIT",
            ActivityStep::ConditionalSplit { .. } => "CONDITIONAL_SPLIT",
            ActivityStep::MultiCondition { .. } => "MULTI_CONDITIONAL_SPLIT",
            ActivityStep::RandomSplit { .. } => "RANDOM_SPLIT",
            ActivityStep::Holdout { .. } => "HOLDOUT",
        }
    }

    /// Whether the activity reaches out to the participant.
    #[must_use]
    pub const fn is_message(&self) -> bool {
        matches!(
            self.step,
            ActivityStep::Email { .. }
                | ActivityStep::Sms { .. }
                | ActivityStep::Push { .. }
                | ActivityStep::Custom { .. }
                | ActivityStep::ContactCenter { .. }
        )
    }
}
