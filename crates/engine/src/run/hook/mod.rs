//! The hook of a campaign: who gets a message, and what is different for them
//! (`docs/spec/campaigns.md §8`).

mod answer;
mod circuit;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use model::{Campaign, CampaignHook, HookMode};

pub(crate) use answer::Changes;

use super::call::{ENDPOINTS_MAX, call};
use super::content::told;
use super::context::RunContext;
use super::unit::Chosen;
use crate::callees::Target;
use answer::read;
use circuit::{Circuit, Leave};

/// How often a call is made.
const ATTEMPTS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_secs(2),
];
/// Calls of one unit of work that are under way at once.
const CALLS_MAX: usize = 8;
/// How often somebody who waits for a hook that is down looks again.
const GLANCE: Duration = Duration::from_secs(1);

/// A hook that filters.
pub(crate) struct Hook {
    target: Target,
    circuit: Circuit,
}

/// What the hook makes of one endpoint.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It gets the message, as the endpoint would be with these changes.
    Send(Box<Changes>),
    /// It gets none.
    Drop,
    /// The hook could not be asked.
    Failed,
}

/// Whom the hook in force names: a function before a URL.
pub(crate) fn target(hook: &CampaignHook) -> Option<Target> {
    let function = hook.function.as_deref().map(Target::parse);
    function.or_else(|| hook.url.clone().map(Target::Url))
}

impl Hook {
    /// The hook of `campaign`, if it has one that filters.
    pub(crate) fn of(campaign: &Campaign) -> Option<Self> {
        let hook = campaign.hook_in_force()?;
        let filters = hook.mode != Some(HookMode::Delivery);
        Some(Self {
            target: target(hook).filter(|_| filters)?,
            circuit: Circuit::default(),
        })
    }

    /// Asks about everyone, in calls of at most [`ENDPOINTS_MAX`] endpoints of one treatment. The
    /// order stays.
    pub(crate) async fn ask(
        &self,
        context: &RunContext,
        chosen: Vec<Chosen>,
    ) -> Vec<(Chosen, Verdict)> {
        let mut by_treatment: BTreeMap<u8, Vec<Chosen>> = BTreeMap::new();
        for one in chosen {
            by_treatment.entry(one.treatment).or_default().push(one);
        }
        let mut calls = Vec::new();
        for (treatment, mut members) in by_treatment {
            while !members.is_empty() {
                let rest = members.split_off(members.len().min(ENDPOINTS_MAX));
                calls.push((treatment, std::mem::replace(&mut members, rest)));
            }
        }
        futures::stream::iter(calls)
            .map(|(treatment, members)| self.ask_about(context, treatment, members))
            .buffered(CALLS_MAX)
            .flat_map(futures::stream::iter)
            .collect()
            .await
    }

    async fn ask_about(
        &self,
        context: &RunContext,
        treatment: u8,
        members: Vec<Chosen>,
    ) -> Vec<(Chosen, Verdict)> {
        let endpoints = members
            .iter()
            .map(|one| (&one.endpoint.id, told(&one.endpoint)));
        let body = Bytes::from(context.envelope(treatment, context.spoken(treatment), endpoints));
        let answer = self.answer(context, body).await;
        let Some(mut answer) = answer else {
            let failed = members.into_iter().map(|one| (one, Verdict::Failed));
            return failed.collect();
        };
        let judged = members.into_iter().map(|one| {
            let said = answer.remove(one.endpoint.id.as_str()).flatten();
            let verdict = said.map_or(Verdict::Drop, |changes| Verdict::Send(Box::new(changes)));
            (one, verdict)
        });
        judged.collect()
    }

    /// What the hook says to `body`; nothing if it cannot be asked.
    async fn answer(&self, context: &RunContext, body: Bytes) -> Option<answer::Answer> {
        let clock = &context.shared.clock;
        let mut trial = false;
        for pause in ATTEMPTS {
            clock.sleep(pause).await;
            while !trial {
                match self.circuit.leave(clock.monotonic()) {
                    Leave::Call => break,
                    Leave::Try => trial = true,
                    Leave::Wait => clock.sleep(GLANCE).await,
                    Leave::GiveUp => return None,
                }
            }
            let said = call(&context.shared, &self.target, body.clone()).await;
            let read = said
                .map_err(|error| error.to_string())
                .and_then(|it| read(&it));
            match read {
                Ok(answer) => {
                    self.circuit.answered();
                    return Some(answer);
                }
                Err(error) => {
                    let campaign = &context.run.campaign;
                    tracing::warn!(campaign.id = %campaign, error, "hook failed");
                }
            }
        }
        self.circuit.failed(clock.monotonic());
        None
    }
}
