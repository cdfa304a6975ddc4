//! What the kinds of templates have in common and what each adds.

use std::collections::BTreeMap;

use model::{Tags, TemplateContent, TemplateKind};
use render::parse_default_substitutions;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// A kind of template, by the shape of its requests. Answers have the same members of content.
pub(crate) trait Kind: DeserializeOwned + Serialize {
    /// The kind.
    const KIND: TemplateKind;

    /// Reads and checks a request.
    ///
    /// # Errors
    /// The content breaks a rule.
    fn read(self) -> Result<Draft, ApiError>;

    /// The members of `content`; none if it is of another kind.
    fn written(content: TemplateContent) -> Option<Self>;
}

/// What a request says.
pub(crate) struct Draft {
    pub(crate) content: TemplateContent,
    pub(crate) default_substitutions: BTreeMap<String, String>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Option<Tags>,
}

/// The member `DefaultSubstitutions` of a request.
///
/// # Errors
/// The text is not a flat JSON object.
pub(super) fn read_defaults(text: Option<&str>) -> Result<BTreeMap<String, String>, ApiError> {
    match text {
        None | Some("") => Ok(BTreeMap::new()),
        Some(text) => parse_default_substitutions(text)
            .map_err(|error| ApiError::bad_request(format!("DefaultSubstitutions: {error}"))),
    }
}

/// Refuses `texts`, which are together `name`, if they have more characters than `most`.
///
/// # Errors
/// They have.
pub(super) fn check_size<'a>(
    name: &str,
    most: usize,
    texts: impl IntoIterator<Item = &'a Option<String>>,
) -> Result<(), ApiError> {
    let texts = texts.into_iter().flatten();
    let chars: usize = texts.map(|text| text.chars().count()).sum();
    if chars > most {
        return Err(ApiError::bad_request(format!(
            "{name} has {chars} characters; at most {most} are allowed"
        )));
    }
    Ok(())
}

/// Refuses a text that is not in the template language.
///
/// # Errors
/// It is not; the message names part, line and column.
pub(super) fn check_syntax(part: &str, text: Option<&String>) -> Result<(), ApiError> {
    match text.map(|text| render::parse(text)) {
        Some(Err(error)) => Err(ApiError::bad_request(format!("{part}: {error}"))),
        _ => Ok(()),
    }
}
