//! What each kind of activity needs before its journey may be published
//! (`docs/spec/journeys.md §7–8`).

use std::time::Duration;

use clock::Timestamp;
use model::{
    Activity, ActivityStep, Condition, EventDimensions, Journey, MultiBranch, RandomBranch,
    SimpleCondition, StepTemplate, WaitTime,
};

use crate::fault::{ActivityFault, in_activity};
use crate::time::{duration, moment};

const HOUR: Duration = Duration::from_hours(1);
const WAIT_MAX: Duration = Duration::from_hours(365 * 24);
const DATA_CHARS_MAX: usize = 5_000;
const CONDITIONS_MAX: usize = 100;
const MULTI_BRANCHES_MAX: usize = 4;
const RANDOM_BRANCHES: std::ops::RangeInclusive<usize> = 2..=5;

type Checked = Result<(), ActivityFault>;

/// Whether `activity` of `journey`, which ends at `ends`, has everything that it needs.
pub(crate) fn check(journey: &Journey, activity: &Activity, ends: Timestamp) -> Checked {
    let word = activity.word();
    let path = |member: &str| format!("{word}.{member}");
    match &activity.step {
        ActivityStep::Email { template, .. } | ActivityStep::Sms { template, .. } => {
            check_template(&path("TemplateName"), template)
        }
        ActivityStep::Push {
            template,
            time_to_live,
            ..
        } => {
            check_template(&path("TemplateName"), template)?;
            let seconds = time_to_live.as_deref().map(str::parse::<u32>);
            match seconds {
                Some(Err(_)) => Err(in_activity(
                    path("MessageConfig.TimeToLive"),
                    "expected whole seconds",
                )),
                _ => Ok(()),
            }
        }
        ActivityStep::Custom { uri, data, .. } => {
            check_target(&path("DeliveryUri"), uri.as_deref())?;
            let chars = data.as_deref().map_or(0, |data| data.chars().count());
            if chars > DATA_CHARS_MAX {
                return Err(in_activity(
                    path("MessageConfig.Data"),
                    format!("expected at most {DATA_CHARS_MAX} characters, found {chars}"),
                ));
            }
            Ok(())
        }
        ActivityStep::ContactCenter { .. } => check_dialler(journey, word),
        ActivityStep::Wait { wait, .. } => match wait {
            None => Err(in_activity(
                path("WaitTime"),
                "WaitFor or WaitUntil is needed",
            )),
            Some(wait) => check_wait(&path("WaitTime"), wait, HOUR, ends),
        },
        ActivityStep::ConditionalSplit {
            condition,
            evaluation_wait,
            ..
        } => {
            check_evaluation(word, evaluation_wait.as_ref(), ends)?;
            check_condition(&path("Condition.Conditions"), condition.as_ref())
        }
        ActivityStep::MultiCondition {
            branches,
            evaluation_wait,
            ..
        } => {
            check_evaluation(word, evaluation_wait.as_ref(), ends)?;
            check_branches(&path("Branches"), branches)
        }
        ActivityStep::RandomSplit { branches } => check_shares(&path("Branches"), branches),
        ActivityStep::Holdout { percentage, .. } if (1..=100).contains(percentage) => Ok(()),
        ActivityStep::Holdout { percentage, .. } => Err(in_activity(
            path("Percentage"),
            format!("expected 1 to 100, found {percentage}"),
        )),
    }
}

fn check_template(path: &str, template: &StepTemplate) -> Checked {
    match template.name {
        Some(_) => Ok(()),
        None => Err(in_activity(path, "a template is needed")),
    }
}

/// A webhook is called by https only, a function is named by its ARN (`docs/spec/campaigns.md §8`).
fn check_target(path: &str, uri: Option<&str>) -> Checked {
    match uri {
        None => Err(in_activity(
            path,
            "an https URL or the ARN of a function is needed",
        )),
        Some(uri) if uri.starts_with("https://") || uri.starts_with("arn:") => Ok(()),
        Some(_) => Err(in_activity(
            path,
            "expected an https URL or the ARN of a function",
        )),
    }
}

