//! The text of `docs/spec/analytics.md` applied to a list of events, row by row.

use std::collections::{BTreeMap, BTreeSet};

use analytics::{
    Answer, Channel, Filter, Group, Measure, MessageKind, MessageScope, Question, Row, Unit, Window,
};
use clock::Timestamp;
use model::{AppId, ChannelType, Event, Origin};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
const HOUR: i64 = 60 * MINUTE;

/// §2.1
pub fn t(event: &Event) -> i64 {
    let (ts, arr) = (event.timestamp.as_millis(), event.arrival.as_millis());
    match event.origin.reporter() {
        Origin::Client if arr - 90 * DAY <= ts && ts <= arr + 15 * MINUTE => ts,
        _ => arr,
    }
}

pub fn endpoint(event: &Event) -> String {
    match event.ordinal {
        Some(ordinal) => format!("#{ordinal}"),
        None => event.endpoint.as_str().to_lowercase(),
    }
}

/// §2.3
pub fn person(event: &Event) -> String {
    match &event.user {
        Some(user) => user.to_string(),
        None => format!("~{}", endpoint(event)),
    }
}

fn inside(window: Window, t: i64) -> bool {
    window.start.as_millis() <= t && t <= window.end.as_millis()
}

fn day(t: i64) -> String {
    Timestamp::from_millis(t).to_string()[..10].to_owned()
}

fn hour(t: i64) -> String {
    Timestamp::from_millis(t.div_euclid(HOUR) * HOUR).to_string()
}

pub fn passes(event: &Event, filter: &Filter) -> bool {
    let campaign = event.campaign.as_ref();
    inside(filter.window, t(event))
        && (filter.kinds.is_empty() || filter.kinds.contains(&event.kind))
        && filter.origin.is_none_or(|origin| origin == event.origin)
        && filter
            .campaign
            .as_ref()
            .is_none_or(|id| campaign.is_some_and(|of| of.campaign == *id))
        && filter
            .activity
            .as_ref()
            .is_none_or(|id| campaign.is_some_and(|of| of.activity.as_ref() == Some(id)))
        && filter
            .treatment
            .as_ref()
            .is_none_or(|id| campaign.is_some_and(|of| of.treatment.as_ref() == Some(id)))
        && filter
            .journey
            .as_ref()
            .is_none_or(|id| event.journey.as_ref().is_some_and(|of| of.journey == *id))
        && (filter.statuses.is_empty()
            || event
                .status
                .as_ref()
                .is_some_and(|of| filter.statuses.contains(of)))
        && filter.attributes.iter().all(|(name, values)| {
            event
                .attributes
                .get(name)
                .is_some_and(|of| values.contains(of))
        })
        && filter.metrics.iter().all(|(name, relation, value)| {
            event
                .metrics
                .get(name)
                .is_some_and(|of| relation.holds(*of, *value))
        })
        && filter
            .endpoints
            .as_ref()
            .is_none_or(|set| event.ordinal.is_some_and(|ordinal| set.contains(ordinal)))
}

fn group_of(event: &Event, group: &Group) -> Option<String> {
    let campaign = event.campaign.as_ref();
    match group {
        Group::None => Some(String::new()),
        Group::Day => Some(day(t(event))),
        Group::Hour => Some(hour(t(event))),
        Group::Kind => Some(event.kind.clone()),
        Group::Campaign => campaign.map(|of| of.campaign.to_string()),
        Group::Activity => campaign
            .and_then(|of| of.activity.as_ref())
            .map(ToString::to_string),
        Group::Treatment => campaign.and_then(|of| of.treatment.clone()),
        Group::Status => event.status.clone(),
        Group::JourneyActivity => event.journey.as_ref().and_then(|of| of.activity.clone()),
        Group::Attribute(name) => event.attributes.get(name).cloned(),
        Group::Country | Group::ErrorCode => None,
    }
}

