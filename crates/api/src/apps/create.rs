//! CreateApp.

use model::{App, AppId};
use wire::shapes::CreateApplicationRequest;

use super::wire::{app, read_tags};
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

/// Characters of a name.
const NAME_CHARS_MAX: usize = 64;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let request: CreateApplicationRequest = call.body()?;
    let name = request.name.unwrap_or_default();
    if name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(ApiError::bad_request(format!(
            "Name: expected 1 to {NAME_CHARS_MAX} characters"
        )));
    }
    let limits = &call.state.settings.limits;
    let tags = read_tags(request.tags, limits.tags)?;
    let apps = call.state.store().of::<App>();
    let region = call.caller.region.clone();
    let there = apps
        .list("", None, limits.applications.saturating_mul(4))
        .await?;
    let in_region = there
        .items
        .iter()
        .filter(|app| app.region == region)
        .count();
    if in_region >= limits.applications {
        return Err(ApiError::bad_request(format!(
            "Exceeded maximum number of applications: {}",
            limits.applications
        )));
    }
    let created = App {
        id: AppId::new(call.state.parts.clock.id()),
        name,
        tags,
        region,
        created: call.now,
    };
    apps.create(&created).await?;
    Reply::json(&app(&call.state.account, &created))
}
