//! Members that are not registered: snapshots of imported segments
//! (`docs/spec/audience.md §10.7`).

use clock::Timestamp;
use model::{Endpoint, EndpointSet, Quantifier, SegmentId};

use crate::evaluate::criteria_hold;
use crate::{ResolvedGroup, ResolvedSegment};

/// Snapshots loaded at a time.
const LOAD_MAX: usize = 1024;

/// Yields those snapshots of a version of an imported segment that the set names.
pub(super) type Load<'a, E> =
    dyn Fn(&SegmentId, u32, &EndpointSet) -> Result<Vec<Endpoint>, E> + 'a;

/// Where snapshots come from. One of a registered endpoint does not count: the endpoint does.
pub(super) struct Snapshots<'a, E> {
    pub(super) live: &'a EndpointSet,
    pub(super) now: Timestamp,
    pub(super) load: &'a Load<'a, E>,
}

impl<E> Snapshots<'_, E> {
    /// The snapshots that belong to `segment`. None of them is in the set of all endpoints, so an
    /// empty list of sources, or none of a list, yields none.
    pub(super) fn members(&self, segment: &ResolvedSegment) -> Result<EndpointSet, E> {
        match segment {
            ResolvedSegment::Groups { include, groups } => {
                self.quantified(*include, groups, |group| self.of_group(group))
            }
            ResolvedSegment::Imported { members, .. } => Ok(&members.snapshots - self.live),
        }
    }

    fn of_group(&self, group: &ResolvedGroup) -> Result<EndpointSet, E> {
        let candidates = self.quantified(group.source_type, &group.sources, |source| {
            self.members(source)
        })?;
        if group.dimensions.is_empty() {
            return Ok(candidates);
        }
        let mut left = candidates;
        let mut found = EndpointSet::new();
        for source in &group.sources {
            self.test(source, group, &mut left, &mut found)?;
        }
        Ok(found)
    }

    fn quantified<T>(
        &self,
        quantifier: Quantifier,
        parts: &[T],
        members: impl Fn(&T) -> Result<EndpointSet, E>,
    ) -> Result<EndpointSet, E> {
        let mut sets = parts.iter().map(members);
        match (quantifier, sets.next()) {
            (Quantifier::None, _) | (_, None) => Ok(EndpointSet::new()),
            (Quantifier::All, Some(first)) => sets.try_fold(first?, |all, next| Ok(all & next?)),
            (Quantifier::Any, Some(first)) => sets.try_fold(first?, |any, next| Ok(any | next?)),
        }
    }

    /// Moves those of `left` that have a snapshot under `source` and meet the criteria of `group`
    /// to `found`, and drops the others that have one.
    fn test(
        &self,
        source: &ResolvedSegment,
        group: &ResolvedGroup,
        left: &mut EndpointSet,
        found: &mut EndpointSet,
    ) -> Result<(), E> {
        match source {
            ResolvedSegment::Groups { groups, .. } => {
                for source in groups.iter().flat_map(|group| &group.sources) {
                    self.test(source, group, left, found)?;
                }
            }
            ResolvedSegment::Imported {
                id,
                version,
                members,
            } => {
                let here = &members.snapshots & &*left;
                *left -= &here;
                let mut ordinals = here.iter();
                loop {
                    let batch: EndpointSet = ordinals.by_ref().take(LOAD_MAX).collect();
                    if batch.is_empty() {
                        break;
                    }
                    for snapshot in (self.load)(id, *version, &batch)? {
                        if batch.contains(snapshot.ordinal)
                            && criteria_hold(group, &snapshot, self.now)
                        {
                            found.insert(snapshot.ordinal);
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
