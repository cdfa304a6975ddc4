//! The names of attributes that an application captures (`docs/spec/audience.md §8`).

use std::borrow::Cow;
use std::collections::BTreeSet;

use model::EndpointUpdate;
use serde::{Deserialize, Serialize};

use crate::Violation;

mod glob;

/// The registers of names that RemoveAttributes works on (`docs/spec/audience.md §8`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AttributeKind {
    /// `endpoint-custom-attributes`
    Attributes,
    /// `endpoint-metric-attributes`
    Metrics,
    /// `endpoint-user-attributes`
    UserAttributes,
}

/// The names that an application knows, and the patterns of those that it no longer captures.
///
/// A name that is known matches no pattern.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry {
    attributes: Register,
    metrics: Register,
    user_attributes: Register,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Register {
    names: BTreeSet<String>,
    patterns: BTreeSet<String>,
}

impl AttributeKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Attributes, Self::Metrics, Self::UserAttributes];
}

impl Register {
    fn drops(&self, name: &str) -> bool {
        !self.names.contains(name)
            && self
                .patterns
                .iter()
                .any(|pattern| glob::matches(pattern, name))
    }
}

impl Registry {
    fn register(&self, kind: AttributeKind) -> &Register {
        match kind {
            AttributeKind::Attributes => &self.attributes,
            AttributeKind::Metrics => &self.metrics,
            AttributeKind::UserAttributes => &self.user_attributes,
        }
    }

    fn register_mut(&mut self, kind: AttributeKind) -> &mut Register {
        match kind {
            AttributeKind::Attributes => &mut self.attributes,
            AttributeKind::Metrics => &mut self.metrics,
            AttributeKind::UserAttributes => &mut self.user_attributes,
        }
    }

