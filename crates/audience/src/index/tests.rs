use std::convert::Infallible;

use model::{
    AttributeDimension, AttributeOperator, Attributes, Comparison, Demographic, Dimensions,
    ImportedMembers, Location, MetricDimension, Quantifier, SegmentId,
};

use super::*;
use crate::ResolvedGroup;

const NOW: Timestamp = Timestamp::from_millis(1_772_600_767_123);

fn endpoint(ordinal: Ordinal, attributes: Attributes) -> Endpoint {
    Endpoint {
        app: "app".into(),
        id: format!("e{ordinal}").as_str().into(),
        ordinal,
        channel: Some(ChannelType::Email),
        address: Some(format!("{ordinal}@example.com")),
        attributes,
        metrics: Metrics::new(),
        demographic: Demographic::default(),
        location: Location::default(),
        user: None,
        user_attributes: Attributes::new(),
        opt_out: OptOut::None,
        status: EndpointStatus::Active,
        effective: NOW,
        request_id: String::new(),
        cohort: 0,
        created: NOW,
        last_active: None,
    }
}

fn list(values: &[&str]) -> Attributes {
    let values = values.iter().map(ToString::to_string).collect();
    [("n".to_owned(), values)].into()
}

fn members(index: &Index, dimensions: Dimensions) -> Vec<Ordinal> {
    let segment = ResolvedSegment::Groups {
        include: Quantifier::All,
        groups: vec![ResolvedGroup {
            source_type: Quantifier::All,
            sources: Vec::new(),
            dimension_type: Quantifier::All,
            dimensions: vec![dimensions],
        }],
    };
    let none =
        index.evaluate::<Infallible>(
            &segment,
            NOW,
            &|_| Ok(Vec::new()),
            &|_, _, _| Ok(Vec::new()),
        );
    none.expect("the callbacks do not fail").iter().collect()
}

fn having(operator: AttributeOperator, values: &[&str]) -> Dimensions {
    let dimension = AttributeDimension {
        operator: Some(operator),
        values: values.iter().map(ToString::to_string).collect(),
    };
    Dimensions {
        attributes: [("n".to_owned(), dimension)].into(),
        ..Dimensions::default()
    }
}

/// Enough distinct values for every width of code, and chunks of different widths.
#[test]
fn codes_of_every_width_are_scanned() {
    let mut index = Index::new();
    let total = 140_000;
    for ordinal in 0..total {
        index.upsert(&endpoint(ordinal, list(&[&format!("v{ordinal}")])));
    }
    for shared in [5, 65_530, 131_080] {
        index.upsert(&endpoint(shared, list(&["shared", "rest"])));
    }
    let inclusive = |values| members(&index, having(AttributeOperator::Inclusive, values));
    assert_eq!(inclusive(&["shared"]), [5, 65_530, 131_080]);
    assert_eq!(inclusive(&["v7", "v300", "v139999"]), [7, 300, 139_999]);
    let many: Vec<String> = (0..90).map(|n| format!("v{}", n * 1500 + 1)).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let want: Vec<Ordinal> = (0..90).map(|n| n * 1500 + 1).collect();
    assert_eq!(inclusive(&many), want);
    let others = members(&index, having(AttributeOperator::Exclusive, &many));
    assert_eq!(others.len(), total as usize - want.len());
    let part = members(
        &index,
        having(AttributeOperator::Contains, &["v99999", "har"]),
    );
    assert_eq!(part, [5, 65_530, 99_999, 131_080]);
}

#[test]
fn values_and_columns_without_endpoints_are_given_up() {
    let mut index = Index::new();
    for turn in 0..50_000 {
        index.upsert(&endpoint(
            turn % 10,
            list(&[&format!("value number {turn}")]),
        ));
    }
    let churned = index.memory_bytes();
    let mut fresh = Index::new();
    for ordinal in 0..10 {
        fresh.upsert(&endpoint(ordinal, list(&["value number 50000"])));
    }
    assert!(churned < fresh.memory_bytes() + 32 * 1024);
    for ordinal in 0..10 {
        index.upsert(&endpoint(ordinal, Attributes::new()));
    }
    assert!(index.attributes.get("n").is_none());
}

#[test]
fn a_metric_goes_with_its_last_endpoint() {
    let mut index = Index::new();
    let mut one = endpoint(70_000, Attributes::new());
    one.metrics = [("m".to_owned(), 0.1)].into();
    index.upsert(&one);
    let metric = || Dimensions {
        metrics: [(
            "m".to_owned(),
            MetricDimension {
                comparison: Comparison::Equal,
                value: 0.1,
            },
        )]
        .into(),
        ..Dimensions::default()
    };
    assert_eq!(members(&index, metric()), [70_000]);
    let values = index.attribute_values(AttributeKind::Metrics, "m", 5);
    assert_eq!(values, [("0.1".to_owned(), 1)]);
    index.remove(70_000);
    assert!(index.metrics.is_empty());
    assert_eq!(members(&index, metric()), [0; 0]);
}

