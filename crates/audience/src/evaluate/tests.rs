use model::{
    AttributeDimension, AttributeOperator, ChannelType, Comparison, EndpointUpdate, GpsPoint,
    ImportedMembers, MetricDimension, Recency, RecencyKind, SetDimension, SetOperator,
};

use super::*;
use crate::{EndpointLimits, MergeContext, NewEndpoint, merge};

const NOW: Timestamp = Timestamp::from_millis(1_772_600_767_123);
const HOUR_MS: i64 = 3_600_000;

/// The evaluator's answer, which the explanation must share.
#[track_caller]
fn belongs(
    segment: &ResolvedSegment,
    endpoint: &Endpoint,
    registered: bool,
    now: Timestamp,
) -> bool {
    let answer = super::belongs(segment, endpoint, registered, now);
    let told = explain(segment, endpoint, registered, now);
    assert_eq!(told.belongs, answer, "{told:?}");
    answer
}

/// As [`belongs`], for dimensions.
#[track_caller]
fn matches(dimensions: &Dimensions, endpoint: &Endpoint, now: Timestamp) -> bool {
    let answer = super::matches(dimensions, endpoint, now);
    let group = ResolvedGroup {
        dimensions: vec![dimensions.clone()],
        ..everyone()
    };
    let segment = groups(Quantifier::All, vec![group]);
    assert_eq!(belongs(&segment, endpoint, true, now), answer);
    answer
}

#[test]
fn an_explanation_names_the_facet_that_fails() {
    let gold = AttributeDimension {
        operator: None,
        values: texts(&["gold"]),
    };
    let dimensions = Dimensions {
        attributes: [("tier".to_owned(), gold)].into(),
        ..Dimensions::default()
    };
    let update = EndpointUpdate {
        attributes: [("tier".to_owned(), texts(&["silver"]))].into(),
        ..EndpointUpdate::default()
    };
    let group = ResolvedGroup {
        dimensions: vec![dimensions],
        ..everyone()
    };
    let segment = groups(Quantifier::All, vec![everyone(), group]);
    let told = explain(&segment, &written(1, &update), true, NOW);
    let MembershipBy::Groups { groups, .. } = told.by else {
        panic!("a segment of groups");
    };
    assert_eq!(
        groups.iter().map(|it| it.holds).collect::<Vec<_>>(),
        [true, false]
    );
    let want = FacetAnswer {
        holds: false,
        facet: "Attributes.tier".to_owned(),
        operator: "INCLUSIVE",
        wanted: texts(&["gold"]),
        found: texts(&["silver"]),
    };
    assert_eq!(groups[1].dimensions[0].facets, [want]);
}

fn written(ordinal: u32, update: &EndpointUpdate) -> Endpoint {
    let new = NewEndpoint {
        app: "app".into(),
        id: format!("e{ordinal}").as_str().into(),
        ordinal,
        cohort: 0,
    };
    let context = MergeContext {
        now: NOW,
        request_id: "r",
        import: false,
        limits: &EndpointLimits::default(),
    };
    merge(None, &new, update, &context).expect("is accepted")
}

