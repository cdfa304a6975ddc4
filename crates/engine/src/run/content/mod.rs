//! What each treatment of a campaign says on each channel, compiled once per run.

mod custom;
mod email;
mod push;
mod sms;
mod spoken;

use std::collections::BTreeMap;

use model::{
    AppId, Campaign, CampaignContent, Channel, ChannelSettings, ChannelType, EmailSettings,
    SmsSenders, Template, TemplateKind, TemplateName, TemplateRef,
};
use render::{EmailContentError, MissingPolicy, PayloadError, Variables};
use store::{Store, StoreError};

pub(crate) use custom::{CustomTreatment, envelope, told};
pub(crate) use email::{EmailTreatment, message_id_header, single};
pub(crate) use push::PushTreatment;
pub(crate) use sms::SmsTreatment;
pub(crate) use spoken::spoken;

use crate::campaigns::template;

/// Why a treatment has no usable message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContentError {
    /// The template, or its version, is gone.
    #[error("{0} template {1} does not exist")]
    TemplateGone(&'static str, TemplateName),
    /// The application has none of the channels, or they are switched off.
    #[error("the application has no {0} channel that is enabled")]
    ChannelOff(String),
    /// Neither the message nor the email channel names a sender.
    #[error("the application has no email channel, and the message names no sender")]
    NoSender,
    /// There is no text.
    #[error("{0} is required")]
    Empty(&'static str),
    /// The email is not in the language, or breaks a rule.
    #[error(transparent)]
    Email(#[from] EmailContentError),
    /// Another message is not in the language, or breaks a rule.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ContentError {
    fn gone(kind: TemplateKind, name: &TemplateName) -> Self {
        Self::TemplateGone(kind.as_str(), name.clone())
    }
}

/// The channels through which an application sends.
#[derive(Debug, Default)]
pub(crate) struct Outlets {
    enabled: Vec<ChannelType>,
    email: Option<EmailSettings>,
    sms: SmsSenders,
}

/// What a treatment says, by channel; what is absent cannot be sent.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    email: Option<EmailTreatment>,
    push: BTreeMap<ChannelType, PushTreatment>,
    sms: Option<SmsTreatment>,
    custom: Option<CustomTreatment>,
}

/// A message that can be rendered for any recipient of its channel.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Words<'a> {
    Email(&'a EmailTreatment),
    Push(&'a PushTreatment),
    Sms(&'a SmsTreatment),
    Custom(&'a CustomTreatment),
}

/// What a template gives to a message: values for what the recipient lacks, and what happens where
/// they are missing.
struct Terms {
    defaults: BTreeMap<String, String>,
    policy: MissingPolicy,
}

impl Terms {
    /// Of a message that is written in the campaign.
    const fn inline() -> Self {
        Self {
            defaults: BTreeMap::new(),
            policy: MissingPolicy::Blank,
        }
    }

    /// Of a message that comes from `template`.
    fn of(template: &Template) -> Self {
        Self {
            defaults: template.default_substitutions.clone(),
            policy: MissingPolicy::Fail,
        }
    }
}

impl Outlets {
    /// The channels of `app` that are enabled.
    pub(crate) async fn open(store: &Store, app: &AppId) -> Result<Self, StoreError> {
        let channels = store.channels(app).await?;
        let channels = channels.into_iter().map(|stored| stored.value);
        Ok(Self::of(channels.filter(|channel| channel.enabled)))
    }

    /// As if every channel of `app` were set and enabled, for whoever only wants to know whether
    /// content is usable.
    pub(crate) async fn presumed(store: &Store, app: &AppId) -> Result<Self, StoreError> {
        let channels = store.channels(app).await?;
        let outlets = Self::of(channels.into_iter().map(|stored| stored.value));
        let presumed = EmailSettings {
            from_address: "sender@localhost".to_owned(),
            identity: String::new(),
            configuration_set: None,
            role_arn: None,
            orchestration_role_arn: None,
        };
        Ok(Self {
            enabled: ChannelType::ALL.to_vec(),
            email: outlets.email.or(Some(presumed)),
            ..outlets
        })
    }

    fn of(channels: impl Iterator<Item = Channel>) -> Self {
        let always = ChannelType::ALL.iter().copied();
        let mut outlets = Self {
            enabled: always.filter(|kind| kind.is_always_on()).collect(),
            ..Self::default()
        };
        for channel in channels {
            outlets.enabled.push(channel.kind);
            match channel.settings {
                ChannelSettings::Email(settings) => outlets.email = Some(settings),
                ChannelSettings::Sms(senders) => outlets.sms = senders,
                _ => {}
            }
        }
        outlets
    }

    fn is_open(&self, channel: ChannelType) -> bool {
        self.enabled.contains(&channel)
    }
}

/// What treatment `number` says through `outlets`.
///
/// # Errors
/// Something that the treatment says is not usable, or none of its channels is open.
pub(crate) async fn messages(
    store: &Store,
    campaign: &Campaign,
    number: usize,
    outlets: &Outlets,
) -> Result<Messages, ContentError> {
    let content = campaign.content(number).unwrap_or_default();
    let by_hook = custom::by_hook(campaign, &content);
    if by_hook.is_some() {
        return Ok(Messages {
            custom: by_hook,
            ..Messages::default()
        });
    }
    let custom = custom::custom(&content);
    // A function or webhook reaches its endpoints whether or not their channel is set up.
    let open = |channel| {
        outlets.is_open(channel)
            || custom
                .as_ref()
                .is_some_and(|custom| custom.reaches(channel))
    };
    let covered = |channel| covers(&content, channel) && open(channel);
    if !ChannelType::ALL.iter().any(|channel| covered(*channel)) {
        return Err(ContentError::ChannelOff(wanted(&content)));
    }
    let mut messages = Messages::default();
    if outlets.is_open(ChannelType::Email) {
        messages.email = email::email(store, &content, outlets.email.as_ref()).await?;
    }
    messages.push = push::push(store, &content).await?;
    messages.push.retain(|channel, _| outlets.is_open(*channel));
    if outlets.is_open(ChannelType::Sms) {
        messages.sms = sms::sms(store, &content, &outlets.sms).await?;
    }
    messages.custom = custom;
    Ok(messages)
}

/// The channels that `content` is for, for people.
fn wanted(content: &CampaignContent) -> String {
    let covered = ChannelType::ALL.iter().filter(|it| covers(content, **it));
    let names: Vec<String> = covered.map(|it| it.as_str().to_lowercase()).collect();
    names.join(" or ")
}

impl Messages {
    /// The custom message.
    pub(crate) const fn custom(&self) -> Option<&CustomTreatment> {
        self.custom.as_ref()
    }

    /// What an endpoint on `channel` gets; `None` if nothing can be sent to it. A custom message
    /// reaches the channels that it lists and that have no message of their own.
    pub(crate) fn words(&self, channel: ChannelType) -> Option<Words<'_>> {
        let own = match channel {
            ChannelType::Email => self.email.as_ref().map(Words::Email),
            ChannelType::Sms => self.sms.as_ref().map(Words::Sms),
            other => self.push.get(&other).map(Words::Push),
        };
        own.or_else(|| {
            let custom = self.custom.as_ref()?;
            custom.reaches(channel).then_some(Words::Custom(custom))
        })
    }
}

impl Words<'_> {
    /// Variables that a recipient has no value for and that have no default.
    pub(crate) fn missing(self, variables: &Variables<'_>) -> Vec<String> {
        match self {
            Self::Email(email) => email.content.missing(variables),
            Self::Push(push) => push.content.missing(variables),
            Self::Sms(sms) => sms.content.missing(variables),
            Self::Custom(_) => Vec::new(),
        }
    }
}

/// The template that `reference` means now.
async fn existing(
    store: &Store,
    kind: TemplateKind,
    reference: &TemplateRef,
) -> Result<Template, ContentError> {
    let found = template(store, kind, reference).await?;
    found.ok_or_else(|| ContentError::gone(kind, &reference.name))
}

/// Whether `content` says something on `channel` (`docs/spec/campaigns.md §2`, reach).
pub(crate) fn covers(content: &CampaignContent, channel: ChannelType) -> bool {
    let message = content.message.as_ref();
    let template = content.template.as_ref();
    let default = message.is_some_and(|m| m.default.is_some());
    let push = default || template.is_some_and(|t| t.push.is_some());
    let custom = custom::custom(content).is_some_and(|custom| custom.reaches(channel));
    let own = match channel {
        ChannelType::Email => {
            message.is_some_and(|m| m.email.is_some())
                || template.is_some_and(|t| t.email.is_some())
        }
        ChannelType::Sms => {
            default
                || message.is_some_and(|m| m.sms.is_some())
                || template.is_some_and(|t| t.sms.is_some())
        }
        ChannelType::Apns
        | ChannelType::ApnsSandbox
        | ChannelType::ApnsVoip
        | ChannelType::ApnsVoipSandbox => push || message.is_some_and(|m| m.apns.is_some()),
        ChannelType::Gcm => push || message.is_some_and(|m| m.gcm.is_some()),
        ChannelType::Adm => push || message.is_some_and(|m| m.adm.is_some()),
        ChannelType::Baidu => push || message.is_some_and(|m| m.baidu.is_some()),
        ChannelType::InApp => {
            message.is_some_and(|m| m.in_app.is_some())
                || template.is_some_and(|t| t.in_app.is_some())
        }
        ChannelType::Push | ChannelType::Voice | ChannelType::Custom => false,
    };
    own || custom
}

/// The name of a send: the same recipient of the same activity always has the same.
pub(crate) fn send_key(activity: &model::ActivityId, endpoint: &model::EndpointId) -> String {
    format!("{activity}/{}", endpoint.key().as_str())
}
