//! DeleteEmailChannel, DeleteSmsChannel and the like: the answer is the channel as it was, off.

use super::find;
use super::wire::answer;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let _turn = call.state.channel_changes.lock().await;
    let mut channel = find(&call).await?.ok_or_else(ApiError::not_found)?.value;
    channel.enabled = false;
    let last = answer(&call.state, &channel).await?;
    let store = call.state.store();
    store.delete_channel(&channel.app, channel.kind).await?;
    Reply::json(&last)
}
