//! Reading endpoints, users and segments as of one moment.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;

use audience::{AttributeKind, ResolvedSegment};
use clock::Timestamp;
use model::{
    AppId, Attributes, ChannelType, Endpoint, EndpointId, EndpointSet, ImportedMembers, Ordinal,
    SegmentId, UserId,
};
use store::{AudienceCounts, StoreError, ZoneName, ZoneSets};

use super::apps::App;
use super::core::Core;
use super::load::Scan;
use super::members::{self, Version};
use super::tables::View;

/// Completes an endpoint by the attributes of its user and its reported activity. `users` keeps
/// attributes for the next endpoint.
fn complete(
    view: &View<'_>,
    app: u32,
    mut endpoint: Endpoint,
    users: &mut HashMap<UserId, Attributes>,
) -> Result<Endpoint, StoreError> {
    if let Some(user) = &endpoint.user {
        if !users.contains_key(user) {
            let record = view.user(app, user)?.unwrap_or_default();
            users.insert(user.clone(), record.attributes);
        }
        if let Some(attributes) = users.get(user) {
            endpoint.user_attributes.clone_from(attributes);
        }
    }
    let reported = view.activity(app, endpoint.ordinal)?;
    endpoint.last_active = endpoint.last_active.max(reported);
    Ok(endpoint)
}

fn load_in(
    view: &View<'_>,
    app: &App,
    ordinals: &[Ordinal],
) -> Result<Vec<Option<Endpoint>>, StoreError> {
    let mut users = HashMap::new();
    ordinals
        .iter()
        .map(|ordinal| {
            view.endpoint(app.number, &app.id, *ordinal)?
                .map(|endpoint| complete(view, app.number, endpoint, &mut users))
                .transpose()
        })
        .collect()
}

pub(super) fn get(
    core: &Core,
    app: &AppId,
    id: &EndpointId,
) -> Result<Option<Endpoint>, StoreError> {
    let Some(app) = core.app(app) else {
        return Ok(None);
    };
    core.with_tables(|tables| {
        let view = tables.view();
        match view.ordinal(app.number, &id.key())? {
            Some(ordinal) => Ok(load_in(&view, &app, &[ordinal])?.pop().flatten()),
            None => Ok(None),
        }
    })
}

pub(super) fn load(
    core: &Core,
    app: &AppId,
    ordinals: &[Ordinal],
) -> Result<Vec<Option<Endpoint>>, StoreError> {
    match core.app(app) {
        Some(app) => core.with_tables(|tables| load_in(&tables.view(), &app, ordinals)),
        None => Ok(vec![None; ordinals.len()]),
    }
}

pub(super) fn find(
    core: &Core,
    app: &AppId,
    ids: &[EndpointId],
) -> Result<Vec<Option<Endpoint>>, StoreError> {
    let Some(app) = core.app(app) else {
        return Ok(vec![None; ids.len()]);
    };
    core.with_tables(|tables| {
        let view = tables.view();
        let mut users = HashMap::new();
        ids.iter()
            .map(|id| {
                let Some(ordinal) = view.ordinal(app.number, &id.key())? else {
                    return Ok(None);
                };
                view.endpoint(app.number, &app.id, ordinal)?
                    .map(|endpoint| complete(&view, app.number, endpoint, &mut users))
                    .transpose()
            })
            .collect()
    })
}

pub(super) fn by_address(
    core: &Core,
    app: &AppId,
    address: &str,
) -> Result<Vec<Endpoint>, StoreError> {
    let Some(app) = core.app(app) else {
        return Ok(Vec::new());
    };
    let holders = app.index.read().address_holders(address);
    core.with_tables(|tables| {
        let found = load_in(&tables.view(), &app, &holders)?;
        Ok(found
            .into_iter()
            .flatten()
            .filter(|endpoint| endpoint.address.as_deref() == Some(address))
            .collect())
    })
}

pub(super) fn ordinals(
    core: &Core,
    app: &AppId,
    ids: &[EndpointId],
) -> Result<Vec<Option<Ordinal>>, StoreError> {
    let Some(app) = core.app(app) else {
        return Ok(vec![None; ids.len()]);
    };
    core.with_tables(|tables| {
        let view = tables.view();
        ids.iter()
            .map(|id| view.ordinal(app.number, &id.key()))
            .collect()
    })
}

