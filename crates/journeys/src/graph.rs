//! The graph of activities: every target exists, nothing leads back to itself, everything is
//! reached.

use std::collections::{BTreeMap, BTreeSet};

use model::{Activity, JourneyActivityId, SimpleCondition};

use crate::fault::{ActivityFault, JourneyFault, member};

/// Activities of a journey at most.
pub const ACTIVITIES_MAX: usize = 40;
/// Characters of an activity's identifier at most.
const ID_CHARS_MAX: usize = 100;

type Activities = BTreeMap<JourneyActivityId, Activity>;
/// The activities that follow each activity.
type Edges<'a> = BTreeMap<&'a JourneyActivityId, Vec<&'a JourneyActivityId>>;

/// Whether `id` may name an activity: 1 to 100 letters and digits.
///
/// # Errors
/// It may not.
pub fn activity_id(id: &str) -> Result<(), JourneyFault> {
    let fits = id.chars().all(|c| c.is_ascii_alphanumeric());
    if (1..=ID_CHARS_MAX).contains(&id.len()) && fits {
        return Ok(());
    }
    let shown: String = id.chars().take(ID_CHARS_MAX).collect();
    Err(member(
        format!("Activities.{shown}"),
        format!("an identifier has 1 to {ID_CHARS_MAX} letters and digits"),
    ))
}

/// Whether the graph that begins at `start` is whole.
///
/// # Errors
/// The first activity, by its identifier, with a target that does not exist; else one that leads
/// back to itself; else one that cannot be reached; else one whose question is about a message that
/// does not come before it.
pub(crate) fn check(
    activities: &Activities,
    start: &JourneyActivityId,
) -> Result<(), JourneyFault> {
    if !activities.contains_key(start) {
        return Err(member(
            "StartActivity",
            format!("there is no activity '{start}'"),
        ));
    }
    let mut edges = Edges::new();
    for (id, activity) in activities {
        for (member, target) in activity.targets() {
            let Some(target) = target else { continue };
            if !activities.contains_key(target) {
                let target = target.clone();
                return Err(fault(id, ActivityFault::UnknownTarget { member, target }));
            }
            edges.entry(id).or_default().push(target);
        }
    }
    for id in activities.keys() {
        if let Some(path) = way_back(&edges, id) {
            return Err(fault(id, ActivityFault::Cycle { path }));
        }
    }
    let reached = after(&edges, start);
    for id in activities.keys() {
        if id != start && !reached.contains(id) {
            return Err(fault(id, ActivityFault::Unreachable));
        }
    }
    for (id, activity) in activities {
        for (path, condition) in activity.conditions() {
            check_upstream(activities, &edges, id, path, condition)?;
        }
    }
    Ok(())
}

fn check_upstream(
    activities: &Activities,
    edges: &Edges<'_>,
    id: &JourneyActivityId,
    path: String,
    condition: &SimpleCondition,
) -> Result<(), JourneyFault> {
    let SimpleCondition::Event(event) = condition else {
        return Ok(());
    };
    let Some(target) = &event.message_activity else {
        return Ok(());
    };
    let member = path + ".EventCondition.MessageActivity";
    let Some(activity) = activities.get(target) else {
        let target = target.clone();
        return Err(fault(id, ActivityFault::UnknownTarget { member, target }));
    };
    if !activity.is_message() {
        let problem = format!("activity '{target}' sends no message");
        return Err(fault(id, ActivityFault::Member { member, problem }));
    }
    if !after(edges, target).contains(id) {
        let target = target.clone();
        return Err(fault(id, ActivityFault::NotUpstream { member, target }));
    }
    Ok(())
}

/// Everything that follows `from`, near or far; `from` itself only if it follows itself.
fn after<'a>(edges: &Edges<'a>, from: &JourneyActivityId) -> BTreeSet<&'a JourneyActivityId> {
    let mut found = BTreeSet::new();
    let mut open: Vec<_> = edges.get(from).into_iter().flatten().copied().collect();
    while let Some(next) = open.pop() {
        if found.insert(next) {
            open.extend(edges.get(next).into_iter().flatten().copied());
        }
    }
    found
}

/// The shortest way from `id` back to itself, without its beginning.
fn way_back(edges: &Edges<'_>, id: &JourneyActivityId) -> Option<Vec<JourneyActivityId>> {
    let mut seen = BTreeSet::new();
    let mut ways = vec![vec![id]];
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let last = way.last().copied().unwrap_or(id);
            for next in edges.get(last).into_iter().flatten().copied() {
                let mut way = way.clone();
                way.push(next);
                if next == id {
                    return Some(way.into_iter().skip(1).cloned().collect());
                }
                if seen.insert(next) {
                    longer.push(way);
                }
            }
        }
        ways = longer;
    }
    None
}

fn fault(activity: &JourneyActivityId, fault: ActivityFault) -> JourneyFault {
    JourneyFault::Activity {
        activity: activity.clone(),
        fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{activities, event_split};

    #[track_caller]
    fn check_graph(text: &str, want: &str) {
        let activities = activities(text);
        let said = check(&activities, &JourneyActivityId::from("a"))
            .err()
            .map(|fault| fault.to_string());
        assert_eq!(said.as_deref().unwrap_or(""), want, "{text}");
    }

    #[test]
    fn whole_graphs_pass() {
        check_graph("a", "");
        check_graph("a>b b>c c", "");
        check_graph("a>b,c b>d c>d d", "");
    }

    #[test]
    fn faults_name_the_activity() {
        check_graph("b", "StartActivity: there is no activity 'a'");
        check_graph(
            "a>b",
            "Activities.a.ConditionalSplit.TrueActivity: there is no activity 'b'",
        );
        check_graph(
            "a>b,c b",
            "Activities.a.ConditionalSplit.FalseActivity: there is no activity 'c'",
        );
        check_graph("a>a", "Activities.a leads back to itself by a");
        check_graph(
            "a>b b>c c>d,b d",
            "Activities.b leads back to itself by c, b",
        );
        check_graph("a b", "Activities.b cannot be reached from StartActivity");
        check_graph("a b>a", "Activities.b cannot be reached from StartActivity");
    }

    #[test]
    fn questions_look_back() {
        let with = |text: &str, id: &str, about: &str| {
            let mut activities = activities(text);
            let split = event_split(about, None, None);
            activities.insert(JourneyActivityId::from(id), split);
            check(&activities, &JourneyActivityId::from("a"))
                .err()
                .map(|fault| fault.to_string())
        };
        assert_eq!(
            with("a>s", "s", "nobody").as_deref(),
            Some(
                "Activities.s.ConditionalSplit.Condition.Conditions[0].EventCondition.MessageActivity: there is no activity 'nobody'"
            )
        );
        assert_eq!(
            with("a>s", "s", "a").as_deref(),
            Some(
                "Activities.s.ConditionalSplit.Condition.Conditions[0].EventCondition.MessageActivity: activity 'a' sends no message"
            )
        );
        assert_eq!(with("a>m,s m:mail>s", "s", "m"), None);
        assert_eq!(
            with("a>m,s m:mail", "s", "m").as_deref(),
            Some(
                "Activities.s.ConditionalSplit.Condition.Conditions[0].EventCondition.MessageActivity: activity 'm' does not come before it"
            )
        );
    }

    #[test]
    fn identifiers_are_words() {
        for good in ["a", "Mail1", "7YsxLk0pXQ", &"x".repeat(100)] {
            assert!(activity_id(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "ä", "a.b", "a-b", &"x".repeat(101)] {
            assert!(activity_id(bad).is_err(), "{bad}");
        }
    }
}
