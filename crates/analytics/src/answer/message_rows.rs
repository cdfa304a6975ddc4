//! Measures of messages from rows: the messages are put together as `docs/spec/analytics.md §1.2`
//! says, then counted. Memory grows with the messages of the scope.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use arrow::array::{Array, RecordBatch};
use clock::Timestamp;

use super::facts::{
    BOUNCE, CAMPAIGN_OPENED, CAMPAIGN_SEND, CLICK, COMPLAINT, DELIVERED, JOURNEY_OPENED,
    JOURNEY_SEND, OPEN, REJECTION, SEND, SMS_FAILURE, SMS_SEND, SMS_SUCCESS, SOFT_BOUNCE, Says,
    UNSUBSCRIBE, says,
};
use crate::question::{MessageKind, day_text, hour_text};
use crate::state::View;
use crate::table::{Columns, Scan, Texts};
use crate::{AnalyticsError, Channel, Group, Measure, MessageScope, Window};

/// How long before a push message was sent its opening may be dated.
const PUSH_SLACK: Duration = Duration::from_mins(15);

/// What groups are made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Labels {
    campaign: Option<String>,
    activity: Option<String>,
    treatment: Option<String>,
    journey: Option<String>,
    journey_activity: Option<String>,
}

/// A message.
#[derive(Debug, Clone, Default)]
struct Message {
    labels: Labels,
    channel: Option<Channel>,
    endpoint: u32,
    recipient: Option<String>,
    success: bool,
    sent: Option<i64>,
    /// Latest delivery of a mail, first success of a text message.
    ok: Option<i64>,
    hard: Option<i64>,
    soft: Option<i64>,
    rejected: Option<i64>,
    complained: Option<i64>,
    failed: Option<(i64, String)>,
    opened: bool,
    clicked: bool,
    parts: Option<(i64, i32)>,
    price: Option<(i64, f64)>,
    country: Option<(i64, String)>,
    /// Instants of opens, clicks and unsubscribes.
    heard: Vec<(Heard, i64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Heard {
    Open,
    Click,
    Unsubscribe,
}

/// An endpoint, and an activity or journey activity.
type Place = (u32, Option<String>, Option<String>);

/// A push opening: when, which endpoint, and which activity or journey activity.
struct Opening {
    t: i64,
    endpoint: u32,
    labels: Labels,
}

#[derive(Default)]
struct Messages {
    by_id: HashMap<String, Message>,
    openings: Vec<Opening>,
    /// Groups in which something was heard: labels and instant.
    heard: Vec<(Labels, i64)>,
}

/// A measure by group.
pub(super) fn answer(
    view: &View<'_>,
    measure: Measure,
    scope: &MessageScope,
    window: Window,
    group: &Group,
) -> Result<BTreeMap<String, f64>, AnalyticsError> {
    let mut messages = read(view, scope, window)?;
    messages.by_id.retain(|_, message| {
        message.sent.is_some() && scope.channel.is_none_or(|of| message.channel == Some(of))
    });
    let push = messages.opened_pushes();
    for (id, _) in &push {
        if let Some(message) = messages.by_id.get_mut(id) {
            message.opened = true;
        }
    }
    let mut counter = Counter {
        measure,
        window,
        group,
        values: BTreeMap::new(),
        distinct: HashSet::new(),
        priced: BTreeSet::new(),
    };
    if measure.heard_counts(group) {
        for (labels, t) in &messages.heard {
            counter.add(labels, None, *t, 0.0);
        }
    }
    for message in messages.by_id.values() {
        counter.message(message);
    }
    if measure == Measure::PushOpens {
        let mut seen = HashSet::new();
        for (id, t) in push {
            let Some(message) = messages.by_id.get(&id) else {
                continue;
            };
            let hour = Timestamp::from_millis(t).utc_hour();
            let labels = &message.labels;
            if window.contains(Timestamp::from_millis(t))
                && seen.insert((message.endpoint, labels.clone(), hour))
            {
                counter.add(labels, Some(message), t, 1.0);
            }
        }
    }
    Ok(counter.finish())
}

impl Message {
    /// `docs/spec/analytics.md §2.6`.
    fn delivered(&self, kind: MessageKind) -> bool {
        match (self.channel, kind) {
            (Some(Channel::Email), MessageKind::Campaign) => self.hard.is_none(),
            (Some(Channel::Email), _) => {
                self.hard.is_none() && self.rejected.is_none() && !self.soft_bounced()
            }
            (Some(Channel::Sms), _) => self.ok.is_some(),
            _ => self.success,
        }
    }

    fn soft_bounced(&self) -> bool {
        self.hard.is_none()
            && self
                .soft
                .is_some_and(|soft| self.ok.is_none_or(|ok| ok < soft))
    }

    fn kind(&self) -> MessageKind {
        if self.labels.campaign.is_some() {
            MessageKind::Campaign
        } else if self.labels.journey.is_some() {
            MessageKind::Journey
        } else {
            MessageKind::Transactional
        }
    }
}

fn read(view: &View<'_>, scope: &MessageScope, window: Window) -> Result<Messages, AnalyticsError> {
    let kinds = [
        SEND,
        DELIVERED,
        OPEN,
        CLICK,
        UNSUBSCRIBE,
        BOUNCE,
        SOFT_BOUNCE,
        COMPLAINT,
        REJECTION,
        "_email.rendering_failure",
        SMS_SEND,
        SMS_SUCCESS,
        SMS_FAILURE,
        "_SMS.OPTOUT",
        CAMPAIGN_SEND,
        JOURNEY_SEND,
        CAMPAIGN_OPENED,
        JOURNEY_OPENED,
    ];
    let scan = Scan {
        windows: vec![Window::ALWAYS],
        kinds: kinds.map(str::to_owned).to_vec(),
        origin: None,
        columns: vec![
            "src",
            "type",
            "t",
            "endpoint_no",
            "message_id",
            "channel",
            "status",
            "campaign_id",
            "activity_id",
            "treatment_id",
            "journey_id",
            "jact_id",
            "recipient",
            "parts",
            "price_mc",
            "iso_country",
        ],
    };
    let mut messages = Messages::default();
    view.rows(&scan, &mut |batch| messages.add(batch, scope, window))?;
    Ok(messages)
}

impl Messages {
    fn add(&mut self, batch: &RecordBatch, scope: &MessageScope, window: Window) {
        let columns = Columns(batch);
        let [src, kind, status, channel, id, recipient, country] = [
            "src",
            "type",
            "status",
            "channel",
            "message_id",
            "recipient",
            "iso_country",
        ]
        .map(|name| columns.text(name));
        let label_columns = [
            "campaign_id",
            "activity_id",
            "treatment_id",
            "journey_id",
            "jact_id",
        ]
        .map(|name| columns.text(name));
        let t = columns.instant("t");
        let endpoint = columns.number("endpoint_no");
        let (parts, price) = (columns.integer("parts"), columns.float("price_mc"));
        for row in 0..batch.num_rows() {
            let client = src.value(row) == "C";
            let kind = kind.value(row);
            let Some((of_channel, told)) = says(kind, client, channel.get(row), status.get(row))
            else {
                continue;
            };
            let [campaign, activity, treatment, journey, journey_activity] =
                label_columns.map(|column| column.get(row).map(str::to_owned));
            let labels = Labels {
                campaign,
                activity,
                treatment,
                journey,
                journey_activity,
            };
            if !in_scope(&labels, scope) || scope.channel.is_some_and(|of| of != of_channel) {
                continue;
            }
            let t = t[row];
            if told == Says::Feedback && window.contains(Timestamp::from_millis(t)) {
                self.heard.push((labels.clone(), t));
            }
            if client {
                self.openings.push(Opening {
                    t,
                    endpoint: endpoint.value(row),
                    labels,
                });
                continue;
            }
            let Some(id) = id.get(row) else { continue };
            let message = self.by_id.entry(id.to_owned()).or_default();
            if told == Says::Sent && message.sent.is_none_or(|sent| t < sent) {
                message.sent = Some(t);
                message.labels = labels;
                message.channel = Some(of_channel);
                message.endpoint = endpoint.value(row);
                message.recipient = recipient.get(row).map(str::to_owned);
                message.success = status.get(row) == Some("SUCCESS");
            }
            message.hear(kind, t, status.get(row));
            if of_channel == Channel::Sms {
                latest(
                    &mut message.parts,
                    t,
                    parts.is_valid(row).then(|| parts.value(row)),
                );
                latest(
                    &mut message.price,
                    t,
                    price.is_valid(row).then(|| price.value(row)),
                );
                latest(&mut message.country, t, country.get(row).map(str::to_owned));
            }
        }
    }

    /// Which push messages were opened when.
    fn opened_pushes(&self) -> Vec<(String, i64)> {
        let mut sends: HashMap<Place, Vec<(i64, String)>> = HashMap::new();
        let place = |labels: &Labels| match labels.campaign {
            Some(_) => (labels.activity.clone(), None),
            None => (None, labels.journey_activity.clone()),
        };
        for (id, message) in &self.by_id {
            if let (Some(Channel::Push), Some(sent)) = (message.channel, message.sent) {
                let (activity, journey_activity) = place(&message.labels);
                sends
                    .entry((message.endpoint, activity, journey_activity))
                    .or_default()
                    .push((sent, id.clone()));
            }
        }
        for of in sends.values_mut() {
            of.sort_unstable();
        }
        let slack = i64::try_from(PUSH_SLACK.as_millis()).unwrap_or_default();
        let mut opened = Vec::new();
        for opening in &self.openings {
            let (activity, journey_activity) = place(&opening.labels);
            let Some(of) = sends.get(&(opening.endpoint, activity, journey_activity)) else {
                continue;
            };
            // Of two that qualify, the later one is opened.
            let after = of.partition_point(|(sent, _)| sent - slack <= opening.t);
            if let Some((_, id)) = after.checked_sub(1).and_then(|last| of.get(last)) {
                opened.push((id.clone(), opening.t));
            }
        }
        opened
    }
}

impl Message {
    /// Takes in an event of the service about this message.
    fn hear(&mut self, kind: &str, t: i64, status: Option<&str>) {
        let first = |at: &mut Option<i64>| *at = Some(at.map_or(t, |at| at.min(t)));
        let last = |at: &mut Option<i64>| *at = Some(at.map_or(t, |at| at.max(t)));
        match kind {
            DELIVERED => last(&mut self.ok),
            SMS_SUCCESS => first(&mut self.ok),
            BOUNCE => first(&mut self.hard),
            SOFT_BOUNCE => last(&mut self.soft),
            REJECTION => first(&mut self.rejected),
            COMPLAINT => first(&mut self.complained),
            SMS_FAILURE if self.failed.as_ref().is_none_or(|(at, _)| t < *at) => {
                self.failed = Some((t, status.unwrap_or_default().to_owned()));
            }
            OPEN => {
                self.opened = true;
                self.heard.push((Heard::Open, t));
            }
            CLICK => {
                self.clicked = true;
                self.heard.push((Heard::Click, t));
            }
            UNSUBSCRIBE => self.heard.push((Heard::Unsubscribe, t)),
            _ => {}
        }
    }
}

/// Keeps the latest value that is there.
fn latest<T>(known: &mut Option<(i64, T)>, t: i64, value: Option<T>) {
    if let Some(value) = value
        && known.as_ref().is_none_or(|(at, _)| t >= *at)
    {
        *known = Some((t, value));
    }
}

fn in_scope(labels: &Labels, scope: &MessageScope) -> bool {
    let kind = Message {
        labels: labels.clone(),
        ..Message::default()
    }
    .kind();
    kind == scope.kind
        && scope
            .campaign
            .as_ref()
            .is_none_or(|wanted| labels.campaign.as_deref() == Some(wanted.as_str()))
        && scope
            .journey
            .as_ref()
            .is_none_or(|wanted| labels.journey.as_ref() == Some(wanted))
}

/// Counts messages into groups.
struct Counter<'a> {
    measure: Measure,
    window: Window,
    group: &'a Group,
    values: BTreeMap<String, f64>,
    /// What was counted before, where only different ones count.
    distinct: HashSet<(String, String)>,
    /// Groups with a known price.
    priced: BTreeSet<String>,
}

impl Counter<'_> {
    fn key(&self, labels: &Labels, message: Option<&Message>, t: i64) -> Option<String> {
        let instant = Timestamp::from_millis(t);
        match self.group {
            Group::Day => Some(day_text(instant.utc_day())),
            Group::Hour => Some(hour_text(instant.utc_hour())),
            Group::Campaign => labels.campaign.clone(),
            Group::Activity => labels.activity.clone(),
            Group::Treatment => labels.treatment.clone(),
            Group::JourneyActivity => labels.journey_activity.clone(),
            Group::Country => message?
                .country
                .as_ref()
                .map(|(_, country)| country.clone()),
            Group::ErrorCode => message?.failed.as_ref().map(|(_, code)| code.clone()),
            _ => Some(String::new()),
        }
    }

