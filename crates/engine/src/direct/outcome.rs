//! What a direct send answers about one recipient (`docs/spec/channels.md §2.2, §3.5`).

use channels::{Delivery, Refusal};
use model::ChannelType;

/// The word for what became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words are the reference's own")]
pub enum SendStatus {
    Successful,
    Throttled,
    TemporaryFailure,
    PermanentFailure,
    UnknownFailure,
    OptOut,
    Duplicate,
}

impl SendStatus {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Successful => "SUCCESSFUL",
            Self::Throttled => "THROTTLED",
            Self::TemporaryFailure => "TEMPORARY_FAILURE",
            Self::PermanentFailure => "PERMANENT_FAILURE",
            Self::UnknownFailure => "UNKNOWN_FAILURE",
            Self::OptOut => "OPT_OUT",
            Self::Duplicate => "DUPLICATE",
        }
    }
}

/// What became of the message to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendResult {
    /// The endpoint's address; absent for bare addresses, which callers know.
    pub address: Option<String>,
    /// What became of it.
    pub status: SendStatus,
    /// A number in the manner of HTTP statuses.
    pub code: u16,
    /// The message's identifier, if there is a message.
    pub message_id: Option<String>,
    /// What there is to say.
    pub text: String,
}

impl SendResult {
    /// Nothing was sent.
    pub(super) fn refused(status: SendStatus, code: u16, text: impl Into<String>) -> Self {
        Self {
            address: None,
            status,
            code,
            message_id: None,
            text: text.into(),
        }
    }

    /// Nothing was sent, because of what the caller or the application says.
    pub(super) fn unusable(text: impl Into<String>) -> Self {
        Self::refused(SendStatus::PermanentFailure, 400, text)
    }

    /// The message was taken.
    pub(super) fn taken(channel: ChannelType, message_id: &str) -> Self {
        let text = match channel {
            ChannelType::Sms | ChannelType::Voice => format!("MessageId: {message_id}"),
            ChannelType::Email => message_id.to_owned(),
            _ => String::new(),
        };
        Self {
            address: None,
            status: SendStatus::Successful,
            code: 200,
            message_id: Some(message_id.to_owned()),
            text,
        }
    }

    /// What a hand-over means.
    pub(super) fn of(channel: ChannelType, delivery: &Delivery, message_id: &str) -> Self {
        let (status, code, text) = match delivery {
            Delivery::Accepted { .. } | Delivery::Suppressed => {
                return Self::taken(channel, message_id);
            }
            Delivery::Permanent(refusal) => {
                let code = permanent_code(channel, refusal);
                (
                    SendStatus::PermanentFailure,
                    code,
                    told(channel, code, refusal),
                )
            }
            Delivery::Throttled(refusal) => {
                (SendStatus::Throttled, 429, told(channel, 429, refusal))
            }
            Delivery::Transient(refusal) if refuses_us(channel, refusal) => (
                SendStatus::PermanentFailure,
                403,
                told(channel, 403, refusal),
            ),
            Delivery::Transient(refusal) => {
                let code = match refusal.code {
                    None | Some(503) => 503,
                    Some(_) => 500,
                };
                (
                    SendStatus::TemporaryFailure,
                    code,
                    told(channel, code, refusal),
                )
            }
            Delivery::Unknown { reason } => (SendStatus::UnknownFailure, 500, reason.clone()),
        };
        Self {
            address: None,
            status,
            code,
            message_id: Some(message_id.to_owned()),
            text,
        }
    }
}

/// Whether a mail server refuses this service rather than the recipient.
fn refuses_us(channel: ChannelType, refusal: &Refusal) -> bool {
    channel == ChannelType::Email && matches!(refusal.code, Some(530 | 534 | 535 | 538))
}

fn permanent_code(channel: ChannelType, refusal: &Refusal) -> u16 {
    let dead = channel.is_push()
        && matches!(
            refusal.status.as_deref(),
            Some("BadDeviceToken" | "Unregistered" | "UNREGISTERED" | "InvalidRegistrationId")
        );
    match refusal.code {
        _ if dead => 410,
        Some(401 | 403) => 403,
        _ => 400,
    }
}