pub fn answer(events: &[Event], app: &AppId, question: &Question) -> Answer {
    let events: Vec<&Event> = events.iter().filter(|event| event.app == *app).collect();
    let mut values: BTreeMap<String, f64> = BTreeMap::new();
    let (group, always) = match question {
        Question::Count(filter, group) => {
            for event in events.iter().filter(|event| passes(event, filter)) {
                if let Some(key) = group_of(event, group) {
                    *values.entry(key).or_default() += 1.0;
                }
            }
            (group, true)
        }
        Question::Sum(metric, filter, group) => {
            for event in events.iter().filter(|event| passes(event, filter)) {
                if let (Some(key), Some(value)) =
                    (group_of(event, group), event.metrics.get(metric))
                {
                    *values.entry(key).or_default() += value;
                }
            }
            (group, true)
        }
        Question::Distinct(unit, filter, group) => {
            let mut sets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for event in events.iter().filter(|event| passes(event, filter)) {
                if let Some(key) = group_of(event, group) {
                    let who = match unit {
                        Unit::Endpoint => endpoint(event),
                        Unit::Person => person(event),
                    };
                    sets.entry(key).or_default().insert(who);
                }
            }
            values.extend(sets.into_iter().map(|(key, set)| (key, set.len() as f64)));
            (group, true)
        }
        Question::Messages(measure, scope, window, group) => {
            values = messages(&events, *measure, scope, *window, group);
            (group, false)
        }
    };
    if *group == Group::None {
        let value = values.get("").copied().or(always.then_some(0.0));
        return Answer {
            rows: value
                .map(|value| Row { group: None, value })
                .into_iter()
                .collect(),
        };
    }
    Answer {
        rows: values
            .into_iter()
            .map(|(key, value)| Row {
                group: Some(key),
                value,
            })
            .collect(),
    }
}

fn channel(event: &Event) -> Option<Channel> {
    event.channel.map(|channel| match channel {
        ChannelType::Email => Channel::Email,
        ChannelType::Sms => Channel::Sms,
        ChannelType::Voice => Channel::Voice,
        ChannelType::Custom => Channel::Custom,
        ChannelType::InApp => Channel::InApp,
        _ => Channel::Push,
    })
}

fn kind(event: &Event) -> MessageKind {
    match (&event.campaign, &event.journey) {
        (Some(_), _) => MessageKind::Campaign,
        (None, Some(_)) => MessageKind::Journey,
        (None, None) => MessageKind::Transactional,
    }
}

const ATTEMPTED: [&str; 7] = [
    "SUCCESS",
    "FAILURE",
    "FAILURE_PERMANENT",
    "TRANSIENT_FAILURE",
    "THROTTLED",
    "UNKNOWN",
    "CUSTOM_DELIVERY_FAILURE",
];

/// One message: §1.2.
struct Msg<'a> {
    send: &'a Event,
    channel: Channel,
    kind: MessageKind,
    sent: i64,
    /// The events of the service about it.
    told: Vec<&'a Event>,
    /// Instants of its openings, if it is a push message.
    opened: Vec<i64>,
}

impl Msg<'_> {
    fn at(&self, kind: &str) -> Vec<i64> {
        self.told
            .iter()
            .filter(|event| event.kind == kind)
            .map(|event| t(event))
            .collect()
    }
    fn first(&self, kind: &str) -> Option<i64> {
        self.at(kind).into_iter().min()
    }
    fn last(&self, kind: &str) -> Option<i64> {
        self.at(kind).into_iter().max()
    }
    /// §2.6
    fn softb(&self) -> bool {
        let (soft, ok) = (
            self.last("_email.softbounce"),
            self.last("_email.delivered"),
        );
        soft.is_some() && self.first("_email.hardbounce").is_none() && (ok.is_none() || ok < soft)
    }
    /// §2.6
    fn delivered(&self) -> bool {
        match (self.channel, self.kind) {
            (Channel::Email, MessageKind::Campaign) => self.first("_email.hardbounce").is_none(),
            (Channel::Email, _) => {
                self.first("_email.hardbounce").is_none()
                    && self.first("_email.rejected").is_none()
                    && !self.softb()
            }
            (Channel::Sms, _) => self.first("_SMS.SUCCESS").is_some(),
            _ => self.send.status.as_deref() == Some("SUCCESS"),
        }
    }
    fn price(&self) -> Option<f64> {
        let mut rows = self.told.clone();
        rows.sort_by_key(|event| t(event));
        rows.iter()
            .rev()
            .find_map(|event| event.metrics.get("price_in_millicents_usd").copied())
    }
    fn parts(&self) -> f64 {
        self.told
            .iter()
            .find_map(|event| event.attributes.get("number_of_message_parts"))
            .map_or(1.0, |parts| parts.parse().expect("small numbers fit"))
    }
    fn recipient(&self) -> String {
        match self.send.ordinal {
            Some(ordinal) => ordinal.to_string(),
            None => self.send.mail.as_ref().map_or_else(
                || self.send.endpoint.to_string(),
                |mail| format!("@{}", mail.to[0].to_lowercase()),
            ),
        }
    }
}

fn is_send(event: &Event) -> Option<Channel> {
    if event.origin == Origin::Client {
        return None;
    }
    match event.kind.as_str() {
        "_email.send" => Some(Channel::Email),
        "_SMS.BUFFERED" => Some(Channel::Sms),
        "_campaign.send" | "_journey.send" => channel(event)
            .filter(|of| !matches!(of, Channel::Email | Channel::Sms))
            .filter(|_| {
                event
                    .status
                    .as_deref()
                    .is_some_and(|status| ATTEMPTED.contains(&status))
            }),
        _ => None,
    }
}

