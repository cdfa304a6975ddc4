//! What text messages say.

use channels::message::{SmsKind, SmsOrigin};
use model::{CampaignContent, SmsMessage, SmsSenders, TemplateContent, TemplateKind};
use render::SmsContent;
use store::Store;

use super::{ContentError, Terms, existing};

/// The member that a text message cannot do without.
const BODY: &str = "the body of the text message";

/// A text message that can be rendered for any recipient.
#[derive(Debug)]
pub(crate) struct SmsTreatment {
    pub content: SmsContent,
    pub kind: SmsKind,
    pub origin: SmsOrigin,
}

/// The text message of `content`: the template's, else the message's, else that of the default
/// message; `None` if there is none of them. The message says who sends, else the channel does
/// (`docs/spec/campaigns.md §2`, `docs/spec/channels.md §5.2`).
pub(super) async fn sms(
    store: &Store,
    content: &CampaignContent,
    senders: &SmsSenders,
) -> Result<Option<SmsTreatment>, ContentError> {
    let message = content.message.as_ref();
    let own = message.and_then(|message| message.sms.as_ref());
    let default = message.and_then(|message| message.default.as_ref());
    let reference = content.template.as_ref().and_then(|it| it.sms.as_ref());
    let (terms, body) = if let Some(reference) = reference {
        let template = existing(store, TemplateKind::Sms, reference).await?;
        let terms = Terms::of(&template);
        match template.content {
            TemplateContent::Sms { body, .. } => (terms, body),
            _ => return Err(ContentError::gone(TemplateKind::Sms, &reference.name)),
        }
    } else if own.is_some() || default.is_some() {
        let body = own.and_then(|own| own.body.clone());
        let body = body.or_else(|| default.and_then(|default| default.body.clone()));
        (Terms::inline(), body)
    } else {
        return Ok(None);
    };
    let body = body.filter(|body| !body.is_empty());
    // A default message without words is no text message, as its other channels may have some.
    let Some(body) = body else {
        let meant = own.is_some() || reference.is_some();
        return if meant {
            Err(ContentError::Empty(BODY))
        } else {
            Ok(None)
        };
    };
    let kind = own.and_then(|own| own.message_type.as_deref());
    Ok(Some(SmsTreatment {
        content: SmsContent::compile(&body, &terms.defaults, terms.policy)?,
        kind: kind.and_then(SmsKind::parse).unwrap_or_default(),
        origin: origin(own, senders),
    }))
}

fn origin(message: Option<&SmsMessage>, senders: &SmsSenders) -> SmsOrigin {
    let given = |member: fn(&SmsMessage) -> &Option<String>| {
        message
            .and_then(|message| member(message).clone())
            .filter(|text| !text.is_empty())
    };
    SmsOrigin {
        origination_number: given(|message| &message.origination_number),
        sender_id: given(|message| &message.sender_id).or_else(|| senders.sender_id.clone()),
        short_code: senders.short_code.clone(),
        entity_id: given(|message| &message.entity_id),
        template_id: given(|message| &message.template_id),
        ..SmsOrigin::default()
    }
}
