//! Templates of in-app messages. Nothing in them is interpolated, so they have no syntax to check.

use std::collections::BTreeMap;

use model::{TemplateContent, TemplateKind};
use wire::shapes::{InAppMessage, InAppTemplateRequest};

use super::kind::{Draft, Kind};
use crate::error::ApiError;
use crate::in_app;

/// Characters of the content as JSON.
const CHARS_MAX: usize = 200_000;

impl Kind for InAppTemplateRequest {
    const KIND: TemplateKind = TemplateKind::InApp;

    fn read(self) -> Result<Draft, ApiError> {
        let message = InAppMessage {
            content: self.content,
            custom_config: self.custom_config,
            layout: self.layout,
        };
        let json = serde_json::to_string(&message).map_err(ApiError::internal)?;
        let chars = json.chars().count();
        if chars > CHARS_MAX {
            return Err(ApiError::bad_request(format!(
                "the template has {chars} characters; at most {CHARS_MAX} are allowed"
            )));
        }
        Ok(Draft {
            content: TemplateContent::InApp(Box::new(in_app::read("", message)?)),
            default_substitutions: BTreeMap::new(),
            description: self.template_description,
            tags: self.tags,
        })
    }

    fn written(content: TemplateContent) -> Option<Self> {
        let TemplateContent::InApp(message) = content else {
            return None;
        };
        let message = in_app::write(&message);
        Some(Self {
            content: message.content,
            custom_config: message.custom_config,
            layout: message.layout,
            ..Self::default()
        })
    }
}
