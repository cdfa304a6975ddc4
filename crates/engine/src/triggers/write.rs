//! Writes what events triggered, with the position of the log, in one commit.

use clock::Timestamp;
use events::Position;
use model::{CampaignStatus, EndpointSet, Ordinal, RunBatch, TriggerPosition};
use store::{Expect, StoreError, Write, put};

use super::begin::open_run;
use super::targets::{Reaches, Triggered};
use crate::engine::Shared;
use crate::error::EngineError;
use crate::run::driver::{RunKey, settle};

/// Members of a batch.
const MEMBERS_MAX: u64 = 65_536;
/// How much earlier than others of its batch a message may be too late, in milliseconds.
const DEADLINE_SPREAD_MS: i64 = 1_000;
/// How often a commit is tried again when somebody else was faster.
const ATTEMPTS_MAX: usize = 16;

/// Appends batches to the runs of the campaigns and moves the position to `after`, all or nothing.
/// Answers which runs have something to do.
pub(super) async fn commit(
    shared: &Shared,
    triggered: &[Triggered],
    after: Position,
) -> Result<Vec<RunKey>, EngineError> {
    for _ in 0..ATTEMPTS_MAX {
        let position = TriggerPosition { position: after };
        let mut writes = vec![put(&position, Expect::Any)?];
        let mut keys = Vec::new();
        for one in triggered {
            if let Some((key, more)) = append(shared, one).await? {
                writes.extend(more);
                keys.push(key);
            }
        }
        match shared.store.documents.commit(writes).await {
            Ok(()) => return Ok(keys),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Conflict("the runs that events feed".to_owned()).into())
}

/// The writes that append what was triggered in one campaign to its run; `None` if the campaign is
/// no longer there to be triggered.
async fn append(
    shared: &Shared,
    triggered: &Triggered,
) -> Result<Option<(RunKey, Vec<Write>)>, EngineError> {
    let campaign = &triggered.waiting.campaign;
    let Some(mut run) = open_run(shared, &campaign.app, &campaign.id).await? else {
        return Ok(None);
    };
    let Some(id) = run.activities.first().cloned() else {
        return Ok(None);
    };
    let key = RunKey {
        app: run.app.clone(),
        campaign: run.campaign.clone(),
        id: id.clone(),
    };
    let reached = match &triggered.reaches {
        Reaches::Endpoints(reached) => reached,
        Reaches::Nobody(reason) => {
            stop(shared, &key, reason).await?;
            return Ok(Some((key, Vec::new())));
        }
    };
    let mut writes = Vec::new();
    for (members, deadline) in groups(reached) {
        run.produced = run.produced.saturating_add(members.len());
        let batch = RunBatch {
            deadline: Some(deadline),
            ..RunBatch::new(id.clone(), run.batches, members, shared.log.end())
        };
        writes.push(put(&batch, Expect::Absent)?);
        run.batches = run.batches.saturating_add(1);
    }
    run.idle = false;
    run.triggered = true;
    writes.push(run.replace()?);
    Ok(Some((key, writes)))
}

/// Ends a campaign that cannot run.
async fn stop(shared: &Shared, key: &RunKey, reason: &str) -> Result<(), EngineError> {
    tracing::warn!(campaign.id = %key.campaign, reason, "campaign cannot run");
    settle(shared, key, |run, campaign| {
        run.idle = false;
        run.reason = Some(reason.to_owned());
        if let Some(campaign) = campaign.filter(|campaign| !campaign.status.is_final()) {
            campaign.status = CampaignStatus::Invalid;
            campaign.status_reason = Some(reason.to_owned());
            campaign.next_run = None;
        }
        true
    })
    .await?;
    Ok(())
}

/// Cuts whom events reach into batches: an endpoint is in a batch once, so its second message is in
/// another one, and the deadlines of a batch lie less than a second apart; the earliest holds.
fn groups(reached: &[(Ordinal, Timestamp)]) -> Vec<(EndpointSet, Timestamp)> {
    let mut groups: Vec<(EndpointSet, Timestamp)> = Vec::new();
    for (ordinal, deadline) in reached {
        let millis = deadline.as_millis();
        let fits = |(members, earliest): &&mut (EndpointSet, Timestamp)| {
            let later = millis.saturating_sub(earliest.as_millis());
            (0..DEADLINE_SPREAD_MS).contains(&later)
                && members.len() < MEMBERS_MAX
                && !members.contains(*ordinal)
        };
        match groups.iter_mut().find(fits) {
            Some((members, _)) => {
                members.insert(*ordinal);
            }
            None => groups.push((EndpointSet::from([*ordinal]), *deadline)),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn everybody_is_reached_once_for_each_event(
            reached in prop::collection::vec((0_u32..8, 0_i64..4_000), 0..60),
        ) {
            let reached: Vec<(Ordinal, Timestamp)> = reached
                .into_iter()
                .map(|(ordinal, millis)| (ordinal, Timestamp::from_millis(millis)))
                .collect();
            let groups = groups(&reached);
            for ordinal in 0..8 {
                let events = reached.iter().filter(|(who, _)| *who == ordinal).count();
                let messages = groups.iter().filter(|(set, _)| set.contains(ordinal)).count();
                prop_assert_eq!(events, messages);
                // No message may go out later than its event allows.
                let mut allowed: Vec<Timestamp> =
                    reached.iter().filter(|(who, _)| *who == ordinal).map(|(_, at)| *at).collect();
                let mut given: Vec<Timestamp> =
                    groups.iter().filter(|(set, _)| set.contains(ordinal)).map(|(_, at)| *at).collect();
                allowed.sort();
                given.sort();
                for (given, allowed) in given.iter().zip(&allowed) {
                    let early = allowed.as_millis() - given.as_millis();
                    prop_assert!((0..DEADLINE_SPREAD_MS).contains(&early), "{early} ms");
                }
            }
        }
    }

    #[test]
    fn events_of_one_moment_share_a_batch() {
        let at = Timestamp::from_millis(0);
        let reached: Vec<(Ordinal, Timestamp)> = (0..1000).map(|ordinal| (ordinal, at)).collect();
        assert_eq!(groups(&reached).len(), 1);
        let twice: Vec<(Ordinal, Timestamp)> = reached.iter().chain(&reached).copied().collect();
        assert_eq!(groups(&twice).len(), 2);
    }
}
