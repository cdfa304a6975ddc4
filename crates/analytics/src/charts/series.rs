//! A line of a chart, and its summary (`docs/spec/analytics.md §6`).

use clock::Timestamp;

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
    /// (last − first) ÷ first over complete days; absent if the first is 0 or absent.
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
