//! Activities, between the wire and the model. On the wire an activity is a structure of optional
//! members of which exactly one is meant.

use model::{Activity, ActivityStep, Condition, JourneyActivityId, MultiBranch, RandomBranch};
use model::{Junction, WaitTime};
use wire::shapes;

use super::condition::{read_simple, write_simple};
use super::message::{self, read_custom, read_email, read_push, read_sms};
use super::{known, text};
use crate::error::ApiError;

/// The activity at `path`.
///
/// # Errors
/// It is none or several of the kinds, or a member has an unusable value.
pub(super) fn read(path: &str, it: shapes::Activity) -> Result<Activity, ApiError> {
    let at = |word: &str| format!("{path}.{word}");
    let steps = [
        it.email.map(|it| read_email(&at("EMAIL"), it)),
        it.sms.map(|it| read_sms(&at("SMS"), it)),
        it.push.map(|it| read_push(&at("PUSH"), it)),
        it.custom.map(|it| read_custom(&at("CUSTOM"), it)),
        it.contact_center.map(|it| {
            Ok(ActivityStep::ContactCenter {
                next: next(it.next_activity),
            })
        }),
        it.wait.map(|it| {
            Ok(ActivityStep::Wait {
                wait: read_wait(&at("Wait.WaitTime"), it.wait_time)?,
                next: next(it.next_activity),
            })
        }),
        it.conditional_split
            .map(|it| read_conditional(&at("ConditionalSplit"), it)),
        it.multi_condition
            .map(|it| read_multi(&at("MultiCondition"), it)),
        it.random_split.map(|it| Ok(read_random(it))),
        it.holdout.map(|it| {
            Ok(ActivityStep::Holdout {
                percentage: it.percentage.unwrap_or_default(),
                next: next(it.next_activity),
            })
        }),
    ];
    let mut steps = steps.into_iter().flatten();
    match (steps.next(), steps.next()) {
        (Some(step), None) => Ok(Activity {
            description: it.description,
            step: step?,
        }),
        _ => Err(ApiError::bad_request(format!(
            "{path}: expected exactly one of EMAIL, SMS, PUSH, CUSTOM, ContactCenter, Wait, \
             ConditionalSplit, MultiCondition, RandomSplit and Holdout"
        ))),
    }
}

/// An activity as callers see it.
pub(super) fn write(activity: &Activity) -> shapes::Activity {
    let mut it = shapes::Activity {
        description: activity.description.clone(),
        ..shapes::Activity::default()
    };
    match &activity.step {
        ActivityStep::Email { .. }
        | ActivityStep::Sms { .. }
        | ActivityStep::Push { .. }
        | ActivityStep::Custom { .. } => message::write(&activity.step, &mut it),
        ActivityStep::ContactCenter { next } => {
            it.contact_center = Some(shapes::ContactCenterActivity {
                next_activity: name(next.as_ref()),
            });
        }
        ActivityStep::Wait { wait, next } => {
            it.wait = Some(shapes::WaitActivity {
                next_activity: name(next.as_ref()),
                wait_time: wait.as_ref().map(write_wait),
            });
        }
        ActivityStep::ConditionalSplit {
            condition,
            evaluation_wait,
            yes,
            no,
        } => {
            it.conditional_split = Some(shapes::ConditionalSplitActivity {
                condition: condition.as_ref().map(|it| shapes::Condition {
                    conditions: Some(it.conditions.iter().map(write_simple).collect()),
                    operator: it.operator.map(|it| it.as_str().to_owned()),
                }),
                evaluation_wait_time: evaluation_wait.as_ref().map(write_wait),
                false_activity: name(no.as_ref()),
                true_activity: name(yes.as_ref()),
            });
        }
        ActivityStep::MultiCondition {
            branches,
            evaluation_wait,
            default,
        } => {
            let branches = branches.iter().map(|it| shapes::MultiConditionalBranch {
                condition: it.condition.as_ref().map(write_simple),
                next_activity: name(it.next.as_ref()),
            });
            it.multi_condition = Some(shapes::MultiConditionalSplitActivity {
                branches: Some(branches.collect()),
                default_activity: name(default.as_ref()),
                evaluation_wait_time: evaluation_wait.as_ref().map(write_wait),
            });
        }
        ActivityStep::RandomSplit { branches } => {
            let branches = branches.iter().map(|it| shapes::RandomSplitEntry {
                next_activity: name(it.next.as_ref()),
                percentage: it.percentage,
            });
            it.random_split = Some(shapes::RandomSplitActivity {
                branches: Some(branches.collect()),
            });
        }
        ActivityStep::Holdout { percentage, next } => {
            it.holdout = Some(shapes::HoldoutActivity {
                next_activity: name(next.as_ref()),
                percentage: Some(*percentage),
            });
        }
    }
    it
}

