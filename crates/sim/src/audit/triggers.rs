//! Campaigns that wait for events (`docs/spec/campaigns.md §10`): each event that matches brings one
//! message, and no other does.
//!
//! The auditor takes the events that were reported and finds out whom each of them reaches. Where
//! an event comes together with a change (of the campaign, of a person, of the process), both
//! orders are right: such an event may reach somebody, others must.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use clock::Timestamp;
use model::{
    AttributeOperator, Comparison, Endpoint, Event, EventFilter, Origin, Outcome, RunState,
    Schedule, Start,
};

use super::Complaints;
use super::caps::day_may_be_full;
use super::hooks;
use super::person::{has_bounced, reachable, used_address};
use super::quiet::is_quiet_between;
use super::view::{View, is_final, is_on, reaches, same_address};
use crate::evidence::{Answer, HandOver};
use crate::plan::is_broken;

/// How long a message has from the event on.
const LASTS: Duration = Duration::from_secs(5 * 60);
/// How long the engine may need to look at an event.
const SLACK: Duration = Duration::from_secs(90);
/// How far the deadlines of messages that are sent together may lie apart.
const TOGETHER: Duration = Duration::from_secs(1);

/// An event that may reach an endpoint.
struct Trigger<'a> {
    id: &'a str,
    /// When the event was received.
    at: Timestamp,
    /// When it has been looked at.
    seen: Timestamp,
    /// Whether it must reach the endpoint.
    certain: bool,
}

/// Each event has its message, and each message its event.
pub(super) fn check(view: &View<'_>, views: &[View<'_>], complaints: &mut Complaints) {
    let triggers = triggers(view);
    let ids: BTreeSet<&str> = triggers
        .iter()
        .map(|trigger| trigger.id)
        .chain(view.outcomes.keys().copied())
        .collect();
    for id in ids {
        let own: Vec<&Trigger<'_>> = triggers.iter().filter(|it| it.id == id).collect();
        let least = own.iter().filter(|trigger| trigger.certain).count();
        let outcomes = view.outcomes.get(id).map_or(&[][..], Vec::as_slice);
        let count = outcomes.len();
        complaints.unless(
            (least..=own.len()).contains(&count),
            "each event that matches brings one message",
            || {
                let at: Vec<_> = own.iter().map(|it| (it.at, it.certain)).collect();
                format!("{}: {id} has {outcomes:?} after {at:?}", view.name())
            },
        );
        let mut allowed = BTreeSet::new();
        for trigger in &own {
            allowed.extend(of_trigger(view, views, trigger));
        }
        complaints.unless(
            outcomes.iter().all(|outcome| allowed.contains(outcome)),
            "the outcome is one that the rules give",
            || {
                let at: Vec<_> = own.iter().map(|it| it.at).collect();
                format!(
                    "{}: {id} has {outcomes:?}, allowed {allowed:?}, after {at:?}",
                    view.name()
                )
            },
        );
        provider_decides(view, id, complaints);
        total_is_kept(view, id, complaints);
        for sent in view.sent(id) {
            let in_time = own.iter().any(|trigger| {
                trigger.at <= sent.at && sent.at < deadline(view, trigger).plus(TOGETHER)
            });
            complaints.unless(in_time, "messages follow events within minutes", || {
                format!("{}: {id} at {}", view.name(), sent.at)
            });
        }
    }
}

fn deadline(view: &View<'_>, trigger: &Trigger<'_>) -> Timestamp {
    let shorter = view.limit(|limits| limits.maximum_duration_s);
    let shorter = shorter.map(|seconds| Duration::from_secs(u64::from(seconds)));
    trigger.at.plus(shorter.map_or(LASTS, |it| it.min(LASTS)))
}

