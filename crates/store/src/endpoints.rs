//! Endpoints and users, and the sets they form.

use std::collections::BTreeMap;

use async_trait::async_trait;
pub use audience::{AttributeKind, ZoneSets};
use audience::{ResolvedSegment, Violation};
use clock::Timestamp;
use model::{
    AppId, ChannelType, Endpoint, EndpointId, EndpointSet, EndpointStatus, EndpointUpdate,
    ImportedMembers, OptOut, Ordinal, SegmentId, UserId,
};

use crate::StoreError;

/// A change to one endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointWrite {
    /// Which endpoint; created if it is not there.
    pub id: EndpointId,
    /// What changes.
    pub update: EndpointUpdate,
}

/// Who writes, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteContext {
    /// The instant of the write.
    pub now: Timestamp,
    /// The request, used where the update names none.
    pub request_id: String,
    /// Through which door the write came.
    pub origin: WriteOrigin,
}

/// Through which door a write came; it decides what counts as activity
/// (`docs/spec/audience.md §10.6`) and which values are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteOrigin {
    /// UpdateEndpoint, a batch, or PutEvents.
    Client,
    /// An import job: a new endpoint needs a channel and an address, an update counts as activity
    /// only if it carries its date.
    Import,
}

/// Whether one refusal refuses all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplyMode {
    /// The first refusal refuses the whole call and nothing is applied.
    AllOrNothing,
    /// Each write stands for itself.
    Each,
}

/// Why a write was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{violation}")]
pub struct Refusal {
    /// Position in the call, from 0.
    pub index: usize,
    /// The rule that it breaks.
    pub violation: Violation,
}

/// An applied write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The endpoint.
    pub ordinal: Ordinal,
    /// Whether the write created it.
    pub created: bool,
}

/// How many endpoints an application has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AudienceCounts {
    /// All endpoints.
    pub endpoints: u64,
    /// Users with at least one endpoint.
    pub users: u64,
    /// Endpoints that a campaign would send to (`docs/spec/analytics.md §8.1`), by channel.
    pub targetable: BTreeMap<ChannelType, u64>,
}

/// The normal name of a zone of the tz database; `None` for one that does not exist.
pub type ZoneName = fn(&str) -> Option<String>;

/// Endpoints and users.
///
/// A write is durable and visible to every read and every set when it returns.
#[async_trait]
pub trait Endpoints: Send + Sync {
    /// Applies `writes` in order, by the rules of `docs/spec/audience.md §6–7`. The outer error is
    /// a failure of the store; the inner ones are refusals of content. Under
    /// [`ApplyMode::AllOrNothing`] the first refusal is repeated for nobody: the vector then holds
    /// exactly that one error. Calls of one origin take effect in the order in which they are first
    /// polled, also when nobody waits for one before making the next.
    ///
    /// # Errors
    /// The backend failed or the disk is full; nothing was applied.
    async fn apply(
        &self,
        app: &AppId,
        writes: Vec<EndpointWrite>,
        mode: ApplyMode,
        context: &WriteContext,
    ) -> Result<Vec<Result<Written, Refusal>>, StoreError>;

    /// The endpoint with this identifier, in any casing.
    ///
    /// # Errors
    /// The backend failed.
    async fn get(&self, app: &AppId, id: &EndpointId) -> Result<Option<Endpoint>, StoreError>;

    /// The endpoints with these identifiers, in any casing, in order; `None` where there is none. A
    /// backend may read all of them at one moment.
    ///
    /// # Errors
    /// The backend failed.
    async fn find(
        &self,
        app: &AppId,
        ids: &[EndpointId],
    ) -> Result<Vec<Option<Endpoint>>, StoreError> {
        let ordinals = self.ordinals(app, ids, false).await?;
        let known: Vec<Ordinal> = ordinals.iter().flatten().copied().collect();
        let mut loaded = self.load(app, &known).await?.into_iter();
        Ok(ordinals
            .into_iter()
            .map(|ordinal| ordinal.and_then(|_| loaded.next().flatten()))
            .collect())
    }

