//! Schedules of campaigns, between the wire and the model (`docs/spec/campaigns.md §4`).

use engine::campaigns::ScheduleDraft;
use model::{Frequency, Schedule, Start};
use wire::shapes;

use super::event_filter;
use crate::apps::wire::{quiet_time, read_quiet_time};
use crate::error::ApiError;

/// What a campaign that names no zone has.
const DEFAULT_ZONE: &str = "UTC";

/// A schedule as callers see it: the times as they were written, where they name an instant.
pub(super) fn write(schedule: &Schedule) -> shapes::Schedule {
    let start = || match schedule.start {
        Start::Immediately => "IMMEDIATE".to_owned(),
        Start::At(at) => at.to_string(),
    };
    let end = schedule.end_text.clone();
    let zone = schedule.timezone.as_deref().unwrap_or(DEFAULT_ZONE);
    shapes::Schedule {
        end_time: end.or_else(|| schedule.end.map(|end| end.to_string())),
        event_filter: schedule.event_filter.as_ref().map(event_filter::write),
        frequency: Some(schedule.frequency.as_str().to_owned()),
        is_local_time: Some(schedule.local_time),
        quiet_time: schedule.quiet_time.map(quiet_time),
        start_time: Some(schedule.start_text.clone().unwrap_or_else(start)),
        timezone: Some(zone.to_owned()),
    }
}

/// The schedule of a request, at `path`.
///
/// # Errors
/// A member is missing or has an unusable value.
pub(crate) fn read(path: &str, schedule: shapes::Schedule) -> Result<ScheduleDraft, ApiError> {
    let text = |text: Option<String>| text.filter(|text| !text.is_empty());
    let frequency = text(schedule.frequency).map(|word| {
        let known = Frequency::ALL.into_iter().find(|it| it.as_str() == word);
        known.ok_or_else(|| ApiError::bad_request(format!("{path}.Frequency: '{word}' is unknown")))
    });
    let filter = schedule
        .event_filter
        .map(|filter| event_filter::read(&format!("{path}.EventFilter"), filter));
    Ok(ScheduleDraft {
        start: text(schedule.start_time)
            .ok_or_else(|| ApiError::bad_request(format!("Missing {path}.StartTime")))?,
        end: text(schedule.end_time),
        frequency: frequency.transpose()?,
        local_time: schedule.is_local_time.unwrap_or(false),
        timezone: text(schedule.timezone),
        quiet_time: schedule
            .quiet_time
            .map(|quiet| read_quiet_time(&format!("{path}.QuietTime"), &quiet))
            .transpose()?
            .flatten(),
        event_filter: filter.transpose()?,
    })
}
