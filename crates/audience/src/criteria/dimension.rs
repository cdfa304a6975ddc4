//! Whether a dimension has the values that it needs.

use model::{
    AttributeDimension, AttributeOperator, Dimensions, GpsPoint, MetricDimension, Recency,
    SetDimension,
};

use crate::Violation;
use crate::evaluate::instant;
use crate::merge::{check_degrees, invalid, longer};

/// Characters of a value in criteria.
const VALUE_CHARS_MAX: usize = 100;
/// The windows of recency, in hours.
const RECENCY_HOURS: [u32; 4] = [24, 7 * 24, 14 * 24, 30 * 24];

/// Checks `dimensions`, which stand at `path`.
pub(super) fn check(path: &str, dimensions: &Dimensions) -> Result<(), Violation> {
    for (member, name, attribute) in attributes(dimensions) {
        check_attribute(&format!("{path}.{member}.{name}"), attribute)?;
    }
    for (name, metric) in &dimensions.metrics {
        check_metric(&format!("{path}.Metrics.{name}"), metric)?;
    }
    for (member, set) in sets(dimensions) {
        check_values(&format!("{path}.{member}"), &set.values)?;
    }
    if let Some(point) = &dimensions.gps_point {
        check_point(&format!("{path}.Location.GPSPoint"), point)?;
    }
    match dimensions.recency {
        Some(Recency { hours, .. }) if !RECENCY_HOURS.contains(&hours) => {
            let member = format!("{path}.Behavior.Recency.Duration");
            Err(invalid(member, "must be HR_24, DAY_7, DAY_14 or DAY_30"))
        }
        _ => Ok(()),
    }
}

/// The attribute dimensions, with the member and the name that they stand under.
pub(super) fn attributes(
    dimensions: &Dimensions,
) -> impl Iterator<Item = (&'static str, &str, &AttributeDimension)> {
    let own = dimensions.attributes.iter();
    let users = dimensions.user_attributes.iter();
    own.map(|(name, attribute)| ("Attributes", name.as_str(), attribute))
        .chain(users.map(|(name, attribute)| ("UserAttributes", name.as_str(), attribute)))
}

/// The set dimensions, with the member that they stand under.
pub(super) fn sets(dimensions: &Dimensions) -> impl Iterator<Item = (&'static str, &SetDimension)> {
    [
        ("Demographic.AppVersion", &dimensions.app_version),
        ("Demographic.Channel", &dimensions.channel),
        ("Demographic.DeviceType", &dimensions.device_type),
        ("Demographic.Make", &dimensions.make),
        ("Demographic.Model", &dimensions.model),
        ("Demographic.Platform", &dimensions.platform),
        ("Location.Country", &dimensions.country),
    ]
    .into_iter()
    .filter_map(|(member, set)| Some((member, set.as_ref()?)))
}

pub(super) fn check_metric(member: &str, metric: &MetricDimension) -> Result<(), Violation> {
    if metric.value.is_finite() {
        Ok(())
    } else {
        Err(invalid(format!("{member}.Value"), "must be a number"))
    }
}

pub(super) fn check_attribute(
    member: &str,
    attribute: &AttributeDimension,
) -> Result<(), Violation> {
    use AttributeOperator::{After, Before, Between, NotBetween, On};

    let values = &attribute.values;
    check_values(member, values)?;
    let Some(operator @ (Before | After | On | Between | NotBetween)) = attribute.operator else {
        return Ok(());
    };
    if matches!(operator, Between | NotBetween) && values.len() != 2 {
        let problem = format!("a range has exactly two values, found {}", values.len());
        return Err(invalid(format!("{member}.Values"), problem));
    }
    match values.iter().find(|value| instant(value).is_none()) {
        Some(value) => {
            let problem = format!("'{value}' is not an ISO 8601 date or instant");
            Err(invalid(format!("{member}.Values"), problem))
        }
        None => Ok(()),
    }
}

pub(super) fn check_values(member: &str, values: &[String]) -> Result<(), Violation> {
    if values.is_empty() {
        return Err(invalid(format!("{member}.Values"), "must not be empty"));
    }
    if values.iter().any(|value| longer(value, VALUE_CHARS_MAX)) {
        let problem = format!("a value has at most {VALUE_CHARS_MAX} characters");
        return Err(invalid(format!("{member}.Values"), problem));
    }
    Ok(())
}

fn check_point(member: &str, point: &GpsPoint) -> Result<(), Violation> {
    let coordinates = format!("{member}.Coordinates");
    check_degrees(&format!("{coordinates}.Latitude"), point.latitude, 90.0)?;
    check_degrees(&format!("{coordinates}.Longitude"), point.longitude, 180.0)?;
    match point.range_km {
        Some(range) if !(range.is_finite() && range > 0.0) => {
            let member = format!("{member}.RangeInKilometers");
            Err(invalid(member, "must be more than 0"))
        }
        _ => Ok(()),
    }
}
