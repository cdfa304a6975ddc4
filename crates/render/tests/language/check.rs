//! The ways in which the tests look at a template.

use clock::Timestamp;
use render::{MissingPolicy, RenderError, Variables, parse};

use crate::world::ana;

/// `template` for Ana at a given instant.
pub fn rendered(template: &str) -> Result<String, RenderError> {
    let endpoint = ana();
    let variables = Variables {
        endpoint: Some(&endpoint),
        now: Some(Timestamp::from_millis(1_695_164_709_042)),
        seed: Some("run-1/ep-1"),
        ..Variables::default()
    };
    let parsed = parse(template).unwrap_or_else(|error| panic!("{template}: {error}"));
    parsed.render(&variables, MissingPolicy::Fail)
}

/// Checks what `template` says for Ana.
#[track_caller]
pub fn check(template: &str, want: &str) {
    assert_eq!(rendered(template).as_deref(), Ok(want), "{template}");
}

/// Checks why `template` cannot be rendered for Ana.
#[track_caller]
pub fn check_failure(template: &str, want: &str) {
    let error = rendered(template).expect_err("a failure");
    assert_eq!(error.to_string(), want, "{template}");
}

/// Checks that `template` lacks `variable`, and what is left without it.
#[track_caller]
pub fn check_missing(template: &str, variable: &str, blank: &str) {
    let endpoint = ana();
    let variables = Variables {
        endpoint: Some(&endpoint),
        ..Variables::default()
    };
    let parsed = parse(template).unwrap_or_else(|error| panic!("{template}: {error}"));
    assert_eq!(
        parsed.render(&variables, MissingPolicy::Fail),
        Err(RenderError::Missing {
            variable: variable.to_owned()
        }),
        "{template}"
    );
    let preview = parsed.preview(&variables).expect("a preview");
    assert_eq!(
        (preview.text.as_str(), preview.missing),
        (blank, vec![variable.to_owned()])
    );
}

/// Checks why `template` is not in the language.
#[track_caller]
pub fn check_syntax(template: &str, want: &str) {
    let error = parse(template).expect_err("a syntax error");
    assert_eq!(error.to_string(), want, "{template}");
}
