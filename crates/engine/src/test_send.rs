//! Test messages: to a few addresses or endpoints, outside any campaign
//! (`docs/spec/campaigns.md §13`). They are not tracked and leave no events, so no KPI sees them.

use bytes::Bytes;
use channels::email::{Delivery, OutboundEmail, Refusal, message_id};
use model::{
    AppId, ChannelType, EmailMessage, Endpoint, EndpointId, TemplateKind, TemplateName, TemplateRef,
};
use render::{Envelope, Mailbox, Variables, mime};
use store::StoreError;

use crate::campaigns::template;
use crate::engine::{Engine, Shared};
use crate::run::content::{ContentError, EmailTreatment, message_id_header, single};

/// Recipients of one test at most, of each kind.
pub const RECIPIENTS_MAX: usize = 10;

/// A test message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestMessage {
    /// Bare addresses.
    pub addresses: Vec<String>,
    /// Endpoints.
    pub endpoints: Vec<EndpointId>,
    /// The message; with a template, only its sender counts.
    pub message: Option<EmailMessage>,
    /// The template.
    pub template: Option<TemplateRef>,
    /// The endpoint that gives bare addresses their variables.
    pub sample: Option<EndpointId>,
    /// Whether the message stays in the inbox, whatever the transport.
    pub inbox_only: bool,
}

/// What became of a test message at one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    /// The address or endpoint, as given.
    pub to: String,
    /// Whether the message was taken.
    pub accepted: bool,
    /// The message's identifier, if there is a message.
    pub message_id: Option<String>,
    /// What the provider said, or why there is no message.
    pub detail: String,
}

/// Why no test message is sent at all.
#[derive(Debug, thiserror::Error)]
pub enum TestSendError {
    /// No recipient, or too many.
    #[error("a test goes to 1 to {RECIPIENTS_MAX} addresses and endpoints, found {0}")]
    Recipients(usize),
    /// Neither message nor template.
    #[error("either a message or a template is required")]
    NoContent,
    /// The template, or its version, does not exist.
    #[error("EMAIL template {0} does not exist")]
    UnknownTemplate(TemplateName),
    /// The content is not usable.
    #[error("{0}")]
    Content(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Sends a test message to each recipient.
    ///
    /// # Errors
    /// The message is not usable for anybody; what concerns one recipient is in its result.
    pub async fn test_send(
        &self,
        app: &AppId,
        test: &TestMessage,
    ) -> Result<Vec<TestResult>, TestSendError> {
        let recipients = test.addresses.len() + test.endpoints.len();
        let too_many =
            test.addresses.len() > RECIPIENTS_MAX || test.endpoints.len() > RECIPIENTS_MAX;
        if recipients == 0 || too_many {
            return Err(TestSendError::Recipients(recipients));
        }
        let shared = self.shared();
        let content = content(shared, app, test).await?;
        let mut results = Vec::with_capacity(recipients);
        let sample = match &test.sample {
            Some(id) => shared.store.endpoints.get(app, id).await?,
            None => None,
        };
        for address in &test.addresses {
            let to = Recipient {
                shown: address,
                address: Some(address),
                endpoint: sample.as_ref(),
            };
            results.push(send(shared, app, &content, to, test.inbox_only).await);
        }
        for id in &test.endpoints {
            let endpoint = shared.store.endpoints.get(app, id).await?;
            let to = Recipient {
                shown: id.as_str(),
                address: endpoint.as_ref().and_then(|e| e.address.as_deref()),
                endpoint: endpoint.as_ref(),
            };
            results.push(send(shared, app, &content, to, test.inbox_only).await);
        }
        Ok(results)
    }
}

/// A recipient of a test.
struct Recipient<'a> {
    shown: &'a str,
    address: Option<&'a str>,
    endpoint: Option<&'a Endpoint>,
}

async fn content(
    shared: &Shared,
    app: &AppId,
    test: &TestMessage,
) -> Result<EmailTreatment, TestSendError> {
    let template = match &test.template {
        None => None,
        Some(reference) => Some(
            template(&shared.store, TemplateKind::Email, reference)
                .await?
                .ok_or_else(|| TestSendError::UnknownTemplate(reference.name.clone()))?,
        ),
    };
    if template.is_none() && test.message.is_none() {
        return Err(TestSendError::NoContent);
    }
    let channel = shared.store.channel(app, ChannelType::Email).await?;
    let message = test.message.clone().unwrap_or_default();
    let from = message
        .from_address
        .as_deref()
        .or_else(|| {
            let email = channel.as_ref()?.email()?;
            Some(email.from_address.as_str())
        })
        .ok_or_else(|| TestSendError::Content(ContentError::NoSender.to_string()))?;
    single(template, &message, from).map_err(|error| TestSendError::Content(error.to_string()))
}

async fn send(
    shared: &Shared,
    app: &AppId,
    content: &EmailTreatment,
    to: Recipient<'_>,
    inbox_only: bool,
) -> TestResult {
    let refused = |detail: String| TestResult {
        to: to.shown.to_owned(),
        accepted: false,
        message_id: None,
        detail,
    };
    let Some(address) = to.address else {
        return refused("no endpoint with an address has this identifier".to_owned());
    };
    let mail = match compose(shared, app, content, address, to.endpoint) {
        Ok(mail) => mail,
        Err(detail) => return refused(detail),
    };
    let id = mail.message_id.clone();
    let delivery = if inbox_only {
        shared.inbox.send(mail).await
    } else if shared.suppression.contains(&mail.to) {
        Delivery::Suppressed
    } else {
        shared.email.send(mail).await
    };
    let said = |refusal: &Refusal| refusal.diagnostic.clone();
    let (accepted, detail) = match &delivery {
        Delivery::Accepted {
            provider_response, ..
        } => (true, provider_response.clone()),
        Delivery::Permanent(refusal) => (false, said(refusal)),
        Delivery::Transient(refusal) | Delivery::Throttled(refusal) => (false, said(refusal)),
        Delivery::Suppressed => (false, "the address is on the suppression list".to_owned()),
        Delivery::Unknown { reason } => (false, reason.clone()),
    };
    TestResult {
        to: to.shown.to_owned(),
        accepted,
        message_id: Some(id),
        detail,
    }
}

fn compose(
    shared: &Shared,
    app: &AppId,
    content: &EmailTreatment,
    address: &str,
    endpoint: Option<&Endpoint>,
) -> Result<OutboundEmail, String> {
    let key = format!("test/{}", shared.clock.id());
    let now = shared.clock.now();
    let variables = Variables {
        endpoint,
        now: Some(now),
        seed: Some(&key),
        ..Variables::default()
    };
    let to = Mailbox::parse(address).map_err(|error| error.to_string())?;
    let rendered = content
        .content
        .render(&variables, None)
        .map_err(|error| error.to_string())?;
    let message_id = message_id(&key);
    let mime = mime(
        &rendered,
        &Envelope {
            to: &to.address,
            reply_to: &[],
            message_id: &message_id_header(&message_id, &rendered.from.address),
            date: now,
            service_headers: &[],
        },
    );
    Ok(OutboundEmail {
        key,
        message_id,
        from: rendered.from.address,
        to: to.address,
        mime: Bytes::from(mime),
        app: app.clone(),
        endpoint: endpoint.map_or_else(|| EndpointId::new(shared.clock.uuid()), |e| e.id.clone()),
        user: endpoint.and_then(|endpoint| endpoint.user.clone()),
        campaign: None,
        journey: None,
        subject: rendered.subject,
        test: true,
    })
}
