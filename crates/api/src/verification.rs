//! Recounts a run from its sets and from the records of the event log.

use analytics::{Analytics, Window};
use engine::verify::{Records, Sets, Verification};
use events::Log;
use model::Run;
use store::{Store, StoreError};

/// Why a run could not be recounted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Records could not be read.
    #[error(transparent)]
    Analytics(#[from] analytics::AnalyticsError),
}

/// Recounts `run`. Its sets are read first: whatever they say is in the log by then, and in
/// analytics once that has caught up.
///
/// # Errors
/// The store or analytics failed.
pub async fn verify(
    store: &Store,
    log: &Log,
    analytics: &Analytics,
    run: Run,
) -> Result<Verification, VerifyError> {
    let app = run.app.clone();
    let activities = run.activities.clone();
    // Records are written from the moment on at which the set was frozen; the run is as old as that.
    let kept = run.started >= analytics.kept_since();
    let sets = Sets::read(store, run).await?;
    let records = if kept {
        analytics.caught_up(log.end()).await?;
        let sends = analytics.sends(&app, &activities, Window::ALWAYS).await?;
        Some(Records {
            endpoints: sends.endpoints,
            records: sends.records,
            repeated: sends.repeated,
        })
    } else {
        None
    };
    Ok(sets.compare(store, records.as_ref()).await?)
}
