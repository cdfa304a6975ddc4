//! The value of a KPI: its questions, and its answer's form (`docs/spec/analytics.md §3`).

use std::collections::BTreeMap;

use super::catalogue::{Formula, Kpi, KpiGroup, KpiLevel, find};
use super::result::decimal;
use super::{KpiError, KpiResult, KpiRow, KpiScope};
use crate::question::{Group, Measure, MessageScope, Question};
use crate::state::View;
use crate::{AnalyticsError, Window, answer};

/// The KPI called `name` in `scope`.
pub(crate) fn lookup(scope: &KpiScope, name: &str) -> Result<&'static Kpi, KpiError> {
    let level = match scope {
        KpiScope::App => KpiLevel::App,
        KpiScope::Campaign(_) => KpiLevel::Campaign,
        KpiScope::Journey(_) => KpiLevel::Journey,
    };
    find(level, name).ok_or_else(|| KpiError::UnknownName(name.to_owned()))
}

/// The value of `kpi`. Blocks.
pub(crate) fn evaluate(
    view: &View<'_>,
    kpi: &Kpi,
    scope: &KpiScope,
    window: Window,
) -> Result<KpiResult, AnalyticsError> {
    let messages = MessageScope {
        kind: kpi.kind,
        channel: kpi.channel,
        campaign: match scope {
            KpiScope::Campaign(campaign) => Some(campaign.clone()),
            _ => None,
        },
        journey: match scope {
            KpiScope::Journey(journey) => Some(journey.clone()),
            _ => None,
        },
    };
    let (group, group_key) = match kpi.group {
        KpiGroup::None => (Group::None, None),
        KpiGroup::Date => (Group::Day, Some("Date")),
        KpiGroup::Campaign => (Group::Campaign, Some("CampaignId")),
        KpiGroup::CampaignActivity => (Group::Activity, Some("CampaignActivityId")),
        KpiGroup::JourneyActivity => (Group::JourneyActivity, Some("JourneyActivityId")),
        KpiGroup::Country => (Group::Country, Some("Country")),
        KpiGroup::ErrorCode => (Group::ErrorCode, Some("ErrorCode")),
    };
    let measure = |measure: Measure| -> Result<BTreeMap<String, f64>, AnalyticsError> {
        let question = Question::Messages(measure, messages.clone(), window, group.clone());
        let rows = answer::answer(view, &question)?.rows;
        Ok(rows
            .into_iter()
            .map(|row| (row.group.unwrap_or_default(), row.value))
            .collect())
    };
    let values = match kpi.formula {
        Formula::Count(of) => measure(of)?,
        Formula::Rate(numerator, denominator) => {
            let denominators = measure(denominator)?;
            measure(numerator)?
                .into_iter()
                .filter_map(|(key, value)| {
                    let denominator = denominators.get(&key).filter(|of| **of != 0.0)?;
                    Some((key, value / denominator))
                })
                .collect()
        }
    };
    let name = value_key(kpi.name);
    let rows = values.into_iter().map(|(key, value)| KpiRow {
        grouped_bys: group_key.map(|name| (name, key)).into_iter().collect(),
        values: vec![(name.clone(), decimal(value))],
    });
    Ok(KpiResult {
        rows: rows.collect(),
    })
}

/// `Values[].Key`: the name before `-grouped-by-` in PascalCase.
fn value_key(name: &str) -> String {
    let name = name.split("-grouped-by-").next().unwrap_or(name);
    name.split('-')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase())
                .into_iter()
                .chain(letters)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kpi::CATALOGUE;

    #[test]
    fn keys_are_pascal_case_before_the_group() {
        assert_eq!(value_key("unique-deliveries"), "UniqueDeliveries");
        assert_eq!(value_key("sms-spend"), "SmsSpend");
        assert_eq!(
            value_key("emails-opened-grouped-by-journey-activity"),
            "EmailsOpened"
        );
        assert_eq!(
            value_key("txn-sms-error-distribution"),
            "TxnSmsErrorDistribution"
        );
    }

    #[test]
    fn the_catalogue_has_every_documented_name_once() {
        let count = |level: KpiLevel| CATALOGUE.iter().filter(|kpi| kpi.scope == level).count();
        assert_eq!(count(KpiLevel::App), 10 + 22 + 16);
        assert_eq!(count(KpiLevel::Campaign), 18);
        assert_eq!(count(KpiLevel::Journey), 18);
        let mut names: Vec<_> = CATALOGUE
            .iter()
            .map(|kpi| format!("{:?} {}", kpi.scope, kpi.name))
            .collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 84);
    }
}
