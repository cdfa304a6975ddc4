//! The executor against the text of the specification, on random events: in memory, in files,
//! merged, after a restart, and after a crash between any two steps.

use std::sync::Arc;

use std::path::Path;
use std::time::Duration;

use analytics::{
    Channel, Filter, Group, Measure, MessageKind, MessageScope, Question, Relation, Unit, Window,
};
use clock::Timestamp;
use model::{ActivityId, AppId, CampaignId, Event, Origin};

use crate::naive;
use crate::place::Place;
use crate::world::{self, Dice, NOW};

fn window(dice: &Dice) -> Window {
    let day = Timestamp::from_millis(NOW).utc_day();
    match dice.below(5) {
        0 => Window::ALWAYS,
        1 => Window::days(day - dice.within(0, 20), day),
        2 => {
            let hour = Timestamp::from_millis(NOW).utc_hour() - dice.within(0, 60);
            Window {
                start: Window::hour(hour - dice.within(0, 9)).start,
                end: Window::hour(hour).end,
            }
        }
        _ => {
            let start = NOW - dice.within(0, 14 * 86_400_000);
            Window {
                start: Timestamp::from_millis(start),
                end: Timestamp::from_millis(start + dice.within(0, 8 * 86_400_000)),
            }
        }
    }
}

fn filter(dice: &Dice) -> Filter {
    let mut filter = Filter::new(window(dice));
    for _ in 0..dice.below(3) {
        let kinds = [
            "_session.start",
            "view",
            "_email.open",
            "_campaign.send",
            "_monetization.purchase",
            "_campaign.opened_notification",
            "nothing",
        ];
        let kind: &str = dice.pick::<&str>(&kinds);
        filter = filter.kind(kind);
    }
    filter.origin = *dice.pick(&[None, Some(Origin::Client), Some(Origin::Service)]);
    if dice.chance(25) {
        filter = filter.campaign(&CampaignId::new(*dice.pick(&["campaign-1", "campaign-3"])));
    }
    if dice.chance(10) {
        filter.activity = Some(ActivityId::new("activity-1-0-0"));
    }
    if dice.chance(10) {
        filter.treatment = Some("1".to_owned());
    }
    if dice.chance(10) {
        filter.statuses = vec!["SUCCESS".to_owned(), "HOLDOUT".to_owned()];
    }
    if dice.chance(10) {
        filter.journey = Some("journey".to_owned());
    }
    if dice.chance(20) {
        filter.attributes.push((
            "theme".to_owned(),
            vec!["dark".to_owned(), "größer".to_owned()],
        ));
    }
    if dice.chance(15) {
        let relation = *dice.pick(&[
            Relation::GreaterThan,
            Relation::LessThanOrEqual,
            Relation::Equal,
        ]);
        filter
            .metrics
            .push(("_item_price".to_owned(), relation, 100.0));
    }
    if dice.chance(15) {
        filter.endpoints = Some((5..25).collect());
    }
    filter
}

fn group(dice: &Dice, messages: bool) -> Group {
    let mut groups = vec![
        Group::None,
        Group::None,
        Group::Day,
        Group::Hour,
        Group::Campaign,
        Group::Activity,
        Group::Treatment,
        Group::JourneyActivity,
    ];
    if messages {
        groups.extend([Group::Country, Group::ErrorCode]);
    } else {
        groups.extend([
            Group::Kind,
            Group::Status,
            Group::Attribute("theme".to_owned()),
        ]);
    }
    dice.pick(&groups).clone()
}

const MEASURES: &[Measure] = &[
    Measure::Sent,
    Measure::Delivered,
    Measure::EndpointsDelivered,
    Measure::SentHardBounced,
    Measure::SentSoftBounced,
    Measure::SentComplained,
    Measure::DeliveredOpened,
    Measure::DeliveredClicked,
    Measure::Opens,
    Measure::Clicks,
    Measure::Unsubscribes,
    Measure::PushOpens,
    Measure::HardBounced,
    Measure::SoftBounced,
    Measure::Complained,
    Measure::Rejected,
    Measure::RecipientsOpened,
    Measure::RecipientsClicked,
    Measure::PriceMillicents,
    Measure::Parts,
    Measure::DeliveredParts,
    Measure::Failed,
];

