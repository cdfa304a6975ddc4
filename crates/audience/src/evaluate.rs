//! The meaning of criteria for one endpoint: the authority that every index follows
//! (`docs/spec/audience.md §10`).

use clock::Timestamp;
use model::{Dimensions, Endpoint, Quantifier};

use crate::{ResolvedGroup, ResolvedSegment};

mod clause;
mod event;
mod explain;
mod list;
mod place;
mod text;

pub(crate) use clause::{Clause, Since, clauses, compares};
pub use event::EventMatcher;
pub use explain::{DimensionsAnswer, FacetAnswer, GroupAnswer, Membership, MembershipBy, explain};
pub(crate) use list::{ListTest, instant};
pub(crate) use place::{Circle, Place};
pub(crate) use text::{TextMember, TextTest};

/// Dimensions prepared for asking many endpoints.
#[derive(Debug)]
pub struct Matcher<'a> {
    clauses: Vec<Clause<'a>>,
}

impl<'a> Matcher<'a> {
    /// Prepares `dimensions` for the instant `now`.
    #[must_use]
    pub fn new(dimensions: &'a Dimensions, now: Timestamp) -> Self {
        Self {
            clauses: clauses(dimensions, now),
        }
    }

    /// Whether every facet holds for `endpoint`; no facet holds for everyone.
    #[must_use]
    pub fn matches(&self, endpoint: &Endpoint) -> bool {
        self.clauses.iter().all(|clause| clause.holds(endpoint))
    }
}

/// Whether every facet of `dimensions` holds for `endpoint` at `now`.
#[must_use]
pub fn matches(dimensions: &Dimensions, endpoint: &Endpoint, now: Timestamp) -> bool {
    Matcher::new(dimensions, now).matches(endpoint)
}

/// Whether `endpoint` belongs to `segment` at `now`. `registered` is false for a snapshot of an
/// imported segment, which is no part of the application's endpoints: it can only come in through
/// a source that lists it (`docs/spec/audience.md §10.1, §10.7`).
#[must_use]
pub fn belongs(
    segment: &ResolvedSegment,
    endpoint: &Endpoint,
    registered: bool,
    now: Timestamp,
) -> bool {
    match segment {
        ResolvedSegment::Groups { groups, .. } if groups.is_empty() => registered,
        ResolvedSegment::Groups { include, groups } => {
            let held = groups
                .iter()
                .map(|group| group_holds(group, endpoint, registered, now));
            quantified(*include, registered, held)
        }
        ResolvedSegment::Imported { members, .. } if registered => {
            members.endpoints.contains(endpoint.ordinal)
                || endpoint
                    .user
                    .as_ref()
                    .is_some_and(|user| members.users.contains(user))
        }
        ResolvedSegment::Imported { members, .. } => members.snapshots.contains(endpoint.ordinal),
    }
}

fn group_holds(
    group: &ResolvedGroup,
    endpoint: &Endpoint,
    registered: bool,
    now: Timestamp,
) -> bool {
    let in_sources = if group.sources.is_empty() {
        registered
    } else {
        let held = group
            .sources
            .iter()
            .map(|source| belongs(source, endpoint, registered, now));
        quantified(group.source_type, registered, held)
    };
    in_sources && criteria_hold(group, endpoint, now)
}

/// Whether the criteria of `group` hold, its sources aside.
pub(crate) fn criteria_hold(group: &ResolvedGroup, endpoint: &Endpoint, now: Timestamp) -> bool {
    group.dimensions.is_empty() || {
        let held = group
            .dimensions
            .iter()
            .map(|dimensions| matches(dimensions, endpoint, now));
        quantified(group.dimension_type, true, held)
    }
}

/// All, any or none of `held`; none of a list of sets leaves those of `everyone`.
fn quantified(
    quantifier: Quantifier,
    everyone: bool,
    mut held: impl Iterator<Item = bool>,
) -> bool {
    match quantifier {
        Quantifier::All => held.all(|held| held),
        Quantifier::Any => held.any(|held| held),
        Quantifier::None => everyone && !held.any(|held| held),
    }
}

#[cfg(test)]
mod tests;
