//! What the cells of an hour are told apart by.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::Origin;
use serde::{Deserialize, Serialize};

use super::Cell;
use crate::Channel;
use crate::row::Placed;

/// The place of the cell that sums up a whole day, behind its 24 hours.
pub(crate) const DAY: u8 = 24;

/// Series of client events that a day of an application may have: clients choose the types. The
/// rest is counted in series of kind `""`, and questions about types are then answered from rows.
const CLIENT_SERIES_MAX: usize = 2_000;

/// What events of one series have in common. Events of clients are told apart by type alone, but
/// for the openings of messages, because clients choose what else they say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Series {
    pub(crate) kind: String,
    pub(crate) client: bool,
    pub(crate) campaign: Option<String>,
    pub(crate) activity: Option<String>,
    pub(crate) treatment: Option<String>,
    pub(crate) journey: Option<String>,
    pub(crate) channel: Option<String>,
    pub(crate) status: Option<String>,
}

/// A series as an event tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SeriesRef<'a> {
    kind: &'a str,
    client: bool,
    campaign: Option<&'a str>,
    activity: Option<&'a str>,
    treatment: Option<&'a str>,
    journey: Option<&'a str>,
    channel: Option<&'static str>,
    status: Option<&'a str>,
}

impl<'a> SeriesRef<'a> {
    pub(crate) fn of(row: &Placed<'a>) -> Self {
        let event = row.event;
        let client = event.origin.reporter() == Origin::Client;
        let refers = !client || Series::refers(&event.kind);
        let campaign = event.campaign.as_ref().filter(|_| refers);
        let journey = event.journey.as_ref().filter(|_| refers);
        Self {
            kind: &event.kind,
            client,
            campaign: campaign.map(|of| of.campaign.as_str()),
            activity: campaign.and_then(|of| Some(of.activity.as_ref()?.as_str())),
            treatment: campaign.and_then(|of| of.treatment.as_deref()),
            journey: journey.map(|of| of.journey.as_str()),
            channel: event
                .channel
                .filter(|_| !client)
                .map(|channel| Channel::of(channel).as_str()),
            status: event.status.as_deref().filter(|_| !client),
        }
    }

    pub(crate) fn to_owned(self) -> Series {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Series {
            kind: self.kind.to_owned(),
            client: self.client,
            campaign: text(self.campaign),
            activity: text(self.activity),
            treatment: text(self.treatment),
            journey: text(self.journey),
            channel: text(self.channel),
            status: text(self.status),
        }
    }
}

impl Series {
    /// Whether series of a client type are told apart by campaign and journey.
    pub(crate) fn refers(kind: &str) -> bool {
        matches!(
            kind,
            "_campaign.opened_notification"
                | "_campaign.received_foreground"
                | "_campaign.received_background"
                | "_journey.opened_notification"
                | "_journey.received_foreground"
                | "_journey.received_background"
        )
    }

    /// The series of client events beyond the limit.
    pub(crate) fn rest() -> Self {
        Self {
            kind: String::new(),
            client: true,
            campaign: None,
            activity: None,
            treatment: None,
            journey: None,
            channel: None,
            status: None,
        }
    }

    pub(crate) fn is_rest(&self) -> bool {
        self.client && self.kind.is_empty()
    }
}

/// The cells of a day.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cells {
    pub(crate) series: BTreeMap<Arc<Series>, BTreeMap<u8, Arc<Cell>>>,
    clients: usize,
}

impl Cells {
    /// Merges `cell` into the cell of `series` and `hour`.
    pub(crate) fn merge(&mut self, series: &Arc<Series>, hour: u8, cell: &Arc<Cell>) {
        let known = self.series.contains_key(series);
        if !known && series.client && !series.is_rest() {
            if self.clients >= CLIENT_SERIES_MAX {
                return self.merge(&Arc::new(Series::rest()), hour, cell);
            }
            self.clients += 1;
        }
        let hours = self.series.entry(Arc::clone(series)).or_default();
        match hours.get_mut(&hour) {
            Some(there) => Arc::make_mut(there).merge(cell),
            None => {
                hours.insert(hour, Arc::clone(cell));
            }
        }
    }

    /// Merges all cells of `other`.
    pub(crate) fn merge_all(&mut self, other: &Self) {
        for (series, hours) in &other.series {
            for (hour, cell) in hours {
                self.merge(series, *hour, cell);
            }
        }
    }
}
