//! What a direct send says, by channel (`docs/spec/channels.md §2.1`).

use std::collections::BTreeMap;

use bytes::Bytes;
use channels::message::{SmsKind, SmsOrigin};
use model::{AppId, ChannelType, EndpointId, Header, TemplateConfiguration, UserId, VoiceMessage};
use render::{PushDraft, Substitutions};

/// A send to recipients that the caller names, at once.
#[derive(Debug, Clone)]
pub struct DirectSend {
    /// The application.
    pub app: AppId,
    /// The request, as answers and events name it.
    pub request_id: String,
    /// Messages by channel.
    pub messages: DirectMessages,
    /// Templates by channel; they win over messages.
    pub template: TemplateConfiguration,
    /// Pairs for the recipient's application, or for events.
    pub context: BTreeMap<String, String>,
    /// The caller's mark, for events.
    pub trace_id: Option<String>,
}

/// Whom a direct send goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A bare address, and the channel if the caller names it.
    Address(String, Option<ChannelType>),
    /// An endpoint.
    Endpoint(EndpointId),
}

/// A recipient with what differs for it.
#[derive(Debug, Clone)]
pub struct Addressee {
    /// Who.
    pub target: Target,
    /// What differs.
    pub own: Overrides,
}

/// Users with what differs for each.
pub type Users = Vec<(UserId, Overrides)>;

/// What differs for one recipient.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Instead of the text.
    pub body: Option<String>,
    /// Instead of the title or subject.
    pub title: Option<String>,
    /// Instead of the whole push payload.
    pub raw: Option<String>,
    /// Over the context of the send.
    pub context: BTreeMap<String, String>,
    /// Values of variables.
    pub substitutions: Substitutions,
}

/// A message with the values that it brings along.
#[derive(Debug, Clone, Default)]
pub struct Worded<T> {
    /// The message.
    pub message: T,
    /// Values of variables.
    pub substitutions: Substitutions,
}

/// Messages by channel.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the members are the channels")]
pub struct DirectMessages {
    /// A text for channels without a message of their own.
    pub default: Option<Worded<Option<String>>>,
    /// A message for push channels without one of their own.
    pub default_push: Option<Worded<PushDraft>>,
    pub adm: Option<Worded<PushDraft>>,
    pub apns: Option<Worded<PushDraft>>,
    pub baidu: Option<Worded<PushDraft>>,
    pub gcm: Option<Worded<PushDraft>>,
    pub email: Option<Worded<DirectEmail>>,
    pub sms: Option<Worded<DirectSms>>,
    pub voice: Option<Worded<VoiceMessage>>,
}

/// A mail of a direct send.
#[derive(Debug, Clone, Default)]
pub struct DirectEmail {
    /// Plain text, if there is nothing else.
    pub body: Option<String>,
    /// The sender; absent means the channel's.
    pub from_address: Option<String>,
    /// Who gets bounces.
    pub feedback_address: Option<String>,
    /// Where answers go.
    pub reply_to: Vec<String>,
    /// The parts.
    pub simple: Option<SimpleEmail>,
    /// A whole mail that the sender wrote.
    pub raw: Option<Bytes>,
}

/// The parts of a mail.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the members are the field's own words")]
pub struct SimpleEmail {
    pub subject: Option<String>,
    pub html: Option<String>,
    pub text: Option<String>,
    pub headers: Vec<Header>,
}

/// A text message of a direct send.
#[derive(Debug, Clone, Default)]
pub struct DirectSms {
    /// The text.
    pub body: Option<String>,
    /// Its kind; absent means the account's.
    pub kind: Option<SmsKind>,
    /// Who sends.
    pub origin: SmsOrigin,
}

impl DirectMessages {
    /// The message of push channel `channel`.
    pub(super) fn push(&self, channel: ChannelType) -> Option<&Worded<PushDraft>> {
        match channel {
            ChannelType::Apns
            | ChannelType::ApnsSandbox
            | ChannelType::ApnsVoip
            | ChannelType::ApnsVoipSandbox => self.apns.as_ref(),
            ChannelType::Gcm => self.gcm.as_ref(),
            ChannelType::Adm => self.adm.as_ref(),
            ChannelType::Baidu => self.baidu.as_ref(),
            _ => None,
        }
    }

    /// The values that a message on `channel` brings along: its own over those of the defaults.
    pub(super) fn substitutions(&self, channel: ChannelType) -> Substitutions {
        let own = match channel {
            ChannelType::Email => self.email.as_ref().map(|it| &it.substitutions),
            ChannelType::Sms => self.sms.as_ref().map(|it| &it.substitutions),
            ChannelType::Voice => self.voice.as_ref().map(|it| &it.substitutions),
            _ => self.push(channel).map(|it| &it.substitutions),
        };
        let push = self.default_push.as_ref().filter(|_| channel.is_push());
        let defaults = self.default.as_ref().map(|it| &it.substitutions);
        let mut all = Substitutions::new();
        for values in [defaults, push.map(|it| &it.substitutions), own] {
            all.extend(
                values
                    .into_iter()
                    .flatten()
                    .map(|(k, v)| (k.clone(), v.clone())),
            );
        }
        all
    }
}
