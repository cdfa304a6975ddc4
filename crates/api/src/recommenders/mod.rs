//! Recommender configurations (`docs/spec/templates.md §5`).

pub(crate) mod rules;

use model::{Recommender, RecommenderId};
use store::Stored;
use wire::parameter;
use wire::shapes::{CreateRecommenderConfiguration, ListRecommenderConfigurationsResponse};

use crate::call::Call;
use crate::error::ApiError;
use crate::pagination::PageRequest;
use crate::reply::Reply;

/// Configurations of the account.
const COUNT_MAX: u64 = 100;

/// CreateRecommenderConfiguration.
pub(crate) async fn create(call: Call) -> Result<Reply, ApiError> {
    let id = RecommenderId::new(call.state.parts.clock.id());
    let created = rules::read(id, call.body()?, call.now, call.now)?;
    let recommenders = call.state.store().of::<Recommender>();
    if recommenders.count("").await? >= COUNT_MAX {
        return Err(ApiError::bad_request(format!(
            "Exceeded maximum number of recommender configurations: {COUNT_MAX}"
        )));
    }
    recommenders.create(&created).await?;
    Reply::json(&rules::answer(&created))
}

/// GetRecommenderConfiguration.
pub(crate) async fn get(call: Call) -> Result<Reply, ApiError> {
    let found = find(&call).await?;
    Reply::json(&rules::answer(&found))
}

/// GetRecommenderConfigurations.
pub(crate) async fn list(call: Call) -> Result<Reply, ApiError> {
    let page = PageRequest::read(&call.query, "recommenders".to_owned())?;
    let recommenders = call.state.store().of::<Recommender>();
    let found = recommenders
        .list("", page.after.as_ref(), page.size)
        .await?;
    Reply::json(&ListRecommenderConfigurationsResponse {
        item: Some(found.items.iter().map(|item| rules::answer(item)).collect()),
        next_token: page.token(found.next),
    })
}

/// UpdateRecommenderConfiguration: replaces all of it but its identifier and date.
pub(crate) async fn update(call: Call) -> Result<Reply, ApiError> {
    // The body has the same members as that of a creation.
    let request: CreateRecommenderConfiguration = call.body()?;
    let mut stored = find(&call).await?;
    stored.value = rules::read(stored.id.clone(), request, stored.created, call.now)?;
    let recommenders = call.state.store().of::<Recommender>();
    recommenders.replace(&mut stored).await?;
    Reply::json(&rules::answer(&stored))
}

/// DeleteRecommenderConfiguration: the answer is the configuration as it was.
pub(crate) async fn delete(call: Call) -> Result<Reply, ApiError> {
    let deleted = find(&call).await?;
    let recommenders = call.state.store().of::<Recommender>();
    recommenders.delete("", deleted.id.as_str()).await?;
    Reply::json(&rules::answer(&deleted))
}

async fn find(call: &Call) -> Result<Stored<Recommender>, ApiError> {
    let recommenders = call.state.store().of::<Recommender>();
    let id = call.param(parameter::RECOMMENDER_ID);
    let stored = recommenders.get("", id).await?;
    stored.ok_or_else(ApiError::not_found)
}
