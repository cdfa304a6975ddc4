//! The end of a journey: its time is up, or somebody deletes it.

use clock::{Clock, Timestamp};
use model::JourneyRunStatus::Cancelled;
use model::{AppId, Journey, JourneyId, JourneyRun, JourneyState};
use store::{Resource as _, Store, StoreError, Stored, Write, version_parent};

use super::{ATTEMPTS_MAX, JourneyError, get, runs};

/// Journeys that one round brings to their end.
const ENDED_PER_ROUND_MAX: usize = 64;

/// Completes the journeys whose end has come. Nobody is inside, so there is nobody to wait for; a
/// run that never began is cancelled.
pub(crate) async fn end_due(store: &Store, clock: &Clock) -> Result<(), StoreError> {
    let now = clock.now();
    for mut journey in store.of::<Journey>().due(now, ENDED_PER_ROUND_MAX).await? {
        let mut writes = cancel_runs(store, &journey, now).await?;
        journey.state = JourneyState::Completed;
        journey.paused_at = None;
        journey.modified = now;
        writes.push(journey.replace()?);
        match store.documents.commit(writes).await {
            // Whoever was faster decides; the next round looks again.
            Ok(()) | Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Deletes a journey, which cancels it, and returns it as it then was.
///
/// # Errors
/// There is no such journey.
pub async fn delete(
    store: &Store,
    clock: &Clock,
    app: &AppId,
    id: &JourneyId,
) -> Result<Journey, JourneyError> {
    for _ in 0..ATTEMPTS_MAX {
        let current = get(store, app, id).await?;
        let writes = vec![
            current.delete(),
            Write::DeleteAll {
                kind: JourneyRun::KIND,
                parent: version_parent(app.as_str(), id.as_str()),
            },
        ];
        match store.documents.commit(writes).await {
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
            Ok(()) => {
                let mut journey = current.value;
                if !journey.state.is_final() {
                    journey.state = JourneyState::Cancelled;
                    journey.modified = clock.now();
                }
                return Ok(journey);
            }
        }
    }
    Err(JourneyError::Busy(id.clone()))
}

/// Deletes every journey of an application, for when the application goes.
///
/// # Errors
/// The store failed; what is left is deleted by the next call.
pub async fn delete_all(store: &Store, clock: &Clock, app: &AppId) -> Result<(), JourneyError> {
    loop {
        let page = store.of::<Journey>().list(app.as_str(), None, 100).await?;
        if page.items.is_empty() {
            return Ok(());
        }
        for journey in page.items {
            match delete(store, clock, app, &journey.id).await {
                Ok(_) | Err(JourneyError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// What cancels the runs of a journey that are not at their end.
pub(super) async fn cancel_runs(
    store: &Store,
    journey: &Stored<Journey>,
    now: Timestamp,
) -> Result<Vec<Write>, StoreError> {
    let mut writes = Vec::new();
    for mut run in runs(store, journey).await? {
        if !run.status.is_final() {
            run.status = Cancelled;
            run.modified = now;
            writes.push(run.replace()?);
        }
    }
    Ok(writes)
}
