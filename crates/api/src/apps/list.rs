//! GetApps.

use model::App;
use wire::shapes::ApplicationsResponse;

use super::wire::app;
use crate::call::Call;
use crate::error::ApiError;
use crate::pagination::PageRequest;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let page = PageRequest::read(&call.query, "apps".to_owned())?;
    let apps = call.state.store().of::<App>();
    let found = apps.list("", page.after.as_ref(), page.size).await?;
    Reply::json(&ApplicationsResponse {
        item: Some(
            found
                .items
                .iter()
                .map(|item| app(&call.state.account, item))
                .collect(),
        ),
        next_token: page.token(found.next),
    })
}
