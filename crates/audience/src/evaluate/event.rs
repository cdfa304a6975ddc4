//! Whether an event is one that a campaign or a journey waits for (`docs/spec/campaigns.md §10`).

use std::collections::BTreeMap;

use model::{EventDimensions, MetricDimension, SetOperator};

use super::{ListTest, compares};

/// A filter prepared for asking many events.
#[derive(Debug)]
pub struct EventMatcher<'a> {
    kinds: Option<(&'a [String], bool)>,
    attributes: Vec<(&'a str, ListTest<'a>)>,
    metrics: Vec<(&'a str, MetricDimension)>,
}

impl<'a> EventMatcher<'a> {
    /// Prepares `dimensions`; those that say nothing match every event.
    #[must_use]
    pub fn new(dimensions: &'a EventDimensions) -> Self {
        let kinds = dimensions.event_type.as_ref().map(|kind| {
            let wanted = kind.operator != Some(SetOperator::Exclusive);
            (kind.values.as_slice(), wanted)
        });
        let attributes = dimensions.attributes.iter();
        let metrics = dimensions.metrics.iter();
        Self {
            kinds,
            attributes: attributes
                .map(|(name, dimension)| (name.as_str(), ListTest::new(dimension)))
                .collect(),
            metrics: metrics
                .map(|(name, dimension)| (name.as_str(), *dimension))
                .collect(),
        }
    }

    /// Whether events of this type may match: cheap, to be asked first.
    #[must_use]
    pub fn concerns(&self, kind: &str) -> bool {
        self.kinds
            .is_none_or(|(values, wanted)| values.iter().any(|value| value == kind) == wanted)
    }

    /// Whether what an event of a type that [`EventMatcher::concerns`] the filter says is what it
    /// waits for: every entry holds for the value of that name. A missing attribute satisfies
    /// EXCLUSIVE alone; a missing metric satisfies nothing.
    #[must_use]
    pub fn holds(
        &self,
        attributes: &BTreeMap<String, String>,
        metrics: &BTreeMap<String, f64>,
    ) -> bool {
        let texts = self.attributes.iter().all(|(name, test)| {
            let value = attributes.get(*name);
            test.holds(value.into_iter().map(String::as_str))
        });
        texts
            && self.metrics.iter().all(|(name, wanted)| {
                metrics
                    .get(*name)
                    .is_some_and(|value| compares(*value, wanted.comparison, wanted.value))
            })
    }
}

#[cfg(test)]
mod tests {
    use model::{AttributeDimension, AttributeOperator, Comparison, SetDimension};

    use super::*;

    fn texts(values: &[&str]) -> Vec<String> {
        values.iter().map(ToString::to_string).collect()
    }

    #[track_caller]
    fn check(dimensions: &EventDimensions, want: bool) {
        let attributes = [
            ("plan", "gold"),
            ("since", "2031-03-04T10:00:00Z"),
            ("n", ""),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let metrics = [("price".to_owned(), 9.5), ("odd".to_owned(), f64::NAN)];
        let matcher = EventMatcher::new(dimensions);
        let found =
            matcher.concerns("cart.add") && matcher.holds(&attributes.into(), &metrics.into());
        assert_eq!(found, want, "{dimensions:?}");
    }

    fn kind(operator: Option<SetOperator>, values: &[&str]) -> EventDimensions {
        EventDimensions {
            event_type: Some(SetDimension {
                operator,
                values: texts(values),
            }),
            ..EventDimensions::default()
        }
    }

    fn attribute(name: &str, operator: AttributeOperator, values: &[&str]) -> EventDimensions {
        let dimension = AttributeDimension {
            operator: Some(operator),
            values: texts(values),
        };
        EventDimensions {
            attributes: [(name.to_owned(), dimension)].into(),
            ..EventDimensions::default()
        }
    }

    fn metric(name: &str, comparison: Comparison, value: f64) -> EventDimensions {
        let dimension = MetricDimension { comparison, value };
        EventDimensions {
            metrics: [(name.to_owned(), dimension)].into(),
            ..EventDimensions::default()
        }
    }

    #[test]
    fn types() {
        use SetOperator::{Exclusive, Inclusive};
        check(&EventDimensions::default(), true);
        check(&kind(None, &["cart.add"]), true);
        check(&kind(Some(Inclusive), &["cart.drop", "cart.add"]), true);
        check(&kind(Some(Inclusive), &["Cart.Add"]), false);
        check(&kind(Some(Inclusive), &["cart"]), false);
        check(&kind(Some(Exclusive), &["cart.drop"]), true);
        check(&kind(Some(Exclusive), &["cart.drop", "cart.add"]), false);
    }

    #[test]
    fn attributes() {
        use AttributeOperator::{
            After, Before, Between, Contains, Exclusive, Inclusive, NotBetween, On,
        };
        check(&attribute("plan", Inclusive, &["basic", "gold"]), true);
        check(&attribute("plan", Inclusive, &["basic"]), false);
        check(&attribute("plan", Exclusive, &["basic"]), true);
        check(&attribute("plan", Exclusive, &["basic", "gold"]), false);
        check(&attribute("nothing", Inclusive, &["gold"]), false);
        check(&attribute("nothing", Exclusive, &["gold"]), true);
        check(&attribute("n", Inclusive, &[""]), true);
        check(&attribute("plan", Contains, &["ol"]), true);
        check(&attribute("plan", Contains, &["silver"]), false);
        check(&attribute("nothing", Contains, &[""]), false);
        check(&attribute("since", Before, &["2031-03-05"]), true);
        check(&attribute("since", Before, &["2031-03-04"]), false);
        check(&attribute("since", After, &["2031-03-04"]), true);
        check(&attribute("since", On, &["2031-03-04"]), true);
        check(&attribute("since", On, &["2031-03-05"]), false);
        let range = &["2031-03-04", "2031-03-05"];
        check(&attribute("since", Between, range), true);
        check(&attribute("since", NotBetween, range), false);
        check(&attribute("plan", Between, range), false);
    }

    #[test]
    fn metrics() {
        use Comparison::{Equal, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual};
        for (comparison, below, same, above) in [
            (GreaterThan, true, false, false),
            (GreaterThanOrEqual, true, true, false),
            (Equal, false, true, false),
            (LessThanOrEqual, false, true, true),
            (LessThan, false, false, true),
        ] {
            check(&metric("price", comparison, 9.0), below);
            check(&metric("price", comparison, 9.5), same);
            check(&metric("price", comparison, 10.0), above);
            check(&metric("odd", comparison, 9.5), false);
            check(&metric("nothing", comparison, 0.0), false);
        }
    }

    #[test]
    fn every_entry_must_hold() {
        let mut both = attribute("plan", AttributeOperator::Inclusive, &["gold"]);
        both.metrics = metric("price", Comparison::LessThan, 10.0).metrics;
        check(&both, true);
        both.event_type = kind(None, &["cart.drop"]).event_type;
        check(&both, false);
        both.event_type = None;
        both.metrics = metric("price", Comparison::LessThan, 1.0).metrics;
        check(&both, false);
    }
}