fn feedback(event: &Event) -> Option<Channel> {
    if is_send(event).is_some() {
        return None;
    }
    match (event.origin, event.kind.as_str()) {
        (Origin::Client, "_campaign.opened_notification" | "_journey.opened_notification") => {
            Some(Channel::Push)
        }
        (Origin::Client, _) => None,
        (Origin::Service, kind) if kind.starts_with("_email.") => Some(Channel::Email),
        (Origin::Service, kind) if kind.starts_with("_SMS.") => Some(Channel::Sms),
        _ => None,
    }
}

fn in_scope(event: &Event, of: Channel, scope: &MessageScope) -> bool {
    kind(event) == scope.kind
        && scope.channel.is_none_or(|wanted| wanted == of)
        && scope
            .campaign
            .as_ref()
            .is_none_or(|id| event.campaign.as_ref().is_some_and(|of| of.campaign == *id))
        && scope
            .journey
            .as_ref()
            .is_none_or(|id| event.journey.as_ref().is_some_and(|of| of.journey == *id))
}

/// A group of a message, for something that happened at `t`.
fn place(send: &Event, t: i64, group: &Group, msg: Option<&Msg<'_>>) -> Option<String> {
    match group {
        Group::Day => Some(day(t)),
        Group::Hour => Some(hour(t)),
        Group::Country => msg?
            .told
            .iter()
            .find_map(|event| event.attributes.get("iso_country_code"))
            .cloned(),
        Group::ErrorCode => msg?
            .told
            .iter()
            .find(|event| event.kind == "_SMS.FAILURE")
            .and_then(|event| event.status.clone()),
        group => group_of(send, group),
    }
}

