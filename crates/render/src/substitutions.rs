//! Default substitutions of a template: a string that contains a flat JSON object.

use std::collections::BTreeMap;

/// A string that is not a flat JSON object of texts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubstitutionsError {
    /// Not JSON.
    #[error("default substitutions are not valid JSON: {0}")]
    Json(String),
    /// JSON, but not an object.
    #[error("default substitutions must be a JSON object")]
    NotAnObject,
    /// A member is an object, a list or null.
    #[error("default substitution {0} must be text, a number or a boolean")]
    NotText(String),
}

/// Reads `DefaultSubstitutions` (`docs/spec/templates.md §1`).
///
/// # Errors
/// The text is not a flat JSON object.
pub fn parse_default_substitutions(
    text: &str,
) -> Result<BTreeMap<String, String>, SubstitutionsError> {
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| SubstitutionsError::Json(error.to_string()))?;
    let serde_json::Value::Object(members) = value else {
        return Err(SubstitutionsError::NotAnObject);
    };
    members
        .into_iter()
        .map(|(name, value)| match value {
            serde_json::Value::String(text) => Ok((name, text)),
            serde_json::Value::Number(number) => Ok((name, number.to_string())),
            serde_json::Value::Bool(flag) => Ok((name, flag.to_string())),
            _ => Err(SubstitutionsError::NotText(name)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_flat_object() {
        let read = parse_default_substitutions(
            r#"{"User.UserAttributes.FirstName":"friend","n":3.50,"b":true}"#,
        )
        .expect("valid");
        assert_eq!(read["User.UserAttributes.FirstName"], "friend");
        assert_eq!(read["n"], "3.5");
        assert_eq!(read["b"], "true");
    }

    #[test]
    fn refuses_everything_else() {
        #[track_caller]
        fn check(text: &str, want: &str) {
            let error = parse_default_substitutions(text).expect_err("refused");
            assert!(error.to_string().contains(want), "{error}");
        }
        check("", "not valid JSON");
        check("{", "not valid JSON");
        check("[]", "must be a JSON object");
        check(r#"{"a":{}}"#, "default substitution a");
        check(r#"{"a":null}"#, "default substitution a");
    }
}
