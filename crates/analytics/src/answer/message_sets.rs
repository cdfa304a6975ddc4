//! Measures of campaign messages by set algebra.
//!
//! A campaign sends an endpoint one message per activity: a set of endpoints is a set of messages.
//! Where the counts show that this does not hold, or order decides, rows answer instead.

use std::cell::Cell as Flag;
use std::collections::BTreeMap;

use clock::Timestamp;
use model::CampaignId;
use roaring::RoaringBitmap;

use super::facts::{
    BOUNCE, CAMPAIGN_SEND, CLICK, COMPLAINT, DELIVERED, OPEN, REJECTION, SMS_SUCCESS, SOFT_BOUNCE,
    Says, UNSUBSCRIBE, says,
};
use crate::question::{MessageKind, day_text, hour_text};
use crate::sets::Series;
use crate::state::{Grain, View};
use crate::{AnalyticsError, Channel, Group, Measure, MessageScope, Window};

/// Messages of an activity on a channel.
type Key = (String, Option<String>, Channel);

/// What sets tell of the messages of one activity.
#[derive(Default)]
struct Activity {
    treatment: Option<String>,
    /// Ever sent, and by how many rows.
    ever_sent: RoaringBitmap,
    ever_sent_rows: u64,
    /// Ever accepted or handed over, where the channel tells.
    ever_ok: RoaringBitmap,
    /// Endpoints ever heard of, by type, and by how many rows.
    ever: BTreeMap<String, (RoaringBitmap, u64)>,
    /// Sent in the window, by hour (or day) since the epoch.
    sent: BTreeMap<(i64, i64), RoaringBitmap>,
    /// Heard of in the window, by type and hour (or day).
    heard: BTreeMap<(String, i64, i64), RoaringBitmap>,
}

/// A measure by group; `None` if sets cannot tell.
pub(super) fn answer(
    view: &View<'_>,
    measure: Measure,
    scope: &MessageScope,
    window: Window,
    group: &Group,
) -> Result<Option<BTreeMap<String, f64>>, AnalyticsError> {
    if scope.kind != MessageKind::Campaign
        || scope.journey.is_some()
        || matches!(
            group,
            Group::Country | Group::ErrorCode | Group::JourneyActivity
        )
        || !known(measure, scope)
    {
        return Ok(None);
    }
    let grain = match group {
        Group::Hour => Grain::Hour,
        _ if hourly(measure).is_some() => Grain::Hour,
        _ => Grain::Day,
    };
    let Some(activities) = gather(view, scope, window, grain)? else {
        return Ok(None);
    };
    let mut values: BTreeMap<String, f64> = BTreeMap::new();
    let mut endpoints: BTreeMap<String, RoaringBitmap> = BTreeMap::new();
    for ((campaign, activity, channel), of) in &activities {
        if of.ever_sent_rows != of.ever_sent.len() {
            return Ok(None);
        }
        let key = |day: i64, hour: i64| match group {
            Group::Day => Some(day_text(day)),
            Group::Hour => Some(hour_text(hour)),
            Group::Campaign => Some(campaign.clone()),
            Group::Activity => activity.clone(),
            Group::Treatment => of.treatment.clone(),
            _ => Some(String::new()),
        };
        if measure.heard_counts(group) {
            for (_, day, hour) in of.heard.keys() {
                if let Some(key) = key(*day, *hour) {
                    values.entry(key).or_default();
                }
            }
        }
        for ((day, hour), sent) in &of.sent {
            let Some(key) = key(*day, *hour) else {
                continue;
            };
            let value = values.entry(key.clone()).or_default();
            if measure == Measure::EndpointsDelivered {
                *endpoints.entry(key).or_default() |= of.delivered(*channel, sent);
            } else if measure.is_cohort() {
                match of.cohort(measure, *channel, sent) {
                    Some(count) => *value += count as f64,
                    None => return Ok(None),
                }
            }
        }
        if measure.is_cohort() {
            continue;
        }
        let Some(kind) = of.occurrence(measure) else {
            return Ok(None);
        };
        for ((heard, day, hour), set) in &of.heard {
            if heard == kind
                && let Some(key) = key(*day, *hour)
            {
                let count = set.intersection_len(&of.ever_sent);
                *values.entry(key).or_default() += count as f64;
            }
        }
    }
    for (key, set) in endpoints {
        values.insert(key, set.len() as f64);
    }
    Ok(Some(values))
}

