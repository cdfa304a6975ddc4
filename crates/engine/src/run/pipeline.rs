//! What becomes of one endpoint in a run, decided step by step (`docs/spec/campaigns.md §7`). Pure.

use clock::Timestamp;
use model::{Campaign, ChannelType, Endpoint, EndpointStatus, OptOut, Outcome, QuietTime};

use super::content::covers;
use crate::cohorts::{Assignment, Cohorts};

/// What the pipeline needs to know of a run; the same for everyone in it.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    cohorts: Cohorts,
    treatments: Vec<TreatmentRules>,
    /// When the run's maximum duration ends.
    deadline: Option<Timestamp>,
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
}

/// A decision, and the treatment that the endpoint falls to; `None` for the holdout and for an
/// endpoint that is gone.
pub(crate) type Verdict = (Decision, Option<u8>);

impl Rules {
    /// The rules of a run of `campaign` that began at `started`.
    pub(crate) fn new(campaign: &Campaign, started: Timestamp) -> Self {
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
        let deadline = seconds
            .filter(|seconds| *seconds > 0)
            .map(|seconds| started.plus(std::time::Duration::from_secs(u64::from(seconds))));
        Self {
            cohorts: Cohorts::deal(campaign),
            treatments,
            deadline,
        }
    }

    /// When the run's maximum duration ends.
    pub(crate) const fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    /// Whether the run's maximum duration is over.
    fn expired(&self, now: Timestamp) -> bool {
        self.deadline.is_some_and(|deadline| now >= deadline)
    }

    /// What the endpoint's cohort gets.
    fn assignment(&self, endpoint: &Endpoint) -> Assignment {
        self.cohorts.assignment(endpoint.cohort)
    }

    fn treatment(&self, number: u8) -> Option<&TreatmentRules> {
        self.treatments.get(usize::from(number))
    }

    /// Decides about one member of the frozen set; `None` stands for one that is gone. The first
    /// step that fails wins, in this order: gone, inactive, opted out, no channel, no address, no
    /// content for the channel, holdout, address taken, campaign cap, daily cap, quiet time, run
    /// too long.
    pub(crate) fn decide(
        &self,
        endpoint: Option<&Endpoint>,
        circumstances: &mut Circumstances<'_>,
    ) -> Verdict {
        let Some(endpoint) = endpoint else {
            return (Decision::Skip(Outcome::FilteredOutBySegment), None);
        };
        let assignment = self.assignment(endpoint);
        let treatment = match assignment {
            Assignment::Treatment(number) => Some(number),
            Assignment::Holdout => None,
        };
        let decision = match self.filter(endpoint, treatment.unwrap_or(0)) {
            Err(outcome) => Decision::Skip(outcome),
            Ok(address) => match treatment {
                None => Decision::Skip(Outcome::Holdout),
                Some(number) => self.admit(endpoint, number, address, circumstances),
            },
        };
        (decision, treatment)
    }

    /// Step 2: who cannot be reached at all.
    fn filter<'e>(&self, endpoint: &'e Endpoint, treatment: u8) -> Result<&'e str, Outcome> {
        if endpoint.status == EndpointStatus::Inactive {
            return Err(Outcome::EndpointInactive);
        }
        if endpoint.opt_out == OptOut::All {
            return Err(Outcome::EndpointOptOut);
        }
        let channel = endpoint.channel.ok_or(Outcome::EndpointMissingChannel)?;
        let address = endpoint
            .address
            .as_deref()
            .filter(|address| !address.trim().is_empty())
            .ok_or(Outcome::EndpointMissingAddress)?;
        let covered = self
            .treatment(treatment)
            .is_some_and(|rules| rules.channels.contains(&channel));
        if covered {
            Ok(address)
        } else {
            Err(Outcome::EndpointChannelMismatch)
        }
    }

    /// Steps 4 to 7: who must not be reached now.
    fn admit(
        &self,
        endpoint: &Endpoint,
        treatment: u8,
        address: &str,
        circumstances: &mut Circumstances<'_>,
    ) -> Decision {
        if !(circumstances.claim)(address) {
            return Decision::Skip(Outcome::DuplicateAddress);
        }
        if circumstances.campaign_capped {
            return Decision::Skip(Outcome::CampaignCap);
        }
        if circumstances.daily_capped {
            return Decision::Skip(Outcome::DailyCap);
        }
        match self.too_late(endpoint, treatment, circumstances.now) {
            Some(outcome) => Decision::Skip(outcome),
            None => Decision::Send,
        }
    }

    /// The steps that only the clock decides; asked again at the instant of hand-over.
    pub(crate) fn too_late(
        &self,
        endpoint: &Endpoint,
        treatment: u8,
        now: Timestamp,
    ) -> Option<Outcome> {
        let zone = endpoint.demographic.timezone.as_deref();
        let quiet = self
            .treatment(treatment)
            .and_then(|rules| rules.quiet_time)
            .is_some_and(|quiet| schedule::is_quiet(quiet, zone, now));
        if quiet {
            return Some(Outcome::QuietTime);
        }
        self.expired(now).then_some(Outcome::Expired)
    }
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
