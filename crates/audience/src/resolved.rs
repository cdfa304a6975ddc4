//! A segment whose references have been looked up, ready to be evaluated.

use model::{Dimensions, ImportedMembers, Quantifier, SegmentId};

/// A segment with its references resolved (`docs/spec/audience.md §10.1`).
#[derive(Debug, Clone, PartialEq)]
pub enum ResolvedSegment {
    /// Dimensional: groups related by a quantifier; no groups means everyone.
    Groups {
        /// How groups relate.
        include: Quantifier,
        /// The groups.
        groups: Vec<ResolvedGroup>,
    },
    /// A stored list with its members.
    Imported {
        /// The segment, under which snapshots are found.
        id: SegmentId,
        /// The version of the members.
        version: u32,
        /// The members.
        members: ImportedMembers,
    },
}

/// A group with its sources resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedGroup {
    /// How the sources relate.
    pub source_type: Quantifier,
    /// The sources; empty means everyone.
    pub sources: Vec<ResolvedSource>,
    /// How the elements of `dimensions` relate.
    pub dimension_type: Quantifier,
    /// Criteria; empty means everyone.
    pub dimensions: Vec<Dimensions>,
}

/// A source of a group.
pub type ResolvedSource = Box<ResolvedSegment>;