    /// Active endpoints with exactly this address, on any channel. A backend with an index answers
    /// from it; this reads every endpoint.
    ///
    /// # Errors
    /// The backend failed.
    async fn by_address(&self, app: &AppId, address: &str) -> Result<Vec<Endpoint>, StoreError> {
        let (mut found, mut from) = (Vec::new(), 0);
        loop {
            let read = self.scan(app, from, 1024).await?;
            let Some(last) = read.last() else {
                return Ok(found);
            };
            from = last.ordinal.saturating_add(1);
            found.extend(read.into_iter().filter(|endpoint| {
                endpoint.status == EndpointStatus::Active
                    && endpoint.address.as_deref() == Some(address)
            }));
        }
    }

    /// The endpoints with these ordinals, in order; `None` where there is none now.
    ///
    /// # Errors
    /// The backend failed.
    async fn load(
        &self,
        app: &AppId,
        ordinals: &[Ordinal],
    ) -> Result<Vec<Option<Endpoint>>, StoreError>;

    /// The ordinals of these identifiers. With `reserve`, an identifier never seen gets one;
    /// without, it yields `None`.
    ///
    /// # Errors
    /// The backend failed.
    async fn ordinals(
        &self,
        app: &AppId,
        ids: &[EndpointId],
        reserve: bool,
    ) -> Result<Vec<Option<Ordinal>>, StoreError>;

    /// Deletes endpoints; returns those that were there. Their snapshots in imported segments go
    /// too (`docs/spec/audience.md §6.6`).
    ///
    /// # Errors
    /// The backend failed.
    async fn delete(&self, app: &AppId, ids: &[EndpointId]) -> Result<Vec<Endpoint>, StoreError>;

    /// Deletes every endpoint of a user and erases the user's snapshots in imported segments
    /// (`docs/spec/audience.md §6.6, §7.1`); returns the endpoints that were there.
    ///
    /// # Errors
    /// The backend failed.
    async fn delete_user(&self, app: &AppId, user: &UserId) -> Result<Vec<Endpoint>, StoreError>;

    /// The endpoints linked to a user; empty if there is no such user.
    ///
    /// # Errors
    /// The backend failed.
    async fn user(&self, app: &AppId, user: &UserId) -> Result<Vec<Endpoint>, StoreError>;

    /// Records activity reported by events: (endpoint, instant); older instants change nothing.
    ///
    /// # Errors
    /// The backend failed.
    async fn touch(
        &self,
        app: &AppId,
        activity: Vec<(Ordinal, Timestamp)>,
    ) -> Result<(), StoreError>;

    /// Removes names from a register, by exact name or glob; returns the names that remain, sorted
    /// (`docs/spec/audience.md §8`).
    ///
    /// # Errors
    /// [`StoreError::Refused`] if a pattern is not valid or there are too many; the backend failed.
    async fn remove_attributes(
        &self,
        app: &AppId,
        kind: AttributeKind,
        patterns: Vec<String>,
    ) -> Result<Vec<String>, StoreError>;

    /// The names in a register, sorted.
    ///
    /// # Errors
    /// The backend failed.
    async fn attribute_names(
        &self,
        app: &AppId,
        kind: AttributeKind,
    ) -> Result<Vec<String>, StoreError>;

    /// The most frequent values of an attribute, with the number of endpoints that have each.
    ///
    /// # Errors
    /// The backend failed.
    async fn attribute_values(
        &self,
        app: &AppId,
        kind: AttributeKind,
        name: &str,
        limit: usize,
    ) -> Result<Vec<(String, u64)>, StoreError>;

    /// The members of a segment at `now`, whatever their status or opt-out
    /// (`docs/spec/audience.md §10`).
    ///
    /// # Errors
    /// The backend failed.
    async fn evaluate(
        &self,
        app: &AppId,
        segment: &ResolvedSegment,
        now: Timestamp,
    ) -> Result<EndpointSet, StoreError>;

