//! The questions, and the same in SQL.

use audience::{ResolvedGroup, ResolvedSegment};
use model::{
    AttributeDimension, AttributeOperator, Comparison, Dimensions, MetricDimension, Quantifier,
    SetDimension, SetOperator,
};

/// One question. In SQL it may lean on what holds of these rows: all but interests have one value,
/// and none of those asked for is missing. That is the form that other engines answer fastest.
pub struct Case {
    pub name: &'static str,
    pub segment: ResolvedSegment,
    pub sql: &'static str,
}

/// Five clauses that few endpoints pass, and five that many do.
pub fn cases() -> [Case; 2] {
    [
        Case {
            name: "narrow",
            segment: one_group(narrow()),
            sql: "platform = 'iOS' \
                  AND country IN ('DE', 'FR') \
                  AND metrics['orders'] >= 50 \
                  AND attributes['plan'][1] IN ('gold', 'platinum') \
                  AND list_has_any(attributes['interests'], ['chess', 'opera'])",
        },
        Case {
            name: "broad",
            segment: one_group(broad()),
            sql: "attributes['plan'][1] <> 'platinum' \
                  AND attributes['language'][1] IN ('en', 'de', 'es', 'fr', 'pt') \
                  AND user_attributes['Tier'][1] IN ('tier-0', 'tier-1', 'tier-2') \
                  AND metrics['orders'] >= 1 \
                  AND country <> 'UA'",
        },
    ]
}

fn narrow() -> Dimensions {
    Dimensions {
        attributes: [
            attribute("plan", AttributeOperator::Inclusive, &["gold", "platinum"]),
            attribute(
                "interests",
                AttributeOperator::Inclusive,
                &["chess", "opera"],
            ),
        ]
        .into(),
        metrics: [at_least("orders", 50.0)].into(),
        country: set(SetOperator::Inclusive, &["DE", "FR"]),
        platform: set(SetOperator::Inclusive, &["iOS"]),
        ..Dimensions::default()
    }
}

fn broad() -> Dimensions {
    Dimensions {
        attributes: [
            attribute("plan", AttributeOperator::Exclusive, &["platinum"]),
            attribute(
                "language",
                AttributeOperator::Inclusive,
                &["en", "de", "es", "fr", "pt"],
            ),
        ]
        .into(),
        user_attributes: [attribute(
            "Tier",
            AttributeOperator::Inclusive,
            &["tier-0", "tier-1", "tier-2"],
        )]
        .into(),
        metrics: [at_least("orders", 1.0)].into(),
        country: set(SetOperator::Exclusive, &["UA"]),
        ..Dimensions::default()
    }
}

fn one_group(dimensions: Dimensions) -> ResolvedSegment {
    ResolvedSegment::Groups {
        include: Quantifier::All,
        groups: vec![ResolvedGroup {
            source_type: Quantifier::All,
            sources: Vec::new(),
            dimension_type: Quantifier::All,
            dimensions: vec![dimensions],
        }],
    }
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

fn attribute(
    name: &str,
    operator: AttributeOperator,
    values: &[&str],
) -> (String, AttributeDimension) {
    let dimension = AttributeDimension {
        operator: Some(operator),
        values: texts(values),
    };
    (name.to_owned(), dimension)
}

fn at_least(name: &str, value: f64) -> (String, MetricDimension) {
    let dimension = MetricDimension {
        comparison: Comparison::GreaterThanOrEqual,
        value,
    };
    (name.to_owned(), dimension)
}

fn set(operator: SetOperator, values: &[&str]) -> Option<SetDimension> {
    Some(SetDimension {
        operator: Some(operator),
        values: texts(values),
    })
}
