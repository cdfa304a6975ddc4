//! What the providers saw: nothing twice, nothing too late, nothing to people who refused it.

use std::collections::BTreeSet;
use std::time::Duration;

use clock::Timestamp;
use model::{ChannelType, EndpointStatus, OptOut, Outcome};

use super::Complaints;
use super::quiet::is_quiet;
use super::view::{View, is_final, same_address};
use crate::evidence::{Answer, Evidence, HandOver, Story};
use crate::plan::{CHANGED, Verdict, verdict, words};

const SECOND: Duration = Duration::from_secs(1);
/// How long a message may be on its way from the decision to the provider, when nothing holds it
/// back: what happens to its endpoint in that time comes too late.
pub(super) const DECIDED_BEFORE: Duration = Duration::from_secs(8);

/// Each message of a run.
pub(super) fn check(view: &View<'_>, complaints: &mut Complaints) {
    let run = &view.record.run;
    for (id, all) in view
        .sent
        .keys()
        .flat_map(|id| view.messages(id).into_iter().map(move |all| (id, all)))
    {
        // Who is in doubt after a crash may be sent the message again, if the campaign says so.
        let same_life = |one: &&HandOver, next: &&HandOver| {
            one.life == next.life || !view.campaign.resend_in_doubt
        };
        let once = all.chunk_by(same_life).all(|all| {
            let is_final = |sent: &&HandOver| {
                let answer = sent.answer;
                answer.is_some_and(|answer| is_final(sent, answer))
            };
            let finals = all.iter().filter(|sent| is_final(sent)).count();
            finals == 0 || finals == 1 && all.last().is_some_and(is_final)
        });
        complaints.unless(once, "nobody is handed over again after an answer", || {
            let answers: Vec<_> = all.iter().map(|sent| (sent.at, sent.answer)).collect();
            format!("{}: {id} {answers:?}", view.name())
        });
        let took = all.iter().any(|sent| {
            let taken = matches!(sent.answer, Some(Answer::Take | Answer::TakeSilently));
            taken && !view.is_forgotten(sent)
        });
        complaints.unless(
            !took
                || view.has(id, Outcome::Success)
                || view.has(id, Outcome::Unknown)
                || view.has(id, Outcome::InDoubt),
            "who was sent a message is known",
            || format!("{}: {id} has {:?}", view.name(), view.outcomes.get(id)),
        );
        for sent in all {
            let arm = run
                .activities
                .iter()
                .position(|it| *it == sent.activity)
                .unwrap_or(0);
            let arm = u8::try_from(arm).unwrap_or(0);
            let complain = |complaints: &mut Complaints, kept, rule| {
                complaints.unless(kept, rule, || {
                    format!(
                        "{}: {id} at {} ({} to {})",
                        view.name(),
                        sent.at,
                        view.from,
                        view.to
                    )
                });
            };
            complain(
                complaints,
                sent.words == said(view, sent, arm),
                "each treatment says its own words",
            );
            let assigned = view.arms.get(id).is_some_and(|arms| arms.contains(&arm));
            complain(
                complaints,
                assigned || view.has(id, Outcome::InDoubt),
                "the message is that of the endpoint's treatment",
            );
            complain(
                complaints,
                sent.at >= view.from && sent.at <= view.to,
                "nothing is sent outside of a run",
            );
            complain(
                complaints,
                view.waits_for_events()
                    || view.turns.is_some()
                    || view.deadline(view.from).is_none_or(|it| sent.at < it),
                "nothing is sent after the maximum duration",
            );
            let states = view.evidence.people.between(
                id,
                sent.at.minus(DECIDED_BEFORE).max(view.from),
                sent.at,
            );
            let may_be_sent = states.iter().flatten().any(|endpoint| {
                endpoint.opt_out == OptOut::None
                    && endpoint.status == EndpointStatus::Active
                    && endpoint.channel == Some(sent.channel)
                    && endpoint
                        .address
                        .as_deref()
                        .is_some_and(|address| same_address(address) == same_address(&sent.to))
            });
            complain(complaints, may_be_sent, "nothing is sent to who refused it");
            if let Some(turns) = &view.turns {
                let has_turn = |endpoint: &&model::Endpoint| {
                    view.turn(turns, endpoint).is_some_and(|turn| {
                        let begun = turn.at.max(view.from);
                        let in_time = view.deadline(begun).is_none_or(|it| sent.at < it);
                        !turn.over && turn.at <= sent.at && in_time
                    })
                };
                complain(
                    complaints,
                    states.iter().flatten().any(has_turn),
                    "everybody's turn is when their clock shows the time",
                );
            }
            let zones = states
                .iter()
                .flatten()
                .map(|it| it.demographic.timezone.as_deref());
            let loud = view.quiet_time(arm).is_none_or(|quiet| {
                zones
                    .into_iter()
                    .any(|zone| !is_quiet(quiet, zone, sent.at))
            });
            complain(complaints, loud, "nothing is sent in quiet time");
        }
    }
    for (id, outcomes) in &view.outcomes {
        let refused = outcomes.iter().any(|outcome| {
            matches!(
                outcome,
                Outcome::Holdout | Outcome::DuplicateAddress | Outcome::CampaignCap
            ) && !view.waits_for_events()
        });
        complaints.unless(
            !refused || view.sent(id).is_empty(),
            "who is kept out is not sent anything",
            || format!("{}: {id} has {outcomes:?}", view.name()),
        );
    }
}

