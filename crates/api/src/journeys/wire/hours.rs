//! Open hours and closed days, between the wire and the model.

use std::collections::BTreeMap;

use model::{ClosedDay, JourneyChannel, OpenRange, Weekday};
use wire::shapes;

use super::{known, text};
use crate::error::ApiError;

type OpenHours = BTreeMap<JourneyChannel, BTreeMap<Weekday, Vec<OpenRange>>>;
type ClosedDays = BTreeMap<JourneyChannel, Vec<ClosedDay>>;
type DaysOnWire = BTreeMap<String, Vec<shapes::OpenHoursRule>>;

/// The open hours of a request.
///
/// # Errors
/// A weekday is unknown.
pub(super) fn read_open(it: shapes::OpenHours) -> Result<OpenHours, ApiError> {
    let channels = [
        (JourneyChannel::Custom, it.custom),
        (JourneyChannel::Email, it.email),
        (JourneyChannel::Push, it.push),
        (JourneyChannel::Sms, it.sms),
        (JourneyChannel::Voice, it.voice),
    ];
    let mut hours = OpenHours::new();
    for (channel, days) in channels {
        if let Some(days) = days {
            hours.insert(channel, read_days(channel, days)?);
        }
    }
    Ok(hours)
}

fn read_days(
    channel: JourneyChannel,
    days: DaysOnWire,
) -> Result<BTreeMap<Weekday, Vec<OpenRange>>, ApiError> {
    let path = format!("OpenHours.{}", channel.as_str());
    days.into_iter()
        .map(|(word, rules)| {
            let day = known(&path, &word, Weekday::parse)?;
            let ranges = rules.into_iter().map(|rule| OpenRange {
                start: text(rule.start_time),
                end: text(rule.end_time),
            });
            Ok((day, ranges.collect()))
        })
        .collect()
}

/// Open hours as callers see them.
pub(super) fn write_open(hours: &OpenHours) -> shapes::OpenHours {
    let of = |channel: JourneyChannel| -> Option<DaysOnWire> {
        let days = hours.get(&channel)?;
        let days = days.iter().map(|(day, ranges)| {
            let rules = ranges.iter().map(|range| shapes::OpenHoursRule {
                end_time: range.end.clone(),
                start_time: range.start.clone(),
            });
            (day.as_str().to_owned(), rules.collect())
        });
        Some(days.collect())
    };
    shapes::OpenHours {
        custom: of(JourneyChannel::Custom),
        email: of(JourneyChannel::Email),
        push: of(JourneyChannel::Push),
        sms: of(JourneyChannel::Sms),
        voice: of(JourneyChannel::Voice),
    }
}

/// The closed days of a request.
pub(super) fn read_closed(it: shapes::ClosedDays) -> ClosedDays {
    let channels = [
        (JourneyChannel::Custom, it.custom),
        (JourneyChannel::Email, it.email),
        (JourneyChannel::Push, it.push),
        (JourneyChannel::Sms, it.sms),
        (JourneyChannel::Voice, it.voice),
    ];
    channels
        .into_iter()
        .filter_map(|(channel, rules)| {
            let days = rules?.into_iter().map(|rule| ClosedDay {
                name: rule.name,
                start: text(rule.start_date_time),
                end: text(rule.end_date_time),
            });
            Some((channel, days.collect()))
        })
        .collect()
}

/// Closed days as callers see them.
pub(super) fn write_closed(days: &ClosedDays) -> shapes::ClosedDays {
    let of = |channel: JourneyChannel| {
        let rules = days
            .get(&channel)?
            .iter()
            .map(|day| shapes::ClosedDaysRule {
                end_date_time: day.end.clone(),
                name: day.name.clone(),
                start_date_time: day.start.clone(),
            });
        Some(rules.collect())
    };
    shapes::ClosedDays {
        custom: of(JourneyChannel::Custom),
        email: of(JourneyChannel::Email),
        push: of(JourneyChannel::Push),
        sms: of(JourneyChannel::Sms),
        voice: of(JourneyChannel::Voice),
    }
}
