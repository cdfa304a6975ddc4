//! One address, one active endpoint: the newest write wins (`docs/spec/audience.md §6.3`).

use model::{Endpoint, EndpointStatus};

/// Whether the written endpoint makes `other` inactive. `literal` reads "same address" without
/// regard to the channel.
#[must_use]
pub fn displaces(written: &Endpoint, other: &Endpoint, literal: bool) -> bool {
    written.status == EndpointStatus::Active
        && other.status == EndpointStatus::Active
        && written.app == other.app
        && written.ordinal != other.ordinal
        && written.address.is_some()
        && written.address == other.address
        && (literal || written.channel == other.channel)
}

/// Makes `endpoint` inactive because its address now belongs to another.
pub const fn displace(endpoint: &mut Endpoint) {
    endpoint.status = EndpointStatus::Inactive;
}
