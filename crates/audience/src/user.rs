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

#[cfg(test)]
mod tests {
    use ChannelType::{Adm, Apns, ApnsSandbox, Baidu, Email, Gcm, Push, Sms};

    use super::*;

    const LIMIT: usize = 15;

    /// A user with `others` email endpoints and these, of which the first is the stalest.
    fn linked(others: usize, channels: &[ChannelType]) -> Vec<UserEndpoint> {
        let emails = std::iter::repeat_n(Some(Email), others);
        emails
            .chain(channels.iter().copied().map(Some))
            .zip(0..)
            .map(|(channel, ordinal)| UserEndpoint {
                ordinal,
                channel,
                effective: Timestamp::from_millis(i64::from(ordinal)),
            })
            .collect()
    }

    /// `None`: there is no room.
    #[track_caller]
    fn check(new: Option<ChannelType>, linked: &[UserEndpoint], want: Option<Admission>) {
        let want = want.ok_or(Violation::TooManyEndpointsPerUser(LIMIT));
        assert_eq!(admit(new, linked, LIMIT), want, "{new:?}");
    }

    #[test]
    fn there_is_room_up_to_the_limit() {
        for channel in ChannelType::ALL {
            check(Some(*channel), &linked(14, &[]), Some(Admission::Admit));
        }
        check(None, &[], Some(Admission::Admit));
    }

    #[test]
    fn the_stalest_push_endpoint_makes_room_for_push() {
        let linked = linked(12, &[ApnsSandbox, Gcm, Adm]);
        for channel in ChannelType::ALL {
            let evicts = !matches!(channel.as_str(), "SMS" | "PUSH" | "VOICE" | "EMAIL")
                && !matches!(channel.as_str(), "CUSTOM" | "IN_APP" | "APNS_SANDBOX");
            let want = evicts.then_some(Admission::Evict(13));
            check(Some(*channel), &linked, want);
        }
        check(None, &linked, None);
    }

    #[test]
    fn without_a_push_endpoint_there_is_no_room() {
        check(Some(Gcm), &linked(15, &[]), None);
        check(Some(Baidu), &linked(13, &[Push, ApnsSandbox]), None);
        check(Some(Sms), &linked(14, &[Gcm]), None);
    }

    #[test]
    fn the_stalest_is_the_one_of_the_oldest_date() {
        let mut linked = linked(13, &[Apns, Gcm]);
        linked[14].effective = Timestamp::from_millis(-1);
        check(Some(Gcm), &linked, Some(Admission::Evict(14)));
    }
}
