//! An event as a row: its time, its numbers, its identifier (`docs/spec/analytics.md §1.1, §2.1`).

use clock::Timestamp;
use events::Position;
use model::{ChannelType, Event, MailFacet, Origin};

use crate::Channel;

/// An event with what analytics adds to it.
pub(crate) struct Placed<'a> {
    pub(crate) event: &'a Event,
    /// The position after it in the log.
    pub(crate) position: Position,
    /// Analytics time.
    pub(crate) t: Timestamp,
    pub(crate) endpoint_no: u32,
    pub(crate) user_no: Option<u32>,
}

/// The word in the `src` column.
pub(crate) fn source(origin: Origin) -> &'static str {
    match origin.reporter() {
        Origin::Client | Origin::ArchivedClient => "C",
        Origin::Service | Origin::ArchivedService => "S",
    }
}

impl Channel {
    /// The channel of messages to endpoints of this type.
    #[must_use]
    pub const fn of(channel: ChannelType) -> Self {
        match channel {
            ChannelType::Email => Self::Email,
            ChannelType::Sms => Self::Sms,
            ChannelType::Voice => Self::Voice,
            ChannelType::Custom => Self::Custom,
            ChannelType::InApp => Self::InApp,
            ChannelType::Push
            | ChannelType::Gcm
            | ChannelType::Apns
            | ChannelType::ApnsSandbox
            | ChannelType::ApnsVoip
            | ChannelType::ApnsVoipSandbox
            | ChannelType::Adm
            | ChannelType::Baidu => Self::Push,
        }
    }

    /// The word in the `channel` column.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Sms => "SMS",
            Self::Push => "PUSH",
            Self::Voice => "VOICE",
            Self::Custom => "CUSTOM",
            Self::InApp => "IN_APP",
        }
    }

    /// The channel with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::Email,
            Self::Sms,
            Self::Push,
            Self::Voice,
            Self::Custom,
            Self::InApp,
        ]
        .into_iter()
        .find(|channel| channel.as_str() == word)
    }
}

impl Placed<'_> {
    /// The row's identifier: a ULID of its arrival and its place in the log, so that reading the
    /// log again gives the same one.
    pub(crate) fn rid(&self) -> String {
        const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let millis = u128::try_from(self.event.arrival.as_millis().max(0)).unwrap_or_default();
        let number = (millis & 0xffff_ffff_ffff) << 80 | u128::from(self.position);
        (0..26)
            .rev()
            .map(|digit| {
                let value = (number >> (5 * digit)) & 31;
                char::from(DIGITS[usize::try_from(value).unwrap_or_default()])
            })
            .collect()
    }

    /// The message that the row is about: the provider's identifier; for a send on a channel
    /// without one, the row itself.
    pub(crate) fn message_id(&self) -> Option<String> {
        if let Some(id) = &self.event.message_id {
            return Some(id.clone());
        }
        let send = matches!(self.event.kind.as_str(), "_campaign.send" | "_journey.send");
        let numbered = self
            .event
            .channel
            .is_some_and(|channel| !matches!(Channel::of(channel), Channel::Email | Channel::Sms));
        (send && numbered && self.event.origin.reporter() == Origin::Service).then(|| self.rid())
    }

    /// The destination of the message, in lower case.
    pub(crate) fn recipient(&self) -> Option<String> {
        let event = self.event;
        event
            .mail
            .as_ref()
            .and_then(|mail| mail.to.first())
            .or_else(|| self.service_attribute("destination_phone_number"))
            .map(|address| address.to_lowercase())
    }

    /// The clicked URL.
    pub(crate) fn link(&self) -> Option<&str> {
        match &self.event.mail.as_ref()?.facet {
            MailFacet::Click { link, .. } => Some(link),
            _ => None,
        }
    }

    /// Parts of a text message.
    pub(crate) fn parts(&self) -> Option<i32> {
        self.service_attribute("number_of_message_parts")?
            .parse()
            .ok()
    }

    /// Price of a text message in 1/1000 US cent.
    pub(crate) fn price_millicents(&self) -> Option<f64> {
        (self.event.origin.reporter() == Origin::Service)
            .then(|| self.event.metrics.get("price_in_millicents_usd").copied())
            .flatten()
    }

    /// Country of a text message, ISO alpha-2.
    pub(crate) fn iso_country(&self) -> Option<&str> {
        self.service_attribute("iso_country_code")
            .map(String::as_str)
    }

    fn service_attribute(&self, name: &str) -> Option<&String> {
        (self.event.origin.reporter() == Origin::Service)
            .then(|| self.event.attributes.get(name))
            .flatten()
    }
}