fn check_dialler(journey: &Journey, word: &str) -> Checked {
    let settings = journey.channel_settings.as_ref();
    let complete = settings.is_some_and(|it| it.campaign_arn.is_some() && it.role_arn.is_some());
    if !complete {
        let problem = "JourneyChannelSettings with ConnectCampaignArn and ConnectCampaignExecutionRoleArn are needed";
        return Err(in_activity(word, problem));
    }
    Err(in_activity(word, "no dialler is configured to take calls"))
}

fn check_wait(path: &str, wait: &WaitTime, least: Duration, ends: Timestamp) -> Checked {
    match wait {
        WaitTime::For(text) => {
            let fits = duration(text).is_some_and(|it| it >= least && it <= WAIT_MAX);
            let least = if least.is_zero() { "PT0S" } else { "PT1H" };
            let problem = || {
                let shown: String = text.chars().take(50).collect();
                format!("expected an ISO 8601 duration from {least} to P365D, found '{shown}'")
            };
            if fits {
                Ok(())
            } else {
                Err(in_activity(format!("{path}.WaitFor"), problem()))
            }
        }
        WaitTime::Until(text) => match moment(text) {
            Some(until) if until < ends => Ok(()),
            Some(_) => Err(in_activity(
                format!("{path}.WaitUntil"),
                format!("expected a time before the journey's end {ends}"),
            )),
            None => Err(in_activity(
                format!("{path}.WaitUntil"),
                "expected an ISO 8601 time",
            )),
        },
    }
}

fn check_evaluation(word: &str, wait: Option<&WaitTime>, ends: Timestamp) -> Checked {
    let path = format!("{word}.EvaluationWaitTime");
    wait.map_or(Ok(()), |wait| check_wait(&path, wait, Duration::ZERO, ends))
}

fn check_condition(path: &str, condition: Option<&Condition>) -> Checked {
    let conditions = condition.map_or(&[][..], |it| &it.conditions);
    if conditions.is_empty() || conditions.len() > CONDITIONS_MAX {
        return Err(in_activity(
            path,
            format!(
                "expected 1 to {CONDITIONS_MAX} conditions, found {}",
                conditions.len()
            ),
        ));
    }
    for (index, condition) in conditions.iter().enumerate() {
        check_simple(&format!("{path}[{index}]"), condition)?;
    }
    Ok(())
}

fn check_branches(path: &str, branches: &[MultiBranch]) -> Checked {
    if branches.is_empty() || branches.len() > MULTI_BRANCHES_MAX {
        return Err(in_activity(
            path,
            format!(
                "expected 1 to {MULTI_BRANCHES_MAX} branches, found {}",
                branches.len()
            ),
        ));
    }
    for (index, branch) in branches.iter().enumerate() {
        let path = format!("{path}[{index}].Condition");
        match &branch.condition {
            Some(condition) => check_simple(&path, condition)?,
            None => return Err(in_activity(path, "a condition is needed")),
        }
    }
    Ok(())
}

fn check_simple(path: &str, condition: &SimpleCondition) -> Checked {
    let SimpleCondition::Event(event) = condition else {
        return Ok(());
    };
    let says = |dimensions: &EventDimensions| {
        let types = dimensions.event_type.as_ref();
        types.is_some_and(|it| !it.values.is_empty()) || !dimensions.attributes.is_empty()
    };
    if event.dimensions.as_ref().is_some_and(says) {
        return Ok(());
    }
    Err(in_activity(
        format!("{path}.EventCondition.Dimensions"),
        "EventType or Attributes are needed",
    ))
}

