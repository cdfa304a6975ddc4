//! ListTemplateVersions and UpdateTemplateActiveVersion.

use model::{Template, TemplateKind, TemplateName};
use store::{StoreError, TemplateVersion};
use wire::parameter;
use wire::shapes::{TemplateActiveVersionRequest, TemplateVersionsResponse};

use super::single::accepted;
use super::stored::{active, id, latest, number, version};
use super::wire::{listed_version, name};
use crate::call::Call;
use crate::error::ApiError;
use crate::pagination::PageRequest;
use crate::reply::Reply;

/// Attempts when others write at the same time.
const ATTEMPTS_MAX: usize = 5;

pub(crate) async fn list(call: Call) -> Result<Reply, ApiError> {
    let (kind, name) = named(&call)?;
    let store = call.state.store();
    active(store, kind, &name).await?;
    let parent = id(kind, &name);
    let scope = format!("template-versions/{parent}");
    let page = PageRequest::named(&call.query, "page-size", "next-token", scope)?;
    let versions = store.of::<TemplateVersion>();
    let found = versions
        .list(&parent, page.after.as_ref(), page.size)
        .await?;
    Reply::json(&TemplateVersionsResponse {
        item: Some(
            found
                .items
                .iter()
                .map(|item| listed_version(&item.0))
                .collect(),
        ),
        message: None,
        next_token: page.token(found.next),
        request_id: Some(call.request_id.clone()),
    })
}

pub(crate) async fn activate(call: Call) -> Result<Reply, ApiError> {
    let (kind, name) = named(&call)?;
    let store = call.state.store();
    for _ in 0..ATTEMPTS_MAX {
        let mut current = active(store, kind, &name).await?;
        let request: TemplateActiveVersionRequest = call.body()?;
        let chosen = match request.version.as_deref() {
            None | Some("") => return Err(ApiError::bad_request("Missing Version")),
            Some("latest") => latest(store, &current).await?,
            text => {
                let number = number(text)?.unwrap_or_default();
                version(store, &current, number).await?
            }
        };
        let chosen = chosen.value.0;
        current.value = Template {
            active_version: chosen.version,
            latest_version: current.value.latest_version,
            tags: current.value.tags.clone(),
            created: current.value.created,
            ..chosen
        };
        match store.of::<Template>().replace(&mut current).await {
            Ok(()) => return accepted(&call),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::conflict())
}

fn named(call: &Call) -> Result<(TemplateKind, TemplateName), ApiError> {
    let word = call.param(parameter::TEMPLATE_TYPE);
    let kind = TemplateKind::parse(word).ok_or_else(|| {
        ApiError::bad_request("template-type: expected EMAIL, PUSH, SMS, VOICE or INAPP")
    })?;
    Ok((kind, name(call.param(parameter::TEMPLATE_NAME))?))
}
