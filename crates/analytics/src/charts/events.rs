//! Events by type (`docs/spec/analytics.md §7.4`), and the pick-lists of filters.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{Array, AsArray};
use clock::Timestamp;

use super::series::{Point, Series, Step, Total, series};
use crate::answer::tally;
use crate::question::{day_text, hour_text};
use crate::state::{Grain, View};
use crate::table::{Columns, Scan};
use crate::{AnalyticsError, Filter, Group, Unit, Window};

/// Types in a pick-list (`docs/spec/events.md §1.2`).
const TYPES_MAX: usize = 1_500;
/// Attribute names in a pick-list (`docs/spec/events.md §1.2`).
const NAMES_MAX: usize = 500;
/// Rows that are looked at for attribute names, the newest days first.
const NAME_ROWS_MAX: usize = 500_000;

/// A type of event that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventType {
    /// Its name.
    pub name: String,
    /// Events in the window asked for.
    pub count: u64,
    /// When the last of them happened.
    pub last: Timestamp,
}

/// Events by step: how many, of how many endpoints and persons. Blocks.
pub(crate) fn event_series(
    view: &View<'_>,
    filter: &Filter,
    step: Step,
    now: Timestamp,
) -> Result<Vec<Series>, AnalyticsError> {
    let steps = step.of(filter.window)?;
    let (group, text): (_, fn(Timestamp) -> String) = match step {
        Step::Day => (Group::Day, |at| day_text(at.utc_day())),
        Step::Hour => (Group::Hour, |at| hour_text(at.utc_hour())),
    };
    let line = |name, unit: Option<Unit>| -> Result<Series, AnalyticsError> {
        let groups = tally(view, filter, &group, unit)?;
        let value = |of: &crate::answer::Tally| match unit {
            None => of.count as f64,
            Some(unit) => of.people.count(unit) as f64,
        };
        let total = match unit {
            None => Total::Sum,
            Some(_) => {
                let all = tally(view, filter, &Group::None, unit)?;
                Total::Distinct(all.values().next().map_or(0.0, value))
            }
        };
        let points = steps.iter().map(|at| Point {
            at: *at,
            value: Some(groups.get(&text(*at)).map_or(0.0, value)),
        });
        Ok(series(name, step, points.collect(), total, now))
    };
    Ok(vec![
        line("events", None)?,
        line("endpoints", Some(Unit::Endpoint))?,
        line("users", Some(Unit::Person))?,
    ])
}

/// The types in `window`, most frequent first. Blocks.
pub(crate) fn event_types(
    view: &View<'_>,
    window: Window,
) -> Result<Vec<EventType>, AnalyticsError> {
    let mut types: BTreeMap<String, (u64, i64)> = BTreeMap::new();
    let mut add = |kind: &str, count: u64, last: i64| {
        let of = types.entry(kind.to_owned()).or_insert((0, i64::MIN));
        of.0 += count;
        of.1 = of.1.max(last);
    };
    let cut = view.cells(
        window,
        Grain::Day,
        &|series| !series.is_rest(),
        &mut |found| {
            add(&found.series.kind, found.cell.count, found.cell.last);
        },
    )?;
    if !cut.is_empty() {
        let scan = Scan {
            windows: cut,
            kinds: Vec::new(),
            origin: None,
            columns: vec!["type", "t"],
        };
        view.rows(&scan, &mut |batch| {
            let columns = Columns(batch);
            let (kind, t) = (columns.text("type"), columns.instant("t"));
            for (row, t) in t.iter().enumerate() {
                add(kind.value(row), 1, *t);
            }
        })?;
    }
    let mut types: Vec<EventType> = types
        .into_iter()
        .map(|(name, (count, last))| EventType {
            name,
            count,
            last: Timestamp::from_millis(last),
        })
        .collect();
    types.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    types.truncate(TYPES_MAX);
    Ok(types)
}

/// The names of attributes in `window`, most frequent first. Blocks.
pub(crate) fn attribute_names(
    view: &View<'_>,
    kind: Option<&str>,
    window: Window,
) -> Result<Vec<String>, AnalyticsError> {
    let mut names: HashMap<String, u64> = HashMap::new();
    let mut rows = 0;
    for day in view.days.keys().rev() {
        let day = Window::days(*day, *day);
        if rows >= NAME_ROWS_MAX || !window.overlaps(&day) {
            continue;
        }
        let scan = Scan {
            windows: vec![Window {
                start: window.start.max(day.start),
                end: window.end.min(day.end),
            }],
            kinds: kind.map(str::to_owned).into_iter().collect(),
            origin: None,
            columns: vec!["attrs"],
        };
        view.rows(&scan, &mut |batch| {
            if rows >= NAME_ROWS_MAX {
                return;
            }
            rows += batch.num_rows();
            // What a filter leaves of a batch may still hold the entries of other rows.
            let map = Columns(batch).map("attrs");
            let offsets = map.value_offsets();
            let keys = map.keys().as_string::<i32>();
            let first = usize::try_from(offsets[0]).unwrap_or(0);
            let last = usize::try_from(offsets[offsets.len() - 1]).unwrap_or(0);
            for entry in first..last.min(keys.len()) {
                match names.get_mut(keys.value(entry)) {
                    Some(count) => *count += 1,
                    None => {
                        names.insert(keys.value(entry).to_owned(), 1);
                    }
                }
            }
        })?;
    }
    let mut names: Vec<(String, u64)> = names.into_iter().collect();
    names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    names.truncate(NAMES_MAX);
    Ok(names.into_iter().map(|(name, _)| name).collect())
}
