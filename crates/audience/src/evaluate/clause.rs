//! A facet of dimensions, ready to be asked of an endpoint or of a column.

use std::time::Duration;

use clock::Timestamp;
use model::{Comparison, Dimensions, Endpoint, MetricDimension, Recency, RecencyKind};

use super::{Circle, ListTest, Place, TextMember, TextTest};

const HOUR: Duration = Duration::from_secs(3600);

/// One facet. All facets of dimensions must hold.
#[derive(Debug)]
pub(crate) enum Clause<'a> {
    Attribute(&'a str, ListTest<'a>),
    UserAttribute(&'a str, ListTest<'a>),
    Metric(&'a str, MetricDimension),
    Text(TextMember, TextTest<'a>),
    Near(Circle),
    Since(Since),
}

/// Activity at or after an instant (`docs/spec/audience.md §10.6`). Activity dated in the future
/// is recent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Since {
    pub(crate) from: Timestamp,
    /// Whether the activity is wanted; else its absence is.
    pub(crate) active: bool,
}

/// The facets of `dimensions` at `now`.
pub(crate) fn clauses(dimensions: &Dimensions, now: Timestamp) -> Vec<Clause<'_>> {
    let mut clauses = Vec::new();
    for (name, dimension) in &dimensions.attributes {
        clauses.push(Clause::Attribute(name, ListTest::new(dimension)));
    }
    for (name, dimension) in &dimensions.user_attributes {
        clauses.push(Clause::UserAttribute(name, ListTest::new(dimension)));
    }
    for (name, dimension) in &dimensions.metrics {
        clauses.push(Clause::Metric(name, *dimension));
    }
    for (member, dimension) in [
        (TextMember::AppVersion, &dimensions.app_version),
        (TextMember::Channel, &dimensions.channel),
        (TextMember::Model, &dimensions.device_type),
        (TextMember::Make, &dimensions.make),
        (TextMember::Model, &dimensions.model),
        (TextMember::Platform, &dimensions.platform),
        (TextMember::Country, &dimensions.country),
    ] {
        if let Some(dimension) = dimension {
            clauses.push(Clause::Text(member, TextTest::new(member, dimension)));
        }
    }
    clauses.extend(
        dimensions
            .gps_point
            .map(|point| Clause::Near(Circle::new(&point))),
    );
    clauses.extend(
        dimensions
            .recency
            .map(|recency| Clause::Since(Since::new(recency, now))),
    );
    clauses
}

impl Clause<'_> {
    pub(crate) fn holds(&self, endpoint: &Endpoint) -> bool {
        match self {
            Self::Attribute(name, test) => test.holds(values(endpoint.attributes.get(*name))),
            Self::UserAttribute(name, test) => {
                test.holds(values(endpoint.user_attributes.get(*name)))
            }
            Self::Metric(name, dimension) => endpoint
                .metrics
                .get(*name)
                .is_some_and(|value| compares(*value, dimension.comparison, dimension.value)),
            Self::Text(member, test) => test.holds(member.of(endpoint)),
            Self::Near(circle) => {
                Place::of(&endpoint.location).is_some_and(|place| circle.holds(place))
            }
            Self::Since(since) => since.holds(endpoint.last_active),
        }
    }
}

fn values(list: Option<&Vec<String>>) -> impl Iterator<Item = &str> + Clone {
    list.into_iter().flatten().map(String::as_str)
}

/// Whether `value` stands in the relation to `bound`; not a number stands in none
/// (`docs/spec/audience.md §10.3`).
pub(crate) fn compares(value: f64, comparison: Comparison, bound: f64) -> bool {
    match comparison {
        Comparison::GreaterThan => value > bound,
        Comparison::LessThan => value < bound,
        Comparison::GreaterThanOrEqual => value >= bound,
        Comparison::LessThanOrEqual => value <= bound,
        Comparison::Equal => value == bound,
    }
}

impl Since {
    fn new(recency: Recency, now: Timestamp) -> Self {
        Self {
            from: now.minus(HOUR * recency.hours),
            active: recency.kind == RecencyKind::Active,
        }
    }

    pub(crate) fn holds(self, last_active: Option<Timestamp>) -> bool {
        last_active.is_some_and(|at| at >= self.from) == self.active
    }
}
