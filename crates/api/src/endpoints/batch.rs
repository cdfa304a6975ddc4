//! UpdateEndpointsBatch: all items or none (`docs/spec/audience.md §6.5`).

use audience::Violation;
use model::EndpointId;
use store::{ApplyMode, EndpointWrite};
use wire::shapes::EndpointBatchRequest;

use super::update::{accepted, context};
use super::wire::{of_batch_item, update};
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let request: EndpointBatchRequest = call.body()?;
    let items = request.item.unwrap_or_default();
    let most = call.state.settings.limits.batch_items;
    if items.is_empty() || items.len() > most {
        return Err(ApiError::bad_request(format!(
            "Item: expected 1 to {most} items, found {}",
            items.len()
        )));
    }
    let mut writes = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let (id, request) = of_batch_item(item);
        let id = id.ok_or_else(|| ApiError::bad_request(format!("Missing Item[{index}].Id")))?;
        let prefixed = |error: ApiError| error.prefixed(&format!("Item {id}: "));
        audience::validate_id(&id).map_err(|violation| prefixed(violation.into()))?;
        let update = update(request).map_err(prefixed)?;
        let id = EndpointId::new(id);
        writes.push(EndpointWrite { id, update });
    }
    let ids: Vec<EndpointId> = writes.iter().map(|write| write.id.clone()).collect();
    let endpoints = &call.state.store().endpoints;
    let results = endpoints
        .apply(&app, writes, ApplyMode::AllOrNothing, &context(&call))
        .await?;
    for result in results {
        let Err(refusal) = result else { continue };
        // Clients look at how this one message begins.
        if matches!(refusal.violation, Violation::TooManyEndpointsPerUser(_)) {
            return Err(refusal.into());
        }
        let prefix = ids.get(refusal.index).map(|id| format!("Item {id}: "));
        return Err(ApiError::from(refusal).prefixed(&prefix.unwrap_or_default()));
    }
    accepted(&call)
}
