use std::collections::BTreeMap;

use model::{
    AttributeDimension, AttributeOperator, Comparison, GpsPoint, Group, JobFormat, MetricDimension,
    Recency, RecencyKind, SegmentId, SegmentImport, SetDimension,
};

use super::*;

#[track_caller]
fn check(criteria: &SegmentCriteria, want: Option<&str>) {
    let found = validate(criteria).err().map(|error| error.to_string());
    assert_eq!(found.as_deref(), want);
}

fn dimensions(dimensions: Dimensions) -> SegmentCriteria {
    SegmentCriteria::Dimensions(Box::new(dimensions))
}

fn attribute(operator: AttributeOperator, values: &[&str]) -> Dimensions {
    let dimension = AttributeDimension {
        operator: Some(operator),
        values: values.iter().map(ToString::to_string).collect(),
    };
    Dimensions {
        attributes: [("n".to_owned(), dimension)].into(),
        ..Dimensions::default()
    }
}

#[track_caller]
fn check_attribute(operator: AttributeOperator, values: &[&str], want: Option<&str>) {
    check(&dimensions(attribute(operator, values)), want);
}

#[test]
fn no_criteria_are_fine() {
    check(&SegmentCriteria::Everyone, None);
    check(&dimensions(Dimensions::default()), None);
    check(
        &SegmentCriteria::Groups {
            include: None,
            groups: vec![Group::default()],
        },
        None,
    );
}

#[test]
fn attribute_dimensions_need_values_that_the_operator_reads() {
    use AttributeOperator::{After, Before, Between, Contains, Inclusive, NotBetween, On};
    let empty = Some("Dimensions.Attributes.n.Values: must not be empty");
    check_attribute(Inclusive, &[], empty);
    check_attribute(Inclusive, &["x"], None);
    check_attribute(Contains, &[&"é".repeat(100)], None);
    check_attribute(
        Contains,
        &[&"é".repeat(101)],
        Some("Dimensions.Attributes.n.Values: a value has at most 100 characters"),
    );
    for operator in [Before, After, On] {
        check_attribute(operator, &["2026-03-04", "2026-03-04T05:06Z"], None);
        let unread = "Dimensions.Attributes.n.Values: 'soon' is not an ISO 8601 date or instant";
        check_attribute(operator, &["2026-03-04", "soon"], Some(unread));
    }
    for operator in [Between, NotBetween] {
        check_attribute(operator, &["2026-03-04", "2026-03-01"], None);
        check_attribute(
            operator,
            &["2026-03-04"],
            Some("Dimensions.Attributes.n.Values: a range has exactly two values, found 1"),
        );
    }
}

#[test]
fn set_dimensions_need_values() {
    let empty = SetDimension {
        operator: None,
        values: Vec::new(),
    };
    let channel = Dimensions {
        channel: Some(empty),
        ..Dimensions::default()
    };
    let group = Group {
        dimensions: vec![Dimensions::default(), channel],
        ..Group::default()
    };
    check(
        &SegmentCriteria::Groups {
            include: None,
            groups: vec![group],
        },
        Some("SegmentGroups.Groups[0].Dimensions[1].Demographic.Channel.Values: must not be empty"),
    );
}

#[test]
fn numbers_are_in_range() {
    let metric = |value| {
        let dimension = MetricDimension {
            comparison: Comparison::Equal,
            value,
        };
        dimensions(Dimensions {
            metrics: [("m".to_owned(), dimension)].into(),
            ..Dimensions::default()
        })
    };
    check(&metric(1.5), None);
    check(
        &metric(f64::NAN),
        Some("Dimensions.Metrics.m.Value: must be a number"),
    );

    let point = |latitude, range_km| {
        dimensions(Dimensions {
            gps_point: Some(GpsPoint {
                latitude,
                longitude: 180.0,
                range_km,
            }),
            ..Dimensions::default()
        })
    };
    check(&point(-90.0, None), None);
    check(
        &point(-90.5, None),
        Some("Dimensions.Location.GPSPoint.Coordinates.Latitude: must be from -90 to 90"),
    );
    let range = "Dimensions.Location.GPSPoint.RangeInKilometers: must be more than 0";
    check(&point(0.0, Some(0.0)), Some(range));
    check(&point(0.0, Some(f64::NAN)), Some(range));

    let recency = |hours| {
        dimensions(Dimensions {
            recency: Some(Recency {
                hours,
                kind: RecencyKind::Active,
            }),
            ..Dimensions::default()
        })
    };
    check(&recency(336), None);
    check(
        &recency(48),
        Some("Dimensions.Behavior.Recency.Duration: must be HR_24, DAY_7, DAY_14 or DAY_30"),
    );
}

