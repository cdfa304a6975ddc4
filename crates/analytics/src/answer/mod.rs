//! Answering questions: from sets where they can tell, from rows where they cannot.

mod events;
mod facts;
mod message_rows;
mod message_sets;
mod row_filter;
mod sends;

use crate::question::{Answer, Question, Row};
use crate::state::View;
use crate::{AnalyticsError, Group};

pub(crate) use events::{Tally, tally};
pub(crate) use facts::CAMPAIGN_SEND;
pub(crate) use message_sets::reached;
pub use sends::Sends;
pub(crate) use sends::sends;

/// The answer to a question about the application of `view`. Blocks.
pub(crate) fn answer(view: &View<'_>, question: &Question) -> Result<Answer, AnalyticsError> {
    match question {
        Question::Count(filter, group) => {
            let of = |tally: &Tally| tally.count as f64;
            Ok(rows(tally(view, filter, group, None)?, group, &of))
        }
        Question::Distinct(unit, filter, group) => {
            let of = |tally: &Tally| tally.people.count(*unit) as f64;
            Ok(rows(tally(view, filter, group, Some(*unit))?, group, &of))
        }
        Question::Sum(metric, filter, group) => {
            let sums = events::sum(view, metric, filter, group)?;
            Ok(rows(sums, group, &|sum| *sum))
        }
        Question::Messages(measure, scope, window, group) => {
            if matches!(group, Group::Kind | Group::Status | Group::Attribute(_)) {
                return Err(AnalyticsError::Question(
                    "messages cannot be grouped by type, status or attribute",
                ));
            }
            let values = match message_sets::answer(view, *measure, scope, *window, group)? {
                Some(values) => values,
                None => message_rows::answer(view, *measure, scope, *window, group)?,
            };
            let groups = values.into_iter().map(|(key, value)| Row {
                group: (*group != Group::None).then_some(key),
                value,
            });
            Ok(Answer {
                rows: groups.collect(),
            })
        }
    }
}

/// The rows of an answer about events.
fn rows<T: Default>(
    groups: std::collections::BTreeMap<String, T>,
    group: &Group,
    value: &dyn Fn(&T) -> f64,
) -> Answer {
    if *group == Group::None {
        let value = groups
            .values()
            .next()
            .map_or_else(|| value(&T::default()), value);
        return Answer {
            rows: vec![Row { group: None, value }],
        };
    }
    let rows = groups.into_iter().map(|(key, of)| Row {
        group: Some(key),
        value: value(&of),
    });
    Answer {
        rows: rows.collect(),
    }
}
