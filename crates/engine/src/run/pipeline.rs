//! What becomes of one endpoint in a run, decided step by step (`docs/spec/campaigns.md §7`). Pure.

use std::time::Duration;

use clock::Timestamp;
use model::{
    Campaign, ChannelType, Endpoint, EndpointStatus, Frequency, OptOut, Outcome, QuietTime, Run,
};
use schedule::ZoneTurn;

use super::content::covers;
use super::sweep::ZoneTurns;
use crate::cohorts::{Assignment, Cohorts};

/// What the pipeline needs to know of a run; the same for everyone in it.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    cohorts: Cohorts,
    treatments: Vec<TreatmentRules>,
    /// The treatments that take part.
    taken: Vec<u8>,
    /// The turns of the zones, where zones decide.
    zones: Option<ZoneTurns>,
    started: Timestamp,
    /// How long the run may take, or each zone of a sweep.
    maximum: Option<Duration>,
}

#[derive(Debug, Clone)]
struct TreatmentRules {
    channels: Vec<ChannelType>,
    quiet_time: Option<QuietTime>,
}

/// What the pipeline needs to know of one endpoint beyond itself.
pub(crate) struct Circumstances<'a> {
    /// The instant of the decision.
    pub now: Timestamp,
    /// The instant for which the endpoint's turn was set; absent if that was the run's beginning.
    pub due: Option<Timestamp>,
    /// Whether the endpoint had its turn before, and got as far as claiming its address.
    pub claimed: bool,
    /// Claims the address for this endpoint; false if another endpoint of the run has it.
    pub claim: &'a mut dyn FnMut(&str) -> bool,
    /// Whether the endpoint was targeted as often as the campaign allows.
    pub campaign_capped: bool,
    /// Whether the endpoint got as many messages in a day as the campaign allows.
    pub daily_capped: bool,
}

/// What is to be done with an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Nothing goes out.
    Skip(Outcome),
    /// The message of the endpoint's treatment goes out.
    Send,
    /// Nothing is decided before this instant: the endpoint's zone is yet to have its turn.
    Wait(Timestamp),
}

/// A decision, and the treatment of the run that the endpoint falls to; `None` for the holdout, for
/// the treatments of other runs and for an endpoint that is gone.
pub(crate) type Verdict = (Decision, Option<u8>);

/// A rule of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Rule {
    /// The endpoint is still there.
    Registered,
    /// It is thought to work.
    Active,
    /// It does not refuse messages.
    OptIn,
    /// It has a channel.
    Channel,
    /// It has an address.
    Address,
    /// The campaign says something on the channel.
    Content,
    /// It names a zone that exists, if zones decide.
    Timezone,
    /// Its zone has its turn, if zones decide.
    Turn,
    /// Its treatment takes part in the run.
    Treatment,
    /// Its cohort is not held out.
    Cohort,
    /// No endpoint before it in the run has the address.
    OwnAddress,
    /// It was targeted less often than the campaign allows.
    TotalCap,
    /// It got fewer messages in a day than the campaign allows.
    DailyCap,
    /// It is not quiet where the endpoint is.
    QuietTime,
    /// The run has not taken too long.
    MaximumDuration,
}

impl Rule {
    /// The order in which the rules are asked; the first that fails decides.
    pub(crate) const ORDER: [Self; 15] = [
        Self::Registered,
        Self::Active,
        Self::OptIn,
        Self::Channel,
        Self::Address,
        Self::Content,
        Self::Timezone,
        Self::Turn,
        Self::Treatment,
        Self::Cohort,
        Self::OwnAddress,
        Self::TotalCap,
        Self::DailyCap,
        Self::QuietTime,
        Self::MaximumDuration,
    ];
    /// The rules that the clock alone decides.
    const TIMED: [Self; 2] = [Self::QuietTime, Self::MaximumDuration];

    /// The word for people and on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "REGISTERED",
            Self::Active => "ACTIVE",
            Self::OptIn => "OPT_OUT",
            Self::Channel => "CHANNEL",
            Self::Address => "ADDRESS",
            Self::Content => "CONTENT",
            Self::Timezone => "TIMEZONE",
            Self::Turn => "TURN",
            Self::Treatment => "TREATMENT",
            Self::Cohort => "COHORT",
            Self::OwnAddress => "DUPLICATE_ADDRESS",
            Self::TotalCap => "TOTAL_CAP",
            Self::DailyCap => "DAILY_CAP",
            Self::QuietTime => "QUIET_TIME",
            Self::MaximumDuration => "MAXIMUM_DURATION",
        }
    }

    /// What becomes of an endpoint that fails here.
    pub(crate) const fn outcome(self) -> Outcome {
        match self {
            Self::Registered => Outcome::FilteredOutBySegment,
            Self::Active => Outcome::EndpointInactive,
            Self::OptIn => Outcome::EndpointOptOut,
            Self::Channel => Outcome::EndpointMissingChannel,
            Self::Address => Outcome::EndpointMissingAddress,
            Self::Content => Outcome::EndpointChannelMismatch,
            Self::Timezone => Outcome::EndpointMissingTimezone,
            Self::Turn => Outcome::EndpointTimezoneMismatch,
            Self::Treatment => Outcome::TreatmentHoldout,
            Self::Cohort => Outcome::Holdout,
            Self::OwnAddress => Outcome::DuplicateAddress,
            Self::TotalCap => Outcome::CampaignCap,
            Self::DailyCap => Outcome::DailyCap,
            Self::QuietTime => Outcome::QuietTime,
            Self::MaximumDuration => Outcome::Expired,
        }
    }
}

