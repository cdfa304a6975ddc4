//! Which events concern a campaign or a journey.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AttributeDimension, MetricDimension, SetDimension};

/// The events that trigger something (`docs/spec/campaigns.md §10`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventFilter {
    /// What the events say; every part must hold.
    pub dimensions: EventDimensions,
    /// Where the events come from.
    pub source: EventSource,
}

/// Where an event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventSource {
    /// An application reported it.
    Endpoint,
    /// This service produced it.
    System,
}

/// What an event says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EventDimensions {
    /// Its type.
    pub event_type: Option<SetDimension>,
    /// Its attributes by name.
    pub attributes: BTreeMap<String, AttributeDimension>,
    /// Its metrics by name.
    pub metrics: BTreeMap<String, MetricDimension>,
}

impl EventSource {
    /// Every source.
    pub const ALL: [Self; 2] = [Self::Endpoint, Self::System];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Endpoint => "ENDPOINT",
            Self::System => "SYSTEM",
        }
    }
}
