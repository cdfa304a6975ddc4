//! A run as the auditor sees it: by person.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use clock::Timestamp;
use model::{
    Campaign, ChannelType, Endpoint, Frequency, Limits, MessageConfiguration, Outcome, QuietTime,
    RunState, Schedule,
};

use super::turns::{Turn, Turns};
use crate::evidence::{Answer, Evidence, HandOver, RunRecord, Story};

/// A run with what concerns it.
pub(super) struct View<'a> {
    pub evidence: &'a Evidence,
    pub story: &'a Story,
    /// The campaign as it was for this run.
    pub campaign: &'a Campaign,
    pub record: &'a RunRecord,
    /// From when to when people of the run were decided about.
    pub from: Timestamp,
    pub to: Timestamp,
    /// The turns of zones, if those decide when somebody gets something.
    pub turns: Option<Turns>,
    /// The turns that were found already, by zone.
    known: RefCell<BTreeMap<String, Option<Turn>>>,
    /// What became of everybody.
    pub outcomes: BTreeMap<&'a str, Vec<Outcome>>,
    /// The treatment that each of them fell to.
    pub arms: BTreeMap<&'a str, Vec<u8>>,
    /// What each of them was sent, in order.
    pub sent: BTreeMap<&'a str, Vec<&'a HandOver>>,
}

impl<'a> View<'a> {
    /// All runs of all campaigns, each campaign's in order.
    pub fn all(evidence: &'a Evidence) -> Vec<Self> {
        let stories = evidence.campaigns.iter();
        stories
            .flat_map(|story| {
                story
                    .runs
                    .iter()
                    .filter_map(|record| Self::new(evidence, story, record))
            })
            .collect()
    }

    fn new(evidence: &'a Evidence, story: &'a Story, record: &'a RunRecord) -> Option<Self> {
        let run = &record.run;
        let versions = story.edits.iter().filter_map(|(_, edit)| edit.as_deref());
        let campaign = versions
            .into_iter()
            .find(|campaign| campaign.version == run.campaign_version)?;
        let mut view = Self {
            evidence,
            story,
            campaign,
            record,
            from: run.started,
            to: run.ended.unwrap_or(evidence.end),
            turns: None,
            known: RefCell::default(),
            outcomes: BTreeMap::new(),
            arms: BTreeMap::new(),
            sent: BTreeMap::new(),
        };
        view.turns = Turns::of(&view);
        for batch in &record.batches {
            for (outcome, set) in &batch.outcomes {
                for id in set.iter().filter_map(|ordinal| evidence.people.id(ordinal)) {
                    view.outcomes.entry(id).or_default().push(*outcome);
                }
            }
            for (arm, set) in &batch.assigned {
                for id in set.iter().filter_map(|ordinal| evidence.people.id(ordinal)) {
                    view.arms.entry(id).or_default().push(*arm);
                }
            }
        }
        for sent in &evidence.hand_overs {
            if run.activities.contains(&sent.activity) {
                view.sent
                    .entry(sent.endpoint.as_str())
                    .or_default()
                    .push(sent);
            }
        }
        Some(view)
    }

    /// Names the run in complaints.
    pub fn name(&self) -> String {
        let number = self
            .evidence
            .campaigns
            .iter()
            .position(|story| story.id == self.story.id)
            .unwrap_or_default();
        format!("campaign {number}, run of {}", self.record.run.scheduled)
    }

    /// What became of `id`, if it has come to an end.
    pub fn outcome(&self, id: &str) -> Option<Outcome> {
        self.outcomes.get(id).and_then(|all| all.first()).copied()
    }

    /// Whether `id` has this outcome, perhaps among others.
    pub fn has(&self, id: &str, outcome: Outcome) -> bool {
        let outcomes = self.outcomes.get(id);
        outcomes.is_some_and(|all| all.contains(&outcome))
    }

    /// What `id` was sent in this run.
    pub fn sent(&self, id: &str) -> &[&'a HandOver] {
        self.sent.get(id).map_or(&[], Vec::as_slice)
    }

