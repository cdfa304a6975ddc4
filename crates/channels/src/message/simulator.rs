//! Recipients whose fate is in their name: messages to them never leave the server
//! (`docs/spec/channels.md §10`).

use model::ChannelType;

use crate::delivery::{Delivery, Refusal, Report};
use crate::inbox::InboxState;

/// Who answers for simulated recipients.
const PROVIDER: &str = "inbox.beckon.test";
/// What simulated device tokens and functions begin with.
const PREFIX: &str = "simulator-";

/// What happens to a message for a simulated recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Taken and delivered.
    Success,
    /// Taken, and reported as undeliverable.
    Undeliverable,
    /// Refused for good.
    Refused,
    /// Refused: the recipient wants no messages.
    OptedOut,
    /// Refused: the device is not registered any more.
    Unregistered,
    /// Refused: the channel's credentials are not good.
    Unauthorized,
    /// The provider asks for a slower pace.
    Throttled,
    /// The provider is out of order.
    Unavailable,
}

/// Telephone numbers with a fate.
const NUMBERS: [(&str, Fate); 13] = [
    ("+14254147755", Fate::Success),
    ("+14254147167", Fate::Undeliverable),
    ("+447860019066", Fate::Success),
    ("+447860019067", Fate::Undeliverable),
    ("+4759449384", Fate::Success),
    ("+4759449387", Fate::Undeliverable),
    ("+61455944038", Fate::Success),
    ("+61455944039", Fate::Undeliverable),
    ("+14255550101", Fate::OptedOut),
    ("+14255550102", Fate::Throttled),
    ("+14255550103", Fate::Unavailable),
    ("+14255550104", Fate::Refused),
    ("+14255550105", Fate::Unauthorized),
];

/// Names behind [`PREFIX`].
const NAMES: [(&str, Fate); 6] = [
    ("unregistered", Fate::Unregistered),
    ("invalid", Fate::Refused),
    ("unauthorized", Fate::Unauthorized),
    ("throttled", Fate::Throttled),
    ("unavailable", Fate::Unavailable),
    ("success", Fate::Success),
];

/// The fate of messages to `recipient` on `channel`; nothing for recipients who are people. A label
/// (`simulator-throttled+7`) is ignored.
#[must_use]
pub fn simulated(channel: ChannelType, recipient: &str) -> Option<Fate> {
    match channel {
        ChannelType::Sms | ChannelType::Voice => {
            let known = NUMBERS.iter().find(|(number, _)| *number == recipient);
            known.map(|(_, fate)| *fate)
        }
        _ => {
            let name = recipient.strip_prefix(PREFIX)?;
            let name = name.split('+').next().unwrap_or(name);
            let known = NAMES.iter().find(|(known, _)| *known == name);
            known.map(|(_, fate)| *fate)
        }
    }
}

impl Fate {
    /// What the inbox shows of the message.
    #[must_use]
    pub const fn state(self) -> InboxState {
        match self {
            Self::Success => InboxState::Delivered,
            Self::Undeliverable => InboxState::Undeliverable,
            Self::OptedOut => InboxState::OptedOut,
            Self::Throttled => InboxState::Throttled,
            Self::Refused | Self::Unregistered | Self::Unauthorized => InboxState::Refused,
            Self::Unavailable => InboxState::Unavailable,
        }
    }

    /// What the hand-over ends with, in the words of the channel's provider.
    #[must_use]
    pub fn delivery(self, channel: ChannelType, message_id: &str) -> Delivery {
        let refusal = || refusal(self, channel);
        match self {
            Self::Success | Self::Undeliverable => Delivery::Accepted {
                provider_response: message_id.to_owned(),
                mta: PROVIDER.to_owned(),
                report: Some(if self == Self::Success {
                    Report::Arrived
                } else {
                    Report::Failed("UNREACHABLE")
                }),
            },
            Self::Refused | Self::OptedOut | Self::Unregistered | Self::Unauthorized => {
                Delivery::Permanent(refusal())
            }
            Self::Throttled => Delivery::Throttled(refusal()),
            Self::Unavailable => Delivery::Transient(refusal()),
        }
    }
}