/// Whether sets may know the measure at all.
fn known(measure: Measure, scope: &MessageScope) -> bool {
    match measure {
        Measure::Sent | Measure::Delivered | Measure::EndpointsDelivered => true,
        Measure::PushOpens
        | Measure::RecipientsOpened
        | Measure::RecipientsClicked
        | Measure::PriceMillicents
        | Measure::Parts
        | Measure::DeliveredParts
        | Measure::Failed => false,
        _ => scope.channel == Some(Channel::Email),
    }
}

/// The type that an hourly measure counts.
const fn hourly(measure: Measure) -> Option<&'static str> {
    match measure {
        Measure::Opens => Some(OPEN),
        Measure::Clicks => Some(CLICK),
        Measure::Unsubscribes => Some(UNSUBSCRIBE),
        _ => None,
    }
}

impl Activity {
    fn ever(&self, kind: &str) -> RoaringBitmap {
        self.ever
            .get(kind)
            .map(|(set, _)| set.clone())
            .unwrap_or_default()
    }

    /// Those of `sent` that were delivered.
    fn delivered(&self, channel: Channel, sent: &RoaringBitmap) -> RoaringBitmap {
        match channel {
            Channel::Email => sent - self.ever(BOUNCE),
            _ => sent & &self.ever_ok,
        }
    }

    /// A measure of the messages `sent`; `None` if sets cannot tell.
    fn cohort(&self, measure: Measure, channel: Channel, sent: &RoaringBitmap) -> Option<u64> {
        let delivered = || self.delivered(channel, sent);
        Some(match measure {
            Measure::Sent => sent.len(),
            Measure::Delivered => delivered().len(),
            Measure::SentHardBounced => sent.intersection_len(&self.ever(BOUNCE)),
            Measure::SentComplained => sent.intersection_len(&self.ever(COMPLAINT)),
            Measure::SentSoftBounced => sent.intersection_len(&self.soft_bounced()?),
            Measure::DeliveredOpened => delivered().intersection_len(&self.ever(OPEN)),
            Measure::DeliveredClicked => delivered().intersection_len(&self.ever(CLICK)),
            _ => return None,
        })
    }

    /// Soft bounces that stand; `None` if the order of events decides.
    fn soft_bounced(&self) -> Option<RoaringBitmap> {
        let soft = self.ever(SOFT_BOUNCE) - self.ever(BOUNCE);
        soft.is_disjoint(&self.ever(DELIVERED)).then_some(soft)
    }

    /// The type whose events an occurrence counts; `None` if the order of events decides.
    fn occurrence(&self, measure: Measure) -> Option<&'static str> {
        if let Some(kind) = hourly(measure) {
            return Some(kind);
        }
        let kind = match measure {
            Measure::HardBounced => BOUNCE,
            Measure::Complained => COMPLAINT,
            Measure::Rejected => REJECTION,
            _ => return None,
        };
        // The first event of a message is any, if it has only one.
        let single = self
            .ever
            .get(kind)
            .is_none_or(|(set, rows)| set.len() == *rows);
        single.then_some(kind)
    }
}

/// What an event of a series says about campaign messages of the scope.
fn about(series: &Series, scope: &MessageScope) -> Option<(Channel, Says)> {
    let campaign = series.campaign.as_deref()?;
    if scope
        .campaign
        .as_ref()
        .is_some_and(|wanted| wanted.as_str() != campaign)
    {
        return None;
    }
    let told = says(
        &series.kind,
        series.client,
        series.channel.as_deref(),
        series.status.as_deref(),
    )?;
    scope
        .channel
        .is_none_or(|channel| channel == told.0)
        .then_some(told)
}

fn key(series: &Series, channel: Channel) -> Key {
    let campaign = series.campaign.clone().unwrap_or_default();
    (campaign, series.activity.clone(), channel)
}

