//! Whether a filter of events has the values that it needs.

use model::EventDimensions;

use super::dimension::{check_attribute, check_metric, check_values};
use crate::Violation;

/// Whether `dimensions` of events, which stand at `path`, have every value that they need
/// (`docs/spec/campaigns.md §10`).
///
/// # Errors
/// The first member that has not.
pub fn validate_event(path: &str, dimensions: &EventDimensions) -> Result<(), Violation> {
    if let Some(kind) = &dimensions.event_type {
        check_values(&format!("{path}.EventType"), &kind.values)?;
    }
    for (name, attribute) in &dimensions.attributes {
        check_attribute(&format!("{path}.Attributes.{name}"), attribute)?;
    }
    for (name, metric) in &dimensions.metrics {
        check_metric(&format!("{path}.Metrics.{name}"), metric)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use model::{AttributeDimension, AttributeOperator, Comparison, MetricDimension, SetDimension};

    use super::*;

    #[track_caller]
    fn check(want: &str, change: impl Fn(&mut EventDimensions)) {
        let mut dimensions = EventDimensions::default();
        change(&mut dimensions);
        let got = validate_event("D", &dimensions);
        let got = got.map_or_else(|violation| violation.to_string(), |()| String::new());
        assert!(
            got.contains(want) && got.is_empty() == want.is_empty(),
            "{got:?}"
        );
    }

    fn attribute(operator: AttributeOperator, values: &[&str]) -> AttributeDimension {
        AttributeDimension {
            operator: Some(operator),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        }
    }

    #[test]
    fn filters_have_their_values() {
        check("", |_| {});
        let kind = |values: Vec<String>| {
            Some(SetDimension {
                operator: None,
                values,
            })
        };
        check("", |d| d.event_type = kind(vec!["cart.add".to_owned()]));
        check("D.EventType.Values", |d| d.event_type = kind(Vec::new()));
        let insert = |d: &mut EventDimensions, attribute| {
            d.attributes.insert("a".to_owned(), attribute);
        };
        check("", |d| {
            insert(d, attribute(AttributeOperator::Contains, &["x"]));
        });
        check("D.Attributes.a.Values", |d| {
            insert(d, attribute(AttributeOperator::Between, &["2031-03-01"]));
        });
        check("D.Attributes.a.Values", |d| {
            insert(d, attribute(AttributeOperator::On, &["soon"]));
        });
        check("D.Metrics.m.Value: must be a number", |d| {
            let metric = MetricDimension {
                comparison: Comparison::Equal,
                value: f64::NAN,
            };
            d.metrics.insert("m".to_owned(), metric);
        });
    }
}
