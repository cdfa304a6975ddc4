//! What the customers of the sample shop do: they visit, buy, open and click.

use std::sync::Arc;

use std::collections::BTreeMap;
use std::time::Duration;

use channels::feedback::{MailFacts, Visitor, clicked, opened};
use clock::Timestamp;
use model::{CampaignId, Device, EndpointId, EndpointUpdate, Event, Origin, Session, UserLink};

use super::chance::Chance;
use super::shop::Shop;
use crate::error::ServerError;
use crate::parts::Server;

/// Percent of the endpoints that visit on a day.
const VISIT_PERCENT: usize = 9;
/// Percent of the visits that end in a purchase.
const BUY_PERCENT: usize = 12;
/// Percent of the mails that are opened, and of the opened ones that are clicked.
const OPEN_PERCENT: usize = 41;
const CLICK_PERCENT: usize = 27;
/// Events that are read from the log or written to it together.
const GROUP: usize = 1_000;

/// A day of visits and purchases.
pub async fn visit(
    server: &Server,
    shop: &Shop,
    morning: Timestamp,
    chance: &mut Chance,
) -> Result<(), ServerError> {
    let mut events = Vec::new();
    for (id, update) in &shop.endpoints {
        if chance.percent(VISIT_PERCENT) {
            let seconds = chance.below(20 * 3_600) as u64;
            let at = morning.plus(Duration::from_secs(seconds));
            visit_once(server, shop, id, update, at, chance, &mut events);
        }
    }
    let ids: Vec<EndpointId> = events
        .iter()
        .map(|event: &Event| event.endpoint.clone())
        .collect();
    let ordinals = server
        .parts
        .store
        .endpoints
        .ordinals(&shop.app, &ids, false)
        .await?;
    for (event, ordinal) in events.iter_mut().zip(ordinals) {
        event.ordinal = ordinal;
    }
    events.sort_by_key(|event| event.arrival);
    append(server, events).await
}

fn visit_once(
    server: &Server,
    shop: &Shop,
    id: &EndpointId,
    update: &EndpointUpdate,
    at: Timestamp,
    chance: &mut Chance,
    events: &mut Vec<Event>,
) {
    let session = server.parts.clock.id();
    let event = |kind: &str, at: Timestamp| Event {
        app: shop.app.clone(),
        kind: kind.to_owned(),
        origin: Origin::Client,
        timestamp: at,
        arrival: at,
        endpoint: id.clone(),
        ordinal: None,
        user: match &update.user {
            UserLink::Link(user) => Some(user.clone()),
            UserLink::Keep | UserLink::Unlink => None,
        },
        client_event_id: Some(server.parts.clock.id()),
        session: Some(Session {
            id: session.clone(),
            start: at,
            stop: None,
            duration_ms: None,
        }),
        device: Arc::new(device(update)),
        attributes: BTreeMap::new(),
        metrics: BTreeMap::new(),
        campaign: None,
        journey: None,
        message_id: None,
        channel: None,
        status: None,
        mail: None,
        endpoint_json: None,
    };
    events.push(event("_session.start", at));
    for page in 0..chance.below(5) {
        let mut view = event(
            "product.view",
            at.plus(Duration::from_secs(40 * page as u64 + 20)),
        );
        let product = *chance.pick(&["autumn-roast", "espresso", "decaf", "grinder", "filter"]);
        view.attributes
            .insert("product".to_owned(), product.to_owned());
        events.push(view);
    }
    if chance.percent(BUY_PERCENT) {
        let mut purchase = event("_monetization.purchase", at.plus(Duration::from_secs(300)));
        purchase
            .attributes
            .insert("_currency".to_owned(), "USD".to_owned());
        purchase
            .attributes
            .insert("_product_id".to_owned(), "autumn-roast".to_owned());
        purchase.metrics.insert("_item_price".to_owned(), 14.5);
        purchase
            .metrics
            .insert("_quantity".to_owned(), (1 + chance.below(3)) as f64);
        events.push(purchase);
    }
}

fn device(update: &EndpointUpdate) -> Device {
    let facts = update.demographic.clone();
    Device {
        app_version: facts.app_version,
        make: facts.make,
        model: facts.model,
        platform: facts.platform,
        platform_version: facts.platform_version,
        locale: facts.locale,
        timezone: facts.timezone,
        country: update.location.country.clone(),
        ..Device::default()
    }
}

/// What the recipients of a campaign do with its mails, up to `now`.
pub async fn read(
    server: &Server,
    campaign: &CampaignId,
    now: Timestamp,
    chance: &mut Chance,
) -> Result<(), ServerError> {
    let log = &server.parts.log;
    let mut position = log.start();
    let mut reactions = Vec::new();
    loop {
        let events = log.read(position, GROUP).await?;
        let Some((last, _)) = events.last() else {
            break;
        };
        position = *last;
        for (_, event) in events {
            let about = event.campaign.as_ref().map(|about| &about.campaign);
            if event.kind == "_email.delivered" && about == Some(campaign) {
                react(Arc::unwrap_or_clone(event), now, chance, &mut reactions);
            }
        }
    }
    reactions.sort_by_key(|event| event.arrival);
    append(server, reactions).await
}

fn react(delivered: Event, now: Timestamp, chance: &mut Chance, reactions: &mut Vec<Event>) {
    if !chance.percent(OPEN_PERCENT) {
        return;
    }
    let mail = delivered.mail.as_deref();
    let facts = MailFacts {
        app: delivered.app,
        endpoint: delivered.endpoint,
        ordinal: delivered.ordinal,
        user: delivered.user,
        campaign: delivered.campaign,
        journey: None,
        message_id: delivered.message_id.unwrap_or_default(),
        sent: delivered.timestamp,
        from: mail.map(|mail| mail.from.clone()).unwrap_or_default(),
        to: mail
            .and_then(|mail| mail.to.first().cloned())
            .unwrap_or_default(),
        subject: None,
        headers: Vec::new(),
        context: BTreeMap::new(),
    };
    let visitor = Visitor {
        ip_address: Some("192.0.2.10".to_owned()),
        user_agent: Some("Sample reader".to_owned()),
    };
    // Most mails are opened within hours, some only after days.
    let hours = chance.below(8) * chance.below(9);
    let minutes = chance.below(60);
    let at = facts
        .sent
        .plus(Duration::from_secs(60 * (60 * hours + minutes) as u64));
    if at >= now {
        return;
    }
    reactions.push(opened(&facts, &visitor, at));
    let later = at.plus(Duration::from_secs(90));
    if chance.percent(CLICK_PERCENT) && later < now {
        let link = "https://larkspur-coffee.example/autumn";
        reactions.extend(clicked(&facts, link, &BTreeMap::new(), &visitor, later));
    }
}

async fn append(server: &Server, events: Vec<Event>) -> Result<(), ServerError> {
    for group in events.chunks(GROUP) {
        server.parts.log.append(group.to_vec()).await?;
    }
    Ok(())
}
