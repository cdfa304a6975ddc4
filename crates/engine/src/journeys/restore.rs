//! Journeys that lived elsewhere before, with their identifiers and dates.

use clock::Timestamp;
use journeys::check_members;
use model::{AppId, Journey, JourneyId, Tags};
use store::{Expect, Store, put};

use super::draft::{self, JourneyDraft};
use super::refusal::JourneyError;

/// A journey as it was elsewhere.
#[derive(Debug, Clone)]
pub struct Restored {
    /// Its identifier.
    pub id: JourneyId,
    /// What it says; the state is not looked at.
    pub draft: JourneyDraft,
    /// Labels.
    pub tags: Tags,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last changed.
    pub modified: Timestamp,
}

/// Writes a journey that lived elsewhere, as a draft, so that nobody enters it because of this.
/// Answers whether there was none with this identifier.
///
/// # Errors
/// It breaks a rule.
pub async fn restore(store: &Store, app: &AppId, restored: Restored) -> Result<bool, JourneyError> {
    let journeys = store.of::<Journey>();
    let id = restored.id;
    if journeys.get(app.as_str(), id.as_str()).await?.is_some() {
        return Ok(false);
    }
    let mut journey = draft::blank(app, id, restored.created);
    restored.draft.apply(&mut journey);
    journey.tags = restored.tags;
    journey.modified = restored.modified;
    check_members(&journey)?;
    let writes = vec![put(&journey, Expect::Absent)?];
    store.documents.commit(writes).await?;
    Ok(true)
}
