//! GetApp.

use super::wire::app;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    Reply::json(&app(&call.state.account, call.app()?))
}
