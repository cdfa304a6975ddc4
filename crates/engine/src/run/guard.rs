//! Holds a run back: the rest waits for the canary, and the brake stops everything
//! (`docs/spec/campaigns.md §15`).

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clock::Timestamp;
use model::{
    AppId, Brake, Campaign, CampaignId, EndpointSet, Figures, Hold, Holder, Ordinal, Outcome, Run,
    RunBatch, RunFeedback, RunGuard,
};
use parking_lot::Mutex;
use store::{Store, StoreError, version_parent};

use super::context::RunContext;
use super::driver::{RunKey, settle};
use crate::engine::Shared;
use crate::error::EngineError;

/// Documents read at a time.
const PAGE: usize = 32;

/// What everybody who works on a run heeds and feeds.
pub(crate) struct Guard {
    /// Whether nothing more may be handed over.
    held: AtomicBool,
    /// Whether batches of the rest must wait.
    canary_only: bool,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    brake: Option<Brake>,
    pardoned: Figures,
    attempted: u64,
    provider_errors: u64,
    hard_bounced: EndpointSet,
    complained: EndpointSet,
}

impl Counts {
    fn figures(&self) -> Figures {
        Figures {
            attempted: self.attempted,
            hard_bounces: self.hard_bounced.len(),
            complaints: self.complained.len(),
            provider_errors: self.provider_errors,
        }
    }

    fn exceeded(&self) -> Option<String> {
        self.brake?.exceeded(self.figures(), self.pardoned)
    }

    fn count(&mut self, outcome: Outcome, people: &EndpointSet) {
        if !outcome.attempted() {
            return;
        }
        self.attempted += people.len();
        match outcome {
            Outcome::Success => {}
            Outcome::FailurePermanent => self.hard_bounced |= people,
            _ => self.provider_errors += people.len(),
        }
    }
}

impl Guard {
    pub(crate) fn new(guard: &RunGuard) -> Self {
        Self {
            held: AtomicBool::new(false),
            canary_only: guard.canary_only(),
            counts: Mutex::new(Counts {
                pardoned: guard.pardoned,
                ..Counts::default()
            }),
        }
    }

    /// Whether nothing more may be handed over.
    pub(crate) fn is_held(&self) -> bool {
        self.held.load(Ordering::Relaxed)
    }

    /// Whether a message of the run was handed over.
    pub(crate) fn has_attempted(&self) -> bool {
        self.counts.lock().attempted > 0
    }

    /// Whether `batch` may be worked on while this guard lives.
    pub(crate) fn admits(&self, batch: &RunBatch) -> bool {
        batch.canary || !self.canary_only
    }

    /// Counts what became of the people of a batch before.
    pub(crate) fn recall(&self, batch: &RunBatch) {
        let mut counts = self.counts.lock();
        for (outcome, people) in &batch.outcomes {
            counts.count(*outcome, &(people - &batch.unmade));
        }
    }

    /// Counts an outcome, and pulls the brake if that is one too many.
    pub(crate) fn note(&self, ordinal: Ordinal, outcome: Outcome) {
        if !outcome.attempted() {
            return;
        }
        let mut counts = self.counts.lock();
        counts.count(outcome, &EndpointSet::from_iter([ordinal]));
        self.pull_if(&counts);
    }

    fn pull_if(&self, counts: &Counts) {
        if counts.exceeded().is_some() {
            self.held.store(true, Ordering::Relaxed);
        }
    }

    /// Counts from here on.
    fn pardon(&self) -> Figures {
        let mut counts = self.counts.lock();
        counts.pardoned = counts.figures();
        self.held.store(false, Ordering::Relaxed);
        counts.pardoned
    }

    /// Reads the thresholds, and what was heard since of those who got a message.
    pub(crate) async fn look(&self, store: &Store, run: &Run) -> Result<(), StoreError> {
        let campaigns = store.of::<Campaign>();
        let campaign = campaigns
            .get(run.app.as_str(), run.campaign.as_str())
            .await?;
        let brake = campaign.and_then(|campaign| campaign.safety.brake);
        let mut heard = Vec::new();
        if brake.is_some() {
            let parent = version_parent(run.app.as_str(), run.campaign.as_str());
            for activity in &run.activities {
                let feedback = store.of::<RunFeedback>();
                heard.extend(feedback.get(&parent, activity.as_str()).await?);
            }
        }
        let mut counts = self.counts.lock();
        counts.brake = brake;
        for feedback in heard {
            counts.hard_bounced |= &feedback.hard_bounced;
            counts.complained |= &feedback.complained;
        }
        self.pull_if(&counts);
        Ok(())
    }
}

