//! Filters of events, between the wire and the model (`docs/spec/campaigns.md §10`).

use model::{EventDimensions, EventFilter, EventSource};
use wire::shapes;

use crate::error::ApiError;
use crate::segments::wire::{
    read_attributes, read_metrics, read_set, unless_empty, write_attributes, write_metrics,
    write_set,
};

/// A filter as callers see it.
pub(crate) fn write(filter: &EventFilter) -> shapes::CampaignEventFilter {
    shapes::CampaignEventFilter {
        dimensions: Some(write_dimensions(&filter.dimensions)),
        filter_type: Some(filter.source.as_str().to_owned()),
    }
}

/// The dimensions of a filter as callers see them.
pub(crate) fn write_dimensions(dimensions: &EventDimensions) -> shapes::EventDimensions {
    shapes::EventDimensions {
        attributes: unless_empty(write_attributes(&dimensions.attributes)),
        event_type: dimensions.event_type.as_ref().map(write_set),
        metrics: unless_empty(write_metrics(&dimensions.metrics)),
    }
}

/// The filter of a request, at `path`.
///
/// # Errors
/// A member is missing or has an unknown word.
pub(crate) fn read(
    path: &str,
    filter: shapes::CampaignEventFilter,
) -> Result<EventFilter, ApiError> {
    let missing = |member: &str| ApiError::bad_request(format!("Missing {path}.{member}"));
    let word = filter
        .filter_type
        .filter(|word| !word.is_empty())
        .ok_or_else(|| missing("FilterType"))?;
    let source = EventSource::ALL.into_iter().find(|it| it.as_str() == word);
    let dimensions = filter.dimensions.ok_or_else(|| missing("Dimensions"))?;
    Ok(EventFilter {
        dimensions: read_dimensions(&format!("{path}.Dimensions"), dimensions)?,
        source: source.ok_or_else(|| {
            ApiError::bad_request(format!("{path}.FilterType: '{word}' is unknown"))
        })?,
    })
}

/// The dimensions of a filter in a request, at `path`.
///
/// # Errors
/// A member is missing or has an unknown word.
pub(crate) fn read_dimensions(
    path: &str,
    dimensions: shapes::EventDimensions,
) -> Result<EventDimensions, ApiError> {
    let kind = dimensions
        .event_type
        .map(|kind| read_set(&format!("{path}.EventType"), kind));
    Ok(EventDimensions {
        event_type: kind.transpose()?,
        attributes: read_attributes(&format!("{path}.Attributes"), dimensions.attributes)?,
        metrics: read_metrics(&format!("{path}.Metrics"), dimensions.metrics)?,
    })
}