/// What the providers decided about the messages to `id` is what became of them, except of those
/// that are in doubt.
fn provider_decides(view: &View<'_>, id: &str, complaints: &mut Complaints) {
    let mut decided: BTreeMap<Outcome, usize> = BTreeMap::new();
    let mut forgotten = 0;
    for message in view.messages(id) {
        let last = message.last();
        forgotten += usize::from(last.is_some_and(|sent| view.is_forgotten(sent)));
        if let Some(outcome) = decision(&message) {
            *decided.entry(outcome).or_default() += 1;
        }
    }
    let outcomes = view.outcomes.get(id).map_or(&[][..], Vec::as_slice);
    let count = |wanted: Outcome| outcomes.iter().filter(|it| **it == wanted).count();
    let lost: usize = decided
        .iter()
        .map(|(outcome, number)| number.saturating_sub(count(*outcome)))
        .sum();
    let bounced = || {
        let states = view.evidence.people.between(id, view.from, view.to);
        let mut addresses = states
            .iter()
            .flatten()
            .filter_map(|it| it.address.as_deref());
        addresses.any(|address| has_bounced(view, address))
    };
    let told = |outcome: Outcome| decided.get(&outcome).copied().unwrap_or(0);
    let invented = count(Outcome::Success) > told(Outcome::Success) && !bounced()
        || count(Outcome::Unknown) > told(Outcome::Unknown)
        || count(Outcome::Throttled) > told(Outcome::Throttled);
    complaints.unless(
        lost <= count(Outcome::InDoubt) + forgotten && !invented,
        "the provider's answer is the outcome",
        || {
            format!(
                "{}: {id} has {outcomes:?}, decided {decided:?}",
                view.name()
            )
        },
    );
}

/// What the provider decided about a message, if it did.
fn decision(message: &[&HandOver]) -> Option<Outcome> {
    let (last, answer) = message
        .iter()
        .rev()
        .find_map(|sent| Some((*sent, sent.answer?)))?;
    is_final(last, answer).then_some(match answer {
        Answer::Take => Outcome::Success,
        Answer::TakeSilently => Outcome::Unknown,
        Answer::Never => Outcome::FailurePermanent,
        Answer::Slower => Outcome::Throttled,
        Answer::NotNow | Answer::Unreachable => Outcome::TransientFailure,
    })
}

/// How often `id` was targeted in the run.
fn targeted(view: &View<'_>, id: &str) -> usize {
    let outcomes = view.outcomes.get(id).into_iter().flatten();
    outcomes
        .filter(|outcome| used_address(**outcome) && **outcome != Outcome::CampaignCap)
        .count()
}

fn total_is_kept(view: &View<'_>, id: &str, complaints: &mut Complaints) {
    let Some(total) = view.limit(|limits| limits.total) else {
        return;
    };
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    let targeted = targeted(view, id);
    complaints.unless(targeted <= total, "the total cap is kept", || {
        format!("{}: {id} was targeted {targeted} times", view.name())
    });
}

/// What may become of what one event triggers.
fn of_trigger(view: &View<'_>, views: &[View<'_>], trigger: &Trigger<'_>) -> BTreeSet<Outcome> {
    let evidence = view.evidence;
    let deadline = deadline(view, trigger);
    let (from, to) = (trigger.at, trigger.seen.max(deadline.plus(SLACK)));
    let mut allowed = BTreeSet::new();
    let mut lives = evidence.lives.iter();
    let crashed = lives.any(|life| life.crash.is_some() && from <= life.to && life.to <= to);
    if crashed && !view.resends() {
        allowed.insert(Outcome::InDoubt);
    }
    if view.record.run.state == RunState::Cancelled {
        allowed.insert(Outcome::Cancelled);
    }
    for message in view.messages(trigger.id) {
        let mut sent = message
            .iter()
            .filter(|sent| from <= sent.at && sent.at < to);
        let refused = sent.any(|sent| sent.answer == Some(Answer::NotNow));
        allowed.extend(refused.then_some(Outcome::TransientFailure));
        allowed.extend(decision(&message));
    }
    // What holds messages up: a pace, or providers that cannot be reached or answer slowly.
    let trouble = evidence.hand_overs.iter().any(|sent| {
        let near = from.minus(LASTS) <= sent.at && sent.at <= to;
        near && !matches!(sent.answer, Some(Answer::Take | Answer::Never))
    });
    let paced = view.limit(|limits| limits.messages_per_second).is_some();
    let asks = view.campaign.hook.is_some();
    let late = crashed || trouble || paced || asks || trigger.seen >= deadline;
    for state in evidence.people.between(trigger.id, from, to) {
        allowed.extend(of_state(view, views, trigger, state, (from, to), late));
    }
    allowed
}