/// The text about a refusal; of push messages, JSON.
fn told(channel: ChannelType, code: u16, refusal: &Refusal) -> String {
    if !channel.is_push() {
        return match refusal.status.as_deref() {
            Some("OPTED_OUT") => "Phone number is opted out".to_owned(),
            _ => refusal.diagnostic.clone(),
        };
    }
    let message = match code {
        410 => "Unregistered or expired token",
        403 => "Invalid credentials",
        429 => "Too many notifications",
        500.. => "The provider is not available",
        _ => "Invalid notification",
    };
    serde_json::json!({
        "errorMessage": message,
        "channelType": channel.as_str(),
        "pushProviderStatusCode": refusal.code.map(|code| code.to_string()),
        "pushProviderError": refusal.status,
        "pushProviderResponse": refusal.diagnostic,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use channels::message::simulator::simulated;

    use super::*;

    #[test]
    fn what_a_hand_over_means() {
        #[track_caller]
        fn check(channel: ChannelType, to: &str, status: SendStatus, code: u16, text: &str) {
            let fate = simulated(channel, to).expect("a simulated recipient");
            let got = SendResult::of(channel, &fate.delivery(channel, "m-1"), "m-1");
            let want = SendResult {
                address: None,
                status,
                code,
                message_id: Some("m-1".to_owned()),
                text: text.to_owned(),
            };
            assert_eq!(got, want);
        }
        let ok = SendStatus::Successful;
        let permanent = SendStatus::PermanentFailure;
        check(ChannelType::Sms, "+14254147755", ok, 200, "MessageId: m-1");
        check(ChannelType::Gcm, "simulator-success", ok, 200, "");
        let opted_out = "Phone number is opted out";
        check(ChannelType::Sms, "+14255550101", permanent, 400, opted_out);
        let text = r#"{"reason":"RATE_EXCEEDED"}"#;
        check(
            ChannelType::Sms,
            "+14255550102",
            SendStatus::Throttled,
            429,
            text,
        );
        check(
            ChannelType::ApnsSandbox,
            "simulator-invalid",
            permanent,
            410,
            r#"{"channelType":"APNS_SANDBOX","errorMessage":"Unregistered or expired token","pushProviderError":"BadDeviceToken","pushProviderResponse":"{\"reason\":\"BadDeviceToken\"}","pushProviderStatusCode":"400"}"#,
        );
        check(
            ChannelType::Gcm,
            "simulator-invalid",
            permanent,
            400,
            r#"{"channelType":"GCM","errorMessage":"Invalid notification","pushProviderError":"INVALID_ARGUMENT","pushProviderResponse":"{\"reason\":\"INVALID_ARGUMENT\"}","pushProviderStatusCode":"400"}"#,
        );
        let temporary = SendStatus::TemporaryFailure;
        let text = r#"{"reason":"CARRIER_UNREACHABLE"}"#;
        check(ChannelType::Sms, "+14255550103", temporary, 503, text);
    }

    #[test]
    fn mail() {
        #[track_caller]
        fn check(delivery: &Delivery, status: SendStatus, code: u16) {
            let got = SendResult::of(ChannelType::Email, delivery, "m-1");
            assert_eq!((got.status, got.code), (status, code), "{delivery:?}");
        }
        let refusal = |code| Refusal {
            code,
            ..Refusal::default()
        };
        check(&Delivery::Suppressed, SendStatus::Successful, 200);
        check(
            &Delivery::Permanent(refusal(Some(550))),
            SendStatus::PermanentFailure,
            400,
        );
        check(
            &Delivery::Transient(refusal(Some(535))),
            SendStatus::PermanentFailure,
            403,
        );
        check(
            &Delivery::Transient(refusal(None)),
            SendStatus::TemporaryFailure,
            503,
        );
        check(
            &Delivery::Transient(refusal(Some(452))),
            SendStatus::TemporaryFailure,
            500,
        );
        let unknown = Delivery::Unknown {
            reason: String::new(),
        };
        check(&unknown, SendStatus::UnknownFailure, 500);
    }
}
