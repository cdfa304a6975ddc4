//! What came of a world: plain values, so that tests can damage them.

mod coverage;
mod summary;

pub use coverage::Coverage;

use std::collections::BTreeMap;

use clock::Timestamp;
use engine::activities::Activity;
use model::{
    ActivityId, Campaign, CampaignId, ChannelType, Endpoint, Event, Ordinal, Run, RunBatch,
};

use crate::plan::Plan;

/// What came of a world.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The world as it was planned.
    pub plan: Plan,
    /// What each endpoint was, and since when.
    pub people: People,
    /// The campaigns in the order of their creation.
    pub campaigns: Vec<Story>,
    /// The process, from each start to each end.
    pub lives: Vec<Life>,
    /// Everything that was handed to a provider, in order.
    pub hand_overs: Vec<HandOver>,
    /// Everything that a hook was asked, in order.
    pub calls: Vec<Call>,
    /// The event log.
    pub events: Vec<Event>,
    /// When everything had come to rest.
    pub end: Timestamp,
}

/// What became of one campaign.
#[derive(Debug, Clone)]
pub struct Story {
    /// The identifier.
    pub id: CampaignId,
    /// Which audience it is for.
    pub audience: usize,
    /// Each accepted change, with the campaign that it led to; `None` for the deletion.
    pub edits: Vec<(Timestamp, Option<Box<Campaign>>)>,
    /// The campaign at the end, if it is still there.
    pub last: Option<Box<Campaign>>,
    /// Its runs, oldest first.
    pub runs: Vec<RunRecord>,
    /// Its activities, as callers see them.
    pub activities: Vec<Activity>,
}

/// A run with its batches.
#[derive(Debug, Clone)]
pub struct RunRecord {
    /// The run.
    pub run: Run,
    /// Its batches.
    pub batches: Vec<RunBatch>,
}

/// One life of the process.
#[derive(Debug, Clone)]
pub struct Life {
    /// Its start.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// Where a crash ended it; `None` if it ended in good order.
    pub crash: Option<&'static str>,
}

/// What a provider said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Took the message.
    Take,
    /// Took the message, and the answer got lost.
    TakeSilently,
    /// Refused for good.
    Never,
    /// Refused for now.
    NotNow,
    /// Asked for a slower pace.
    Slower,
    /// Nobody was there.
    Unreachable,
}

/// A message in the hands of a provider.
#[derive(Debug, Clone)]
pub struct HandOver {
    /// When.
    pub at: Timestamp,
    /// In which life of the process, from 0.
    pub life: usize,
    /// What repetitions of the message have in common.
    pub key: String,
    /// The endpoint.
    pub endpoint: String,
    /// The campaign.
    pub campaign: CampaignId,
    /// The activity.
    pub activity: ActivityId,
    /// The channel.
    pub channel: ChannelType,
    /// The recipient's address.
    pub to: String,
    /// The line that shows which treatment speaks.
    pub words: String,
    /// What the provider decided; `None` if the process ended before.
    pub answer: Option<Answer>,
}

/// What a hook said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Its choice.
    Yes,
    /// That it cannot answer.
    No,
    /// Something that got lost.
    Lost,
    /// Nothing: it was not reached.
    Unreachable,
}

/// A question to a hook.
#[derive(Debug, Clone)]
pub struct Call {
    /// When.
    pub at: Timestamp,
    /// In which life of the process, from 0.
    pub life: usize,
    /// The activity.
    pub activity: ActivityId,
    /// The endpoints that it was about.
    pub endpoints: Vec<String>,
    /// The answer; `None` if the process ended or gave up before.
    pub said: Option<Said>,
}

/// What each endpoint was, and since when; `None` while it does not exist.
#[derive(Debug, Clone, Default)]
pub struct People {
    states: BTreeMap<String, Vec<(Timestamp, Option<Endpoint>)>>,
    ordinals: BTreeMap<Ordinal, String>,
}

impl People {
    /// Notes who is there at `now`.
    pub(crate) fn note(&mut self, now: Timestamp, present: Vec<Endpoint>) {
        let mut present: BTreeMap<String, Endpoint> = present
            .into_iter()
            .map(|endpoint| (endpoint.id.to_string(), endpoint))
            .collect();
        for (id, states) in &mut self.states {
            let found = present.remove(id);
            if let Some(endpoint) = &found {
                // One that comes again has another number.
                self.ordinals.insert(endpoint.ordinal, id.clone());
            }
            if states.last().is_none_or(|(_, known)| *known != found) {
                states.push((now, found));
            }
        }
        for (id, endpoint) in present {
            self.ordinals.insert(endpoint.ordinal, id.clone());
            self.states.insert(id, vec![(now, Some(endpoint))]);
        }
    }

    /// Every endpoint that ever was.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.states.keys().map(String::as_str)
    }

    /// The endpoint with this ordinal.
    #[must_use]
    pub fn id(&self, ordinal: Ordinal) -> Option<&str> {
        self.ordinals.get(&ordinal).map(String::as_str)
    }

    /// All that the endpoint may have been to somebody who looked between `from` and `to`: of what
    /// happens at an instant, nobody knows which comes first.
    #[must_use]
    pub fn between(&self, id: &str, from: Timestamp, to: Timestamp) -> Vec<Option<&Endpoint>> {
        let Some(states) = self.states.get(id) else {
            return vec![None];
        };
        let first = states.partition_point(|(at, _)| *at < from);
        let last = states.partition_point(|(at, _)| *at <= to);
        let mut seen: Vec<Option<&Endpoint>> = states[first.saturating_sub(1)..last]
            .iter()
            .map(|(_, state)| state.as_ref())
            .collect();
        if first == 0 {
            seen.push(None);
        }
        seen
    }
}
