//! The names of the KPIs and what they mean (`docs/spec/analytics.md §4`).

use crate::question::{Channel, Measure, MessageKind};

/// A KPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kpi {
    /// The name in the path.
    pub name: &'static str,
    /// Whether it is asked of a campaign, a journey or, if neither, the application.
    pub scope: MessageKindScope,
    /// Which messages.
    pub kind: MessageKind,
    /// The channel; absent means every channel.
    pub channel: Option<Channel>,
    /// What is computed.
    pub formula: Formula,
    /// How rows are grouped.
    pub group: KpiGroup,
}

/// Where a KPI is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum MessageKindScope {
    App,
    Campaign,
    Journey,
}

/// What a KPI computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formula {
    /// A measure.
    Count(Measure),
    /// One measure by another.
    Rate(Measure, Measure),
}

/// How the rows of a KPI are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum KpiGroup {
    None,
    Date,
    Campaign,
    CampaignActivity,
}

/// Every KPI.
#[must_use]
pub fn catalogue() -> &'static [Kpi] {
    &[]
}

/// The KPI with this name in this scope.
#[must_use]
pub fn find(scope: MessageKindScope, name: &str) -> Option<&'static Kpi> {
    catalogue()
        .iter()
        .find(|kpi| kpi.scope == scope && kpi.name == name)
}
