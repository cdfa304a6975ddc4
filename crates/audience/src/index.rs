//! The endpoints of one application as columns, answering segments as sets.

use std::collections::BTreeMap;

use clock::Timestamp;
use model::{ChannelType, Endpoint, EndpointSet, Ordinal, SegmentId, UserId};

use crate::{AttributeKind, ResolvedSegment};

/// Endpoints that a campaign would send to, by channel (`docs/spec/analytics.md §8.1`).
pub type TargetableCounts = BTreeMap<ChannelType, u64>;

/// The columns of one application.
///
/// Reading takes `&self` and may be shared among threads; the owner puts a lock around it.
#[derive(Debug, Default)]
pub struct Index {
    live: EndpointSet,
}

impl Index {
    /// An index without endpoints.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters `endpoint`, with the attributes of its user projected, in place of what was known
    /// under its ordinal.
    pub fn upsert(&mut self, endpoint: &Endpoint) {
        self.live.insert(endpoint.ordinal);
    }

    /// Forgets an endpoint.
    pub fn remove(&mut self, ordinal: Ordinal) {
        self.live.remove(ordinal);
    }

    /// Notes that an endpoint was active; an older instant, or an unknown endpoint, changes
    /// nothing.
    pub fn touch(&mut self, ordinal: Ordinal, at: Timestamp) {
        let _ = (ordinal, at);
    }

    /// The endpoints of the application.
    #[must_use]
    pub const fn live(&self) -> &EndpointSet {
        &self.live
    }

    /// The members of `segment` at `now`, whatever their status or opt-out.
    ///
    /// `users` yields the endpoints of a user; `snapshots` those snapshots of a version of an
    /// imported segment that the set names (at most 1,024 at a time).
    ///
    /// # Errors
    /// What `users` or `snapshots` failed with.
    pub fn evaluate<E>(
        &self,
        segment: &ResolvedSegment,
        now: Timestamp,
        users: &dyn Fn(&UserId) -> Result<Vec<Ordinal>, E>,
        snapshots: &dyn Fn(&SegmentId, u32, &EndpointSet) -> Result<Vec<Endpoint>, E>,
    ) -> Result<EndpointSet, E> {
        let _ = (segment, now, users, snapshots);
        Ok(self.live.clone())
    }

    /// The endpoints that a campaign would send to, by channel.
    #[must_use]
    pub fn targetable(&self) -> TargetableCounts {
        TargetableCounts::new()
    }

    /// The most frequent values of an attribute, with the number of endpoints that have each.
    #[must_use]
    pub fn attribute_values(
        &self,
        kind: AttributeKind,
        name: &str,
        limit: usize,
    ) -> Vec<(String, u64)> {
        let _ = (kind, name, limit);
        Vec::new()
    }

    /// The active endpoints that may have this address, on any channel: a superset, found by hash.
    /// The caller loads them and asks [`crate::takeover::displaces`].
    #[must_use]
    pub fn address_holders(&self, address: &str) -> Vec<Ordinal> {
        let _ = address;
        Vec::new()
    }

    /// Bytes that the index occupies, about.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.live.serialized_size()
    }
}
