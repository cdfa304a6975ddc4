//! Segments: who.

use std::collections::BTreeMap;

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AppId, ChannelType, EndpointSet, JobFormat, SegmentId, Tags, UserId};

/// One version of a segment (`docs/spec/audience.md §9`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// The application.
    pub app: AppId,
    /// The identifier.
    pub id: SegmentId,
    /// A name for people; nameless segments are hidden in the console.
    pub name: Option<String>,
    /// Who belongs.
    pub criteria: SegmentCriteria,
    /// Starts at 1, plus one per update.
    pub version: u32,
    /// Labels.
    pub tags: Tags,
    /// When the segment was created.
    pub created: Timestamp,
    /// When this version was written.
    pub modified: Timestamp,
}

/// Who belongs to a segment, in the form in which it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SegmentCriteria {
    /// No criteria: every endpoint of the application.
    Everyone,
    /// One set of dimensions.
    Dimensions(Box<Dimensions>),
    /// Groups, related by a quantifier.
    Groups {
        /// How groups relate; absent means all.
        include: Option<Quantifier>,
        /// The groups.
        groups: Vec<Group>,
    },
    /// A stored list.
    Imported(SegmentImport),
}

/// All, any or none of a list (`docs/spec/audience.md §10.1`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Quantifier {
    All,
    Any,
    None,
}

/// Source segments and dimensions, intersected.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Segments that the group starts from; empty means everyone.
    pub sources: Vec<SegmentRef>,
    /// How the sources relate; absent means all.
    pub source_type: Option<Quantifier>,
    /// Criteria; empty means everyone.
    pub dimensions: Vec<Dimensions>,
    /// How the elements of `dimensions` relate; absent means all.
    pub dimension_type: Option<Quantifier>,
}

/// A reference to a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRef {
    /// The segment.
    pub id: SegmentId,
    /// The version; absent means the latest at evaluation.
    pub version: Option<u32>,
}

/// Facets that must all hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the field's own words")]
pub struct Dimensions {
    pub attributes: BTreeMap<String, AttributeDimension>,
    pub user_attributes: BTreeMap<String, AttributeDimension>,
    pub metrics: BTreeMap<String, MetricDimension>,
    pub recency: Option<Recency>,
    pub app_version: Option<SetDimension>,
    pub channel: Option<SetDimension>,
    pub device_type: Option<SetDimension>,
    pub make: Option<SetDimension>,
    pub model: Option<SetDimension>,
    pub platform: Option<SetDimension>,
    pub country: Option<SetDimension>,
    pub gps_point: Option<GpsPoint>,
}

/// A test of an attribute's values (`docs/spec/audience.md §10.2`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeDimension {
    /// The operator; absent means inclusive.
    pub operator: Option<AttributeOperator>,
    /// The values to compare with, at least one.
    pub values: Vec<String>,
}

/// How attribute values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words are the reference's own")]
pub enum AttributeOperator {
    Inclusive,
    Exclusive,
    Contains,
    Before,
    After,
    On,
    Between,
    NotBetween,
}

/// A test of a metric; a missing metric never passes (`docs/spec/audience.md §10.3`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MetricDimension {
    /// How.
    pub comparison: Comparison,
    /// With what.
    pub value: f64,
}

/// A comparison of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Comparison {
    GreaterThan,
    LessThan,
    GreaterThanOrEqual,
    LessThanOrEqual,
    Equal,
}

/// A test of a single value (`docs/spec/audience.md §10.4`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetDimension {
    /// The operator; absent means inclusive.
    pub operator: Option<SetOperator>,
    /// The values to compare with, at least one.
    pub values: Vec<String>,
}

/// Whether a value is wanted or unwanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words are the reference's own")]
pub enum SetOperator {
    Inclusive,
    Exclusive,
}

/// A circle on the globe (`docs/spec/audience.md §10.5`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GpsPoint {
    /// Degrees, −90 to 90.
    pub latitude: f64,
    /// Degrees, −180 to 180.
    pub longitude: f64,
    /// Radius in kilometres; absent means 10.
    pub range_km: Option<f64>,
}

/// Activity within a window up to now (`docs/spec/audience.md §10.6`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recency {
    /// Hours that the window reaches back: 24, 168, 336 or 720.
    pub hours: u32,
    /// Active or inactive in it.
    pub kind: RecencyKind,
}

/// Active or inactive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words are the reference's own")]
pub enum RecencyKind {
    Active,
    Inactive,
}

/// Where an imported segment came from; its members are an [`ImportedMembers`] beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentImport {
    /// Format of the files.
    pub format: JobFormat,
    /// Where the files lay.
    pub s3_url: String,
    /// Stored and echoed.
    pub role_arn: String,
    /// Stored and echoed; deprecated.
    pub external_id: Option<String>,
    /// Successful rows.
    pub size: u64,
    /// Successful rows per channel, user rows excluded.
    pub channel_counts: BTreeMap<ChannelType, u64>,
    /// The number under which the store keeps the members. It belongs to the import, not to the
    /// version of the segment: a new name makes a new version with the same members.
    #[serde(default)]
    pub members_version: u32,
}

/// The members of one version of an imported segment (`docs/spec/audience.md §10.7`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportedMembers {
    /// Endpoints by ordinal, registered or not: an identifier keeps its ordinal for ever.
    pub endpoints: EndpointSet,
    /// Those of `endpoints` that have a snapshot stored with the segment version.
    pub snapshots: EndpointSet,
    /// Users, resolved to their endpoints at use.
    pub users: Vec<UserId>,
}
