//! Channels, whose secrets no response holds.

use model::{Channel, ChannelType, Credentials};
use store::Expect;

use super::Migration;
use super::item::Item;
use super::report::Outcome;
use crate::channels::{settings_without_secrets, takes_secrets};
use crate::error::ApiError;

/// Takes what GetEmailChannel, GetApnsChannel and the like returned.
pub(super) async fn channel(
    migration: &mut Migration<'_>,
    item: &Item,
) -> Result<Outcome, ApiError> {
    let word = item.needed("Platform")?;
    let kind = ChannelType::parse(word)
        .filter(|kind| ChannelType::CONFIGURABLE.contains(kind))
        .ok_or_else(|| ApiError::bad_request(format!("Platform: '{word}' is no channel")))?;
    let app = migration.app_of(item).await?;
    let store = migration.state.store();
    if store.channel(&app, kind).await?.is_some() {
        return Ok(Outcome::There);
    }
    let settings = settings_without_secrets(kind, &item.json)?;
    let created = item.date("CreationDate", migration.now);
    let mut channel = Channel::new(app, kind, settings, created);
    channel.enabled = item.json["Enabled"].as_bool().unwrap_or(true);
    channel.version = item.version()?;
    channel.modified = item.date("LastModifiedDate", created);
    item.text("LastModifiedBy")
        .unwrap_or_default()
        .clone_into(&mut channel.modified_by);
    let secrets = Credentials::default();
    store
        .put_channel(&channel, &secrets, Expect::Absent)
        .await?;
    let mut notes = Vec::new();
    if takes_secrets(kind) {
        notes.push(
            "its credentials are not in the file: give them with its Update operation".to_owned(),
        );
    }
    Ok(Outcome::with(notes))
}
