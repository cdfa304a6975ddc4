//! Templates of text messages.

use model::{TemplateContent, TemplateKind};
use wire::shapes::SMSTemplateRequest;

use super::kind::{Draft, Kind, check_size, check_syntax, read_defaults};
use crate::error::ApiError;

/// Characters of the text.
const CHARS_MAX: usize = 1_600;

impl Kind for SMSTemplateRequest {
    const KIND: TemplateKind = TemplateKind::Sms;

    fn read(self) -> Result<Draft, ApiError> {
        check_size("Body", CHARS_MAX, [&self.body])?;
        check_syntax("Body", self.body.as_ref())?;
        Ok(Draft {
            default_substitutions: read_defaults(self.default_substitutions.as_deref())?,
            content: TemplateContent::Sms {
                body: self.body,
                recommender: self.recommender_id.filter(|id| !id.is_empty()),
            },
            description: self.template_description,
            tags: self.tags,
        })
    }

    fn written(content: TemplateContent) -> Option<Self> {
        let TemplateContent::Sms { body, recommender } = content else {
            return None;
        };
        Some(Self {
            body,
            recommender_id: recommender,
            ..Self::default()
        })
    }
}
