//! What holds a campaign back: a canary that goes first, and a brake
//! (`docs/spec/campaigns.md §15`).

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ActivityId, AppId, CampaignId, EndpointSet};

/// How carefully the runs of a campaign go.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CampaignSafety {
    /// The part that goes first.
    pub canary: Option<Canary>,
    /// When to stop.
    pub brake: Option<Brake>,
}

/// A part of a run that goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// Percent of the frozen set, 1 to 50.
    pub percent: u8,
    /// Minutes that the rest waits once the canary is out; 0 waits for a person.
    pub hold_minutes: u32,
}

/// Shares of the attempted people, in percent, above which a run is held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Brake {
    /// Refused for good, at hand-over or later.
    pub hard_bounce_percent: Option<f64>,
    /// Complained.
    pub complaint_percent: Option<f64>,
    /// The provider failed, throttled or answered nonsense.
    pub provider_error_percent: Option<f64>,
    /// Attempts before which the shares mean nothing.
    pub minimum: u64,
}

/// Where a run stands with its canary and its brake.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunGuard {
    /// The canary as it was set when the run began.
    pub canary: Option<Canary>,
    /// Whether the rest may follow the canary.
    pub released: bool,
    /// What the run waits for.
    pub held: Option<Hold>,
    /// What the brake does not count, because somebody let the run go on in spite of it.
    pub pardoned: Figures,
    /// Whether everything up to now is to be pardoned before the run goes on.
    pub pardon: bool,
}

/// Why no further message of a run is handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// What holds it.
    pub by: Holder,
    /// Why, in words.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// When the run goes on by itself; absent when a person must let it.
    pub until: Option<Timestamp>,
}

/// What can hold a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Holder {
    /// The canary is out, and the rest waits.
    Canary,
    /// A share was above its threshold.
    Brake,
}

/// People of a run, as a brake counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Figures {
    pub attempted: u64,
    pub hard_bounces: u64,
    pub complaints: u64,
    pub provider_errors: u64,
}

/// Who bounced or complained after a hand-over of one activity, as far as the event log was
/// followed; kept from what is heard while the campaign executes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunFeedback {
    /// The application.
    pub app: AppId,
    /// The campaign.
    pub campaign: CampaignId,
    /// The activity.
    pub activity: ActivityId,
    /// Refused for good.
    #[serde(with = "crate::set::text")]
    pub hard_bounced: EndpointSet,
    /// Complained.
    #[serde(with = "crate::set::text")]
    pub complained: EndpointSet,
}

impl RunGuard {
    /// The guard of a run that begins under `safety`.
    #[must_use]
    pub fn begin(safety: &CampaignSafety) -> Self {
        Self {
            canary: safety.canary,
            ..Self::default()
        }
    }

    /// Whether only the canary may go.
    #[must_use]
    pub const fn canary_only(&self) -> bool {
        self.canary.is_some() && !self.released
    }

    /// Whether the run waits at `now`.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.held
            .as_ref()
            .is_some_and(|hold| hold.until.is_none_or(|until| until > now))
    }

    /// Lets the run go on, whatever holds it, and pardons what the brake has counted.
    pub fn let_go(&mut self) {
        if let Some(hold) = self.held.take() {
            self.released |= hold.by == Holder::Canary;
            self.pardon = true;
        }
    }
}

impl Holder {
    /// The word in the Beckon API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::Brake => "brake",
        }
    }
}

impl Brake {
    /// Why a run with `now` figures is to be held, if it is; what was `pardoned` does not count.
    #[must_use]
    pub fn exceeded(&self, now: Figures, pardoned: Figures) -> Option<String> {
        let attempted = now.attempted.saturating_sub(pardoned.attempted);
        if attempted == 0 || attempted < self.minimum {
            return None;
        }
        let shares = [
            (
                self.hard_bounce_percent,
                "hard bounces",
                now.hard_bounces,
                pardoned.hard_bounces,
            ),
            (
                self.complaint_percent,
                "complaints",
                now.complaints,
                pardoned.complaints,
            ),
            (
                self.provider_error_percent,
                "provider errors",
                now.provider_errors,
                pardoned.provider_errors,
            ),
        ];
        shares
            .into_iter()
            .find_map(|(threshold, what, count, pardoned)| {
                let threshold = threshold?;
                let count = count.saturating_sub(pardoned);
                let percent = 100.0 * count as f64 / attempted as f64;
                (percent > threshold).then(|| {
                    format!(
                        "{count} {what} in {attempted} attempts are {percent:.2} %, above the {threshold} % of the brake"
                    )
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRAKE: Brake = Brake {
        hard_bounce_percent: Some(5.0),
        complaint_percent: Some(0.1),
        provider_error_percent: None,
        minimum: 100,
    };

    const fn figures(counts: [u64; 4]) -> Figures {
        Figures {
            attempted: counts[0],
            hard_bounces: counts[1],
            complaints: counts[2],
            provider_errors: counts[3],
        }
    }

    #[track_caller]
    fn check(now: [u64; 4], pardoned: [u64; 4], want: Option<&str>) {
        let found = BRAKE.exceeded(figures(now), figures(pardoned));
        assert_eq!(found.as_deref(), want);
    }

    #[test]
    fn a_share_above_its_threshold_pulls_the_brake() {
        let none = [0; 4];
        check([100, 5, 0, 100], none, None);
        check(
            [100, 6, 0, 0],
            none,
            Some("6 hard bounces in 100 attempts are 6.00 %, above the 5 % of the brake"),
        );
        check(
            [1000, 0, 2, 0],
            none,
            Some("2 complaints in 1000 attempts are 0.20 %, above the 0.1 % of the brake"),
        );
        check([1000, 0, 1, 0], none, None);
    }

    #[test]
    fn a_few_attempts_mean_nothing() {
        check([99, 99, 99, 99], [0; 4], None);
        check([0, 0, 5, 0], [0; 4], None);
    }

    #[test]
    fn what_was_pardoned_does_not_count() {
        check([100, 50, 0, 0], [100, 50, 0, 0], None);
        check([199, 99, 0, 0], [100, 50, 0, 0], None);
        check([300, 60, 0, 0], [100, 50, 0, 0], None);
        check(
            [200, 56, 0, 0],
            [100, 50, 0, 0],
            Some("6 hard bounces in 100 attempts are 6.00 %, above the 5 % of the brake"),
        );
    }
}
