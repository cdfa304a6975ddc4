//! Renders the message for one member of a run.

use std::collections::BTreeMap;

use bytes::Bytes;
use channels::email::{OutboundEmail, message_id};
use channels::feedback::{self, MailFacts, SmsFacts};
use channels::message::{self, Custom, OutboundMessage, Payload, Sms};
use channels::phone;
use channels::token::TrackedMessage;
use clock::Timestamp;
use model::{CampaignRef, ChannelType, Endpoint, Outcome};
use render::{Envelope, Mailbox, PayloadError, PushOrigin, Variables, mime};

use super::content::{
    CustomTreatment, EmailTreatment, PushTreatment, SmsTreatment, Words, message_id_header,
    send_key, told,
};
use super::context::RunContext;
use super::hook::Changes;
use super::unit::{Member, Outgoing, Ready, Record, record};

/// Renders the message for `endpoint`, or says why it cannot be.
pub(crate) fn compose(
    context: &RunContext,
    member: Member,
    endpoint: Endpoint,
    treatment: u8,
    now: Timestamp,
) -> Result<Box<Ready>, Unsendable> {
    compose_changed(context, member, endpoint, treatment, None, now)
}

/// As [`compose`], with what the hook changed. The changes are for the words alone: records keep the
/// endpoint as it is.
pub(super) fn compose_changed(
    context: &RunContext,
    member: Member,
    endpoint: Endpoint,
    treatment: u8,
    changes: Option<&Changes>,
    now: Timestamp,
) -> Result<Box<Ready>, Unsendable> {
    let failed = |outcome, why: String| Unsendable {
        record: record(context, member.ordinal, &endpoint, treatment, outcome, now),
        why,
    };
    let reference = context.reference(treatment);
    let changed = changes.map(|changes| changes.applied_to(&endpoint));
    let send = Send {
        context,
        member,
        endpoint: changed.as_ref().unwrap_or(&endpoint),
        changes,
        reference,
        now,
    };
    let permanent = |why: String| failed(Outcome::FailurePermanent, why);
    let made = match context.words(treatment, endpoint.channel) {
        None => {
            let channel = endpoint.channel.map_or("", ChannelType::as_str);
            let why = format!("the application has no {channel} channel that is enabled");
            return Err(failed(Outcome::UnsupportedChannel, why));
        }
        Some(Words::Email(email)) => send.email(email).map_err(|(event, why)| {
            let mut failed = permanent(why);
            failed.record.events.push(*event);
            failed
        }),
        Some(Words::Push(push)) => send.push(push).map_err(|why| permanent(why.to_string())),
        Some(Words::Sms(sms)) => send.sms(sms).map_err(|why| permanent(why.to_string())),
        Some(Words::Custom(custom)) => Ok(send.custom(custom)),
    };
    let message = made?;
    Ok(Box::new(Ready {
        member,
        endpoint,
        treatment,
        message,
        reservation: None,
    }))
}

/// A member for whom there is no message.
#[derive(Debug)]
pub(crate) struct Unsendable {
    /// The outcome with its records.
    pub record: Record,
    /// Why, for people.
    pub why: String,
}

/// Why there is no text message for a recipient.
#[derive(Debug, thiserror::Error)]
enum NoText {
    #[error(transparent)]
    Payload(#[from] PayloadError),
    #[error("the address is no telephone number")]
    Number,
}

/// One message on its way.
struct Send<'a> {
    context: &'a RunContext,
    member: Member,
    endpoint: &'a Endpoint,
    changes: Option<&'a Changes>,
    reference: CampaignRef,
    now: Timestamp,
}

