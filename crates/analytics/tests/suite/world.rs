//! A small random world of events, the same for the same seed.

use std::sync::Arc;

use std::collections::BTreeMap;

use clock::{Clock, SimulatedTime, Timestamp};
use model::{
    ActivityId, AppId, CampaignId, CampaignRef, ChannelType, EndpointId, Event, JourneyRef,
    MailDetail, MailFacet, Origin, Session, UserId,
};

/// When the world ends: 2026-03-20T10:17:31.123Z, in the middle of an hour.
pub const NOW: i64 = 1_774_001_851_123;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The random numbers of a world.
pub struct Dice(Clock);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Clock::simulated(Timestamp::from_millis(NOW), seed).0)
    }

    pub fn below(&self, limit: u64) -> u64 {
        self.0.random_u64() % limit
    }

    pub fn within(&self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(u64::try_from(to - from).expect("small numbers fit") + 1))
            .expect("small numbers fit")
    }

    pub fn chance(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).expect("small numbers fit")]
    }

    pub fn id(&self) -> String {
        self.0.id()
    }
}

pub fn apps() -> [AppId; 2] {
    [
        AppId::new("d41c1c61a2f84d7f9a4e3c5b7e000001"),
        AppId::new("d41c1c61a2f84d7f9a4e3c5b7e000002"),
    ]
}

pub fn clock() -> (Clock, SimulatedTime) {
    Clock::simulated(Timestamp::from_millis(NOW), 1)
}

/// Events of both applications in the order of their arrival.
pub fn events(dice: &Dice, people: u32, client_events: usize) -> Vec<Event> {
    let mut events = Vec::new();
    for app in apps() {
        for _ in 0..client_events {
            events.push(client_event(dice, &app, people));
        }
        campaign(dice, &app, people, 1, ChannelType::Email, &mut events);
        campaign(dice, &app, people, 2, ChannelType::Email, &mut events);
        campaign(dice, &app, people, 3, ChannelType::Gcm, &mut events);
        campaign(dice, &app, people, 4, ChannelType::Sms, &mut events);
        for _ in 0..people / 4 {
            let to = match dice.chance(50) {
                true => endpoint(dice, people),
                false => (EndpointId::new(dice.id()), None, None),
            };
            let at = recent(dice);
            mail(dice, &app, &to, at, None, None, true, &mut events);
        }
        for _ in 0..people / 4 {
            let journey = JourneyRef {
                journey: "journey".to_owned(),
                run: Some("run".to_owned()),
                activity: Some(format!("step{}", dice.below(2))),
            };
            let at = recent(dice);
            let to = endpoint(dice, people);
            mail(dice, &app, &to, at, None, Some(&journey), true, &mut events);
        }
    }
    events.sort_by_key(|event| event.arrival);
    events
}

type Who = (EndpointId, Option<u32>, Option<UserId>);

fn endpoint(dice: &Dice, people: u32) -> Who {
    let number = u32::try_from(dice.below(u64::from(people))).expect("small numbers fit");
    known(dice, number, people)
}

fn known(dice: &Dice, number: u32, people: u32) -> Who {
    // Two endpoints in three have a user; users have up to three endpoints. A few sign in late.
    let user = match number % 3 {
        0 => None,
        1 => Some(UserId::new(format!("user-{}", number / 6))),
        _ => dice
            .chance(90)
            .then(|| UserId::new(format!("user-{}", number / 6))),
    };
    // The last few are no stored endpoints.
    let ordinal = (number + 5 < people).then_some(number);
    (EndpointId::new(format!("Endpoint-{number}")), ordinal, user)
}

fn recent(dice: &Dice) -> Timestamp {
    Timestamp::from_millis(NOW - dice.within(0, 4 * DAY))
}

fn blank(app: &AppId, kind: &str, origin: Origin, who: &Who, arrival: Timestamp) -> Event {
    Event {
        app: app.clone(),
        kind: kind.to_owned(),
        origin,
        timestamp: arrival,
        arrival,
        endpoint: who.0.clone(),
        ordinal: who.1,
        user: who.2.clone(),
        client_event_id: None,
        session: None,
        device: Arc::default(),
        attributes: BTreeMap::new(),
        metrics: BTreeMap::new(),
        campaign: None,
        journey: None,
        message_id: None,
        channel: None,
        status: None,
        mail: None,
        endpoint_json: None,
    }
}

