//! PutEvents (`docs/spec/events.md §1.3`): endpoints first, then their events, then the answer,
//! once everything is durable.

use std::sync::atomic::Ordering;

use events::ingest::{Accepted, Item, accept};
use model::{AppId, Endpoint, EndpointId, EndpointUpdate};
use store::{ApplyMode, EndpointWrite, Endpoints, StoreError, WriteContext, WriteOrigin};
use wire::shapes::PublicEndpoint;

use super::wire::{Fate, ItemAnswer, Results, Submitted, read};
use crate::call::Call;
use crate::endpoints::wire::{of_public, update};
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let mut submitted = read(&call.bytes)?;
    let count: usize = submitted.iter().map(|item| item.events.len()).sum();
    let most = call.state.settings.limits.events_per_request;
    if count > most {
        return Err(ApiError::bad_request(format!(
            "BatchItem: at most {most} events in a request, found {count}"
        )));
    }
    let endpoints = call.state.store().endpoints.as_ref();
    let context = WriteContext {
        now: call.now,
        request_id: call.request_id.clone(),
        origin: WriteOrigin::Client,
    };
    let fates = write_endpoints(endpoints, &app, &mut submitted, &context).await?;
    let ids: Vec<EndpointId> = submitted
        .iter()
        .map(|item| EndpointId::from(item.endpoint_id.as_str()))
        .collect();
    let states = current(endpoints, &app, &ids, &context).await?;

    let mut answers = Vec::with_capacity(submitted.len());
    let mut items = Vec::with_capacity(submitted.len());
    for (((item, id), state), fate) in submitted.into_iter().zip(ids).zip(&states).zip(fates) {
        answers.push(ItemAnswer {
            endpoint_id: item.endpoint_id,
            endpoint: fate,
            events: item
                .events
                .iter()
                .map(|event| (event.id.clone(), Ok(())))
                .collect(),
        });
        items.push(Item {
            endpoint_id: id,
            endpoint: state.as_ref(),
            endpoint_json: state
                .as_ref()
                .and_then(|endpoint| call.state.parts.streams.endpoint_json(endpoint)),
            events: item.events,
        });
    }
    let deduper = &call.state.parts.deduper;
    let accepted = accept(&app, items, call.now, deduper);
    let refused = tell(&mut answers, &accepted);
    let appended = accepted.events.len();
    if let Err(error) = call.state.parts.log.append(accepted.events).await {
        deduper.withdraw(&accepted.keys);
        return Err(error.into());
    }
    let metrics = &call.state.metrics;
    let add = |counter: &std::sync::atomic::AtomicU64, count: usize| {
        counter.fetch_add(count as u64, Ordering::Relaxed);
    };
    add(&metrics.events_appended, appended);
    add(&metrics.events_refused, refused);
    add(&metrics.events_repeated, count - appended - refused);
    Reply::json(&Results(answers).body())
}

/// Puts the fate of each event into the answers; returns how many were refused.
fn tell(answers: &mut [ItemAnswer], accepted: &Accepted) -> usize {
    let mut refused = 0;
    for (answer, fates) in answers.iter_mut().zip(&accepted.answers) {
        for ((_, event), fate) in answer.events.iter_mut().zip(fates) {
            if let Err(rejection) = fate {
                *event = Err(rejection.to_string());
                refused += 1;
            }
        }
    }
    refused
}

/// Applies the endpoint parts that say something, each for itself.
async fn write_endpoints(
    endpoints: &dyn Endpoints,
    app: &AppId,
    submitted: &mut [Submitted],
    context: &WriteContext,
) -> Result<Vec<Fate>, StoreError> {
    let mut fates: Vec<Fate> = Vec::with_capacity(submitted.len());
    let mut writes = Vec::new();
    let mut positions = Vec::new();
    for (position, item) in submitted.iter_mut().enumerate() {
        let fate = audience::validate_id(&item.endpoint_id)
            .map_err(|violation| violation.to_string())
            .and_then(|()| read_update(std::mem::take(&mut item.endpoint)));
        fates.push(match fate {
            Ok(None) => Ok(()),
            Ok(Some(update)) => {
                let id = EndpointId::from(item.endpoint_id.as_str());
                writes.push(EndpointWrite { id, update });
                positions.push(position);
                Ok(())
            }
            Err(message) => Err(message),
        });
    }
    if writes.is_empty() {
        return Ok(fates);
    }
    let results = endpoints
        .apply(app, writes, ApplyMode::Each, context)
        .await?;
    for (result, position) in results.into_iter().zip(positions) {
        if let (Err(refusal), Some(fate)) = (result, fates.get_mut(position)) {
            *fate = Err(refusal.to_string());
        }
    }
    Ok(fates)
}

/// The change that an endpoint part means; absent if it says nothing.
fn read_update(endpoint: PublicEndpoint) -> Result<Option<EndpointUpdate>, String> {
    if endpoint == PublicEndpoint::default() {
        return Ok(None);
    }
    update(of_public(endpoint))
        .map(Some)
        .map_err(|error| error.message().to_owned())
}

/// The stored endpoints, in one read. Those that nobody has seen yet are created without content.
async fn current(
    endpoints: &dyn Endpoints,
    app: &AppId,
    ids: &[EndpointId],
    context: &WriteContext,
) -> Result<Vec<Option<Endpoint>>, StoreError> {
    let mut states = endpoints.find(app, ids).await?;
    let bare: Vec<usize> = (0..ids.len())
        .filter(|index| states[*index].is_none())
        .filter(|index| audience::validate_id(ids[*index].as_str()).is_ok())
        .collect();
    if bare.is_empty() {
        return Ok(states);
    }
    let ids: Vec<EndpointId> = bare.iter().map(|index| ids[*index].clone()).collect();
    let writes = ids.iter().map(|id| EndpointWrite {
        id: id.clone(),
        update: EndpointUpdate::default(),
    });
    endpoints
        .apply(app, writes.collect(), ApplyMode::Each, context)
        .await?;
    for (index, state) in bare.into_iter().zip(endpoints.find(app, &ids).await?) {
        states[index] = state;
    }
    Ok(states)
}
