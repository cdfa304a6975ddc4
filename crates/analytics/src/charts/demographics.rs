//! Who the active endpoints are (`docs/spec/analytics.md §7.5`).

/// A fact of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Facet {
    Platform,
    PlatformVersion,
    AppVersion,
    Make,
    Model,
    Country,
    Locale,
}

/// How many endpoints have a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The value; `Unknown` where there is none, `Other` for the rest.
    pub value: String,
    /// Endpoints whose latest event in the window says so.
    pub endpoints: u64,
}
