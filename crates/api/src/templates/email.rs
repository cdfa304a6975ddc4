//! Email templates.

use model::{Header, TemplateContent, TemplateKind};
use render::{EmailContent, EmailSource, MissingPolicy};
use wire::shapes::{EmailTemplateRequest, MessageHeader};

use super::kind::{Draft, Kind, check_size, read_defaults};
use crate::error::ApiError;

/// Characters of subject, HTML and text together.
const CHARS_MAX: usize = 600_000;
/// A sender that stands in while the content is checked.
const ANY_SENDER: &str = "sender@example.com";

impl Kind for EmailTemplateRequest {
    const KIND: TemplateKind = TemplateKind::Email;

    fn read(self) -> Result<Draft, ApiError> {
        let headers: Vec<_> = self
            .headers
            .unwrap_or_default()
            .into_iter()
            .map(|header| Header {
                name: header.name.unwrap_or_default(),
                value: header.value.unwrap_or_default(),
            })
            .collect();
        let default_substitutions = read_defaults(self.default_substitutions.as_deref())?;
        let parts = [&self.subject, &self.html_part, &self.text_part];
        check_size("the template", CHARS_MAX, parts)?;
        EmailContent::compile(&EmailSource {
            from: ANY_SENDER,
            subject: self.subject.as_deref(),
            html: self.html_part.as_deref(),
            text: self.text_part.as_deref(),
            headers: &headers,
            defaults: &default_substitutions,
            policy: MissingPolicy::Fail,
        })
        .map_err(ApiError::bad_request)?;
        Ok(Draft {
            content: TemplateContent::Email {
                subject: self.subject,
                html: self.html_part,
                text: self.text_part,
                headers,
                recommender: self.recommender_id.filter(|id| !id.is_empty()),
            },
            default_substitutions,
            description: self.template_description,
            tags: self.tags,
        })
    }

    fn written(content: TemplateContent) -> Option<Self> {
        let TemplateContent::Email {
            subject,
            html,
            text,
            headers,
            recommender,
        } = content
        else {
            return None;
        };
        let headers: Vec<_> = headers
            .into_iter()
            .map(|header| MessageHeader {
                name: Some(header.name),
                value: Some(header.value),
            })
            .collect();
        Some(Self {
            headers: Some(headers).filter(|headers| !headers.is_empty()),
            html_part: html,
            recommender_id: recommender,
            subject,
            text_part: text,
            ..Self::default()
        })
    }
}
