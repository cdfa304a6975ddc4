//! Caps, counted message by message (`docs/spec/campaigns.md §7`, limits).
//!
//! A message counts for the daily cap in the minute in which it was attempted and in the 1,439
//! minutes that follow. The auditor knows when a provider was called, not when the answer was noted
//! or when somebody decided: where these lie on two sides of a minute or of another message, both
//! counts are right.

use std::time::Duration;

use clock::Timestamp;
use model::Outcome;

use super::Complaints;
use super::hand_overs::DECIDED_BEFORE;
use super::person::used_address;
use super::view::{View, is_final};

/// Minutes for which a message counts.
const MINUTES: i64 = 24 * 60;
const MINUTE: Duration = Duration::from_secs(60);

/// Whether the endpoint was targeted by the campaign as often as it may, before this run.
pub(super) fn total_is_reached(view: &View<'_>, views: &[View<'_>], id: &str) -> bool {
    let Some(total) = view.limit(|limits| limits.total) else {
        return false;
    };
    let earlier = views.iter().filter(|other| {
        other.story.id == view.story.id
            && other.record.run.scheduled < view.record.run.scheduled
            && other
                .outcome(id)
                .is_some_and(|outcome| used_address(outcome) && outcome != Outcome::CampaignCap)
    });
    earlier.count() >= usize::try_from(total).unwrap_or(usize::MAX)
}

/// Whether the endpoint may have had as many messages as this campaign allows in a day.
pub(super) fn day_may_be_full(view: &View<'_>, views: &[View<'_>], id: &str) -> bool {
    let Some(daily) = view.limit(|limits| limits.daily) else {
        return false;
    };
    let others = views
        .iter()
        .filter(|other| view.waits_for_events() || !is_same(other, view));
    let count: usize = others.map(|other| may_count(other, view, id)).sum();
    count >= usize::try_from(daily).unwrap_or(usize::MAX)
}

/// How many messages of `other` to `id` may count when `view` decides: those that were handed over,
/// and those that were meant to be.
fn may_count(other: &View<'_>, view: &View<'_>, id: &str) -> usize {
    let recent = |from: Timestamp, to: Timestamp| {
        from <= view.to && minute(view.from) - minute(to) <= MINUTES
    };
    let handed_over = other
        .messages(id)
        .iter()
        .filter(|message| {
            let mut sent = message.iter();
            sent.any(|sent| recent(sent.at, sent.at.plus(MINUTE)))
        })
        .count();
    if other.waits_for_events() {
        // Those that nobody was handed are not told apart by when they were meant to be.
        let outcomes = other.outcomes.get(id).map_or(&[][..], Vec::as_slice);
        let meant = outcomes
            .iter()
            .filter(|outcome| outcome.attempted() || **outcome == Outcome::InDoubt)
            .count();
        return handed_over.max(meant);
    }
    let overlaps = other.from <= view.to && view.from <= other.to;
    let meant = other
        .outcome(id)
        .is_some_and(|outcome| outcome.attempted() || outcome == Outcome::InDoubt || overlaps);
    let meant = meant && other.sent(id).is_empty() && recent(other.from, other.to);
    handed_over.max(usize::from(meant))
}

/// Nobody gets more than a cap allows.
pub(super) fn check(view: &View<'_>, views: &[View<'_>], complaints: &mut Complaints) {
    let Some(daily) = view.limit(|limits| limits.daily) else {
        return;
    };
    let most = usize::try_from(daily).unwrap_or(usize::MAX);
    for (id, all) in &view.sent {
        for sent in all {
            let decided = sent.at.minus(DECIDED_BEFORE).max(view.from);
            let had: usize = views
                .iter()
                .filter(|other| view.waits_for_events() || !is_same(other, view))
                .map(|other| must_count(other, id, &sent.key, decided, sent.at))
                .sum();
            complaints.unless(had < most, "the daily cap is kept", || {
                format!("{}: {id} at {} had {had} of {most}", view.name(), sent.at)
            });
        }
    }
}

/// How many messages of `other` to `id`, except the one called `key`, were settled by `decided` and
/// still count at `now`.
fn must_count(other: &View<'_>, id: &str, key: &str, decided: Timestamp, now: Timestamp) -> usize {
    let counts = |at: Timestamp| at < decided && minute(now) - minute(at) < MINUTES;
    if other.has(id, Outcome::InDoubt) && !other.waits_for_events() {
        return usize::from(counts(other.from) && other.to < decided);
    }
    let mut messages = other.messages(id);
    messages.retain(|message| {
        let mut sent = message.iter().filter(|sent| sent.key != key);
        sent.any(|sent| {
            let settled = sent.answer.is_some_and(|answer| is_final(sent, answer));
            let settled = settled && !other.is_forgotten(sent);
            settled && counts(sent.at) && (other.to < decided || sent.at.plus(MINUTE) < decided)
        })
    });
    messages.len()
}

fn is_same(one: &View<'_>, other: &View<'_>) -> bool {
    one.record.run.activities == other.record.run.activities
}

fn minute(instant: Timestamp) -> i64 {
    instant.as_millis().div_euclid(60_000)
}
