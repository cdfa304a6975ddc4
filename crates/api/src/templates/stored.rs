//! Where the versions of a template lie: the document of the template holds its active version,
//! each version has a document of its own beside it.

use clock::Timestamp;
use model::{Template, TemplateKind, TemplateName};
use store::{Store, Stored, TemplateVersion, version_id};

use crate::error::ApiError;

/// Versions that are looked through for the latest.
const LOOKED_THROUGH: usize = 1_000;

/// Identifier of a template's document, and the group of its versions.
pub(crate) fn id(kind: TemplateKind, name: &TemplateName) -> String {
    format!("{}/{name}", kind.as_str())
}

/// The template with its active version.
///
/// # Errors
/// There is none.
pub(crate) async fn active(
    store: &Store,
    kind: TemplateKind,
    name: &TemplateName,
) -> Result<Stored<Template>, ApiError> {
    let found = store.of::<Template>().get("", &id(kind, name)).await?;
    found.ok_or_else(ApiError::not_found)
}

/// A version of the template `active`.
///
/// # Errors
/// There is none.
pub(crate) async fn version(
    store: &Store,
    active: &Template,
    version: u32,
) -> Result<Stored<TemplateVersion>, ApiError> {
    let parent = id(active.content.kind(), &active.name);
    let found = store
        .of::<TemplateVersion>()
        .get(&parent, &version_id(version))
        .await?;
    found.ok_or_else(ApiError::not_found)
}

/// The highest version that is still there.
///
/// # Errors
/// There is none.
pub(crate) async fn latest(
    store: &Store,
    active: &Template,
) -> Result<Stored<TemplateVersion>, ApiError> {
    let versions = store.of::<TemplateVersion>();
    let parent = id(active.content.kind(), &active.name);
    let newest = versions
        .get(&parent, &version_id(active.latest_version))
        .await?;
    if let Some(newest) = newest {
        return Ok(newest);
    }
    let mut after: Option<(Timestamp, String)> = None;
    let mut highest: Option<Stored<TemplateVersion>> = None;
    loop {
        let page = versions
            .list(&parent, after.as_ref(), LOOKED_THROUGH)
            .await?;
        for version in page.items {
            let best = highest.as_ref().map_or(0, |best| best.0.version);
            if version.0.version > best {
                highest = Some(version);
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return highest.ok_or_else(ApiError::not_found),
        }
    }
}

/// The version that a `version` parameter names; absent if it names none.
///
/// # Errors
/// It is not a number.
pub(crate) fn number(text: Option<&str>) -> Result<Option<u32>, ApiError> {
    text.filter(|text| !text.is_empty())
        .map(|text| {
            let number = text.parse().ok().filter(|number| *number > 0);
            number.ok_or_else(|| {
                let shown: String = text.chars().take(50).collect();
                ApiError::bad_request(format!(
                    "version: expected a number from 1, found '{shown}'"
                ))
            })
        })
        .transpose()
}
