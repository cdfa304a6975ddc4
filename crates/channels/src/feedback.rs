//! The records of what happened to a message (`docs/spec/events.md §2–3`). Push messages, calls
//! and custom messages have none beside the send of their campaign or journey.

mod sms;

pub use sms::{SmsFacts, sms_handed_over, sms_reported};

use std::sync::Arc;

use std::collections::BTreeMap;

use clock::Timestamp;
use model::{
    AppId, CampaignRef, ChannelType, Endpoint, EndpointId, Event, Header, JourneyRef, MailDetail,
    MailFacet, Ordinal, Origin, Outcome, UserId,
};
use render::LinkTags;

use crate::email::{Delivery, Refusal, Report};

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

/// Names the tag of links that unsubscribe (`docs/spec/channels.md §4`).
const UNSUBSCRIBE_TAG: &str = "unsubscribeLinkTag";

/// `_campaign.send`: the fate of one endpoint in a run. `None` for outcomes without a record.
#[must_use]
pub fn campaign_send(
    endpoint: &Endpoint,
    campaign: &CampaignRef,
    outcome: Outcome,
    sent: Timestamp,
    arrival: Timestamp,
) -> Option<Event> {
    outcome.recorded().then(|| Event {
        app: endpoint.app.clone(),
        kind: "_campaign.send".to_owned(),
        origin: Origin::Service,
        timestamp: sent,
        arrival,
        endpoint: endpoint.id.clone(),
        ordinal: Some(endpoint.ordinal),
        user: endpoint.user.clone(),
        client_event_id: None,
        session: None,
        device: Arc::default(),
        attributes: BTreeMap::new(),
        metrics: BTreeMap::new(),
        campaign: Some(campaign.clone()),
        journey: None,
        message_id: None,
        channel: endpoint.channel,
        status: Some(outcome.as_str().to_owned()),
        mail: None,
        endpoint_json: Some(endpoint_json(endpoint)),
    })
}

/// The endpoint without its address, as `client_context` tells it (`docs/spec/events.md §3.3`).
fn endpoint_json(endpoint: &Endpoint) -> String {
    let user = endpoint
        .user
        .as_ref()
        .map(|user| serde_json::json!({"UserId": user.as_str()}));
    let mut json = serde_json::json!({
        "EndpointStatus": endpoint.status.as_str(),
        "OptOut": endpoint.opt_out.as_str(),
        "ApplicationId": endpoint.app.as_str(),
        "Id": endpoint.id.as_str(),
        "CohortId": endpoint.cohort.to_string(),
    });
    if let Some(channel) = endpoint.channel {
        json["ChannelType"] = channel.as_str().into();
    }
    if let Some(user) = user {
        json["User"] = user;
    }
    json.to_string()
}

/// What a hand-over that ended with `delivery` is recorded as: `_email.send`, then
/// `_email.delivered`, `_email.hardbounce`, `_email.softbounce` or `_email.complaint`. Nothing
/// follows while it is unknown whether the message was taken, and a server that could not be
/// reached or asks for patience makes no bounce.
#[must_use]
pub fn handed_over(facts: &MailFacts, delivery: &Delivery, at: Timestamp) -> Vec<Event> {
    let sent = mail_event(facts, "_email.send", MailFacet::Send, at);
    let mut events = vec![sent];
    match delivery {
        Delivery::Accepted {
            provider_response,
            mta,
            report,
        } => {
            let facet = MailFacet::Delivery {
                smtp_response: provider_response.clone(),
                reporting_mta: mta.clone(),
                processing_time_ms: u64::try_from(at.since(facts.sent).as_millis())
                    .unwrap_or(u64::MAX),
            };
            events.push(mail_event(facts, "_email.delivered", facet, at));
            if *report == Some(Report::Complained) {
                events.push(self::complained(facts, Some("abuse"), at));
            }
        }
        Delivery::Permanent(refusal) => {
            let facet = bounce(facts, true, "General", refusal);
            events.push(mail_event(facts, "_email.hardbounce", facet, at));
        }
        Delivery::Suppressed => {
            let facet = bounce(facts, true, "Suppressed", &suppressed());
            events.push(mail_event(facts, "_email.hardbounce", facet, at));
        }
        Delivery::Transient(refusal) if refusal.code.is_some() => {
            let facet = bounce(facts, false, "General", refusal);
            events.push(mail_event(facts, "_email.softbounce", facet, at));
        }
        Delivery::Transient(_) | Delivery::Throttled(_) | Delivery::Unknown { .. } => {}
    }
    events
}

/// `_email.rendering_failure`.
#[must_use]
pub fn rendering_failure(
    facts: &MailFacts,
    template: Option<&str>,
    error: &str,
    at: Timestamp,
) -> Event {
    let facet = MailFacet::RenderingFailure {
        template_name: template.map(str::to_owned),
        error: error.to_owned(),
    };
    mail_event(facts, "_email.rendering_failure", facet, at)
}

