//! Campaign charts (`docs/spec/analytics.md §8`).

use std::collections::BTreeMap;

use clock::Timestamp;
use model::{ActivityId, CampaignId, EndpointSet, Outcome};

use super::OPENED_APP;
use super::series::{Point, Series, Step, Total, series};
use crate::answer::{self, CAMPAIGN_SEND, reached};
use crate::question::{day_text, hour_text};
use crate::state::View;
use crate::{
    AnalyticsError, Channel, Filter, Group, Measure, MessageScope, Question, Unit, Window,
};

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
    /// The instant of the first send.
    pub first_sent: Option<Timestamp>,
    /// The numbers of what was sent in the window.
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

/// What `campaign` achieved in `window`. Blocks.
pub(crate) fn campaign(
    view: &View<'_>,
    campaign: &CampaignId,
    window: Window,
) -> Result<CampaignChart, AnalyticsError> {
    let reached = reached(view, campaign)?;
    let first_sent = reached.iter().filter_map(|of| of.first_sent).min();
    // With several runs the first assignment of an endpoint wins.
    let mut assigned = EndpointSet::new();
    let mut holdout = EndpointSet::new();
    let mut members: BTreeMap<Option<String>, EndpointSet> = BTreeMap::new();
    for of in &reached {
        let group = members.entry(of.treatment.clone()).or_default();
        *group |= &of.delivered - &assigned;
        holdout |= &(&of.holdout - &assigned) - &of.delivered;
        assigned |= &of.delivered;
        assigned |= &of.holdout;
    }
    let sessions = |members: &EndpointSet| -> Result<Option<f64>, AnalyticsError> {
        let Some(start) = first_sent.filter(|_| !members.is_empty()) else {
            return Ok(None);
        };
        let mut filter = Filter::new(Window {
            start,
            end: window.end,
        })
        .kind(OPENED_APP)
        .from_clients();
        filter.endpoints = Some(members.clone());
        let count = answer::answer(view, &Question::Count(filter, Group::None))?.value();
        Ok(Some(count / members.len() as f64))
    };
    let holdout_sessions = sessions(&holdout)?;
    let by_activity = totals(view, campaign, window, &Group::Activity)?;
    let by_treatment = totals(view, campaign, window, &Group::Treatment)?;
    let mut treatments = Vec::new();
    for (treatment, members) in &members {
        let sessions_per_user = sessions(members)?;
        let of_treatment = reached.iter().filter(|of| of.treatment == *treatment);
        treatments.push(CampaignGroup {
            activity: None,
            first_sent: of_treatment.filter_map(|of| of.first_sent).min(),
            totals: by_treatment
                .get(treatment.as_deref().unwrap_or_default())
                .cloned()
                .unwrap_or_default(),
            treatment: treatment.clone(),
            sessions_per_user,
            sessions_vs_holdout: sessions_per_user
                .zip(holdout_sessions)
                .map(|(own, holdout)| own - holdout),
        });
    }
    let activities = reached.iter().map(|of| CampaignGroup {
        activity: of.activity.clone().map(ActivityId::new),
        treatment: of.treatment.clone(),
        first_sent: of.first_sent,
        totals: by_activity
            .get(of.activity.as_deref().unwrap_or_default())
            .cloned()
            .unwrap_or_default(),
        sessions_per_user: None,
        sessions_vs_holdout: None,
    });
    Ok(CampaignChart {
        activities: activities.collect(),
        totals: totals(view, campaign, window, &Group::None)?
            .remove("")
            .unwrap_or_default(),
        treatments,
        holdout: holdout.len(),
        holdout_sessions_per_user: holdout_sessions,
    })
}

