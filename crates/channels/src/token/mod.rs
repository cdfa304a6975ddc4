//! Signed tokens in the links that recipients get: opens, clicks, unsubscribing
//! (`docs/spec/channels.md §4`).

mod bytes;
mod tracker;

pub use tracker::MessageTracker;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clock::Timestamp;
use hmac::{Hmac, Mac as _};
use model::{AppId, CampaignRef, EndpointId, JourneyRef, Ordinal};
use render::LinkTags;
use sha2::Sha256;

use bytes::{Reader, Writer};

/// The layout of the bytes that are signed.
const VERSION: u8 = 1;
/// How long links work.
const VALID_FOR: Duration = Duration::from_secs(60 * 24 * 3_600);
/// Bytes of the signature that are kept.
const SIGNATURE_BYTES: usize = 16;
/// Longest token, in characters.
const TOKEN_CHARS_MAX: usize = 8_192;

/// Makes and checks tokens; cheap to clone.
#[derive(Clone)]
pub struct Signer {
    mac: Hmac<Sha256>,
}

/// The message that a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedMessage {
    /// The application.
    pub app: AppId,
    /// The recipient's endpoint.
    pub endpoint: EndpointId,
    /// Its ordinal, if it is stored.
    pub ordinal: Option<Ordinal>,
    /// The campaign that sent.
    pub campaign: Option<CampaignRef>,
    /// The journey that sent.
    pub journey: Option<JourneyRef>,
    /// The message's identifier.
    pub message_id: String,
    /// When it was sent.
    pub sent: Timestamp,
}

/// What following a link means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The message was opened.
    Open,
    /// A link was clicked.
    Click {
        /// Where it leads: http or https.
        url: String,
        /// Its tags.
        tags: LinkTags,
    },
    /// The recipient unsubscribes.
    Unsubscribe,
}

/// A token that was made here and is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The message.
    pub message: TrackedMessage,
    /// What following it means.
    pub action: Action,
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// It does not look like a token.
    #[error("the link is not complete")]
    Malformed,
    /// It was not made here, or was changed.
    #[error("the link is not genuine")]
    Forged,
    /// It is older than 60 days.
    #[error("the link is too old")]
    Expired,
}