    fn add(&mut self, labels: &Labels, message: Option<&Message>, t: i64, value: f64) {
        if let Some(key) = self.key(labels, message, t) {
            *self.values.entry(key).or_default() += value;
        }
    }

    /// Counts one of `what` once per group.
    fn add_distinct(&mut self, message: &Message, t: i64, what: String) {
        if let Some(key) = self.key(&message.labels, Some(message), t)
            && self.distinct.insert((key.clone(), what))
        {
            *self.values.entry(key).or_default() += 1.0;
        }
    }

    fn message(&mut self, message: &Message) {
        let Some(sent) = message.sent else { return };
        let window = self.window;
        let inside = |t: i64| window.contains(Timestamp::from_millis(t));
        let labels = &message.labels;
        if self.measure.is_cohort() {
            if inside(sent) {
                self.cohort(message, sent);
            }
            return;
        }
        if inside(sent) && !matches!(self.group, Group::ErrorCode) {
            self.add(labels, Some(message), sent, 0.0);
        }
        let at = match self.measure {
            Measure::HardBounced => message.hard,
            Measure::SoftBounced => message.soft.filter(|_| message.soft_bounced()),
            Measure::Complained => message.complained,
            Measure::Rejected => message.rejected,
            Measure::Failed => message.failed.as_ref().map(|(t, _)| *t),
            _ => None,
        };
        if let Some(t) = at.filter(|t| inside(*t)) {
            self.add(labels, Some(message), t, 1.0);
        }
        let wanted = match self.measure {
            Measure::Opens | Measure::RecipientsOpened => Heard::Open,
            Measure::Clicks | Measure::RecipientsClicked => Heard::Click,
            Measure::Unsubscribes => Heard::Unsubscribe,
            _ => return,
        };
        let by_recipient = matches!(
            self.measure,
            Measure::RecipientsOpened | Measure::RecipientsClicked
        );
        let heard: BTreeMap<i64, i64> = message
            .heard
            .iter()
            .filter(|(heard, t)| *heard == wanted && inside(*t))
            .map(|(_, t)| (Timestamp::from_millis(*t).utc_hour(), *t))
            .collect();
        for t in heard.into_values() {
            if by_recipient {
                self.add_distinct(message, t, recipient(message));
            } else {
                self.add(labels, Some(message), t, 1.0);
            }
        }
    }

