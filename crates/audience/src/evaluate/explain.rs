//! Why an endpoint belongs to a segment or not: the evaluator of one endpoint, with its answers
//! kept. Each facet is asked by the same clause as in [`super::matches`].

use clock::Timestamp;
use model::{AttributeOperator, Comparison, Dimensions, Endpoint, Quantifier, SegmentId};

use super::clause::{Clause, clauses};
use super::{ListTest, TextMember, quantified};
use crate::{ResolvedGroup, ResolvedSegment};

/// Values that a facet names at most; the others are counted.
const VALUES_MAX: usize = 10;

/// How an endpoint stands to a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Whether it belongs.
    pub belongs: bool,
    /// What decides.
    pub by: MembershipBy,
}

/// What decides about membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MembershipBy {
    /// Being an endpoint of the application.
    Everyone,
    /// A stored list.
    List {
        /// The segment that holds it.
        segment: SegmentId,
        /// Whether the endpoint itself, or its user, is listed.
        listed: bool,
    },
    /// Groups.
    Groups {
        /// How they relate.
        include: Quantifier,
        /// Each of them, in order.
        groups: Vec<GroupAnswer>,
    },
}

/// How an endpoint stands to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupAnswer {
    /// Whether the group holds.
    pub holds: bool,
    /// How its sources relate.
    pub source_type: Quantifier,
    /// Each source, in order.
    pub sources: Vec<Membership>,
    /// How its criteria relate.
    pub dimension_type: Quantifier,
    /// Each element of the criteria, in order.
    pub dimensions: Vec<DimensionsAnswer>,
}

/// How an endpoint stands to one element of a group's criteria: all facets must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DimensionsAnswer {
    /// Whether the element holds.
    pub holds: bool,
    /// Each facet.
    pub facets: Vec<FacetAnswer>,
}

/// How an endpoint stands to a facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetAnswer {
    /// Whether it holds.
    pub holds: bool,
    /// What it looks at, such as `Attributes.tier`.
    pub facet: String,
    /// What it asks, such as `INCLUSIVE`.
    pub operator: &'static str,
    /// What it wants or does not want.
    pub wanted: Vec<String>,
    /// What the endpoint has; empty means nothing.
    pub found: Vec<String>,
}

/// As [`super::belongs`], with the answer to each part.
#[must_use]
pub fn explain(
    segment: &ResolvedSegment,
    endpoint: &Endpoint,
    registered: bool,
    now: Timestamp,
) -> Membership {
    let by = match segment {
        ResolvedSegment::Groups { groups, .. } if groups.is_empty() => MembershipBy::Everyone,
        ResolvedSegment::Groups { include, groups } => MembershipBy::Groups {
            include: *include,
            groups: groups
                .iter()
                .map(|group| explain_group(group, endpoint, registered, now))
                .collect(),
        },
        ResolvedSegment::Imported { id, .. } => MembershipBy::List {
            segment: id.clone(),
            listed: super::belongs(segment, endpoint, registered, now),
        },
    };
    let belongs = match &by {
        MembershipBy::Everyone => registered,
        MembershipBy::List { listed, .. } => *listed,
        MembershipBy::Groups { include, groups } => {
            quantified(*include, registered, groups.iter().map(|group| group.holds))
        }
    };
    Membership { belongs, by }
}

fn explain_group(
    group: &ResolvedGroup,
    endpoint: &Endpoint,
    registered: bool,
    now: Timestamp,
) -> GroupAnswer {
    let sources: Vec<Membership> = group
        .sources
        .iter()
        .map(|source| explain(source, endpoint, registered, now))
        .collect();
    let dimensions: Vec<DimensionsAnswer> = group
        .dimensions
        .iter()
        .map(|dimensions| explain_dimensions(dimensions, endpoint, now))
        .collect();
    let in_sources = if sources.is_empty() {
        registered
    } else {
        let held = sources.iter().map(|source| source.belongs);
        quantified(group.source_type, registered, held)
    };
    let in_dimensions = dimensions.is_empty()
        || quantified(
            group.dimension_type,
            true,
            dimensions.iter().map(|dimensions| dimensions.holds),
        );
    GroupAnswer {
        holds: in_sources && in_dimensions,
        source_type: group.source_type,
        sources,
        dimension_type: group.dimension_type,
        dimensions,
    }
}

fn explain_dimensions(
    dimensions: &Dimensions,
    endpoint: &Endpoint,
    now: Timestamp,
) -> DimensionsAnswer {
    let facets: Vec<FacetAnswer> = clauses(dimensions, now)
        .iter()
        .map(|clause| clause.explain(endpoint))
        .collect();
    DimensionsAnswer {
        holds: facets.iter().all(|facet| facet.holds),
        facets,
    }
}