impl Signer {
    /// A signer with this key.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self {
            mac: Hmac::new_from_slice(&key).expect("a key of any length works"),
        }
    }

    /// The token for `action` on `message`.
    #[must_use]
    pub fn sign(&self, message: &TrackedMessage, action: &Action) -> String {
        self.seal(&message_bytes(message), action)
    }

    /// The message and action of `token`.
    ///
    /// # Errors
    /// The token is not genuine, or too old at `now`.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Token, TokenRefusal> {
        if token.len() > TOKEN_CHARS_MAX {
            return Err(TokenRefusal::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD
            .decode(token)
            .map_err(|_| TokenRefusal::Malformed)?;
        let split = bytes
            .len()
            .checked_sub(SIGNATURE_BYTES)
            .ok_or(TokenRefusal::Malformed)?;
        let (content, signature) = bytes.split_at(split);
        let mut mac = self.mac.clone();
        mac.update(content);
        mac.verify_truncated_left(signature)
            .map_err(|_| TokenRefusal::Forged)?;
        let token = read(content).ok_or(TokenRefusal::Malformed)?;
        if now.since(token.message.sent) > VALID_FOR {
            return Err(TokenRefusal::Expired);
        }
        Ok(token)
    }

    /// The tracker of `message`: links lead to `{public_url}/t/c/…`, the pixel to
    /// `{public_url}/t/o/…`.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the tracker stands for the message"
    )]
    pub fn tracker(&self, public_url: &Arc<str>, message: TrackedMessage) -> MessageTracker {
        MessageTracker::new(
            self.clone(),
            Arc::clone(public_url),
            message_bytes(&message),
        )
    }

    fn seal(&self, message: &[u8], action: &Action) -> String {
        let mut out = Writer::default();
        out.byte(VERSION);
        match action {
            Action::Open => out.byte(0),
            Action::Click { url, tags } => {
                out.byte(1);
                out.text(url);
                out.number(tags.len() as u64);
                for (name, values) in tags {
                    out.text(name);
                    out.number(values.len() as u64);
                    for value in values {
                        out.text(value);
                    }
                }
            }
            Action::Unsubscribe => out.byte(2),
        }
        out.raw(message);
        let mut bytes = out.into_bytes();
        let mut mac = self.mac.clone();
        mac.update(&bytes);
        let signature = mac.finalize().into_bytes();
        bytes.extend_from_slice(&signature[..SIGNATURE_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

fn message_bytes(message: &TrackedMessage) -> Vec<u8> {
    let mut out = Writer::default();
    out.text(message.app.as_str());
    out.text(message.endpoint.as_str());
    out.number(message.ordinal.map_or(0, |ordinal| u64::from(ordinal) + 1));
    out.text(&message.message_id);
    out.number(message.sent.as_millis().cast_unsigned());
    out.flag(message.campaign.is_some());
    if let Some(campaign) = &message.campaign {
        out.text(campaign.campaign.as_str());
        out.optional(campaign.activity.as_ref().map(model::ActivityId::as_str));
        out.optional(campaign.treatment.as_deref());
    }
    out.flag(message.journey.is_some());
    if let Some(journey) = &message.journey {
        out.text(&journey.journey);
        out.optional(journey.run.as_deref());
        out.optional(journey.activity.as_deref());
    }
    out.into_bytes()
}

/// The token with this content; nothing if it is of another layout.
fn read(content: &[u8]) -> Option<Token> {
    let mut input = Reader::new(content);
    if input.byte()? != VERSION {
        return None;
    }
    let action = match input.byte()? {
        0 => Action::Open,
        1 => {
            let url = input.text().filter(|url| is_web_address(url))?;
            let mut tags = LinkTags::new();
            for _ in 0..input.number()? {
                let name = input.text()?;
                let mut values = Vec::new();
                for _ in 0..input.number()? {
                    values.push(input.text()?);
                }
                tags.insert(name, values);
            }
            Action::Click { url, tags }
        }
        2 => Action::Unsubscribe,
        _ => return None,
    };
    let message = TrackedMessage {
        app: AppId::new(input.text()?),
        endpoint: EndpointId::new(input.text()?),
        ordinal: match input.number()? {
            0 => None,
            above => Some(Ordinal::try_from(above - 1).ok()?),
        },
        message_id: input.text()?,
        sent: Timestamp::from_millis(input.number()?.cast_signed()),
        campaign: match input.flag()? {
            false => None,
            true => Some(CampaignRef {
                campaign: model::CampaignId::new(input.text()?),
                activity: input.optional()?.map(model::ActivityId::new),
                treatment: input.optional()?,
            }),
        },
        journey: match input.flag()? {
            false => None,
            true => Some(JourneyRef {
                journey: input.text()?,
                run: input.optional()?,
                activity: input.optional()?,
            }),
        },
    };
    input.is_empty().then_some(Token { message, action })
}

fn is_web_address(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    web && !rest.is_empty() && !url.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use render::Tracker as _;

    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn message() -> TrackedMessage {
        TrackedMessage {
            app: "0f0e0d0c0b0a09080706050403020100".into(),
            endpoint: "ep-mail-9".into(),
            ordinal: Some(41),
            campaign: Some(CampaignRef {
                campaign: "c0ffee1292d84f06b1e0c9d2f4000001".into(),
                activity: Some("a7c3e19b52d84f06b1e0c9d2f4000011".into()),
                treatment: Some("1".to_owned()),
            }),
            journey: None,
            message_id: crate::email::message_id("run/endpoint"),
            sent: Timestamp::from_millis(1_772_440_200_000),
        }
    }

    fn click(url: &str) -> Action {
        Action::Click {
            url: url.to_owned(),
            tags: [("unsubscribeLinkTag".to_owned(), vec!["click".to_owned()])].into(),
        }
    }

    #[test]
    fn what_is_signed_is_read_back() {
        let signer = Signer::new(KEY);
        let now = message().sent;
        let bare = TrackedMessage {
            ordinal: None,
            campaign: None,
            journey: Some(JourneyRef {
                journey: "j".to_owned(),
                run: None,
                activity: Some(String::new()),
            }),
            message_id: "odd id".to_owned(),
            ..message()
        };
        for message in [message(), bare] {
            for action in [
                Action::Open,
                Action::Unsubscribe,
                click("https://shop.example/é?a=b"),
            ] {
                let token = signer.sign(&message, &action);
                assert!(
                    token
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                );
                let read = signer.verify(&token, now).expect("genuine");
                assert_eq!((read.message, read.action), (message.clone(), action));
            }
        }
        assert!(signer.sign(&message(), &Action::Open).len() < 180);
    }

    #[test]
    fn refusals() {
        let signer = Signer::new(KEY);
        let token = signer.sign(&message(), &Action::Open);
        let sent = message().sent;
        let check = |token: &str, now: Timestamp| signer.verify(token, now).map(|_| ());
        assert_eq!(check(&token, sent.plus(VALID_FOR)), Ok(()));
        let late = sent.plus(VALID_FOR + Duration::from_millis(1));
        assert_eq!(check(&token, late), Err(TokenRefusal::Expired));
        assert_eq!(check("", sent), Err(TokenRefusal::Malformed));
        assert_eq!(check("a b", sent), Err(TokenRefusal::Malformed));
        assert_eq!(
            check(&token[..token.len() - 4], sent),
            Err(TokenRefusal::Forged)
        );
        assert_eq!(
            check(&"A".repeat(10_000), sent),
            Err(TokenRefusal::Malformed)
        );
        let other = Signer::new([8; 32]).sign(&message(), &Action::Open);
        assert_eq!(check(&other, sent), Err(TokenRefusal::Forged));
        for url in [
            "javascript:alert(1)",
            "ftp://x",
            "https://",
            "https://x\r\nSet-Cookie: a",
        ] {
            let token = signer.sign(&message(), &click(url));
            assert_eq!(check(&token, sent), Err(TokenRefusal::Malformed), "{url}");
        }
    }

    #[test]
    fn the_tracker_makes_the_same_tokens() {
        let signer = Signer::new(KEY);
        let tracker = signer.tracker(&"https://b.example".into(), message());
        let now = message().sent;
        let token = |url: &str, path: &str| {
            let token = url
                .strip_prefix("https://b.example")
                .and_then(|u| u.strip_prefix(path));
            signer
                .verify(token.expect("the path"), now)
                .expect("genuine")
        };
        assert_eq!(token(&tracker.pixel(), "/t/o/").action, Action::Open);
        let tags = LinkTags::new();
        let link = render::Link {
            index: 3,
            url: "http://x.example/",
            tags: &tags,
        };
        let clicked = token(&tracker.redirect(&link), "/t/c/");
        assert_eq!(
            clicked.action,
            Action::Click {
                url: "http://x.example/".to_owned(),
                tags
            }
        );
        assert_eq!(clicked.message, message());
        let headers = tracker.unsubscribe_headers();
        assert_eq!(headers[0].name, "List-Unsubscribe");
        assert_eq!(headers[0].value, format!("<{}>", tracker.unsubscribe_url()));
        assert_eq!(
            (&*headers[1].name, &*headers[1].value),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
        );
        assert_eq!(
            token(&tracker.unsubscribe_url(), "/u/").action,
            Action::Unsubscribe
        );
    }

    proptest! {
        #[test]
        fn a_changed_token_is_refused(at: proptest::sample::Index, letter in "[A-Za-z0-9_-]") {
            let signer = Signer::new(KEY);
            let token = signer.sign(&message(), &click("https://shop.example/"));
            let at = at.index(token.len());
            let mut changed = token.clone();
            changed.replace_range(at..=at, &letter);
            let verdict = signer.verify(&changed, message().sent);
            // Base64 has spare bits at the end; a token either stays what it was or is refused.
            prop_assert!(changed == token || verdict.is_err());
        }

        #[test]
        fn reading_never_panics(content in proptest::collection::vec(any::<u8>(), 0..200), token in "[A-Za-z0-9_-]{0,100}") {
            let _ = read(&content);
            prop_assert!(Signer::new(KEY).verify(&token, Timestamp::default()).is_err());
        }
    }
}
