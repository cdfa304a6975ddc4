//! The meaning of criteria for one endpoint: the authority that every index follows
//! (`docs/spec/audience.md §10`).

use clock::Timestamp;
use model::{Dimensions, Endpoint};

use crate::ResolvedSegment;

/// Whether every facet of `dimensions` holds for `endpoint` at `now`.
#[must_use]
pub fn matches(dimensions: &Dimensions, endpoint: &Endpoint, now: Timestamp) -> bool {
    let _ = (dimensions, endpoint, now);
    false
}

/// Whether `endpoint` belongs to `segment` at `now`. `registered` is false for a snapshot of an
/// imported segment, which is no part of the application's endpoints.
#[must_use]
pub fn belongs(
    segment: &ResolvedSegment,
    endpoint: &Endpoint,
    registered: bool,
    now: Timestamp,
) -> bool {
    let _ = (segment, endpoint, registered, now);
    false
}