impl Clause<'_> {
    fn explain(&self, endpoint: &Endpoint) -> FacetAnswer {
        let (facet, operator, wanted, found) = match self {
            Self::Attribute(name, test) => {
                let (operator, wanted) = test.words();
                let found = values(endpoint.attributes.get(*name));
                (format!("Attributes.{name}"), operator, wanted, found)
            }
            Self::UserAttribute(name, test) => {
                let (operator, wanted) = test.words();
                let found = values(endpoint.user_attributes.get(*name));
                (format!("UserAttributes.{name}"), operator, wanted, found)
            }
            Self::Metric(name, dimension) => {
                let found = endpoint.metrics.get(*name).map(f64::to_string);
                (
                    format!("Metrics.{name}"),
                    comparison_word(dimension.comparison),
                    vec![dimension.value.to_string()],
                    found.into_iter().collect(),
                )
            }
            Self::Text(member, test) => {
                let (operator, wanted) = test.words();
                let found = member.of(endpoint).map(str::to_owned);
                let found = found.into_iter().collect();
                (member.path().to_owned(), operator, wanted, found)
            }
            Self::Near(circle) => {
                let place = &endpoint.location;
                let found = place
                    .latitude
                    .zip(place.longitude)
                    .map(|(latitude, longitude)| format!("{latitude}, {longitude}"));
                (
                    "Location.GPSPoint".to_owned(),
                    "WITHIN",
                    vec![circle.words()],
                    found.into_iter().collect(),
                )
            }
            Self::Since(since) => {
                let operator = if since.active { "ACTIVE" } else { "INACTIVE" };
                let found = endpoint.last_active.map(|at| at.to_string());
                (
                    "Behavior.Recency".to_owned(),
                    operator,
                    vec![format!("since {}", since.from)],
                    found.into_iter().collect(),
                )
            }
        };
        FacetAnswer {
            holds: self.holds(endpoint),
            facet,
            operator,
            wanted,
            found,
        }
    }
}

impl ListTest<'_> {
    fn words(&self) -> (&'static str, Vec<String>) {
        let instants = |bounds: &[Timestamp]| bounds.iter().map(Timestamp::to_string).collect();
        let range = |bounds: &Option<(Timestamp, Timestamp)>| match bounds {
            Some((from, to)) => instants(&[*from, *to]),
            None => Vec::new(),
        };
        let (operator, wanted) = match self {
            Self::Inclusive(values) => (AttributeOperator::Inclusive, listed(values)),
            Self::Exclusive(values) => (AttributeOperator::Exclusive, listed(values)),
            Self::Contains(parts) => (AttributeOperator::Contains, listed(parts)),
            Self::Before(bound) => (AttributeOperator::Before, instants(bound.as_slice())),
            Self::After(bound) => (AttributeOperator::After, instants(bound.as_slice())),
            Self::On(days) => {
                let days = days.iter().map(|day| Timestamp::from_utc_day(*day).date());
                (AttributeOperator::On, days.take(VALUES_MAX).collect())
            }
            Self::Between(bounds) => (AttributeOperator::Between, range(bounds)),
            Self::NotBetween(bounds) => (AttributeOperator::NotBetween, range(bounds)),
        };
        (operator_word(operator), wanted)
    }
}

impl TextMember {
    /// The member as criteria name it.
    const fn path(self) -> &'static str {
        match self {
            Self::AppVersion => "Demographic.AppVersion",
            Self::Channel => "Demographic.Channel",
            Self::Country => "Location.Country",
            Self::Make => "Demographic.Make",
            Self::Model => "Demographic.Model",
            Self::Platform => "Demographic.Platform",
        }
    }
}

/// The texts, at most [`VALUES_MAX`] of them, and how many more there are.
pub(super) fn listed<T: AsRef<str>>(values: &[T]) -> Vec<String> {
    let mut shown: Vec<String> = values
        .iter()
        .take(VALUES_MAX)
        .map(|value| value.as_ref().to_owned())
        .collect();
    let rest = values.len().saturating_sub(VALUES_MAX);
    if rest > 0 {
        shown.push(format!("and {rest} more"));
    }
    shown
}

fn values(list: Option<&Vec<String>>) -> Vec<String> {
    list.map(|values| listed(values)).unwrap_or_default()
}

const fn operator_word(operator: AttributeOperator) -> &'static str {
    match operator {
        AttributeOperator::Inclusive => "INCLUSIVE",
        AttributeOperator::Exclusive => "EXCLUSIVE",
        AttributeOperator::Contains => "CONTAINS",
        AttributeOperator::Before => "BEFORE",
        AttributeOperator::After => "AFTER",
        AttributeOperator::On => "ON",
        AttributeOperator::Between => "BETWEEN",
        AttributeOperator::NotBetween => "NOT_BETWEEN",
    }
}

const fn comparison_word(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::GreaterThan => "GREATER_THAN",
        Comparison::LessThan => "LESS_THAN",
        Comparison::GreaterThanOrEqual => "GREATER_THAN_OR_EQUAL",
        Comparison::LessThanOrEqual => "LESS_THAN_OR_EQUAL",
        Comparison::Equal => "EQUAL",
    }
}