    /// When the run is due, and how often.
    pub fn schedule(&self) -> Option<&'a Schedule> {
        self.campaign.schedule(self.record.run.leader())
    }

    /// The turn of an endpoint's zone, if it has a zone that exists.
    pub fn turn(&self, turns: &Turns, endpoint: &Endpoint) -> Option<Turn> {
        let zone = endpoint.demographic.timezone.as_deref()?;
        let mut known = self.known.borrow_mut();
        if let Some(turn) = known.get(zone) {
            return *turn;
        }
        let turn = turns.turn(zone);
        known.insert(zone.to_owned(), turn);
        turn
    }

    /// What treatment `arm` says; one that says nothing by itself says what the default one does.
    pub fn message(&self, arm: u8) -> Option<&'a MessageConfiguration> {
        let campaign = self.campaign;
        let own = match usize::from(arm).checked_sub(1) {
            None => None,
            Some(index) => campaign.treatments.get(index)?.content.message.as_ref(),
        };
        own.or(campaign.default_treatment.message.as_ref())
    }

    /// Which treatment's text `arm` sends.
    pub fn speaker(&self, arm: u8) -> u8 {
        let own = usize::from(arm)
            .checked_sub(1)
            .and_then(|index| self.campaign.treatments.get(index))
            .and_then(|treatment| treatment.content.message.as_ref());
        if own.is_some() { arm } else { 0 }
    }

    /// The quiet time of treatment `arm`: its own, the campaign's, or the application's.
    pub fn quiet_time(&self, arm: u8) -> Option<QuietTime> {
        let campaign = self.campaign;
        let own = usize::from(arm)
            .checked_sub(1)
            .and_then(|index| campaign.treatments.get(index))
            .and_then(|treatment| treatment.content.schedule.as_ref());
        own.or(campaign.default_treatment.schedule.as_ref())
            .and_then(|schedule| schedule.quiet_time)
            .or(self.evidence.plan.defaults.quiet_time)
    }

    /// The limit that `choose` picks: the campaign's own, else the application's; 0 is none.
    pub fn limit(&self, choose: impl Fn(&Limits) -> Option<u32>) -> Option<u32> {
        let own = self.campaign.limits.as_ref().and_then(&choose);
        let base = self.evidence.plan.defaults.limits.as_ref();
        own.or_else(|| base.and_then(&choose))
            .filter(|limit| *limit > 0)
    }

    /// When the maximum duration ends for those whose time came at `from`.
    pub fn deadline(&self, from: Timestamp) -> Option<Timestamp> {
        let seconds = self.limit(|limits| limits.maximum_duration_s)?;
        Some(from.plus(Duration::from_secs(u64::from(seconds))))
    }

    /// Whether a crash happened while the run was open.
    pub fn was_crashed(&self) -> bool {
        self.evidence
            .lives
            .iter()
            .any(|life| life.crash.is_some() && self.from <= life.to && life.to <= self.to)
    }

    /// Whether events decide who is in the run, and how often.
    pub fn waits_for_events(&self) -> bool {
        self.campaign.frequency() == Frequency::Event
    }

    /// Whether who is in doubt gets the message again; of a campaign that was deleted meanwhile,
    /// nobody does.
    pub fn resends(&self) -> bool {
        self.campaign.resend_in_doubt && self.record.run.state != RunState::Cancelled
    }

    /// Whether a message may be forgotten in a crash, since its campaign sends again: its endpoint is
    /// decided about as if there had been none.
    pub fn is_forgotten(&self, sent: &HandOver) -> bool {
        let life = self.evidence.lives.get(sent.life);
        self.campaign.resend_in_doubt && life.is_some_and(|life| life.crash.is_some())
    }

    /// Whether everybody must have an outcome: the run is over, or waits for further events.
    pub fn is_over(&self) -> bool {
        let run = &self.record.run;
        run.idle || matches!(run.state, RunState::Completed | RunState::Cancelled)
    }

    /// What `id` was sent in this run, message by message, each with its repetitions.
    pub fn messages(&self, id: &str) -> Vec<Vec<&'a HandOver>> {
        let mut messages: BTreeMap<&str, Vec<&HandOver>> = BTreeMap::new();
        for sent in self.sent(id) {
            messages.entry(sent.key.as_str()).or_default().push(sent);
        }
        messages.into_values().collect()
    }
}

/// Whether a message on `channel` finds words in `message` (`docs/spec/campaigns.md §2`, reach).
pub(super) fn reaches(message: &MessageConfiguration, channel: ChannelType) -> bool {
    let by_default = message.default.is_some();
    match channel {
        ChannelType::Email => message.email.is_some(),
        ChannelType::Sms => by_default || message.sms.is_some(),
        ChannelType::Gcm => by_default || message.gcm.is_some(),
        ChannelType::Apns => by_default || message.apns.is_some(),
        _ => false,
    }
}

/// Whether the application has switched `channel` on.
pub(super) fn is_on(channel: ChannelType) -> bool {
    matches!(
        channel,
        ChannelType::Email | ChannelType::Sms | ChannelType::Gcm
    )
}

/// The form in which two addresses are the same: the domain's case does not matter.
pub(super) fn same_address(address: &str) -> String {
    let trimmed = address.trim();
    match trimmed.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
        None => trimmed.to_owned(),
    }
}

/// Whether nothing may follow this answer in the same run (`docs/spec/campaigns.md §2`, one
/// attempt): on every channel but email a refusal is final.
pub(super) fn is_final(sent: &HandOver, answer: Answer) -> bool {
    match answer {
        Answer::Take | Answer::TakeSilently | Answer::Never => true,
        Answer::NotNow | Answer::Slower => sent.channel != ChannelType::Email,
        Answer::Unreachable => false,
    }
}
