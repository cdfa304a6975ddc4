//! Opens runs: starts campaigns that are due, and freezes the set of a run that begins.

use audience::ResolvedSegment;
use clock::Timestamp;
use model::{
    ActivityId, Campaign, CampaignStatus, EndpointSet, Run, RunBatch, RunGuard, RunState, RunSums,
    SegmentRef,
};
use schedule::Turn;
use store::{Expect, Resource, StoreError, Stored, Write, put};

use super::canary::canary;
use crate::campaigns::{listing, window};
use crate::engine::Shared;
use crate::error::EngineError;
use crate::segments::{self, ResolveError};
use crate::triggers::{awaits_events, keep_run};

/// Campaigns that are started in one tick.
const DUE_PER_TICK_MAX: usize = 32;
/// Batches written in one commit.
const BATCHES_PER_COMMIT: usize = 32;

/// Starts the campaigns that are due, at most [`DUE_PER_TICK_MAX`] of them, each with a run that is
/// yet to freeze its set. Calling it twice at one instant starts nothing twice.
pub(crate) async fn start_due(shared: &Shared) -> Result<usize, EngineError> {
    let now = shared.clock.now();
    let due = shared
        .store
        .of::<Campaign>()
        .due(now, DUE_PER_TICK_MAX)
        .await?;
    let mut started = 0;
    for mut campaign in due {
        let before = campaign.value.clone();
        let begun = advance(shared, &mut campaign, now);
        if awaits_events(shared, &campaign, now) {
            continue;
        }
        let mut writes = vec![campaign.replace()?];
        if let Some(run) = &begun {
            writes.push(put(run, Expect::Absent)?);
        }
        writes.extend(listing(Some(&before), Some(&campaign))?);
        writes.extend(keep_run(shared, &campaign).await?);
        match shared.store.documents.commit(writes).await {
            Ok(()) => started += usize::from(begun.is_some()),
            Err(StoreError::Conflict(_)) => {
                tracing::debug!(campaign.id = %campaign.id, "changed meanwhile");
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(started)
}

/// Moves a campaign whose time has come to where it stands now, and makes the run that begins
/// (`docs/spec/campaigns.md §4–5`).
fn advance(shared: &Shared, campaign: &mut Campaign, now: Timestamp) -> Option<Run> {
    let due = campaign.next_run.take().unwrap_or(now);
    let Some(schedule) = campaign.default_treatment.schedule.as_ref() else {
        campaign.status = CampaignStatus::Completed;
        return None;
    };
    if schedule.frequency.waits_for_events() {
        (campaign.status, campaign.next_run) = window(schedule, now);
        return None;
    }
    let reason = match schedule::turn(schedule, due, now) {
        Turn::Run(scheduled) => {
            campaign.status = CampaignStatus::Executing;
            return Some(new_run(shared, campaign, scheduled));
        }
        Turn::Skip(next) => {
            tracing::warn!(campaign.id = %campaign.id, %due, "run missed: the service was not running");
            campaign.next_run = Some(next);
            return None;
        }
        Turn::Missed => format!("the run of {due} was missed: the service was not running"),
        Turn::Over => "the end of the schedule had passed".to_owned(),
    };
    campaign.status = CampaignStatus::Completed;
    campaign.status_reason = Some(reason);
    None
}

/// A run of `campaign` that is yet to freeze its set.
pub(crate) fn new_run(shared: &Shared, campaign: &Campaign, scheduled: Timestamp) -> Run {
    let activities = (0..=campaign.treatments.len())
        .map(|_| ActivityId::new(shared.clock.id()))
        .collect();
    Run {
        app: campaign.app.clone(),
        campaign: campaign.id.clone(),
        campaign_version: campaign.version,
        activities,
        scheduled,
        started: shared.clock.now(),
        ended: None,
        state: RunState::Opening,
        produced: 0,
        batches: 0,
        reason: None,
        from_users: 0,
        snapshots: Vec::new(),
        idle: false,
        settled: 0,
        summaries: Vec::new(),
        guard: RunGuard::begin(&campaign.safety),
        sums: RunSums::default(),
    }
}

/// Why a set cannot be frozen.
pub(crate) enum FreezeError {
    /// The segment is gone or broken: the campaign cannot run.
    Invalid(String),
    /// Something failed; it may work later.
    Failed(EngineError),
}

impl<E: Into<EngineError>> From<E> for FreezeError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Evaluates the segment, writes the members in batches, and only then lets the run begin. A crash
/// in between leaves the run opening, and all of this is done again.
pub(crate) async fn freeze(
    shared: &Shared,
    campaign: &Campaign,
    run: &mut Stored<Run>,
) -> Result<(), FreezeError> {
    let reference = SegmentRef {
        id: campaign.segment.clone(),
        version: Some(campaign.segment_version),
    };
    let segment = match segments::resolve(&shared.store, &run.app, &reference).await {
        Ok(segment) => segment,
        Err(ResolveError::Store(error)) => return Err(error.into()),
        Err(error) => return Err(FreezeError::Invalid(error.to_string())),
    };
    let now = shared.clock.now();
    let members = segments::members(&shared.store, &run.app, &segment, now).await?;
    run.produced = members.len();
    run.from_users = from_users(&segment, &members);
    run.snapshots = segments::snapshot_sources(&segment);
    run.batches = write_batches(shared, run, &members).await?;
    run.started = now;
    run.state = RunState::Running;
    shared.store.of::<Run>().replace(run).await?;
    Ok(())
}

async fn write_batches(
    shared: &Shared,
    run: &Run,
    members: &EndpointSet,
) -> Result<u32, EngineError> {
    let id = &run.activities[0];
    let mut writes = vec![Write::DeleteAll {
        kind: RunBatch::KIND,
        parent: id.to_string(),
    }];
    let mut number = 0;
    let first = run.guard.canary;
    let first = first.map_or_else(EndpointSet::new, |c| canary(members, c.percent, id));
    let rest = members - &first;
    let parts = parts(&first).map(|part| (true, part));
    for (canary, part) in parts.chain(self::parts(&rest).map(|part| (false, part))) {
        let batch = RunBatch {
            canary,
            ..RunBatch::new(id.clone(), number, part, shared.log.end())
        };
        writes.push(put(&batch, Expect::Any)?);
        number += 1;
        if writes.len() >= BATCHES_PER_COMMIT {
            shared
                .store
                .documents
                .commit(std::mem::take(&mut writes))
                .await?;
        }
    }
    shared.store.documents.commit(writes).await?;
    Ok(number)
}

/// The members by the upper half of their ordinals.
pub(crate) fn parts(members: &EndpointSet) -> impl Iterator<Item = EndpointSet> + '_ {
    let first = members.min().map_or(1, |ordinal| ordinal >> 16);
    let last = members.max().map_or(0, |ordinal| ordinal >> 16);
    (first..=last).filter_map(move |upper| {
        let mut part = EndpointSet::new();
        part.insert_range((upper << 16)..=(upper << 16 | 0xffff));
        part &= members;
        part.optimize();
        (!part.is_empty()).then_some(part)
    })
}

/// Members of a stored list that came in through their users.
fn from_users(segment: &ResolvedSegment, frozen: &EndpointSet) -> u64 {
    match segment {
        ResolvedSegment::Imported { members, .. } => (frozen - &members.endpoints).len(),
        ResolvedSegment::Groups { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_hold_everyone_once(ordinals in proptest::collection::btree_set(0_u32..400_000, 0..200)) {
            let members: EndpointSet = ordinals.iter().copied().collect();
            let mut together = EndpointSet::new();
            for part in parts(&members) {
                prop_assert!(!part.is_empty() && part.is_disjoint(&together));
                prop_assert_eq!(part.min().map(|o| o >> 16), part.max().map(|o| o >> 16));
                together |= part;
            }
            prop_assert_eq!(together, members);
        }
    }

    #[test]
    fn the_highest_ordinal_has_a_part() {
        let members: EndpointSet = [u32::MAX].into_iter().collect();
        assert_eq!(parts(&members).count(), 1);
        assert_eq!(parts(&EndpointSet::new()).count(), 0);
    }
}