fn question(dice: &Dice) -> Question {
    match dice.below(8) {
        0 => Question::Count(filter(dice), group(dice, false)),
        1 => Question::Sum("_item_price".to_owned(), filter(dice), group(dice, false)),
        2 => Question::Distinct(Unit::Endpoint, filter(dice), group(dice, false)),
        3 => Question::Distinct(Unit::Person, filter(dice), group(dice, false)),
        number => {
            let kind = match number {
                7 => *dice.pick(&[MessageKind::Journey, MessageKind::Transactional]),
                _ => MessageKind::Campaign,
            };
            let channels = [
                None,
                Some(Channel::Email),
                Some(Channel::Email),
                Some(Channel::Push),
                Some(Channel::Sms),
            ];
            let campaigns = ["campaign-1", "campaign-2", "campaign-3", "campaign-4"];
            let scope = MessageScope {
                kind,
                channel: *dice.pick(&channels),
                campaign: (kind == MessageKind::Campaign && dice.chance(50))
                    .then(|| CampaignId::new(*dice.pick(&campaigns))),
                journey: (kind == MessageKind::Journey).then(|| "journey".to_owned()),
            };
            Question::Messages(*dice.pick(MEASURES), scope, window(dice), group(dice, true))
        }
    }
}

/// Asks many questions, the same for the same seed, and compares the answers.
async fn check(place: &Place, events: &[Event], seed: u64, questions: usize, stage: &str) {
    let dice = Dice::new(seed ^ 0x5eed);
    for _ in 0..questions {
        let question = question(&dice);
        let app = dice.pick(&world::apps()).clone();
        let got = place.analytics.answer(&app, &question).await.unwrap();
        let want = naive::answer(events, &app, &question);
        assert_eq!(got, want, "seed {seed}, {stage}: {question:?}");
    }
}

/// Asks for every measure of some scopes by every group.
async fn check_measures(place: &Place, events: &[Event], stage: &str) {
    let day = Timestamp::from_millis(NOW).utc_day();
    let app = &world::apps()[0];
    let campaign = |number: u32| Some(CampaignId::new(format!("campaign-{number}")));
    for (channel, campaign) in [
        (Some(Channel::Email), campaign(1)),
        (Some(Channel::Email), campaign(2)),
        (Some(Channel::Push), campaign(3)),
        (None, None),
    ] {
        let scope = MessageScope {
            campaign,
            channel,
            ..MessageScope::default()
        };
        for window in [Window::ALWAYS, Window::days(day - 2, day)] {
            for measure in MEASURES {
                for group in [Group::None, Group::Day, Group::Hour, Group::Activity] {
                    let question = Question::Messages(*measure, scope.clone(), window, group);
                    let got = place.analytics.answer(app, &question).await.unwrap();
                    let want = naive::answer(events, app, &question);
                    assert_eq!(got, want, "{stage}: {question:?}");
                }
            }
        }
    }
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}

async fn through_all_stages(seed: u64, every_measure: bool) {
    let dir = tempfile::tempdir().unwrap();
    let dice = Dice::new(seed);
    let events = world::events(&dice, 40, 300);
    let (early, late) = events.split_at(events.len() * 2 / 3);
    let (late, last) = late.split_at(late.len() / 2);

    let place = Place::open(dir.path()).await;
    place.append(early).await;
    check(&place, early, seed, 40, "in memory").await;
    place.analytics.flush().await.unwrap();
    check(&place, early, seed + 1, 40, "in files").await;
    place.append(late).await;
    check(
        &place,
        &events[..early.len() + late.len()],
        seed + 2,
        60,
        "files and memory",
    )
    .await;
    let both = &events[..early.len() + late.len()];
    if every_measure {
        check_measures(&place, both, "files and memory").await;
    }
    place.analytics.flush().await.unwrap();
    place.append(last).await;
    check(&place, &events, seed + 3, 40, "several files and memory").await;
    place.analytics.flush().await.unwrap();
    place.time.advance(Duration::from_secs(2 * 3600));
    place.analytics.maintain().await.unwrap();
    let events = naive::kept(&events, place.clock.now());
    check(&place, &events, seed + 4, 40, "merged").await;
    drop(place);

    let place = Place::open(dir.path()).await;
    check(&place, &events, seed + 5, 40, "after a restart").await;
}

