//! Looks up what a segment refers to, and says how many it holds.

use std::collections::{BTreeMap, HashSet};

use audience::{ResolvedGroup, ResolvedSegment};
use clock::Timestamp;
use futures::future::BoxFuture;
use model::{
    AppId, ChannelType, Endpoint, EndpointSet, Group, Ordinal, Quantifier, Segment,
    SegmentCriteria, SegmentId, SegmentRef,
};
use store::{SegmentVersion, Store, StoreError, version_id, version_parent};

/// How deep references between segments may go.
pub const DEPTH_MAX: usize = 20;
/// How many references one resolution may follow in all.
pub const REFERENCES_MAX: usize = 1_000;

/// A segment that cannot be resolved.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// A reference leads to no segment, or to no such version.
    #[error("segment {id}{} does not exist", version.map(|v| format!(" version {v}")).unwrap_or_default())]
    Vanished {
        /// The segment that is referred to.
        id: SegmentId,
        /// The version that is referred to; absent means the latest.
        version: Option<u32>,
    },
    /// The segment includes itself.
    #[error("segment {0} includes itself")]
    Cycle(SegmentId),
    /// References go deeper than [`DEPTH_MAX`].
    #[error("segment references go deeper than {DEPTH_MAX} levels")]
    TooDeep,
    /// There are more than [`REFERENCES_MAX`] references in all.
    #[error("a segment may follow at most {REFERENCES_MAX} references")]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many endpoints a segment holds at one instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SegmentSize {
    /// All members, whatever their status.
    pub endpoints: u64,
    /// Members that a campaign would send to, by channel.
    pub targetable: BTreeMap<ChannelType, u64>,
}

/// The version of segment `id` that `version` names; absent means the latest.
///
/// # Errors
/// The store failed.
pub async fn find(
    store: &Store,
    app: &AppId,
    id: &SegmentId,
    version: Option<u32>,
) -> Result<Option<Segment>, StoreError> {
    let latest = store.of::<Segment>().get(app.as_str(), id.as_str()).await?;
    let Some(latest) = latest else {
        return Ok(None);
    };
    match version {
        None => Ok(Some(latest.value)),
        Some(version) if version == latest.version => Ok(Some(latest.value)),
        Some(version) => Ok(store
            .of::<SegmentVersion>()
            .get(
                &version_parent(app.as_str(), id.as_str()),
                &version_id(version),
            )
            .await?
            .map(|stored| stored.value.0)),
    }
}

/// Resolves the segment behind `reference`, with everything that it refers to.
///
/// # Errors
/// A reference is vanished, circular or too deep; or the store failed.
pub async fn resolve(
    store: &Store,
    app: &AppId,
    reference: &SegmentRef,
) -> Result<ResolvedSegment, ResolveError> {
    Resolver::new(store, app).reference(reference).await
}

/// Resolves criteria that are not stored (yet), with everything that they refer to. `own` is the
/// segment that they are to belong to, so that a reference back to it is a cycle.
///
/// # Errors
/// A reference is vanished, circular or too deep; or the store failed.
pub async fn resolve_criteria(
    store: &Store,
    app: &AppId,
    criteria: &SegmentCriteria,
    own: Option<&SegmentId>,
) -> Result<ResolvedSegment, ResolveError> {
    let mut resolver = Resolver::new(store, app);
    resolver.path.extend(own.cloned());
    let own = own
        .cloned()
        .unwrap_or_else(|| SegmentId::new(String::new()));
    resolver.criteria(&own, criteria).await
}

/// The members of `segment` at `now`.
///
/// # Errors
/// The store failed.
pub async fn members(
    store: &Store,
    app: &AppId,
    segment: &ResolvedSegment,
    now: Timestamp,
) -> Result<EndpointSet, StoreError> {
    store.endpoints.evaluate(app, segment, now).await
}

/// How many endpoints `segment` holds at `now`, and how many of them a campaign would reach: active,
/// welcoming, with a channel and an address (`docs/spec/analytics.md §8.1`).
///
/// # Errors
/// The store failed.
pub async fn size(
    store: &Store,
    app: &AppId,
    segment: &ResolvedSegment,
    now: Timestamp,
) -> Result<SegmentSize, StoreError> {
    let members = members(store, app, segment, now).await?;
    Ok(SegmentSize {
        endpoints: members.len(),
        targetable: store.endpoints.targetable(app, &members).await?,
    })
}

/// The stored lists in `segment` that hold snapshots: segment and number of its members.
#[must_use]
pub fn snapshot_sources(segment: &ResolvedSegment) -> Vec<(SegmentId, u32)> {
    let mut sources = Vec::new();
    add_snapshot_sources(segment, &mut sources);
    sources
}

