//! Campaigns.

use engine::campaigns::{Restored, restore};
use model::{CampaignId, CampaignStatus};
use wire::Operation;

use super::Migration;
use super::item::Item;
use super::report::Outcome;
use crate::apps::wire::read_tags;
use crate::campaigns::wire::draft;
use crate::error::ApiError;

/// Takes what GetCampaign returned.
pub(super) async fn campaign(
    migration: &mut Migration<'_>,
    item: &Item,
) -> Result<Outcome, ApiError> {
    let id = CampaignId::new(item.needed("Id")?);
    let app = migration.app_of(item).await?;
    let status = item.json["State"]["CampaignStatus"].as_str();
    let status = match status {
        Some("DELETED") => return Ok(Outcome::Refused("it was deleted".to_owned())),
        Some(word) => CampaignStatus::parse(word).ok_or_else(|| {
            ApiError::bad_request(format!("State.CampaignStatus: '{word}' is unknown"))
        })?,
        None => CampaignStatus::Paused,
    };
    let mut draft = draft(migration.request(Operation::CreateCampaign, item)?)?;
    draft.tags = Some(read_tags(draft.tags, migration.state.settings.limits.tags)?);
    let created = item.date("CreationDate", migration.now);
    let restored = Restored {
        id,
        draft,
        status,
        version: item.version()?,
        created,
        modified: item.date("LastModifiedDate", created),
    };
    let store = migration.state.store();
    match restore(store, &app, restored, migration.now).await? {
        Some(notes) => Ok(Outcome::with(notes)),
        None => Ok(Outcome::There),
    }
}
