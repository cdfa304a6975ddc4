//! Usage of an application (`docs/spec/analytics.md §7.1`).

use super::Series;

/// The usage of an application, by UTC day.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageChart {
    /// `daily_active_endpoints`, `monthly_active_endpoints`, `daily_active_users`,
    /// `monthly_active_users`, `new_endpoints`, `new_users`, `sessions`,
    /// `sessions_per_endpoint`, `sessions_per_user`, `sticky_factor`, `retention_7_days`,
    /// `sign_ins`, `sign_ups`, `authentication_failures`.
    pub series: Vec<Series>,
}