fn check_shares(path: &str, branches: &[RandomBranch]) -> Checked {
    if !RANDOM_BRANCHES.contains(&branches.len()) {
        let (least, most) = (RANDOM_BRANCHES.start(), RANDOM_BRANCHES.end());
        return Err(in_activity(
            path,
            format!(
                "expected {least} to {most} branches, found {}",
                branches.len()
            ),
        ));
    }
    let mut sum = 0_i64;
    for (index, branch) in branches.iter().enumerate() {
        match branch.percentage {
            Some(share @ 1..=100) => sum += share,
            Some(share) => {
                return Err(in_activity(
                    format!("{path}[{index}].Percentage"),
                    format!("expected 1 to 100, found {share}"),
                ));
            }
            None => {
                return Err(in_activity(
                    format!("{path}[{index}].Percentage"),
                    "a percentage is needed",
                ));
            }
        }
    }
    if sum == 100 {
        return Ok(());
    }
    Err(in_activity(
        path,
        format!("the percentages must add up to 100, found {sum}"),
    ))
}

#[cfg(test)]
mod tests {
    use model::{ChannelType, EventCondition, JourneyChannelSettings, Junction, SegmentId};

    use super::*;
    use crate::samples::{journey, mail, of_type};

    fn said(step: ActivityStep) -> String {
        let activity = Activity {
            description: None,
            step,
        };
        let ends = Timestamp::parse("2031-05-01T00:00:00Z").expect("an instant");
        check(&journey(), &activity, ends)
            .err()
            .map(|fault| fault.to_string())
            .unwrap_or_default()
    }

    fn wait(wait: Option<WaitTime>) -> ActivityStep {
        ActivityStep::Wait { wait, next: None }
    }

    #[test]
    fn messages_need_their_content() {
        assert_eq!(said(mail(None)), "");
        let template = StepTemplate::default();
        let settings = None;
        assert_eq!(
            said(ActivityStep::Sms {
                template: template.clone(),
                settings,
                next: None
            }),
            ".SMS.TemplateName: a template is needed"
        );
        let push = |ttl: &str| ActivityStep::Push {
            template: StepTemplate {
                name: Some("t".into()),
                version: None,
            },
            time_to_live: Some(ttl.to_owned()),
            next: None,
        };
        assert_eq!(said(push("3600")), "");
        assert_eq!(
            said(push("soon")),
            ".PUSH.MessageConfig.TimeToLive: expected whole seconds"
        );
        let custom = |uri: Option<&str>, data: usize| ActivityStep::Custom {
            template: template.clone(),
            uri: uri.map(str::to_owned),
            endpoint_types: vec![ChannelType::Custom],
            data: Some("x".repeat(data)),
            next: None,
        };
        assert_eq!(said(custom(Some("https://shop.example/hook"), 5_000)), "");
        assert_eq!(
            said(custom(Some("arn:aws:lambda:us-east-1:1:function:f"), 0)),
            ""
        );
        assert!(said(custom(None, 0)).starts_with(".CUSTOM.DeliveryUri"));
        assert!(said(custom(Some("http://shop.example"), 0)).starts_with(".CUSTOM.DeliveryUri"));
        assert!(
            said(custom(Some("https://shop.example"), 5_001))
                .starts_with(".CUSTOM.MessageConfig.Data")
        );
    }

    #[test]
    fn waits_have_bounds() {
        let wait_for = |text: &str| said(wait(Some(WaitTime::For(text.to_owned()))));
        let until = |text: &str| said(wait(Some(WaitTime::Until(text.to_owned()))));
        assert_eq!(
            said(wait(None)),
            ".Wait.WaitTime: WaitFor or WaitUntil is needed"
        );
        for good in ["PT1H", "P2D", "P365D"] {
            assert_eq!(wait_for(good), "");
        }
        assert_eq!(
            wait_for("PT59M"),
            ".Wait.WaitTime.WaitFor: expected an ISO 8601 duration from PT1H to P365D, found 'PT59M'"
        );
        for bad in ["P366D", "tomorrow", ""] {
            assert!(wait_for(bad).starts_with(".Wait.WaitTime.WaitFor"), "{bad}");
        }
        assert_eq!(until("2031-04-30T23:59:59Z"), "");
        assert_eq!(until("2020-01-01T00:00:00"), "");
        for bad in ["2031-05-01T00:00:00Z", "later"] {
            assert!(until(bad).starts_with(".Wait.WaitTime.WaitUntil"), "{bad}");
        }
    }