    fn cohort(&mut self, message: &Message, sent: i64) {
        let delivered = message.delivered(message.kind());
        let parts = f64::from(message.parts.map_or(1, |(_, parts)| parts));
        let when = |holds: bool| f64::from(u8::from(holds));
        let value = match self.measure {
            Measure::Delivered | Measure::EndpointsDelivered => when(delivered),
            Measure::SentHardBounced => when(message.hard.is_some()),
            Measure::SentSoftBounced => when(message.soft_bounced()),
            Measure::SentComplained => when(message.complained.is_some()),
            Measure::DeliveredOpened => when(delivered && message.opened),
            Measure::DeliveredClicked => when(delivered && message.clicked),
            Measure::PriceMillicents => {
                let key = self.key(&message.labels, Some(message), sent);
                if message.price.is_some() {
                    self.priced.extend(key);
                }
                message.price.map_or(0.0, |(_, price)| price)
            }
            Measure::Parts => parts,
            Measure::DeliveredParts => when(delivered) * parts,
            _ => 1.0,
        };
        if self.measure == Measure::EndpointsDelivered && value > 0.0 {
            self.add_distinct(message, sent, message.endpoint.to_string());
        } else {
            self.add(&message.labels, Some(message), sent, value);
        }
    }

    fn finish(mut self) -> BTreeMap<String, f64> {
        if self.measure == Measure::PriceMillicents && *self.group != Group::None {
            let priced = &self.priced;
            self.values.retain(|key, _| priced.contains(key));
        }
        self.values
    }
}

/// Whom a message went to (`docs/spec/analytics.md §2.3`): the stored endpoint, else the address.
fn recipient(message: &Message) -> String {
    match &message.recipient {
        // Numbers of recipients that are no stored endpoints count down from the top.
        Some(recipient) if message.endpoint > u32::MAX / 2 => format!("@{recipient}"),
        _ => message.endpoint.to_string(),
    }
}