/// Goes on where the run stands: pardons what somebody let pass, ends a hold whose time has come,
/// and pulls the brake if need be. False if nothing may be handed over now.
pub(super) async fn resume(context: &RunContext, key: &RunKey) -> Result<bool, EngineError> {
    let guard = &context.guard;
    guard.look(&context.shared.store, &context.run).await?;
    if context.run.guard.pardon {
        let pardoned = guard.pardon();
        change(context, key, |guard| {
            guard.pardoned = pardoned;
            guard.pardon = false;
        })
        .await?;
    }
    if guard.is_held() {
        pull(context, key).await?;
        return Ok(false);
    }
    if context.run.guard.held.is_some() {
        change(context, key, |guard| {
            guard.held = None;
            guard.released = true;
        })
        .await?;
        return Ok(false);
    }
    Ok(true)
}

/// Holds the run because its brake was pulled. If it no longer is, the run goes on.
pub(super) async fn pull(context: &RunContext, key: &RunKey) -> Result<(), EngineError> {
    let Some(reason) = context.guard.counts.lock().exceeded() else {
        return Ok(());
    };
    hold(context, key, Holder::Brake, reason, None).await
}

/// Holds the rest of the run because the canary is out.
pub(super) async fn wait_for_canary(context: &RunContext, key: &RunKey) -> Result<(), EngineError> {
    let minutes = context.run.guard.canary.map_or(0, |c| c.hold_minutes);
    let until = (minutes > 0).then(|| {
        context
            .now()
            .plus(Duration::from_secs(u64::from(minutes) * 60))
    });
    let reason = match until {
        Some(until) => format!("the canary is out; the rest follows at {until}"),
        None => "the canary is out; the rest waits until somebody lets it go".to_owned(),
    };
    hold(context, key, Holder::Canary, reason, until).await?;
    // What was heard until the run was held has told nobody.
    watch(&context.shared, key).await?;
    Ok(())
}

/// Pulls the brake of a run that its canary holds, if what was heard meanwhile is too much: the
/// hold then ends when a person lets it. Whether it did.
pub(crate) async fn watch(shared: &Shared, key: &RunKey) -> Result<bool, EngineError> {
    let held_by_canary = |run: &Run| {
        let held = run.guard.held.as_ref();
        held.is_some_and(|hold| hold.by == Holder::Canary)
    };
    let store = &shared.store;
    let runs = store.of::<Run>();
    let run = runs.get(&key.parent(), key.id.as_str()).await?;
    let Some(run) = run.filter(|run| held_by_canary(run)) else {
        return Ok(false);
    };
    let guard = Guard::new(&run.guard);
    let mut after = None;
    loop {
        let batches = store.of::<RunBatch>();
        let page = batches.list(key.id.as_str(), after.as_ref(), PAGE).await?;
        page.items.iter().for_each(|batch| guard.recall(batch));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    guard.look(store, &run).await?;
    let Some(reason) = guard.counts.lock().exceeded() else {
        return Ok(false);
    };
    tracing::warn!(campaign.id = %key.campaign, run.id = %key.id, reason, "brake pulled during the hold");
    let since = shared.clock.now();
    settle(shared, key, |run, _| {
        if !held_by_canary(run) {
            return false;
        }
        run.guard.held = Some(Hold {
            by: Holder::Brake,
            reason: reason.clone(),
            since,
            until: None,
        });
        true
    })
    .await
}

/// Watches the runs of a campaign that their canary holds; of several, at most [`PAGE`].
pub(crate) async fn watch_all(
    shared: &Shared,
    app: &AppId,
    campaign: &CampaignId,
) -> Result<(), EngineError> {
    let parent = version_parent(app.as_str(), campaign.as_str());
    let newest = shared.store.of::<Run>().list(&parent, None, PAGE).await?;
    for run in newest.items {
        let Some(id) = run.activities.first().filter(|_| run.guard.held.is_some()) else {
            continue;
        };
        let key = RunKey {
            app: app.clone(),
            campaign: campaign.clone(),
            id: id.clone(),
        };
        watch(shared, &key).await?;
    }
    Ok(())
}

async fn hold(
    context: &RunContext,
    key: &RunKey,
    by: Holder,
    reason: String,
    until: Option<Timestamp>,
) -> Result<(), EngineError> {
    tracing::warn!(campaign.id = %key.campaign, run.id = %key.id, reason, "run held");
    let hold = Hold {
        by,
        reason,
        since: context.now(),
        until,
    };
    change(context, key, |guard| guard.held = Some(hold.clone())).await
}

async fn change(
    context: &RunContext,
    key: &RunKey,
    change: impl Fn(&mut RunGuard),
) -> Result<(), EngineError> {
    settle(&context.shared, key, |run: &mut Run, _| {
        change(&mut run.guard);
        true
    })
    .await?;
    Ok(())
}