#[test]
fn frequent_values_come_first() {
    let mut index = Index::new();
    let lists: [&[&str]; 6] = [&["b"], &["b"], &["a"], &["a", "c"], &["c", "b"], &[]];
    for (ordinal, values) in (0..).zip(lists) {
        index.upsert(&endpoint(ordinal, list(values)));
    }
    let values = |limit| index.attribute_values(AttributeKind::Attributes, "n", limit);
    let counted = |value: &str, count| (value.to_owned(), count);
    assert_eq!(
        values(9),
        [counted("b", 3), counted("a", 2), counted("c", 2)]
    );
    assert_eq!(values(2), [counted("b", 3), counted("a", 2)]);
    assert_eq!(values(0), []);
    assert_eq!(index.attribute_values(AttributeKind::Metrics, "n", 9), []);
}

#[test]
fn targetable_endpoints_are_counted_by_channel() {
    let mut index = Index::new();
    let counts = |index: &Index| index.targetable().into_iter().collect::<Vec<_>>();
    let mut one = endpoint(1, Attributes::new());
    index.upsert(&one);
    index.upsert(&one);
    index.upsert(&endpoint(2, Attributes::new()));
    assert_eq!(counts(&index), [(ChannelType::Email, 2)]);
    one.channel = Some(ChannelType::Sms);
    index.upsert(&one);
    assert_eq!(
        counts(&index),
        [(ChannelType::Sms, 1), (ChannelType::Email, 1)]
    );
    for spoil in [
        |one: &mut Endpoint| one.opt_out = OptOut::All,
        |one: &mut Endpoint| one.status = EndpointStatus::Inactive,
        |one: &mut Endpoint| one.address = None,
        |one: &mut Endpoint| one.channel = Some(ChannelType::Push),
    ] {
        let mut other = one.clone();
        spoil(&mut other);
        index.upsert(&other);
        assert_eq!(counts(&index), [(ChannelType::Email, 1)]);
        index.upsert(&one);
    }
    index.remove(1);
    index.remove(2);
    index.remove(2);
    assert_eq!(counts(&index), []);
}

#[test]
fn an_endpoint_that_is_not_there_cannot_be_touched() {
    let mut index = Index::new();
    index.touch(3, NOW);
    assert!(index.live().is_empty());
    index.upsert(&endpoint(3, Attributes::new()));
    let active = Dimensions {
        recency: Some(model::Recency {
            hours: 24,
            kind: model::RecencyKind::Active,
        }),
        ..Dimensions::default()
    };
    assert_eq!(members(&index, active), [0; 0]);
}

/// Those of a group of imported sources, by name with the ordinals of their snapshots, that are
/// gold. Every snapshot of a source named `gold` is.
fn gold_of(index: &Index, sources: &[(&str, EndpointSet)]) -> Result<EndpointSet, &'static str> {
    let source = |(id, snapshots): &(&str, EndpointSet)| {
        Box::new(ResolvedSegment::Imported {
            id: (*id).into(),
            version: 1,
            members: ImportedMembers {
                endpoints: snapshots.clone(),
                snapshots: snapshots.clone(),
                users: Vec::new(),
            },
        })
    };
    let segment = ResolvedSegment::Groups {
        include: Quantifier::All,
        groups: vec![ResolvedGroup {
            source_type: Quantifier::Any,
            sources: sources.iter().map(source).collect(),
            dimension_type: Quantifier::All,
            dimensions: vec![having(AttributeOperator::Inclusive, &["gold"])],
        }],
    };
    let snapshots = |id: &SegmentId, _: u32, set: &EndpointSet| match id.as_str() {
        "broken" => Err("broken"),
        plan => {
            assert!(set.len() <= 1024, "{} at a time", set.len());
            let found = set.iter().map(|ordinal| endpoint(ordinal, list(&[plan])));
            Ok(found.collect())
        }
    };
    index.evaluate(&segment, NOW, &|_| Ok(Vec::new()), &snapshots)
}

#[test]
fn snapshots_are_tested_in_batches() {
    let index = Index::new();
    let many: EndpointSet = (0..5000).collect();
    assert_eq!(gold_of(&index, &[("gold", many.clone())]), Ok(many.clone()));
    assert_eq!(gold_of(&index, &[("silver", many)]), Ok(EndpointSet::new()));
}

#[test]
fn a_registered_endpoint_stands_before_its_snapshot() {
    let mut index = Index::new();
    index.upsert(&endpoint(1, list(&["silver"])));
    index.upsert(&endpoint(2, list(&["gold"])));
    let all: EndpointSet = (1..=3).collect();
    let want: EndpointSet = [2, 3].into_iter().collect();
    assert_eq!(gold_of(&index, &[("gold", all)]), Ok(want));
}

#[test]
fn the_first_snapshot_of_a_group_is_asked() {
    let index = Index::new();
    let one: EndpointSet = [1].into_iter().collect();
    let gold = ("gold", one.clone());
    let silver = ("silver", one.clone());
    let first_gold = gold_of(&index, &[gold.clone(), silver.clone()]);
    assert_eq!(first_gold, Ok(one));
    assert_eq!(gold_of(&index, &[silver, gold]), Ok(EndpointSet::new()));
}

#[test]
fn a_failing_callback_fails_the_evaluation() {
    let index = Index::new();
    let one: EndpointSet = [1].into_iter().collect();
    assert_eq!(gold_of(&index, &[("broken", one)]), Err("broken"));
}
