//! Recommender configurations.

use model::{Recommender, RecommenderId};
use wire::Operation;

use super::Migration;
use super::item::Item;
use super::report::Outcome;
use crate::error::ApiError;
use crate::recommenders::rules::read;

/// Takes what GetRecommenderConfiguration returned.
pub(super) async fn recommender(
    migration: &mut Migration<'_>,
    item: &Item,
) -> Result<Outcome, ApiError> {
    let id = RecommenderId::new(item.needed("Id")?);
    let recommenders = migration.state.store().of::<Recommender>();
    if recommenders.get("", id.as_str()).await?.is_some() {
        return Ok(Outcome::There);
    }
    let request = migration.request(Operation::CreateRecommenderConfiguration, item)?;
    let created = item.date("CreationDate", migration.now);
    let modified = item.date("LastModifiedDate", created);
    recommenders
        .create(&read(id, request, created, modified)?)
        .await?;
    Ok(Outcome::Taken)
}
