//! Segments, between the wire and the model.

use std::collections::BTreeMap;

use model::{
    AttributeDimension, AttributeOperator, Comparison, Dimensions, GpsPoint, Group,
    MetricDimension, Quantifier, Recency, RecencyKind, Segment, SegmentCriteria, SegmentId,
    SegmentImport, SegmentRef, SetDimension, SetOperator,
};
use wire::shapes;

use crate::arn::Account;
use crate::error::ApiError;

const ATTRIBUTE_OPERATORS: [(&str, AttributeOperator); 8] = [
    ("INCLUSIVE", AttributeOperator::Inclusive),
    ("EXCLUSIVE", AttributeOperator::Exclusive),
    ("CONTAINS", AttributeOperator::Contains),
    ("BEFORE", AttributeOperator::Before),
    ("AFTER", AttributeOperator::After),
    ("ON", AttributeOperator::On),
    ("BETWEEN", AttributeOperator::Between),
    ("NOT_BETWEEN", AttributeOperator::NotBetween),
];
const SET_OPERATORS: [(&str, SetOperator); 2] = [
    ("INCLUSIVE", SetOperator::Inclusive),
    ("EXCLUSIVE", SetOperator::Exclusive),
];
const COMPARISONS: [(&str, Comparison); 5] = [
    ("GREATER_THAN", Comparison::GreaterThan),
    ("LESS_THAN", Comparison::LessThan),
    ("GREATER_THAN_OR_EQUAL", Comparison::GreaterThanOrEqual),
    ("LESS_THAN_OR_EQUAL", Comparison::LessThanOrEqual),
    ("EQUAL", Comparison::Equal),
];
const QUANTIFIERS: [(&str, Quantifier); 3] = [
    ("ALL", Quantifier::All),
    ("ANY", Quantifier::Any),
    ("NONE", Quantifier::None),
];
const DURATIONS: [(&str, u32); 4] = [
    ("HR_24", 24),
    ("DAY_7", 168),
    ("DAY_14", 336),
    ("DAY_30", 720),
];
const RECENCY_KINDS: [(&str, RecencyKind); 2] = [
    ("ACTIVE", RecencyKind::Active),
    ("INACTIVE", RecencyKind::Inactive),
];

/// A segment as callers see it: `tags` is always there, criteria have the form in which they were
/// written.
pub(crate) fn segment(
    account: &Account,
    region: &str,
    segment: &Segment,
) -> shapes::SegmentResponse {
    let (dimensions, groups, import) = match &segment.criteria {
        SegmentCriteria::Everyone => (None, None, None),
        SegmentCriteria::Dimensions(dimensions) => (Some(write_dimensions(dimensions)), None, None),
        SegmentCriteria::Groups { include, groups } => {
            let groups = shapes::SegmentGroupList {
                groups: Some(groups.iter().map(write_group).collect()),
                include: include.map(|include| word_of(&QUANTIFIERS, include)),
            };
            (None, Some(groups), None)
        }
        SegmentCriteria::Imported(import) => (None, None, Some(write_import(import))),
    };
    let kind = if import.is_some() {
        "IMPORT"
    } else {
        "DIMENSIONAL"
    };
    shapes::SegmentResponse {
        application_id: Some(segment.app.to_string()),
        arn: Some(account.segment(region, &segment.app, &segment.id)),
        creation_date: Some(segment.created.to_string()),
        dimensions,
        id: Some(segment.id.to_string()),
        import_definition: import,
        last_modified_date: Some(segment.modified.to_string()),
        name: segment.name.clone(),
        segment_groups: groups,
        segment_type: Some(kind.to_owned()),
        version: Some(segment.version.into()),
        tags: Some(segment.tags.clone()),
    }
}