fn anyone(ordinal: u32) -> Endpoint {
    written(ordinal, &EndpointUpdate::default())
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// One attribute test, on an endpoint's attribute and on the same attribute of its user.
#[track_caller]
fn check(values: &[&str], operator: AttributeOperator, wanted: &[&str], want: bool) {
    let dimension = AttributeDimension {
        operator: Some(operator),
        values: texts(wanted),
    };
    let list = [("n".to_owned(), texts(values))];
    let own = written(
        1,
        &EndpointUpdate {
            attributes: list.clone().into(),
            ..EndpointUpdate::default()
        },
    );
    let users = written(
        1,
        &EndpointUpdate {
            user_attributes: list.into(),
            ..EndpointUpdate::default()
        },
    );
    let named = [("n".to_owned(), dimension)];
    let of_own = Dimensions {
        attributes: named.clone().into(),
        ..Dimensions::default()
    };
    let of_users = Dimensions {
        user_attributes: named.into(),
        ..Dimensions::default()
    };
    assert_eq!(matches(&of_own, &own, NOW), want, "own");
    assert_eq!(matches(&of_users, &users, NOW), want, "of the user");
    let missing = matches(&of_own, &anyone(1), NOW);
    assert_eq!(missing, operator == AttributeOperator::Exclusive, "missing");
}

#[test]
fn inclusive_and_exclusive_are_negations() {
    use AttributeOperator::{Exclusive, Inclusive};
    check(&["gold"], Inclusive, &["silver", "gold"], true);
    check(&["gold"], Exclusive, &["silver", "gold"], false);
    check(&["Gold"], Inclusive, &["gold"], false);
    check(&["red", "blue"], Inclusive, &["red"], true);
    check(&["red", "blue"], Exclusive, &["red"], false);
    check(&["golden"], Inclusive, &["gold"], false);
    check(&[], Inclusive, &["gold"], false);
    check(&[], Exclusive, &["gold"], true);
    check(&[""], Inclusive, &[""], true);
}

#[test]
fn contains_looks_for_parts() {
    use AttributeOperator::Contains;
    check(&["golden"], Contains, &["silver", "old"], true);
    check(&["golden"], Contains, &["Old"], false);
    check(&[], Contains, &[""], false);
    check(&["x", "a gold ring"], Contains, &["gold"], true);
}

#[test]
fn before_and_after_are_strict() {
    use AttributeOperator::{After, Before};
    let noon = "2026-03-04T12:00:00Z";
    check(&["2026-03-04T11:59:59.999Z"], Before, &[noon], true);
    check(&[noon], Before, &[noon], false);
    check(&[noon], After, &[noon], false);
    check(&["2026-03-04T12:00:00.001Z"], After, &[noon], true);
    check(&["2026-03-04"], Before, &[noon], true);
    check(&["2026-03-04T13:00:00+02:00"], Before, &[noon], true);
    check(&["x", "2026-03-04"], Before, &[noon], true);
    check(&["x"], Before, &[noon], false);
    check(&["x"], After, &[noon], false);
    check(&["2026-03-05"], Before, &["2026-03-04", "2026-03-06"], true);
    check(&["2026-03-05"], After, &["2026-03-04", "2026-03-06"], true);
}

#[test]
fn on_compares_utc_dates() {
    use AttributeOperator::On;
    check(&["2026-03-04T23:59:59Z"], On, &["2026-03-04"], true);
    check(
        &["2026-03-04T00:00:00Z"],
        On,
        &["2026-03-04T12:00:00Z"],
        true,
    );
    check(&["2026-03-05T01:00:00+02:00"], On, &["2026-03-04"], true);
    check(&["2026-03-05"], On, &["2026-03-04"], false);
    check(&["2026-03-05"], On, &["2026-03-04", "2026-03-05"], true);
}

#[test]
fn between_has_inclusive_bounds_in_any_order() {
    use AttributeOperator::{Between, NotBetween};
    let range = &["2026-03-06", "2026-03-04"];
    for inside in ["2026-03-04", "2026-03-05T10:00Z", "2026-03-06T00:00:00Z"] {
        check(&[inside], Between, range, true);
        check(&[inside], NotBetween, range, false);
    }
    for outside in ["2026-03-03T23:59:59.999Z", "2026-03-06T00:00:00.001Z"] {
        check(&[outside], Between, range, false);
        check(&[outside], NotBetween, range, true);
    }
    check(&["2026-03-01", "2026-03-05"], Between, range, true);
    check(&["2026-03-01", "2026-03-05"], NotBetween, range, false);
    check(&["x"], Between, range, false);
    check(&["x"], NotBetween, range, false);
    check(&["x", "2026-03-01"], NotBetween, range, true);
}

#[test]
fn several_facets_may_be_met_by_different_values() {
    let endpoint = written(
        1,
        &EndpointUpdate {
            attributes: [("n".to_owned(), texts(&["red", "blue"]))].into(),
            ..EndpointUpdate::default()
        },
    );
    let facet = |value: &str| Dimensions {
        attributes: [(
            "n".to_owned(),
            AttributeDimension {
                operator: None,
                values: texts(&[value]),
            },
        )]
        .into(),
        ..Dimensions::default()
    };
    let segment = groups(
        Quantifier::All,
        vec![ResolvedGroup {
            dimensions: vec![facet("red"), facet("blue")],
            ..everyone()
        }],
    );
    assert!(belongs(&segment, &endpoint, true, NOW));
}

#[track_caller]
fn check_metric(value: Option<f64>, comparison: Comparison, bound: f64, want: bool) {
    let endpoint = written(
        1,
        &EndpointUpdate {
            metrics: value
                .map(|value| ("m".to_owned(), value))
                .into_iter()
                .collect(),
            ..EndpointUpdate::default()
        },
    );
    let dimension = MetricDimension {
        comparison,
        value: bound,
    };
    let dimensions = Dimensions {
        metrics: [("m".to_owned(), dimension)].into(),
        ..Dimensions::default()
    };
    assert_eq!(matches(&dimensions, &endpoint, NOW), want);
}

#[test]
fn metrics_compare_exactly() {
    use Comparison::{Equal, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual};
    check_metric(Some(10.0), GreaterThan, 10.0, false);
    check_metric(Some(10.1), GreaterThan, 10.0, true);
    check_metric(Some(10.0), GreaterThanOrEqual, 10.0, true);
    check_metric(Some(9.9), LessThan, 10.0, true);
    check_metric(Some(10.0), LessThanOrEqual, 10.0, true);
    check_metric(Some(0.1 + 0.2), Equal, 0.3, false);
    check_metric(Some(0.3), Equal, 0.3, true);
    for comparison in [
        Equal,
        GreaterThan,
        GreaterThanOrEqual,
        LessThan,
        LessThanOrEqual,
    ] {
        check_metric(None, comparison, 0.0, false);
    }
}

fn set(operator: SetOperator, values: &[&str]) -> Option<SetDimension> {
    Some(SetDimension {
        operator: Some(operator),
        values: texts(values),
    })
}

fn device(channel: Option<ChannelType>, model: &str, country: &str) -> Endpoint {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    written(
        1,
        &EndpointUpdate {
            channel,
            demographic: model::Demographic {
                model: text(model),
                ..model::Demographic::default()
            },
            location: model::Location {
                country: text(country),
                ..model::Location::default()
            },
            ..EndpointUpdate::default()
        },
    )
}

/// A set dimension, and its negation.
#[track_caller]
fn check_set(
    endpoint: &Endpoint,
    of: impl Fn(Option<SetDimension>) -> Dimensions,
    values: &[&str],
    want: bool,
) {
    let inclusive = of(set(SetOperator::Inclusive, values));
    let exclusive = of(set(SetOperator::Exclusive, values));
    assert_eq!(matches(&inclusive, endpoint, NOW), want, "inclusive");
    assert_eq!(matches(&exclusive, endpoint, NOW), !want, "exclusive");
}

#[test]
fn push_stands_for_every_push_channel() {
    let channel = |channel| Dimensions {
        channel,
        ..Dimensions::default()
    };
    for kind in ChannelType::ALL {
        let endpoint = device(Some(*kind), "", "");
        check_set(&endpoint, channel, &["PUSH"], kind.is_push());
        check_set(&endpoint, channel, &[kind.as_str()], true);
        check_set(&endpoint, channel, &["push", "x"], false);
    }
    check_set(&device(None, "", ""), channel, &["PUSH", "EMAIL"], false);
    let gcm = device(Some(ChannelType::Gcm), "", "");
    check_set(&gcm, channel, &["APNS"], false);
}

#[test]
fn countries_compare_in_any_form() {
    let country = |country| Dimensions {
        country,
        ..Dimensions::default()
    };
    check_set(&device(None, "", "USA"), country, &["US"], true);
    check_set(&device(None, "", "us"), country, &["DEU", "usa"], true);
    check_set(&device(None, "", "DE"), country, &["US"], false);
    check_set(&device(None, "", ""), country, &["US"], false);
}

#[test]
fn a_device_type_is_a_model() {
    let device_type = |device_type| Dimensions {
        device_type,
        ..Dimensions::default()
    };
    let model = |model| Dimensions {
        model,
        ..Dimensions::default()
    };
    let endpoint = device(None, "Pixel 9", "");
    check_set(&endpoint, device_type, &["Pixel 9"], true);
    check_set(&endpoint, model, &["Pixel 9"], true);
    check_set(&endpoint, device_type, &["pixel 9"], false);
}

#[track_caller]
fn check_point(place: Option<(f64, f64)>, range_km: Option<f64>, want: bool) {
    let endpoint = written(
        1,
        &EndpointUpdate {
            location: model::Location {
                latitude: place.map(|place| place.0),
                longitude: place.map(|place| place.1),
                ..model::Location::default()
            },
            ..EndpointUpdate::default()
        },
    );
    let dimensions = Dimensions {
        gps_point: Some(GpsPoint {
            latitude: 47.6,
            longitude: -122.3,
            range_km,
        }),
        ..Dimensions::default()
    };
    assert_eq!(matches(&dimensions, &endpoint, NOW), want);
}

#[test]
fn circles_reach_ten_kilometres_unless_told() {
    check_point(Some((47.6, -122.3)), None, true);
    check_point(Some((47.64, -122.34)), Some(0.1), true);
    check_point(Some((47.7, -122.3)), None, false);
    check_point(Some((47.7, -122.3)), Some(12.0), true);
    check_point(None, Some(30_000.0), false);
}

#[track_caller]
fn check_recency(millis_ago: Option<i64>, hours: u32, active: bool) {
    let mut endpoint = anyone(1);
    endpoint.last_active =
        millis_ago.map(|millis| Timestamp::from_millis(NOW.as_millis() - millis));
    for (kind, want) in [
        (RecencyKind::Active, active),
        (RecencyKind::Inactive, !active),
    ] {
        let dimensions = Dimensions {
            recency: Some(Recency { hours, kind }),
            ..Dimensions::default()
        };
        assert_eq!(matches(&dimensions, &endpoint, NOW), want);
    }
}

#[test]
fn inactive_is_not_active() {
    check_recency(Some(0), 24, true);
    check_recency(Some(24 * HOUR_MS), 24, true);
    check_recency(Some(24 * HOUR_MS + 1), 24, false);
    check_recency(Some(24 * HOUR_MS + 1), 168, true);
    check_recency(Some(720 * HOUR_MS), 720, true);
    check_recency(None, 720, false);
    check_recency(Some(-HOUR_MS), 24, true);
}

fn everyone() -> ResolvedGroup {
    ResolvedGroup {
        source_type: Quantifier::All,
        sources: Vec::new(),
        dimension_type: Quantifier::All,
        dimensions: Vec::new(),
    }
}

fn groups(include: Quantifier, groups: Vec<ResolvedGroup>) -> ResolvedSegment {
    ResolvedSegment::Groups { include, groups }
}

fn imported(endpoints: &[u32], snapshots: &[u32]) -> ResolvedSegment {
    ResolvedSegment::Imported {
        id: "imported".into(),
        version: 1,
        members: ImportedMembers {
            endpoints: endpoints.iter().chain(snapshots).copied().collect(),
            snapshots: snapshots.iter().copied().collect(),
            users: vec!["u".into()],
        },
    }
}

/// Which of the endpoints 1 to 4 belong, where the first source lists 1 and 2, the other 2 and 3.
#[track_caller]
fn check_sources(source_type: Quantifier, want: &[u32]) {
    let segment = groups(
        Quantifier::All,
        vec![ResolvedGroup {
            source_type,
            sources: vec![
                Box::new(imported(&[1, 2], &[])),
                Box::new(imported(&[2, 3], &[])),
            ],
            ..everyone()
        }],
    );
    let members = (1..=4).filter(|ordinal| belongs(&segment, &anyone(*ordinal), true, NOW));
    assert_eq!(members.collect::<Vec<_>>(), want);
}

#[test]
fn sources_relate_by_their_quantifier() {
    check_sources(Quantifier::All, &[2]);
    check_sources(Quantifier::Any, &[1, 2, 3]);
    check_sources(Quantifier::None, &[4]);
}

#[test]
fn users_of_imported_segments_are_resolved_at_use() {
    let segment = imported(&[], &[]);
    let mut endpoint = anyone(9);
    assert!(!belongs(&segment, &endpoint, true, NOW));
    endpoint.user = Some("u".into());
    assert!(belongs(&segment, &endpoint, true, NOW));
}

#[test]
fn snapshots_belong_through_their_source_alone() {
    let snapshot = anyone(5);
    let source = || Box::new(imported(&[], &[5]));
    let through = |source_type, sources| {
        groups(
            Quantifier::All,
            vec![ResolvedGroup {
                source_type,
                sources,
                ..everyone()
            }],
        )
    };
    assert!(belongs(&source(), &snapshot, false, NOW));
    let derived = through(Quantifier::Any, vec![source()]);
    assert!(belongs(&derived, &snapshot, false, NOW));
    for without in [
        through(Quantifier::Any, Vec::new()),
        through(Quantifier::None, vec![Box::new(imported(&[1], &[]))]),
        groups(Quantifier::None, vec![everyone()]),
        groups(Quantifier::All, Vec::new()),
    ] {
        assert!(!belongs(&without, &snapshot, false, NOW));
    }
    let registered = anyone(5);
    assert!(belongs(&source(), &registered, true, NOW));
}
