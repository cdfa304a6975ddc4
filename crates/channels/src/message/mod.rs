//! Messages of every channel but mail: what is handed over, and who takes it.

pub mod simulator;

use async_trait::async_trait;
use model::{AppId, CampaignRef, ChannelType, EndpointId, JourneyRef, UserId};
use render::{RenderedPush, SmsText, VoiceText};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::delivery::Delivery;
use crate::email;

/// A message to one recipient, complete.
#[derive(Debug, Clone)]
pub struct OutboundMessage {
    /// Names the send: the same recipient of the same run always has the same key.
    pub key: String,
    /// The identifier that events and answers carry; see [`message_id`].
    pub message_id: String,
    /// The channel; decides which provider gets it.
    pub channel: ChannelType,
    /// The recipient: a device token, a telephone number in E.164 form, or what a custom
    /// channel's function calls it.
    pub to: String,
    /// What it says.
    pub payload: Payload,
    /// The application.
    pub app: AppId,
    /// The recipient's endpoint; a UUID for a bare address.
    pub endpoint: EndpointId,
    /// The recipient's user.
    pub user: Option<UserId>,
    /// The campaign that sends.
    pub campaign: Option<CampaignRef>,
    /// The journey that sends.
    pub journey: Option<JourneyRef>,
    /// Whether it is a test message.
    pub test: bool,
}

/// What a message says, in the form of its channel. The serde form is what the inbox keeps: it only
/// grows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Payload {
    /// A push message, as its service takes it.
    Push(RenderedPush),
    /// A text message.
    Sms(Sms),
    /// A telephone call.
    Voice(Voice),
    /// A call of a function or webhook.
    Custom(Custom),
}

/// A text message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sms {
    /// What it says.
    pub text: SmsText,
    /// Whether it is urgent or an advertisement.
    pub kind: SmsKind,
    /// Who sends, and what carriers want to know.
    pub origin: SmsOrigin,
}

/// Who sends a text message (`docs/spec/channels.md §5.2`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the field's own words")]
pub struct SmsOrigin {
    pub origination_number: Option<String>,
    pub sender_id: Option<String>,
    pub short_code: Option<String>,
    pub keyword: Option<String>,
    pub media_url: Option<String>,
    pub entity_id: Option<String>,
    pub template_id: Option<String>,
}

/// The kind of a text message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words say it")]
pub enum SmsKind {
    #[default]
    Transactional,
    Promotional,
}

/// A telephone call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voice {
    /// What it says.
    pub text: VoiceText,
    /// The language, such as `en-US`.
    pub language_code: String,
    /// Who speaks.
    pub voice_id: String,
    /// The number that calls.
    pub origination_number: Option<String>,
}

/// A call of a function or webhook on behalf of one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custom {
    /// The function's name or ARN, or the webhook's address.
    pub uri: String,
    /// The JSON text that the callee gets about this recipient.
    pub body: String,
}

/// Takes messages; callers are many and concurrent, and waiting is the back-pressure.
#[async_trait]
pub trait MessageTransport: Send + Sync {
    /// Hands `message` over and says what became of it.
    async fn hand_over(&self, message: OutboundMessage) -> Delivery;
}

impl Payload {
    /// Who sends, as lists show it; empty where the channel has none.
    #[must_use]
    pub fn sender(&self) -> &str {
        match self {
            Self::Push(_) => "",
            Self::Sms(sms) => sms.origin.shown(),
            Self::Voice(voice) => voice.origination_number.as_deref().unwrap_or_default(),
            Self::Custom(custom) => &custom.uri,
        }
    }

    /// The line that stands for the message in lists.
    #[must_use]
    pub fn headline(&self) -> &str {
        match self {
            Self::Push(push) => {
                let shown = push.title.as_deref().filter(|title| !title.is_empty());
                shown.or(push.body.as_deref()).unwrap_or_default()
            }
            Self::Sms(sms) => &sms.text.text,
            Self::Voice(voice) => &voice.text.text,
            Self::Custom(custom) => &custom.body,
        }
    }
}

impl SmsOrigin {
    /// The number or name that the recipient sees: a number wins over a name, and the
    /// application's short code stands in for both.
    #[must_use]
    pub fn shown(&self) -> &str {
        [&self.origination_number, &self.sender_id, &self.short_code]
            .into_iter()
            .find_map(|origin| origin.as_deref().filter(|text| !text.is_empty()))
            .unwrap_or_default()
    }
}

impl SmsKind {
    /// The kind with this word, in any case.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Transactional, Self::Promotional]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(word))
    }

    /// The word in events (`docs/spec/channels.md §5.2`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transactional => "Transactional",
            Self::Promotional => "Promotional",
        }
    }
}

/// The identifier of the message named `key` on `channel`: the same at every call, in the form
/// that the original service uses (`docs/spec/channels.md §2.2`).
#[must_use]
pub fn message_id(channel: ChannelType, key: &str) -> String {
    let digest = Sha256::digest(key);
    match channel {
        ChannelType::Email => email::message_id(key),
        ChannelType::Sms => base32(&digest[..25]),
        _ => {
            let digits = hex::encode(&digest[..16]);
            [
                &digits[..8],
                &digits[8..12],
                &digits[12..16],
                &digits[16..20],
                &digits[20..],
            ]
            .join("-")
        }
    }
}

/// `bytes` in lower-case base 32: the digits, then letters to `v`.
fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    let (mut text, mut bits, mut count) = (String::new(), 0_u16, 0);
    for byte in bytes {
        bits = bits << 8 | u16::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(char::from(DIGITS[usize::from(bits >> count & 31)]));
            bits &= (1 << count) - 1;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_the_form_of_their_channel() {
        #[track_caller]
        fn check(channel: ChannelType, length: usize, dashes: usize) {
            let id = message_id(channel, "run/endpoint");
            assert_eq!(id, message_id(channel, "run/endpoint"));
            assert_ne!(id, message_id(channel, "run/endpoint2"));
            assert_eq!(id.len(), length);
            assert_eq!(id.matches('-').count(), dashes);
        }
        check(ChannelType::Sms, 40, 0);
        check(ChannelType::Gcm, 36, 4);
        check(ChannelType::Voice, 36, 4);
        check(ChannelType::Email, 16 + 1 + 36 + 7, 6);
    }
}
