//! Charts against the text of the specification.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use analytics::charts::{Facet, Series, Step};
use analytics::{Analytics, Filter, Window};
use clock::{SimulatedTime, Timestamp};
use model::{AppId, CampaignId, Event, Origin};

use crate::naive;
use crate::place;
use crate::world::{self, Dice, NOW};

const DAY: i64 = 86_400_000;

struct Place {
    _dir: tempfile::TempDir,
    analytics: Analytics,
    time: SimulatedTime,
    events: Vec<Event>,
    app: AppId,
}

async fn place(seed: u64, flush: bool) -> Place {
    let dir = tempfile::tempdir().unwrap();
    let events = world::events(&Dice::new(seed), 40, 400);
    let place::Place {
        analytics,
        log,
        time,
        ..
    } = place::Place::open(dir.path()).await;
    log.append(events.clone()).await.unwrap();
    analytics.caught_up(log.end()).await.unwrap();
    if flush {
        analytics.flush().await.unwrap();
    }
    let app = world::apps()[0].clone();
    let events = events
        .into_iter()
        .filter(|event| event.app == app)
        .collect();
    Place {
        _dir: dir,
        analytics,
        time,
        events,
        app,
    }
}

impl Place {
    /// `ss` rows by day.
    fn opened(&self, who: fn(&Event) -> String) -> BTreeMap<i64, BTreeSet<String>> {
        let mut days: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
        for event in &self.events {
            if event.kind == "_session.start" && event.origin == Origin::Client {
                days.entry(naive::t(event).div_euclid(DAY))
                    .or_default()
                    .insert(who(event));
            }
        }
        days
    }
}

fn over(days: &BTreeMap<i64, BTreeSet<String>>, first: i64, last: i64) -> BTreeSet<String> {
    days.range(first..=last)
        .flat_map(|(_, who)| who.iter().cloned())
        .collect()
}

fn line<'a>(series: &'a [Series], name: &str) -> &'a Series {
    series.iter().find(|line| line.name == name).unwrap()
}

#[tokio::test]
async fn usage_follows_the_formulas() {
    for flush in [false, true] {
        let place = place(11, flush).await;
        let last = NOW.div_euclid(DAY);
        let first = last - 19;
        let chart = place
            .analytics
            .usage(&place.app, first, last, None)
            .await
            .unwrap();
        let endpoints = place.opened(naive::endpoint);
        let persons = place.opened(naive::person);
        let sessions = |day: i64| {
            let ours = |event: &&Event| {
                event.kind == "_session.start" && naive::t(event).div_euclid(DAY) == day
            };
            place.events.iter().filter(ours).count() as f64
        };
        let value = |name: &str, day: i64| {
            let line = line(&chart.series, name);
            let point = line.points[usize::try_from(day - first).unwrap()];
            assert_eq!(point.at.utc_day(), day);
            point.value
        };
        let mut seen: BTreeSet<String> = over(&persons, i64::MIN, first - 1);
        for day in first..=last {
            let count = |days: &BTreeMap<i64, BTreeSet<String>>| over(days, day, day).len() as f64;
            let month =
                |days: &BTreeMap<i64, BTreeSet<String>>| over(days, day - 29, day).len() as f64;
            assert_eq!(
                value("daily_active_endpoints", day),
                Some(count(&endpoints))
            );
            assert_eq!(value("daily_active_users", day), Some(count(&persons)));
            assert_eq!(
                value("monthly_active_endpoints", day),
                Some(month(&endpoints))
            );
            assert_eq!(value("monthly_active_users", day), Some(month(&persons)));
            assert_eq!(value("sessions", day), Some(sessions(day)));
            let sticky = (month(&endpoints) > 0.0).then(|| count(&endpoints) / month(&endpoints));
            assert_eq!(value("sticky_factor", day), sticky);
            let cohort = over(&persons, day - 8, day - 8);
            let again = over(&persons, day - 7, day - 1);
            let retained = cohort.intersection(&again).count() as f64;
            let retention = (!cohort.is_empty()).then(|| retained / cohort.len() as f64);
            assert_eq!(value("retention_7_days", day), retention);
            let today = over(&persons, day, day);
            assert_eq!(
                value("new_users", day),
                Some(today.difference(&seen).count() as f64)
            );
            seen.extend(today);
        }
        let daily = line(&chart.series, "daily_active_users");
        assert_eq!(daily.total, Some(over(&persons, first, last).len() as f64));
        let sessions_line = line(&chart.series, "sessions");
        assert_eq!(
            sessions_line.total,
            Some((first..=last).map(sessions).sum())
        );
        assert_eq!(
            sessions_line.average,
            sessions_line.total.map(|total| total / 20.0)
        );
        let (start, end) = (sessions(first), sessions(last - 1));
        assert_eq!(
            sessions_line.change,
            (start > 0.0).then(|| (end - start) / start)
        );
    }
}