fn add_snapshot_sources(segment: &ResolvedSegment, sources: &mut Vec<(SegmentId, u32)>) {
    match segment {
        ResolvedSegment::Imported {
            id,
            version,
            members,
        } => {
            let source = (id.clone(), *version);
            if !members.snapshots.is_empty() && !sources.contains(&source) {
                sources.push(source);
            }
        }
        ResolvedSegment::Groups { groups, .. } => {
            for source in groups.iter().flat_map(|group| &group.sources) {
                add_snapshot_sources(source, sources);
            }
        }
    }
}

/// The endpoints with these ordinals, in order: registered ones, else their snapshots in the
/// stored lists `sources` (`docs/spec/audience.md §10.7`); `None` where there is neither now.
///
/// # Errors
/// The store failed.
pub async fn load(
    store: &Store,
    app: &AppId,
    sources: &[(SegmentId, u32)],
    ordinals: &[Ordinal],
) -> Result<Vec<Option<Endpoint>>, StoreError> {
    let mut endpoints = store.endpoints.load(app, ordinals).await?;
    for (segment, version) in sources {
        let missing: Vec<usize> = (0..endpoints.len())
            .filter(|i| endpoints[*i].is_none())
            .collect();
        if missing.is_empty() {
            break;
        }
        let wanted: Vec<Ordinal> = missing.iter().map(|i| ordinals[*i]).collect();
        let snapshots = &store.endpoints;
        let found = snapshots.snapshots(app, segment, *version, &wanted).await?;
        for (i, snapshot) in missing.into_iter().zip(found) {
            endpoints[i] = snapshot;
        }
    }
    Ok(endpoints)
}

/// Walks references depth first.
struct Resolver<'a> {
    store: &'a Store,
    app: &'a AppId,
    /// Segments between the root and here.
    path: HashSet<SegmentId>,
    depth: usize,
    followed: usize,
}

impl<'a> Resolver<'a> {
    fn new(store: &'a Store, app: &'a AppId) -> Self {
        Self {
            store,
            app,
            path: HashSet::new(),
            depth: 0,
            followed: 0,
        }
    }

    fn reference<'s>(
        &'s mut self,
        reference: &'s SegmentRef,
    ) -> BoxFuture<'s, Result<ResolvedSegment, ResolveError>> {
        Box::pin(async move {
            self.followed += 1;
            if self.followed > REFERENCES_MAX {
                return Err(ResolveError::TooMany);
            }
            if self.depth >= DEPTH_MAX {
                return Err(ResolveError::TooDeep);
            }
            if !self.path.insert(reference.id.clone()) {
                return Err(ResolveError::Cycle(reference.id.clone()));
            }
            let segment = find(self.store, self.app, &reference.id, reference.version)
                .await?
                .ok_or_else(|| ResolveError::Vanished {
                    id: reference.id.clone(),
                    version: reference.version,
                })?;
            self.depth += 1;
            let resolved = self.criteria(&segment.id, &segment.criteria).await?;
            self.depth -= 1;
            self.path.remove(&reference.id);
            Ok(resolved)
        })
    }

    async fn criteria(
        &mut self,
        id: &SegmentId,
        criteria: &SegmentCriteria,
    ) -> Result<ResolvedSegment, ResolveError> {
        let include = Quantifier::All;
        match criteria {
            SegmentCriteria::Everyone => Ok(ResolvedSegment::Groups {
                include,
                groups: Vec::new(),
            }),
            SegmentCriteria::Dimensions(dimensions) => Ok(ResolvedSegment::Groups {
                include,
                groups: vec![ResolvedGroup {
                    source_type: Quantifier::All,
                    sources: Vec::new(),
                    dimension_type: Quantifier::All,
                    dimensions: vec![(**dimensions).clone()],
                }],
            }),
            SegmentCriteria::Groups { include, groups } => {
                let mut resolved = Vec::with_capacity(groups.len());
                for group in groups {
                    resolved.push(self.group(group).await?);
                }
                Ok(ResolvedSegment::Groups {
                    include: include.unwrap_or(Quantifier::All),
                    groups: resolved,
                })
            }
            SegmentCriteria::Imported(import) => Ok(ResolvedSegment::Imported {
                id: id.clone(),
                version: import.members_version,
                members: self
                    .store
                    .endpoints
                    .members(self.app, id, import.members_version)
                    .await?,
            }),
        }
    }

    async fn group(&mut self, group: &Group) -> Result<ResolvedGroup, ResolveError> {
        let mut sources = Vec::with_capacity(group.sources.len());
        for source in &group.sources {
            sources.push(Box::new(self.reference(source).await?));
        }
        Ok(ResolvedGroup {
            source_type: group.source_type.unwrap_or(Quantifier::All),
            sources,
            dimension_type: group.dimension_type.unwrap_or(Quantifier::All),
            dimensions: group.dimensions.clone(),
        })
    }
}
