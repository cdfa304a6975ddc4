//! One person in one run: which outcomes may be theirs (`docs/spec/campaigns.md §7`).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{ChannelType, Endpoint, EndpointStatus, OptOut, Outcome, RunState};

use super::Complaints;
use super::caps::{day_may_be_full, total_is_reached};
use super::hooks;
use super::quiet::is_quiet_between;
use super::turns::{moved, window};
use super::view::{View, is_final, is_on, reaches, same_address};
use crate::evidence::{Answer, HandOver};
use crate::plan::is_broken;

/// How long a mail that is refused for now is tried again (`docs/spec/channels.md §4`).
const TRIED_FOR: Duration = Duration::from_secs(12 * 3600);

/// Holds the outcome of each member against those that may be theirs.
pub(super) fn check(view: &View<'_>, views: &[View<'_>], complaints: &mut Complaints) {
    let addresses = Addresses::of(view);
    addresses.check(view, complaints);
    for (id, outcomes) in &view.outcomes {
        let [outcome] = outcomes.as_slice() else {
            continue; // told of elsewhere
        };
        let allowed = allowed(view, views, &addresses, id);
        complaints.unless(
            allowed.contains(outcome),
            "the outcome is one that the rules give",
            || {
                let sent: Vec<_> = view.sent(id).iter().map(|s| (s.at, s.answer)).collect();
                format!(
                    "{}: {id} has {}, allowed {allowed:?}; sent {sent:?}, arms {:?}, open from {} to {}, was {:?}",
                    view.name(),
                    outcome.as_str(),
                    view.arms.get(id),
                    view.from,
                    view.to,
                    view.evidence.people.between(id, view.from, view.to),
                )
            },
        );
    }
}

