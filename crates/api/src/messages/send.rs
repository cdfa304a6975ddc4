//! SendMessages.

use std::collections::BTreeMap;

use engine::direct::{Addressee, Overrides, RECIPIENTS_MAX, Target};
use model::{ChannelType, EndpointId};
use wire::shapes;

use super::wire::{
    allow_template_alone, read_overrides, read_send, write_endpoint_result, write_result,
};
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(mut call: Call) -> Result<Reply, ApiError> {
    allow_template_alone(&mut call);
    let request: shapes::MessageRequest = call.body()?;
    let addresses = request.addresses.unwrap_or_default();
    let endpoints = request.endpoints.unwrap_or_default();
    let count = addresses.len() + endpoints.len();
    if count == 0 || count > RECIPIENTS_MAX {
        let text = format!(
            "Addresses, Endpoints: expected 1 to {RECIPIENTS_MAX} recipients together, found {count}"
        );
        return Err(ApiError::bad_request(text));
    }
    let send = read_send(
        &call,
        request.message_configuration,
        request.template_configuration,
        request.context,
        request.trace_id,
    )?;
    let app = send.app.to_string();
    let (mut keys, mut to) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for (address, own) in addresses {
        let channel = own.channel_type.as_deref().and_then(ChannelType::parse);
        to.push(Addressee {
            target: Target::Address(address.clone(), channel),
            own: Overrides {
                body: own.body_override,
                title: own.title_override,
                raw: own.raw_content,
                context: own.context.unwrap_or_default(),
                substitutions: own.substitutions.unwrap_or_default(),
            },
        });
        keys.push((address, true));
    }
    for (id, own) in endpoints {
        to.push(Addressee {
            target: Target::Endpoint(EndpointId::new(id.clone())),
            own: read_overrides(own),
        });
        keys.push((id, false));
    }
    let results = call.state.parts.engine.send_messages(send, to).await?;
    let (mut of_addresses, mut of_endpoints) = (BTreeMap::new(), BTreeMap::new());
    for ((key, is_address), result) in keys.into_iter().zip(results) {
        if is_address {
            of_addresses.insert(key, write_result(result));
        } else {
            of_endpoints.insert(key, write_endpoint_result(result));
        }
    }
    Reply::json(&shapes::MessageResponse {
        application_id: Some(app),
        endpoint_result: Some(of_endpoints).filter(|results| !results.is_empty()),
        request_id: Some(call.request_id),
        result: Some(of_addresses).filter(|results| !results.is_empty()),
    })
}
