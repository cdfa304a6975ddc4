//! The time range of a KPI call (`docs/spec/analytics.md §3`).

use std::time::Duration;

use clock::Timestamp;

use super::KpiError;
use crate::Window;

/// Length of the default range, and the longest one.
const SPAN: Duration = Duration::from_hours(31 * 24);
/// How far back a range may begin.
const REACH: Duration = Duration::from_hours(90 * 24);
const DAY_LESS_ONE_MS: Duration = Duration::from_millis(86_400_000 - 1);

/// A time range and its echo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KpiRange {
    /// The range.
    pub window: Window,
    /// `StartTime` of the answer.
    pub start_text: String,
    /// `EndTime` of the answer.
    pub end_text: String,
}

/// The range that `start-time` and `end-time` mean at `now`. A bare date means its first or last
/// millisecond; offsets are accepted.
///
/// # Errors
/// A time is no instant, the range is reversed, longer than 31 days, or begins more than 90 days
/// before `now`.
pub fn resolve(
    start: Option<&str>,
    end: Option<&str>,
    now: Timestamp,
) -> Result<KpiRange, KpiError> {
    let start = start
        .map(|text| parse("start-time", text, Duration::ZERO))
        .transpose()?;
    let end = end
        .map(|text| parse("end-time", text, DAY_LESS_ONE_MS))
        .transpose()?;
    let ((start, start_text), (end, end_text)) = match (start, end) {
        (Some(start), Some(end)) => (start, end),
        (Some(start), None) => {
            let end = now.min(start.0.plus(SPAN));
            (start, (end, print(end)))
        }
        (None, Some(end)) => {
            let start = end.0.minus(SPAN);
            ((start, print(start)), end)
        }
        (None, None) => {
            let start = now.minus(SPAN);
            ((start, print(start)), (now, print(now)))
        }
    };
    if start > end {
        return Err(KpiError::Reversed);
    }
    if end.since(start) > SPAN {
        return Err(KpiError::TooLong);
    }
    if start < now.minus(REACH) {
        return Err(KpiError::TooOld);
    }
    Ok(KpiRange {
        window: Window { start, end },
        start_text,
        end_text,
    })
}

/// The instant of a parameter, and how it is echoed.
fn parse(
    parameter: &'static str,
    text: &str,
    into_day: Duration,
) -> Result<(Timestamp, String), KpiError> {
    if let Ok(instant) = Timestamp::parse(text) {
        return Ok((instant, text.trim().to_owned()));
    }
    match Timestamp::parse(&format!("{}T00:00:00Z", text.trim())) {
        Ok(day) => {
            let instant = day.plus(into_day);
            Ok((instant, print(instant)))
        }
        Err(_) => Err(KpiError::InvalidTime {
            parameter,
            value: text.to_owned(),
        }),
    }
}

/// An instant without its fraction if that is zero.
fn print(instant: Timestamp) -> String {
    instant.to_string().replace(".000Z", "Z")
}
