use std::collections::BTreeMap;
use std::time::Duration;

use clock::{Clock, Timestamp};
use model::{AppId, EndpointId};

use super::*;
use crate::{Log, Options};

fn now() -> Timestamp {
    Timestamp::parse("2026-03-02T07:15:04.988Z").expect("an instant")
}

fn submitted() -> SubmittedEvent {
    SubmittedEvent {
        id: "e1".to_owned(),
        event_type: Some("_session.start".to_owned()),
        timestamp: Some("2026-03-02T07:15:04.120Z".to_owned()),
        ..SubmittedEvent::default()
    }
}

fn item(events: Vec<SubmittedEvent>) -> Item<'static> {
    Item {
        endpoint_id: EndpointId::new("ep-7f21"),
        endpoint: None,
        endpoint_json: None,
        events,
    }
}

fn accept_one(event: SubmittedEvent) -> Result<Event, String> {
    let mut accepted = accept(
        &AppId::new("app"),
        vec![item(vec![event])],
        now(),
        &Deduper::new(10),
    );
    match accepted.answers.remove(0).remove(0) {
        Ok(()) => Ok(accepted.events.remove(0)),
        Err(rejection) => Err(rejection.to_string()),
    }
}

#[track_caller]
fn refused(change: impl FnOnce(&mut SubmittedEvent), want: &str) {
    let mut event = submitted();
    change(&mut event);
    assert_eq!(accept_one(event).expect_err("refused"), want);
}

#[track_caller]
fn accepted(change: impl FnOnce(&mut SubmittedEvent)) -> Event {
    let mut event = submitted();
    change(&mut event);
    accept_one(event).expect("accepted")
}

fn session(start: &str, stop: Option<&str>, duration_ms: Option<i64>) -> Option<SubmittedSession> {
    Some(SubmittedSession {
        id: Some("s".to_owned()),
        start: Some(start.to_owned()),
        stop: stop.map(str::to_owned),
        duration_ms,
    })
}

#[test]
fn each_rule_has_its_message() {
    refused(|event| event.event_type = None, "Missing EventType");
    refused(
        |event| event.event_type = Some(String::new()),
        "Missing EventType",
    );
    refused(|event| event.timestamp = None, "Missing Timestamp");
    refused(
        |event| event.timestamp = Some("yesterday".to_owned()),
        "Invalid timestamp: yesterday",
    );
    refused(
        |event| event.session = Some(SubmittedSession::default()),
        "Missing Session.Id",
    );
    refused(
        |event| {
            event.session = Some(SubmittedSession {
                id: Some("s".to_owned()),
                ..SubmittedSession::default()
            });
        },
        "Missing Session.StartTimestamp",
    );
    refused(
        |event| {
            event.session = session(
                "2026-03-02T07:15:04Z",
                Some("2026-03-02T07:15:05Z"),
                Some(1001),
            );
        },
        "Session duration in milliseconds must be equal to the difference of start and stop timestamp",
    );
    refused(
        |event| drop(event.attributes.insert("k".to_owned(), "ä".repeat(201))),
        "Attribute value length exceeds 200: k",
    );
    let long = "k".repeat(51);
    refused(
        |event| drop(event.attributes.insert(long.clone(), String::new())),
        &format!("Attribute key length exceeds 50: {long}"),
    );
    refused(
        |event| event.metrics = [(long.clone(), 1.0)].into(),
        &format!("Metric key length exceeds 50: {long}"),
    );
    refused(
        |event| event.metrics = [("m".to_owned(), f64::NAN)].into(),
        "Metric value is not a finite number: m",
    );
    refused(
        |event| event.attributes = (0..41).map(|n| (n.to_string(), String::new())).collect(),
        "Number of attributes and metrics exceeds 40",
    );
    refused(
        |event| event.bytes = 1_024_001,
        "Event size exceeds 1000 KB",
    );
}

#[test]
fn what_the_rules_allow_is_accepted() {
    accepted(|event| drop(event.attributes.insert("ä".repeat(50), "ä".repeat(200))));
    accepted(|event| event.event_type = Some("my # odd : type ?".to_owned()));
    accepted(|event| event.session = session("2026-03-02T07:15:04Z", None, Some(1)));
    accepted(|event| {
        event.session = session("2026-03-02T07:15:04Z", Some("2026-03-02T07:15:05Z"), None);
    });
    accepted(|event| {
        event.session = session(
            "2026-03-02T07:15:04+00:00",
            Some("2026-03-02T07:15:05.5Z"),
            Some(1500),
        );
    });
    accepted(|event| event.session = session("1970-01-01T00:00:00Z", None, None));
    accepted(|event| event.timestamp = Some("2041-01-01T00:00:00+05:30".to_owned()));
}