/// `_email.open`.
#[must_use]
pub fn opened(facts: &MailFacts, visitor: &Visitor, at: Timestamp) -> Event {
    let facet = MailFacet::Open {
        ip_address: visitor.ip_address.clone(),
        user_agent: visitor.user_agent.clone(),
    };
    mail_event(facts, "_email.open", facet, at)
}

/// `_email.click`, and `_email.unsubscribe` too if the link is tagged so.
#[must_use]
pub fn clicked(
    facts: &MailFacts,
    url: &str,
    tags: &LinkTags,
    visitor: &Visitor,
    at: Timestamp,
) -> Vec<Event> {
    let facet = click(url, tags, visitor);
    let mut events = vec![mail_event(facts, "_email.click", facet.clone(), at)];
    if tags.contains_key(UNSUBSCRIBE_TAG) {
        events.push(mail_event(facts, "_email.unsubscribe", facet, at));
    }
    events
}

/// `_email.unsubscribe`, from the List-Unsubscribe address.
#[must_use]
pub fn unsubscribed(facts: &MailFacts, link: &str, visitor: &Visitor, at: Timestamp) -> Event {
    let tags = [(UNSUBSCRIBE_TAG.to_owned(), vec!["click".to_owned()])].into();
    mail_event(facts, "_email.unsubscribe", click(link, &tags, visitor), at)
}

/// `_email.complaint`, from a feedback loop.
#[must_use]
pub fn complained(facts: &MailFacts, feedback_type: Option<&str>, at: Timestamp) -> Event {
    let facet = MailFacet::Complaint {
        feedback_id: facts.message_id.clone(),
        feedback_type: feedback_type.map(str::to_owned),
        user_agent: None,
    };
    mail_event(facts, "_email.complaint", facet, at)
}

fn click(url: &str, tags: &LinkTags, visitor: &Visitor) -> MailFacet {
    MailFacet::Click {
        ip_address: visitor.ip_address.clone(),
        user_agent: visitor.user_agent.clone(),
        link: url.to_owned(),
        link_tags: tags.clone(),
    }
}

fn bounce(facts: &MailFacts, permanent: bool, sub_type: &str, refusal: &Refusal) -> MailFacet {
    MailFacet::Bounce {
        permanent,
        sub_type: sub_type.to_owned(),
        status: refusal.status.clone(),
        diagnostic: Some(refusal.diagnostic.clone()).filter(|text| !text.is_empty()),
        reporting_mta: Some(refusal.mta.clone()).filter(|mta| !mta.is_empty()),
        feedback_id: facts.message_id.clone(),
    }
}

/// The bounce that suppression stands for.
fn suppressed() -> Refusal {
    Refusal {
        code: None,
        status: Some("5.1.1".to_owned()),
        diagnostic: "the recipient is on the suppression list".to_owned(),
        mta: String::new(),
    }
}

fn mail_event(facts: &MailFacts, kind: &str, facet: MailFacet, at: Timestamp) -> Event {
    // A campaign's sends tell no subject (`docs/spec/events.md §3.5`).
    let hides_subject = facet == MailFacet::Send && facts.campaign.is_some();
    Event {
        app: facts.app.clone(),
        kind: kind.to_owned(),
        origin: Origin::Service,
        timestamp: facts.sent,
        arrival: at,
        endpoint: facts.endpoint.clone(),
        ordinal: facts.ordinal,
        user: facts.user.clone(),
        client_event_id: None,
        session: None,
        device: Arc::default(),
        attributes: facts.context.clone(),
        metrics: BTreeMap::new(),
        campaign: facts.campaign.clone(),
        journey: facts.journey.clone(),
        message_id: Some(facts.message_id.clone()),
        channel: Some(ChannelType::Email),
        status: None,
        mail: Some(Box::new(MailDetail {
            sent: facts.sent,
            from: facts.from.clone(),
            to: vec![facts.to.clone()],
            subject: facts.subject.clone().filter(|_| !hides_subject),
            headers: facts.headers.clone(),
            facet,
        })),
        endpoint_json: None,
    }
}

#[cfg(test)]
mod tests {
    use model::{Demographic, EndpointStatus, Location, OptOut};

    use super::*;
    use crate::email::simulator::{Simulated, simulated};

    fn facts() -> MailFacts {
        MailFacts {
            app: "a".into(),
            endpoint: "ep-1".into(),
            ordinal: Some(3),
            user: Some("u-1".into()),
            campaign: Some(CampaignRef {
                campaign: "c".into(),
                activity: Some("r".into()),
                treatment: Some("0".to_owned()),
            }),
            journey: None,
            message_id: "m-1".to_owned(),
            sent: Timestamp::from_millis(1_000),
            from: "news@shop.example".to_owned(),
            to: "ana@mail.example".to_owned(),
            subject: Some("Hi".to_owned()),
            headers: Vec::new(),
            context: [("k".to_owned(), "v".to_owned())].into(),
        }
    }

