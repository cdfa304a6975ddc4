//! A segment as operations on the columns of an index.

use clock::Timestamp;
use model::{Dimensions, EndpointSet, Ordinal, Quantifier, UserId};

use super::Index;
use super::lane_test::{LaneTest, Picked};
use crate::evaluate::{Clause, ListTest, Place, clauses};
use crate::{ResolvedGroup, ResolvedSegment};

/// A set of endpoints, to be computed chunk by chunk.
#[derive(Debug)]
pub(super) enum Plan<'a> {
    Everyone,
    Nobody,
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Test(LaneTest<'a>),
    Set(EndpointSet),
}

/// The plan of `segment` for registered endpoints (`docs/spec/audience.md §10.1`).
pub(super) fn plan<'a, E>(
    index: &'a Index,
    segment: &ResolvedSegment,
    now: Timestamp,
    users: &dyn Fn(&UserId) -> Result<Vec<Ordinal>, E>,
) -> Result<Plan<'a>, E> {
    match segment {
        ResolvedSegment::Groups { include, groups } => {
            let mut parts = Vec::with_capacity(groups.len());
            for group in groups {
                parts.push(of_group(index, group, now, users)?);
            }
            Ok(quantified(*include, parts))
        }
        ResolvedSegment::Imported { members, .. } => {
            let mut set = members.endpoints.clone();
            for user in &members.users {
                set.extend(users(user)?);
            }
            Ok(Plan::Set(set))
        }
    }
}

fn of_group<'a, E>(
    index: &'a Index,
    group: &ResolvedGroup,
    now: Timestamp,
    users: &dyn Fn(&UserId) -> Result<Vec<Ordinal>, E>,
) -> Result<Plan<'a>, E> {
    let mut sources = Vec::with_capacity(group.sources.len());
    for source in &group.sources {
        sources.push(plan(index, source, now, users)?);
    }
    let elements = group
        .dimensions
        .iter()
        .map(|dimensions| of_dimensions(index, dimensions, now))
        .collect();
    Ok(all(vec![
        quantified(group.source_type, sources),
        quantified(group.dimension_type, elements),
    ]))
}

/// An empty list is everyone, whatever the quantifier.
fn quantified(quantifier: Quantifier, parts: Vec<Plan<'_>>) -> Plan<'_> {
    if parts.is_empty() {
        return Plan::Everyone;
    }
    match quantifier {
        Quantifier::All => all(parts),
        Quantifier::Any => any(parts),
        Quantifier::None => match any(parts) {
            Plan::Everyone => Plan::Nobody,
            Plan::Nobody => Plan::Everyone,
            part => Plan::Not(Box::new(part)),
        },
    }
}

fn all(parts: Vec<Plan<'_>>) -> Plan<'_> {
    let mut kept = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Plan::Nobody => return Plan::Nobody,
            Plan::Everyone => {}
            Plan::All(parts) => kept.extend(parts),
            part => kept.push(part),
        }
    }
    match kept.len() {
        0 => Plan::Everyone,
        1 => kept.remove(0),
        _ => Plan::All(kept),
    }
}

fn any(parts: Vec<Plan<'_>>) -> Plan<'_> {
    let mut kept = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Plan::Everyone => return Plan::Everyone,
            Plan::Nobody => {}
            Plan::Any(parts) => kept.extend(parts),
            part => kept.push(part),
        }
    }
    match kept.len() {
        0 => Plan::Nobody,
        1 => kept.remove(0),
        _ => Plan::Any(kept),
    }
}

/// Every facet, the rarest first.
fn of_dimensions<'a>(index: &'a Index, dimensions: &Dimensions, now: Timestamp) -> Plan<'a> {
    let live = index.live.len();
    let mut tests: Vec<(u64, Plan<'a>)> = clauses(dimensions, now)
        .iter()
        .map(|clause| match of_clause(index, clause) {
            Plan::Test(test) => {
                let passing = test.passing(live);
                match passing {
                    0 if test.is_counted() => (0, Plan::Nobody),
                    _ if passing == live && test.is_counted() => (live, Plan::Everyone),
                    _ => (passing, Plan::Test(test)),
                }
            }
            other => (0, other),
        })
        .collect();
    tests.sort_by_key(|(passing, _)| *passing);
    all(tests.into_iter().map(|(_, plan)| plan).collect())
}

fn of_clause<'a>(index: &'a Index, clause: &Clause<'_>) -> Plan<'a> {
    let test = match clause {
        Clause::Attribute(name, test) => match index.attributes.get(name) {
            Some(column) => LaneTest::Code(column.test(test)),
            None => return of_missing(test),
        },
        Clause::UserAttribute(name, test) => match index.user_attributes.get(name) {
            Some(column) => LaneTest::Code(column.test(test)),
            None => return of_missing(test),
        },
        Clause::Metric(name, dimension) => match index.metrics.get(*name) {
            Some(column) => LaneTest::Number(column, dimension.comparison, dimension.value),
            None => return Plan::Nobody,
        },
        Clause::Text(member, test) => {
            let column = &index.texts[*member as usize];
            let inverted = test.holds(None);
            let codes = column.pick(|value| {
                let value = std::str::from_utf8(value).expect("only text is entered");
                test.holds(Some(value)) != inverted
            });
            LaneTest::Code(column.test(Picked { codes, inverted }))
        }
        Clause::Near(circle) => {
            let codes = index.places.pick(|value| {
                let bytes = value.try_into().expect("places have four bytes");
                circle.holds(Place::from_bytes(bytes))
            });
            LaneTest::Code(index.places.test(Picked {
                codes,
                inverted: false,
            }))
        }
        Clause::Since(since) => LaneTest::Since(&index.activity, *since),
    };
    Plan::Test(test)
}

/// The test of an attribute that no endpoint has.
fn of_missing<'a>(test: &ListTest<'_>) -> Plan<'a> {
    if test.holds(std::iter::empty()) {
        Plan::Everyone
    } else {
        Plan::Nobody
    }
}