impl Rules {
    /// The rules of `run` of `campaign`.
    pub(crate) fn new(campaign: &Campaign, run: &Run) -> Self {
        let treatments = (0..=campaign.treatments.len())
            .map(|number| {
                let content = campaign.content(number).unwrap_or_default();
                TreatmentRules {
                    channels: ChannelType::ALL
                        .iter()
                        .copied()
                        .filter(|channel| covers(&content, *channel))
                        .collect(),
                    quiet_time: campaign.quiet_time_in_force(number),
                }
            })
            .collect();
        let seconds = campaign.limits_in_force().maximum_duration_s;
        // A run that events feed has no end of its own; each event has its deadline.
        let timed = campaign.frequency() != Frequency::Event;
        let maximum = seconds
            .filter(|seconds| *seconds > 0 && timed)
            .map(|seconds| Duration::from_secs(u64::from(seconds)));
        Self {
            cohorts: Cohorts::deal(campaign),
            treatments,
            taken: campaign.numbers().filter(|it| run.takes(*it)).collect(),
            zones: ZoneTurns::of(campaign, run),
            started: run.started,
            maximum,
        }
    }

    /// When the maximum duration ends for those whose turn came at `due`.
    pub(crate) fn deadline(&self, due: Option<Timestamp>) -> Option<Timestamp> {
        let from = due.map_or(self.started, |due| due.max(self.started));
        self.maximum.map(|maximum| from.plus(maximum))
    }

    /// The treatment that the endpoint's cohort falls to; `None` for the holdout.
    pub(crate) fn treatment_of(&self, endpoint: &Endpoint) -> Option<u8> {
        match self.cohorts.assignment(endpoint.cohort) {
            Assignment::Treatment(number) => Some(number),
            Assignment::Holdout => None,
        }
    }

    /// The rules of treatment `number`; those of the default treatment for the holdout.
    fn treatment(&self, number: Option<u8>) -> Option<&TreatmentRules> {
        self.treatments.get(usize::from(number.unwrap_or(0)))
    }

    /// Decides about one member of the frozen set; `None` stands for one that is gone. The first
    /// rule of [`Rule::ORDER`] that fails wins, and no later one is asked.
    pub(crate) fn decide(
        &self,
        endpoint: Option<&Endpoint>,
        circumstances: &mut Circumstances<'_>,
    ) -> Verdict {
        self.decide_by(&Rule::ORDER, endpoint, circumstances)
    }

    /// As [`Self::decide`], by some of the rules.
    pub(crate) fn decide_by(
        &self,
        rules: &[Rule],
        endpoint: Option<&Endpoint>,
        circumstances: &mut Circumstances<'_>,
    ) -> Verdict {
        let treatment = endpoint.and_then(|endpoint| self.treatment_of(endpoint));
        let failed = rules
            .iter()
            .find(|rule| !self.holds(**rule, endpoint, treatment, circumstances));
        let decision = match failed {
            None => Decision::Send,
            Some(Rule::Turn) => self.before_or_after(endpoint, circumstances.now),
            // The holdout is recorded by the run that reaches the default treatment.
            Some(Rule::Treatment) => return (Decision::Skip(Outcome::TreatmentHoldout), None),
            Some(rule) => Decision::Skip(rule.outcome()),
        };
        // Who waits is in no treatment yet.
        let treatment = treatment.filter(|_| !matches!(decision, Decision::Wait(_)));
        (decision, treatment)
    }

    /// The answer of each of `rules`, also after the first that fails, and the endpoint's
    /// treatment.
    pub(crate) fn trace(
        &self,
        rules: &[Rule],
        endpoint: Option<&Endpoint>,
        circumstances: &mut Circumstances<'_>,
    ) -> (Vec<(Rule, bool)>, Option<u8>) {
        let treatment = endpoint.and_then(|endpoint| self.treatment_of(endpoint));
        let answers = rules
            .iter()
            .map(|rule| (*rule, self.holds(*rule, endpoint, treatment, circumstances)))
            .collect();
        (answers, treatment)
    }

    /// Whether an endpoint of the run gets as far as claiming its address.
    pub(crate) fn claims(&self, endpoint: &Endpoint, now: Timestamp) -> bool {
        let mut circumstances = Circumstances {
            now,
            due: None,
            claimed: true,
            claim: &mut |_| true,
            campaign_capped: false,
            daily_capped: false,
        };
        let before: Vec<Rule> = Rule::ORDER
            .into_iter()
            .take_while(|rule| *rule != Rule::OwnAddress)
            .collect();
        self.decide_by(&before, Some(endpoint), &mut circumstances)
            .0
            == Decision::Send
    }

