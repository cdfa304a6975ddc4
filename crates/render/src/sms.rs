//! Text messages: their alphabet, their length, the parts they travel in
//! (`docs/spec/channels.md §5.1`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::payload::PayloadError;
use crate::template::{self, Template};
use crate::{MissingPolicy, Variables};

/// The characters of GSM 03.38 that take one septet.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Those that take two.
const EXTENSION: &str = "^{}\\[]~|€\u{c}";
/// Characters of a message in the GSM alphabet.
const GSM_CHARS_MAX: usize = 1_600;
/// Characters of any other message.
const UCS2_CHARS_MAX: usize = 630;

/// How a text travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SmsEncoding {
    /// Seven bits a character.
    Gsm,
    /// Sixteen bits a character.
    Ucs2,
}

impl SmsEncoding {
    /// The word for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gsm => "GSM",
            Self::Ucs2 => "UCS2",
        }
    }

    /// Units in a single part, and in one of several.
    const fn units(self) -> (usize, usize) {
        match self {
            Self::Gsm => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }
}

/// A text as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsText {
    /// What it says.
    pub text: String,
    /// Its alphabet.
    pub encoding: SmsEncoding,
    /// In how many messages it travels.
    pub parts: u32,
}

/// A text message, ready to be rendered many times from many threads.
#[derive(Debug, Clone)]
pub struct SmsContent {
    body: Template,
    defaults: BTreeMap<String, String>,
    policy: MissingPolicy,
}

impl SmsContent {
    /// Compiles `body`; `defaults` are the template's.
    ///
    /// # Errors
    /// [`PayloadError::Syntax`].
    pub fn compile(
        body: &str,
        defaults: &BTreeMap<String, String>,
        policy: MissingPolicy,
    ) -> Result<Self, PayloadError> {
        let body = template::parse(body);
        Ok(Self {
            body: body.map_err(|error| PayloadError::Syntax {
                part: "Body",
                error,
            })?,
            defaults: defaults.clone(),
            policy,
        })
    }

    /// The same message with another text, which may contain variables.
    ///
    /// # Errors
    /// [`PayloadError::Syntax`].
    pub fn with_body(&self, body: &str) -> Result<Self, PayloadError> {
        Self::compile(body, &self.defaults, self.policy)
    }

    /// The text for one recipient; `variables.defaults` are taken from the content.
    ///
    /// # Errors
    /// A variable is missing, or the text is empty or too long.
    pub fn render(&self, variables: &Variables<'_>) -> Result<SmsText, PayloadError> {
        let variables = Variables {
            defaults: Some(&self.defaults),
            ..*variables
        };
        sms_text(self.body.render(&variables, self.policy)?)
    }

    /// Variables that are printed for a recipient and have neither value nor default, each once.
    #[must_use]
    pub fn missing(&self, variables: &Variables<'_>) -> Vec<String> {
        let variables = Variables {
            defaults: Some(&self.defaults),
            ..*variables
        };
        template::missing_in(std::iter::once(&self.body), &variables)
    }
}

/// `text` with its alphabet and parts.
///
/// # Errors
/// It is empty or too long.
pub fn sms_text(text: String) -> Result<SmsText, PayloadError> {
    let encoding = if text.chars().all(|c| septets(c).is_some()) {
        SmsEncoding::Gsm
    } else {
        SmsEncoding::Ucs2
    };
    let limit = match encoding {
        SmsEncoding::Gsm => GSM_CHARS_MAX,
        SmsEncoding::Ucs2 => UCS2_CHARS_MAX,
    };
    let characters = text.chars().count();
    if characters == 0 || characters > limit {
        return Err(PayloadError::Length { characters, limit });
    }
    let parts = parts(&text, encoding);
    Ok(SmsText {
        text,
        encoding,
        parts,
    })
}

/// Units of `c` in the GSM alphabet, if it is there.
fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        Some(1)
    } else {
        EXTENSION.contains(c).then_some(2)
    }
}

/// In how many messages `text` travels; a character that takes two units is never split.
fn parts(text: &str, encoding: SmsEncoding) -> u32 {
    let (single, several) = encoding.units();
    let units = |c: char| match encoding {
        SmsEncoding::Gsm => septets(c).unwrap_or(1),
        SmsEncoding::Ucs2 => c.len_utf16(),
    };
    if text.chars().map(units).sum::<usize>() <= single {
        return 1;
    }
    let (mut parts, mut used) = (1, 0);
    for c in text.chars() {
        if used + units(c) > several {
            parts += 1;
            used = 0;
        }
        used += units(c);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alphabet_and_parts() {
        #[track_caller]
        fn check(text: &str, encoding: SmsEncoding, parts: u32) {
            let got = sms_text(text.to_owned()).expect("a text that fits");
            assert_eq!((got.encoding, got.parts), (encoding, parts), "{text}");
        }
        check(&"a".repeat(160), SmsEncoding::Gsm, 1);
        check(&"a".repeat(161), SmsEncoding::Gsm, 2);
        check(&"a".repeat(180), SmsEncoding::Gsm, 2);
        check(&"a".repeat(306), SmsEncoding::Gsm, 2);
        check(&"a".repeat(307), SmsEncoding::Gsm, 3);
        check(&"€".repeat(80), SmsEncoding::Gsm, 1);
        check(&"€".repeat(81), SmsEncoding::Gsm, 2);
        // 76 pairs fit into 153 septets, so one septet of each part stays empty.
        check(&"€".repeat(152), SmsEncoding::Gsm, 2);
        check(&"€".repeat(153), SmsEncoding::Gsm, 3);
        check(&"中".repeat(70), SmsEncoding::Ucs2, 1);
        check(&"中".repeat(71), SmsEncoding::Ucs2, 2);
        check(&"😀".repeat(35), SmsEncoding::Ucs2, 1);
        check(&"😀".repeat(66), SmsEncoding::Ucs2, 2);
        check(&"😀".repeat(67), SmsEncoding::Ucs2, 3);
        for foreign in ["it’s", "ça", "`", "\t"] {
            check(foreign, SmsEncoding::Ucs2, 1);
        }
        check("Ça @£$ é \n ~[]", SmsEncoding::Gsm, 1);
    }

    #[test]
    fn length() {
        #[track_caller]
        fn check(text: String, characters: usize, limit: usize) {
            let want = PayloadError::Length { characters, limit };
            assert_eq!(sms_text(text), Err(want));
        }
        check(String::new(), 0, 1_600);
        check("a".repeat(1_601), 1_601, 1_600);
        check("ç".repeat(631), 631, 630);
        assert!(sms_text("a".repeat(1_600)).is_ok());
        assert!(sms_text("ç".repeat(630)).is_ok());
    }

    #[test]
    fn variables() {
        let defaults = BTreeMap::from([("Name".to_owned(), "you".to_owned())]);
        let content = SmsContent::compile("Hi {{Name}}{{No}}", &defaults, MissingPolicy::Blank);
        let content = content.expect("a template");
        let text = content.render(&Variables::default()).expect("a text");
        assert_eq!(text.text, "Hi you");
        assert_eq!(content.missing(&Variables::default()), ["No"]);
        let strict = SmsContent::compile("Hi {{No}}", &defaults, MissingPolicy::Fail);
        let error = strict.expect("a template").render(&Variables::default());
        assert_eq!(
            error.expect_err("missing").to_string(),
            "variable No has no value and no default"
        );
    }
}
