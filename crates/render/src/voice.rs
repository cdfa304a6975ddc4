//! Telephone calls: plain text, or speech markup (`docs/spec/channels.md §6`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::language::evaluate::Escape;
use crate::payload::PayloadError;
use crate::template::{self, Template};
use crate::{MissingPolicy, Variables};

/// Characters in all.
const CHARS_MAX: usize = 6_000;
/// Characters that are spoken.
const SPOKEN_MAX: usize = 3_000;

/// What a call says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoiceText {
    /// Plain text, or a `<speak>` document.
    pub text: String,
    /// Whether it is a `<speak>` document.
    pub ssml: bool,
}

/// A call, ready to be rendered many times from many threads.
#[derive(Debug, Clone)]
pub struct VoiceContent {
    body: Template,
    ssml: bool,
    defaults: BTreeMap<String, String>,
    policy: MissingPolicy,
}

impl VoiceContent {
    /// Compiles `body`; `defaults` are the template's.
    ///
    /// # Errors
    /// [`PayloadError::Syntax`].
    pub fn compile(
        body: &str,
        defaults: &BTreeMap<String, String>,
        policy: MissingPolicy,
    ) -> Result<Self, PayloadError> {
        let ssml = body.trim_start().starts_with("<speak");
        let body = template::parse(body);
        Ok(Self {
            body: body.map_err(|error| PayloadError::Syntax {
                part: "Body",
                error,
            })?,
            ssml,
            defaults: defaults.clone(),
            policy,
        })
    }

    /// What the call to one recipient says; `variables.defaults` are taken from the content.
    ///
    /// # Errors
    /// A variable is missing, or the text is empty or too long.
    pub fn render(&self, variables: &Variables<'_>) -> Result<VoiceText, PayloadError> {
        let variables = Variables {
            defaults: Some(&self.defaults),
            ..*variables
        };
        let escape = if self.ssml { Escape::Xml } else { Escape::None };
        let text = self.body.render_escaped(&variables, self.policy, escape)?;
        let spoken = if self.ssml {
            spoken(&text)
        } else {
            text.chars().count()
        };
        let characters = text.chars().count();
        if characters > CHARS_MAX {
            let limit = CHARS_MAX;
            return Err(PayloadError::Length { characters, limit });
        }
        if spoken == 0 || spoken > SPOKEN_MAX {
            return Err(PayloadError::Length {
                characters: spoken,
                limit: SPOKEN_MAX,
            });
        }
        Ok(VoiceText {
            text,
            ssml: self.ssml,
        })
    }
}

/// Characters outside of tags.
fn spoken(markup: &str) -> usize {
    let mut inside = false;
    let mut count = 0;
    for c in markup.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(body: &str, name: &str) -> Result<VoiceText, PayloadError> {
        let values = BTreeMap::from([("Name".to_owned(), vec![name.to_owned()])]);
        let variables = Variables {
            recipient: Some(&values),
            ..Variables::default()
        };
        let content = VoiceContent::compile(body, &BTreeMap::new(), MissingPolicy::Fail)?;
        content.render(&variables)
    }

    #[test]
    fn text_and_markup() {
        #[track_caller]
        fn check(body: &str, name: &str, want: &str, ssml: bool) {
            let text = want.to_owned();
            assert_eq!(say(body, name), Ok(VoiceText { text, ssml }));
        }
        check("Hi {{Name}}", "A & <B>", "Hi A & <B>", false);
        check(
            "<speak>Hi {{Name}}</speak>",
            "A & <B>",
            "<speak>Hi A &amp; &lt;B&gt;</speak>",
            true,
        );
    }

    #[test]
    fn length() {
        #[track_caller]
        fn check(body: &str, want: Option<usize>) {
            let got = match say(body, "x") {
                Err(PayloadError::Length { limit, .. }) => Some(limit),
                _ => None,
            };
            assert_eq!(got, want);
        }
        check(&"a".repeat(3_000), None);
        check(&"a".repeat(3_001), Some(3_000));
        check("", Some(3_000));
        check("<speak></speak>", Some(3_000));
        let pauses = "<break/>".repeat(400);
        check(&format!("<speak>a{pauses}</speak>"), None);
        check(&format!("<speak>a{pauses}{pauses}</speak>"), Some(6_000));
    }
}
