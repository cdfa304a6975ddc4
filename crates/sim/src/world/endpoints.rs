//! The store's endpoints, with a point before and after each write, and with ordinals far apart.
//!
//! A run is cut into batches by the upper half of ordinals, so that only audiences of more than
//! 65,536 would have several batches, and several workers. Here neighbours are spread: inner
//! ordinal `n` appears as number `n / spread` of range `n % spread`.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use audience::ResolvedSegment;
use clock::{Clock, Timestamp};
use model::{
    AppId, ChannelType, Endpoint, EndpointId, EndpointSet, ImportedMembers, Ordinal, SegmentId,
    UserId,
};
use store::{
    ApplyMode, AttributeKind, AudienceCounts, EndpointWrite, Endpoints, Refusal, StoreError,
    WriteContext, Written,
};

const READ: &str = "read endpoints";
const WRITE: &str = "write endpoints";

pub(super) struct Spread {
    pub inner: Arc<dyn Endpoints>,
    pub clock: Clock,
    /// Over how many ranges, at least 1.
    pub ranges: u32,
}

impl Spread {
    fn outer(&self, inner: Ordinal) -> Ordinal {
        (inner % self.ranges) << 16 | (inner / self.ranges)
    }

    fn inner(&self, outer: Ordinal) -> Ordinal {
        (outer & 0xffff) * self.ranges + (outer >> 16)
    }

    fn outer_set(&self, set: &EndpointSet) -> EndpointSet {
        set.iter().map(|ordinal| self.outer(ordinal)).collect()
    }

    fn inner_set(&self, set: &EndpointSet) -> EndpointSet {
        set.iter().map(|ordinal| self.inner(ordinal)).collect()
    }

    fn inner_list(&self, ordinals: &[Ordinal]) -> Vec<Ordinal> {
        ordinals
            .iter()
            .map(|ordinal| self.inner(*ordinal))
            .collect()
    }

    fn shown(&self, mut endpoint: Endpoint) -> Endpoint {
        endpoint.ordinal = self.outer(endpoint.ordinal);
        endpoint
    }

    fn all_shown<I: IntoIterator<Item = Endpoint>>(&self, endpoints: I) -> Vec<Endpoint> {
        endpoints.into_iter().map(|it| self.shown(it)).collect()
    }

    fn each_shown(&self, endpoints: Vec<Option<Endpoint>>) -> Vec<Option<Endpoint>> {
        let shown = |endpoint: Option<Endpoint>| endpoint.map(|it| self.shown(it));
        endpoints.into_iter().map(shown).collect()
    }

    fn inner_segment(&self, segment: &ResolvedSegment) -> ResolvedSegment {
        let mut segment = segment.clone();
        match &mut segment {
            ResolvedSegment::Imported { members, .. } => {
                members.endpoints = self.inner_set(&members.endpoints);
                members.snapshots = self.inner_set(&members.snapshots);
            }
            ResolvedSegment::Groups { groups, .. } => {
                for source in groups.iter_mut().flat_map(|group| &mut group.sources) {
                    **source = self.inner_segment(source);
                }
            }
        }
        segment
    }
}

#[async_trait]
impl Endpoints for Spread {
    async fn apply(
        &self,
        app: &AppId,
        writes: Vec<EndpointWrite>,
        mode: ApplyMode,
        context: &WriteContext,
    ) -> Result<Vec<Result<Written, Refusal>>, StoreError> {
        let applying = self.inner.apply(app, writes, mode, context);
        let mut applied = self.clock.elsewhere(WRITE, applying).await?;
        for written in applied.iter_mut().flatten() {
            written.ordinal = self.outer(written.ordinal);
        }
        Ok(applied)
    }

    async fn get(&self, app: &AppId, id: &EndpointId) -> Result<Option<Endpoint>, StoreError> {
        let getting = self.inner.get(app, id);
        let found = self.clock.elsewhere(READ, getting).await?;
        Ok(found.map(|endpoint| self.shown(endpoint)))
    }

    async fn by_address(&self, app: &AppId, address: &str) -> Result<Vec<Endpoint>, StoreError> {
        let finding = self.inner.by_address(app, address);
        let found = self.clock.elsewhere(READ, finding).await?;
        Ok(self.all_shown(found))
    }

    async fn load(
        &self,
        app: &AppId,
        ordinals: &[Ordinal],
    ) -> Result<Vec<Option<Endpoint>>, StoreError> {
        let ordinals = self.inner_list(ordinals);
        let loading = self.inner.load(app, &ordinals);
        let loaded = self.clock.elsewhere(READ, loading).await?;
        Ok(self.each_shown(loaded))
    }

    async fn ordinals(
        &self,
        app: &AppId,
        ids: &[EndpointId],
        reserve: bool,
    ) -> Result<Vec<Option<Ordinal>>, StoreError> {
        let asking = self.inner.ordinals(app, ids, reserve);
        let found = self.clock.elsewhere(READ, asking).await?;
        let shown = |ordinal: Option<Ordinal>| ordinal.map(|it| self.outer(it));
        Ok(found.into_iter().map(shown).collect())
    }

