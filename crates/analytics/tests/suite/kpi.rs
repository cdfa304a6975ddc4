//! The KPI API: ranges, forms of answers, and a campaign worked out by hand.

use analytics::Window;
use analytics::kpi::{KpiError, KpiResult, KpiScope, resolve};
use clock::Timestamp;
use model::{
    ActivityId, CampaignId, CampaignRef, ChannelType, Event, MailDetail, MailFacet, Origin,
};

use crate::place::Place;
use crate::world;

fn now() -> Timestamp {
    Timestamp::parse("2026-03-20T10:17:31.123Z").unwrap()
}

#[track_caller]
fn range(start: Option<&str>, end: Option<&str>, want: &str) {
    let got = match resolve(start, end, now()) {
        Ok(range) => format!(
            "{} .. {} as {} .. {}",
            range.window.start, range.window.end, range.start_text, range.end_text
        ),
        Err(error) => error.to_string(),
    };
    assert_eq!(got, want, "{start:?} {end:?}");
}

#[test]
fn ranges_follow_the_contract() {
    range(
        None,
        None,
        "2026-02-17T10:17:31.123Z .. 2026-03-20T10:17:31.123Z as 2026-02-17T10:17:31.123Z .. 2026-03-20T10:17:31.123Z",
    );
    range(
        Some("2026-03-01"),
        Some("2026-03-03"),
        "2026-03-01T00:00:00.000Z .. 2026-03-03T23:59:59.999Z as 2026-03-01T00:00:00Z .. 2026-03-03T23:59:59.999Z",
    );
    range(
        Some("2026-03-01T00:00:00+01:00"),
        Some("2026-03-03T23:59:59Z"),
        "2026-02-28T23:00:00.000Z .. 2026-03-03T23:59:59.000Z as 2026-03-01T00:00:00+01:00 .. 2026-03-03T23:59:59Z",
    );
    range(
        Some("2026-03-01T00:00:00Z"),
        None,
        "2026-03-01T00:00:00.000Z .. 2026-03-20T10:17:31.123Z as 2026-03-01T00:00:00Z .. 2026-03-20T10:17:31.123Z",
    );
    range(
        None,
        Some("2026-03-01T00:00:00Z"),
        "2026-01-29T00:00:00.000Z .. 2026-03-01T00:00:00.000Z as 2026-01-29T00:00:00Z .. 2026-03-01T00:00:00Z",
    );
    // A future end is accepted; 31 days to the second are, too.
    range(
        Some("2026-03-01T00:00:00Z"),
        Some("2026-04-01T00:00:00Z"),
        "2026-03-01T00:00:00.000Z .. 2026-04-01T00:00:00.000Z as 2026-03-01T00:00:00Z .. 2026-04-01T00:00:00Z",
    );
    range(
        Some("2026-03-01T00:00:00Z"),
        Some("2026-04-01T00:00:01Z"),
        "the time range must not be longer than 31 days",
    );
    range(
        Some("2025-12-20T10:17:31Z"),
        Some("2026-01-01T00:00:00Z"),
        "start-time must not be more than 90 days ago",
    );
    range(
        Some("2026-03-03"),
        Some("2026-03-02"),
        "start-time must not be after end-time",
    );
    range(Some("soon"), None, "invalid start-time: soon");
    range(None, Some("2026-13-01"), "invalid end-time: 2026-13-01");
}

fn event(kind: &str, person: u32, activity: &str, at: &str) -> Event {
    let mut event = world::events(&world::Dice::new(1), 8, 1).remove(0);
    let at = Timestamp::parse(at).unwrap();
    event.kind = kind.to_owned();
    event.origin = Origin::Service;
    event.arrival = at;
    event.timestamp = at;
    event.app = world::apps()[0].clone();
    event.endpoint = model::EndpointId::new(format!("e{person}"));
    event.ordinal = Some(person);
    event.user = None;
    event.attributes.clear();
    event.metrics.clear();
    event.journey = None;
    event.campaign = Some(CampaignRef {
        campaign: CampaignId::new("c"),
        activity: Some(ActivityId::new(activity)),
        treatment: Some("0".to_owned()),
    });
    event.channel = Some(ChannelType::Email);
    event.status = (kind == "_campaign.send").then(|| "SUCCESS".to_owned());
    event.message_id = Some(format!("{activity}-{person}"));
    event.mail = Some(Box::new(MailDetail {
        sent: at,
        from: String::new(),
        to: vec![String::new()],
        subject: None,
        headers: Vec::new(),
        facet: MailFacet::Send,
    }));
    event
}

