//! Templates of telephone calls.

use model::{TemplateContent, TemplateKind};
use wire::shapes::VoiceTemplateRequest;

use super::kind::{Draft, Kind, check_size, check_syntax, read_defaults};
use crate::error::ApiError;

/// Characters of the text.
const CHARS_MAX: usize = 10_000;

impl Kind for VoiceTemplateRequest {
    const KIND: TemplateKind = TemplateKind::Voice;

    fn read(self) -> Result<Draft, ApiError> {
        check_size("Body", CHARS_MAX, [&self.body])?;
        check_syntax("Body", self.body.as_ref())?;
        Ok(Draft {
            default_substitutions: read_defaults(self.default_substitutions.as_deref())?,
            content: TemplateContent::Voice {
                body: self.body,
                language_code: self.language_code,
                voice_id: self.voice_id,
            },
            description: self.template_description,
            tags: self.tags,
        })
    }

    fn written(content: TemplateContent) -> Option<Self> {
        let TemplateContent::Voice {
            body,
            language_code,
            voice_id,
        } = content
        else {
            return None;
        };
        Some(Self {
            body,
            language_code,
            voice_id,
            ..Self::default()
        })
    }
}
