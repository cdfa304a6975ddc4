//! GetEmailChannel, GetSmsChannel and the like.

use super::find;
use super::wire::answer;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let channel = find(&call).await?.ok_or_else(ApiError::not_found)?;
    Reply::json(&answer(&call.state, &channel).await?)
}