/// The words of a message: those of its treatment, unless a hook changed them, which mails ignore.
fn said(view: &View<'_>, sent: &HandOver, arm: u8) -> String {
    let asks = view.campaign.hook.is_some() && sent.channel != ChannelType::Email;
    match verdict(view.evidence.plan.seed, &sent.endpoint) {
        Verdict::Change if asks => CHANGED.to_owned(),
        _ => words(usize::from(view.speaker(arm))),
    }
}

/// No second holds more messages of a campaign than its rate, over all its runs. When a rate was
/// changed between two runs, each of them is held against its own.
pub(super) fn check_rate(story: &Story, views: &[View<'_>], complaints: &mut Complaints) {
    let own: Vec<&View<'_>> = views
        .iter()
        .filter(|view| view.story.id == story.id)
        .collect();
    for together in own.chunk_by(|one, next| rate(one) == rate(next)) {
        let Some(rate) = together.first().and_then(|view| rate(view)) else {
            continue;
        };
        let sent = together
            .iter()
            .flat_map(|view| view.sent.values().flatten());
        let mut instants: Vec<Timestamp> = sent.map(|sent| sent.at).collect();
        instants.sort_unstable();
        let rate = usize::try_from(rate).unwrap_or(usize::MAX);
        for pair in instants.windows(rate + 1) {
            complaints.unless(
                pair[rate].since(pair[0]) >= SECOND,
                "no second holds more than the rate",
                || {
                    format!(
                        "{}: more than {rate} from {} to {}",
                        together[0].name(),
                        pair[0],
                        pair[rate]
                    )
                },
            );
        }
    }
}

fn rate(view: &View<'_>) -> Option<u32> {
    view.limit(|limits| limits.messages_per_second)
}

/// Every message belongs to a run and to one of its members.
pub(super) fn check_strays(evidence: &Evidence, views: &[View<'_>], complaints: &mut Complaints) {
    let known: BTreeSet<(&str, &str)> = views
        .iter()
        .flat_map(|view| {
            let activities = view.record.run.activities.iter();
            activities.flat_map(|activity| view.outcomes.keys().map(|id| (activity.as_str(), *id)))
        })
        .collect();
    for sent in &evidence.hand_overs {
        let paused = views
            .iter()
            .any(|view| !view.is_over() && view.record.run.activities.contains(&sent.activity));
        complaints.unless(
            paused || known.contains(&(sent.activity.as_str(), sent.endpoint.as_str())),
            "messages go to members of runs",
            || format!("{} at {} for {}", sent.endpoint, sent.at, sent.activity),
        );
    }
}

/// At most as many people are in doubt as were on their way when the process crashed.
pub(super) fn check_doubt(evidence: &Evidence, views: &[View<'_>], complaints: &mut Complaints) {
    let doubt: usize = views
        .iter()
        .flat_map(|view| view.outcomes.values().flatten())
        .filter(|outcome| **outcome == Outcome::InDoubt)
        .count();
    let crashes = evidence
        .lives
        .iter()
        .filter(|life| life.crash.is_some())
        .count();
    let most = crashes * evidence.plan.in_flight_max;
    complaints.unless(doubt <= most, "few are in doubt", || {
        format!("{doubt} after {crashes} crashes, at most {most} could be on their way")
    });
}
