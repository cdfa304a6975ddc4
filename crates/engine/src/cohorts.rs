//! Who gets which treatment: whole cohorts, dealt once per campaign.

use model::{Campaign, CampaignId, Endpoint};
use sha2::{Digest, Sha256};

/// Cohorts of an application, 0 to 99.
const COHORTS: usize = 100;

/// What a cohort gets in a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assignment {
    /// Nothing, for comparison.
    Holdout,
    /// The treatment with this number; 0 is the default.
    Treatment(u8),
}

/// The assignment of each cohort in one campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cohorts([Assignment; COHORTS]);

impl Cohorts {
    /// Deals the cohorts of `campaign`: a shuffle of 0 to 99 that only the campaign's identifier
    /// decides, then the holdout, each additional treatment in order, and the rest for the
    /// default treatment (`docs/spec/campaigns.md §6`).
    #[must_use]
    pub fn deal(campaign: &Campaign) -> Self {
        let shuffled = shuffle(&campaign.id);
        let mut assignments = [Assignment::Treatment(0); COHORTS];
        let shares = std::iter::once((Assignment::Holdout, campaign.holdout_percent)).chain(
            (1_u8..)
                .zip(&campaign.treatments)
                .map(|(number, treatment)| (Assignment::Treatment(number), treatment.size_percent)),
        );
        let mut next = shuffled.into_iter();
        for (assignment, percent) in shares {
            for cohort in next.by_ref().take(usize::from(percent)) {
                assignments[usize::from(cohort)] = assignment;
            }
        }
        Self(assignments)
    }

    /// What `cohort` gets. Cohorts above 99 do not exist and fall to the default treatment.
    #[must_use]
    pub fn assignment(&self, cohort: u8) -> Assignment {
        self.0
            .get(usize::from(cohort))
            .copied()
            .unwrap_or(Assignment::Treatment(0))
    }

    /// The treatment whose runs concern `endpoint`: those of the default treatment concern the
    /// holdout, too, and whoever is gone.
    pub(crate) fn treatment(&self, endpoint: Option<&Endpoint>) -> u8 {
        match endpoint.map(|endpoint| self.assignment(endpoint.cohort)) {
            Some(Assignment::Treatment(number)) => number,
            Some(Assignment::Holdout) | None => 0,
        }
    }
}

/// A permutation of 0 to 99 (Fisher–Yates over a stream of SHA-256 blocks of the identifier).
fn shuffle(campaign: &CampaignId) -> [u8; COHORTS] {
    let mut cohorts: [u8; COHORTS] = std::array::from_fn(|i| u8::try_from(i).unwrap_or(0));
    let mut words = words(campaign);
    for last in (1..COHORTS).rev() {
        let word = words.next().unwrap_or(0);
        let pick = usize::try_from(word % (last as u64 + 1)).unwrap_or(0);
        cohorts.swap(last, pick);
    }
    cohorts
}

/// An endless stream of numbers that only the identifier decides.
fn words(campaign: &CampaignId) -> impl Iterator<Item = u64> {
    (0_u64..).map(move |counter| {
        let mut hasher = Sha256::new();
        hasher.update(b"cohorts");
        hasher.update(campaign.as_str().as_bytes());
        hasher.update(counter.to_le_bytes());
        let digest = hasher.finalize();
        let mut word = [0; 8];
        word.copy_from_slice(&digest[..8]);
        u64::from_le_bytes(word)
    })
}

#[cfg(test)]
mod tests {
    use model::{CampaignContent, Treatment};

    use super::*;

    fn shares(id: &str, holdout: u8, sizes: &[u8]) -> (Vec<usize>, Vec<Assignment>) {
        let mut campaign = crate::campaigns::blank(id);
        campaign.holdout_percent = holdout;
        campaign.treatments = sizes
            .iter()
            .map(|size| Treatment {
                size_percent: *size,
                name: None,
                description: None,
                content: CampaignContent::default(),
            })
            .collect();
        let cohorts = Cohorts::deal(&campaign);
        let dealt: Vec<Assignment> = (0..100).map(|cohort| cohorts.assignment(cohort)).collect();
        let count = |wanted| dealt.iter().filter(|dealt| **dealt == wanted).count();
        let mut counts = vec![count(Assignment::Holdout)];
        counts.extend((0..=4).map(|number| count(Assignment::Treatment(number))));
        (counts, dealt)
    }

    #[test]
    fn everybody_gets_their_share() {
        assert_eq!(shares("c1", 0, &[]).0, [0, 100, 0, 0, 0, 0]);
        assert_eq!(shares("c1", 10, &[45]).0, [10, 45, 45, 0, 0, 0]);
        assert_eq!(shares("c1", 5, &[10, 20, 30, 35]).0, [5, 0, 10, 20, 30, 35]);
        assert_eq!(shares("c1", 100, &[]).0, [100, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn the_campaign_alone_decides() {
        assert_eq!(shares("c1", 10, &[45]).1, shares("c1", 10, &[45]).1);
        assert_ne!(shares("c1", 10, &[45]).1, shares("c2", 10, &[45]).1);
    }

    #[test]
    fn a_shuffle_is_a_permutation() {
        for id in ["", "a", "5d1e0f3c9ab24f7e8c0d1b2a33445566"] {
            let mut cohorts = shuffle(&CampaignId::new(id));
            cohorts.sort_unstable();
            assert!(
                cohorts
                    .iter()
                    .enumerate()
                    .all(|(i, cohort)| usize::from(*cohort) == i)
            );
        }
    }
}