    /// How many endpoints of `within` a campaign would send to (`docs/spec/analytics.md §8.1`), by
    /// channel. A backend with an index answers from it; this answers by reading each endpoint.
    ///
    /// # Errors
    /// The backend failed.
    async fn targetable(
        &self,
        app: &AppId,
        within: &EndpointSet,
    ) -> Result<BTreeMap<ChannelType, u64>, StoreError> {
        let mut counts = BTreeMap::new();
        let mut ordinals = within.iter();
        loop {
            let chunk: Vec<Ordinal> = ordinals.by_ref().take(1024).collect();
            if chunk.is_empty() {
                return Ok(counts);
            }
            for endpoint in self.load(app, &chunk).await?.into_iter().flatten() {
                let reached = endpoint.status == EndpointStatus::Active
                    && endpoint.opt_out == OptOut::None
                    && endpoint.address.is_some();
                if let Some(channel) = endpoint.channel.filter(|_| reached) {
                    *counts.entry(channel).or_default() += 1;
                }
            }
        }
    }

    /// The endpoints of `within` by the zone that they name. Endpoints of a
    /// chunk are seen as of one moment. A backend with an index answers from it; this answers by
    /// reading each endpoint.
    ///
    /// # Errors
    /// The backend failed.
    async fn by_zone(
        &self,
        app: &AppId,
        within: &EndpointSet,
        normal: ZoneName,
    ) -> Result<ZoneSets, StoreError> {
        let mut found = ZoneSets::default();
        let mut ordinals = within.iter();
        loop {
            let chunk: Vec<Ordinal> = ordinals.by_ref().take(1024).collect();
            if chunk.is_empty() {
                return Ok(found);
            }
            let loaded = self.load(app, &chunk).await?;
            for (ordinal, endpoint) in chunk.into_iter().zip(loaded) {
                let Some(endpoint) = endpoint else {
                    found.unregistered.insert(ordinal);
                    continue;
                };
                match endpoint.demographic.timezone.as_deref().and_then(normal) {
                    Some(zone) => found.zones.entry(zone).or_default().insert(ordinal),
                    None => found.without.insert(ordinal),
                };
            }
        }
    }

    /// Endpoints with an ordinal at or above `from`, ascending, at most `limit`.
    ///
    /// # Errors
    /// The backend failed.
    async fn scan(
        &self,
        app: &AppId,
        from: Ordinal,
        limit: usize,
    ) -> Result<Vec<Endpoint>, StoreError>;

    /// How many endpoints the application has.
    ///
    /// # Errors
    /// The backend failed.
    async fn counts(&self, app: &AppId) -> Result<AudienceCounts, StoreError>;

    /// Adds to the members of a version of an imported segment; `snapshots` are definitions of
    /// endpoints that are not registered, whose ordinals were reserved before.
    ///
    /// # Errors
    /// The backend failed.
    async fn add_members(
        &self,
        app: &AppId,
        segment: &SegmentId,
        version: u32,
        endpoints: EndpointSet,
        users: Vec<UserId>,
        snapshots: Vec<Endpoint>,
    ) -> Result<(), StoreError>;

    /// The members of a version of an imported segment, as they were added.
    ///
    /// # Errors
    /// The backend failed.
    async fn members(
        &self,
        app: &AppId,
        segment: &SegmentId,
        version: u32,
    ) -> Result<ImportedMembers, StoreError>;

    /// Snapshots of a version of an imported segment, in the order of `ordinals`; `None` where
    /// there is none.
    ///
    /// # Errors
    /// The backend failed.
    async fn snapshots(
        &self,
        app: &AppId,
        segment: &SegmentId,
        version: u32,
        ordinals: &[Ordinal],
    ) -> Result<Vec<Option<Endpoint>>, StoreError>;

    /// Forgets the members of every version of an imported segment.
    ///
    /// # Errors
    /// The backend failed.
    async fn drop_members(&self, app: &AppId, segment: &SegmentId) -> Result<(), StoreError>;

    /// Forgets everything of an application.
    ///
    /// # Errors
    /// The backend failed.
    async fn drop_app(&self, app: &AppId) -> Result<(), StoreError>;
}