#[test]
fn every_stage_answers_as_the_specification_says() {
    run(through_all_stages(1000, true));
    run(through_all_stages(2000, false));
}

#[test]
fn every_stage_answers_as_the_specification_says_elsewhere() {
    run(through_all_stages(3000, false));
    run(through_all_stages(4000, false));
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Files of the state that a crash would leave after new files were written and before the
/// manifest named them: everything new beside the old manifest.
#[test]
fn a_crash_around_the_manifest_loses_and_doubles_nothing() {
    run(async {
        let seed = 77_000;
        let events = world::events(&Dice::new(seed), 40, 300);
        let half = events.len() / 2;
        let dir = tempfile::tempdir().unwrap();
        let place = Place::open(dir.path()).await;
        place.append(&events[..half]).await;
        place.analytics.flush().await.unwrap();
        let manifest = dir.path().join("analytics/manifest.json");
        let old = std::fs::read(&manifest).unwrap();
        let before = tempfile::tempdir().unwrap();
        copy(dir.path(), before.path());
        place.append(&events[half..]).await;
        place.analytics.flush().await.unwrap();
        drop(place);

        // Before the manifest: old files are still there, new ones too, names appended.
        let crashed = tempfile::tempdir().unwrap();
        copy(before.path(), crashed.path());
        copy(dir.path(), crashed.path());
        std::fs::write(crashed.path().join("analytics/manifest.json"), &old).unwrap();
        std::fs::write(
            crashed.path().join("analytics/events/torn.parquet.new"),
            b"PAR1",
        )
        .unwrap();
        let place = Place::open(crashed.path()).await;
        check(&place, &events, seed, 80, "crashed before the manifest").await;
        place.analytics.flush().await.unwrap();
        check(
            &place,
            &events,
            seed + 1,
            80,
            "crashed before the manifest, flushed",
        )
        .await;
        drop(place);

        // After the manifest, before the replaced files went.
        let crashed = tempfile::tempdir().unwrap();
        copy(before.path(), crashed.path());
        copy(dir.path(), crashed.path());
        let place = Place::open(crashed.path()).await;
        check(&place, &events, seed + 2, 80, "crashed after the manifest").await;
        let orphans = count_files(&crashed.path().join("analytics"));
        assert_eq!(orphans, count_files(&dir.path().join("analytics")));
    });
}

fn count_files(dir: &Path) -> usize {
    std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { count_files(&path) } else { 1 })
        .sum()
}

#[test]
fn merging_leaves_one_file_per_past_day_and_retention_removes_days() {
    run(async {
        let seed = 5;
        let dir = tempfile::tempdir().unwrap();
        let events = world::events(&Dice::new(seed), 30, 200);
        let place = Place::open(dir.path()).await;
        for chunk in events.chunks(events.len() / 6) {
            place.append(chunk).await;
            place.analytics.flush().await.unwrap();
        }
        place.time.set(Timestamp::from_millis(NOW + 86_400_000));
        place.analytics.maintain().await.unwrap();
        let app = dir
            .path()
            .join(format!("analytics/events/app={}", world::apps()[0]));
        let days: Vec<_> = std::fs::read_dir(&app)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert!(days.len() > 4);
        for day in days {
            assert!(count_files(&day) <= 1, "{}", day.display());
        }
        let kept = naive::kept(&events, place.clock.now());
        check(&place, &kept, seed, 40, "one file a day").await;

        // Much later only what is young enough is left.
        place
            .time
            .set(Timestamp::from_millis(NOW + 88 * 86_400_000));
        place.analytics.maintain().await.unwrap();
        let kept = naive::kept(&events, place.clock.now());
        assert!(kept.len() < events.len());
        check(&place, &kept, seed + 1, 40, "after the retention").await;

        let app = &world::apps()[0];
        place.analytics.drop_app(app).await.unwrap();
        let kept: Vec<Event> = kept.into_iter().filter(|event| event.app != *app).collect();
        check(
            &place,
            &kept,
            seed + 2,
            20,
            "after an application was dropped",
        )
        .await;
        drop(place);
        let place = Place::open(dir.path()).await;
        check(&place, &kept, seed + 3, 20, "and restarted").await;
    });
}

