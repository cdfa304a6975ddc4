//! GetChannels.

use std::collections::BTreeMap;

use model::EmailChannel;
use wire::shapes::ChannelsResponse;

use super::wire::{listed_email, listed_in_app};
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let mut channels = BTreeMap::from([("IN_APP".to_owned(), listed_in_app())]);
    let stored = call
        .state
        .store()
        .of::<EmailChannel>()
        .get("", app.as_str())
        .await?;
    if let Some(email) = stored {
        channels.insert("EMAIL".to_owned(), listed_email(&email));
    }
    Reply::json(&ChannelsResponse {
        channels: Some(channels),
    })
}
