//! ListJourneys.

use model::Journey;
use wire::shapes::JourneysResponse;

use super::wire::journey;
use crate::call::Call;
use crate::error::ApiError;
use crate::pagination::PageRequest;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let page = PageRequest::read(&call.query, format!("journeys/{app}"))?;
    let journeys = call.state.store().of::<Journey>();
    let found = journeys
        .list(app.as_str(), page.after.as_ref(), page.size)
        .await?;
    Reply::json(&JourneysResponse {
        item: Some(found.items.iter().map(|it| journey(&it.value)).collect()),
        next_token: page.token(found.next),
    })
}