#[test]
fn who_leaves_out_what_is_no_stored_endpoint() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let events = world::events(&Dice::new(3), 40, 300);
        let place = Place::open(dir.path()).await;
        place.append(&events).await;
        let app: AppId = world::apps()[0].clone();
        let filter = Filter::new(Window::ALWAYS)
            .kind("_session.start")
            .from_clients();
        let got = place.analytics.who(&app, &filter).await.unwrap();
        let want: model::EndpointSet = events
            .iter()
            .filter(|event| event.app == app && naive::passes(event, &filter))
            .filter_map(|event| event.ordinal)
            .collect();
        assert_eq!(got, want);
        assert!(!want.is_empty());
    });
}

#[test]
fn an_event_is_visible_within_a_second_and_ticks() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::open(dir.path()).await;
        let mut ticks = place.analytics.subscribe();
        ticks.mark_unchanged();
        let events = world::events(&Dice::new(9), 30, 10);
        place.log.append(events).await.unwrap();
        tokio::time::timeout(Duration::from_secs(5), ticks.changed())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(place.analytics.position(), place.log.end());
    });
}

#[test]
fn a_failed_flush_loses_nothing_and_is_made_up_for() {
    run(async {
        let seed = 21;
        let dir = tempfile::tempdir().unwrap();
        let events = world::events(&Dice::new(seed), 20, 60);
        let half = events.len() / 2;
        let place = Place::open(dir.path()).await;
        place.append(&events[..half]).await;
        // A file where a folder has to be.
        let obstacle = dir.path().join("analytics/sets");
        std::fs::write(&obstacle, "").unwrap();
        assert!(place.analytics.flush().await.is_err());
        check(&place, &events[..half], seed, 20, "after a failed flush").await;
        place.append(&events[half..]).await;
        assert!(place.analytics.flush().await.is_err());
        check(&place, &events, seed + 1, 20, "after two").await;
        std::fs::remove_file(&obstacle).unwrap();
        place.analytics.flush().await.unwrap();
        check(&place, &events, seed + 2, 20, "made up for").await;
        drop(place);
        let place = Place::open(dir.path()).await;
        check(&place, &events, seed + 3, 20, "and restarted").await;
    });
}

#[test]
fn more_types_than_sets_tell_apart_are_still_counted() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::open(dir.path()).await;
        let app = world::apps()[0].clone();
        let template = world::events(&Dice::new(1), 8, 1)
            .into_iter()
            .find(|event| event.origin == Origin::Client)
            .unwrap();
        let events: Vec<Event> = (0..6600_u32)
            .map(|number| Event {
                app: app.clone(),
                kind: format!("type-{}", number % 2200),
                timestamp: template.arrival,
                ordinal: Some(number % 7),
                ..template.clone()
            })
            .collect();
        for chunk in events.chunks(3000) {
            place.append(chunk).await;
            let seen = place.log.read_blocking(0, usize::MAX).unwrap();
            let seen: Vec<Event> = seen
                .into_iter()
                .map(|(_, event)| Arc::unwrap_or_clone(event))
                .collect();
            for question in [
                Question::Count(Filter::new(Window::ALWAYS), Group::None),
                Question::Count(Filter::new(Window::ALWAYS), Group::Kind),
                Question::Count(Filter::new(Window::ALWAYS).kind("type-2199"), Group::Day),
                Question::Distinct(
                    Unit::Endpoint,
                    Filter::new(Window::ALWAYS).kind("type-3"),
                    Group::None,
                ),
            ] {
                let got = place.analytics.answer(&app, &question).await.unwrap();
                assert_eq!(got, naive::answer(&seen, &app, &question), "{question:?}");
            }
            place.analytics.flush().await.unwrap();
        }
    });
}
