//! Start conditions and the questions of splits, between the wire and the model.

use model::{
    Entry, EventCondition, EventFilter, EventSource, SegmentId, SimpleCondition, StartCondition,
};
use wire::shapes;

use super::activity::{name, next};
use super::{known, text};
use crate::campaigns::event_filter;
use crate::error::ApiError;
use crate::segments::wire::{read_dimensions, write_dimensions};

const START: &str = "StartCondition";

/// The start condition of a request.
///
/// # Errors
/// It is of both kinds, or a member has an unusable value.
pub(super) fn read_start(it: shapes::StartCondition) -> Result<StartCondition, ApiError> {
    let entry = match (it.segment_start_condition, it.event_start_condition) {
        (None, None) => None,
        (Some(_), Some(_)) => {
            return Err(ApiError::bad_request(format!(
                "{START}: SegmentStartCondition and EventStartCondition exclude each other"
            )));
        }
        (Some(segment), None) => Some(Entry::Segment(read_segment(
            &format!("{START}.SegmentStartCondition"),
            segment,
        )?)),
        (None, Some(event)) => {
            let path = format!("{START}.EventStartCondition.EventFilter");
            let filter = event.event_filter.map(|filter| read_filter(&path, filter));
            Some(Entry::Event {
                filter: filter.transpose()?,
                segment: text(event.segment_id).map(SegmentId::new),
            })
        }
    };
    Ok(StartCondition {
        description: it.description,
        entry,
    })
}

/// A start condition as callers see it.
pub(super) fn write_start(it: &StartCondition) -> shapes::StartCondition {
    let mut condition = shapes::StartCondition {
        description: it.description.clone(),
        ..shapes::StartCondition::default()
    };
    match &it.entry {
        None => {}
        Some(Entry::Segment(id)) => condition.segment_start_condition = Some(write_segment(id)),
        Some(Entry::Event { filter, segment }) => {
            condition.event_start_condition = Some(shapes::EventStartCondition {
                event_filter: filter.as_ref().map(write_filter),
                segment_id: segment.as_ref().map(ToString::to_string),
            });
        }
    }
    condition
}

/// One part of a question, at `path`.
///
/// # Errors
/// It is none or several of the kinds, or a member has an unusable value.
pub(super) fn read_simple(
    path: &str,
    it: shapes::SimpleCondition,
) -> Result<SimpleCondition, ApiError> {
    match (
        it.segment_condition,
        it.segment_dimensions,
        it.event_condition,
    ) {
        (Some(segment), None, None) => Ok(SimpleCondition::Segment(read_segment(
            &format!("{path}.SegmentCondition"),
            segment,
        )?)),
        (None, Some(dimensions), None) => {
            let path = format!("{path}.segmentDimensions");
            let dimensions = read_dimensions(&path, dimensions)?;
            Ok(SimpleCondition::Dimensions(Box::new(dimensions)))
        }
        (None, None, Some(event)) => {
            let path = format!("{path}.EventCondition.Dimensions");
            let dimensions = event
                .dimensions
                .map(|it| event_filter::read_dimensions(&path, it));
            Ok(SimpleCondition::Event(Box::new(EventCondition {
                dimensions: dimensions.transpose()?,
                message_activity: next(event.message_activity),
            })))
        }
        _ => Err(ApiError::bad_request(format!(
            "{path}: expected exactly one of SegmentCondition, segmentDimensions and EventCondition"
        ))),
    }
}

/// One part of a question as callers see it.
pub(super) fn write_simple(condition: &SimpleCondition) -> shapes::SimpleCondition {
    let mut it = shapes::SimpleCondition::default();
    match condition {
        SimpleCondition::Segment(id) => it.segment_condition = Some(write_segment(id)),
        SimpleCondition::Dimensions(dimensions) => {
            it.segment_dimensions = Some(write_dimensions(dimensions));
        }
        SimpleCondition::Event(event) => {
            let dimensions = event.dimensions.as_ref();
            it.event_condition = Some(shapes::EventCondition {
                dimensions: dimensions.map(event_filter::write_dimensions),
                message_activity: name(event.message_activity.as_ref()),
            });
        }
    }
    it
}

fn read_segment(path: &str, it: shapes::SegmentCondition) -> Result<SegmentId, ApiError> {
    let id = text(it.segment_id);
    id.map(SegmentId::new)
        .ok_or_else(|| ApiError::bad_request(format!("Missing {path}.SegmentId")))
}

fn write_segment(id: &SegmentId) -> shapes::SegmentCondition {
    shapes::SegmentCondition {
        segment_id: Some(id.to_string()),
    }
}

fn read_filter(path: &str, it: shapes::EventFilter) -> Result<EventFilter, ApiError> {
    let source = |word: &str| {
        let sources = EventSource::ALL.into_iter();
        sources.into_iter().find(|it| it.as_str() == word)
    };
    let word = text(it.filter_type)
        .ok_or_else(|| ApiError::bad_request(format!("Missing {path}.FilterType")))?;
    let dimensions = it.dimensions.unwrap_or_default();
    Ok(EventFilter {
        dimensions: event_filter::read_dimensions(&format!("{path}.Dimensions"), dimensions)?,
        source: known(&format!("{path}.FilterType"), &word, source)?,
    })
}

fn write_filter(filter: &EventFilter) -> shapes::EventFilter {
    shapes::EventFilter {
        dimensions: Some(event_filter::write_dimensions(&filter.dimensions)),
        filter_type: Some(filter.source.as_str().to_owned()),
    }
}
