//! Where a variable gets its value (`docs/spec/templates.md §2`, rule 2).

use crate::Substitutions;
use crate::template::Variables;

use super::ast::Path;
use super::value::{Object, Value, list, text};

/// The value of `path` at the root: given values, then the recipient's data, then defaults.
pub(crate) fn at_root<'a>(variables: &Variables<'a>, path: &Path) -> Value<'a> {
    let given = [variables.recipient, variables.message];
    for substitutions in given.into_iter().flatten() {
        let value = substituted(substitutions, path);
        if !matches!(value, Value::Missing) {
            return value;
        }
    }
    let value = in_endpoint(variables, path);
    if !matches!(value, Value::Missing | Value::Object(_)) {
        return value;
    }
    match variables.defaults.map_or(Value::Missing, |defaults| {
        if let Some(default) = defaults.get(&*path.text) {
            return text(default);
        }
        match path.element {
            Some((end, 0)) => defaults
                .get(&path.text[..end])
                .map_or(Value::Missing, |default| text(default)),
            _ => Value::Missing,
        }
    }) {
        Value::Missing => value,
        default => default,
    }
}

fn substituted<'a>(substitutions: &'a Substitutions, path: &Path) -> Value<'a> {
    if let Some(values) = substitutions.get(&*path.text) {
        return list(values);
    }
    path.element
        .and_then(|(end, index)| substitutions.get(&path.text[..end])?.get(index))
        .map_or(Value::Missing, |value| text(value))
}

fn in_endpoint<'a>(variables: &Variables<'a>, path: &Path) -> Value<'a> {
    let Some(endpoint) = variables.endpoint else {
        return Value::Missing;
    };
    members(Value::Object(Object::Endpoint(endpoint)), &path.segments)
}

/// The member of the member … of `value`.
pub(crate) fn members<'a>(mut value: Value<'a>, segments: &[Box<str>]) -> Value<'a> {
    for segment in segments {
        value = value.member(segment);
    }
    value
}