/// Two activities: `a1` sends to 0 to 3 on the 10th, `a2` to 0 and 1 on the 12th. 3 bounces.
/// 0 opens `a1` twice in one hour and once in another, 1 opens it once; 0 clicks `a1` twice.
fn campaign() -> Vec<Event> {
    let mut events = Vec::new();
    for person in 0..4 {
        events.push(event(
            "_campaign.send",
            person,
            "a1",
            "2026-03-10T09:00:00Z",
        ));
        events.push(event("_email.send", person, "a1", "2026-03-10T09:00:00Z"));
    }
    for person in 0..2 {
        events.push(event(
            "_campaign.send",
            person,
            "a2",
            "2026-03-12T09:00:00Z",
        ));
        events.push(event("_email.send", person, "a2", "2026-03-12T09:00:00Z"));
    }
    events.push(event("_email.hardbounce", 3, "a1", "2026-03-11T09:00:00Z"));
    events.push(event("_email.open", 0, "a1", "2026-03-10T09:30:00Z"));
    events.push(event("_email.open", 0, "a1", "2026-03-10T09:45:00Z"));
    events.push(event("_email.open", 0, "a1", "2026-03-10T10:05:00Z"));
    events.push(event("_email.open", 1, "a1", "2026-03-11T10:05:00Z"));
    events.push(event("_email.click", 0, "a1", "2026-03-10T10:06:00Z"));
    events.push(event("_email.click", 0, "a1", "2026-03-10T10:07:00Z"));
    events
}

async fn place(events: &[Event]) -> (tempfile::TempDir, Place) {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::open(dir.path()).await;
    place.append(events).await;
    (dir, place)
}

