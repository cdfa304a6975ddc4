//! Whether the segments that criteria build on exist and end somewhere.

use model::{Group, SegmentCriteria, SegmentId, SegmentRef};

use super::references;
use crate::Violation;
use crate::merge::invalid;

/// References that a segment may lead to, counting each path by itself.
const PATHS_MAX: usize = 1000;
/// References that may stand one behind another.
const DEPTH_MAX: usize = 32;

const SOURCES: &str = "SegmentGroups.Groups.SourceSegments";

/// Whether the segments that `criteria` refer to exist, are mixed as they may be, and do not lead
/// back to `id`. `find` yields the criteria of a reference; the caller has loaded them, following
/// [`references`].
///
/// # Errors
/// A reference leads nowhere or back, a group mixes an imported source with others, or there are
/// more than 1,000 references or 32 levels of them.
pub fn check_references<'a>(
    id: &SegmentId,
    criteria: &'a SegmentCriteria,
    find: &dyn Fn(&SegmentRef) -> Option<&'a SegmentCriteria>,
) -> Result<(), Violation> {
    if let SegmentCriteria::Groups { groups, .. } = criteria {
        for group in groups {
            check_mixture(group, find)?;
        }
    }
    let mut open: Vec<(&SegmentRef, usize)> = references(criteria).map(|next| (next, 1)).collect();
    let mut paths = 0;
    while let Some((reference, depth)) = open.pop() {
        paths += 1;
        if paths > PATHS_MAX || depth > DEPTH_MAX {
            return Err(invalid(SOURCES, "too many segments build on one another"));
        }
        if reference.id == *id {
            return Err(invalid(SOURCES, format!("segment {id} includes itself")));
        }
        let found = find(reference).ok_or_else(|| missing(reference))?;
        open.extend(references(found).map(|next| (next, depth + 1)));
    }
    Ok(())
}

/// Many dimensional sources, or exactly one imported.
fn check_mixture<'a>(
    group: &Group,
    find: &dyn Fn(&SegmentRef) -> Option<&'a SegmentCriteria>,
) -> Result<(), Violation> {
    for reference in &group.sources {
        let criteria = find(reference).ok_or_else(|| missing(reference))?;
        if matches!(criteria, SegmentCriteria::Imported(_)) && group.sources.len() > 1 {
            let problem = "an imported segment must be the only source of its group";
            return Err(invalid(SOURCES, problem));
        }
    }
    Ok(())
}

fn missing(reference: &SegmentRef) -> Violation {
    let problem = match reference.version {
        Some(version) => format!("segment {} has no version {version}", reference.id),
        None => format!("segment {} does not exist", reference.id),
    };
    invalid(SOURCES, problem)
}
