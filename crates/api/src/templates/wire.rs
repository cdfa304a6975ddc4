//! Templates, between the wire and the model.

use model::{Header, Template, TemplateContent, TemplateKind, TemplateName};
use render::{EmailContent, EmailSource, MissingPolicy, parse_default_substitutions};
use wire::shapes;

use crate::arn::Account;
use crate::error::ApiError;

/// Characters of an email template, all parts together.
const EMAIL_CHARS_MAX: usize = 600_000;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 128;
/// A sender that stands in while the template's content is checked.
const ANY_SENDER: &str = "sender@example.com";

/// What an email template's request says.
pub(crate) struct EmailDraft {
    pub(crate) content: TemplateContent,
    pub(crate) default_substitutions: std::collections::BTreeMap<String, String>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Option<model::Tags>,
}

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

/// Reads an email template's request.
///
/// # Errors
/// The content breaks a rule.
pub(crate) fn email_draft(request: shapes::EmailTemplateRequest) -> Result<EmailDraft, ApiError> {
    let headers = request
        .headers
        .unwrap_or_default()
        .into_iter()
        .map(|header| Header {
            name: header.name.unwrap_or_default(),
            value: header.value.unwrap_or_default(),
        })
        .collect::<Vec<_>>();
    let default_substitutions = match request.default_substitutions.as_deref() {
        None | Some("") => Default::default(),
        Some(text) => parse_default_substitutions(text)
            .map_err(|error| ApiError::bad_request(format!("DefaultSubstitutions: {error}")))?,
    };
    let parts = [&request.subject, &request.html_part, &request.text_part];
    let chars: usize = parts
        .into_iter()
        .flatten()
        .map(|part| part.chars().count())
        .sum();
    if chars > EMAIL_CHARS_MAX {
        return Err(ApiError::bad_request(format!(
            "the template has {chars} characters; at most {EMAIL_CHARS_MAX} are allowed"
        )));
    }
    EmailContent::compile(&EmailSource {
        from: ANY_SENDER,
        subject: request.subject.as_deref(),
        html: request.html_part.as_deref(),
        text: request.text_part.as_deref(),
        headers: &headers,
        defaults: &default_substitutions,
        policy: MissingPolicy::Fail,
    })
    .map_err(ApiError::bad_request)?;
    Ok(EmailDraft {
        content: TemplateContent::Email {
            subject: request.subject,
            html: request.html_part,
            text: request.text_part,
            headers,
            recommender: request.recommender_id.filter(|id| !id.is_empty()),
        },
        default_substitutions,
        description: request.template_description,
        tags: request.tags,
    })
}

/// An email template as callers see it.
pub(crate) fn email(
    account: &Account,
    region: &str,
    template: &Template,
) -> shapes::EmailTemplateResponse {
    let TemplateContent::Email {
        subject,
        html,
        text,
        headers,
        recommender,
    } = template.content.clone()
    else {
        return shapes::EmailTemplateResponse::default();
    };
    let headers: Vec<_> = headers
        .into_iter()
        .map(|header| shapes::MessageHeader {
            name: Some(header.name),
            value: Some(header.value),
        })
        .collect();
    shapes::EmailTemplateResponse {
        arn: Some(account.template(region, &template.name, TemplateKind::Email)),
        creation_date: Some(template.created.to_string()),
        default_substitutions: substitutions(template),
        headers: Some(headers).filter(|headers| !headers.is_empty()),
        html_part: html,
        last_modified_date: Some(template.modified.to_string()),
        recommender_id: recommender,
        subject,
        template_description: template.description.clone(),
        template_name: Some(template.name.to_string()),
        template_type: Some("EMAIL".to_owned()),
        text_part: text,
        version: Some(template.version.to_string()),
        tags: Some(template.tags.clone()),
    }
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