    /// Whether zones decide when people have their turn.
    pub(crate) const fn sweeps(&self) -> bool {
        self.zones.is_some()
    }

    /// Where its zone does not have its turn, an endpoint waits for it, or has missed it.
    fn before_or_after(&self, endpoint: Option<&Endpoint>, now: Timestamp) -> Decision {
        match endpoint.and_then(|endpoint| self.turn(endpoint)) {
            Some(turn) if turn.fires > now => Decision::Wait(turn.fires),
            _ => Decision::Skip(Rule::Turn.outcome()),
        }
    }

    /// When the turn of the endpoint's zone, as it is now, comes; `None` without a zone, and where
    /// zones do not decide.
    pub(crate) fn turn(&self, endpoint: &Endpoint) -> Option<ZoneTurn> {
        self.zones.as_ref()?.turn(endpoint)
    }

    /// Whether `rule` holds for an endpoint that falls to `treatment`.
    fn holds(
        &self,
        rule: Rule,
        endpoint: Option<&Endpoint>,
        treatment: Option<u8>,
        circumstances: &mut Circumstances<'_>,
    ) -> bool {
        let Some(endpoint) = endpoint else {
            return false;
        };
        let rules = self.treatment(treatment);
        match rule {
            Rule::Registered => true,
            Rule::Active => endpoint.status != EndpointStatus::Inactive,
            Rule::OptIn => endpoint.opt_out != OptOut::All,
            Rule::Channel => endpoint.channel.is_some(),
            Rule::Address => address(endpoint).is_some(),
            Rule::Content => endpoint
                .channel
                .zip(rules)
                .is_some_and(|(channel, rules)| rules.channels.contains(&channel)),
            Rule::Timezone => {
                self.zones.is_none() || circumstances.claimed || self.turn(endpoint).is_some()
            }
            Rule::Turn => {
                let (now, due) = (circumstances.now, circumstances.due);
                let has_turn = |turn: ZoneTurn| {
                    turn.over || (turn.fires <= now && due.is_none_or(|due| due <= turn.fires))
                };
                circumstances.claimed || self.turn(endpoint).is_none_or(has_turn)
            }
            Rule::Treatment => self.taken.contains(&treatment.unwrap_or(0)),
            Rule::Cohort => treatment.is_some(),
            Rule::OwnAddress => address(endpoint).is_some_and(|it| (circumstances.claim)(it)),
            Rule::TotalCap => !circumstances.campaign_capped,
            Rule::DailyCap => !circumstances.daily_capped,
            Rule::QuietTime => !rules
                .and_then(|rules| rules.quiet_time)
                .is_some_and(|quiet| {
                    let zone = endpoint.demographic.timezone.as_deref();
                    schedule::is_quiet(quiet, zone, circumstances.now)
                }),
            Rule::MaximumDuration => {
                let deadline = self.deadline(circumstances.due);
                let over = self.turn(endpoint).is_some_and(|turn| turn.over);
                !over && deadline.is_none_or(|deadline| circumstances.now < deadline)
            }
        }
    }

    /// What the clock alone decides about an endpoint whose turn came at `due`, asked again at the
    /// instant of hand-over.
    pub(crate) fn too_late(
        &self,
        endpoint: &Endpoint,
        treatment: u8,
        due: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Outcome> {
        let mut circumstances = Circumstances {
            now,
            due,
            claimed: true,
            claim: &mut |_| true,
            campaign_capped: false,
            daily_capped: false,
        };
        Rule::TIMED
            .into_iter()
            .find(|rule| !self.holds(*rule, Some(endpoint), Some(treatment), &mut circumstances))
            .map(Rule::outcome)
    }
}

/// The address, unless it is blank.
fn address(endpoint: &Endpoint) -> Option<&str> {
    let address = endpoint.address.as_deref()?;
    (!address.trim().is_empty()).then_some(address)
}

/// Whether the endpoint got as far as claiming its address (step 4) before this outcome.
pub(crate) const fn claimed(outcome: Outcome) -> bool {
    outcome.attempted()
        || matches!(
            outcome,
            Outcome::InDoubt
                | Outcome::CampaignCap
                | Outcome::DailyCap
                | Outcome::QuietTime
                | Outcome::Expired
                | Outcome::UnsupportedChannel
                | Outcome::HookFailure
                | Outcome::FilteredOutByHook
        )
}

/// Whether the endpoint was dropped before its cohort was looked at (steps 1 and 2).
pub(crate) const fn filtered(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::EndpointInactive
            | Outcome::EndpointOptOut
            | Outcome::EndpointMissingChannel
            | Outcome::EndpointMissingAddress
            | Outcome::EndpointChannelMismatch
            | Outcome::FilteredOutBySegment
            | Outcome::EndpointMissingTimezone
            | Outcome::EndpointTimezoneMismatch
            | Outcome::DuplicateEndpoint
            | Outcome::DuplicateUser
    )
}

#[cfg(test)]
#[path = "pipeline_tests.rs"]
mod tests;
