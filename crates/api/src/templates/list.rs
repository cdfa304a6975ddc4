//! ListTemplates.

use model::{Template, TemplateKind};
use wire::shapes::TemplatesResponse;

use super::wire::listed;
use crate::call::Call;
use crate::error::ApiError;
use crate::filtered::{self, Filtered};
use crate::pagination::PageRequest;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let prefix = call.query.get("prefix").unwrap_or_default();
    let kind = match call
        .query
        .get("template-type")
        .filter(|word| !word.is_empty())
    {
        None => None,
        Some(word) => Some(TemplateKind::parse(word).ok_or_else(|| {
            ApiError::bad_request("template-type: expected EMAIL, PUSH, SMS, VOICE or INAPP")
        })?),
    };
    let word = kind.map_or("", TemplateKind::as_str);
    let scope = format!("templates/{word}/{prefix}");
    let page = PageRequest::named(&call.query, "page-size", "next-token", scope)?;
    let fits = |template: &Template| {
        template.name.as_str().starts_with(prefix)
            && kind.is_none_or(|kind| template.content.kind() == kind)
    };
    let templates = call.state.store().of::<Template>();
    let Filtered { items, next } = filtered::page(&templates, "", &page, fits).await?;
    Reply::json(&TemplatesResponse {
        item: Some(items.iter().map(listed).collect()),
        next_token: page.token(next),
    })
}
