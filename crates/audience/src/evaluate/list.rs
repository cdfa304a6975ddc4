//! Tests of an attribute's values (`docs/spec/audience.md §10.2`).

use clock::Timestamp;
use model::{AttributeDimension, AttributeOperator};

/// A test of a list of values; the empty list is a missing attribute.
#[derive(Debug)]
pub(crate) enum ListTest<'a> {
    /// Some value is one of these, sorted.
    Inclusive(Vec<&'a str>),
    /// No value is one of these, sorted.
    Exclusive(Vec<&'a str>),
    /// Some value contains one of these.
    Contains(Vec<&'a str>),
    /// Some value is an instant before this.
    Before(Option<Timestamp>),
    /// Some value is an instant after this.
    After(Option<Timestamp>),
    /// Some value is an instant on one of these UTC days.
    On(Vec<i64>),
    /// Some value is an instant within these bounds.
    Between(Option<(Timestamp, Timestamp)>),
    /// Some value is an instant, and none lies within these bounds.
    NotBetween(Option<(Timestamp, Timestamp)>),
}

impl<'a> ListTest<'a> {
    /// Values that the operator cannot read are as good as absent: they are refused where criteria
    /// are written, not here.
    pub(crate) fn new(dimension: &'a AttributeDimension) -> Self {
        let texts = || dimension.values.iter().map(String::as_str);
        let instants = || texts().filter_map(instant);
        match dimension.operator.unwrap_or(AttributeOperator::Inclusive) {
            AttributeOperator::Inclusive => Self::Inclusive(sorted(texts())),
            AttributeOperator::Exclusive => Self::Exclusive(sorted(texts())),
            AttributeOperator::Contains => Self::Contains(texts().collect()),
            AttributeOperator::Before => Self::Before(instants().max()),
            AttributeOperator::After => Self::After(instants().min()),
            AttributeOperator::On => Self::On(instants().map(Timestamp::utc_day).collect()),
            AttributeOperator::Between => Self::Between(bounds(&dimension.values)),
            AttributeOperator::NotBetween => Self::NotBetween(bounds(&dimension.values)),
        }
    }

    pub(crate) fn holds<'v>(&self, mut values: impl Iterator<Item = &'v str> + Clone) -> bool {
        match self {
            Self::Inclusive(wanted) => values.any(|value| wanted.binary_search(&value).is_ok()),
            Self::Exclusive(unwanted) => {
                !values.any(|value| unwanted.binary_search(&value).is_ok())
            }
            Self::Contains(parts) => {
                values.any(|value| parts.iter().any(|part| value.contains(part)))
            }
            Self::Before(bound) => {
                bound.is_some_and(|bound| values.filter_map(instant).any(|at| at < bound))
            }
            Self::After(bound) => {
                bound.is_some_and(|bound| values.filter_map(instant).any(|at| at > bound))
            }
            Self::On(days) => values
                .filter_map(instant)
                .any(|at| days.contains(&at.utc_day())),
            Self::Between(bounds) => bounds.is_some_and(|(from, to)| {
                values.filter_map(instant).any(|at| from <= at && at <= to)
            }),
            Self::NotBetween(bounds) => bounds.is_some_and(|(from, to)| {
                let mut instants = values.filter_map(instant).peekable();
                instants.peek().is_some() && !instants.any(|at| from <= at && at <= to)
            }),
        }
    }

    /// The values of which a list must have one for the test, or its negation, to hold; `None` if
    /// the operator does not look for whole values.
    pub(crate) fn whole_values(&self) -> Option<&[&'a str]> {
        match self {
            Self::Inclusive(values) | Self::Exclusive(values) => Some(values),
            _ => None,
        }
    }
}

/// The instant that a value means: ISO 8601 with `Z` or an offset, or a date, which is its first
/// instant in UTC.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if !text.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    if text.len() == DATE_BYTES {
        return Timestamp::parse(&format!("{text}T00:00:00Z")).ok();
    }
    Timestamp::parse(text).ok()
}

/// Length of `2026-03-04`.
const DATE_BYTES: usize = 10;

/// The two instants of a range, in order; `None` unless there are exactly two.
fn bounds(values: &[String]) -> Option<(Timestamp, Timestamp)> {
    let [one, other] = values else { return None };
    let (one, other) = (instant(one)?, instant(other)?);
    Some((one.min(other), one.max(other)))
}

fn sorted<'a>(values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut values: Vec<&str> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}