#[test]
fn a_segment_has_a_hundred_dimensions_and_values() {
    let group = |count: usize, values: usize| Group {
        dimensions: vec![attribute(AttributeOperator::Inclusive, &vec!["v"; values]); count],
        ..Group::default()
    };
    let groups = |groups| SegmentCriteria::Groups {
        include: None,
        groups,
    };
    check(&groups(vec![group(60, 1), group(40, 1)]), None);
    check(
        &groups(vec![group(60, 1), group(41, 1)]),
        Some("Dimensions: at most 100 dimensions, found 101"),
    );
    check(&groups(vec![group(2, 50)]), None);
    check(
        &groups(vec![group(2, 50), group(1, 1)]),
        Some("Values: at most 100 values in all dimensions, found 101"),
    );
}

fn building_on(sources: &[&str]) -> SegmentCriteria {
    let sources = sources.iter().map(|id| SegmentRef {
        id: (*id).into(),
        version: None,
    });
    SegmentCriteria::Groups {
        include: None,
        groups: vec![Group {
            sources: sources.collect(),
            ..Group::default()
        }],
    }
}

fn imported() -> SegmentCriteria {
    SegmentCriteria::Imported(SegmentImport {
        format: JobFormat::Csv,
        s3_url: "s3://b/k".to_owned(),
        role_arn: "arn".to_owned(),
        external_id: None,
        size: 0,
        members_version: 1,
        channel_counts: BTreeMap::new(),
    })
}

#[track_caller]
fn check_sources(
    criteria: &SegmentCriteria,
    known: &[(&str, SegmentCriteria)],
    want: Option<&str>,
) {
    let find = |reference: &SegmentRef| {
        let found = known.iter().find(|(id, _)| *id == reference.id.as_str());
        found.map(|(_, criteria)| criteria)
    };
    let found = check_references(&SegmentId::new("me"), criteria, &find);
    let found = found.err().map(|error| error.to_string());
    let want = want.map(|problem| format!("SegmentGroups.Groups.SourceSegments: {problem}"));
    assert_eq!(found, want);
}

#[test]
fn sources_exist_and_do_not_lead_back() {
    check_sources(&building_on(&[]), &[], None);
    check_sources(&building_on(&["a"]), &[], Some("segment a does not exist"));
    let chain = [
        ("a", building_on(&["b"])),
        ("b", building_on(&[])),
        ("me", building_on(&[])),
        ("round", building_on(&["me"])),
    ];
    check_sources(&building_on(&["a", "b"]), &chain, None);
    for id in ["me", "round"] {
        check_sources(
            &building_on(&[id]),
            &chain,
            Some("segment me includes itself"),
        );
    }
}

#[test]
fn an_imported_source_stands_alone() {
    let known = [("list", imported()), ("a", building_on(&["list"]))];
    check_sources(&building_on(&["list"]), &known, None);
    check_sources(&building_on(&["a", "a"]), &known, None);
    check_sources(
        &building_on(&["a", "list"]),
        &known,
        Some("an imported segment must be the only source of its group"),
    );
}

#[test]
fn endless_sources_are_refused() {
    let endless = [("a", building_on(&["b"])), ("b", building_on(&["a", "a"]))];
    check_sources(
        &building_on(&["a"]),
        &endless,
        Some("too many segments build on one another"),
    );
}