#[tokio::test]
async fn who_is_new_is_remembered_beyond_the_retention() {
    let place = place(12, true).await;
    let later = Timestamp::from_millis(NOW + 89 * DAY);
    place.time.set(later);
    place.analytics.maintain().await.unwrap();
    let persons = place.opened(naive::person);
    let first_kept = later.minus(Duration::from_secs(90 * 86_400)).utc_day();
    let last = NOW.div_euclid(DAY);
    assert!(first_kept <= last && persons.range(..first_kept).next().is_some());
    let chart = place
        .analytics
        .usage(&place.app, first_kept, last, None)
        .await
        .unwrap();
    let mut seen = over(&persons, i64::MIN, first_kept - 1);
    for (point, day) in line(&chart.series, "new_users")
        .points
        .iter()
        .zip(first_kept..)
    {
        let today = over(&persons, day, day);
        assert_eq!(
            point.value,
            Some(today.difference(&seen).count() as f64),
            "{day}"
        );
        seen.extend(today);
    }
}

#[tokio::test]
async fn types_names_and_demographics_are_listed() {
    let place = place(13, true).await;
    let window = Window {
        start: Timestamp::from_millis(NOW - 2 * DAY - 12_345),
        end: Timestamp::from_millis(NOW - 54_321),
    };
    let inside = |event: &&Event| window.contains(Timestamp::from_millis(naive::t(event)));
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for event in place.events.iter().filter(inside) {
        *counts.entry(&event.kind).or_default() += 1;
    }
    let types = place
        .analytics
        .event_types(&place.app, window)
        .await
        .unwrap();
    let got: BTreeMap<&str, u64> = types
        .iter()
        .map(|of| (of.name.as_str(), of.count))
        .collect();
    assert_eq!(got, counts);
    assert!(types.is_sorted_by_key(|of| std::cmp::Reverse(of.count)));
    let names = place
        .analytics
        .attribute_names(&place.app, Some("view"), window)
        .await
        .unwrap();
    assert_eq!(names, ["theme", "campaign_id"]);

    let mut latest: BTreeMap<String, (i64, String)> = BTreeMap::new();
    for event in place
        .events
        .iter()
        .filter(inside)
        .filter(|event| event.kind == "_session.start")
    {
        let country = event
            .device
            .country
            .clone()
            .unwrap_or_else(|| "Unknown".to_owned());
        let known = latest
            .entry(naive::endpoint(event))
            .or_insert((i64::MIN, String::new()));
        if naive::t(event) > known.0 {
            *known = (naive::t(event), country);
        }
    }
    let mut want: BTreeMap<String, u64> = BTreeMap::new();
    for (_, country) in latest.into_values() {
        *want.entry(country).or_default() += 1;
    }
    let shares = place
        .analytics
        .demographics(&place.app, window, Facet::Country)
        .await
        .unwrap();
    let got: BTreeMap<String, u64> = shares
        .into_iter()
        .map(|of| (of.value, of.endpoints))
        .collect();
    assert_eq!(got, want);
}

