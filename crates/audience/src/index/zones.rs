//! Endpoints by the zone that they name.

use std::collections::{BTreeMap, HashMap};

use model::EndpointSet;

use super::Index;
use super::codes::MISSING;

/// Endpoints by zone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ZoneSets {
    /// Those in each zone, by its normal name.
    pub zones: BTreeMap<String, EndpointSet>,
    /// Those that name no zone, or none that exists.
    pub without: EndpointSet,
    /// Those that are not registered.
    pub unregistered: EndpointSet,
}

impl ZoneSets {
    /// Adds everything in `other`.
    pub fn absorb(&mut self, other: Self) {
        for (zone, members) in other.zones {
            *self.zones.entry(zone).or_default() |= members;
        }
        self.without |= other.without;
        self.unregistered |= other.unregistered;
    }
}

impl Index {
    /// The endpoints of `within` by `Demographic.Timezone`. `normal` yields the normal name of a
    /// zone, `None` for one that does not exist, and is asked once for each different text.
    #[must_use]
    pub fn by_zone(
        &self,
        within: &EndpointSet,
        normal: &dyn Fn(&str) -> Option<String>,
    ) -> ZoneSets {
        let registered = within & &self.live;
        let mut by_code: HashMap<u32, EndpointSet> = HashMap::new();
        for ordinal in &registered {
            let code = self.zones.code(ordinal);
            by_code.entry(code).or_default().insert(ordinal);
        }
        let mut found = ZoneSets {
            unregistered: within - &registered,
            ..ZoneSets::default()
        };
        for (code, members) in by_code {
            let text = (code != MISSING).then(|| self.zones.dictionary().value(code));
            let zone = text
                .and_then(|bytes| std::str::from_utf8(bytes).ok())
                .and_then(normal);
            match zone {
                Some(zone) => *found.zones.entry(zone).or_default() |= members,
                None => found.without |= members,
            }
        }
        found
    }
}
