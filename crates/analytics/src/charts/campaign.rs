//! Campaign charts (`docs/spec/analytics.md §8`).

use clock::Timestamp;
use model::ActivityId;

/// What a campaign achieved in a window.
#[derive(Debug, Clone, PartialEq)]
pub struct CampaignChart {
    /// The campaign as a whole.
    pub totals: CampaignTotals,
    /// One per activity, that is per run and treatment, ascending by first send.
    pub activities: Vec<CampaignGroup>,
    /// One per treatment, ascending by number.
    pub treatments: Vec<CampaignGroup>,
    /// Endpoints kept out for comparison.
    pub holdout: u64,
    /// Sessions per endpoint of the holdout since the campaign's first send; absent without
    /// holdout or sends.
    pub holdout_sessions_per_user: Option<f64>,
}

/// A part of a campaign.
#[derive(Debug, Clone, PartialEq)]
pub struct CampaignGroup {
    /// The activity; absent for a whole treatment.
    pub activity: Option<ActivityId>,
    /// The treatment number as text, if the events told it.
    pub treatment: Option<String>,
    /// The instant of the first send in the window.
    pub first_sent: Option<Timestamp>,
    /// Its numbers.
    pub totals: CampaignTotals,
    /// Sessions per endpoint reached since the campaign's first send; for treatments only.
    pub sessions_per_user: Option<f64>,
    /// `sessions_per_user` less that of the holdout.
    pub sessions_vs_holdout: Option<f64>,
}

/// The numbers of a campaign or a part of it. Counts of messages are cohorts: of those sent in the
/// window, whatever is known now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CampaignTotals {
    /// Endpoints with a `_campaign.send` record other than HOLDOUT.
    pub targeted: u64,
    /// Messages sent.
    pub sent: u64,
    /// Messages delivered.
    pub delivered: u64,
    /// Different endpoints delivered to.
    pub endpoints_delivered: u64,
    /// Delivered messages that were opened.
    pub opened: u64,
    /// Delivered messages with a click.
    pub clicked: u64,
    /// Messages that bounced for good.
    pub hard_bounced: u64,
    /// Messages that bounced softly, with nothing later.
    pub soft_bounced: u64,
    /// Messages that were complained about.
    pub complained: u64,
    /// Opens in the window, one per message and hour.
    pub total_opens: u64,
    /// Clicks in the window, one per message and hour.
    pub total_clicks: u64,
    /// Unsubscribes in the window, one per message and hour.
    pub unsubscribes: u64,
    /// `delivered` ÷ `sent`
    pub delivery_rate: Option<f64>,
    /// `opened` ÷ `delivered`
    pub open_rate: Option<f64>,
    /// `clicked` ÷ `delivered`
    pub click_rate: Option<f64>,
    /// `hard_bounced` ÷ `sent`
    pub bounce_rate: Option<f64>,
}