    #[test]
    fn shares_make_a_whole() {
        let shares = |shares: &[i64]| {
            let branch = |share: &i64| RandomBranch {
                percentage: Some(*share),
                next: None,
            };
            said(ActivityStep::RandomSplit {
                branches: shares.iter().map(branch).collect(),
            })
        };
        assert_eq!(shares(&[30, 70]), "");
        assert_eq!(shares(&[20; 5]), "");
        assert_eq!(
            shares(&[30, 60]),
            ".RandomSplit.Branches: the percentages must add up to 100, found 90"
        );
        assert_eq!(
            shares(&[100]),
            ".RandomSplit.Branches: expected 2 to 5 branches, found 1"
        );
        assert!(shares(&[0, 100]).starts_with(".RandomSplit.Branches[0].Percentage"));
        assert!(shares(&[-1, 101]).starts_with(".RandomSplit.Branches[0].Percentage"));
        assert!(shares(&[10; 6]).starts_with(".RandomSplit.Branches: expected 2 to 5"));
        let holdout = |percentage| {
            said(ActivityStep::Holdout {
                percentage,
                next: None,
            })
        };
        assert_eq!(holdout(10), "");
        assert_eq!(
            holdout(101),
            ".Holdout.Percentage: expected 1 to 100, found 101"
        );
    }

    #[test]
    fn questions_ask_something() {
        let split = |conditions| ActivityStep::ConditionalSplit {
            condition: Some(Condition {
                operator: Some(Junction::Any),
                conditions,
            }),
            evaluation_wait: None,
            yes: None,
            no: None,
        };
        let event = |dimensions| {
            SimpleCondition::Event(Box::new(EventCondition {
                dimensions,
                message_activity: None,
            }))
        };
        assert_eq!(said(split(vec![event(Some(of_type("_email.open")))])), "");
        assert_eq!(
            said(split(vec![])),
            ".ConditionalSplit.Condition.Conditions: expected 1 to 100 conditions, found 0"
        );
        assert_eq!(
            said(split(vec![event(None)])),
            ".ConditionalSplit.Condition.Conditions[0].EventCondition.Dimensions: EventType or Attributes are needed"
        );
        let multi = |branches| ActivityStep::MultiCondition {
            branches,
            evaluation_wait: None,
            default: None,
        };
        let branch = MultiBranch {
            condition: Some(SimpleCondition::Segment(SegmentId::from("s"))),
            next: None,
        };
        assert_eq!(said(multi(vec![branch.clone(); 4])), "");
        assert!(said(multi(vec![branch; 5])).contains("expected 1 to 4 branches, found 5"));
        assert_eq!(
            said(multi(vec![MultiBranch::default()])),
            ".MultiCondition.Branches[0].Condition: a condition is needed"
        );
    }

    #[test]
    fn calls_need_a_dialler() {
        let mut journey = journey();
        let call = Activity {
            description: None,
            step: ActivityStep::ContactCenter { next: None },
        };
        let said = |journey: &Journey| {
            check(journey, &call, Timestamp::default())
                .expect_err("nobody dials")
                .to_string()
        };
        assert!(said(&journey).contains("JourneyChannelSettings"));
        journey.channel_settings = Some(JourneyChannelSettings {
            campaign_arn: Some("arn:c".to_owned()),
            role_arn: Some("arn:r".to_owned()),
        });
        assert_eq!(
            said(&journey),
            ".ContactCenter: no dialler is configured to take calls"
        );
    }
}