fn print(result: &KpiResult) -> String {
    let row = |row: &analytics::kpi::KpiRow| {
        let groups = row
            .grouped_bys
            .iter()
            .map(|(key, value)| format!("{key}={value} "));
        let values = row
            .values
            .iter()
            .map(|(key, value)| format!("{key}: {value}"));
        groups.chain(values).collect::<String>()
    };
    result.rows.iter().map(row).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_campaign_by_hand() {
    let (_dir, Place { analytics, .. }) = place(&campaign()).await;
    let app = &world::apps()[0];
    let of_campaign = KpiScope::Campaign(CampaignId::new("c"));
    let march = Window::days(
        Timestamp::parse("2026-03-01T00:00:00Z").unwrap().utc_day(),
        Timestamp::parse("2026-03-20T00:00:00Z").unwrap().utc_day(),
    );
    let check = async |scope: &KpiScope, name: &str, want: &str| {
        let got = analytics.kpi(app, scope, name, march).await.unwrap();
        assert_eq!(print(&got), want, "{name}");
    };
    check(
        &of_campaign,
        "successful-delivery-rate",
        "SuccessfulDeliveryRate: 0.8333333333333334",
    )
    .await;
    check(
        &of_campaign,
        "successful-delivery-rate-grouped-by-date",
        "Date=2026-03-10 SuccessfulDeliveryRate: 0.75\nDate=2026-03-12 SuccessfulDeliveryRate: 1.0",
    )
    .await;
    check(
        &of_campaign,
        "attempted-deliveries-grouped-by-campaign-activity",
        "CampaignActivityId=a1 AttemptedDeliveries: 4.0\nCampaignActivityId=a2 AttemptedDeliveries: 2.0",
    )
    .await;
    check(&of_campaign, "unique-deliveries", "UniqueDeliveries: 3.0").await;
    check(
        &of_campaign,
        "direct-email-opens-grouped-by-campaign-activity",
        "CampaignActivityId=a1 DirectEmailOpens: 3.0\nCampaignActivityId=a2 DirectEmailOpens: 0.0",
    )
    .await;
    check(
        &of_campaign,
        "clicks-grouped-by-campaign-activity",
        "CampaignActivityId=a1 Clicks: 1.0\nCampaignActivityId=a2 Clicks: 0.0",
    )
    .await;
    check(&of_campaign, "email-open-rate", "EmailOpenRate: 0.4").await;
    check(
        &of_campaign,
        "hard-bounce-rate-grouped-by-campaign-activity",
        "CampaignActivityId=a1 HardBounceRate: 0.25\nCampaignActivityId=a2 HardBounceRate: 0.0",
    )
    .await;
    check(&of_campaign, "push-open-rate", "").await;
    check(&of_campaign, "sms-spend", "").await;
    check(
        &KpiScope::App,
        "unique-deliveries-grouped-by-campaign",
        "CampaignId=c UniqueDeliveries: 3.0",
    )
    .await;
    check(&KpiScope::App, "txn-emails-sent", "").await;
    let other = KpiScope::Campaign(CampaignId::new("none"));
    check(&other, "unique-deliveries", "").await;

    // A window with feedback and nothing sent: a count is zero, a rate has no value.
    let eleventh = Timestamp::parse("2026-03-11T00:00:00Z").unwrap().utc_day();
    let eleventh = Window::days(eleventh, eleventh);
    let kpi = async |name| {
        print(
            &analytics
                .kpi(app, &of_campaign, name, eleventh)
                .await
                .unwrap(),
        )
    };
    assert_eq!(kpi("unique-deliveries").await, "UniqueDeliveries: 0.0");
    assert_eq!(kpi("email-open-rate").await, "");
    assert_eq!(
        kpi("direct-email-opens-grouped-by-campaign-activity").await,
        "CampaignActivityId=a1 DirectEmailOpens: 1.0"
    );
}

#[tokio::test]
async fn names_belong_to_their_scope() {
    let (_dir, Place { analytics, .. }) = place(&[]).await;
    let app = &world::apps()[0];
    for (scope, name) in [
        (KpiScope::App, "sms-spend"),
        (KpiScope::App, "no-such-kpi"),
        (KpiScope::Campaign(CampaignId::new("c")), "txn-emails-sent"),
        (KpiScope::Journey("j".to_owned()), "unique-deliveries"),
    ] {
        let answer = analytics.kpi(app, &scope, name, Window::ALWAYS).await;
        assert!(matches!(answer, Err(KpiError::UnknownName(_))), "{name}");
    }
}

/// Every name of the catalogue against the measures that its formula names.
#[tokio::test]
async fn every_kpi_has_an_answer() {
    let events = world::events(&world::Dice::new(4), 30, 50);
    let (_dir, Place { analytics, .. }) = place(&events).await;
    let app = &world::apps()[0];
    let mut answered = 0;
    for kpi in analytics::kpi::CATALOGUE {
        let scope = match kpi.scope {
            analytics::kpi::KpiLevel::App => KpiScope::App,
            analytics::kpi::KpiLevel::Campaign => KpiScope::Campaign(CampaignId::new("campaign-1")),
            analytics::kpi::KpiLevel::Journey => KpiScope::Journey("journey".to_owned()),
        };
        let result = analytics
            .kpi(app, &scope, kpi.name, Window::ALWAYS)
            .await
            .unwrap();
        for row in &result.rows {
            let value: f64 = row.values[0].1.parse().unwrap();
            assert!(
                row.values[0].1.contains('.') && value >= 0.0,
                "{}: {value}",
                kpi.name
            );
            if matches!(kpi.formula, analytics::kpi::Formula::Rate(..))
                && !kpi.name.contains("price")
            {
                assert!(value <= 1.0, "{}: {value}", kpi.name);
            }
        }
        answered += usize::from(!result.rows.is_empty());
    }
    assert!(answered > 50, "{answered}");
}