#[tokio::test]
async fn event_series_have_a_point_per_step() {
    let place = place(14, false).await;
    let window = Window {
        start: Timestamp::from_millis(NOW - DAY),
        end: Timestamp::from_millis(NOW),
    };
    let filter = Filter::new(window).kind("view").from_clients();
    let series = place
        .analytics
        .event_series(&place.app, &filter, Step::Hour)
        .await
        .unwrap();
    let ours: Vec<&Event> = place
        .events
        .iter()
        .filter(|event| naive::passes(event, &filter))
        .collect();
    let events = line(&series, "events");
    assert_eq!(events.points.len(), 25);
    assert_eq!(events.total, Some(ours.len() as f64));
    for point in &events.points {
        let hour = |event: &&&Event| {
            Timestamp::from_millis(naive::t(event)).utc_hour() == point.at.utc_hour()
        };
        assert_eq!(point.value, Some(ours.iter().filter(hour).count() as f64));
    }
    let users: BTreeSet<String> = ours.iter().map(|event| naive::person(event)).collect();
    assert_eq!(line(&series, "users").total, Some(users.len() as f64));
    assert!(
        place
            .analytics
            .event_series(&place.app, &Filter::new(Window::ALWAYS), Step::Day)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_campaign_compares_treatments_with_the_holdout() {
    let place = place(15, true).await;
    let id = CampaignId::new("campaign-1");
    let chart = place
        .analytics
        .campaign(&place.app, &id, Window::ALWAYS)
        .await
        .unwrap();
    let ours: Vec<&Event> = place
        .events
        .iter()
        .filter(|event| {
            event.origin == Origin::Service
                && event.campaign.as_ref().is_some_and(|of| of.campaign == id)
        })
        .collect();
    let endpoints = |test: &dyn Fn(&Event) -> bool| -> BTreeSet<String> {
        ours.iter()
            .filter(|event| test(event))
            .map(|event| naive::endpoint(event))
            .collect()
    };
    let targeted = endpoints(&|event| {
        event.kind == "_campaign.send" && event.status.as_deref() != Some("HOLDOUT")
    });
    assert_eq!(chart.totals.targeted, targeted.len() as u64);
    let ids: BTreeSet<_> = ours
        .iter()
        .filter(|event| event.kind == "_email.send")
        .map(|event| event.message_id.clone())
        .collect();
    assert_eq!(chart.totals.sent, ids.len() as u64);
    let bounced: BTreeSet<_> = ours
        .iter()
        .filter(|event| event.kind == "_email.hardbounce")
        .map(|event| event.message_id.clone())
        .collect();
    assert_eq!(chart.totals.hard_bounced, bounced.len() as u64);
    assert_eq!(chart.totals.delivered, (ids.len() - bounced.len()) as u64);
    assert_eq!(chart.activities.len(), 4);
    assert_eq!(
        chart
            .activities
            .iter()
            .map(|of| of.totals.sent)
            .sum::<u64>(),
        chart.totals.sent
    );
    assert_eq!(
        chart
            .treatments
            .iter()
            .map(|of| of.totals.total_opens)
            .sum::<u64>(),
        chart.totals.total_opens
    );
    assert!(
        chart
            .totals
            .open_rate
            .is_some_and(|rate| rate > 0.0 && rate < 1.0)
    );

    let holdout = endpoints(&|event| {
        event.kind == "_campaign.send" && event.status.as_deref() == Some("HOLDOUT")
    });
    assert_eq!(chart.holdout, holdout.len() as u64);
    let first = ours
        .iter()
        .filter(|event| event.kind == "_email.send")
        .map(|event| naive::t(event))
        .min()
        .unwrap();
    let sessions = place
        .events
        .iter()
        .filter(|event| {
            event.kind == "_session.start"
                && naive::t(event) >= first
                && event.ordinal.is_some()
                && holdout.contains(&naive::endpoint(event))
        })
        .count();
    let outsiders = holdout.iter().filter(|who| !who.starts_with('#')).count();
    if outsiders == 0 {
        assert_eq!(
            chart.holdout_sessions_per_user,
            Some(sessions as f64 / holdout.len() as f64)
        );
    }
    let against: Vec<Option<f64>> = chart
        .treatments
        .iter()
        .map(|of| of.sessions_vs_holdout)
        .collect();
    assert!(against.iter().all(Option::is_some));

    let week = Window {
        start: Timestamp::from_millis(NOW - 20 * DAY),
        end: Timestamp::from_millis(NOW),
    };
    let series = place
        .analytics
        .campaign_series(&place.app, Some(&id), week, Step::Hour)
        .await
        .unwrap();
    assert_eq!(line(&series, "sent").total, Some(chart.totals.sent as f64));
    assert_eq!(
        line(&series, "opens").total,
        Some(chart.totals.total_opens as f64)
    );
    let all = place
        .analytics
        .campaign_series(&place.app, None, week, Step::Day)
        .await
        .unwrap();
    assert!(line(&all, "sent").total >= line(&series, "sent").total);
}
