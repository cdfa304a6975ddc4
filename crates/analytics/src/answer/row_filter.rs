//! Testing rows one by one.

use arrow::array::{Array, AsArray, MapArray, RecordBatch, StringArray};
use arrow::datatypes::Float64Type;
use clock::Timestamp;

use crate::question::{day_text, hour_text};
use crate::state::View;
use crate::table::{Columns, Scan, Texts};
use crate::{AnalyticsError, Filter, Group, Window};

/// A filter and a grouping, to be applied to rows.
pub(super) struct RowFilter<'a> {
    filter: &'a Filter,
    group: &'a Group,
    metric: Option<&'a str>,
}

/// What is told of a row that passes.
pub(super) struct Passed<'a> {
    pub(super) group: &'a str,
    pub(super) endpoint: u32,
    pub(super) user: Option<u32>,
    pub(super) metric: Option<f64>,
}

impl<'a> RowFilter<'a> {
    pub(super) const fn new(filter: &'a Filter, group: &'a Group, metric: Option<&'a str>) -> Self {
        Self {
            filter,
            group,
            metric,
        }
    }

    /// The texts of a row that must be equal to something.
    fn equals(&self) -> Vec<(&'static str, &'a str)> {
        let filter = self.filter;
        let campaign = filter.campaign.as_ref().map(model::CampaignId::as_str);
        let activity = filter.activity.as_ref().map(model::ActivityId::as_str);
        [
            ("campaign_id", campaign),
            ("activity_id", activity),
            ("treatment_id", filter.treatment.as_deref()),
            ("journey_id", filter.journey.as_deref()),
        ]
        .into_iter()
        .filter_map(|(column, value)| Some((column, value?)))
        .collect()
    }

    /// The column whose text is the group.
    const fn group_column(&self) -> Option<&'static str> {
        match self.group {
            Group::Kind => Some("type"),
            Group::Campaign => Some("campaign_id"),
            Group::Activity => Some("activity_id"),
            Group::Treatment => Some("treatment_id"),
            Group::Status => Some("status"),
            Group::JourneyActivity => Some("jact_id"),
            Group::Country => Some("iso_country"),
            Group::None | Group::Day | Group::Hour | Group::Attribute(_) | Group::ErrorCode => None,
        }
    }

    fn columns(&self) -> Vec<&'static str> {
        let mut columns = vec!["t", "endpoint_no", "user_no"];
        columns.extend(self.equals().iter().map(|(column, _)| *column));
        columns.extend(self.group_column());
        if !self.filter.statuses.is_empty() {
            columns.push("status");
        }
        if !self.filter.attributes.is_empty() || matches!(self.group, Group::Attribute(_)) {
            columns.push("attrs");
        }
        if !self.filter.metrics.is_empty() || self.metric.is_some() {
            columns.push("metrics");
        }
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// Hands the rows in `windows` that pass to `each`.
    pub(super) fn each(
        &self,
        view: &View<'_>,
        windows: Vec<Window>,
        each: &mut dyn FnMut(Passed<'_>),
    ) -> Result<(), AnalyticsError> {
        let scan = Scan {
            windows,
            kinds: self.filter.kinds.clone(),
            origin: self.filter.origin,
            columns: self.columns(),
        };
        view.rows(&scan, &mut |batch| self.batch(batch, each))
    }

    fn batch(&self, batch: &RecordBatch, each: &mut dyn FnMut(Passed<'_>)) {
        let filter = self.filter;
        let columns = Columns(batch);
        let t = columns.instant("t");
        let endpoint = columns.number("endpoint_no");
        let user = columns.number("user_no");
        let equals: Vec<(&StringArray, &str)> = self
            .equals()
            .into_iter()
            .map(|(column, value)| (columns.text(column), value))
            .collect();
        let statuses = (!filter.statuses.is_empty()).then(|| columns.text("status"));
        let by_attribute =
            !filter.attributes.is_empty() || matches!(self.group, Group::Attribute(_));
        let attributes = by_attribute.then(|| columns.map("attrs"));
        let by_metric = !filter.metrics.is_empty() || self.metric.is_some();
        let metrics = by_metric.then(|| columns.map("metrics"));
        let group_text = self.group_column().map(|column| columns.text(column));
        for (row, t) in t.iter().enumerate() {
            let passes = equals
                .iter()
                .all(|(column, value)| column.get(row) == Some(*value))
                && statuses.is_none_or(|column| {
                    column
                        .get(row)
                        .is_some_and(|status| filter.statuses.iter().any(|of| of == status))
                })
                && attributes.is_none_or(|map| {
                    filter.attributes.iter().all(|(name, values)| {
                        text_in(map, row, name)
                            .is_some_and(|has| values.iter().any(|value| value == has))
                    })
                })
                && metrics.is_none_or(|map| {
                    filter.metrics.iter().all(|(name, relation, number)| {
                        number_in(map, row, name).is_some_and(|has| relation.holds(has, *number))
                    })
                })
                && filter
                    .endpoints
                    .as_ref()
                    .is_none_or(|set| set.contains(endpoint.value(row)));
            if !passes {
                continue;
            }
            let instant = Timestamp::from_millis(*t);
            let built;
            let group = match (self.group, group_text, attributes) {
                (Group::Day, ..) => {
                    built = day_text(instant.utc_day());
                    Some(built.as_str())
                }
                (Group::Hour, ..) => {
                    built = hour_text(instant.utc_hour());
                    Some(built.as_str())
                }
                (Group::Attribute(name), _, Some(map)) => text_in(map, row, name),
                (_, Some(column), _) => column.get(row),
                _ => Some(""),
            };
            if let Some(group) = group {
                each(Passed {
                    group,
                    endpoint: endpoint.value(row),
                    user: user.is_valid(row).then(|| user.value(row)),
                    metric: self.metric.and_then(|name| number_in(metrics?, row, name)),
                });
            }
        }
    }
}

/// The place of `name` among the entries of a map.
fn entry(map: &MapArray, row: usize, name: &str) -> Option<usize> {
    let offsets = map.value_offsets();
    let range = usize::try_from(offsets[row]).ok()?..usize::try_from(offsets[row + 1]).ok()?;
    let keys = map.keys().as_string::<i32>();
    range.into_iter().find(|at| keys.value(*at) == name)
}

fn text_in<'a>(map: &'a MapArray, row: usize, name: &str) -> Option<&'a str> {
    entry(map, row, name).map(|at| map.values().as_string::<i32>().value(at))
}

fn number_in(map: &MapArray, row: usize, name: &str) -> Option<f64> {
    entry(map, row, name).map(|at| map.values().as_primitive::<Float64Type>().value(at))
}