fn client_event(dice: &Dice, app: &AppId, people: u32) -> Event {
    let who = endpoint(dice, people);
    let kind = *dice.pick(&[
        "_session.start",
        "_session.start",
        "_session.start",
        "_session.stop",
        "_monetization.purchase",
        "_userauth.sign_in",
        "view",
        "view",
        "_email.open",
    ]);
    // Most arrive within four days, some lie further back.
    let arrival = match dice.chance(80) {
        true => recent(dice),
        false => Timestamp::from_millis(NOW - dice.within(0, 40 * DAY)),
    };
    let mut event = blank(app, kind, Origin::Client, &who, arrival);
    let delay = match dice.below(10) {
        0 => dice.within(0, 12 * DAY),
        1 => -dice.within(0, 30 * MINUTE),
        2 => dice.within(80 * DAY, 100 * DAY),
        _ => dice.within(0, 5 * MINUTE),
    };
    event.timestamp = Timestamp::from_millis(arrival.as_millis() - delay);
    event.client_event_id = Some(format!("e{}", dice.below(5)));
    event.session = Some(Session {
        id: format!("session-{}", dice.below(50)),
        start: event.timestamp,
        stop: None,
        duration_ms: dice.chance(30).then(|| dice.within(0, 100_000)),
    });
    let device = Arc::make_mut(&mut event.device);
    device.platform = Some(dice.pick(&["Android", "iOS"]).to_string());
    device.country = dice
        .chance(80)
        .then(|| dice.pick(&["DE", "FR", "US"]).to_string());
    if dice.chance(60) {
        let theme = dice.pick(&["dark", "light", "größer"]).to_string();
        event.attributes.insert("theme".to_owned(), theme);
    }
    if dice.chance(20) {
        event
            .attributes
            .insert("campaign_id".to_owned(), "campaign-1".to_owned());
        event.campaign = Some(CampaignRef {
            campaign: CampaignId::new("campaign-1"),
            activity: None,
            treatment: None,
        });
    }
    if kind == "_monetization.purchase" {
        let price = dice.below(1000) as f64 / 4.0;
        event.metrics.insert("_item_price".to_owned(), price);
        if dice.chance(70) {
            event
                .metrics
                .insert("_quantity".to_owned(), dice.below(5) as f64);
        }
    }
    event
}

/// A campaign with two runs of two treatments and a holdout.
fn campaign(
    dice: &Dice,
    app: &AppId,
    people: u32,
    number: u32,
    channel: ChannelType,
    events: &mut Vec<Event>,
) {
    // Some campaigns send an endpoint more than one message in an activity, or tell twice of one.
    let repeats = dice.chance(25);
    for run in 0..2 {
        let began = recent(dice).minus(std::time::Duration::from_secs(10 * 24 * 3600 * run));
        for person in 0..people {
            let who = known(dice, person, people);
            let treatment = person % 2;
            let campaign = CampaignRef {
                campaign: CampaignId::new(format!("campaign-{number}")),
                activity: Some(ActivityId::new(format!(
                    "activity-{number}-{run}-{treatment}"
                ))),
                treatment: Some(treatment.to_string()),
            };
            let times = if repeats && dice.chance(20) { 2 } else { 1 };
            for _ in 0..times {
                let at =
                    Timestamp::from_millis((began.as_millis() + dice.within(0, 3 * HOUR)).min(NOW));
                let mut send = blank(app, "_campaign.send", Origin::Service, &who, at);
                send.channel = Some(channel);
                send.campaign = Some(campaign.clone());
                let status = match (person % 10 == 9, dice.below(10)) {
                    (true, _) => "HOLDOUT",
                    (_, 0) => "DAILY_CAP",
                    (_, 1) => "FAILURE_PERMANENT",
                    _ => "SUCCESS",
                };
                send.status = Some(status.to_owned());
                events.push(send);
                match channel {
                    _ if status != "SUCCESS" => {}
                    ChannelType::Email => {
                        let campaign = Some(&campaign);
                        mail(dice, app, &who, at, campaign, None, repeats, events);
                    }
                    ChannelType::Sms => text(dice, app, &who, at, &campaign, events),
                    _ => push(dice, app, &who, at, &campaign, events),
                }
            }
        }
    }
}

fn later(dice: &Dice, at: Timestamp) -> Timestamp {
    let most = match dice.chance(70) {
        true => HOUR,
        false => 3 * DAY,
    };
    Timestamp::from_millis((at.as_millis() + dice.within(0, most)).min(NOW))
}

