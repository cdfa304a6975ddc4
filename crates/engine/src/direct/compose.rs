//! The message to one recipient of a direct send, complete.

use std::collections::BTreeMap;

use bytes::Bytes;
use channels::email::OutboundEmail;
use channels::feedback::{self, MailFacts, SmsFacts};
use channels::message::{OutboundMessage, Payload, Sms, Voice, message_id};
use channels::phone;
use channels::token::TrackedMessage;
use clock::Timestamp;
use model::{ChannelType, Endpoint, EndpointId, Event};
use render::{
    Envelope, Mailbox, PayloadError, PushOrigin, Substitutions, Variables, complete_mail,
    mail_header, mime,
};

use super::content::Compiled;
use super::message::{DirectEmail, DirectSend, Overrides};
use super::outcome::SendResult;
use crate::engine::Shared;
use crate::run::content::{EmailTreatment, message_id_header};

/// A recipient on a channel.
pub(super) struct Recipient<'a> {
    /// Names the message.
    pub key: String,
    pub channel: ChannelType,
    /// The address as it is dialled.
    pub address: String,
    /// The endpoint's identifier; a UUID for a bare address.
    pub id: EndpointId,
    pub endpoint: Option<&'a Endpoint>,
    pub own: &'a Overrides,
    /// Values that the message brings along.
    pub message: &'a Substitutions,
}

/// A message that is ready to be handed over, and what its records tell.
#[derive(Debug)]
pub(super) enum Outbound {
    Email(Box<OutboundEmail>, Box<MailFacts>),
    Sms(Box<OutboundMessage>, Box<Sms>, Box<SmsFacts>),
    Other(Box<OutboundMessage>),
}

/// A recipient whose message needs no hand-over.
#[derive(Debug)]
pub(super) struct Settled {
    pub result: SendResult,
    pub event: Option<Box<Event>>,
}

impl From<SendResult> for Settled {
    fn from(result: SendResult) -> Self {
        Self {
            result,
            event: None,
        }
    }
}

/// The form in which `address` is dialled and compared on `channel`.
pub(super) fn dialled(channel: ChannelType, address: &str) -> Result<String, SendResult> {
    match channel {
        ChannelType::Sms | ChannelType::Voice => {
            phone::normalize(address).ok_or_else(|| SendResult::unusable("Invalid phone number"))
        }
        ChannelType::Email => Mailbox::parse(address)
            .map(|mailbox| mailbox.address)
            .map_err(|error| SendResult::unusable(error.to_string())),
        _ => Ok(address.to_owned()),
    }
}

/// Renders `content` for `to`.
pub(super) fn compose(
    shared: &Shared,
    send: &DirectSend,
    content: &Compiled,
    to: Recipient<'_>,
    now: Timestamp,
) -> Result<Outbound, Settled> {
    let key = to.key.clone();
    let variables = Variables {
        recipient: Some(&to.own.substitutions),
        message: Some(to.message),
        endpoint: to.endpoint,
        now: Some(now),
        seed: Some(&key),
        ..Variables::default()
    };
    let mut context = send.context.clone();
    context.extend(to.own.context.clone());
    let payload = match content {
        Compiled::Email { content, message } => {
            return email(
                shared, send, content, message, &to, context, &variables, now,
            );
        }
        Compiled::RawEmail { raw, from, message } => {
            return Ok(raw_email(send, raw, from, message, &to, context, now));
        }
        Compiled::Push(content) => content
            .render(to.channel, &variables, &PushOrigin::Direct(&context))
            .map(Payload::Push),
        Compiled::Sms {
            content,
            kind,
            origin,
        } => content.render(&variables).map(|text| {
            Payload::Sms(Sms {
                text,
                kind: *kind,
                origin: origin.clone(),
            })
        }),
        Compiled::Voice {
            content,
            language,
            voice,
            origination_number,
        } => content.render(&variables).map(|text| {
            Payload::Voice(Voice {
                text,
                language_code: language.clone(),
                voice_id: voice.clone(),
                origination_number: origination_number.clone(),
            })
        }),
    };
    let payload = payload.map_err(|error| SendResult::unusable(refusal(&error)))?;
    Ok(outbound(send, to, payload, context))
}

/// A message of a channel beside mail.
pub(super) fn outbound(
    send: &DirectSend,
    to: Recipient<'_>,
    payload: Payload,
    context: BTreeMap<String, String>,
) -> Outbound {
    let message_id = message_id(to.channel, &to.key);
    let user = to.endpoint.and_then(|endpoint| endpoint.user.clone());
    let message = Box::new(OutboundMessage {
        key: to.key,
        message_id: message_id.clone(),
        channel: to.channel,
        to: to.address.clone(),
        payload: payload.clone(),
        app: send.app.clone(),
        endpoint: to.id.clone(),
        user: user.clone(),
        campaign: None,
        journey: None,
        test: false,
    });
    let Payload::Sms(sms) = payload else {
        return Outbound::Other(message);
    };
    let facts = SmsFacts {
        app: send.app.clone(),
        endpoint: to.id,
        ordinal: to.endpoint.map(|endpoint| endpoint.ordinal),
        user,
        campaign: None,
        journey: None,
        message_id,
        request_id: send.request_id.clone(),
        to: to.address,
        context,
        trace_id: send.trace_id.clone(),
    };
    Outbound::Sms(message, Box::new(sms), Box::new(facts))
}

