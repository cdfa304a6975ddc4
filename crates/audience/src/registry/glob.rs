//! Patterns of names: `*` stands for any text, `?` for any character; case-sensitive.

use crate::Violation;
use crate::merge::{invalid, longer};

/// Patterns kept per application and kind.
pub(super) const PATTERNS_MAX: usize = 1000;
/// Characters of a pattern: those of a name.
const PATTERN_CHARS_MAX: usize = 50;

pub(super) fn too_many() -> Violation {
    invalid("Blacklist", format!("at most {PATTERNS_MAX} patterns"))
}

pub(super) fn validate(pattern: &str) -> Result<(), Violation> {
    if pattern.is_empty() || longer(pattern, PATTERN_CHARS_MAX) {
        let problem = format!("a pattern has 1 to {PATTERN_CHARS_MAX} characters");
        return Err(invalid("Blacklist", problem));
    }
    Ok(())
}

/// Whether all of `name` matches `pattern`. Takes at most the product of their lengths: only the
/// last `*` is ever retried.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let mut pattern = pattern.chars();
    let mut name = name.chars();
    let mut retry = None;
    loop {
        match (pattern.next(), name.clone().next()) {
            (Some('*'), _) => retry = Some((pattern.clone(), name.clone())),
            (Some('?'), Some(_)) => {
                name.next();
            }
            (Some(wanted), Some(found)) if wanted == found => {
                name.next();
            }
            (None, None) => return true,
            _ => {
                let Some((after_star, mut taken)) = retry.take() else {
                    return false;
                };
                if taken.next().is_none() {
                    return false;
                }
                pattern = after_star.clone();
                name = taken.clone();
                retry = Some((after_star, taken));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(pattern: &str, name: &str, want: bool) {
        assert_eq!(matches(pattern, name), want, "{pattern} on {name}");
    }

    #[test]
    fn stars_and_question_marks() {
        check("color", "color", true);
        check("color", "Color", false);
        check("color", "colors", false);
        check("pref_*", "pref_", true);
        check("pref_*", "pref_food", true);
        check("pref_*", "a_pref_food", false);
        check("*_at", "created_at", true);
        check("*a*b", "xaxxb", true);
        check("*a*b", "xaxxbc", false);
        check("a?c", "abc", true);
        check("a?c", "aéc", true);
        check("a?c", "ac", false);
        check("*", "", true);
        check("?", "", false);
        check("**", "anything", true);
        check("a*a*a*a*b", &"a".repeat(50), false);
    }

    /// The definition, by recursion.
    fn defined(pattern: &[char], name: &[char]) -> bool {
        match (pattern, name) {
            ([], []) => true,
            (['*', rest @ ..], _) => (0..=name.len()).any(|from| defined(rest, &name[from..])),
            (['?', pattern @ ..], [_, name @ ..]) => defined(pattern, name),
            ([wanted, pattern @ ..], [found, name @ ..]) => {
                wanted == found && defined(pattern, name)
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn follows_the_definition(pattern in "[ab*?]{0,8}", name in "[ab]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<char>>();
            prop_assert_eq!(matches(&pattern, &name), defined(&chars(&pattern), &chars(&name)));
        }
    }
}