pub(super) fn user(core: &Core, app: &AppId, user: &UserId) -> Result<Vec<Endpoint>, StoreError> {
    let Some(app) = core.app(app) else {
        return Ok(Vec::new());
    };
    core.with_tables(|tables| {
        let view = tables.view();
        let record = view.user(app.number, user)?.unwrap_or_default();
        let endpoints = load_in(&view, &app, &record.linked)?;
        Ok(endpoints.into_iter().flatten().collect())
    })
}

pub(super) fn scan(
    core: &Core,
    app: &AppId,
    from: Ordinal,
    limit: usize,
) -> Result<Vec<Endpoint>, StoreError> {
    match core.app(app) {
        Some(app) => core.with_tables(|tables| {
            let view = tables.view();
            Scan::new(&view, &app, from).next_chunk(limit)
        }),
        None => Ok(Vec::new()),
    }
}

pub(super) fn evaluate(
    core: &Core,
    app: &AppId,
    segment: &ResolvedSegment,
    now: Timestamp,
) -> Result<EndpointSet, StoreError> {
    let Some(app) = core.app(app) else {
        return Ok(EndpointSet::new());
    };
    core.with_tables(|tables| {
        let view = tables.view();
        let users = |user: &UserId| {
            let record = view.user(app.number, user)?.unwrap_or_default();
            Ok(record.linked)
        };
        let snapshots = |segment: &SegmentId, version: u32, ordinals: &EndpointSet| {
            let version = Version {
                app: app.number,
                segment,
                version,
            };
            ordinals
                .iter()
                .filter_map(|ordinal| {
                    members::read_snapshot(&view, &app.id, version, ordinal).transpose()
                })
                .collect()
        };
        app.index.read().evaluate(segment, now, &users, &snapshots)
    })
}

pub(super) fn members(
    core: &Core,
    app: &AppId,
    segment: &SegmentId,
    version: u32,
) -> Result<ImportedMembers, StoreError> {
    let Some(app) = core.app(app) else {
        return Ok(ImportedMembers::default());
    };
    let version = Version {
        app: app.number,
        segment,
        version,
    };
    core.with_tables(|tables| members::read(&tables.view(), version))
}

pub(super) fn snapshots(
    core: &Core,
    app: &AppId,
    segment: &SegmentId,
    version: u32,
    ordinals: &[Ordinal],
) -> Result<Vec<Option<Endpoint>>, StoreError> {
    let Some(app) = core.app(app) else {
        return Ok(vec![None; ordinals.len()]);
    };
    let version = Version {
        app: app.number,
        segment,
        version,
    };
    core.with_tables(|tables| {
        let view = tables.view();
        ordinals
            .iter()
            .map(|ordinal| members::read_snapshot(&view, &app.id, version, *ordinal))
            .collect()
    })
}

pub(super) fn counts(core: &Core, app: &AppId) -> AudienceCounts {
    let Some(app) = core.app(app) else {
        return AudienceCounts::default();
    };
    let index = app.index.read();
    AudienceCounts {
        endpoints: index.live().len(),
        users: app.users.load(Ordering::Relaxed),
        targetable: index.targetable(),
    }
}

pub(super) fn targetable(
    core: &Core,
    app: &AppId,
    within: &EndpointSet,
) -> BTreeMap<ChannelType, u64> {
    core.app(app).map_or_else(BTreeMap::new, |app| {
        app.index.read().targetable_within(within)
    })
}

/// Looks members up in parts, each under a hold of the index of its own.
pub(super) fn by_zone(
    core: &Core,
    app: &AppId,
    within: &EndpointSet,
    normal: ZoneName,
) -> ZoneSets {
    let mut found = ZoneSets::default();
    let Some(app) = core.app(app) else {
        found.unregistered = within.clone();
        return found;
    };
    let mut rest = within.iter().peekable();
    while let Some(upper) = rest.peek().map(|ordinal| ordinal >> 16) {
        let together = std::iter::from_fn(|| rest.next_if(|ordinal| ordinal >> 16 == upper));
        let part: EndpointSet = together.collect();
        found.absorb(app.index.read().by_zone(&part, &normal));
    }
    found
}

pub(super) fn attribute_names(core: &Core, app: &AppId, kind: AttributeKind) -> Vec<String> {
    core.app(app).map_or_else(Vec::new, |app| {
        let registry = app.registry.read();
        registry.names(kind).map(str::to_owned).collect()
    })
}

pub(super) fn attribute_values(
    core: &Core,
    app: &AppId,
    kind: AttributeKind,
    name: &str,
    limit: usize,
) -> Vec<(String, u64)> {
    core.app(app).map_or_else(Vec::new, |app| {
        app.index.read().attribute_values(kind, name, limit)
    })
}