/// A mail and what is heard of it.
#[expect(clippy::too_many_arguments, reason = "all of it differs")]
fn mail(
    dice: &Dice,
    app: &AppId,
    who: &Who,
    at: Timestamp,
    campaign: Option<&CampaignRef>,
    journey: Option<&JourneyRef>,
    repeats: bool,
    events: &mut Vec<Event>,
) {
    let message_id = dice.id();
    let address = format!("{}@mail.example", who.0);
    let mut tell = |kind: &str, arrival: Timestamp, facet: MailFacet| {
        let mut event = blank(app, kind, Origin::Service, who, arrival);
        event.timestamp = at;
        event.channel = Some(ChannelType::Email);
        event.message_id = Some(message_id.clone());
        event.campaign = campaign.cloned();
        event.journey = journey.cloned();
        event.mail = Some(Box::new(MailDetail {
            sent: at,
            from: "news@shop.example".to_owned(),
            to: vec![address.clone()],
            subject: None,
            headers: Vec::new(),
            facet,
        }));
        events.push(event);
    };
    let open = || MailFacet::Open {
        ip_address: None,
        user_agent: None,
    };
    let bounce = |permanent| MailFacet::Bounce {
        permanent,
        sub_type: "General".to_owned(),
        status: None,
        diagnostic: None,
        reporting_mta: None,
        feedback_id: "f".to_owned(),
    };
    tell("_email.send", at, MailFacet::Send);
    if repeats && dice.chance(5) {
        tell("_email.send", at, MailFacet::Send);
    }
    match dice.below(20) {
        0 | 1 => return tell("_email.hardbounce", later(dice, at), bounce(true)),
        2 => tell("_email.softbounce", later(dice, at), bounce(false)),
        3 => {
            let reason = "malware".to_owned();
            return tell(
                "_email.rejected",
                later(dice, at),
                MailFacet::Reject { reason },
            );
        }
        4 => {
            tell("_email.softbounce", later(dice, at), bounce(false));
            tell("_email.delivered", later(dice, at), open());
        }
        _ => tell("_email.delivered", later(dice, at), open()),
    }
    for _ in 0..dice.below(4) {
        tell("_email.open", later(dice, at), open());
    }
    if dice.chance(30) {
        for _ in 0..=dice.below(2) {
            tell("_email.click", later(dice, at), open());
        }
    }
    if dice.chance(5) {
        tell("_email.unsubscribe", later(dice, at), open());
    }
    if dice.chance(5) {
        tell("_email.complaint", later(dice, at), open());
    }
    if dice.chance(3) {
        tell("_email.hardbounce", later(dice, at), bounce(true));
        if dice.chance(30) {
            tell("_email.hardbounce", later(dice, at), bounce(true));
        }
    }
}

/// A text message and what is heard of it.
fn text(
    dice: &Dice,
    app: &AppId,
    who: &Who,
    at: Timestamp,
    campaign: &CampaignRef,
    events: &mut Vec<Event>,
) {
    let message_id = dice.id();
    let mut tell = |kind: &str, arrival: Timestamp, status: &str, price: Option<f64>| {
        let mut event = blank(app, kind, Origin::Service, who, arrival);
        event.channel = Some(ChannelType::Sms);
        event.message_id = Some(message_id.clone());
        event.campaign = Some(campaign.clone());
        event.status = Some(status.to_owned());
        event
            .metrics
            .extend(price.map(|price| ("price_in_millicents_usd".to_owned(), price)));
        let parts = ("number_of_message_parts".to_owned(), "2".to_owned());
        event.attributes.extend([parts]);
        events.push(event);
    };
    let price = dice.chance(50).then_some(645.0);
    tell("_SMS.BUFFERED", at, "PENDING", price);
    match dice.below(10) {
        0 => {}
        1 => tell("_SMS.FAILURE", later(dice, at), "UNREACHABLE", None),
        _ => tell("_SMS.SUCCESS", later(dice, at), "DELIVERED", Some(700.0)),
    }
}

/// Openings of a push message, as a device reports them.
fn push(
    dice: &Dice,
    app: &AppId,
    who: &Who,
    at: Timestamp,
    campaign: &CampaignRef,
    events: &mut Vec<Event>,
) {
    for _ in 0..dice.below(3) {
        let arrival = later(dice, at);
        let kind = "_campaign.opened_notification";
        let mut event = blank(app, kind, Origin::Client, who, arrival);
        event.timestamp = Timestamp::from_millis(arrival.as_millis() - dice.within(0, 20 * MINUTE));
        event.campaign = Some(campaign.clone());
        events.push(event);
    }
}
