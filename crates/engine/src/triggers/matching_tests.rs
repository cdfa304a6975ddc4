use std::collections::BTreeMap;
use std::sync::Arc;

use model::{CampaignRef, EventDimensions, EventFilter, Frequency, SetDimension, Treatment};

use super::*;
use crate::campaigns::blank;

const START: i64 = 1_000_000;
const END: i64 = 2_000_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn filter(source: EventSource, kinds: &[&str]) -> EventFilter {
    EventFilter {
        dimensions: EventDimensions {
            event_type: Some(SetDimension {
                operator: None,
                values: kinds.iter().map(ToString::to_string).collect(),
            }),
            ..EventDimensions::default()
        },
        source,
    }
}

/// A campaign that waits for events of these types within the window.
fn campaign(id: &str, source: EventSource, kinds: &[&str]) -> model::Campaign {
    let mut campaign = blank(id);
    let schedule = campaign.default_treatment.schedule.as_mut().expect("set");
    schedule.frequency = Frequency::Event;
    schedule.start = Start::At(at(START));
    schedule.end = Some(at(END));
    schedule.event_filter = Some(filter(source, kinds));
    campaign
}

fn event(kind: &str, origin: Origin, about: Option<&str>) -> Event {
    Event {
        app: blank("c").app,
        kind: kind.to_owned(),
        origin,
        timestamp: at(START),
        arrival: at(START),
        endpoint: "e1".into(),
        ordinal: Some(1),
        user: None,
        client_event_id: None,
        session: None,
        device: Arc::default(),
        attributes: BTreeMap::new(),
        metrics: BTreeMap::new(),
        campaign: about.map(|campaign| CampaignRef {
            campaign: CampaignId::new(campaign),
            activity: None,
            treatment: None,
        }),
        journey: None,
        message_id: None,
        channel: None,
        status: None,
        mail: None,
        endpoint_json: None,
    }
}

/// How many campaigns of `live` the event concerns.
fn concerned(live: &Live, event: Event) -> usize {
    candidates(live, &[(1, Arc::new(event))], at(END)).len()
}

#[track_caller]
fn check(source: EventSource, change: impl Fn(&mut Event), want: bool) {
    let live = Live::with(vec![campaign("c", source, &["cart.add"])]);
    let origin = match source {
        EventSource::Endpoint => Origin::Client,
        EventSource::System => Origin::Service,
    };
    let mut event = event("cart.add", origin, None);
    change(&mut event);
    assert_eq!(concerned(&live, event) == 1, want);
}

#[test]
fn source_window_and_endpoint_must_fit() {
    use EventSource::{Endpoint, System};
    check(Endpoint, |_| {}, true);
    check(System, |_| {}, true);
    check(Endpoint, |it| it.origin = Origin::Service, false);
    check(System, |it| it.origin = Origin::Client, false);
    check(Endpoint, |it| it.origin = Origin::ArchivedClient, false);
    check(System, |it| it.origin = Origin::ArchivedService, false);
    check(Endpoint, |it| it.ordinal = None, false);
    check(Endpoint, |it| it.app = "other".into(), false);
    for (millis, want) in [
        (START - 1, false),
        (START, true),
        (END, true),
        (END + 1, false),
    ] {
        check(Endpoint, |it| it.timestamp = at(millis), want);
        // An application's clock says when; the service's events count when they are learned.
        check(Endpoint, |it| it.arrival = at(millis), true);
        check(System, |it| it.arrival = at(millis), want);
        check(System, |it| it.timestamp = at(millis), true);
    }
}

#[test]
fn nothing_triggers_before_the_start() {
    let live = Live::with(vec![campaign("c", EventSource::Endpoint, &["cart.add"])]);
    let early = event("cart.add", Origin::Client, None);
    let found = candidates(&live, &[(1, Arc::new(early))], at(START - 1));
    assert!(found.is_empty());
}

#[test]
fn a_treatment_has_a_filter_of_its_own() {
    let mut campaign = campaign("c", EventSource::Endpoint, &["cart.add"]);
    let mut own = campaign.default_treatment.clone();
    let schedule = own.schedule.as_mut().expect("set");
    schedule.event_filter = Some(filter(EventSource::Endpoint, &["cart.drop"]));
    campaign.treatments = vec![Treatment {
        size_percent: 50,
        name: None,
        description: None,
        content: own,
    }];
    let live = Live::with(vec![campaign]);
    for (kind, want) in [("cart.add", vec![0]), ("cart.drop", vec![1])] {
        let event = event(kind, Origin::Client, None);
        let found = candidates(&live, &[(1, Arc::new(event))], at(END));
        assert_eq!(found[0].events[0].treatments, want);
    }
}

#[test]
fn no_campaign_keeps_itself_going() {
    let kinds = [
        "_campaign.send",
        "_email.send",
        "_email.delivered",
        "_email.open",
        "_campaign.received_background",
        "_campaign.opened_notification",
        "purchase",
    ];
    let system = campaign("system", EventSource::System, &kinds);
    let endpoint = campaign("endpoint", EventSource::Endpoint, &kinds);
    let live = Live::with(vec![system, endpoint]);
    let check = |kind: &str, origin, about, want: usize| {
        assert_eq!(
            concerned(&live, event(kind, origin, about)),
            want,
            "{kind} {about:?}"
        );
    };
    for kind in kinds {
        // About a campaign that the clock runs, or about none.
        check(kind, Origin::Service, Some("newsletter"), 1);
        check(kind, Origin::Client, Some("newsletter"), 1);
        check(kind, Origin::Service, None, 1);
        // About its own messages.
        check(kind, Origin::Service, Some("system"), 0);
    }
    // About messages that an event triggered: only what a person did.
    check("_campaign.send", Origin::Service, Some("endpoint"), 0);
    check("_email.delivered", Origin::Service, Some("endpoint"), 0);
    check("_email.open", Origin::Service, Some("endpoint"), 1);
    check(
        "_campaign.received_background",
        Origin::Client,
        Some("system"),
        0,
    );
    check(
        "_campaign.opened_notification",
        Origin::Client,
        Some("system"),
        1,
    );
    check(
        "_campaign.opened_notification",
        Origin::Client,
        Some("endpoint"),
        0,
    );
    check("purchase", Origin::Client, Some("endpoint"), 1);
}