/// What the result says of a message that cannot be made.
fn refusal(error: &PayloadError) -> String {
    match error {
        PayloadError::Length { .. } => "Invalid Message".to_owned(),
        other => other.to_string(),
    }
}

#[expect(clippy::too_many_arguments, reason = "one mail has that many facts")]
fn email(
    shared: &Shared,
    send: &DirectSend,
    content: &EmailTreatment,
    message: &DirectEmail,
    to: &Recipient<'_>,
    context: BTreeMap<String, String>,
    variables: &Variables<'_>,
    now: Timestamp,
) -> Result<Outbound, Settled> {
    let mut facts = facts(send, to, context, now);
    let tracker = shared.signer.tracker(
        &shared.settings.public_url,
        TrackedMessage {
            app: send.app.clone(),
            endpoint: to.id.clone(),
            ordinal: facts.ordinal,
            campaign: None,
            journey: None,
            message_id: facts.message_id.clone(),
            sent: now,
        },
    );
    let rendered = content.content.render(variables, Some(&tracker));
    // The mail counts as accepted; that it cannot be made is told afterwards
    // (`docs/spec/templates.md §2`).
    let rendered = rendered.map_err(|error| Settled {
        result: SendResult::taken(ChannelType::Email, &facts.message_id),
        event: Some(Box::new(feedback::rendering_failure(
            &facts,
            content.template.as_deref(),
            &error.to_string(),
            now,
        ))),
    })?;
    facts.from = rendered.from.to_string();
    facts.subject = Some(rendered.subject.clone());
    let mail = mime(
        &rendered,
        &Envelope {
            to: &to.address,
            reply_to: &message.reply_to,
            message_id: &message_id_header(&facts.message_id, &rendered.from.address),
            date: now,
            service_headers: &tracker.unsubscribe_headers(),
        },
    );
    let from = rendered.from.address;
    Ok(mailed(to, message, from, rendered.subject, mail, facts))
}

fn raw_email(
    send: &DirectSend,
    raw: &Bytes,
    from: &Mailbox,
    message: &DirectEmail,
    to: &Recipient<'_>,
    context: BTreeMap<String, String>,
    now: Timestamp,
) -> Outbound {
    let mut facts = facts(send, to, context, now);
    let subject = mail_header(raw, "Subject");
    facts.from = from.to_string();
    facts.subject = Some(subject.clone());
    let id = message_id_header(&facts.message_id, &from.address);
    let mail = complete_mail(raw, from, &id, now);
    mailed(to, message, from.address.clone(), subject, mail, facts)
}

fn facts(
    send: &DirectSend,
    to: &Recipient<'_>,
    mut context: BTreeMap<String, String>,
    now: Timestamp,
) -> MailFacts {
    if let Some(trace_id) = &send.trace_id {
        context.insert("trace_id".to_owned(), trace_id.clone());
    }
    MailFacts {
        app: send.app.clone(),
        endpoint: to.id.clone(),
        ordinal: to.endpoint.map(|endpoint| endpoint.ordinal),
        user: to.endpoint.and_then(|endpoint| endpoint.user.clone()),
        campaign: None,
        journey: None,
        message_id: message_id(ChannelType::Email, &to.key),
        sent: now,
        from: String::new(),
        to: to.address.clone(),
        subject: None,
        headers: Vec::new(),
        context,
    }
}

fn mailed(
    to: &Recipient<'_>,
    message: &DirectEmail,
    from: String,
    subject: String,
    mail: Vec<u8>,
    facts: MailFacts,
) -> Outbound {
    // Bounces go to the envelope's sender.
    let feedback = message.feedback_address.as_deref();
    let feedback = feedback.and_then(|address| Mailbox::parse(address).ok());
    let mail = OutboundEmail {
        key: to.key.clone(),
        message_id: facts.message_id.clone(),
        from: feedback.map_or(from, |mailbox| mailbox.address),
        to: to.address.clone(),
        mime: Bytes::from(mail),
        app: facts.app.clone(),
        endpoint: facts.endpoint.clone(),
        user: facts.user.clone(),
        campaign: None,
        journey: None,
        subject,
        test: false,
    };
    Outbound::Email(Box::new(mail), Box::new(facts))
}

impl Outbound {
    /// The message's channel.
    pub fn channel(&self) -> ChannelType {
        match self {
            Self::Email(..) => ChannelType::Email,
            Self::Sms(message, ..) | Self::Other(message) => message.channel,
        }
    }

    /// The message's identifier.
    pub fn message_id(&self) -> &str {
        match self {
            Self::Email(mail, _) => &mail.message_id,
            Self::Sms(message, ..) | Self::Other(message) => &message.message_id,
        }
    }

    /// The recipient's address.
    pub fn to(&self) -> &str {
        match self {
            Self::Email(mail, _) => &mail.to,
            Self::Sms(message, ..) | Self::Other(message) => &message.to,
        }
    }

    /// The recipient's endpoint.
    pub fn endpoint(&self) -> &EndpointId {
        match self {
            Self::Email(mail, _) => &mail.endpoint,
            Self::Sms(message, ..) | Self::Other(message) => &message.endpoint,
        }
    }
}
