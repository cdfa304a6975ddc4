//! Counting events and who had them.

use std::cell::Cell as Flag;
use std::collections::BTreeMap;

use model::Origin;

use super::row_filter::RowFilter;
use crate::question::{day_text, hour_text};
use crate::sets::{People, Series};
use crate::state::{Grain, View};
use crate::{AnalyticsError, Filter, Group, Unit, Window};

/// What is known of a group of events.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) count: u64,
    pub(crate) people: People,
}

/// The events that pass `filter`, by group. `unit` says whom the caller will count, if anyone:
/// of the others' sets nothing may be concluded.
pub(crate) fn tally(
    view: &View<'_>,
    filter: &Filter,
    group: &Group,
    unit: Option<Unit>,
) -> Result<BTreeMap<String, Tally>, AnalyticsError> {
    if matches!(group, Group::Country | Group::ErrorCode) {
        return Err(AnalyticsError::Question(
            "only messages can be grouped by country or error",
        ));
    }
    let mut groups = BTreeMap::new();
    let windows = if cells_can_tell(filter, group, unit) {
        match from_cells(view, filter, group, &mut groups)? {
            Some(cut) => cut,
            None => {
                groups.clear();
                vec![filter.window]
            }
        }
    } else {
        vec![filter.window]
    };
    if !windows.is_empty() {
        RowFilter::new(filter, group, None).each(view, windows, &mut |row| {
            let tally: &mut Tally = match groups.get_mut(row.group) {
                Some(tally) => tally,
                None => groups.entry(row.group.to_owned()).or_default(),
            };
            tally.count += 1;
            tally.people.add(row.endpoint, row.user);
        })?;
    }
    if let (Some(endpoints), Some(Unit::Endpoint)) = (&filter.endpoints, unit) {
        for tally in groups.values_mut() {
            tally.people.endpoints &= endpoints;
        }
        groups.retain(|_, tally| !tally.people.endpoints.is_empty());
    }
    Ok(groups)
}

/// The sum of a metric over the events that pass `filter` and have it, by group.
pub(crate) fn sum(
    view: &View<'_>,
    metric: &str,
    filter: &Filter,
    group: &Group,
) -> Result<BTreeMap<String, f64>, AnalyticsError> {
    let mut groups: BTreeMap<String, f64> = BTreeMap::new();
    RowFilter::new(filter, group, Some(metric)).each(view, vec![filter.window], &mut |row| {
        if let Some(value) = row.metric {
            *groups.entry(row.group.to_owned()).or_default() += value;
        }
    })?;
    Ok(groups)
}

/// Whether cells know everything that the filter and the group ask for.
fn cells_can_tell(filter: &Filter, group: &Group, unit: Option<Unit>) -> bool {
    let about_events = filter.attributes.is_empty() && filter.metrics.is_empty();
    let about_people = filter.endpoints.is_none() || unit == Some(Unit::Endpoint);
    let grouped = !matches!(group, Group::Attribute(_) | Group::JourneyActivity);
    let refers = filter.campaign.is_some()
        || filter.activity.is_some()
        || filter.treatment.is_some()
        || filter.journey.is_some()
        || matches!(group, Group::Campaign | Group::Activity | Group::Treatment);
    // Cells of clients know of no status and, but for openings, of no campaign.
    let service = filter.origin == Some(Origin::Service);
    let openings = !filter.kinds.is_empty() && filter.kinds.iter().all(|kind| Series::refers(kind));
    about_events && about_people && grouped && (!refers || service || openings)
}

/// Adds what cells tell; returns the windows that rows must tell, `None` if they must tell all.
fn from_cells(
    view: &View<'_>,
    filter: &Filter,
    group: &Group,
    groups: &mut BTreeMap<String, Tally>,
) -> Result<Option<Vec<Window>>, AnalyticsError> {
    let client = filter.origin.map(|origin| origin == Origin::Client);
    let by_kind = !filter.kinds.is_empty() || *group == Group::Kind;
    let blurred = Flag::new(false);
    let same = |wanted: Option<&str>, has: &Option<String>| {
        wanted.is_none_or(|wanted| has.as_deref() == Some(wanted))
    };
    let wanted = |series: &Series| {
        if client.is_some_and(|client| client != series.client) {
            return false;
        }
        if by_kind && series.is_rest() {
            blurred.set(true);
        }
        (filter.kinds.is_empty() || filter.kinds.contains(&series.kind))
            && same(
                filter.campaign.as_ref().map(model::CampaignId::as_str),
                &series.campaign,
            )
            && same(
                filter.activity.as_ref().map(model::ActivityId::as_str),
                &series.activity,
            )
            && same(filter.treatment.as_deref(), &series.treatment)
            && same(filter.journey.as_deref(), &series.journey)
            && (filter.statuses.is_empty()
                || series
                    .status
                    .as_ref()
                    .is_some_and(|status| filter.statuses.contains(status)))
    };
    let grain = match group {
        Group::Hour => Grain::Hour,
        _ => Grain::Day,
    };
    let cut = view.cells(filter.window, grain, &wanted, &mut |found| {
        let series = found.series;
        let key = match group {
            Group::Day => Some(day_text(found.day)),
            Group::Hour => Some(hour_text(found.hour)),
            Group::Kind => Some(series.kind.clone()),
            Group::Campaign => series.campaign.clone(),
            Group::Activity => series.activity.clone(),
            Group::Treatment => series.treatment.clone(),
            Group::Status => series.status.clone(),
            _ => Some(String::new()),
        };
        if let Some(key) = key {
            let tally = groups.entry(key).or_default();
            tally.count += found.cell.count;
            tally.people.merge(&found.cell.people);
        }
    })?;
    Ok((!blurred.get()).then_some(cut))
}