fn read_conditional(
    path: &str,
    it: shapes::ConditionalSplitActivity,
) -> Result<ActivityStep, ApiError> {
    let condition = it.condition.map(|it| {
        let operator = format!("{path}.Condition.Operator");
        let conditions = it.conditions.unwrap_or_default().into_iter().enumerate();
        Ok::<_, ApiError>(Condition {
            operator: text(it.operator)
                .map(|word| known(&operator, &word, Junction::parse))
                .transpose()?,
            conditions: conditions
                .map(|(index, it)| {
                    read_simple(&format!("{path}.Condition.Conditions[{index}]"), it)
                })
                .collect::<Result<_, _>>()?,
        })
    });
    Ok(ActivityStep::ConditionalSplit {
        condition: condition.transpose()?,
        evaluation_wait: read_wait(
            &format!("{path}.EvaluationWaitTime"),
            it.evaluation_wait_time,
        )?,
        yes: next(it.true_activity),
        no: next(it.false_activity),
    })
}

fn read_multi(
    path: &str,
    it: shapes::MultiConditionalSplitActivity,
) -> Result<ActivityStep, ApiError> {
    let branches = it.branches.unwrap_or_default().into_iter().enumerate();
    Ok(ActivityStep::MultiCondition {
        branches: branches
            .map(|(index, it)| {
                let path = format!("{path}.Branches[{index}].Condition");
                Ok(MultiBranch {
                    condition: it
                        .condition
                        .map(|condition| read_simple(&path, condition))
                        .transpose()?,
                    next: next(it.next_activity),
                })
            })
            .collect::<Result<_, ApiError>>()?,
        evaluation_wait: read_wait(
            &format!("{path}.EvaluationWaitTime"),
            it.evaluation_wait_time,
        )?,
        default: next(it.default_activity),
    })
}

fn read_random(it: shapes::RandomSplitActivity) -> ActivityStep {
    let branches = it.branches.unwrap_or_default();
    ActivityStep::RandomSplit {
        branches: branches
            .into_iter()
            .map(|it| RandomBranch {
                percentage: it.percentage,
                next: next(it.next_activity),
            })
            .collect(),
    }
}

fn read_wait(path: &str, wait: Option<shapes::WaitTime>) -> Result<Option<WaitTime>, ApiError> {
    let Some(wait) = wait else { return Ok(None) };
    match (text(wait.wait_for), text(wait.wait_until)) {
        (None, None) => Ok(None),
        (Some(duration), None) => Ok(Some(WaitTime::For(duration))),
        (None, Some(time)) => Ok(Some(WaitTime::Until(time))),
        (Some(_), Some(_)) => Err(ApiError::bad_request(format!(
            "{path}: WaitFor and WaitUntil exclude each other"
        ))),
    }
}

fn write_wait(wait: &WaitTime) -> shapes::WaitTime {
    match wait {
        WaitTime::For(duration) => shapes::WaitTime {
            wait_for: Some(duration.clone()),
            wait_until: None,
        },
        WaitTime::Until(time) => shapes::WaitTime {
            wait_for: None,
            wait_until: Some(time.clone()),
        },
    }
}

/// The activity that follows; an empty name is none.
pub(super) fn next(name: Option<String>) -> Option<JourneyActivityId> {
    text(name).map(JourneyActivityId::new)
}

/// The name of the activity that follows.
pub(super) fn name(next: Option<&JourneyActivityId>) -> Option<String> {
    next.map(ToString::to_string)
}
