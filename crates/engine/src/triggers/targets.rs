//! Whom the events that match reach.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use audience::ResolvedSegment;
use audience::evaluate::belongs;
use channels::suppression::normalize;
use clock::Timestamp;
use model::{AppId, Endpoint, Ordinal, SegmentRef, UserId};
use store::StoreError;

use super::live::Waiting;
use super::matching::{Candidate, Match};
use crate::engine::Shared;
use crate::segments::{self, ResolveError};

/// What events trigger in one campaign.
pub(super) struct Triggered {
    pub waiting: Arc<Waiting>,
    pub reaches: Reaches,
}

pub(super) enum Reaches {
    /// Endpoints in the order of events, each with the instant at which its message is too late.
    Endpoints(Vec<(Ordinal, Timestamp)>),
    /// The segment is gone or broken: the campaign cannot run.
    Nobody(String),
}

/// Finds out whom `candidates` reach now (`docs/spec/campaigns.md §10`).
pub(super) async fn find(
    shared: &Shared,
    candidates: Vec<Candidate>,
) -> Result<Vec<Triggered>, StoreError> {
    let endpoints = reporters(shared, &candidates).await?;
    let mut users: HashMap<(AppId, UserId), Vec<Endpoint>> = HashMap::new();
    let mut all = Vec::with_capacity(candidates.len());
    for Candidate { waiting, events } in candidates {
        let campaign = &waiting.campaign;
        let reference = SegmentRef {
            id: campaign.segment.clone(),
            version: Some(campaign.segment_version),
        };
        let segment = match segments::resolve(&shared.store, &campaign.app, &reference).await {
            Ok(segment) => segment,
            Err(ResolveError::Store(error)) => return Err(error),
            Err(error) => {
                let reaches = Reaches::Nobody(error.to_string());
                all.push(Triggered { waiting, reaches });
                continue;
            }
        };
        let now = shared.clock.now();
        let mut reached = Vec::new();
        for found in &events {
            let Some(reporter) = found
                .event
                .ordinal
                .and_then(|ordinal| endpoints.get(&(campaign.app.clone(), ordinal)))
            else {
                continue;
            };
            let deadline = waiting.deadline(found.event.arrival);
            let others = match &reporter.user {
                Some(user) if !answers(&waiting, reporter) => {
                    let key = (campaign.app.clone(), user.clone());
                    if !users.contains_key(&key) {
                        let found = shared.store.endpoints.user(&campaign.app, user).await?;
                        users.insert(key.clone(), found);
                    }
                    users.get(&key).map_or(&[][..], Vec::as_slice)
                }
                _ => &[],
            };
            let who = whom(&waiting, &segment, found, reporter, others, now);
            reached.extend(who.into_iter().map(|ordinal| (ordinal, deadline)));
        }
        if !reached.is_empty() {
            let reaches = Reaches::Endpoints(reached);
            all.push(Triggered { waiting, reaches });
        }
    }
    Ok(all)
}

/// The endpoints that the events are about, as they are now.
async fn reporters(
    shared: &Shared,
    candidates: &[Candidate],
) -> Result<HashMap<(AppId, Ordinal), Endpoint>, StoreError> {
    let mut wanted: HashMap<AppId, BTreeSet<Ordinal>> = HashMap::new();
    for candidate in candidates {
        let of_app = wanted
            .entry(candidate.waiting.campaign.app.clone())
            .or_default();
        of_app.extend(candidate.events.iter().filter_map(|it| it.event.ordinal));
    }
    let mut endpoints = HashMap::new();
    for (app, ordinals) in wanted {
        let ordinals: Vec<Ordinal> = ordinals.into_iter().collect();
        let loaded = shared.store.endpoints.load(&app, &ordinals).await?;
        for endpoint in loaded.into_iter().flatten() {
            endpoints.insert((app.clone(), endpoint.ordinal), endpoint);
        }
    }
    Ok(endpoints)
}

/// Whether the campaign says something on the channel of `endpoint`.
fn answers(waiting: &Waiting, endpoint: &Endpoint) -> bool {
    let treatment = waiting.treatment(endpoint.cohort);
    endpoint
        .channel
        .is_some_and(|channel| waiting.covers(treatment, channel))
}

/// Whom one event reaches: the endpoint that reported it, if it belongs to the segment; where the
/// campaign says nothing on its channel, the `others` of its user on whose channel it does and who
/// belong, one for each address.
fn whom(
    waiting: &Waiting,
    segment: &ResolvedSegment,
    found: &Match,
    reporter: &Endpoint,
    others: &[Endpoint],
    now: Timestamp,
) -> Vec<Ordinal> {
    let concerned = |endpoint: &Endpoint| {
        found
            .treatments
            .contains(&waiting.treatment(endpoint.cohort))
            && belongs(segment, endpoint, true, now)
    };
    let mut addresses = HashSet::new();
    let mut reached: Vec<Ordinal> = others
        .iter()
        .filter(|other| other.ordinal != reporter.ordinal)
        .filter(|other| answers(waiting, other) && concerned(other))
        .filter(|other| {
            let address = other.address.as_deref().map(normalize);
            addresses.insert((other.channel, address))
        })
        .map(|other| other.ordinal)
        .collect();
    if reached.is_empty() && concerned(reporter) {
        reached.push(reporter.ordinal);
    }
    reached
}