    async fn delete(&self, app: &AppId, ids: &[EndpointId]) -> Result<Vec<Endpoint>, StoreError> {
        let deleting = self.inner.delete(app, ids);
        let deleted = self.clock.elsewhere(WRITE, deleting).await?;
        Ok(self.all_shown(deleted))
    }

    async fn delete_user(&self, app: &AppId, user: &UserId) -> Result<Vec<Endpoint>, StoreError> {
        let deleting = self.inner.delete_user(app, user);
        let deleted = self.clock.elsewhere(WRITE, deleting).await?;
        Ok(self.all_shown(deleted))
    }

    async fn user(&self, app: &AppId, user: &UserId) -> Result<Vec<Endpoint>, StoreError> {
        let found = self
            .clock
            .elsewhere(READ, self.inner.user(app, user))
            .await?;
        Ok(self.all_shown(found))
    }

    async fn touch(
        &self,
        app: &AppId,
        activity: Vec<(Ordinal, Timestamp)>,
    ) -> Result<(), StoreError> {
        let activity = activity.into_iter();
        let activity = activity
            .map(|(ordinal, at)| (self.inner(ordinal), at))
            .collect();
        let touching = self.inner.touch(app, activity);
        self.clock.elsewhere(WRITE, touching).await
    }

    async fn remove_attributes(
        &self,
        app: &AppId,
        kind: AttributeKind,
        patterns: Vec<String>,
    ) -> Result<Vec<String>, StoreError> {
        let removing = self.inner.remove_attributes(app, kind, patterns);
        self.clock.elsewhere(WRITE, removing).await
    }

    async fn attribute_names(
        &self,
        app: &AppId,
        kind: AttributeKind,
    ) -> Result<Vec<String>, StoreError> {
        let reading = self.inner.attribute_names(app, kind);
        self.clock.elsewhere(READ, reading).await
    }

    async fn attribute_values(
        &self,
        app: &AppId,
        kind: AttributeKind,
        name: &str,
        limit: usize,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let reading = self.inner.attribute_values(app, kind, name, limit);
        self.clock.elsewhere(READ, reading).await
    }

    async fn evaluate(
        &self,
        app: &AppId,
        segment: &ResolvedSegment,
        now: Timestamp,
    ) -> Result<EndpointSet, StoreError> {
        let segment = self.inner_segment(segment);
        let evaluating = self.inner.evaluate(app, &segment, now);
        let members = self.clock.elsewhere(READ, evaluating).await?;
        Ok(self.outer_set(&members))
    }

    async fn targetable(
        &self,
        app: &AppId,
        within: &EndpointSet,
    ) -> Result<BTreeMap<ChannelType, u64>, StoreError> {
        let within = self.inner_set(within);
        let counting = self.inner.targetable(app, &within);
        self.clock.elsewhere(READ, counting).await
    }

    async fn scan(
        &self,
        app: &AppId,
        from: Ordinal,
        limit: usize,
    ) -> Result<Vec<Endpoint>, StoreError> {
        let scanning = self.inner.scan(app, 0, usize::MAX);
        let found = self.clock.elsewhere(READ, scanning).await?;
        let mut shown = self.all_shown(found);
        shown.retain(|endpoint| endpoint.ordinal >= from);
        shown.sort_by_key(|endpoint| endpoint.ordinal);
        shown.truncate(limit);
        Ok(shown)
    }

    async fn counts(&self, app: &AppId) -> Result<AudienceCounts, StoreError> {
        self.clock.elsewhere(READ, self.inner.counts(app)).await
    }

    async fn add_members(
        &self,
        app: &AppId,
        segment: &SegmentId,
        version: u32,
        endpoints: EndpointSet,
        users: Vec<UserId>,
        mut snapshots: Vec<Endpoint>,
    ) -> Result<(), StoreError> {
        for snapshot in &mut snapshots {
            snapshot.ordinal = self.inner(snapshot.ordinal);
        }
        let endpoints = self.inner_set(&endpoints);
        let adding = self
            .inner
            .add_members(app, segment, version, endpoints, users, snapshots);
        self.clock.elsewhere(WRITE, adding).await
    }

    async fn members(
        &self,
        app: &AppId,
        segment: &SegmentId,
        version: u32,
    ) -> Result<ImportedMembers, StoreError> {
        let reading = self.inner.members(app, segment, version);
        let mut members = self.clock.elsewhere(READ, reading).await?;
        members.endpoints = self.outer_set(&members.endpoints);
        members.snapshots = self.outer_set(&members.snapshots);
        Ok(members)
    }

    async fn snapshots(
        &self,
        app: &AppId,
        segment: &SegmentId,
        version: u32,
        ordinals: &[Ordinal],
    ) -> Result<Vec<Option<Endpoint>>, StoreError> {
        let ordinals = self.inner_list(ordinals);
        let reading = self.inner.snapshots(app, segment, version, &ordinals);
        let found = self.clock.elsewhere(READ, reading).await?;
        Ok(self.each_shown(found))
    }

    async fn drop_members(&self, app: &AppId, segment: &SegmentId) -> Result<(), StoreError> {
        let dropping = self.inner.drop_members(app, segment);
        self.clock.elsewhere(WRITE, dropping).await
    }

    async fn drop_app(&self, app: &AppId) -> Result<(), StoreError> {
        self.clock.elsewhere(WRITE, self.inner.drop_app(app)).await
    }
}
