//! What is wrong with a journey.

use model::{JourneyActivityId, JourneyState};

/// A rule that a journey breaks (`docs/spec/journeys.md`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JourneyFault {
    /// A member outside of the activities is missing or unusable.
    #[error("{member}: {problem}")]
    Member {
        /// Its path on the wire.
        member: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// An activity breaks a rule.
    #[error("Activities.{activity}{fault}")]
    Activity {
        /// The activity.
        activity: JourneyActivityId,
        /// The rule.
        fault: ActivityFault,
    },
    /// The state cannot be reached from where the journey stands.
    #[error("a journey that is {} cannot become {}{}", from.as_str(), to.as_str(), why.map(|why| format!(": {why}")).unwrap_or_default())]
    Transition {
        /// Where it stands.
        from: JourneyState,
        /// Where it should go.
        to: JourneyState,
        /// What stands in the way, where another journey could go.
        why: Option<&'static str>,
    },
    /// The member cannot change where the journey stands.
    #[error("{member} cannot be changed while the journey is {}", state.as_str())]
    NotEditable {
        /// The member.
        member: &'static str,
        /// Where the journey stands.
        state: JourneyState,
    },
}

/// A rule that an activity breaks; the text follows the activity's path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActivityFault {
    /// A member is missing or unusable.
    #[error(".{member}: {problem}")]
    Member {
        /// Its path in the activity.
        member: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A member names an activity that does not exist.
    #[error(".{member}: there is no activity '{target}'")]
    UnknownTarget {
        /// The member.
        member: String,
        /// What it names.
        target: JourneyActivityId,
    },
    /// The activity comes after itself.
    #[error(" leads back to itself by {}", join(path))]
    Cycle {
        /// The activities in between, ending with the activity itself.
        path: Vec<JourneyActivityId>,
    },
    /// No path leads to the activity.
    #[error(" cannot be reached from StartActivity")]
    Unreachable,
    /// A question is about a message of an activity that does not come before it.
    #[error(".{member}: activity '{target}' does not come before it")]
    NotUpstream {
        /// The member.
        member: String,
        /// The activity that it names.
        target: JourneyActivityId,
    },
}

fn join(path: &[JourneyActivityId]) -> String {
    let names: Vec<&str> = path.iter().map(JourneyActivityId::as_str).collect();
    names.join(", ")
}

/// A fault of a member outside of the activities.
pub(crate) fn member(member: impl Into<String>, problem: impl Into<String>) -> JourneyFault {
    JourneyFault::Member {
        member: member.into(),
        problem: problem.into(),
    }
}

/// A fault of a member of an activity.
pub(crate) fn in_activity(member: impl Into<String>, problem: impl Into<String>) -> ActivityFault {
    ActivityFault::Member {
        member: member.into(),
        problem: problem.into(),
    }
}
