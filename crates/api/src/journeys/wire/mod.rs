//! Journeys, between the wire and the model.

mod activity;
mod condition;
mod hours;
mod message;

use std::collections::BTreeMap;

use clock::Timestamp;
use engine::journeys::JourneyDraft;
use model::{
    Journey, JourneyActivityId, JourneyCaps, JourneyChannelSettings, JourneySchedule, JourneyState,
    TimeframeCap, TimezoneEstimation,
};
use wire::shapes;

use crate::apps::wire::{quiet_time, read_quiet_time};
use crate::error::ApiError;

/// A journey as callers see it: what was not given is absent, but `State` and `tags` are always
/// there.
pub(crate) fn journey(journey: &Journey) -> shapes::JourneyResponse {
    let activities: BTreeMap<_, _> = journey
        .activities
        .iter()
        .map(|(id, it)| (id.to_string(), activity::write(it)))
        .collect();
    let methods = journey.timezone_estimation.as_ref();
    shapes::JourneyResponse {
        activities: Some(activities).filter(|it| !it.is_empty()),
        application_id: Some(journey.app.to_string()),
        closed_days: journey.closed_days.as_ref().map(hours::write_closed),
        creation_date: Some(journey.created.to_string()),
        id: Some(journey.id.to_string()),
        journey_channel_settings: journey.channel_settings.as_ref().map(|it| {
            shapes::JourneyChannelSettings {
                connect_campaign_arn: it.campaign_arn.clone(),
                connect_campaign_execution_role_arn: it.role_arn.clone(),
            }
        }),
        last_modified_date: Some(journey.modified.to_string()),
        limits: journey.limits.as_ref().map(write_caps),
        local_time: journey.local_time,
        name: Some(journey.name.clone()),
        open_hours: journey.open_hours.as_ref().map(hours::write_open),
        quiet_time: journey.quiet_time.map(quiet_time),
        refresh_frequency: journey.refresh_frequency.clone(),
        refresh_on_segment_update: journey.refresh_on_segment_update,
        schedule: journey.schedule.as_ref().map(|it| shapes::JourneySchedule {
            end_time: it.end.map(|end| end.to_string()),
            start_time: it.start.map(|start| start.to_string()),
            timezone: it.timezone.clone(),
        }),
        sending_schedule: journey.sending_schedule,
        start_activity: journey.start_activity.as_ref().map(ToString::to_string),
        start_condition: journey.start_condition.as_ref().map(condition::write_start),
        state: Some(journey.state.as_str().to_owned()),
        timezone_estimation_methods: methods
            .map(|methods| methods.iter().map(|it| it.as_str().to_owned()).collect()),
        wait_for_quiet_time: journey.wait_for_quiet_time,
        tags: Some(journey.tags.clone()),
    }
}

/// What a request says about a journey; its dates are ignored.
///
/// # Errors
/// A member has an unusable value.
pub(crate) fn draft(request: shapes::WriteJourneyRequest) -> Result<JourneyDraft, ApiError> {
    let activities = request.activities.map(|activities| {
        activities
            .into_iter()
            .map(|(id, it)| {
                let read = activity::read(&format!("Activities.{}", shown(&id)), it)?;
                Ok((JourneyActivityId::new(id), read))
            })
            .collect::<Result<_, ApiError>>()
    });
    let methods = request.timezone_estimation_methods.map(|methods| {
        methods
            .iter()
            .map(|word| known("TimezoneEstimationMethods", word, TimezoneEstimation::parse))
            .collect::<Result<_, ApiError>>()
    });
    Ok(JourneyDraft {
        name: request.name.unwrap_or_default(),
        state: text(request.state)
            .map(|word| known("State", &word, JourneyState::parse))
            .transpose()?,
        start_condition: request
            .start_condition
            .map(condition::read_start)
            .transpose()?,
        start_activity: text(request.start_activity).map(JourneyActivityId::new),
        activities: activities.transpose()?,
        schedule: request.schedule.map(read_schedule).transpose()?,
        limits: request.limits.map(read_caps).transpose()?,
        local_time: request.local_time,
        quiet_time: request
            .quiet_time
            .map(|quiet| read_quiet_time("QuietTime", &quiet))
            .transpose()?,
        wait_for_quiet_time: request.wait_for_quiet_time,
        sending_schedule: request.sending_schedule,
        open_hours: request.open_hours.map(hours::read_open).transpose()?,
        closed_days: request.closed_days.map(hours::read_closed),
        refresh_frequency: text(request.refresh_frequency),
        refresh_on_segment_update: request.refresh_on_segment_update,
        timezone_estimation: methods.transpose()?,
        channel_settings: request
            .journey_channel_settings
            .map(|it| JourneyChannelSettings {
                campaign_arn: text(it.connect_campaign_arn),
                role_arn: text(it.connect_campaign_execution_role_arn),
            }),
    })
}

fn write_caps(caps: &JourneyCaps) -> shapes::JourneyLimits {
    shapes::JourneyLimits {
        daily_cap: caps.daily.map(i64::from),
        endpoint_reentry_cap: caps.reentry.map(i64::from),
        endpoint_reentry_interval: caps.reentry_interval.clone(),
        messages_per_second: caps.messages_per_second.map(i64::from),
        timeframe_cap: caps.timeframe.map(|it| shapes::JourneyTimeframeCap {
            cap: it.cap.map(i64::from),
            days: it.days.map(i64::from),
        }),
        total_cap: caps.total.map(i64::from),
    }
}

fn read_caps(limits: shapes::JourneyLimits) -> Result<JourneyCaps, ApiError> {
    let count = |member: &str, value: Option<i64>| {
        let count = value.map(|value| {
            u32::try_from(value).map_err(|_| {
                ApiError::bad_request(format!(
                    "Limits.{member}: expected 0 or more, found {value}"
                ))
            })
        });
        count.transpose()
    };
    let timeframe = limits.timeframe_cap.map(|it| {
        Ok::<_, ApiError>(TimeframeCap {
            cap: count("TimeframeCap.Cap", it.cap)?,
            days: count("TimeframeCap.Days", it.days)?,
        })
    });
    Ok(JourneyCaps {
        daily: count("DailyCap", limits.daily_cap)?,
        total: count("TotalCap", limits.total_cap)?,
        timeframe: timeframe.transpose()?,
        messages_per_second: count("MessagesPerSecond", limits.messages_per_second)?,
        reentry: count("EndpointReentryCap", limits.endpoint_reentry_cap)?,
        reentry_interval: text(limits.endpoint_reentry_interval),
    })
}

fn read_schedule(schedule: shapes::JourneySchedule) -> Result<JourneySchedule, ApiError> {
    let instant = |member: &str, value: Option<String>| {
        let instant = text(value).map(|value| {
            Timestamp::parse(&value).map_err(|_| {
                ApiError::bad_request(format!(
                    "Schedule.{member}: '{}' is not an ISO 8601 instant",
                    shown(&value)
                ))
            })
        });
        instant.transpose()
    };
    Ok(JourneySchedule {
        start: instant("StartTime", schedule.start_time)?,
        end: instant("EndTime", schedule.end_time)?,
        timezone: text(schedule.timezone),
    })
}

/// A text that is not empty.
fn text(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// The beginning of what a caller wrote, short enough for a message.
fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}

/// The value that `word` stands for.
fn known<T>(path: &str, word: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, ApiError> {
    parse(word)
        .ok_or_else(|| ApiError::bad_request(format!("{path}: '{}' is unknown", shown(word))))
}

#[cfg(test)]
mod tests;
