//! Values while a template is evaluated.

use std::borrow::Cow;

use model::{Attributes, Demographic, Endpoint, Location, Metrics};
use rust_decimal::Decimal;

/// The value of an expression.
#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    /// Nothing there.
    Missing,
    Text(Cow<'a, str>),
    Number(f64),
    /// What maths yields.
    Decimal(Decimal),
    Bool(bool),
    /// Never empty.
    List(&'a [String]),
    Object(Object<'a>),
}

/// A part of the recipient's data that has members.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Object<'a> {
    Endpoint(&'a Endpoint),
    Attributes(&'a Attributes),
    Metrics(&'a Metrics),
    Demographic(&'a Demographic),
    Location(&'a Location),
    User(&'a Endpoint),
}

impl<'a> Value<'a> {
    /// The text that is printed; nothing for what has no text.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Missing | Self::Object(_) => None,
            Self::Text(text) => Some(text.clone()),
            Self::Number(number) => Some(number.to_string().into()),
            Self::Decimal(number) => Some(number.to_string().into()),
            Self::Bool(flag) => Some(if *flag { "true" } else { "false" }.into()),
            Self::List([only]) => Some(only.as_str().into()),
            Self::List(items) => Some(items.join(", ").into()),
        }
    }

    /// The same, with a list standing for its first element
    /// (`docs/spec/templates.md §2`, rule 3).
    pub fn scalar_text(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::List(items) => items.first().map(|item| item.as_str().into()),
            _ => self.text(),
        }
    }

    /// Whether a condition takes it for true (`docs/spec/templates.md §3`).
    pub fn is_true(&self) -> bool {
        match self {
            Self::Missing => false,
            Self::Text(text) => !text.is_empty(),
            Self::Number(number) => *number != 0.0,
            Self::Decimal(number) => !number.is_zero(),
            Self::Bool(flag) => *flag,
            Self::List(items) => !items.is_empty(),
            Self::Object(Object::Attributes(map)) => !map.is_empty(),
            Self::Object(Object::Metrics(map)) => !map.is_empty(),
            Self::Object(_) => true,
        }
    }

    /// The member, or the element of a list, with this name.
    pub fn member(&self, name: &str) -> Self {
        match self {
            Self::Object(object) => object.member(name),
            Self::List(items) => name
                .parse()
                .ok()
                .and_then(|index: usize| items.get(index))
                .map_or(Self::Missing, |item| text(item)),
            Self::Missing | Self::Text(_) | Self::Number(_) | Self::Decimal(_) | Self::Bool(_) => {
                Self::Missing
            }
        }
    }
}

/// A text value.
pub(crate) fn text(text: &str) -> Value<'_> {
    Value::Text(text.into())
}

/// A list value; nothing if it is empty.
pub(crate) fn list(items: &[String]) -> Value<'_> {
    if items.is_empty() {
        Value::Missing
    } else {
        Value::List(items)
    }
}

fn optional(member: Option<&String>) -> Value<'_> {
    member.map_or(Value::Missing, |member| text(member))
}

/// A coordinate, with its one decimal (`docs/spec/templates.md §2`).
fn degrees<'a>(value: Option<f64>) -> Value<'a> {
    value.map_or(Value::Missing, |value| {
        Value::Text(format!("{value:.1}").into())
    })
}

impl<'a> Object<'a> {
    /// The member with this name.
    pub fn member(self, name: &str) -> Value<'a> {
        match self {
            Self::Endpoint(endpoint) => endpoint_member(endpoint, name),
            Self::Attributes(map) => map.get(name).map_or(Value::Missing, |items| list(items)),
            Self::Metrics(map) => map.get(name).map_or(Value::Missing, |n| Value::Number(*n)),
            Self::Demographic(it) => match name {
                "AppVersion" => optional(it.app_version.as_ref()),
                "Locale" => optional(it.locale.as_ref()),
                "Make" => optional(it.make.as_ref()),
                "Model" => optional(it.model.as_ref()),
                "ModelVersion" => optional(it.model_version.as_ref()),
                "Platform" => optional(it.platform.as_ref()),
                "PlatformVersion" => optional(it.platform_version.as_ref()),
                "Timezone" => optional(it.timezone.as_ref()),
                _ => Value::Missing,
            },
            Self::Location(it) => match name {
                "City" => optional(it.city.as_ref()),
                "Country" => optional(it.country.as_ref()),
                "PostalCode" => optional(it.postal_code.as_ref()),
                "Region" => optional(it.region.as_ref()),
                "Latitude" => degrees(it.latitude),
                "Longitude" => degrees(it.longitude),
                _ => Value::Missing,
            },
            Self::User(endpoint) => match name {
                "UserId" => endpoint
                    .user
                    .as_ref()
                    .map_or(Value::Missing, |user| text(user.as_str())),
                "UserAttributes" => Value::Object(Object::Attributes(&endpoint.user_attributes)),
                _ => Value::Missing,
            },
        }
    }

    /// Members in order of their names, at most `limit`, for those that can be listed.
    pub fn entries(self, limit: usize) -> Vec<(&'a str, Value<'a>)> {
        match self {
            Self::Attributes(map) => map
                .iter()
                .take(limit)
                .map(|(name, items)| (name.as_str(), list(items)))
                .collect(),
            Self::Metrics(map) => map
                .iter()
                .take(limit)
                .map(|(name, number)| (name.as_str(), Value::Number(*number)))
                .collect(),
            Self::Endpoint(_) | Self::Demographic(_) | Self::Location(_) | Self::User(_) => {
                Vec::new()
            }
        }
    }
}

fn endpoint_member<'a>(endpoint: &'a Endpoint, name: &str) -> Value<'a> {
    match name {
        "Id" => text(endpoint.id.as_str()),
        "Address" => optional(endpoint.address.as_ref()),
        "ChannelType" => endpoint
            .channel
            .map_or(Value::Missing, |channel| text(channel.as_str())),
        "EndpointStatus" => text(endpoint.status.as_str()),
        "OptOut" => text(endpoint.opt_out.as_str()),
        "RequestId" => text(&endpoint.request_id),
        "CreationDate" => Value::Text(endpoint.created.to_string().into()),
        "EffectiveDate" => Value::Text(endpoint.effective.to_string().into()),
        "Attributes" => Value::Object(Object::Attributes(&endpoint.attributes)),
        "Metrics" => Value::Object(Object::Metrics(&endpoint.metrics)),
        "Demographic" => Value::Object(Object::Demographic(&endpoint.demographic)),
        "Location" => Value::Object(Object::Location(&endpoint.location)),
        "User" => Value::Object(Object::User(endpoint)),
        _ => Value::Missing,
    }
}