fn refusal(fate: Fate, channel: ChannelType) -> Refusal {
    let apple = matches!(
        channel,
        ChannelType::Apns
            | ChannelType::ApnsSandbox
            | ChannelType::ApnsVoip
            | ChannelType::ApnsVoipSandbox
    );
    let (code, status) = match (fate, channel) {
        (Fate::OptedOut, _) => (400, "OPTED_OUT"),
        (Fate::Throttled, ChannelType::Sms | ChannelType::Voice) => (429, "RATE_EXCEEDED"),
        (Fate::Throttled, _) if apple => (429, "TooManyRequests"),
        (Fate::Throttled, _) => (429, "QUOTA_EXCEEDED"),
        (Fate::Unavailable, ChannelType::Sms | ChannelType::Voice) => (503, "CARRIER_UNREACHABLE"),
        (Fate::Unavailable, _) if apple => (503, "ServiceUnavailable"),
        (Fate::Unavailable, _) => (503, "UNAVAILABLE"),
        (Fate::Unauthorized, ChannelType::Sms | ChannelType::Voice) => (403, "ACCESS_DENIED"),
        (Fate::Unauthorized, _) if apple => (403, "InvalidProviderToken"),
        (Fate::Unauthorized, _) => (403, "SENDER_ID_MISMATCH"),
        (Fate::Unregistered, ChannelType::Adm) => (400, "InvalidRegistrationId"),
        (Fate::Unregistered, _) if apple => (410, "Unregistered"),
        (Fate::Unregistered, _) => (404, "UNREGISTERED"),
        (_, ChannelType::Sms | ChannelType::Voice) => (400, "BLOCKED"),
        (_, _) if apple => (400, "BadDeviceToken"),
        (_, _) => (400, "INVALID_ARGUMENT"),
    };
    Refusal {
        code: Some(code),
        status: Some(status.to_owned()),
        diagnostic: format!(r#"{{"reason":"{status}"}}"#),
        mta: PROVIDER.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide() {
        #[track_caller]
        fn check(channel: ChannelType, recipient: &str, want: Option<Fate>) {
            assert_eq!(simulated(channel, recipient), want, "{recipient}");
        }
        check(ChannelType::Sms, "+14254147755", Some(Fate::Success));
        check(ChannelType::Voice, "+4759449387", Some(Fate::Undeliverable));
        check(ChannelType::Sms, "+14255550101", Some(Fate::OptedOut));
        check(ChannelType::Sms, "+4791234567", None);
        check(ChannelType::Gcm, "+14254147755", None);
        let token = "simulator-throttled+7";
        check(ChannelType::Apns, token, Some(Fate::Throttled));
        check(
            ChannelType::Custom,
            "simulator-success",
            Some(Fate::Success),
        );
        check(ChannelType::Gcm, "simulator-other", None);
        check(ChannelType::Gcm, "devtok", None);
    }

    #[test]
    fn words_are_the_providers() {
        #[track_caller]
        fn check(fate: Fate, channel: ChannelType, code: u16, status: &str) {
            let refusal = match fate.delivery(channel, "m-1") {
                Delivery::Permanent(refusal)
                | Delivery::Transient(refusal)
                | Delivery::Throttled(refusal) => refusal,
                other => panic!("{other:?}"),
            };
            let got = (refusal.code, refusal.status.as_deref());
            assert_eq!(got, (Some(code), Some(status)));
        }
        check(
            Fate::Unregistered,
            ChannelType::ApnsSandbox,
            410,
            "Unregistered",
        );
        check(Fate::Unregistered, ChannelType::Gcm, 404, "UNREGISTERED");
        check(
            Fate::Unregistered,
            ChannelType::Adm,
            400,
            "InvalidRegistrationId",
        );
        check(Fate::Refused, ChannelType::Apns, 400, "BadDeviceToken");
        check(Fate::Refused, ChannelType::Gcm, 400, "INVALID_ARGUMENT");
        check(Fate::Throttled, ChannelType::Sms, 429, "RATE_EXCEEDED");
    }
}