impl Send<'_> {
    /// The name of the send.
    fn key(&self) -> String {
        let activity = self.reference.activity.as_ref();
        let key = send_key(
            activity.unwrap_or_else(|| self.context.id()),
            &self.endpoint.id,
        );
        match self.member.trigger {
            Some(trigger) => format!("{key}/{}", trigger.occurrence),
            None => key,
        }
    }

    fn variables(&self) -> Variables<'_> {
        Variables {
            endpoint: Some(self.endpoint),
            ..Variables::default()
        }
    }

    fn address(&self) -> String {
        self.endpoint.address.clone().unwrap_or_default()
    }

    /// The mail, or the record that tells why there is none, and why.
    fn email(&self, email: &EmailTreatment) -> Result<Outgoing, (Box<model::Event>, String)> {
        let endpoint = self.endpoint;
        let key = self.key();
        let message_id = message_id(&key);
        let mut facts = MailFacts {
            app: endpoint.app.clone(),
            endpoint: endpoint.id.clone(),
            ordinal: Some(self.member.ordinal),
            user: endpoint.user.clone(),
            campaign: Some(self.reference.clone()),
            journey: None,
            message_id: message_id.clone(),
            sent: self.now,
            from: String::new(),
            to: self.address(),
            subject: None,
            headers: Vec::new(),
            context: BTreeMap::new(),
        };
        let shared = &self.context.shared;
        let tracker = shared.signer.tracker(
            &shared.settings.public_url,
            TrackedMessage {
                app: endpoint.app.clone(),
                endpoint: endpoint.id.clone(),
                ordinal: Some(self.member.ordinal),
                campaign: Some(self.reference.clone()),
                journey: None,
                message_id: message_id.clone(),
                sent: self.now,
            },
        );
        let failed = |facts: &MailFacts, error: String| {
            let template = email.template.as_deref();
            let event = feedback::rendering_failure(facts, template, &error, self.now);
            (Box::new(event), error)
        };
        let rendered = email
            .content
            .render(&self.variables(), Some(&tracker))
            .map_err(|error| failed(&facts, error.to_string()))?;
        let to = Mailbox::parse(&facts.to).map_err(|error| failed(&facts, error.to_string()))?;
        facts.from = rendered.from.to_string();
        let mime = mime(
            &rendered,
            &Envelope {
                to: &to.address,
                reply_to: &[],
                message_id: &message_id_header(&message_id, &rendered.from.address),
                date: self.now,
                service_headers: &tracker.unsubscribe_headers(),
            },
        );
        let mail = OutboundEmail {
            key,
            message_id,
            from: rendered.from.address,
            to: to.address,
            mime: Bytes::from(mime),
            app: endpoint.app.clone(),
            endpoint: endpoint.id.clone(),
            user: endpoint.user.clone(),
            campaign: Some(self.reference.clone()),
            journey: None,
            subject: rendered.subject,
            test: false,
        };
        Ok(Outgoing::Mail(mail, facts))
    }

    fn push(&self, push: &PushTreatment) -> Result<Outgoing, PayloadError> {
        let channel = self.endpoint.channel.unwrap_or(ChannelType::Push);
        let origin = PushOrigin::Campaign(&self.reference, &self.endpoint.id);
        let title = self.changes.and_then(|it| it.title_override.as_deref());
        let body = self.changes.and_then(|it| it.body_override.as_deref());
        let own = match (title, body) {
            (None, None) => None,
            _ => Some(push.content.with_words(title, body)?),
        };
        let content = own.as_ref().unwrap_or(&push.content);
        let rendered = content.render(channel, &self.variables(), &origin)?;
        let message = self.message(channel, self.address(), Payload::Push(rendered));
        Ok(Outgoing::Other(message, None))
    }

    fn sms(&self, sms: &SmsTreatment) -> Result<Outgoing, NoText> {
        let number = phone::normalize(&self.address()).ok_or(NoText::Number)?;
        let body = self.changes.and_then(|it| it.body_override.as_deref());
        let own = body.map(|body| sms.content.with_body(body)).transpose()?;
        let content = own.as_ref().unwrap_or(&sms.content);
        let payload = Payload::Sms(Sms {
            text: content.render(&self.variables())?,
            kind: sms.kind,
            origin: sms.origin.clone(),
        });
        let message = self.message(ChannelType::Sms, number, payload);
        let facts = self.facts(&message);
        Ok(Outgoing::Other(message, Some(facts)))
    }

    /// A message to the inbox, or a part of a call.
    fn custom(&self, custom: &CustomTreatment) -> Outgoing {
        if !self.context.shared.callees.stays_here(&custom.target) {
            return Outgoing::Call(told(self.endpoint));
        }
        let payload = Payload::Custom(Custom {
            uri: custom.uri.clone(),
            body: custom.body(&self.context.run, &self.reference, self.endpoint),
        });
        let message = self.message(ChannelType::Custom, self.address(), payload);
        Outgoing::Other(message, None)
    }

    fn message(&self, channel: ChannelType, to: String, payload: Payload) -> OutboundMessage {
        let key = self.key();
        OutboundMessage {
            message_id: message::message_id(channel, &key),
            key,
            channel,
            to,
            payload,
            app: self.endpoint.app.clone(),
            endpoint: self.endpoint.id.clone(),
            user: self.endpoint.user.clone(),
            campaign: Some(self.reference.clone()),
            journey: None,
            test: false,
        }
    }

    /// What the records of a text message tell.
    fn facts(&self, message: &OutboundMessage) -> SmsFacts {
        SmsFacts {
            app: message.app.clone(),
            endpoint: message.endpoint.clone(),
            ordinal: Some(self.member.ordinal),
            user: message.user.clone(),
            campaign: message.campaign.clone(),
            journey: None,
            message_id: message.message_id.clone(),
            request_id: self.context.id().to_string(),
            to: message.to.clone(),
            context: BTreeMap::new(),
            trace_id: None,
        }
    }
}
