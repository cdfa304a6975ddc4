//! What a direct send says on one channel: templates, messages, defaults and overrides in their
//! order (`docs/spec/channels.md §2.1, §4`).

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use channels::message::{SmsKind, SmsOrigin};
use model::{
    Channel, ChannelSettings, ChannelType, EmailMessage, PushMessage, Template, TemplateContent,
    TemplateKind, TemplateName, TemplateRef, VoiceMessage,
};
use render::{
    Mailbox, MissingPolicy, PushContent, PushDraft, SmsContent, Substitutions, VoiceContent,
};
use store::{Store, StoreError};

use super::message::{DirectEmail, DirectSend, Overrides};
use crate::campaigns::template;
use crate::run::content::{EmailTreatment, single};

/// The language and the voice of calls that name none (`docs/spec/channels.md §6`).
const LANGUAGE: &str = "en-US";
const VOICE: &str = "Joanna";

/// Why nothing of a send can go out.
#[derive(Debug, thiserror::Error)]
pub enum DirectError {
    /// A template, or its version, does not exist.
    #[error("{kind} template {name} does not exist")]
    UnknownTemplate {
        /// The kind.
        kind: &'static str,
        /// Its name.
        name: TemplateName,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The work was interrupted.
    #[error("the send was interrupted: {0}")]
    Interrupted(String),
}

/// A message on one channel that can be rendered for recipients.
pub(super) enum Compiled {
    /// A mail of parts.
    Email {
        content: Box<EmailTreatment>,
        message: DirectEmail,
    },
    /// A mail that the sender wrote.
    RawEmail {
        raw: Bytes,
        from: Mailbox,
        message: DirectEmail,
    },
    /// A push message.
    Push(Box<PushContent>),
    /// A text message.
    Sms {
        content: SmsContent,
        kind: SmsKind,
        origin: SmsOrigin,
    },
    /// A call.
    Voice {
        content: VoiceContent,
        language: String,
        voice: String,
        origination_number: Option<String>,
    },
}

/// A compiled message, or what the recipient's result says instead.
type Ready = Result<Arc<Compiled>, String>;

/// Everything that a send says.
pub(super) struct Contents {
    send: DirectSend,
    channels: BTreeMap<ChannelType, Channel>,
    templates: BTreeMap<TemplateKind, Template>,
    /// Messages of recipients without overrides.
    shared: BTreeMap<ChannelType, Ready>,
    substitutions: BTreeMap<ChannelType, Arc<Substitutions>>,
}

impl Contents {
    /// Reads what the send refers to.
    pub async fn load(store: &Store, send: &DirectSend) -> Result<Self, DirectError> {
        let stored = store.channels(&send.app).await?;
        let channels = stored
            .into_iter()
            .map(|channel| (channel.kind, channel.value));
        let mut templates = BTreeMap::new();
        for (kind, reference) in [
            (TemplateKind::Email, &send.template.email),
            (TemplateKind::Push, &send.template.push),
            (TemplateKind::Sms, &send.template.sms),
            (TemplateKind::Voice, &send.template.voice),
        ] {
            if let Some(reference) = reference {
                templates.insert(kind, known(store, kind, reference).await?);
            }
        }
        Ok(Self {
            send: send.clone(),
            channels: channels.collect(),
            templates,
            shared: BTreeMap::new(),
            substitutions: BTreeMap::new(),
        })
    }

    /// The only channel that the send says something on, if there is exactly one.
    pub fn only_channel(&self) -> Option<ChannelType> {
        let messages = &self.send.messages;
        let has = |kind| self.templates.contains_key(&kind);
        if messages.default.is_some() || messages.default_push.is_some() || has(TemplateKind::Push)
        {
            return None;
        }
        let mut said = [
            (
                ChannelType::Email,
                messages.email.is_some() || has(TemplateKind::Email),
            ),
            (
                ChannelType::Sms,
                messages.sms.is_some() || has(TemplateKind::Sms),
            ),
            (
                ChannelType::Voice,
                messages.voice.is_some() || has(TemplateKind::Voice),
            ),
            (ChannelType::Apns, messages.apns.is_some()),
            (ChannelType::Gcm, messages.gcm.is_some()),
            (ChannelType::Adm, messages.adm.is_some()),
            (ChannelType::Baidu, messages.baidu.is_some()),
        ]
        .into_iter()
        .filter_map(|(channel, said)| said.then_some(channel));
        said.next().filter(|_| said.next().is_none())
    }

    /// The message on `channel` for a recipient with these overrides, or what its result says.
    pub fn message(&mut self, channel: ChannelType, own: &Overrides) -> Ready {
        if own.body.is_some() || own.title.is_some() || own.raw.is_some() {
            return self.compile(channel, own).map(Arc::new);
        }
        if let Some(ready) = self.shared.get(&channel) {
            return ready.clone();
        }
        let ready = self.compile(channel, own).map(Arc::new);
        self.shared.insert(channel, ready.clone());
        ready
    }