/// The activities of a scope; `None` if the window cuts through an hour with events.
fn gather(
    view: &View<'_>,
    scope: &MessageScope,
    window: Window,
    grain: Grain,
) -> Result<Option<BTreeMap<Key, Activity>>, AnalyticsError> {
    let mut activities: BTreeMap<Key, Activity> = BTreeMap::new();
    let pushes = !matches!(scope.channel, Some(Channel::Email | Channel::Sms));
    let blurred = Flag::new(false);
    let wanted = |series: &Series| {
        // Openings beyond the limit of series are told by rows alone.
        if pushes && series.is_rest() {
            blurred.set(true);
        }
        about(series, scope).is_some()
    };
    let cut = view.cells(window, grain, &wanted, &mut |found| {
        let Some((channel, told)) = about(found.series, scope) else {
            return;
        };
        let of = activities.entry(key(found.series, channel)).or_default();
        if of.treatment.is_none() {
            of.treatment.clone_from(&found.series.treatment);
        }
        let endpoints = &found.cell.people.endpoints;
        match told {
            Says::Sent => *of.sent.entry((found.day, found.hour)).or_default() |= endpoints,
            Says::Feedback => {
                let at = (found.series.kind.clone(), found.day, found.hour);
                *of.heard.entry(at).or_default() |= endpoints;
            }
        }
    })?;
    if !cut.is_empty() || blurred.get() {
        return Ok(None);
    }
    view.cells(Window::ALWAYS, Grain::Day, &wanted, &mut |found| {
        let series = found.series;
        let Some((channel, told)) = about(series, scope) else {
            return;
        };
        // Only those with something in the window matter.
        let Some(of) = activities.get_mut(&key(series, channel)) else {
            return;
        };
        let endpoints = &found.cell.people.endpoints;
        match told {
            Says::Sent => {
                of.ever_sent |= endpoints;
                of.ever_sent_rows += found.cell.count;
                if series.kind == CAMPAIGN_SEND && series.status.as_deref() == Some("SUCCESS") {
                    of.ever_ok |= endpoints;
                }
            }
            Says::Feedback => {
                if series.kind == SMS_SUCCESS {
                    of.ever_ok |= endpoints;
                }
                let ever = of.ever.entry(series.kind.clone()).or_default();
                ever.0 |= endpoints;
                ever.1 += found.cell.count;
            }
        }
    })?;
    Ok(Some(activities))
}

/// Whom an activity of a campaign reached or kept out.
#[derive(Default)]
pub(crate) struct Reached {
    pub(crate) activity: Option<String>,
    pub(crate) treatment: Option<String>,
    /// The first `_campaign.send` record or send.
    pub(crate) first: Option<Timestamp>,
    pub(crate) first_sent: Option<Timestamp>,
    pub(crate) delivered: RoaringBitmap,
    pub(crate) holdout: RoaringBitmap,
}

/// Whom each activity of `campaign` ever reached, by its first send. Messages of an endpoint and
/// activity count as one.
pub(crate) fn reached(
    view: &View<'_>,
    campaign: &CampaignId,
) -> Result<Vec<Reached>, AnalyticsError> {
    let scope = MessageScope {
        campaign: Some(campaign.clone()),
        ..MessageScope::default()
    };
    let mut all: BTreeMap<Option<String>, Reached> = BTreeMap::new();
    let ours = |series: &Series| {
        !series.client
            && series.campaign.as_deref() == Some(campaign.as_str())
            && (series.kind == CAMPAIGN_SEND
                || matches!(about(series, &scope), Some((_, Says::Sent))))
    };
    view.cells(Window::ALWAYS, Grain::Day, &ours, &mut |found| {
        let series = found.series;
        let start = found.cell.window().start;
        let earlier = |at: Option<Timestamp>| Some(at.map_or(start, |at| at.min(start)));
        let of = all.entry(series.activity.clone()).or_default();
        of.activity.clone_from(&series.activity);
        if of.treatment.is_none() {
            of.treatment.clone_from(&series.treatment);
        }
        of.first = earlier(of.first);
        if series.status.as_deref() == Some("HOLDOUT") {
            of.holdout |= &found.cell.people.endpoints;
        }
        if matches!(about(series, &scope), Some((_, Says::Sent))) {
            of.first_sent = earlier(of.first_sent);
        }
    })?;
    let activities = gather(view, &scope, Window::ALWAYS, Grain::Day)?.unwrap_or_default();
    for ((_, activity, channel), of) in &activities {
        if let Some(reached) = all.get_mut(activity) {
            reached.delivered |= of.delivered(*channel, &of.ever_sent);
        }
    }
    let mut all: Vec<Reached> = all.into_values().collect();
    all.sort_by(|a, b| (a.first, &a.activity).cmp(&(b.first, &b.activity)));
    Ok(all)
}