#[test]
fn references_of_pushes_are_lifted_and_stay() {
    let event = accepted(|event| {
        event.event_type = Some("anything".to_owned());
        event.attributes = BTreeMap::from(
            [
                ("campaign_id", "c"),
                ("campaign_activity_id", "a"),
                ("treatment_id", "1"),
                ("journey_id", "j"),
                ("journey_activity_id", "ja"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
    });
    let campaign = event.campaign.expect("lifted");
    assert_eq!(campaign.campaign.as_str(), "c");
    assert_eq!(campaign.activity.expect("lifted").as_str(), "a");
    assert_eq!(campaign.treatment.as_deref(), Some("1"));
    let journey = event.journey.expect("lifted");
    assert_eq!((journey.journey.as_str(), journey.run), ("j", None));
    assert_eq!(event.attributes.len(), 5);
    assert_eq!(accepted(|_| {}).campaign, None);
}

fn at(id: &str, timestamp: &str) -> SubmittedEvent {
    SubmittedEvent {
        id: id.to_owned(),
        timestamp: Some(timestamp.to_owned()),
        ..submitted()
    }
}

#[test]
fn events_are_ordered_by_time_and_then_identifier() {
    let accepted = accept(
        &AppId::new("app"),
        vec![
            item(vec![
                at("b", "2026-03-02T07:00:02Z"),
                at("a", "2026-03-02T07:00:02Z"),
            ]),
            item(vec![at("c", "2026-03-02T07:00:01Z"), at("d", "never")]),
        ],
        now(),
        &Deduper::new(10),
    );
    let ids: Vec<_> = accepted
        .events
        .iter()
        .map(|event| event.client_event_id.as_deref().expect("id"))
        .collect();
    assert_eq!(ids, ["c", "a", "b"]);
    assert!(accepted.answers[1][0].is_ok() && accepted.answers[1][1].is_err());
    assert!(accepted.events.iter().all(|event| event.arrival == now()));
}

#[test]
fn a_duplicate_is_accepted_and_ignored_for_a_day() {
    let deduper = Deduper::new(1000);
    let app = AppId::new("app");
    let count = |event: SubmittedEvent, at: Timestamp| {
        let accepted = accept(&app, vec![item(vec![event])], at, &deduper);
        assert!(accepted.answers[0][0].is_ok());
        accepted.events.len()
    };
    assert_eq!(count(submitted(), now()), 1);
    assert_eq!(count(submitted(), now()), 0);
    let one_ms_later = at("e1", "2026-03-02T07:15:04.121Z");
    assert_eq!(count(one_ms_later, now()), 1);
    let other_type = SubmittedEvent {
        event_type: Some("other".to_owned()),
        ..submitted()
    };
    assert_eq!(count(other_type, now()), 1);
    assert_eq!(count(at("e2", "2026-03-02T07:15:04.120Z"), now()), 1);
    let almost = now().plus(Duration::from_secs(24 * 3600 - 1));
    assert_eq!(count(submitted(), almost), 0);
    assert_eq!(count(submitted(), now().plus(Duration::from_hours(24))), 1);
}

#[test]
fn a_withdrawn_event_may_come_again() {
    let deduper = Deduper::new(1000);
    let app = AppId::new("app");
    let first = accept(&app, vec![item(vec![submitted()])], now(), &deduper);
    deduper.withdraw(&first.keys);
    let second = accept(&app, vec![item(vec![submitted()])], now(), &deduper);
    assert_eq!(second.events.len(), 1);
}

#[test]
fn memory_is_bounded_and_the_newest_half_is_remembered() {
    let deduper = Deduper::new(100);
    let key = |number: u32| {
        let mut event = accepted(|_| {});
        event.client_event_id = Some(number.to_string());
        EventKey::of(&event)
    };
    for number in 0..1000 {
        assert!(deduper.admit(key(number), now()));
    }
    for number in 951..1000 {
        assert!(!deduper.admit(key(number), now()), "{number}");
    }
    assert!(deduper.admit(key(0), now()));
}

#[tokio::test]
async fn a_restart_remembers_what_the_log_tells() {
    let dir = tempfile::tempdir().expect("folder");
    let (clock, _) = Clock::simulated(now(), 1);
    let log = Log::open(dir.path(), clock.clone(), Options::default()).expect("opens");
    let app = AppId::new("app");
    let first = accept(
        &app,
        vec![item(vec![submitted()])],
        now(),
        &Deduper::new(10),
    );
    log.append(first.events).await.expect("appends");
    let deduper = Deduper::rebuild(&log, &clock, 1000).expect("rebuilds");
    let again = accept(&app, vec![item(vec![submitted()])], now(), &deduper);
    assert!(again.events.is_empty());
    assert!(again.answers[0][0].is_ok());
}
