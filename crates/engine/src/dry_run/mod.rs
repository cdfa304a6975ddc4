//! Dry runs: the plan of a run over the whole audience under a virtual clock, without a message, a
//! record, a call of the hook or a cap that is used up (`docs/spec/campaigns.md §16`).
//!
//! Belongs: keeping dry runs, planning, what a dry run and a run say differently.
//! Elsewhere: the rules and the messages themselves (`run`), why one person gets nothing
//! (`explain`).

mod difference;
mod findings;
mod pace;
pub(crate) mod planned_run;
mod planner;
pub(crate) mod runs;
mod stages;
mod walk;

pub use difference::{Difference, Moved, Place, difference};

use std::sync::Arc;

use clock::{Clock, Timestamp};
use model::{AppId, Campaign, DryRun, DryRunPart, DryRunReport, DryRunState};
use store::{Expect, Resource, Store, StoreError, Stored, Write, put};
use tokio::sync::Notify;

use crate::engine::{Engine, Shared};
use crate::jobs::{self, Jobs};
use runs::next_runs;

/// Dry runs of an application that are kept; the oldest make room for new ones.
pub const KEPT_MAX: usize = 20;
/// Rendered messages that a dry run keeps at most.
pub const SAMPLES_MAX: u32 = 50;
/// Rendered messages that a dry run keeps unless the caller says otherwise.
pub const SAMPLES_DEFAULT: u32 = 10;
/// Dry runs that wait or are under way, over all applications.
const ACTIVE_MAX: usize = 32;

/// What is to be planned.
#[derive(Debug, Clone)]
pub struct DryRunRequest {
    /// The campaign.
    pub campaign: Campaign,
    /// Whether it is stored.
    pub stored: bool,
    /// When the run of the default treatment would be due; absent means when the next one is, else
    /// now. Treatments with times of their own follow their own schedules from then on.
    pub start: Option<Timestamp>,
    /// Rendered messages that are kept.
    pub samples: u32,
}

/// Why a dry run was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum DryRunError {
    /// Too many are waiting.
    #[error("at most {ACTIVE_MAX} dry runs may wait or be under way; try again when one has ended")]
    TooMany,
    /// More samples than are kept.
    #[error("samples: at most {SAMPLES_MAX}")]
    Samples,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The loop of dry runs.
#[derive(Clone)]
pub(crate) struct DryRuns(pub Arc<Shared>);

impl Jobs for DryRuns {
    type Job = DryRun;

    fn store(&self) -> &Store {
        &self.0.store
    }

    fn clock(&self) -> &Clock {
        &self.0.clock
    }

    fn created(&self) -> &Notify {
        &self.0.dry_run_created
    }

    fn active_max(&self) -> usize {
        ACTIVE_MAX
    }

    async fn run_job(&self, job: Stored<DryRun>) -> Result<(), StoreError> {
        match walk::walk(&self.0, job).await {
            // It was removed, to make room for another one.
            Err(StoreError::Conflict(_)) => Ok(()),
            ended => ended,
        }
    }
}

impl DryRuns {
    /// Plans as dry runs are asked for, and begins those anew that a restart interrupted. Never
    /// returns; it may be dropped at any point.
    pub(crate) async fn run(&self) {
        jobs::run(self).await;
    }
}

impl Engine {
    /// Takes a dry run on; it is worked on in the background.
    ///
    /// # Errors
    /// Too many wait, or more samples are wanted than are kept.
    pub async fn dry_run(&self, request: DryRunRequest) -> Result<DryRun, DryRunError> {
        if request.samples > SAMPLES_MAX {
            return Err(DryRunError::Samples);
        }
        let (shared, clock) = (self.shared(), &self.shared().clock);
        let now = clock.now();
        let dry_runs = shared.store.of::<DryRun>();
        if dry_runs.due(now, ACTIVE_MAX).await?.len() >= ACTIVE_MAX {
            return Err(DryRunError::TooMany);
        }
        let runs = next_runs(&request.campaign, request.start, now);
        let dry_run = DryRun {
            app: request.campaign.app.clone(),
            id: clock.id(),
            start: runs.first().map_or(now, |run| run.due),
            runs,
            campaign: Box::new(request.campaign),
            stored: request.stored,
            samples: request.samples,
            state: DryRunState::Running,
            reason: None,
            planned: 0,
            looked: 0,
            attempts: 0,
            created: now,
        };
        let mut writes = crowded_out(&shared.store, &dry_run.app).await?;
        writes.push(put(&dry_run, Expect::Absent)?);
        shared.store.documents.commit(writes).await?;
        shared.dry_run_created.notify_one();
        Ok(dry_run)
    }
}

/// What removes the oldest dry runs of `app`, so that there is room for one.
async fn crowded_out(store: &Store, app: &AppId) -> Result<Vec<Write>, StoreError> {
    let kept = list(store, app).await?;
    let gone = kept.into_iter().skip(KEPT_MAX - 1);
    Ok(gone.flat_map(|dry_run| removal(&dry_run)).collect())
}

/// What removes a dry run with all that it found.
fn removal(dry_run: &Stored<DryRun>) -> Vec<Write> {
    let expect = Expect::Any;
    let report = store::DocumentKey {
        kind: DryRunReport::KIND,
        parent: dry_run.app.to_string(),
        id: dry_run.id.clone(),
    };
    vec![
        dry_run.delete(),
        Write::Delete {
            key: report,
            expect,
        },
        Write::DeleteAll {
            kind: DryRunPart::KIND,
            parent: dry_run.id.clone(),
        },
    ]
}

/// The dry runs of `app`, newest first.
///
/// # Errors
/// The store failed.
pub async fn list(store: &Store, app: &AppId) -> Result<Vec<Stored<DryRun>>, StoreError> {
    let dry_runs = store.of::<DryRun>();
    let page = dry_runs.list(app.as_str(), None, 2 * KEPT_MAX).await?;
    Ok(page.items)
}

/// The dry run with this identifier, and what it found once it has completed.
///
/// # Errors
/// The store failed.
pub async fn get(
    store: &Store,
    app: &AppId,
    id: &str,
) -> Result<Option<(DryRun, Option<DryRunReport>)>, StoreError> {
    let Some(found) = store.of::<DryRun>().get(app.as_str(), id).await? else {
        return Ok(None);
    };
    let report = store.of::<DryRunReport>().get(app.as_str(), id).await?;
    Ok(Some((found.value, report.map(|report| report.value))))
}

/// Removes every dry run of `app`, for when the application goes.
///
/// # Errors
/// The store failed; what is left is removed by the next call.
pub async fn delete_all(store: &Store, app: &AppId) -> Result<(), StoreError> {
    loop {
        let found = list(store, app).await?;
        if found.is_empty() {
            return Ok(());
        }
        let writes = found.iter().flat_map(removal).collect();
        match store.documents.commit(writes).await {
            // One of them has just moved on.
            Ok(()) | Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
}
