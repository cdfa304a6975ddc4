//! Push messages: compiled once, rendered into the payload of each service
//! (`docs/spec/channels.md §3`).

mod apns;
mod flat;
mod origin;
mod raw;

use std::collections::BTreeMap;

use model::{ChannelType, PushMessage};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use origin::PushOrigin;

use crate::language::evaluate::Escape;
use crate::payload::PayloadError;
use crate::template::{self, Template};
use crate::{MissingPolicy, Variables};

/// Bytes that Apple, Google and Baidu take (`docs/spec/channels.md §9`).
const BYTES_MAX: usize = 4 << 10;
/// Bytes that Amazon takes.
const ADM_BYTES_MAX: usize = 6 << 10;

/// What a tap on the notification does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum PushAction {
    #[default]
    OpenApp,
    DeepLink,
    Url,
}

impl PushAction {
    /// The action with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "OPEN_APP" => Some(Self::OpenApp),
            "DEEP_LINK" => Some(Self::DeepLink),
            "URL" => Some(Self::Url),
            _ => None,
        }
    }
}

/// How soon the device should show the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum PushPriority {
    Normal,
    High,
}

impl PushPriority {
    /// The priority in any service's words (`docs/spec/channels.md §2.1`).
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "normal" | "5" => Some(Self::Normal),
            "high" | "10" => Some(Self::High),
            _ => None,
        }
    }
}

/// A push message before it is rendered: what any of the services knows. The first seven members
/// and `raw` may contain variables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the members are the field's own words")]
pub struct PushDraft {
    pub title: Option<String>,
    pub body: Option<String>,
    pub url: Option<String>,
    pub media_url: Option<String>,
    pub image_url: Option<String>,
    pub image_icon_url: Option<String>,
    pub small_image_icon_url: Option<String>,
    /// The whole payload in JSON; nothing else counts then.
    pub raw: Option<String>,
    pub action: PushAction,
    pub silent: bool,
    pub icon: Option<String>,
    pub sound: Option<String>,
    /// JSON text for the application.
    pub json_body: Option<String>,
    /// In seconds.
    pub time_to_live: Option<u32>,
    pub priority: Option<PushPriority>,
    /// Apple: the identifier under which messages replace each other; Google: the key.
    pub collapse: Option<String>,
    /// Google: the only application that may get it.
    pub restricted_package: Option<String>,
    /// Apple.
    pub badge: Option<i64>,
    /// Apple.
    pub category: Option<String>,
    /// Apple.
    pub thread_id: Option<String>,
    /// Apple: the push type, when it is not to be derived.
    pub push_type: Option<String>,
    /// Amazon.
    pub consolidation_key: Option<String>,
    /// Amazon: seconds, as text.
    pub expires_after: Option<String>,
    /// Amazon: checksum of the data.
    pub md5: Option<String>,
    /// Apple and Google: which of the channel's credentials to use.
    pub preferred_authentication: Option<String>,
}

impl From<&PushMessage> for PushDraft {
    fn from(it: &PushMessage) -> Self {
        Self {
            title: it.title.clone(),
            body: it.body.clone(),
            url: it.url.clone(),
            media_url: it.media_url.clone(),
            image_url: it.image_url.clone(),
            image_icon_url: it.image_icon_url.clone(),
            small_image_icon_url: it.image_small_icon_url.clone(),
            raw: it.raw_content.clone(),
            action: it
                .action
                .as_deref()
                .and_then(PushAction::parse)
                .unwrap_or_default(),
            silent: it.silent_push.unwrap_or(false),
            sound: it.sound.clone(),
            json_body: it.json_body.clone(),
            time_to_live: it.time_to_live,
            ..Self::default()
        }
    }
}

/// A push message, ready to be rendered many times from many threads.
#[derive(Debug, Clone)]
pub struct PushContent {
    draft: PushDraft,
    /// In the order of [`PARTS`].
    parts: [Option<Template>; 7],
    raw: Option<Template>,
    defaults: BTreeMap<String, String>,
    policy: MissingPolicy,
}

/// A member of a draft that may contain variables.
type Part = (&'static str, fn(&PushDraft) -> &Option<String>);

const PARTS: [Part; 7] = [
    ("Title", |draft| &draft.title),
    ("Body", |draft| &draft.body),
    ("Url", |draft| &draft.url),
    ("MediaUrl", |draft| &draft.media_url),
    ("ImageUrl", |draft| &draft.image_url),
    ("ImageIconUrl", |draft| &draft.image_icon_url),
    ("SmallImageIconUrl", |draft| &draft.small_image_icon_url),
];

/// A push message for one recipient, as its service takes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenderedPush {
    /// The title that a person reads.
    pub title: Option<String>,
    /// The text that a person reads.
    pub body: Option<String>,
    /// Whether the device shows nothing.
    pub silent: bool,
    /// What is handed to the service, without the recipient's token: the body for Apple and
    /// Amazon, `message` for Google, the parameters for Baidu.
    pub payload: Value,
    /// Apple's request headers, without topic, expiry and authorisation.
    pub headers: BTreeMap<String, String>,
    /// In seconds from the hand-over; absent means the service's default.
    pub time_to_live: Option<u32>,
    /// Which of the channel's credentials to use, if the message says so.
    pub preferred_authentication: Option<String>,
}

