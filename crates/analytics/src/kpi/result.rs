//! The answer of a KPI, ready to be written to the wire.

/// The answer of a KPI.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KpiResult {
    /// Its rows, ascending by group; none if there is no data.
    pub rows: Vec<KpiRow>,
}

/// A row: `GroupedBys` and `Values`, each (key, value). Every group is a `String`, every value a
/// `Double`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KpiRow {
    /// The group; empty for a single-value KPI.
    pub grouped_bys: Vec<(&'static str, String)>,
    /// The values.
    pub values: Vec<(String, String)>,
}

/// A number as the API prints it: a plain decimal with at least one fraction digit, shortest
/// round-trip, without exponent.
pub(crate) fn decimal(value: f64) -> String {
    let text = format!("{value}");
    if text.contains('.') || !value.is_finite() {
        text
    } else {
        text + ".0"
    }
}
