//! Whether criteria make sense, asked when they are written (`docs/spec/audience.md §9.2`).

use model::{SegmentCriteria, SegmentId, SegmentRef};

use crate::Violation;

/// Whether `criteria` keep the limits and have every value that they need.
///
/// # Errors
/// The first member that does not.
pub fn validate(criteria: &SegmentCriteria) -> Result<(), Violation> {
    let _ = criteria;
    Ok(())
}

/// The segments that `criteria` refer to directly.
pub fn references(criteria: &SegmentCriteria) -> impl Iterator<Item = &SegmentRef> {
    let groups = match criteria {
        SegmentCriteria::Groups { groups, .. } => groups.as_slice(),
        _ => &[],
    };
    groups.iter().flat_map(|group| &group.sources)
}

/// Whether the segments that `criteria` refer to exist, are mixed as they may be, and do not lead
/// back to `id`. `find` yields the criteria of a reference; the caller has loaded them, following
/// [`references`].
///
/// # Errors
/// A reference leads nowhere or back, or a group mixes an imported source with others.
pub fn check_references<'a>(
    id: &SegmentId,
    criteria: &'a SegmentCriteria,
    find: &dyn Fn(&SegmentRef) -> Option<&'a SegmentCriteria>,
) -> Result<(), Violation> {
    let _ = (id, criteria, find);
    Ok(())
}
