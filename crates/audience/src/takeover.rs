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

#[cfg(test)]
mod tests {
    use clock::Timestamp;
    use model::{ChannelType, EndpointUpdate};

    use super::*;
    use crate::{EndpointLimits, MergeContext, NewEndpoint, merge};

    fn endpoint(ordinal: u32, channel: ChannelType, address: &str) -> Endpoint {
        let new = NewEndpoint {
            app: "app".into(),
            id: format!("e{ordinal}").as_str().into(),
            ordinal,
            cohort: 0,
        };
        let update = EndpointUpdate {
            channel: Some(channel),
            address: Some(address.to_owned()),
            ..EndpointUpdate::default()
        };
        let context = MergeContext {
            now: Timestamp::default(),
            request_id: "r",
            import: false,
            limits: &EndpointLimits::default(),
        };
        merge(None, &new, &update, &context).expect("is accepted")
    }

    #[track_caller]
    fn check(written: &Endpoint, other: &Endpoint, want: (bool, bool)) {
        let found = (
            displaces(written, other, false),
            displaces(written, other, true),
        );
        assert_eq!(found, want);
    }

    #[test]
    fn one_address_of_one_channel_has_one_active_endpoint() {
        let sms = endpoint(1, ChannelType::Sms, "+44");
        check(&sms, &endpoint(2, ChannelType::Sms, "+44"), (true, true));
        check(&sms, &endpoint(2, ChannelType::Voice, "+44"), (false, true));
        check(&sms, &endpoint(2, ChannelType::Sms, "+45"), (false, false));
        check(&sms, &endpoint(1, ChannelType::Sms, "+44"), (false, false));
        let mut inactive = sms.clone();
        displace(&mut inactive);
        let other = endpoint(2, ChannelType::Sms, "+44");
        check(&inactive, &other, (false, false));
        check(&other, &inactive, (false, false));
    }

    #[test]
    fn case_matters_in_addresses() {
        let ada = endpoint(1, ChannelType::Email, "Ada@example.com");
        let other = endpoint(2, ChannelType::Email, "ada@example.com");
        check(&ada, &other, (false, false));
    }

    #[test]
    fn no_address_is_nobodys() {
        let mut one = endpoint(1, ChannelType::Email, "a");
        let mut other = endpoint(2, ChannelType::Email, "a");
        one.address = None;
        other.address = None;
        check(&one, &other, (false, false));
    }
}
