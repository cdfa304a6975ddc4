//! KPI answers, from the model to the wire.

use analytics::kpi::KpiResult;
use wire::shapes::{BaseKpiResult, ResultRow, ResultRowValue};

/// The rows of a KPI.
pub(crate) fn result(result: KpiResult) -> BaseKpiResult {
    let rows = result.rows.into_iter().map(|row| {
        let groups: Vec<_> = row
            .grouped_bys
            .into_iter()
            .map(|(key, value)| value_of(key.to_owned(), "String", value))
            .collect();
        let values = row.values.into_iter();
        ResultRow {
            grouped_bys: Some(groups).filter(|groups| !groups.is_empty()),
            values: Some(
                values
                    .map(|(key, value)| value_of(key, "Double", value))
                    .collect(),
            ),
        }
    });
    BaseKpiResult {
        rows: Some(rows.collect()),
    }
}

fn value_of(key: String, kind: &str, value: String) -> ResultRowValue {
    ResultRowValue {
        key: Some(key),
        r#type: Some(kind.to_owned()),
        value: Some(value),
    }
}
