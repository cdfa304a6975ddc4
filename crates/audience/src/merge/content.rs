//! What a write may say: characters, lengths, counts and ranges (`docs/spec/audience.md §6.1`).

use model::{Attributes, EndpointId, EndpointUpdate, Location, UserId, UserLink};

use crate::{EndpointLimits, Violation};

/// Bytes of an endpoint or user identifier (`docs/spec/audience.md §3`).
const ID_BYTES_MAX: usize = 1024;

/// Whether `id` can name an endpoint.
///
/// # Errors
/// It is empty, longer than 1,024 bytes, or has one of the characters `$`, `{`, `}`.
pub fn validate_id(id: &str) -> Result<(), Violation> {
    validate_identifier("Id", id)
}

/// Whether `id` can name a user.
///
/// # Errors
/// It is empty, longer than 1,024 bytes, or has one of the characters `$`, `{`, `}`.
pub fn validate_user_id(id: &str) -> Result<(), Violation> {
    validate_identifier("User.UserId", id)
}

fn validate_identifier(member: &str, id: &str) -> Result<(), Violation> {
    if id.is_empty() {
        return Err(invalid(member, "must not be empty"));
    }
    if id.len() > ID_BYTES_MAX {
        return Err(invalid(member, format!("at most {ID_BYTES_MAX} bytes")));
    }
    if id.contains(['$', '{', '}']) {
        return Err(invalid(member, "must not contain '$', '{' or '}'"));
    }
    Ok(())
}

pub(super) fn check_identifiers(id: &EndpointId, update: &EndpointUpdate) -> Result<(), Violation> {
    validate_id(id.as_str())?;
    match &update.user {
        UserLink::Link(user) => check_user(user),
        UserLink::Keep | UserLink::Unlink => Ok(()),
    }
}

fn check_user(user: &UserId) -> Result<(), Violation> {
    validate_user_id(user.as_str())
}

/// Point 5 of `docs/spec/audience.md §6.4`.
pub(super) fn check(update: &EndpointUpdate, limits: &EndpointLimits) -> Result<(), Violation> {
    check_attributes("Attributes", &update.attributes, limits)?;
    for (name, value) in &update.metrics {
        check_name("Metrics", name, limits)?;
        if !value.is_finite() {
            return Err(invalid(format!("Metrics.{name}"), "must be a number"));
        }
    }
    let demographic = &update.demographic;
    for (member, text, max) in [
        ("AppVersion", &demographic.app_version, 50),
        ("Make", &demographic.make, 50),
        ("Model", &demographic.model, 100),
        ("ModelVersion", &demographic.model_version, 50),
        ("Platform", &demographic.platform, 50),
        ("PlatformVersion", &demographic.platform_version, 50),
    ] {
        check_chars("Demographic", member, text.as_deref(), max)?;
    }
    check_location(&update.location)?;
    check_attributes("User.UserAttributes", &update.user_attributes, limits)
}

fn check_attributes(
    member: &str,
    attributes: &Attributes,
    limits: &EndpointLimits,
) -> Result<(), Violation> {
    for (name, values) in attributes {
        check_name(member, name, limits)?;
        if values.len() > limits.values {
            let problem = format!("at most {} values, found {}", limits.values, values.len());
            return Err(invalid(format!("{member}.{name}"), problem));
        }
        for value in values {
            if longer(value, limits.value_chars) {
                let problem = format!("a value has at most {} characters", limits.value_chars);
                return Err(invalid(format!("{member}.{name}"), problem));
            }
        }
    }
    Ok(())
}

fn check_name(member: &str, name: &str, limits: &EndpointLimits) -> Result<(), Violation> {
    if longer(name, limits.name_chars) {
        let problem = format!("a name has at most {} characters", limits.name_chars);
        return Err(invalid(format!("{member}.{name}"), problem));
    }
    Ok(())
}

fn check_location(location: &Location) -> Result<(), Violation> {
    check_chars("Location", "City", location.city.as_deref(), 75)?;
    check_chars("Location", "Region", location.region.as_deref(), 75)?;
    if let Some(country) = &location.country
        && !country.is_empty()
        && !(matches!(country.len(), 2 | 3) && country.bytes().all(|b| b.is_ascii_alphabetic()))
    {
        let problem = "must be an ISO 3166-1 code of two or three letters";
        return Err(invalid("Location.Country", problem));
    }
    match (location.latitude, location.longitude) {
        (None, None) => Ok(()),
        (Some(latitude), Some(longitude)) => {
            check_degrees("Location.Latitude", latitude, 90.0)?;
            check_degrees("Location.Longitude", longitude, 180.0)
        }
        (Some(_), None) => Err(invalid("Location.Longitude", "must come with Latitude")),
        (None, Some(_)) => Err(invalid("Location.Latitude", "must come with Longitude")),
    }
}

fn check_chars(
    parent: &str,
    member: &str,
    text: Option<&str>,
    max: usize,
) -> Result<(), Violation> {
    if text.is_some_and(|text| longer(text, max)) {
        let problem = format!("at most {max} characters");
        return Err(invalid(format!("{parent}.{member}"), problem));
    }
    Ok(())
}

/// Whether `degrees` lies within `max` of zero, for the member named `member`.
pub(crate) fn check_degrees(member: &str, degrees: f64, max: f64) -> Result<(), Violation> {
    // Not a number is in no range.
    if (-max..=max).contains(&degrees) {
        return Ok(());
    }
    Err(invalid(member, format!("must be from -{max} to {max}")))
}

/// Whether `text` has more than `max` characters. A character takes at least one byte.
pub(crate) fn longer(text: &str, max: usize) -> bool {
    text.len() > max && text.chars().nth(max).is_some()
}

pub(crate) fn invalid(member: impl Into<String>, problem: impl Into<String>) -> Violation {
    Violation::Invalid {
        member: member.into(),
        problem: problem.into(),
    }
}
