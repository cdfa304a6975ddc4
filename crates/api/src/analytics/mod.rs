//! KPIs (`docs/spec/analytics.md §3`).

pub(crate) mod kpis;
pub(crate) mod wire;