    /// The values that the messages on `channel` bring along.
    pub fn substitutions(&mut self, channel: ChannelType) -> Arc<Substitutions> {
        let messages = &self.send.messages;
        let known = self.substitutions.entry(channel);
        Arc::clone(known.or_insert_with(|| Arc::new(messages.substitutions(channel))))
    }

    fn compile(&self, channel: ChannelType, own: &Overrides) -> Result<Compiled, String> {
        let settings = self.channels.get(&channel);
        let explicit = self.send.messages.email.as_ref();
        let explicit = explicit.is_some_and(|email| email.message.from_address.is_some());
        let open = match channel {
            // A mail needs a sender, not a channel that is enabled.
            ChannelType::Email => settings.is_some() || explicit,
            _ => channel.is_always_on() || settings.is_some_and(|settings| settings.enabled),
        };
        if !open {
            return Err(format!(
                "No channel of type {channel} is enabled for the application {}",
                self.send.app
            ));
        }
        match channel {
            ChannelType::Email => self.email(own),
            ChannelType::Sms => self.sms(own),
            ChannelType::Voice => self.voice(own),
            channel if channel.is_push() => self.push(channel, own),
            channel => Err(nothing(channel)),
        }
    }

    fn default_body(&self) -> Option<String> {
        self.send.messages.default.as_ref()?.message.clone()
    }

    fn email(&self, own: &Overrides) -> Result<Compiled, String> {
        let message = self.send.messages.email.as_ref();
        let message = message.map(|it| it.message.clone()).unwrap_or_default();
        let settings = self.channels.get(&ChannelType::Email);
        let settings = settings.and_then(Channel::email);
        let from = message.from_address.as_deref();
        let from = from.or_else(|| settings.map(|settings| &*settings.from_address));
        let from = from.ok_or_else(|| nothing(ChannelType::Email))?;
        if let Some(raw) = message.raw.clone() {
            let from = Mailbox::parse(from).map_err(|error| error.to_string())?;
            return Ok(Compiled::RawEmail { raw, from, message });
        }
        let compiled = match (&message.simple, self.templates.get(&TemplateKind::Email)) {
            (None, Some(found)) => {
                let mut found = found.clone();
                if let TemplateContent::Email {
                    subject,
                    html,
                    text,
                    ..
                } = &mut found.content
                {
                    put_over(own, subject, html, text);
                }
                single(Some(found), &EmailMessage::default(), from)
            }
            (simple, _) => {
                let mut parts = simple.clone().unwrap_or_default();
                if simple.is_none() {
                    parts.text = message.body.clone().or_else(|| self.default_body());
                }
                put_over(own, &mut parts.subject, &mut parts.html, &mut parts.text);
                if simple.is_none() && parts.text.is_none() {
                    return Err(nothing(ChannelType::Email));
                }
                let email = EmailMessage {
                    body: parts.text,
                    from_address: None,
                    headers: parts.headers,
                    html_body: parts.html,
                    title: parts.subject,
                };
                single(None, &email, from)
            }
        };
        let content = Box::new(compiled.map_err(|error| error.to_string())?);
        Ok(Compiled::Email { content, message })
    }

    fn sms(&self, own: &Overrides) -> Result<Compiled, String> {
        let message = self.send.messages.sms.as_ref();
        let message = message.map(|it| it.message.clone()).unwrap_or_default();
        let found = self.templates.get(&TemplateKind::Sms);
        let template_body = found.and_then(|found| match &found.content {
            TemplateContent::Sms { body, .. } => body.clone(),
            _ => None,
        });
        let body = own.body.clone().or(template_body).or(message.body);
        let body = body
            .or_else(|| self.default_body())
            .ok_or_else(|| nothing(ChannelType::Sms))?;
        let (defaults, policy) = rules(found);
        let mut origin = message.origin;
        let settings = self.channels.get(&ChannelType::Sms);
        if let Some(ChannelSettings::Sms(settings)) = settings.map(|it| &it.settings) {
            origin.sender_id = origin.sender_id.or_else(|| settings.sender_id.clone());
            origin.short_code.clone_from(&settings.short_code);
        }
        let content = SmsContent::compile(&body, &defaults, policy);
        Ok(Compiled::Sms {
            content: content.map_err(|error| error.to_string())?,
            kind: message.kind.unwrap_or_default(),
            origin,
        })
    }

