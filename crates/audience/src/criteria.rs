//! Whether criteria make sense, asked when they are written (`docs/spec/audience.md §9.2`).

use model::{Dimensions, SegmentCriteria, SegmentRef};

use crate::Violation;
use crate::merge::invalid;

mod dimension;
mod event;
mod reference;

pub use event::validate_event;
pub use reference::check_references;

/// Dimensions in a segment.
const DIMENSIONS_MAX: usize = 100;
/// Values in all dimensions of a segment.
const VALUES_MAX: usize = 100;

/// Whether `criteria` keep the limits and have every value that they need.
///
/// # Errors
/// The first member that does not.
pub fn validate(criteria: &SegmentCriteria) -> Result<(), Violation> {
    let mut count = Count::default();
    match criteria {
        SegmentCriteria::Everyone | SegmentCriteria::Imported(_) => {}
        SegmentCriteria::Dimensions(dimensions) => {
            dimension::check("Dimensions", dimensions)?;
            count.add(dimensions);
        }
        SegmentCriteria::Groups { groups, .. } => {
            for (g, group) in groups.iter().enumerate() {
                for (d, dimensions) in group.dimensions.iter().enumerate() {
                    let path = format!("SegmentGroups.Groups[{g}].Dimensions[{d}]");
                    dimension::check(&path, dimensions)?;
                    count.add(dimensions);
                }
            }
        }
    }
    count.check()
}

/// The segments that `criteria` refer to directly.
pub fn references(criteria: &SegmentCriteria) -> impl Iterator<Item = &SegmentRef> {
    let groups = match criteria {
        SegmentCriteria::Groups { groups, .. } => groups.as_slice(),
        _ => &[],
    };
    groups.iter().flat_map(|group| &group.sources)
}

/// How much a segment holds.
#[derive(Default)]
struct Count {
    dimensions: usize,
    values: usize,
}

impl Count {
    fn add(&mut self, dimensions: &Dimensions) {
        for attribute in dimension::attributes(dimensions) {
            self.dimensions += 1;
            self.values += attribute.2.values.len();
        }
        for (_, set) in dimension::sets(dimensions) {
            self.dimensions += 1;
            self.values += set.values.len();
        }
        self.dimensions += dimensions.metrics.len()
            + usize::from(dimensions.recency.is_some())
            + usize::from(dimensions.gps_point.is_some());
    }

    fn check(&self) -> Result<(), Violation> {
        if self.dimensions > DIMENSIONS_MAX {
            let found = self.dimensions;
            let problem = format!("at most {DIMENSIONS_MAX} dimensions, found {found}");
            return Err(invalid("Dimensions", problem));
        }
        if self.values > VALUES_MAX {
            let found = self.values;
            let problem = format!("at most {VALUES_MAX} values in all dimensions, found {found}");
            return Err(invalid("Values", problem));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
