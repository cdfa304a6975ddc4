//! Who: the rules of endpoints, users and segments.
//!
//! Belongs: merging a write into an endpoint, what a segment means, the evaluator of one endpoint
//! and the columnar index over many, the row formats of import and export.
//! Elsewhere: where endpoints are kept (`store`), when jobs run (`engine`).
//!
//! A writer applies an update in this order, so that the first broken rule is the one that the
//! caller hears of (`docs/spec/audience.md §6.4`): [`Registry::filter`] → [`merge`] →
//! [`Registry::admit`] → project the user's attributes with [`user::merge_attributes`] →
//! [`check_size`] → [`user::admit`] if the link is new → [`takeover::displaces`] for the holders of
//! the address.

mod country;
pub mod criteria;
pub mod evaluate;
mod index;
mod limits;
mod merge;
mod registry;
mod resolved;
pub mod rows;
pub mod takeover;
pub mod user;
mod violation;

pub use index::{Index, TargetableCounts, ZoneSets};
pub use limits::EndpointLimits;
pub use merge::{MergeContext, NewEndpoint, check_size, merge, validate_id, validate_user_id};
pub use registry::{AttributeKind, Registry};
pub use resolved::{ResolvedGroup, ResolvedSegment, ResolvedSource};
pub use violation::Violation;
