//! GetChannels.

use std::collections::BTreeMap;

use wire::shapes::ChannelsResponse;

use super::wire::{common, in_app};
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let stored = call.state.store().channels(&call.app()?.id).await?;
    let mut channels: BTreeMap<_, _> = stored
        .iter()
        .map(|channel| (channel.kind.to_string(), common(channel)))
        .collect();
    channels.insert("IN_APP".to_owned(), in_app());
    Reply::json(&ChannelsResponse {
        channels: Some(channels),
    })
}