fn of_state(
    view: &View<'_>,
    views: &[View<'_>],
    trigger: &Trigger<'_>,
    state: Option<&Endpoint>,
    (from, to): (Timestamp, Timestamp),
    late: bool,
) -> Vec<Outcome> {
    let id = trigger.id;
    let arm = view.arms.get(id).and_then(|arms| arms.first()).copied();
    let (endpoint, channel, address) = match reachable(view, arm.unwrap_or(0), state) {
        Ok(reachable) => reachable,
        Err(outcome) => return vec![outcome],
    };
    let Some(arm) = arm else {
        return vec![Outcome::Holdout];
    };
    let mut outcomes = Vec::new();
    let cancelled = view.has(id, Outcome::Cancelled);
    if let Some(total) = view.limit(|limits| limits.total)
        && (cancelled || targeted(view, id) >= usize::try_from(total).unwrap_or(usize::MAX))
    {
        outcomes.push(Outcome::CampaignCap);
    }
    if day_may_be_full(view, views, id) {
        outcomes.push(Outcome::DailyCap);
    }
    let zone = endpoint.demographic.timezone.as_deref();
    if let Some(quiet) = view.quiet_time(arm)
        && is_quiet_between(quiet, zone, from, to)
    {
        outcomes.push(Outcome::QuietTime);
    }
    if late {
        outcomes.push(Outcome::Expired);
    }
    if !is_on(channel) {
        outcomes.push(Outcome::UnsupportedChannel);
    } else if is_broken(channel, address) {
        outcomes.push(Outcome::FailurePermanent);
    }
    outcomes.extend(hooks::outcomes(view, id));
    if has_bounced(view, address) {
        outcomes.push(Outcome::Success);
    }
    outcomes
}

/// Whom the events reached, or may have reached.
fn triggers<'a>(view: &View<'a>) -> Vec<Trigger<'a>> {
    let Some(schedule) = view.campaign.default_treatment.schedule.as_ref() else {
        return Vec::new();
    };
    let Some(filter) = schedule.event_filter.as_ref() else {
        return Vec::new();
    };
    let mut triggers = Vec::new();
    for event in &view.evidence.events {
        let ours = event.origin == Origin::Client && matches(filter, event);
        if !ours || !is_in_window(schedule, event) {
            continue;
        }
        let (at, seen) = (event.arrival, seen(view, event.arrival));
        // What arrives after the end of the window, whatever its timestamp, may find nobody.
        let on_time = schedule.end.is_none_or(|end| at <= end);
        let (possible, certain) = is_open(view, schedule, at, seen);
        let certain = certain && on_time;
        if !possible {
            continue;
        }
        for (id, sure) in whom(view, event, seen) {
            triggers.push(Trigger {
                id,
                at,
                seen,
                certain: certain && sure,
            });
        }
    }
    triggers
}

/// When an event that was received at `at` has been looked at for sure.
fn seen(view: &View<'_>, at: Timestamp) -> Timestamp {
    let mut seen = at.plus(SLACK);
    for pair in view.evidence.lives.windows(2) {
        if at <= pair[1].from && pair[0].to <= seen {
            seen = seen.max(pair[1].from.plus(SLACK));
        }
    }
    seen
}

/// Whether the campaign may have been waiting when an event that came at `at` was looked at, and
/// whether it was in any case.
fn is_open(view: &View<'_>, schedule: &Schedule, at: Timestamp, seen: Timestamp) -> (bool, bool) {
    let edits = &view.story.edits;
    let first = edits.partition_point(|(when, _)| *when < at);
    let last = edits.partition_point(|(when, _)| *when <= seen);
    let versions = &edits[first.saturating_sub(1)..last];
    let waits = |edit: &Option<Box<model::Campaign>>| edit.as_ref().is_some_and(|it| !it.paused);
    let possible = versions.iter().any(|(_, edit)| waits(edit));
    let settled = versions.len() == 1 && first > 0 && seen <= view.evidence.end;
    // What is looked at long after the end of the window is too late.
    let in_time = schedule.end.is_none_or(|end| seen <= end.plus(LASTS));
    (possible, possible && settled && in_time)
}

