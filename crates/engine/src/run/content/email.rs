//! What mails say.

use std::collections::BTreeMap;

use model::{
    CampaignContent, EmailMessage, EmailSettings, Header, Template, TemplateContent, TemplateKind,
};
use render::{EmailContent, EmailSource, MissingPolicy};
use store::Store;

use super::{ContentError, existing};

/// An email that can be rendered for any recipient.
#[derive(Debug)]
pub(crate) struct EmailTreatment {
    /// The compiled content.
    pub content: EmailContent,
    /// The template that it came from.
    pub template: Option<String>,
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

/// The email of `content`; `None` if it has no email content. A template gives the content and the
/// message only transport options (`docs/spec/campaigns.md §2`).
pub(super) async fn email(
    store: &Store,
    content: &CampaignContent,
    channel: Option<&EmailSettings>,
) -> Result<Option<EmailTreatment>, ContentError> {
    let message = content.message.as_ref().and_then(|m| m.email.as_ref());
    let reference = content.template.as_ref().and_then(|t| t.email.as_ref());
    let parts = match (reference, message) {
        (Some(reference), _) => {
            let found = existing(store, TemplateKind::Email, reference).await?;
            let gone = || ContentError::gone(TemplateKind::Email, &reference.name);
            from_template(found).ok_or_else(gone)?
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
            let gone = ContentError::gone(TemplateKind::Email, &template.name);
            from_template(template).ok_or(gone)?
        }
    };
    compile(&parts, message.from_address.as_deref().unwrap_or(from))
}

/// The Message-ID header of the message with identifier `message_id` from `sender`.
pub(crate) fn message_id_header(message_id: &str, sender: &str) -> String {
    let domain = sender
        .rsplit_once('@')
        .map_or("localhost", |(_, domain)| domain);
    format!("{message_id}@{domain}")
}
