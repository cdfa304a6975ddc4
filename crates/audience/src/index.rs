//! The endpoints of one application as columns, answering segments as sets.
//!
//! Belongs: one column per attribute, metric and member that criteria look at, the pass over them,
//! and what else is asked of all endpoints at once: counts by channel, frequent values, holders of
//! an address, members by zone.
//! Elsewhere: what criteria mean (`evaluate`, whose leaf tests are the ones used here), the
//! endpoints themselves (the store).

use std::collections::BTreeMap;

use clock::Timestamp;
use model::{ChannelType, Endpoint, EndpointSet, EndpointStatus, Metrics, OptOut, Ordinal, UserId};

use crate::evaluate::{Place, TextMember};
use crate::{AttributeKind, ResolvedSegment};

mod address;
mod coded;
mod codes;
mod columns;
mod dictionary;
mod frequency;
mod lane_test;
mod lanes;
mod list;
mod numbers;
mod plan;
mod scan;
mod snapshot;
mod zones;

use address::Addresses;
use coded::Coded;
use columns::ListColumns;
use lanes::Lanes;
use numbers::Numbers;
pub use zones::ZoneSets;

/// Endpoints that a campaign would send to, by channel (`docs/spec/analytics.md §8.1`).
pub type TargetableCounts = BTreeMap<ChannelType, u64>;

/// Endpoints of one chunk: every column is cut in chunks, which are the units of growth, of the
/// width of codes, and of work in a scan. A Roaring container covers as many.
const CHUNK: usize = 65_536;
/// Endpoints in one word of a mask.
const LANES: usize = 64;
/// Words of the mask of one chunk.
const WORDS: usize = CHUNK / LANES;

/// One bit for each endpoint of a chunk.
type Mask = [u64; WORDS];

/// The columns of one application.
///
/// Reading takes `&self` and may be shared among threads; the owner puts a lock around it. Memory
/// follows the endpoints: values that no endpoint has any more are given up, and so are columns.
#[derive(Debug)]
pub struct Index {
    live: EndpointSet,
    /// `live` again, as bits.
    live_words: Vec<u64>,
    attributes: ListColumns,
    user_attributes: ListColumns,
    metrics: BTreeMap<String, Numbers>,
    texts: [Coded; TextMember::COUNT],
    places: Coded,
    zones: Coded,
    activity: Lanes<i64>,
    addresses: Addresses,
    targetable: EndpointSet,
    targetable_counts: TargetableCounts,
}

/// The activity of an endpoint that never was active.
const NEVER: i64 = i64::MIN;

