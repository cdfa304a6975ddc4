//! Checks a request body against the model before it is read into a struct,
//! so that a refusal names the member.
//!
//! The walk follows the model, which has no recursive shapes, and not the
//! body: however deep a body is, it ends at the model's depth.

use std::fmt;

use serde_json::Value;

use crate::{
    Operation,
    schema::{EnumValues, Kind, Structure},
};

/// What is wrong with a body, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct Violation {
    /// The member, such as `Item[2].Location.Latitude`; empty for the body
    /// itself.
    pub path: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is required and absent.
    Missing,
    /// It has another JSON type.
    WrongType {
        /// The type it should have, with an article.
        expected: &'static str,
        /// The type it has, with an article.
        found: &'static str,
    },
    /// It is none of the values of its enum.
    UnknownValue {
        /// The value it has, cut after 100 characters.
        found: String,
        /// The values it could have.
        allowed: EnumValues,
    },
}

impl Violation {
    fn text(&self) -> String {
        let path = if self.path.is_empty() {
            "the request body"
        } else {
            &self.path
        };
        match &self.problem {
            Problem::Missing => format!("Missing {path}"),
            Problem::WrongType { expected, found } => {
                format!("{path}: expected {expected}, found {found}")
            }
            Problem::UnknownValue { found, allowed } => {
                format!("{path}: '{found}' is not one of {}", allowed.join(", "))
            }
        }
    }
}

/// Checks the body of a request to `operation`: JSON types, required members
/// and enum values. What an operation without a body receives is not looked
/// at.
///
/// `null` counts as absent, and so does an empty string where the model has an
/// enum (`docs/spec/audience.md §1.1, §6.2`). Where the model has lists or
/// maps of strings, a bare scalar stands for a list of one string, and numbers
/// and booleans for their text (`§6.1`). The events and endpoints in a
/// PutEvents request are checked for their types only, as their other faults
/// are answered item by item (`docs/spec/events.md §1.3`).
///
/// # Errors
/// The first [`Violation`], in the order of the members in the model.
pub fn validate(operation: Operation, body: &Value) -> Result<(), Violation> {
    match operation.body() {
        Some(structure) => validate_structure(structure, body),
        None => Ok(()),
    }
}

/// As [`validate`], for a part of a body.
///
/// # Errors
/// The first [`Violation`]; its path begins at `value`.
pub fn validate_structure(structure: &'static Structure, value: &Value) -> Result<(), Violation> {
    check_structure(structure, value, &Place::Root)
}

/// Where the walk is, as a list that lives on the stack; it becomes text only
/// when something is wrong.
enum Place<'a> {
    Root,
    Member(&'a Place<'a>, &'a str),
    Element(&'a Place<'a>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(Self::Root, name) => f.write_str(name),
            Self::Member(parent, name) => write!(f, "{parent}.{name}"),
            Self::Element(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

impl Place<'_> {
    fn violation(&self, problem: Problem) -> Violation {
        Violation {
            path: self.to_string(),
            problem,
        }
    }

    fn wrong_type(&self, expected: &'static str, found: &Value) -> Violation {
        self.violation(Problem::WrongType {
            expected,
            found: type_of(found),
        })
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn check_structure(
    structure: &'static Structure,
    value: &Value,
    place: &Place<'_>,
) -> Result<(), Violation> {
    let Value::Object(object) = value else {
        return Err(place.wrong_type("an object", value));
    };
    for member in structure.members {
        let place = Place::Member(place, member.name);
        let value = object
            .get(member.name)
            .or_else(|| object.get(member.alias?));
        let absent = match (value, member.kind) {
            (None | Some(Value::Null), _) => true,
            (Some(Value::String(text)), Kind::Enum(_)) => text.is_empty(),
            _ => false,
        };
        match value {
            Some(value) if !absent => check(member.kind, value, &place)?,
            _ if member.required => return Err(place.violation(Problem::Missing)),
            _ => {}
        }
    }
    Ok(())
}

fn check(kind: Kind, value: &Value, place: &Place<'_>) -> Result<(), Violation> {
    match kind {
        Kind::Structure(structure) => check_structure(structure, value, place),
        Kind::String => match value {
            Value::String(_) => Ok(()),
            _ => Err(place.wrong_type("a string", value)),
        },
        Kind::Enum(allowed) => match value {
            Value::String(text) if allowed.contains(&text.as_str()) => Ok(()),
            Value::String(text) => Err(place.violation(Problem::UnknownValue {
                found: text.chars().take(100).collect(),
                allowed,
            })),
            _ => Err(place.wrong_type("a string", value)),
        },
        Kind::Boolean => match value {
            Value::Bool(_) => Ok(()),
            _ => Err(place.wrong_type("a boolean", value)),
        },
        Kind::Double => match value {
            Value::Number(_) => Ok(()),
            _ => Err(place.wrong_type("a number", value)),
        },
        Kind::Integer => match whole(value) {
            Some(number) if i32::try_from(number).is_ok() => Ok(()),
            _ => Err(place.wrong_type("a whole number of 32 bits", value)),
        },
        Kind::Long => match whole(value) {
            Some(_) => Ok(()),
            None => Err(place.wrong_type("a whole number", value)),
        },
        Kind::List(element) => check_list(*element, value, place),
        Kind::Map(element) => check_map(*element, value, place),
    }
}

fn check_list(element: Kind, value: &Value, place: &Place<'_>) -> Result<(), Violation> {
    match value {
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                let place = Place::Element(place, index);
                match value {
                    Value::Null => {}
                    value => check_element(element, value, &place)?,
                }
            }
            Ok(())
        }
        scalar if is_text(element) && is_scalar(scalar) => check_element(element, scalar, place),
        _ => Err(place.wrong_type("a list", value)),
    }
}

fn check_map(element: Kind, value: &Value, place: &Place<'_>) -> Result<(), Violation> {
    let Value::Object(object) = value else {
        return Err(place.wrong_type("an object", value));
    };
    for (key, value) in object.iter().filter(|(_, value)| !value.is_null()) {
        let place = Place::Member(place, key);
        check_element(element, value, &place)?;
    }
    Ok(())
}

/// An element of a list or map, where a scalar may stand for its text.
fn check_element(kind: Kind, value: &Value, place: &Place<'_>) -> Result<(), Violation> {
    match kind {
        Kind::String if is_scalar(value) => Ok(()),
        _ => check(kind, value, place),
    }
}

fn is_text(kind: Kind) -> bool {
    matches!(kind, Kind::String | Kind::Enum(_))
}

fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}

/// A JSON number without a fraction, however it is written.
fn whole(value: &Value) -> Option<i64> {
    let Value::Number(number) = value else {
        return None;
    };
    number
        .as_i64()
        .or_else(|| crate::lenient::whole_number(number.as_f64()?))
}