/// The numbers by group; an ungrouped one has the key `""`.
fn totals(
    view: &View<'_>,
    campaign: &CampaignId,
    window: Window,
    group: &Group,
) -> Result<BTreeMap<String, CampaignTotals>, AnalyticsError> {
    let mut groups: BTreeMap<String, CampaignTotals> = BTreeMap::new();
    let mut put = |question: &Question, into: fn(&mut CampaignTotals) -> &mut u64| {
        for row in answer::answer(view, question)?.rows {
            let of = groups.entry(row.group.unwrap_or_default()).or_default();
            // Counts are whole and far below 2^53.
            *into(of) = row.value as u64;
        }
        Ok::<_, AnalyticsError>(())
    };
    let mut targeted = Filter::new(window)
        .kind(CAMPAIGN_SEND)
        .from_service()
        .campaign(campaign);
    targeted.statuses = Outcome::ALL
        .iter()
        .filter(|outcome| **outcome != Outcome::Holdout)
        .map(|outcome| outcome.as_str().to_owned())
        .collect();
    let targeted = Question::Distinct(Unit::Endpoint, targeted, group.clone());
    put(&targeted, |of| &mut of.targeted)?;
    for (measure, channel, into) in MEASURES {
        let scope = scope(Some(campaign), *channel);
        put(
            &Question::Messages(*measure, scope, window, group.clone()),
            *into,
        )?;
    }
    let rate = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
    for of in groups.values_mut() {
        of.delivery_rate = rate(of.delivered, of.sent);
        of.open_rate = rate(of.opened, of.delivered);
        of.click_rate = rate(of.clicked, of.delivered);
        of.bounce_rate = rate(of.hard_bounced, of.sent);
    }
    Ok(groups)
}

/// A measure, its channel, and where it goes.
type Placement = (
    Measure,
    Option<Channel>,
    fn(&mut CampaignTotals) -> &mut u64,
);

const MEASURES: &[Placement] = &[
    (Measure::Sent, None, |of| &mut of.sent),
    (Measure::Delivered, None, |of| &mut of.delivered),
    (Measure::EndpointsDelivered, None, |of| {
        &mut of.endpoints_delivered
    }),
    (Measure::DeliveredOpened, EMAIL, |of| &mut of.opened),
    (Measure::DeliveredClicked, EMAIL, |of| &mut of.clicked),
    (Measure::SentHardBounced, EMAIL, |of| &mut of.hard_bounced),
    (Measure::SentSoftBounced, EMAIL, |of| &mut of.soft_bounced),
    (Measure::SentComplained, EMAIL, |of| &mut of.complained),
    (Measure::Opens, EMAIL, |of| &mut of.total_opens),
    (Measure::Clicks, EMAIL, |of| &mut of.total_clicks),
    (Measure::Unsubscribes, EMAIL, |of| &mut of.unsubscribes),
];

const EMAIL: Option<Channel> = Some(Channel::Email);

fn scope(campaign: Option<&CampaignId>, channel: Option<Channel>) -> MessageScope {
    MessageScope {
        campaign: campaign.cloned(),
        channel,
        ..MessageScope::default()
    }
}

/// Campaign messages over time, of one campaign or all. Blocks.
pub(crate) fn campaign_series(
    view: &View<'_>,
    campaign: Option<&CampaignId>,
    window: Window,
    step: Step,
    now: Timestamp,
) -> Result<Vec<Series>, AnalyticsError> {
    let steps = step.of(window)?;
    let (group, text): (_, fn(Timestamp) -> String) = match step {
        Step::Day => (Group::Day, |at| day_text(at.utc_day())),
        Step::Hour => (Group::Hour, |at| hour_text(at.utc_hour())),
    };
    [
        ("sent", Measure::Sent, None),
        ("delivered", Measure::Delivered, None),
        ("opens", Measure::Opens, EMAIL),
        ("clicks", Measure::Clicks, EMAIL),
        ("hard_bounces", Measure::HardBounced, EMAIL),
        ("complaints", Measure::Complained, EMAIL),
        ("unsubscribes", Measure::Unsubscribes, EMAIL),
    ]
    .into_iter()
    .map(|(name, measure, channel)| {
        let question = Question::Messages(measure, scope(campaign, channel), window, group.clone());
        let values: BTreeMap<String, f64> = answer::answer(view, &question)?
            .rows
            .into_iter()
            .filter_map(|row| Some((row.group?, row.value)))
            .collect();
        let points = steps.iter().map(|at| Point {
            at: *at,
            value: Some(values.get(&text(*at)).copied().unwrap_or_default()),
        });
        Ok(series(name, step, points.collect(), Total::Sum, now))
    })
    .collect()
}