impl Default for Index {
    fn default() -> Self {
        Self {
            live: EndpointSet::new(),
            live_words: Vec::new(),
            attributes: ListColumns::default(),
            user_attributes: ListColumns::default(),
            metrics: BTreeMap::new(),
            texts: std::array::from_fn(|_| Coded::default()),
            places: Coded::default(),
            zones: Coded::default(),
            activity: Lanes::new(NEVER),
            addresses: Addresses::default(),
            targetable: EndpointSet::new(),
            targetable_counts: TargetableCounts::new(),
        }
    }
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
        let ordinal = endpoint.ordinal;
        self.live.insert(ordinal);
        set_bit(&mut self.live_words, ordinal);
        self.count(ordinal, Some(endpoint));
        self.attributes.set(ordinal, &endpoint.attributes);
        self.user_attributes.set(ordinal, &endpoint.user_attributes);
        self.set_metrics(ordinal, &endpoint.metrics);
        for member in TextMember::ALL {
            let key = member.of(endpoint).map(str::as_bytes);
            self.texts[member as usize].set(ordinal, key);
        }
        let place = Place::of(&endpoint.location).map(Place::to_bytes);
        self.places
            .set(ordinal, place.as_ref().map(|bytes| &bytes[..]));
        let zone = endpoint.demographic.timezone.as_deref();
        self.zones.set(ordinal, zone.map(str::as_bytes));
        let activity = endpoint.last_active.map_or(NEVER, Timestamp::as_millis);
        self.activity.set(ordinal, activity);
        let address = endpoint
            .address
            .as_deref()
            .filter(|_| endpoint.status == EndpointStatus::Active);
        self.addresses.set(ordinal, address);
    }

    /// Forgets an endpoint.
    pub fn remove(&mut self, ordinal: Ordinal) {
        if !self.live.remove(ordinal) {
            return;
        }
        clear_bit(&mut self.live_words, ordinal);
        self.count(ordinal, None);
        self.attributes.clear(ordinal);
        self.user_attributes.clear(ordinal);
        self.set_metrics(ordinal, &Metrics::new());
        for column in &mut self.texts {
            column.set(ordinal, None);
        }
        self.places.set(ordinal, None);
        self.zones.set(ordinal, None);
        self.activity.set(ordinal, NEVER);
        self.addresses.set(ordinal, None);
    }

    /// Notes that an endpoint was active; an older instant, or an unknown endpoint, changes
    /// nothing.
    pub fn touch(&mut self, ordinal: Ordinal, at: Timestamp) {
        if self.live.contains(ordinal) && self.activity.get(ordinal) < at.as_millis() {
            self.activity.set(ordinal, at.as_millis());
        }
    }

    /// The endpoints of the application.
    #[must_use]
    pub const fn live(&self) -> &EndpointSet {
        &self.live
    }

    /// The members of `segment` at `now`, whatever their status or opt-out.
    ///
    /// `users` yields the endpoints of a user; `snapshots` those snapshots of a version of an
    /// imported segment that the set names (at most 1,024 at a time). Where several sources of a
    /// group hold a snapshot of one endpoint, the first source's is asked.
    ///
    /// # Errors
    /// What `users` or `snapshots` failed with.
    pub fn evaluate<E>(
        &self,
        segment: &ResolvedSegment,
        now: Timestamp,
        users: &dyn Fn(&UserId) -> Result<Vec<Ordinal>, E>,
        snapshots: &snapshot::Load<'_, E>,
    ) -> Result<EndpointSet, E> {
        let plan = plan::plan(self, segment, now, users)?;
        let registered = scan::scan(&self.live_words, &plan);
        let outside = snapshot::Snapshots {
            live: &self.live,
            now,
            load: snapshots,
        };
        Ok(registered | outside.members(segment)?)
    }

    /// The endpoints that a campaign would send to, by channel.
    #[must_use]
    pub fn targetable(&self) -> TargetableCounts {
        self.targetable_counts.clone()
    }

    /// The endpoints of `within` that a campaign would send to, by channel.
    #[must_use]
    pub fn targetable_within(&self, within: &EndpointSet) -> TargetableCounts {
        if within.is_superset(&self.targetable) {
            return self.targetable();
        }
        let channels = &self.texts[TextMember::Channel as usize];
        let mut counts: Vec<(&[u8], u64)> = Vec::new();
        for ordinal in within & &self.targetable {
            let Some(word) = channels.get(ordinal) else {
                continue;
            };
            match counts.iter_mut().find(|(known, _)| *known == word) {
                Some((_, count)) => *count += 1,
                None => counts.push((word, 1)),
            }
        }
        counts
            .into_iter()
            .filter_map(|(word, count)| {
                let channel = ChannelType::parse(std::str::from_utf8(word).ok()?)?;
                Some((channel, count))
            })
            .collect()
    }

    /// The most frequent values of an attribute, with the number of endpoints that have each; at
    /// most `limit`, the most frequent first, equals in order of the text.
    ///
    /// Of a metric with very many values, only the first 65,536 met are counted.
    #[must_use]
    pub fn attribute_values(
        &self,
        kind: AttributeKind,
        name: &str,
        limit: usize,
    ) -> Vec<(String, u64)> {
        match kind {
            AttributeKind::Attributes => self.attributes.frequencies(name, limit),
            AttributeKind::UserAttributes => self.user_attributes.frequencies(name, limit),
            AttributeKind::Metrics => self
                .metrics
                .get(name)
                .map(|column| frequency::of_numbers(column, limit))
                .unwrap_or_default(),
        }
    }

    /// The active endpoints that may have this address, on any channel: a superset, found by hash.
    /// The caller loads them and asks [`crate::takeover::displaces`].
    #[must_use]
    pub fn address_holders(&self, address: &str) -> Vec<Ordinal> {
        self.addresses.holders(address)
    }

    /// Bytes that the index occupies, about.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let metrics: usize = self.metrics.values().map(Numbers::memory_bytes).sum();
        let texts: usize = self.texts.iter().map(Coded::memory_bytes).sum();
        self.live.serialized_size()
            + self.live_words.capacity() * size_of::<u64>()
            + self.attributes.memory_bytes()
            + self.user_attributes.memory_bytes()
            + metrics
            + texts
            + self.places.memory_bytes()
            + self.zones.memory_bytes()
            + self.activity.memory_bytes()
            + self.addresses.memory_bytes()
            + self.targetable.serialized_size()
    }

    fn set_metrics(&mut self, ordinal: Ordinal, metrics: &Metrics) {
        for (name, column) in &mut self.metrics {
            column.set(ordinal, metrics.get(name).copied());
        }
        for (name, value) in metrics {
            if !self.metrics.contains_key(name) {
                let mut column = Numbers::default();
                column.set(ordinal, Some(*value));
                self.metrics.insert(name.clone(), column);
            }
        }
        self.metrics.retain(|_, column| !column.is_empty());
    }

    /// Keeps the counts of targetable endpoints. The channel column still holds the old channel.
    fn count(&mut self, ordinal: Ordinal, next: Option<&Endpoint>) {
        if self.targetable.remove(ordinal)
            && let Some(channel) = self.channel(ordinal)
            && let Some(count) = self.targetable_counts.get_mut(&channel)
        {
            *count -= 1;
            if *count == 0 {
                self.targetable_counts.remove(&channel);
            }
        }
        if let Some(channel) = next.and_then(targetable_on) {
            self.targetable.insert(ordinal);
            *self.targetable_counts.entry(channel).or_default() += 1;
        }
    }

    fn channel(&self, ordinal: Ordinal) -> Option<ChannelType> {
        let word = self.texts[TextMember::Channel as usize].get(ordinal)?;
        ChannelType::parse(std::str::from_utf8(word).ok()?)
    }
}

/// The channel on which a campaign would send to `endpoint`.
fn targetable_on(endpoint: &Endpoint) -> Option<ChannelType> {
    let reachable = endpoint.status == EndpointStatus::Active
        && endpoint.opt_out == OptOut::None
        && endpoint.address.is_some();
    endpoint
        .channel
        .filter(|channel| reachable && *channel != ChannelType::Push)
}

fn set_bit(words: &mut Vec<u64>, ordinal: Ordinal) {
    let at = ordinal as usize / LANES;
    if at >= words.len() {
        words.resize(at + 1, 0);
    }
    words[at] |= 1 << (ordinal as usize % LANES);
}

fn clear_bit(words: &mut [u64], ordinal: Ordinal) {
    if let Some(word) = words.get_mut(ordinal as usize / LANES) {
        *word &= !(1 << (ordinal as usize % LANES));
    }
}

#[cfg(test)]
mod tests;
