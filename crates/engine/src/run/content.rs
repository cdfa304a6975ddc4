//! What each treatment of a campaign says, compiled once per run.

use std::collections::BTreeMap;

use model::{
    Campaign, CampaignContent, ChannelType, EmailMessage, EmailSettings, Header, Template,
    TemplateContent, TemplateKind,
};
use render::{EmailContent, EmailContentError, EmailSource, MissingPolicy};
use store::{Store, StoreError};

use crate::campaigns::template;

/// An email that can be rendered for any recipient.
#[derive(Debug)]
pub(crate) struct EmailTreatment {
    /// The compiled content.
    pub content: EmailContent,
    /// The template that it came from.
    pub template: Option<String>,
}

/// Why a treatment has no usable email.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContentError {
    /// The template, or its version, is gone.
    #[error("EMAIL template {0} does not exist")]
    TemplateGone(String),
    /// The application has no email channel, or it is switched off.
    #[error("the application has no email channel that is enabled")]
    ChannelOff,
    /// Neither the message nor the email channel names a sender.
    #[error("the application has no email channel, and the message names no sender")]
    NoSender,
    /// The content is not in the language, or breaks a rule.
    #[error(transparent)]
    Content(#[from] EmailContentError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Parts of an email before compilation.
struct Parts {
    subject: Option<String>,
    html: Option<String>,
    text: Option<String>,
    headers: Vec<Header>,
    defaults: BTreeMap<String, String>,
    policy: MissingPolicy,
    template: Option<String>,
}

/// The email of treatment `number`; `None` if it has no email content. A template gives the
/// content and the message only transport options (`docs/spec/campaigns.md §2`).
pub(crate) async fn email(
    store: &Store,
    campaign: &Campaign,
    number: usize,
    channel: Option<&EmailSettings>,
) -> Result<Option<EmailTreatment>, ContentError> {
    let content = campaign.content(number).unwrap_or_default();
    let message = content.message.as_ref().and_then(|m| m.email.as_ref());
    let reference = content.template.as_ref().and_then(|t| t.email.as_ref());
    let parts = match (reference, message) {
        (Some(reference), _) => {
            let found = template(store, TemplateKind::Email, reference).await?;
            let name = reference.name.to_string();
            let found = found.and_then(from_template);
            found.ok_or(ContentError::TemplateGone(name))?
        }
        (None, Some(message)) => from_message(message),
        (None, None) => return Ok(None),
    };
    let from = message
        .and_then(|message| message.from_address.as_deref())
        .or_else(|| channel.map(|channel| channel.from_address.as_str()))
        .ok_or(ContentError::NoSender)?;
    compile(&parts, from).map(Some)
}

fn compile(parts: &Parts, from: &str) -> Result<EmailTreatment, ContentError> {
    let content = EmailContent::compile(&EmailSource {
        from,
        subject: parts.subject.as_deref(),
        html: parts.html.as_deref(),
        text: parts.text.as_deref(),
        headers: &parts.headers,
        defaults: &parts.defaults,
        policy: parts.policy,
    })?;
    Ok(EmailTreatment {
        content,
        template: parts.template.clone(),
    })
}

/// The parts of an email template; `None` for one of another kind.
fn from_template(template: Template) -> Option<Parts> {
    let TemplateContent::Email {
        subject,
        html,
        text,
        headers,
        recommender: _,
    } = template.content
    else {
        return None;
    };
    Some(Parts {
        subject,
        html,
        text,
        headers,
        defaults: template.default_substitutions,
        policy: MissingPolicy::Fail,
        template: Some(template.name.into_string()),
    })
}

fn from_message(message: &EmailMessage) -> Parts {
    Parts {
        subject: message.title.clone(),
        html: message.html_body.clone(),
        text: message.body.clone(),
        headers: message.headers.clone(),
        defaults: BTreeMap::new(),
        policy: MissingPolicy::Blank,
        template: None,
    }
}

/// An email that is not part of a campaign: a template, or a message, from `from`.
pub(crate) fn single(
    template: Option<Template>,
    message: &EmailMessage,
    from: &str,
) -> Result<EmailTreatment, ContentError> {
    let parts = match template {
        None => from_message(message),
        Some(template) => {
            let name = template.name.to_string();
            from_template(template).ok_or(ContentError::TemplateGone(name))?
        }
    };
    compile(&parts, message.from_address.as_deref().unwrap_or(from))
}

/// Whether `content` says something on `channel` (`docs/spec/campaigns.md §2`, reach).
pub(crate) fn covers(content: &CampaignContent, channel: ChannelType) -> bool {
    let message = content.message.as_ref();
    let template = content.template.as_ref();
    let default = message.is_some_and(|m| m.default.is_some());
    let push = default || template.is_some_and(|t| t.push.is_some());
    let custom = message.is_some_and(|m| m.custom.is_some())
        && content
            .custom_delivery
            .as_ref()
            .is_some_and(|(_, channels)| match channels.as_slice() {
                [] => channel == ChannelType::Custom,
                listed => listed.contains(&channel),
            });
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

/// The Message-ID header of the message with identifier `message_id` from `sender`.
pub(crate) fn message_id_header(message_id: &str, sender: &str) -> String {
    let domain = sender
        .rsplit_once('@')
        .map_or("localhost", |(_, domain)| domain);
    format!("{message_id}@{domain}")
}