    /// `update` without the names that are no longer captured; they are dropped silently.
    #[must_use]
    pub fn filter<'a>(&self, update: &'a EndpointUpdate) -> Cow<'a, EndpointUpdate> {
        let drops = |kind, name: &str| self.register(kind).drops(name);
        if !names(update).any(|(kind, name)| drops(kind, name)) {
            return Cow::Borrowed(update);
        }
        let mut update = update.clone();
        update
            .attributes
            .retain(|name, _| !drops(AttributeKind::Attributes, name));
        update
            .metrics
            .retain(|name, _| !drops(AttributeKind::Metrics, name));
        update
            .user_attributes
            .retain(|name, _| !drops(AttributeKind::UserAttributes, name));
        Cow::Owned(update)
    }

    /// Registers the names of `update`, which [`Self::filter`] has passed, and returns those that
    /// were not known, for the caller to store or, if its transaction fails, to
    /// [`Self::withdraw`].
    ///
    /// # Errors
    /// The application would know more than `limit` names; nothing is registered.
    pub fn admit(
        &mut self,
        update: &EndpointUpdate,
        limit: usize,
    ) -> Result<Vec<(AttributeKind, String)>, Violation> {
        let fresh: Vec<(AttributeKind, String)> = names(update)
            .filter(|(kind, name)| !self.register(*kind).names.contains(*name))
            .map(|(kind, name)| (kind, name.to_owned()))
            .collect();
        if !fresh.is_empty() && self.len() + fresh.len() > limit {
            return Err(Violation::TooManyAttributeNames(limit));
        }
        for (kind, name) in &fresh {
            self.register_mut(*kind).names.insert(name.clone());
        }
        Ok(fresh)
    }

    /// Forgets names that [`Self::admit`] returned, because their write did not happen.
    pub fn withdraw(&mut self, fresh: &[(AttributeKind, String)]) {
        for (kind, name) in fresh {
            self.register_mut(*kind).names.remove(name);
        }
    }

    /// Stops capturing the names that match one of `patterns` (`*`: any text, `?`: any character)
    /// and returns the names that remain, sorted.
    ///
    /// # Errors
    /// More than 1,000 patterns would be kept for the kind, or one is empty or longer than 50
    /// characters; nothing changes.
    pub fn remove(
        &mut self,
        kind: AttributeKind,
        patterns: &[String],
    ) -> Result<Vec<String>, Violation> {
        let register = self.register_mut(kind);
        for pattern in patterns {
            glob::validate(pattern)?;
        }
        let kept: BTreeSet<String> = register.patterns.iter().chain(patterns).cloned().collect();
        if kept.len() > glob::PATTERNS_MAX {
            return Err(glob::too_many());
        }
        register.patterns = kept;
        register
            .names
            .retain(|name| !patterns.iter().any(|pattern| glob::matches(pattern, name)));
        Ok(register.names.iter().cloned().collect())
    }

    /// Captures names again that these patterns had stopped.
    pub fn restore(&mut self, kind: AttributeKind, patterns: &[String]) {
        for pattern in patterns {
            self.register_mut(kind).patterns.remove(pattern);
        }
    }

    /// The known names of a kind, sorted.
    pub fn names(&self, kind: AttributeKind) -> impl Iterator<Item = &str> {
        self.register(kind).names.iter().map(String::as_str)
    }

    /// How many names the application knows, of all kinds.
    #[must_use]
    pub fn len(&self) -> usize {
        AttributeKind::ALL
            .into_iter()
            .map(|kind| self.register(kind).names.len())
            .sum()
    }

    /// Whether the application knows no name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn names(update: &EndpointUpdate) -> impl Iterator<Item = (AttributeKind, &str)> {
    let attributes = update.attributes.keys();
    let metrics = update.metrics.keys();
    let user_attributes = update.user_attributes.keys();
    attributes
        .map(|name| (AttributeKind::Attributes, name.as_str()))
        .chain(metrics.map(|name| (AttributeKind::Metrics, name.as_str())))
        .chain(user_attributes.map(|name| (AttributeKind::UserAttributes, name.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(attributes: &[&str], metrics: &[&str], user_attributes: &[&str]) -> EndpointUpdate {
        let lists = |names: &[&str]| names.iter().map(|n| ((*n).to_owned(), vec![])).collect();
        EndpointUpdate {
            attributes: lists(attributes),
            metrics: metrics.iter().map(|n| ((*n).to_owned(), 1.0)).collect(),
            user_attributes: lists(user_attributes),
            ..EndpointUpdate::default()
        }
    }

    fn patterns(patterns: &[&str]) -> Vec<String> {
        patterns.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_of_all_kinds_share_one_quota() {
        let mut registry = Registry::default();
        let fresh = registry.admit(&update(&["a", "b"], &["a"], &["a"]), 4);
        assert_eq!(fresh.expect("there is room").len(), 4);
        let known = registry.admit(&update(&["a"], &["a"], &[]), 4);
        assert_eq!(known, Ok(Vec::new()), "known names cost nothing");
        let refused = registry.admit(&update(&["a", "c"], &[], &[]), 4);
        assert_eq!(refused, Err(Violation::TooManyAttributeNames(4)));
        assert_eq!(
            refused.expect_err("is refused").to_string(),
            "Too many custom attributes: at most 4 names per application"
        );
        assert_eq!(registry.len(), 4, "a refusal registers nothing");
    }

    #[test]
    fn known_names_cost_nothing_even_over_the_limit() {
        let mut registry = Registry::default();
        registry
            .admit(&update(&["a", "b"], &[], &[]), 2)
            .expect("there is room");
        assert_eq!(registry.admit(&update(&["a"], &[], &[]), 1), Ok(vec![]));
    }

    #[test]
    fn a_withdrawn_name_is_unknown() {
        let mut registry = Registry::default();
        let before = registry.clone();
        let fresh = registry.admit(&update(&["a"], &["b"], &["c"]), 9);
        registry.withdraw(&fresh.expect("there is room"));
        assert_eq!(registry, before);
    }

    #[test]
    fn removed_names_are_not_captured_again() {
        let mut registry = Registry::default();
        let write = update(&["color", "pref_a", "pref_b", "size"], &["color"], &[]);
        registry.admit(&write, 9).expect("there is room");
        let remaining = registry
            .remove(AttributeKind::Attributes, &patterns(&["color", "pref_*"]))
            .expect("the patterns are fine");
        assert_eq!(remaining, ["size"]);
        assert_eq!(registry.len(), 2, "their places are free");
        assert_eq!(
            *registry.filter(&write),
            update(&["size"], &["color"], &[]),
            "other kinds keep their names"
        );
        let untouched = update(&["size"], &[], &["pref_a"]);
        assert!(matches!(registry.filter(&untouched), Cow::Borrowed(_)));
        registry.restore(AttributeKind::Attributes, &patterns(&["pref_*"]));
        assert_eq!(
            *registry.filter(&update(&["color", "pref_c"], &[], &[])),
            update(&["pref_c"], &[], &[])
        );
    }

    #[test]
    fn patterns_are_bounded() {
        let mut registry = Registry::default();
        let many: Vec<String> = (0..1001).map(|n| n.to_string()).collect();
        let kind = AttributeKind::Metrics;
        let refused = registry.remove(kind, &many).expect_err("too many");
        assert_eq!(refused.to_string(), "Blacklist: at most 1000 patterns");
        assert!(registry.remove(kind, &many[..1000]).is_ok());
        assert!(registry.remove(kind, &many[..1000]).is_ok(), "repeatable");
        assert!(registry.remove(kind, &many[1000..]).is_err());
        assert!(registry.remove(kind, &patterns(&[""])).is_err());
    }

    #[test]
    fn a_registry_survives_storage() {
        let mut registry = Registry::default();
        registry
            .admit(&update(&["a"], &["b"], &["c"]), 9)
            .expect("there is room");
        registry
            .remove(AttributeKind::Metrics, &patterns(&["b*"]))
            .expect("the pattern is fine");
        let text = serde_json::to_string(&registry).expect("is text");
        let read: Registry = serde_json::from_str(&text).expect("is a registry");
        assert_eq!(read, registry);
    }
}
