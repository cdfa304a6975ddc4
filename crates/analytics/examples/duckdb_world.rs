//! Writes a random world of events to a folder, with the answers to some questions beside it, for
//! `tests/duckdb_check.py` to recompute with another engine.
//!
//! `cargo run -p analytics --example duckdb_world -- FOLDER [SEED]`

#[path = "../tests/suite/naive.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod naive;
#[path = "../tests/suite/world.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod world;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use analytics::{
    Analytics, Channel, Filter, Group, Measure, MessageScope, Options, Question, Unit, Window,
};
use events::Log;
use model::CampaignId;

fn questions() -> Vec<(&'static str, Question)> {
    let always = || Filter::new(Window::ALWAYS);
    let opened = || always().kind("_session.start").from_clients();
    let scope = || MessageScope {
        campaign: Some(CampaignId::new("campaign-1")),
        channel: Some(Channel::Email),
        ..MessageScope::default()
    };
    let messages = |measure, group| Question::Messages(measure, scope(), Window::ALWAYS, group);
    let mut dark = always();
    dark.attributes = vec![("theme".to_owned(), vec!["dark".to_owned()])];
    vec![
        ("events_by_type", Question::Count(always(), Group::Kind)),
        (
            "daily_active_endpoints",
            Question::Distinct(Unit::Endpoint, opened(), Group::Day),
        ),
        (
            "daily_active_users",
            Question::Distinct(Unit::Person, opened(), Group::Day),
        ),
        (
            "active_users",
            Question::Distinct(Unit::Person, opened(), Group::None),
        ),
        ("sessions_by_hour", Question::Count(opened(), Group::Hour)),
        ("dark_by_day", Question::Count(dark, Group::Day)),
        (
            "revenue_by_day",
            Question::Sum("_item_price".to_owned(), always(), Group::Day),
        ),
        ("sent", messages(Measure::Sent, Group::Activity)),
        ("delivered", messages(Measure::Delivered, Group::Activity)),
        (
            "opened",
            messages(Measure::DeliveredOpened, Group::Activity),
        ),
        ("opens", messages(Measure::Opens, Group::Activity)),
        ("clicks", messages(Measure::Clicks, Group::Activity)),
        (
            "endpoints_delivered",
            messages(Measure::EndpointsDelivered, Group::Activity),
        ),
    ]
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().expect("a folder"));
    let seed = arguments
        .next()
        .map_or(1, |seed| seed.parse().expect("a number"));
    let events = world::events(&world::Dice::new(seed), 60, 1500);
    let (clock, time) = world::clock();
    let log = Log::open(
        &dir.join("events"),
        clock.clone(),
        events::Options::default(),
    )
    .expect("the log opens");
    let options = Options {
        flush_after: Duration::from_secs(3600),
        ..Options::default()
    };
    let analytics = Analytics::open(dir.join("analytics"), log.clone(), clock.clone(), options)
        .await
        .expect("analytics opens");
    for chunk in events.chunks(events.len() / 4 + 1) {
        log.append(chunk.to_vec()).await.expect("appends");
        analytics.caught_up(log.end()).await.expect("follows");
        analytics.flush().await.expect("flushes");
    }
    time.advance(Duration::from_secs(2 * 3600));
    analytics.maintain().await.expect("merges");
    let events = naive::kept(&events, clock.now());
    let app = &world::apps()[0];
    let mut answers = BTreeMap::new();
    for (name, question) in questions() {
        let answer = analytics.answer(app, &question).await.expect("answers");
        assert_eq!(answer, naive::answer(&events, app, &question), "{name}");
        let rows: BTreeMap<String, f64> = answer
            .rows
            .into_iter()
            .map(|row| (row.group.unwrap_or_default(), row.value))
            .collect();
        answers.insert(name, rows);
    }
    let expected = serde_json::json!({
        "app": app.as_str(),
        "rows": events.len(),
        "answers": answers,
    });
    std::fs::write(dir.join("expected.json"), expected.to_string()).expect("writes");
    println!("{} events in {}", events.len(), dir.display());
}