fn is_in_window(schedule: &Schedule, event: &Event) -> bool {
    let begun = match schedule.start {
        Start::Immediately => true,
        Start::At(start) => start <= event.timestamp && start <= event.arrival,
    };
    begun && schedule.end.is_none_or(|end| event.timestamp <= end)
}

/// Whether an event is one that the filter asks for, as far as these worlds ask.
fn matches(filter: &EventFilter, event: &Event) -> bool {
    let wanted = &filter.dimensions;
    let kind = wanted.event_type.as_ref();
    let mut attributes = wanted.attributes.iter();
    let mut metrics = wanted.metrics.iter();
    kind.is_none_or(|kind| kind.values.contains(&event.kind))
        && attributes.all(|(name, test)| {
            let value = event.attributes.get(name);
            let is_one = value.is_some_and(|value| test.values.contains(value));
            is_one != (test.operator == Some(AttributeOperator::Exclusive))
        })
        && metrics.all(|(name, test)| {
            let value = event.metrics.get(name);
            value.is_some_and(|value| match test.comparison {
                Comparison::GreaterThan => *value > test.value,
                Comparison::GreaterThanOrEqual => *value >= test.value,
                Comparison::LessThan => *value < test.value,
                Comparison::LessThanOrEqual => *value <= test.value,
                Comparison::Equal => *value == test.value,
            })
        })
}

/// Whom an event may reach that is looked at by `seen`, and whether it must.
fn whom<'a>(view: &View<'a>, event: &Event, seen: Timestamp) -> BTreeMap<&'a str, bool> {
    let people = &view.evidence.people;
    let between = |id: &str| people.between(id, event.arrival, seen);
    let reporter = event.endpoint.as_str();
    let Some(reporter) = people.ids().find(|id| *id == reporter) else {
        return BTreeMap::new();
    };
    let states = between(reporter);
    let only = states.len() == 1;
    let mut reached = BTreeMap::new();
    for state in states.into_iter().flatten() {
        if has_words(view, state) {
            if belongs(view, state) {
                reached.insert(reporter, only);
            }
            continue;
        }
        let mut others: Vec<(&'a str, bool, Option<String>)> = Vec::new();
        for id in people.ids().filter(|id| *id != reporter) {
            let states = between(id);
            let stands_in = |other: &Option<&Endpoint>| {
                other.is_some_and(|other| {
                    other.user.is_some()
                        && other.user == state.user
                        && has_words(view, other)
                        && belongs(view, other)
                })
            };
            if states.iter().any(stands_in) {
                let address = states.iter().flatten().next();
                let address = address
                    .and_then(|it| it.address.as_deref())
                    .map(same_address);
                others.push((id, states.len() == 1, address));
            }
        }
        let sure = |(_, settled, address): &(&str, bool, Option<String>)| {
            let alike = others.iter().filter(|other| other.2 == *address).count();
            only && *settled && alike == 1
        };
        if !others.iter().any(|(_, settled, _)| *settled) && belongs(view, state) {
            reached.insert(reporter, only && others.is_empty());
        }
        for other in &others {
            reached.insert(other.0, sure(other));
        }
    }
    reached
}

/// Whether the campaign says something on the channel of `endpoint`.
fn has_words(view: &View<'_>, endpoint: &Endpoint) -> bool {
    let message = view.message(0);
    let channel = endpoint.channel;
    message.is_some_and(|message| channel.is_some_and(|channel| reaches(message, channel)))
}

fn belongs(view: &View<'_>, endpoint: &Endpoint) -> bool {
    let audiences = &view.evidence.plan.audiences;
    let audience = audiences.get(view.story.audience);
    audience.is_some_and(|audience| audience.holds(endpoint))
}
