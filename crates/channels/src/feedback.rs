//! The records of what happened to a message (`docs/spec/events.md §2–3`).

use std::collections::BTreeMap;

use clock::Timestamp;
use model::{
    AppId, CampaignRef, Endpoint, EndpointId, Event, Header, JourneyRef, Ordinal, Outcome, UserId,
};
use render::LinkTags;

use crate::email::Delivery;

/// What is known of a mail when something happens to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailFacts {
    /// The application.
    pub app: AppId,
    /// The recipient's endpoint; a UUID for a bare address.
    pub endpoint: EndpointId,
    /// Its ordinal, if it is stored.
    pub ordinal: Option<Ordinal>,
    /// The recipient's user.
    pub user: Option<UserId>,
    /// The campaign that sent.
    pub campaign: Option<CampaignRef>,
    /// The journey that sent.
    pub journey: Option<JourneyRef>,
    /// The message's identifier.
    pub message_id: String,
    /// When it was sent: repeated on every later event of the message.
    pub sent: Timestamp,
    /// The sender; empty when no longer known.
    pub from: String,
    /// The recipient; empty when no longer known.
    pub to: String,
    /// The subject.
    pub subject: Option<String>,
    /// Headers that are worth telling.
    pub headers: Vec<Header>,
    /// The context of a direct send.
    pub context: BTreeMap<String, String>,
}

/// Who opened or clicked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visitor {
    /// The address that the request came from.
    pub ip_address: Option<String>,
    /// The User-Agent header.
    pub user_agent: Option<String>,
}

/// `_campaign.send`: the fate of one endpoint in a run. `None` for outcomes without a record.
#[must_use]
pub fn campaign_send(
    _endpoint: &Endpoint,
    _campaign: &CampaignRef,
    _outcome: Outcome,
    _sent: Timestamp,
    _arrival: Timestamp,
) -> Option<Event> {
    unimplemented!()
}

/// What a hand-over that ended with `delivery` is recorded as: `_email.send`, then
/// `_email.delivered`, `_email.hardbounce`, `_email.softbounce` or `_email.complaint`.
#[must_use]
pub fn handed_over(_facts: &MailFacts, _delivery: &Delivery, _at: Timestamp) -> Vec<Event> {
    unimplemented!()
}

/// `_email.rendering_failure`.
#[must_use]
pub fn rendering_failure(
    _facts: &MailFacts,
    _template: Option<&str>,
    _error: &str,
    _at: Timestamp,
) -> Event {
    unimplemented!()
}

/// `_email.open`.
#[must_use]
pub fn opened(_facts: &MailFacts, _visitor: &Visitor, _at: Timestamp) -> Event {
    unimplemented!()
}

/// `_email.click`, and `_email.unsubscribe` too if the link is tagged so.
#[must_use]
pub fn clicked(
    _facts: &MailFacts,
    _url: &str,
    _tags: &LinkTags,
    _visitor: &Visitor,
    _at: Timestamp,
) -> Vec<Event> {
    unimplemented!()
}

/// `_email.unsubscribe`, from the List-Unsubscribe address.
#[must_use]
pub fn unsubscribed(_facts: &MailFacts, _link: &str, _visitor: &Visitor, _at: Timestamp) -> Event {
    unimplemented!()
}

/// `_email.complaint`, from a feedback loop.
#[must_use]
pub fn complained(_facts: &MailFacts, _feedback_type: Option<&str>, _at: Timestamp) -> Event {
    unimplemented!()
}
