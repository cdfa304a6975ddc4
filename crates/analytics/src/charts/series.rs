//! A line of a chart, and its summary (`docs/spec/analytics.md §6`).

use clock::Timestamp;

use crate::{AnalyticsError, Window};

/// Points that a line may have: 90 days of hours, and then some.
const POINTS_MAX: i64 = 2_400;

/// How finely a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A point per UTC day.
    Day,
    /// A point per UTC hour.
    Hour,
}

/// A line of a chart: a point per step of the window, without gaps.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// A stable name such as `daily_active_endpoints`.
    pub name: &'static str,
    /// The points, ascending.
    pub points: Vec<Point>,
    /// Additive: sum by the number of steps; ratio: mean over the steps that have one.
    pub average: Option<f64>,
    /// Sum, or the distinct count over the whole window; absent for ratios.
    pub total: Option<f64>,
    /// (last − first) ÷ first over complete steps; absent if the first is 0 or absent.
    pub change: Option<f64>,
}

/// A point of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When the step begins.
    pub at: Timestamp,
    /// The value; absent where a ratio has no denominator.
    pub value: Option<f64>,
}

/// What the total of a line is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Total {
    /// The sum of its points.
    Sum,
    /// A count of different ones, known beforehand.
    Distinct(f64),
    /// Nothing.
    Ratio,
}

impl Step {
    /// The steps that `window` touches.
    pub(crate) fn of(self, window: Window) -> Result<Vec<Timestamp>, AnalyticsError> {
        let (first, last) = match self {
            Self::Day => (window.start.utc_day(), window.end.utc_day()),
            Self::Hour => (window.start.utc_hour(), window.end.utc_hour()),
        };
        if last.saturating_sub(first) >= POINTS_MAX {
            return Err(AnalyticsError::Question(
                "a chart has at most 2400 points: choose a shorter window or longer steps",
            ));
        }
        let begin = |step| match self {
            Self::Day => Timestamp::from_utc_day(step),
            Self::Hour => Timestamp::from_utc_hour(step),
        };
        Ok((first..=last).map(begin).collect())
    }

    /// When the step that begins at `at` ends.
    fn end(self, at: Timestamp) -> Timestamp {
        match self {
            Self::Day => Window::days(at.utc_day(), at.utc_day()).end,
            Self::Hour => Window::hour(at.utc_hour()).end,
        }
    }
}

/// A line with its summary. `now` tells which step is not complete yet.
pub(crate) fn series(
    name: &'static str,
    step: Step,
    points: Vec<Point>,
    total: Total,
    now: Timestamp,
) -> Series {
    let sum: f64 = points.iter().filter_map(|point| point.value).sum();
    let valued = points.iter().filter(|point| point.value.is_some()).count();
    let steps = match total {
        Total::Ratio => valued,
        Total::Sum | Total::Distinct(_) => points.len(),
    };
    let complete = || points.iter().filter(|point| step.end(point.at) < now);
    let change = match (complete().next(), complete().next_back()) {
        (Some(first), Some(last)) => first
            .value
            .zip(last.value)
            .filter(|(first, _)| *first != 0.0)
            .map(|(first, last)| (last - first) / first),
        _ => None,
    };
    Series {
        name,
        average: (steps > 0).then(|| sum / steps as f64),
        total: match total {
            Total::Sum => Some(sum),
            Total::Distinct(count) => Some(count),
            Total::Ratio => None,
        },
        change,
        points,
    }
}