fn messages(
    events: &[&Event],
    measure: Measure,
    scope: &MessageScope,
    window: Window,
    group: &Group,
) -> BTreeMap<String, f64> {
    let mut all: Vec<Msg<'_>> = Vec::new();
    let mut sends: Vec<(&Event, Channel)> = events
        .iter()
        .filter_map(|event| Some((*event, is_send(event)?)))
        .filter(|(event, of)| in_scope(event, *of, scope))
        .collect();
    sends.sort_by_key(|(event, _)| t(event));
    let mut about: BTreeMap<&String, Vec<&Event>> = BTreeMap::new();
    for event in events {
        if let (Origin::Service, Some(id)) = (event.origin, &event.message_id) {
            about.entry(id).or_default().push(event);
        }
    }
    let mut known = BTreeSet::new();
    for (send, of) in sends {
        if send.message_id.as_ref().is_none_or(|id| known.insert(id)) {
            let told = send.message_id.as_ref().and_then(|id| about.get(id));
            let told = told.cloned().unwrap_or_default();
            all.push(Msg {
                send,
                channel: of,
                kind: kind(send),
                sent: t(send),
                told,
                opened: Vec::new(),
            });
        }
    }
    // §2.5
    let openings = events.iter().filter(|event| {
        event.origin == Origin::Client && event.kind.ends_with(".opened_notification")
    });
    for opening in openings {
        let activity = |event: &Event| match &event.campaign {
            Some(campaign) => campaign.activity.as_ref().map(ToString::to_string),
            None => event
                .journey
                .as_ref()
                .and_then(|journey| journey.activity.clone()),
        };
        let mut same: Vec<usize> = (0..all.len())
            .filter(|index| {
                let send = all[*index].send;
                all[*index].channel == Channel::Push
                    && endpoint(send) == endpoint(opening)
                    && activity(send) == activity(opening)
                    && kind(send) == kind(opening)
            })
            .collect();
        same.sort_by_key(|index| all[*index].sent);
        let opened = (0..same.len()).rev().find(|place| {
            let next = same.get(place + 1).map_or(i64::MAX, |next| all[*next].sent);
            all[same[*place]].sent - 15 * MINUTE <= t(opening) && t(opening) < next
        });
        if let Some(place) = opened {
            all[same[place]].opened.push(t(opening));
        }
    }
    let cohort = matches!(
        measure,
        Measure::Sent
            | Measure::Delivered
            | Measure::EndpointsDelivered
            | Measure::SentHardBounced
            | Measure::SentSoftBounced
            | Measure::SentComplained
            | Measure::DeliveredOpened
            | Measure::DeliveredClicked
            | Measure::PriceMillicents
            | Measure::Parts
            | Measure::DeliveredParts
    );
    let mut values: BTreeMap<String, f64> = BTreeMap::new();
    // §3, zero or null: a group exists if a message of it was sent or heard of in the window. A
    // cohort belongs to the day of its sending.
    for msg in all
        .iter()
        .filter(|msg| inside(window, msg.sent) && (cohort || *group != Group::ErrorCode))
    {
        if let Some(key) = place(msg.send, msg.sent, group, Some(msg)) {
            values.entry(key).or_default();
        }
    }
    if !(cohort && matches!(group, Group::Day | Group::Hour)) {
        for event in events {
            if let Some(of) = feedback(event)
                && in_scope(event, of, scope)
                && inside(window, t(event))
                && let Some(key) = place(event, t(event), group, None)
            {
                values.entry(key).or_default();
            }
        }
    }
    let mut distinct: BTreeSet<(String, String)> = BTreeSet::new();
    let mut add = |key: Option<String>, value: f64, once: Option<String>| {
        if let Some(key) = key
            && once.is_none_or(|what| distinct.insert((key.clone(), what)))
        {
            *values.entry(key).or_default() += value;
        }
    };
    for (number, msg) in all.iter().enumerate() {
        let opens = |kind: &str| match msg.channel {
            Channel::Push => msg.opened.clone(),
            _ => msg.at(kind),
        };
        if cohort {
            if !inside(window, msg.sent) {
                continue;
            }
            let yes = |holds: bool| if holds { 1.0 } else { 0.0 };
            let value = match measure {
                Measure::Sent => 1.0,
                Measure::Delivered | Measure::EndpointsDelivered => yes(msg.delivered()),
                Measure::SentHardBounced => yes(msg.first("_email.hardbounce").is_some()),
                Measure::SentSoftBounced => yes(msg.softb()),
                Measure::SentComplained => yes(msg.first("_email.complaint").is_some()),
                Measure::DeliveredOpened => {
                    yes(msg.delivered() && !opens("_email.open").is_empty())
                }
                Measure::DeliveredClicked => {
                    yes(msg.delivered() && !msg.at("_email.click").is_empty())
                }
                Measure::PriceMillicents => msg.price().unwrap_or(0.0),
                Measure::Parts => msg.parts(),
                _ => yes(msg.delivered()) * msg.parts(),
            };
            let once = (measure == Measure::EndpointsDelivered).then(|| endpoint(msg.send));
            if value > 0.0 {
                add(place(msg.send, msg.sent, group, Some(msg)), value, once);
            }
            continue;
        }
        let once_an_hour = |kind: &str| -> Vec<(i64, String)> {
            msg.at(kind)
                .into_iter()
                .map(|t| (t, format!("{number} {}", t.div_euclid(HOUR))))
                .collect()
        };
        let single = |t: Option<i64>| t.map(|t| (t, number.to_string())).into_iter().collect();
        let found: Vec<(i64, String)> = match measure {
            Measure::Opens => once_an_hour("_email.open"),
            Measure::Clicks => once_an_hour("_email.click"),
            Measure::Unsubscribes => once_an_hour("_email.unsubscribe"),
            Measure::PushOpens => msg
                .opened
                .iter()
                .map(|t| {
                    (
                        *t,
                        format!(
                            "{} {:?} {}",
                            endpoint(msg.send),
                            msg.send.campaign,
                            t.div_euclid(HOUR)
                        ),
                    )
                })
                .collect(),
            Measure::HardBounced => single(msg.first("_email.hardbounce")),
            Measure::SoftBounced => single(msg.last("_email.softbounce").filter(|_| msg.softb())),
            Measure::Complained => single(msg.first("_email.complaint")),
            Measure::Rejected => single(msg.first("_email.rejected")),
            Measure::RecipientsOpened => msg
                .at("_email.open")
                .into_iter()
                .map(|t| (t, msg.recipient()))
                .collect(),
            Measure::RecipientsClicked => msg
                .at("_email.click")
                .into_iter()
                .map(|t| (t, msg.recipient()))
                .collect(),
            _ => single(msg.first("_SMS.FAILURE")),
        };
        for (t, once) in found {
            if inside(window, t) {
                add(place(msg.send, t, group, Some(msg)), 1.0, Some(once));
            }
        }
    }
    if measure == Measure::PriceMillicents && *group != Group::None {
        let priced: BTreeSet<String> = all
            .iter()
            .filter(|msg| inside(window, msg.sent) && msg.price().is_some())
            .filter_map(|msg| place(msg.send, msg.sent, group, Some(msg)))
            .collect();
        values.retain(|key, _| priced.contains(key));
    }
    values
}

/// What is left of `events` once days before the retention of 90 days are gone.
pub fn kept(events: &[Event], now: Timestamp) -> Vec<Event> {
    let first = (now.as_millis() - 90 * DAY).div_euclid(DAY);
    let young = events
        .iter()
        .filter(|event| t(event).div_euclid(DAY) >= first);
    young.cloned().collect()
}
