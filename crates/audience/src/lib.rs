//! Who: the rules of endpoints, users and segments.
//!
//! Belongs: merging a write into an endpoint, what a segment means, the evaluator of one endpoint
//! and the columnar index over many, the row formats of import and export.
//! Elsewhere: where endpoints are kept (`store`), when jobs run (`engine`).

mod resolved;
mod violation;

pub use resolved::{ResolvedGroup, ResolvedSegment, ResolvedSource};
pub use violation::Violation;