/// The texts of a message once its variables have values.
#[derive(Debug, Default)]
struct Texts {
    title: Option<String>,
    body: Option<String>,
    url: Option<String>,
    media_url: Option<String>,
    image_url: Option<String>,
    image_icon_url: Option<String>,
    small_image_icon_url: Option<String>,
}

impl PushContent {
    /// Compiles `draft`; `defaults` are the template's.
    ///
    /// # Errors
    /// [`PayloadError::Syntax`].
    pub fn compile(
        draft: PushDraft,
        defaults: &BTreeMap<String, String>,
        policy: MissingPolicy,
    ) -> Result<Self, PayloadError> {
        let mut parts: [Option<Template>; 7] = Default::default();
        for (compiled, (name, part)) in parts.iter_mut().zip(PARTS) {
            *compiled = compile(name, part(&draft).as_deref())?;
        }
        Ok(Self {
            parts,
            raw: compile("RawContent", draft.raw.as_deref())?,
            draft,
            defaults: defaults.clone(),
            policy,
        })
    }

    /// The same message with another title or body, which may contain variables.
    ///
    /// # Errors
    /// [`PayloadError::Syntax`].
    pub fn with_words(
        &self,
        title: Option<&str>,
        body: Option<&str>,
    ) -> Result<Self, PayloadError> {
        let mut draft = self.draft.clone();
        draft.title = title.map(str::to_owned).or(draft.title);
        draft.body = body.map(str::to_owned).or(draft.body);
        Self::compile(draft, &self.defaults, self.policy)
    }

    /// The payload for one recipient on `channel`; `variables.defaults` are taken from the content.
    ///
    /// # Errors
    /// The message cannot be made for this recipient. For a channel that is no push channel, the
    /// flat form of Google is made.
    pub fn render(
        &self,
        channel: ChannelType,
        variables: &Variables<'_>,
        origin: &PushOrigin<'_>,
    ) -> Result<RenderedPush, PayloadError> {
        let variables = Variables {
            defaults: Some(&self.defaults),
            ..*variables
        };
        let rendered = if let Some(raw) = &self.raw {
            let text = raw.render_escaped(&variables, self.policy, Escape::Json)?;
            raw::push(channel, &text, &self.draft, origin)?
        } else {
            let texts = self.texts(&variables)?;
            match channel {
                ChannelType::Apns
                | ChannelType::ApnsSandbox
                | ChannelType::ApnsVoip
                | ChannelType::ApnsVoipSandbox => apns::push(channel, &self.draft, texts, origin),
                ChannelType::Adm => flat::adm(&self.draft, texts, origin),
                ChannelType::Baidu => flat::baidu(&self.draft, texts, origin),
                _ => flat::fcm(&self.draft, texts, origin),
            }
        };
        let limit = match channel {
            ChannelType::Adm => ADM_BYTES_MAX,
            _ => BYTES_MAX,
        };
        let bytes = rendered.payload.to_string().len();
        if bytes > limit {
            return Err(PayloadError::TooLarge { bytes, limit });
        }
        Ok(rendered)
    }

    /// Variables that are printed for a recipient and have neither value nor default, each once.
    #[must_use]
    pub fn missing(&self, variables: &Variables<'_>) -> Vec<String> {
        let variables = Variables {
            defaults: Some(&self.defaults),
            ..*variables
        };
        let parts = self.parts.iter().flatten();
        let templates: Vec<&Template> = match &self.raw {
            Some(raw) => vec![raw],
            None => parts.collect(),
        };
        template::missing_in(templates.into_iter(), &variables)
    }

    fn texts(&self, variables: &Variables<'_>) -> Result<Texts, PayloadError> {
        let mut rendered: [Option<String>; 7] = Default::default();
        for (text, part) in rendered.iter_mut().zip(&self.parts) {
            *text = match part {
                Some(part) => Some(part.render(variables, self.policy)?),
                None => None,
            };
        }
        let [
            title,
            body,
            url,
            media_url,
            image_url,
            image_icon_url,
            small_image_icon_url,
        ] = rendered;
        Ok(Texts {
            title,
            body,
            url,
            media_url,
            image_url,
            image_icon_url,
            small_image_icon_url,
        })
    }
}

fn compile(part: &'static str, text: Option<&str>) -> Result<Option<Template>, PayloadError> {
    let parsed = text.map(template::parse).transpose();
    parsed.map_err(|error| PayloadError::Syntax { part, error })
}

/// JSON text as the value that it says; text that is none stays text.
fn json_or_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}
