//! Usage of an application (`docs/spec/analytics.md §7.1`).

use std::collections::BTreeMap;

use clock::Timestamp;

use super::series::{Point, Series, Step, Total, series};
use crate::sets::People;
use crate::state::{Grain, View};
use crate::{AnalyticsError, Unit, Window};

/// The event of an application that was opened.
pub(crate) const OPENED_APP: &str = "_session.start";
/// Days of a month.
const MONTH: i64 = 30;

/// The usage of an application, by UTC day.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageChart {
    /// `daily_active_endpoints`, `monthly_active_endpoints`, `daily_active_users`,
    /// `monthly_active_users`, `new_endpoints`, `new_users`, `sessions`,
    /// `sessions_per_endpoint`, `sessions_per_user`, `sticky_factor`, `retention_7_days`,
    /// `sign_ins`, `sign_ups`, `authentication_failures`.
    pub series: Vec<Series>,
}

/// The usage from day `first` to day `last`. Blocks.
pub(crate) fn usage(
    view: &View<'_>,
    first: i64,
    last: i64,
    created: Option<&BTreeMap<i64, u64>>,
    now: Timestamp,
) -> Result<UsageChart, AnalyticsError> {
    let opened = by_day(view, &[OPENED_APP])?;
    let nobody = (0, People::default());
    let on = |day: i64| opened.get(&day).unwrap_or(&nobody);
    let over = |days: std::ops::RangeInclusive<i64>| {
        let mut people = People::default();
        for (_, (_, of)) in opened.range(days) {
            people.merge(of);
        }
        people
    };
    let steps = Step::Day.of(Window::days(first, last))?;
    let line = |name, total, value: &dyn Fn(i64) -> Option<f64>| {
        let points = steps.iter().map(|at| Point {
            at: *at,
            value: value(at.utc_day()),
        });
        series(name, Step::Day, points.collect(), total, now)
    };
    let whole = over(first..=last);
    let months: BTreeMap<i64, People> = (first..=last)
        .map(|day| (day, over(day - MONTH + 1..=day)))
        .collect();
    let count = |day: i64, unit: Unit| on(day).1.count(unit) as f64;
    let monthly = |day: i64, unit: Unit| months.get(&day).map(|people| people.count(unit) as f64);
    let sessions = |day: i64| on(day).0 as f64;
    let ratio =
        |numerator: f64, denominator: f64| (denominator > 0.0).then_some(numerator / denominator);
    let newcomers = newcomers(view, &opened, created)?;
    let new_on = |of: &BTreeMap<i64, u64>, day: i64| of.get(&day).map_or(0.0, |new| *new as f64);
    let (endpoints, persons) = (Unit::Endpoint, Unit::Person);
    let distinct = |unit| Total::Distinct(whole.count(unit) as f64);
    let mut lines = vec![
        line("daily_active_endpoints", distinct(endpoints), &|day| {
            Some(count(day, endpoints))
        }),
        line("monthly_active_endpoints", distinct(endpoints), &|day| {
            monthly(day, endpoints)
        }),
        line("daily_active_users", distinct(persons), &|day| {
            Some(count(day, persons))
        }),
        line("monthly_active_users", distinct(persons), &|day| {
            monthly(day, persons)
        }),
        line("new_endpoints", Total::Sum, &|day| {
            Some(new_on(&newcomers.endpoints, day))
        }),
        line("new_users", Total::Sum, &|day| {
            Some(new_on(&newcomers.users, day))
        }),
        line("sessions", Total::Sum, &|day| Some(sessions(day))),
        line("sessions_per_endpoint", Total::Ratio, &|day| {
            ratio(sessions(day), count(day, endpoints))
        }),
        line("sessions_per_user", Total::Ratio, &|day| {
            ratio(sessions(day), count(day, persons))
        }),
        line("sticky_factor", Total::Ratio, &|day| {
            ratio(count(day, endpoints), monthly(day, endpoints)?)
        }),
        line("retention_7_days", Total::Ratio, &|day| {
            let cohort = &on(day - 8).1;
            let again = over(day - 7..=day - 1);
            ratio(
                cohort.shared(&again, persons) as f64,
                cohort.count(persons) as f64,
            )
        }),
    ];
    for (name, kind) in [
        ("sign_ins", "_userauth.sign_in"),
        ("sign_ups", "_userauth.sign_up"),
        ("authentication_failures", "_userauth.auth_fail"),
    ] {
        let counts = by_day(view, &[kind])?;
        lines.push(line(name, Total::Sum, &|day| {
            Some(counts.get(&day).map_or(0.0, |(count, _)| *count as f64))
        }));
    }
    Ok(UsageChart { series: lines })
}

/// How many came for the first time, by day.
struct Newcomers {
    endpoints: BTreeMap<i64, u64>,
    users: BTreeMap<i64, u64>,
}

fn newcomers(
    view: &View<'_>,
    opened: &BTreeMap<i64, (u64, People)>,
    created: Option<&BTreeMap<i64, u64>>,
) -> Result<Newcomers, AnalyticsError> {
    let mut opened_before = People::default();
    let mut seen_before = People::default();
    if let Some(earlier) = &view.earlier {
        for (series, hours) in &earlier.read_all()?.series {
            for cell in hours.values() {
                if series.kind == OPENED_APP {
                    opened_before.merge(&cell.people);
                } else {
                    seen_before.merge(&cell.people);
                }
            }
        }
    }
    let new = |days: &BTreeMap<i64, (u64, People)>, mut before: People, unit: Unit| {
        let mut new = BTreeMap::new();
        for (day, (_, people)) in days {
            let count = people.count(unit) - people.shared(&before, unit);
            new.insert(*day, count);
            before.merge(people);
        }
        new
    };
    Ok(Newcomers {
        users: new(opened, opened_before, Unit::Person),
        endpoints: match created {
            Some(created) => created.clone(),
            None => new(&by_day(view, &[])?, seen_before, Unit::Endpoint),
        },
    })
}

/// Events that clients reported (of every origin if `kinds` is empty) by day: how many, and whose.
fn by_day(view: &View<'_>, kinds: &[&str]) -> Result<BTreeMap<i64, (u64, People)>, AnalyticsError> {
    let mut days: BTreeMap<i64, (u64, People)> = BTreeMap::new();
    let wanted = |series: &crate::sets::Series| {
        kinds.is_empty() || series.client && kinds.contains(&series.kind.as_str())
    };
    view.cells(Window::ALWAYS, Grain::Day, &wanted, &mut |found| {
        let of = days.entry(found.day).or_default();
        of.0 += found.cell.count;
        of.1.merge(&found.cell.people);
    })?;
    Ok(days)
}
