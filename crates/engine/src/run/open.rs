//! Opens runs: starts campaigns that are due, and freezes the set of a run that begins.

use std::collections::BTreeMap;

use audience::ResolvedSegment;
use clock::Timestamp;
use model::{
    ActivityId, Campaign, CampaignStatus, EndpointSet, Run, RunBatch, RunState, SegmentRef,
};
use schedule::{Sweep, Turn};
use store::{Expect, Resource, StoreError, Stored, Write, put};

use super::canary::canary;
use super::sweep::turns;
use crate::campaigns::{clocks, listing, settle, window};
use crate::engine::Shared;
use crate::error::EngineError;
use crate::segments::{self, ResolveError};
use crate::triggers::{awaits_events, keep_run};

/// Campaigns that are started in one tick.
const DUE_PER_TICK_MAX: usize = 32;
/// Batches written in one commit.
const BATCHES_PER_COMMIT: usize = 32;

/// Starts the campaigns that are due, at most [`DUE_PER_TICK_MAX`] of them, with runs that are yet to
/// freeze their sets. Calling it twice at one instant starts nothing twice.
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
        for run in &begun {
            writes.push(put(run, Expect::Absent)?);
        }
        writes.extend(listing(Some(&before), Some(&campaign))?);
        writes.extend(keep_run(shared, &campaign).await?);
        match shared.store.documents.commit(writes).await {
            Ok(()) => started += begun.len(),
            Err(StoreError::Conflict(_)) => {
                tracing::debug!(campaign.id = %campaign.id, "changed meanwhile");
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(started)
}

/// Moves the treatments whose time has come to where they stand now, and makes the runs that begin:
/// one for all treatments that always run together (`docs/spec/campaigns.md §4–6`).
fn advance(shared: &Shared, campaign: &mut Campaign, now: Timestamp) -> Vec<Run> {
    let has_run = campaign.status != CampaignStatus::Scheduled;
    let mut clocks = clocks(campaign, has_run, None);
    let mut runs: Vec<Run> = Vec::new();
    for (number, clock) in campaign.numbers().zip(&mut clocks) {
        let Some(due) = clock.next_run.filter(|due| *due <= now) else {
            continue;
        };
        clock.next_run = None;
        let Some(schedule) = campaign.schedule(number) else {
            clock.status = CampaignStatus::Completed;
            continue;
        };
        if schedule.frequency.waits_for_events() {
            (clock.status, clock.next_run) = window(schedule, now);
            continue;
        }
        let reason = match schedule::turn(schedule, due, now) {
            Turn::Run(scheduled) => {
                let run = join(shared, campaign, number, scheduled, &mut runs);
                clock.status = CampaignStatus::Executing;
                clock.ran = true;
                clock.run = runs[run].activities.first().cloned();
                continue;
            }
            Turn::Skip(next) => {
                tracing::warn!(campaign.id = %campaign.id, treatment = number, %due, "run missed: the service was not running");
                clock.next_run = Some(next);
                continue;
            }
            Turn::Missed => format!("the run of {due} was missed: the service was not running"),
            Turn::Over => "the end of the schedule had passed".to_owned(),
        };
        clock.status = CampaignStatus::Completed;
        campaign.status_reason = Some(reason);
    }
    settle(campaign, clocks);
    runs
}

/// The place in `runs` of the run of treatment `number` that was due at `scheduled`, made if none of
/// them is.
fn join(
    shared: &Shared,
    campaign: &Campaign,
    number: u8,
    scheduled: Timestamp,
    runs: &mut Vec<Run>,
) -> usize {
    let schedule = |number| campaign.schedule(number);
    let together = |run: &Run| {
        run.scheduled == scheduled
            && schedule(run.leader())
                .zip(schedule(number))
                .is_some_and(|(one, other)| schedule::same_times(one, other))
    };
    if let Some(place) = runs.iter().position(together) {
        runs[place].treatments.push(number);
        return place;
    }
    let mut run = new_run(shared, campaign, scheduled);
    run.treatments.push(number);
    runs.push(run);
    runs.len() - 1
}

/// A run of all treatments of `campaign` that is yet to freeze its set.
pub(crate) fn new_run(shared: &Shared, campaign: &Campaign, scheduled: Timestamp) -> Run {
    let activities = campaign
        .numbers()
        .map(|_| ActivityId::new(shared.clock.id()));
    let (activities, now) = (activities.collect(), shared.clock.now());
    Run::new(campaign, activities, Vec::new(), scheduled, now)
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
    let schedule = campaign.schedule(run.leader());
    let parts = match schedule.and_then(|it| Sweep::new(it, run.scheduled)) {
        Some(sweep) => {
            let turns = turns(&shared.store, &sweep, run, &members).await?;
            run.zones = turns.zones;
            turns.parts
        }
        None => BTreeMap::from([(None, members)]),
    };
    run.batches = write_batches(shared, run, &parts).await?;
    run.started = now;
    run.state = RunState::Running;
    shared.store.of::<Run>().replace(run).await?;
    Ok(())
}

/// Writes the members, by the instant of their turn, in batches.
async fn write_batches(
    shared: &Shared,
    run: &Run,
    members: &BTreeMap<Option<Timestamp>, EndpointSet>,
) -> Result<u32, EngineError> {
    let id = &run.activities[0];
    let mut writes = vec![Write::DeleteAll {
        kind: RunBatch::KIND,
        parent: id.to_string(),
    }];
    let mut number = 0;
    let everyone = members
        .values()
        .fold(EndpointSet::new(), |all, set| all | set);
    let first = run.guard.canary;
    let first = first.map_or_else(EndpointSet::new, |c| canary(&everyone, c.percent, run));
    let cut = members.iter().flat_map(|(due, members)| {
        let cut = [(true, members & &first), (false, members - &first)];
        let parts = |(canary, set): &(bool, EndpointSet)| -> Vec<_> {
            parts(set).map(|part| (*canary, *due, part)).collect()
        };
        cut.iter().flat_map(parts).collect::<Vec<_>>()
    });
    for (canary, due, part) in cut {
        let batch = RunBatch {
            canary,
            due,
            ..RunBatch::new(id.clone(), number, part, shared.log.end())
        };
        writes.push(put(&batch, Expect::Any)?);
        number += 1;
        if writes.len() >= BATCHES_PER_COMMIT {
            let full = std::mem::take(&mut writes);
            shared.store.documents.commit(full).await?;
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
