//! What a hook was asked and said (`docs/spec/campaigns.md §8`).

use std::time::Duration;

use model::Outcome;

use super::Complaints;
use super::view::View;
use crate::evidence::{Call, Said};
use crate::plan::{Verdict, verdict};

/// Endpoints of a call.
const ENDPOINTS_MAX: usize = 50;
/// Attempts after which a hook has failed.
const ATTEMPTS: usize = 3;
/// How long people wait for a hook that is down.
const PATIENCE: Duration = Duration::from_secs(600);

/// Nobody gets a message about whom the hook did not say so.
pub(super) fn check(view: &View<'_>, complaints: &mut Complaints) {
    let asks = view.campaign.hook.is_some();
    for call in calls(view) {
        let count = call.endpoints.len();
        complaints.unless(
            asks && (1..=ENDPOINTS_MAX).contains(&count),
            "a hook is asked about 50 people at most",
            || format!("{}: {count} at {}", view.name(), call.at),
        );
    }
    if !asks {
        return;
    }
    for (id, sent) in &view.sent {
        for sent in sent {
            let agreed = calls(view).any(|call| {
                let about = call.activity == sent.activity && is_about(call, id);
                about && call.at <= sent.at && call.said == Some(Said::Yes)
            });
            let dropped = verdict(view.evidence.plan.seed, id) == Verdict::Drop;
            complaints.unless(
                agreed && !dropped,
                "nobody is sent anything without the hook",
                || format!("{}: {id} at {}, dropped {dropped}", view.name(), sent.at),
            );
        }
    }
}

/// What may become of `id` because of the hook.
pub(super) fn outcomes(view: &View<'_>, id: &str) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    if view.campaign.hook.is_none() {
        return outcomes;
    }
    if verdict(view.evidence.plan.seed, id) == Verdict::Drop {
        outcomes.push(Outcome::FilteredOutByHook);
    }
    let failed = || calls(view).filter(|call| call.said != Some(Said::Yes));
    let own = failed().filter(|call| is_about(call, id)).count();
    let given_up = failed().any(|call| call.at.plus(PATIENCE) <= view.to);
    if own >= ATTEMPTS || given_up {
        outcomes.push(Outcome::HookFailure);
    }
    outcomes
}

/// The calls of a run.
fn calls<'a>(view: &View<'a>) -> impl Iterator<Item = &'a Call> {
    let activities = &view.record.run.activities;
    let calls = view.evidence.calls.iter();
    calls.filter(|call| activities.contains(&call.activity))
}

fn is_about(call: &Call, id: &str) -> bool {
    call.endpoints.iter().any(|about| about == id)
}
