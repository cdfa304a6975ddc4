//! The turns of a run that sweeps the zones (`docs/spec/campaigns.md §4.1`).

use std::collections::{BTreeMap, HashMap};

use clock::Timestamp;
use model::{AppId, Campaign, Endpoint, EndpointSet, Ordinal, Run, RunZone, SegmentId};
use schedule::{Sweep, ZoneTurn};
use store::{Store, StoreError, ZoneSets};

use crate::segments;

/// Endpoints read at a time.
const LOAD_MAX: usize = 1024;

/// When the turn of each zone comes in one run.
#[derive(Debug, Clone)]
pub(crate) struct ZoneTurns {
    sweep: Sweep,
    /// Those of the zones that had members when the set was frozen.
    frozen: HashMap<String, ZoneTurn>,
}

impl ZoneTurns {
    /// The turns of `run`; `None` if it reaches everybody at once.
    pub(crate) fn of(campaign: &Campaign, run: &Run) -> Option<Self> {
        let schedule = campaign.schedule(run.leader())?;
        let sweep = Sweep::new(schedule, run.scheduled)?;
        let frozen = run.zones.iter().map(|zone| {
            let turn = ZoneTurn {
                fires: zone.fires,
                over: zone.over,
            };
            (zone.name.clone(), turn)
        });
        Some(Self {
            sweep,
            frozen: frozen.collect(),
        })
    }

    /// The turn of `endpoint`'s zone; `None` if it names no zone that exists.
    pub(crate) fn turn(&self, endpoint: &Endpoint) -> Option<ZoneTurn> {
        let zone = endpoint.demographic.timezone.as_deref()?;
        let known = self.frozen.get(zone).copied();
        known.or_else(|| self.sweep.turn(zone))
    }
}

/// A frozen set by turn, and its zones.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    pub zones: Vec<RunZone>,
    /// Members by the instant of their turn; without one those who are decided about at once: they
    /// have no zone, or their zone's clock is past the end by its turn.
    pub parts: BTreeMap<Option<Timestamp>, EndpointSet>,
}

/// Members by zone, as they are now: registered endpoints, else their snapshots in `sources`. Nobody
/// is left over as not registered.
pub(crate) async fn by_zone(
    store: &Store,
    app: &AppId,
    sources: &[(SegmentId, u32)],
    members: &EndpointSet,
) -> Result<ZoneSets, StoreError> {
    let normal = schedule::zone_name;
    let mut found = store.endpoints.by_zone(app, members, normal).await?;
    let outside = std::mem::take(&mut found.unregistered);
    let mut rest = outside.iter();
    loop {
        let chunk: Vec<Ordinal> = rest.by_ref().take(LOAD_MAX).collect();
        if chunk.is_empty() {
            return Ok(found);
        }
        let loaded = segments::load(store, app, sources, &chunk).await?;
        for (ordinal, endpoint) in chunk.into_iter().zip(loaded) {
            let zone = endpoint.and_then(|endpoint| endpoint.demographic.timezone);
            match zone.as_deref().and_then(normal) {
                Some(zone) => found.zones.entry(zone).or_default().insert(ordinal),
                None => found.without.insert(ordinal),
            };
        }
    }
}

/// Parts `members` of `run` by turn, as they are now.
pub(crate) async fn turns(
    store: &Store,
    sweep: &Sweep,
    run: &Run,
    members: &EndpointSet,
) -> Result<Turns, StoreError> {
    let found = by_zone(store, &run.app, &run.snapshots, members).await?;
    let mut turns = Turns::default();
    turns.parts.insert(None, found.without);
    for (name, members) in found.zones {
        let Some(turn) = sweep.turn(&name) else {
            *turns.parts.entry(None).or_default() |= members;
            continue;
        };
        turns.zones.push(RunZone {
            name,
            fires: turn.fires,
            over: turn.over,
            endpoints: members.len(),
        });
        let due = (!turn.over).then_some(turn.fires);
        *turns.parts.entry(due).or_default() |= members;
    }
    Ok(turns)
}
