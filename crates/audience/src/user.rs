//! Users: the attributes that their endpoints share, and how many endpoints they may have
//! (`docs/spec/audience.md §7`).

use clock::Timestamp;
use model::{Attributes, ChannelType, Endpoint, EndpointStatus, Ordinal};

use crate::Violation;

/// An endpoint that is linked to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserEndpoint {
    /// Which.
    pub ordinal: Ordinal,
    /// Its channel.
    pub channel: Option<ChannelType>,
    /// When its client says it was last updated.
    pub effective: Timestamp,
}

/// How another endpoint comes to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// There is room.
    Admit,
    /// There is room once this endpoint has gone: [`evict`] it.
    Evict(Ordinal),
}

/// Whether a user with the endpoints `linked` can have one more, of the channel `new_channel`
/// (`docs/spec/audience.md §7.2`). To be asked only if the endpoint is not linked to the user yet.
///
/// # Errors
/// The user has `limit` endpoints and none makes room.
pub fn admit(
    new_channel: Option<ChannelType>,
    linked: &[UserEndpoint],
    limit: usize,
) -> Result<Admission, Violation> {
    if linked.len() < limit {
        return Ok(Admission::Admit);
    }
    let stalest = linked
        .iter()
        .filter(|endpoint| makes_room(endpoint.channel))
        .min_by_key(|endpoint| (endpoint.effective, endpoint.ordinal));
    match stalest {
        Some(endpoint) if makes_room(new_channel) => Ok(Admission::Evict(endpoint.ordinal)),
        _ => Err(Violation::TooManyEndpointsPerUser(limit)),
    }
}

/// The push channels among which the stalest endpoint gives way.
fn makes_room(channel: Option<ChannelType>) -> bool {
    use ChannelType::{Adm, Apns, ApnsVoip, ApnsVoipSandbox, Baidu, Gcm};
    matches!(
        channel,
        Some(Adm | Gcm | Apns | ApnsVoip | ApnsVoipSandbox | Baidu)
    )
}

/// Takes `endpoint` from its user, to make room for another.
pub fn evict(endpoint: &mut Endpoint) {
    endpoint.status = EndpointStatus::Inactive;
    endpoint.user = None;
    endpoint.user_attributes.clear();
}

/// Replaces in `into` the value list of every name in `from`; other names stay.
pub fn merge_attributes(into: &mut Attributes, from: &Attributes) {
    for (name, values) in from {
        into.insert(name.clone(), values.clone());
    }
}
