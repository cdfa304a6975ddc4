//! Templates, between the wire and the model.

use model::{Template, TemplateName};
use serde::Serialize;
use wire::shapes;

use super::kind::Kind;
use crate::arn::Account;
use crate::error::ApiError;

/// Characters of a name.
const NAME_CHARS_MAX: usize = 128;

/// The name in the path.
///
/// # Errors
/// It breaks the rule for names.
pub(crate) fn name(text: &str) -> Result<TemplateName, ApiError> {
    let mut letters = text.chars();
    let starts = letters
        .next()
        .is_some_and(|first| first.is_ascii_alphanumeric());
    let fits = letters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if starts && fits && text.len() <= NAME_CHARS_MAX {
        return Ok(TemplateName::from(text));
    }
    Err(ApiError::bad_request(format!(
        "template-name: expected 1 to {NAME_CHARS_MAX} letters, digits, _ and -, beginning with a \
         letter or digit"
    )))
}

/// A template as callers see it: what all kinds have in common, and the content.
#[derive(Serialize)]
pub(crate) struct Shown<K> {
    #[serde(flatten)]
    common: shapes::TemplateResponse,
    #[serde(flatten)]
    content: K,
}

/// A template as callers see it; none if it is of another kind.
pub(crate) fn shown<K: Kind>(
    account: &Account,
    region: &str,
    template: Template,
) -> Option<Shown<K>> {
    let common = shapes::TemplateResponse {
        arn: Some(account.template(region, &template.name, K::KIND)),
        creation_date: Some(template.created.to_string()),
        default_substitutions: substitutions(&template),
        last_modified_date: Some(template.modified.to_string()),
        template_description: template.description,
        template_name: Some(template.name.into_string()),
        template_type: Some(K::KIND.as_str().to_owned()),
        version: Some(template.version.to_string()),
        tags: Some(template.tags),
    };
    let content = K::written(template.content)?;
    Some(Shown { common, content })
}

fn substitutions(template: &Template) -> Option<String> {
    let values = &template.default_substitutions;
    (!values.is_empty()).then(|| serde_json::json!(values).to_string())
}

/// A template in a list.
pub(crate) fn listed(template: &Template) -> shapes::TemplateResponse {
    shapes::TemplateResponse {
        creation_date: Some(template.created.to_string()),
        last_modified_date: Some(template.modified.to_string()),
        template_description: template.description.clone(),
        template_name: Some(template.name.to_string()),
        template_type: Some(template.content.kind().as_str().to_owned()),
        version: Some(template.active_version.to_string()),
        ..shapes::TemplateResponse::default()
    }
}

/// A version of a template in a list.
pub(crate) fn listed_version(template: &Template) -> shapes::TemplateVersionResponse {
    shapes::TemplateVersionResponse {
        creation_date: Some(template.created.to_string()),
        default_substitutions: substitutions(template),
        last_modified_date: Some(template.modified.to_string()),
        template_description: template.description.clone(),
        template_name: Some(template.name.to_string()),
        template_type: Some(template.content.kind().as_str().to_owned()),
        version: Some(template.version.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_rules() {
        for good in ["a", "0", "Welcome_2-b", &"x".repeat(128)] {
            assert!(name(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "_a", "a b", "a.b", "é", &"x".repeat(129)] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }
}
