//! Who has a record of a hand-over, and who has more than one.

use std::collections::BTreeMap;

use model::{ActivityId, EndpointSet};

use super::facts::CAMPAIGN_SEND;
use super::row_filter::RowFilter;
use crate::state::View;
use crate::{AnalyticsError, Filter, Group, Window};

/// The `_campaign.send` records of some activities.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sends {
    /// Endpoints by status.
    pub endpoints: BTreeMap<String, EndpointSet>,
    /// Records by status.
    pub records: BTreeMap<String, u64>,
    /// Endpoints with more than one record.
    pub repeated: EndpointSet,
}

/// The records of `activities` in `window`, from rows alone: sets cannot tell a repetition.
pub(crate) fn sends(
    view: &View<'_>,
    activities: &[ActivityId],
    window: Window,
) -> Result<Sends, AnalyticsError> {
    let mut sends = Sends::default();
    let mut seen = EndpointSet::new();
    for activity in activities {
        let mut filter = Filter::new(window).kind(CAMPAIGN_SEND).from_service();
        filter.activity = Some(activity.clone());
        RowFilter::new(&filter, &Group::Status, None).each(view, vec![window], &mut |row| {
            if !seen.insert(row.endpoint) {
                sends.repeated.insert(row.endpoint);
            }
            let status = row.group;
            match sends.records.get_mut(status) {
                Some(count) => *count += 1,
                None => {
                    sends.records.insert(status.to_owned(), 1);
                }
            }
            match sends.endpoints.get_mut(status) {
                Some(set) => {
                    set.insert(row.endpoint);
                }
                None => {
                    let set = EndpointSet::from_iter([row.endpoint]);
                    sends.endpoints.insert(status.to_owned(), set);
                }
            }
        })?;
    }
    Ok(sends)
}
