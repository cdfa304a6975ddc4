//! Whether people are still as they were when they were decided about (`docs/spec/campaigns.md §7`,
//! how fresh): a hook may think for long.

use std::time::Duration;

use model::Endpoint;

use super::context::RunContext;
use super::hook::Verdict;
use super::unit::{Chosen, Member, load};
use crate::error::EngineError;

/// How long ago people may have been read without being looked at again.
const RECENT: Duration = Duration::from_secs(1);

/// Whom a hook was asked about.
pub(super) struct Judged {
    /// Those about whom its verdict holds.
    pub valid: Vec<(Chosen, Verdict)>,
    /// Those who have changed meanwhile in what decides about them.
    pub changed: Vec<Chosen>,
}

/// Looks again at those who were read at `read`, by `Clock::monotonic`.
pub(super) async fn part(
    context: &RunContext,
    judged: Vec<(Chosen, Verdict)>,
    read: Duration,
) -> Result<Judged, EngineError> {
    let mut parted = Judged {
        valid: Vec::with_capacity(judged.len()),
        changed: Vec::new(),
    };
    if context.shared.clock.monotonic().saturating_sub(read) <= RECENT {
        parted.valid = judged;
        return Ok(parted);
    }
    let members: Vec<Member> = judged.iter().map(|(one, _)| one.member).collect();
    let found = load(context, &members).await?;
    for ((one, verdict), found) in judged.into_iter().zip(found) {
        if found.is_some_and(|found| is_same(&found, &one.endpoint)) {
            parted.valid.push((one, verdict));
        } else {
            parted.changed.push(one);
        }
    }
    Ok(parted)
}

/// Whether `found` is as `known` in all that decides whether and where a message goes.
fn is_same(found: &Endpoint, known: &Endpoint) -> bool {
    found.opt_out == known.opt_out
        && found.status == known.status
        && found.channel == known.channel
        && found.address == known.address
        && found.demographic.timezone == known.demographic.timezone
}