    #[test]
    fn what_a_hand_over_is_recorded_as() {
        #[track_caller]
        fn check(delivery: &Delivery, want: &[&str]) {
            let events = handed_over(&facts(), delivery, Timestamp::from_millis(4_871));
            let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
            assert_eq!(kinds, want, "{delivery:?}");
            for event in events {
                assert_eq!(
                    (event.timestamp.as_millis(), event.arrival.as_millis()),
                    (1_000, 4_871)
                );
                assert_eq!(event.message_id.as_deref(), Some("m-1"));
                assert_eq!(event.attributes["k"], "v");
            }
        }
        let by_name = |name: &str| {
            simulated(&format!("{name}@simulator.beckon.test"))
                .expect("a simulated address")
                .delivery("m-1")
        };
        check(&by_name("success"), &["_email.send", "_email.delivered"]);
        check(&by_name("bounce"), &["_email.send", "_email.hardbounce"]);
        check(
            &by_name("softbounce"),
            &["_email.send", "_email.softbounce"],
        );
        check(
            &by_name("complaint"),
            &["_email.send", "_email.delivered", "_email.complaint"],
        );
        check(
            &by_name("suppressionlist"),
            &["_email.send", "_email.hardbounce"],
        );
        check(
            &Delivery::Unknown {
                reason: String::new(),
            },
            &["_email.send"],
        );
        check(&Delivery::Transient(Refusal::default()), &["_email.send"]);
        check(&Delivery::Throttled(Refusal::default()), &["_email.send"]);
    }

    #[test]
    fn details() {
        let at = Timestamp::from_millis(4_871);
        let events = handed_over(&facts(), &Simulated::Success.delivery("m-1"), at);
        let mail = |event: &Event| event.mail.as_deref().cloned().expect("a mail");
        assert_eq!(mail(&events[0]).subject, None);
        assert_eq!(mail(&events[1]).subject.as_deref(), Some("Hi"));
        insta::assert_debug_snapshot!(mail(&events[1]).facet, @r#"
        Delivery {
            smtp_response: "250 2.0.0 OK m-1",
            reporting_mta: "inbox.beckon.test",
            processing_time_ms: 3871,
        }
        "#);
        let events = handed_over(&facts(), &Simulated::Bounce.delivery("m-1"), at);
        insta::assert_debug_snapshot!(mail(&events[1]).facet, @r#"
        Bounce {
            permanent: true,
            sub_type: "General",
            status: Some(
                "5.1.1",
            ),
            diagnostic: Some(
                "smtp; 550 5.1.1 user unknown",
            ),
            reporting_mta: Some(
                "inbox.beckon.test",
            ),
            feedback_id: "m-1",
        }
        "#);
    }

    #[test]
    fn visits() {
        let visitor = Visitor {
            ip_address: Some("192.0.2.1".to_owned()),
            user_agent: None,
        };
        let at = Timestamp::from_millis(9_000);
        assert_eq!(opened(&facts(), &visitor, at).kind, "_email.open");
        let kinds = |tags: &LinkTags| -> Vec<String> {
            clicked(&facts(), "https://x.example", tags, &visitor, at)
                .into_iter()
                .map(|e| e.kind)
                .collect()
        };
        assert_eq!(kinds(&LinkTags::new()), ["_email.click"]);
        let tags = [(UNSUBSCRIBE_TAG.to_owned(), vec!["x".to_owned()])].into();
        assert_eq!(kinds(&tags), ["_email.click", "_email.unsubscribe"]);
        let event = unsubscribed(&facts(), "https://b.example/u/t", &visitor, at);
        let facet = event.mail.expect("a mail").facet;
        assert!(matches!(facet, MailFacet::Click { link, link_tags, .. }
            if link == "https://b.example/u/t" && link_tags[UNSUBSCRIBE_TAG] == ["click"]));
        assert_eq!(
            rendering_failure(&facts(), Some("t"), "no x", at).kind,
            "_email.rendering_failure"
        );
    }

    #[test]
    fn campaign_sends_conceal_the_address() {
        let endpoint = Endpoint {
            app: "a".into(),
            id: "ep-1".into(),
            ordinal: 3,
            channel: Some(ChannelType::Email),
            address: Some("ana@mail.example".to_owned()),
            attributes: BTreeMap::new(),
            metrics: BTreeMap::new(),
            demographic: Demographic::default(),
            location: Location::default(),
            user: Some("u-1".into()),
            user_attributes: BTreeMap::new(),
            opt_out: OptOut::None,
            status: EndpointStatus::Active,
            effective: Timestamp::default(),
            request_id: String::new(),
            cohort: 37,
            created: Timestamp::default(),
            last_active: None,
        };
        let campaign = facts().campaign.expect("a campaign");
        let now = Timestamp::from_millis(1_000);
        let event =
            campaign_send(&endpoint, &campaign, Outcome::Success, now, now).expect("recorded");
        assert_eq!(event.status.as_deref(), Some("SUCCESS"));
        insta::assert_snapshot!(event.endpoint_json.expect("json"), @r#"{"ApplicationId":"a","ChannelType":"EMAIL","CohortId":"37","EndpointStatus":"ACTIVE","Id":"ep-1","OptOut":"NONE","User":{"UserId":"u-1"}}"#);
        assert!(campaign_send(&endpoint, &campaign, Outcome::EndpointOptOut, now, now).is_none());
    }
}
