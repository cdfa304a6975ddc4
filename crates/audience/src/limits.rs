//! How much an endpoint, a user and an application may hold.

/// The content limits of `docs/spec/audience.md §14`; the default is the documented value of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointLimits {
    /// Characters in the name of an attribute or metric.
    pub name_chars: usize,
    /// Characters in one value of an attribute.
    pub value_chars: usize,
    /// Values of one attribute.
    pub values: usize,
    /// Bytes of a whole endpoint as text.
    pub bytes: usize,
    /// Names of attributes, metrics and user attributes per application.
    pub names: usize,
    /// Endpoints linked to one user.
    pub per_user: usize,
    /// Whether an address is taken over across channels (`docs/spec/audience.md §6.3`).
    pub literal_address_takeover: bool,
}

impl Default for EndpointLimits {
    fn default() -> Self {
        Self {
            name_chars: 50,
            value_chars: 100,
            values: 50,
            bytes: 15 * 1024,
            names: 250,
            per_user: 15,
            literal_address_takeover: false,
        }
    }
}
