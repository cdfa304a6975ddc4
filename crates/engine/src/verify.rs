//! Recounts a run: its outcome sets against its frozen set and against the records of the event log
//! (`docs/spec/campaigns.md §12`). Reads only.

mod account;

use std::collections::BTreeMap;

use model::{ActivityId, EndpointId, EndpointSet, Outcome, Run, RunBatch, RunState};
use store::{Store, StoreError};

use crate::segments;

use account::Account;
pub use account::{Difference, DifferenceKind};

/// Batches read at a time.
const PAGE: usize = 32;
/// People that are named for each difference.
const SAMPLE_MAX: usize = 10;

/// The records of a run in the event log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Records {
    /// Endpoints by send status.
    pub endpoints: BTreeMap<String, EndpointSet>,
    /// Records by send status.
    pub records: BTreeMap<String, u64>,
    /// Endpoints with more than one record.
    pub repeated: EndpointSet,
}

/// What a recount found.
#[derive(Debug, Clone, PartialEq)]
pub struct Verification {
    /// The run.
    pub run: ActivityId,
    /// People of the frozen set.
    pub planned: u64,
    /// People by outcome, by the sets.
    pub sets: BTreeMap<Outcome, u64>,
    /// Records by status.
    pub log: BTreeMap<String, u64>,
    /// Whether the records are still kept; if not, the sets are held against themselves alone.
    pub recorded: bool,
    /// People without an outcome.
    pub remaining: u64,
    /// People with more than one outcome.
    pub overlapping: u64,
    /// Where the recount differs, with names of a few.
    pub differences: Vec<(Difference, Vec<EndpointId>)>,
}

/// The sets of a run as they stand, before its records were read.
pub struct Sets {
    run: Run,
    account: Account,
}

impl Sets {
    /// Reads the sets of `run`. Records that are read afterwards hold everything that the sets say.
    ///
    /// # Errors
    /// The store failed.
    pub async fn read(store: &Store, run: Run) -> Result<Self, StoreError> {
        let ended = matches!(run.state, RunState::Completed | RunState::Cancelled);
        let mut account = Account::new(run.produced, run.batches, ended);
        let id = run.activities.first().map_or("", |id| id.as_str());
        let mut after = None;
        if run.state == RunState::Opening {
            return Ok(Self { run, account });
        }
        loop {
            let batches = store.of::<RunBatch>();
            let page = batches.list(id, after.as_ref(), PAGE).await?;
            for batch in &page.items {
                account.add(batch);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(Self { run, account }),
            }
        }
    }

    /// Holds the sets against `records`; `None` if they are no longer kept.
    ///
    /// # Errors
    /// The store failed.
    pub async fn compare(
        self,
        store: &Store,
        records: Option<&Records>,
    ) -> Result<Verification, StoreError> {
        let Self { run, account } = self;
        let mut differences = Vec::new();
        for difference in account.differences(records) {
            let sample: Vec<u32> = difference.people.iter().take(SAMPLE_MAX).collect();
            let people = segments::load(store, &run.app, &run.snapshots, &sample).await?;
            let names = people.into_iter().flatten().map(|endpoint| endpoint.id);
            differences.push((difference, names.collect()));
        }
        Ok(Verification {
            run: run.activities.first().cloned().unwrap_or_else(|| "".into()),
            planned: account.planned(),
            sets: account.counts(),
            log: records.map(|of| of.records.clone()).unwrap_or_default(),
            recorded: records.is_some(),
            remaining: account.remaining(),
            overlapping: account.overlapping(),
            differences,
        })
    }
}
