//! What many worlds have seen together.

use std::collections::BTreeMap;
use std::fmt;

use model::{EndpointSet, Outcome};

use super::{Evidence, RunRecord, Story};

/// How often worlds came to what: worth a look, since a world in which nothing happens proves
/// nothing.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// Worlds.
    pub worlds: u64,
    /// Runs of campaigns.
    pub runs: u64,
    /// Those of them that several workers shared.
    pub shared_runs: u64,
    /// Messages in the hands of a provider.
    pub hand_overs: u64,
    /// Crashes by place.
    pub crashes: BTreeMap<&'static str, u64>,
    /// People by outcome.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// People who got something, by what their campaign is like.
    pub features: BTreeMap<&'static str, u64>,
    /// Campaigns by where they stood at last.
    pub campaigns: BTreeMap<&'static str, u64>,
}

impl Coverage {
    /// Adds a world.
    pub fn add(&mut self, evidence: &Evidence) {
        self.worlds += 1;
        self.hand_overs += evidence.hand_overs.len() as u64;
        for place in evidence.lives.iter().filter_map(|life| life.crash) {
            *self.crashes.entry(place).or_default() += 1;
        }
        for story in &evidence.campaigns {
            let status = match &story.last {
                Some(last) => last.status.as_str(),
                None if story.edits.is_empty() => "refused",
                None => "deleted",
            };
            *self.campaigns.entry(status).or_default() += 1;
            self.runs += story.runs.len() as u64;
            let shared = story.runs.iter().filter(|it| it.batches.len() > 1);
            self.shared_runs += shared.count() as u64;
            let taken = |record: &RunRecord| {
                let sets = record.batches.iter().map(|batch| &batch.outcomes);
                sets.filter_map(|sets| sets.get(&Outcome::Success))
                    .map(EndpointSet::len)
                    .sum::<u64>()
            };
            let taken: u64 = story.runs.iter().map(taken).sum();
            for feature in features(story) {
                *self.features.entry(feature).or_default() += taken;
            }
            let batches = story.runs.iter().flat_map(|record| &record.batches);
            for (outcome, set) in batches.flat_map(|batch| &batch.outcomes) {
                *self.outcomes.entry(outcome.as_str()).or_default() += set.len();
            }
        }
    }
}

/// What a campaign is like.
fn features(story: &Story) -> Vec<&'static str> {
    let Some((_, Some(campaign))) = story.edits.first() else {
        return Vec::new();
    };
    let mut features = vec![campaign.frequency().as_str()];
    let schedule = campaign.default_treatment.schedule.as_ref();
    let is_local = schedule.is_some_and(|schedule| schedule.local_time);
    features.extend(is_local.then_some("local time"));
    features.extend(campaign.hook.is_some().then_some("hook"));
    features.extend(campaign.resend_in_doubt.then_some("resend"));
    let mut own = campaign.treatments.iter();
    let own = own.any(|treatment| treatment.content.schedule.is_some());
    features.extend(own.then_some("own clocks"));
    features
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} worlds, {} runs ({} of several workers), {} hand-overs",
            self.worlds, self.runs, self.shared_runs, self.hand_overs
        )?;
        writeln!(f, "crashes {:?}", self.crashes)?;
        writeln!(f, "campaigns {:?}", self.campaigns)?;
        writeln!(f, "got something {:?}", self.features)?;
        write!(f, "people {:?}", self.outcomes)
    }
}