/// The outcomes that may be those of `id`.
fn allowed(
    view: &View<'_>,
    views: &[View<'_>],
    addresses: &Addresses<'_>,
    id: &str,
) -> BTreeSet<Outcome> {
    let mut allowed = BTreeSet::new();
    let (from, to) = window(view, id);
    if view.was_crashed() && !view.resends() {
        allowed.insert(Outcome::InDoubt);
    }
    let sent = view.sent(id);
    let last = sent
        .iter()
        .rev()
        .find_map(|sent| Some((*sent, sent.answer?)));
    if let Some((sent, answer)) = last.filter(|(sent, answer)| is_final(sent, *answer)) {
        allowed.insert(match answer {
            Answer::Take => Outcome::Success,
            Answer::TakeSilently => Outcome::Unknown,
            Answer::Never => Outcome::FailurePermanent,
            Answer::Slower => Outcome::Throttled,
            Answer::NotNow | Answer::Unreachable => Outcome::TransientFailure,
        });
        debug_assert!(sent.channel != ChannelType::Email || answer != Answer::Slower);
        if !view.is_forgotten(sent) {
            return allowed;
        }
    }
    if view.record.run.state == RunState::Cancelled {
        allowed.insert(Outcome::Cancelled);
    }
    // Who was refused for now keeps that, whatever comes later.
    let first = sent.iter().find(|sent| sent.answer == Some(Answer::NotNow));
    if let Some(first) = first {
        let over = view.deadline(from).is_some_and(|it| view.to >= it);
        let asked_again = !hooks::outcomes(view, id).is_empty();
        if over || asked_again || view.to.since(first.at) >= TRIED_FOR {
            allowed.insert(Outcome::TransientFailure);
        }
    }
    if let Some(turns) = &view.turns
        && moved(view, turns, id)
    {
        allowed.insert(Outcome::EndpointTimezoneMismatch);
    }
    for state in view.evidence.people.between(id, from, to) {
        for arm in arms(view, id) {
            allowed.extend(of_state(view, views, addresses, (id, arm), state));
        }
    }
    allowed
}

/// The treatments that `id` may fall to. Of who is not in the run's, it is not known.
fn arms(view: &View<'_>, id: &str) -> Vec<u8> {
    match view.arms.get(id).and_then(|arms| arms.first()) {
        Some(arm) => vec![*arm],
        None if view.record.run.treatments.is_empty() => vec![0],
        None => view.campaign.numbers().collect(),
    }
}

/// What somebody in this state comes to, if no provider decides.
fn of_state(
    view: &View<'_>,
    views: &[View<'_>],
    addresses: &Addresses<'_>,
    (id, arm): (&str, u8),
    state: Option<&Endpoint>,
) -> Vec<Outcome> {
    let (from, to) = window(view, id);
    let held_out = !view.arms.contains_key(id);
    let (endpoint, channel, address) = match reachable(view, arm, state) {
        Ok(reachable) => reachable,
        Err(outcome) => return vec![outcome],
    };
    let turn = view.turns.as_ref().map(|turns| view.turn(turns, endpoint));
    if turn == Some(None) {
        return vec![Outcome::EndpointMissingTimezone];
    }
    if held_out {
        // Somebody else's, or nobody's.
        let run = &view.record.run;
        let holdout = run.takes(0).then_some(Outcome::Holdout);
        let other = (!run.treatments.is_empty()).then_some(Outcome::TreatmentHoldout);
        return holdout.into_iter().chain(other).collect();
    }
    let mut outcomes = Vec::new();
    if turn.flatten().is_some_and(|turn| turn.over) {
        outcomes.push(Outcome::Expired);
    }
    if addresses.is_claimed_by_another(address, id) {
        outcomes.push(Outcome::DuplicateAddress);
    }
    if total_is_reached(view, views, id) {
        outcomes.push(Outcome::CampaignCap);
        return outcomes;
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
    if view.deadline(from).is_some_and(|it| view.to >= it) {
        outcomes.push(Outcome::Expired);
    }
    outcomes.extend(hooks::outcomes(view, id));
    if !is_on(channel) {
        outcomes.push(Outcome::UnsupportedChannel);
    } else if is_broken(channel, address) {
        outcomes.push(Outcome::FailurePermanent);
    }
    if channel == ChannelType::Email && has_bounced(view, address) {
        // Mail to a suppressed address counts as sent (`docs/spec/channels.md §4`).
        outcomes.push(Outcome::Success);
    }
    outcomes
}

/// The endpoint with its channel and address, if a message can go there at all.
pub(super) fn reachable<'e>(
    view: &View<'_>,
    arm: u8,
    state: Option<&'e Endpoint>,
) -> Result<(&'e Endpoint, ChannelType, &'e str), Outcome> {
    let endpoint = state.ok_or(Outcome::FilteredOutBySegment)?;
    if endpoint.status != EndpointStatus::Active {
        return Err(Outcome::EndpointInactive);
    }
    if endpoint.opt_out == OptOut::All {
        return Err(Outcome::EndpointOptOut);
    }
    let channel = endpoint.channel.ok_or(Outcome::EndpointMissingChannel)?;
    let address = endpoint
        .address
        .as_deref()
        .filter(|it| !it.trim().is_empty());
    let address = address.ok_or(Outcome::EndpointMissingAddress)?;
    match view.message(arm) {
        Some(message) if reaches(message, channel) => Ok((endpoint, channel, address)),
        _ => Err(Outcome::EndpointChannelMismatch),
    }
}

/// Whether a mail server refused `address` for good before the run ended.
pub(super) fn has_bounced(view: &View<'_>, address: &str) -> bool {
    let address = same_address(address);
    view.evidence.hand_overs.iter().any(|sent| {
        sent.channel == ChannelType::Email
            && matches!(sent.answer, Some(Answer::Never | Answer::NotNow))
            && sent.at <= view.to
            && same_address(&sent.to) == address
    })
}

/// Whether the endpoint got as far as using its address, and counts as targeted.
pub(super) fn used_address(outcome: Outcome) -> bool {
    !matches!(
        outcome,
        Outcome::EndpointInactive
            | Outcome::EndpointOptOut
            | Outcome::EndpointMissingChannel
            | Outcome::EndpointMissingAddress
            | Outcome::EndpointChannelMismatch
            | Outcome::EndpointMissingTimezone
            | Outcome::EndpointTimezoneMismatch
            | Outcome::FilteredOutBySegment
            | Outcome::DuplicateEndpoint
            | Outcome::DuplicateUser
            | Outcome::DuplicateAddress
            | Outcome::Holdout
            | Outcome::FilteredOutByHook
            | Outcome::TreatmentHoldout
            | Outcome::Cancelled
    )
}

/// Who used each address in a run, whatever it was at the time.
struct Addresses<'a>(BTreeMap<String, BTreeSet<&'a str>>);

impl<'a> Addresses<'a> {
    fn of(view: &View<'a>) -> Self {
        let mut users: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for (id, outcomes) in &view.outcomes {
            let cancelled = outcomes.contains(&Outcome::Cancelled) && !view.sent(id).is_empty();
            let dropped = outcomes.contains(&Outcome::FilteredOutByHook);
            let used = outcomes.iter().any(|outcome| used_address(*outcome));
            if cancelled || dropped || used {
                let states = view.evidence.people.between(id, view.from, view.to);
                for address in states
                    .iter()
                    .flatten()
                    .filter_map(|it| it.address.as_deref())
                {
                    users.entry(same_address(address)).or_default().insert(*id);
                }
            }
        }
        Self(users)
    }

    fn is_claimed_by_another(&self, address: &str, id: &str) -> bool {
        let users = self.0.get(&same_address(address));
        users.is_some_and(|users| users.iter().any(|user| *user != id))
    }

    /// Of several with one address, one is sent.
    fn check(&self, view: &View<'_>, complaints: &mut Complaints) {
        let moved = |id: &str| view.evidence.people.between(id, view.from, view.to).len() > 1;
        for (address, users) in &self.0 {
            let settled: Vec<_> = users.iter().filter(|id| !moved(id)).collect();
            complaints.unless(settled.len() <= 1, "one address is used once", || {
                format!("{}: {address} by {settled:?}", view.name())
            });
        }
        let mut taken: BTreeMap<String, &HandOver> = BTreeMap::new();
        for sent in view.sent.values().flatten() {
            if matches!(sent.answer, Some(Answer::Take | Answer::TakeSilently)) {
                let before = taken.insert(same_address(&sent.to), *sent);
                let again = |before: &HandOver| {
                    view.campaign.resend_in_doubt
                        && before.key == sent.key
                        && before.life != sent.life
                };
                complaints.unless(
                    before.is_none_or(again),
                    "nobody is sent a message twice",
                    || {
                        let first = before.map(|before| before.at);
                        format!("{}: {} at {first:?} and {}", view.name(), sent.to, sent.at)
                    },
                );
            }
        }
    }
}
