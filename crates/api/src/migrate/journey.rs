//! Journeys, which arrive as drafts.

use engine::journeys::{Restored, restore};
use model::JourneyId;
use wire::Operation;

use super::Migration;
use super::item::Item;
use super::report::Outcome;
use crate::apps::wire::read_tags;
use crate::error::ApiError;
use crate::journeys::wire::draft;

/// Takes what GetJourney returned.
pub(super) async fn journey(
    migration: &mut Migration<'_>,
    item: &Item,
) -> Result<Outcome, ApiError> {
    let id = JourneyId::new(item.needed("Id")?);
    let app = migration.app_of(item).await?;
    let tags = item.tags()?;
    let state = item.text("State").unwrap_or("DRAFT");
    let request = item.without("State");
    let created = item.date("CreationDate", migration.now);
    let restored = Restored {
        id,
        draft: draft(migration.request(Operation::CreateJourney, &request)?)?,
        tags: read_tags(tags, migration.state.settings.limits.tags)?,
        created,
        modified: item.date("LastModifiedDate", created),
    };
    if !restore(migration.state.store(), &app, restored).await? {
        return Ok(Outcome::There);
    }
    let mut notes = Vec::new();
    if state != "DRAFT" {
        notes.push(format!(
            "it is a draft, because it was {state} and nobody enters it because of this; publish \
             it when people may"
        ));
    }
    Ok(Outcome::with(notes))
}