    fn voice(&self, own: &Overrides) -> Result<Compiled, String> {
        let message = self.send.messages.voice.as_ref();
        let message = message.map(|it| it.message.clone()).unwrap_or_default();
        let found = self.templates.get(&TemplateKind::Voice);
        let templated = match found.map(|found| &found.content) {
            Some(TemplateContent::Voice {
                body,
                language_code,
                voice_id,
            }) => VoiceMessage {
                body: body.clone(),
                language_code: language_code.clone(),
                voice_id: voice_id.clone(),
                origination_number: None,
            },
            _ => VoiceMessage::default(),
        };
        let body = own.body.clone().or(templated.body).or(message.body);
        let body = body
            .or_else(|| self.default_body())
            .ok_or_else(|| nothing(ChannelType::Voice))?;
        let (defaults, policy) = rules(found);
        let content = VoiceContent::compile(&body, &defaults, policy);
        let language = templated.language_code.or(message.language_code);
        let voice = templated.voice_id.or(message.voice_id);
        Ok(Compiled::Voice {
            content: content.map_err(|error| error.to_string())?,
            language: language.unwrap_or_else(|| LANGUAGE.to_owned()),
            voice: voice.unwrap_or_else(|| VOICE.to_owned()),
            origination_number: message.origination_number,
        })
    }

    fn push(&self, channel: ChannelType, own: &Overrides) -> Result<Compiled, String> {
        let messages = &self.send.messages;
        let found = self.templates.get(&TemplateKind::Push);
        let default_push = messages.default_push.as_ref().map(|it| &it.message);
        let message = messages.push(channel).map(|it| &it.message);
        let block = found.and_then(|found| template_block(found, channel));
        let base = message.or(default_push).cloned();
        let mut draft = match (block, base) {
            (Some(block), base) => PushDraft {
                silent: base.as_ref().is_some_and(|base| base.silent),
                ..over(block, base.unwrap_or_default())
            },
            (None, Some(base)) => base,
            (None, None) => {
                let body = self.default_body();
                if body.is_none() && own.body.is_none() && own.raw.is_none() {
                    return Err(nothing(channel));
                }
                PushDraft {
                    body,
                    ..PushDraft::default()
                }
            }
        };
        if block.is_none() && draft.raw.is_none() && !draft.silent {
            let default_title = default_push.and_then(|default| default.title.clone());
            let default_body = default_push.and_then(|default| default.body.clone());
            draft.title = draft.title.or(default_title);
            draft.body = draft.body.or(default_body).or_else(|| self.default_body());
        }
        draft.title = own.title.clone().or(draft.title);
        draft.body = own.body.clone().or(draft.body);
        draft.raw = own.raw.clone().or(draft.raw);
        let (defaults, policy) = rules(found.filter(|_| block.is_some()));
        let content = PushContent::compile(draft, &defaults, policy);
        let content = content.map_err(|error| error.to_string())?;
        Ok(Compiled::Push(Box::new(content)))
    }
}

async fn known(
    store: &Store,
    kind: TemplateKind,
    reference: &TemplateRef,
) -> Result<Template, DirectError> {
    let found = template(store, kind, reference).await?;
    found.ok_or_else(|| DirectError::UnknownTemplate {
        kind: kind.as_str(),
        name: reference.name.clone(),
    })
}

/// Defaults of the template, and what a missing variable does (`docs/spec/templates.md §2`).
fn rules(template: Option<&Template>) -> (BTreeMap<String, String>, MissingPolicy) {
    match template {
        Some(found) => (found.default_substitutions.clone(), MissingPolicy::Fail),
        None => (BTreeMap::new(), MissingPolicy::Blank),
    }
}

/// The title is the subject; the text is the HTML where there is HTML.
fn put_over(
    own: &Overrides,
    subject: &mut Option<String>,
    html: &mut Option<String>,
    text: &mut Option<String>,
) {
    if let Some(title) = &own.title {
        *subject = Some(title.clone());
    }
    if let Some(body) = &own.body {
        *if html.is_some() { html } else { text } = Some(body.clone());
    }
}

/// What a push template says on `channel`.
fn template_block(template: &Template, channel: ChannelType) -> Option<&PushMessage> {
    let TemplateContent::Push(push) = &template.content else {
        return None;
    };
    let own = match channel {
        ChannelType::Gcm => &push.gcm,
        ChannelType::Adm => &push.adm,
        ChannelType::Baidu => &push.baidu,
        _ => &push.apns,
    };
    own.as_ref().or(push.default.as_ref())
}

/// The words of a template's block with the transport options of the message `base`.
fn over(block: &PushMessage, base: PushDraft) -> PushDraft {
    let words = PushDraft::from(block);
    PushDraft {
        title: words.title,
        body: words.body,
        url: words.url,
        media_url: words.media_url,
        image_url: words.image_url,
        image_icon_url: words.image_icon_url,
        small_image_icon_url: words.small_image_icon_url,
        raw: words.raw,
        action: words.action,
        sound: words.sound,
        json_body: words.json_body,
        time_to_live: base.time_to_live.or(words.time_to_live),
        ..base
    }
}

/// What the result says of a recipient whose channel has no content.
fn nothing(channel: ChannelType) -> String {
    let word = match channel {
        channel if channel.is_push() => "push".to_owned(),
        channel => channel.as_str().to_ascii_lowercase(),
    };
    format!("Either template or {word} message must be specified")
}