/// The criteria of a request; absent if it has none.
///
/// # Errors
/// Both forms are given, or a member is missing or has an unknown word.
pub(crate) fn read_criteria(
    dimensions: Option<shapes::SegmentDimensions>,
    groups: Option<shapes::SegmentGroupList>,
) -> Result<Option<SegmentCriteria>, ApiError> {
    match (dimensions, groups) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(ApiError::bad_request(
            "Dimensions and SegmentGroups exclude each other",
        )),
        (Some(dimensions), None) => {
            let dimensions = read_dimensions("Dimensions", dimensions)?;
            Ok(Some(SegmentCriteria::Dimensions(Box::new(dimensions))))
        }
        (None, Some(list)) => {
            let groups = list.groups.unwrap_or_default();
            let groups = groups
                .into_iter()
                .enumerate()
                .map(|(index, group)| read_group(&format!("SegmentGroups.Groups[{index}]"), group));
            Ok(Some(SegmentCriteria::Groups {
                include: maybe("SegmentGroups.Include", &QUANTIFIERS, list.include)?,
                groups: groups.collect::<Result<_, _>>()?,
            }))
        }
    }
}

fn read_group(path: &str, group: shapes::SegmentGroup) -> Result<Group, ApiError> {
    let sources = group.source_segments.unwrap_or_default();
    let sources = sources.into_iter().enumerate().map(|(index, source)| {
        let path = format!("{path}.SourceSegments[{index}]");
        let version = source.version.map(|version| {
            u32::try_from(version)
                .ok()
                .filter(|version| *version > 0)
                .ok_or_else(|| ApiError::bad_request(format!("{path}.Version: expected 1 or more")))
        });
        Ok::<_, ApiError>(SegmentRef {
            id: SegmentId::new(needed(&format!("{path}.Id"), source.id)?),
            version: version.transpose()?,
        })
    });
    let sources = sources.collect::<Result<_, _>>()?;
    let dimensions = group.dimensions.unwrap_or_default();
    let dimensions = dimensions
        .into_iter()
        .enumerate()
        .map(|(index, it)| read_dimensions(&format!("{path}.Dimensions[{index}]"), it));
    Ok(Group {
        sources,
        source_type: maybe(
            &format!("{path}.SourceType"),
            &QUANTIFIERS,
            group.source_type,
        )?,
        dimensions: dimensions.collect::<Result<_, _>>()?,
        dimension_type: maybe(&format!("{path}.Type"), &QUANTIFIERS, group.r#type)?,
    })
}

/// One set of dimensions, at `path`.
///
/// # Errors
/// A member is missing or has an unknown word.
pub(crate) fn read_dimensions(
    path: &str,
    it: shapes::SegmentDimensions,
) -> Result<Dimensions, ApiError> {
    let demographic = it.demographic.unwrap_or_default();
    let location = it.location.unwrap_or_default();
    let set = |member: &str, dimension: Option<shapes::SetDimension>| {
        let path = format!("{path}.{member}");
        dimension
            .map(|dimension| read_set(&path, dimension))
            .transpose()
    };
    Ok(Dimensions {
        attributes: read_attributes(&format!("{path}.Attributes"), it.attributes)?,
        user_attributes: read_attributes(&format!("{path}.UserAttributes"), it.user_attributes)?,
        metrics: read_metrics(&format!("{path}.Metrics"), it.metrics)?,
        recency: it
            .behavior
            .and_then(|behavior| behavior.recency)
            .map(|recency| read_recency(&format!("{path}.Behavior.Recency"), recency))
            .transpose()?,
        app_version: set("Demographic.AppVersion", demographic.app_version)?,
        channel: set("Demographic.Channel", demographic.channel)?,
        device_type: set("Demographic.DeviceType", demographic.device_type)?,
        make: set("Demographic.Make", demographic.make)?,
        model: set("Demographic.Model", demographic.model)?,
        platform: set("Demographic.Platform", demographic.platform)?,
        country: set("Location.Country", location.country)?,
        gps_point: location
            .gps_point
            .map(|point| read_point(&format!("{path}.Location.GPSPoint"), &point))
            .transpose()?,
    })
}

/// Tests of attributes by name, at `path`.
///
/// # Errors
/// A member is missing or has an unknown word.
pub(crate) fn read_attributes(
    path: &str,
    attributes: Option<BTreeMap<String, shapes::AttributeDimension>>,
) -> Result<BTreeMap<String, AttributeDimension>, ApiError> {
    attributes
        .unwrap_or_default()
        .into_iter()
        .map(|(name, dimension)| {
            let path = format!("{path}.{name}");
            let operator = format!("{path}.AttributeType");
            let dimension = AttributeDimension {
                operator: maybe(&operator, &ATTRIBUTE_OPERATORS, dimension.attribute_type)?,
                values: needed(&format!("{path}.Values"), dimension.values)?,
            };
            Ok((name, dimension))
        })
        .collect()
}

/// A test of a single value, at `path`.
///
/// # Errors
/// A member is missing or has an unknown word.
pub(crate) fn read_set(
    path: &str,
    dimension: shapes::SetDimension,
) -> Result<SetDimension, ApiError> {
    let operator = format!("{path}.DimensionType");
    Ok(SetDimension {
        operator: maybe(&operator, &SET_OPERATORS, dimension.dimension_type)?,
        values: needed(&format!("{path}.Values"), dimension.values)?,
    })
}

/// Tests of metrics by name, at `path`.
///
/// # Errors
/// A member is missing or has an unknown word.
pub(crate) fn read_metrics(
    path: &str,
    metrics: Option<BTreeMap<String, shapes::MetricDimension>>,
) -> Result<BTreeMap<String, MetricDimension>, ApiError> {
    metrics
        .unwrap_or_default()
        .into_iter()
        .map(|(name, dimension)| {
            let metric = read_metric(&format!("{path}.{name}"), &dimension)?;
            Ok((name, metric))
        })
        .collect()
}

fn read_metric(
    path: &str,
    dimension: &shapes::MetricDimension,
) -> Result<MetricDimension, ApiError> {
    let operator = format!("{path}.ComparisonOperator");
    let word = needed(&operator, dimension.comparison_operator.clone())?;
    Ok(MetricDimension {
        comparison: value_of(&operator, &COMPARISONS, &word)?,
        value: needed(&format!("{path}.Value"), dimension.value)?,
    })
}

fn read_recency(path: &str, recency: shapes::RecencyDimension) -> Result<Recency, ApiError> {
    let (duration, kind) = (format!("{path}.Duration"), format!("{path}.RecencyType"));
    Ok(Recency {
        hours: value_of(&duration, &DURATIONS, &needed(&duration, recency.duration)?)?,
        kind: value_of(&kind, &RECENCY_KINDS, &needed(&kind, recency.recency_type)?)?,
    })
}

fn read_point(path: &str, point: &shapes::GPSPointDimension) -> Result<GpsPoint, ApiError> {
    let path = format!("{path}.Coordinates");
    let coordinates = needed(&path, point.coordinates.clone())?;
    Ok(GpsPoint {
        latitude: needed(&format!("{path}.Latitude"), coordinates.latitude)?,
        longitude: needed(&format!("{path}.Longitude"), coordinates.longitude)?,
        range_km: point.range_in_kilometers,
    })
}

fn needed<T>(path: &str, value: Option<T>) -> Result<T, ApiError> {
    value.ok_or_else(|| ApiError::bad_request(format!("Missing {path}")))
}

fn maybe<T: Copy>(
    path: &str,
    words: &[(&str, T)],
    word: Option<String>,
) -> Result<Option<T>, ApiError> {
    word.filter(|word| !word.is_empty())
        .map(|word| value_of(path, words, &word))
        .transpose()
}

fn value_of<T: Copy>(path: &str, words: &[(&str, T)], word: &str) -> Result<T, ApiError> {
    if let Some((_, value)) = words.iter().find(|(known, _)| *known == word) {
        return Ok(*value);
    }
    let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
    let shown: String = word.chars().take(100).collect();
    Err(ApiError::bad_request(format!(
        "{path}: '{shown}' is not one of {}",
        known.join(", ")
    )))
}

fn word_of<T: Copy + PartialEq>(words: &[(&str, T)], value: T) -> String {
    words
        .iter()
        .find(|(_, known)| *known == value)
        .map(|(word, _)| (*word).to_owned())
        .unwrap_or_default()
}

fn write_group(group: &Group) -> shapes::SegmentGroup {
    shapes::SegmentGroup {
        dimensions: Some(group.dimensions.iter().map(write_dimensions).collect()),
        source_segments: Some(
            group
                .sources
                .iter()
                .map(|source| shapes::SegmentReference {
                    id: Some(source.id.to_string()),
                    version: source.version.map(i64::from),
                })
                .collect(),
        ),
        source_type: group.source_type.map(|it| word_of(&QUANTIFIERS, it)),
        r#type: group.dimension_type.map(|it| word_of(&QUANTIFIERS, it)),
    }
}

/// One set of dimensions as callers see it.
pub(crate) fn write_dimensions(it: &Dimensions) -> shapes::SegmentDimensions {
    let set = |dimension: &Option<SetDimension>| dimension.as_ref().map(write_set);
    let demographic = shapes::SegmentDemographics {
        app_version: set(&it.app_version),
        channel: set(&it.channel),
        device_type: set(&it.device_type),
        make: set(&it.make),
        model: set(&it.model),
        platform: set(&it.platform),
    };
    let location = shapes::SegmentLocation {
        country: set(&it.country),
        gps_point: it.gps_point.map(|point| shapes::GPSPointDimension {
            coordinates: Some(shapes::GPSCoordinates {
                latitude: Some(point.latitude),
                longitude: Some(point.longitude),
            }),
            range_in_kilometers: point.range_km,
        }),
    };
    shapes::SegmentDimensions {
        attributes: unless_empty(write_attributes(&it.attributes)),
        behavior: it.recency.map(|recency| shapes::SegmentBehaviors {
            recency: Some(shapes::RecencyDimension {
                duration: Some(word_of(&DURATIONS, recency.hours)),
                recency_type: Some(word_of(&RECENCY_KINDS, recency.kind)),
            }),
        }),
        demographic: Some(demographic).filter(|it| *it != shapes::SegmentDemographics::default()),
        location: Some(location).filter(|it| *it != shapes::SegmentLocation::default()),
        metrics: unless_empty(write_metrics(&it.metrics)),
        user_attributes: unless_empty(write_attributes(&it.user_attributes)),
    }
}

/// A test of a single value as callers see it.
pub(crate) fn write_set(dimension: &SetDimension) -> shapes::SetDimension {
    shapes::SetDimension {
        dimension_type: dimension.operator.map(|it| word_of(&SET_OPERATORS, it)),
        values: Some(dimension.values.clone()),
    }
}

/// Tests of metrics as callers see them.
pub(crate) fn write_metrics(
    metrics: &BTreeMap<String, MetricDimension>,
) -> BTreeMap<String, shapes::MetricDimension> {
    metrics
        .iter()
        .map(|(name, metric)| {
            let dimension = shapes::MetricDimension {
                comparison_operator: Some(word_of(&COMPARISONS, metric.comparison)),
                value: Some(metric.value),
            };
            (name.clone(), dimension)
        })
        .collect()
}

/// Tests of attributes as callers see them.
pub(crate) fn write_attributes(
    attributes: &BTreeMap<String, AttributeDimension>,
) -> BTreeMap<String, shapes::AttributeDimension> {
    attributes
        .iter()
        .map(|(name, dimension)| {
            let dimension = shapes::AttributeDimension {
                attribute_type: dimension
                    .operator
                    .map(|it| word_of(&ATTRIBUTE_OPERATORS, it)),
                values: Some(dimension.values.clone()),
            };
            (name.clone(), dimension)
        })
        .collect()
}

/// The map, if anything is in it.
pub(crate) fn unless_empty<T>(map: BTreeMap<String, T>) -> Option<BTreeMap<String, T>> {
    Some(map).filter(|map| !map.is_empty())
}

fn write_import(import: &SegmentImport) -> shapes::SegmentImportResource {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    shapes::SegmentImportResource {
        channel_counts: Some(
            import
                .channel_counts
                .iter()
                .map(|(channel, count)| (channel.as_str().to_owned(), number(*count)))
                .collect(),
        ),
        // Required by the model, also where nobody gave one.
        external_id: Some(import.external_id.clone().unwrap_or_default()),
        format: Some(import.format.as_str().to_owned()),
        role_arn: Some(import.role_arn.clone()),
        s3_url: Some(import.s3_url.clone()),
        size: Some(number(import.size)),
    }
}

#[cfg(test)]
mod tests {
    use clock::Timestamp;
    use model::AppId;
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value) -> Result<Option<SegmentCriteria>, String> {
        let request: shapes::WriteSegmentRequest = serde_json::from_value(body).unwrap();
        read_criteria(request.dimensions, request.segment_groups)
            .map_err(|error| error.message().to_owned())
    }

    #[track_caller]
    fn echoes(body: &Value) {
        let account = Account {
            id: "000000000000".to_owned(),
            regions: vec!["eu-west-1".to_owned()],
        };
        let stored = Segment {
            app: AppId::from("a"),
            id: SegmentId::from("s"),
            name: None,
            criteria: read(body.clone())
                .unwrap()
                .unwrap_or(SegmentCriteria::Everyone),
            version: 1,
            tags: BTreeMap::new(),
            created: Timestamp::default(),
            modified: Timestamp::default(),
        };
        let response = serde_json::to_value(segment(&account, "eu-west-1", &stored)).unwrap();
        assert_eq!(response["tags"], json!({}));
        for member in ["Dimensions", "SegmentGroups"] {
            assert_eq!(response.get(member), body.get(member), "{member}");
        }
    }

    #[test]
    fn criteria_come_back_as_they_were_written() {
        echoes(&json!({}));
        echoes(&json!({"Dimensions": {}}));
        echoes(&json!({"Dimensions": {
            "Attributes": {"plan": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}},
            "UserAttributes": {"n": {"Values": ["x"]}},
            "Metrics": {"orders": {"ComparisonOperator": "EQUAL", "Value": 1.5}},
            "Behavior": {"Recency": {"Duration": "DAY_7", "RecencyType": "INACTIVE"}},
            "Demographic": {"Channel": {"DimensionType": "EXCLUSIVE", "Values": ["SMS"]}},
            "Location": {"Country": {"Values": ["DE"]},
                "GPSPoint": {"Coordinates": {"Latitude": 47.6, "Longitude": -122.3}}}
        }}));
        echoes(&json!({"SegmentGroups": {"Include": "ALL", "Groups": [
            {"SourceType": "ANY", "SourceSegments": [], "Type": "ANY", "Dimensions": []},
            {"SourceSegments": [{"Id": "9a1b", "Version": 3}], "Dimensions": [{}]}
        ]}}));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, want) in [
            (
                json!({"Dimensions": {}, "SegmentGroups": {}}),
                "exclude each other",
            ),
            (
                json!({"Dimensions": {"Metrics": {"m": {"ComparisonOperator": "ABOUT", "Value": 1}}}}),
                "Dimensions.Metrics.m.ComparisonOperator: 'ABOUT' is not one of",
            ),
            (
                json!({"Dimensions": {"Metrics": {"m": {"ComparisonOperator": "EQUAL"}}}}),
                "Missing Dimensions.Metrics.m.Value",
            ),
            (
                json!({"SegmentGroups": {"Groups": [{"SourceSegments": [{"Id": "x", "Version": 0}]}]}}),
                "SegmentGroups.Groups[0].SourceSegments[0].Version",
            ),
        ] {
            let said = read(body).unwrap_err();
            assert!(said.contains(want), "{said}");
        }
    }
}
