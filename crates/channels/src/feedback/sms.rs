//! The records of what happened to a text message (`docs/spec/events.md §3.6`).

use std::sync::Arc;

use std::collections::BTreeMap;

use clock::Timestamp;
use model::{
    AppId, CampaignRef, ChannelType, EndpointId, Event, JourneyRef, Ordinal, Origin, UserId,
};

use crate::delivery::{Delivery, Report};
use crate::message::Sms;
use crate::phone;

/// What is known of a text message when something happens to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsFacts {
    /// The application.
    pub app: AppId,
    /// The recipient's endpoint; a UUID for a bare number.
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
    /// The request or run that sent.
    pub request_id: String,
    /// The recipient's number in E.164 form.
    pub to: String,
    /// The context of a direct send.
    pub context: BTreeMap<String, String>,
    /// The caller's mark on a direct send.
    pub trace_id: Option<String>,
}

/// What a hand-over that ended with `delivery` is recorded as: `_SMS.BUFFERED` and what the
/// recipient's side said already, or `_SMS.FAILURE`. Nothing is recorded of a message that the
/// provider did not take for now.
#[must_use]
pub fn sms_handed_over(
    facts: &SmsFacts,
    sms: &Sms,
    delivery: &Delivery,
    at: Timestamp,
) -> Vec<Event> {
    match delivery {
        Delivery::Accepted { report, .. } => {
            let mut events = vec![event(facts, sms, "_SMS.BUFFERED", "PENDING", at)];
            if let Some(report) = report {
                events.push(sms_reported(facts, sms, report, at));
            }
            events
        }
        Delivery::Permanent(refusal) => {
            let status = refusal.status.as_deref().unwrap_or("UNKNOWN");
            vec![event(facts, sms, "_SMS.FAILURE", status, at)]
        }
        Delivery::Unknown { .. } => vec![event(facts, sms, "_SMS.BUFFERED", "PENDING", at)],
        Delivery::Suppressed => vec![event(facts, sms, "_SMS.FAILURE", "OPTED_OUT", at)],
        Delivery::Transient(_) | Delivery::Throttled(_) => Vec::new(),
    }
}

/// What the recipient's side said about a message that was taken.
#[must_use]
pub fn sms_reported(facts: &SmsFacts, sms: &Sms, report: &Report, at: Timestamp) -> Event {
    match report {
        Report::Arrived => event(facts, sms, "_SMS.SUCCESS", "DELIVERED", at),
        Report::Complained => event(facts, sms, "_SMS.FAILURE", "SPAM", at),
        Report::Failed(status) => event(facts, sms, "_SMS.FAILURE", status, at),
    }
}

fn event(facts: &SmsFacts, sms: &Sms, kind: &str, status: &str, at: Timestamp) -> Event {
    let country = phone::country(&facts.to);
    let context = (!facts.context.is_empty()).then(|| serde_json::json!(facts.context).to_string());
    let direct = facts.campaign.is_none() && facts.journey.is_none();
    let attributes = [
        ("sender_request_id", Some(facts.request_id.clone())),
        (
            "origination_phone_number",
            Some(sms.origin.shown().to_owned()).filter(|shown| !shown.is_empty()),
        ),
        ("destination_phone_number", Some(facts.to.clone())),
        ("iso_country_code", country.map(str::to_owned)),
        ("number_of_message_parts", Some(sms.text.parts.to_string())),
        ("message_type", Some(sms.kind.as_str().to_owned())),
        ("customer_context", context),
        ("treatment_id", direct.then(|| "0".to_owned())),
        ("trace_id", facts.trace_id.clone()),
    ];
    Event {
        app: facts.app.clone(),
        kind: kind.to_owned(),
        origin: Origin::Service,
        timestamp: at,
        arrival: at,
        endpoint: facts.endpoint.clone(),
        ordinal: facts.ordinal,
        user: facts.user.clone(),
        client_event_id: None,
        session: None,
        device: Arc::default(),
        attributes: attributes
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect(),
        metrics: BTreeMap::new(),
        campaign: facts.campaign.clone(),
        journey: facts.journey.clone(),
        message_id: Some(facts.message_id.clone()),
        channel: Some(ChannelType::Sms),
        status: Some(status.to_owned()),
        mail: None,
        endpoint_json: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Refusal;
    use crate::message::simulator::simulated;
    use crate::message::{SmsKind, SmsOrigin};

    fn facts() -> SmsFacts {
        SmsFacts {
            app: "a".into(),
            endpoint: "ep-1".into(),
            ordinal: None,
            user: None,
            campaign: None,
            journey: None,
            message_id: "m-1".to_owned(),
            request_id: "r-1".to_owned(),
            to: "+4791234567".to_owned(),
            context: BTreeMap::from([("order".to_owned(), "7".to_owned())]),
            trace_id: Some("t-1".to_owned()),
        }
    }

    fn sms() -> Sms {
        Sms {
            text: render::sms_text("Hi".to_owned()).expect("a text"),
            kind: SmsKind::Transactional,
            origin: SmsOrigin {
                sender_id: Some("SHOP".to_owned()),
                ..SmsOrigin::default()
            },
        }
    }

    #[test]
    fn what_a_hand_over_is_recorded_as() {
        #[track_caller]
        fn check(delivery: &Delivery, want: &[(&str, &str)]) {
            let events = sms_handed_over(&facts(), &sms(), delivery, Timestamp::from_millis(5));
            let got: Vec<(&str, &str)> = events
                .iter()
                .map(|event| (&*event.kind, event.status.as_deref().unwrap_or_default()))
                .collect();
            assert_eq!(got, want, "{delivery:?}");
        }
        let of = |number: &str| {
            let fate = simulated(ChannelType::Sms, number).expect("a simulated number");
            fate.delivery(ChannelType::Sms, "m-1")
        };
        check(
            &of("+14254147755"),
            &[("_SMS.BUFFERED", "PENDING"), ("_SMS.SUCCESS", "DELIVERED")],
        );
        check(
            &of("+14254147167"),
            &[
                ("_SMS.BUFFERED", "PENDING"),
                ("_SMS.FAILURE", "UNREACHABLE"),
            ],
        );
        check(&of("+14255550101"), &[("_SMS.FAILURE", "OPTED_OUT")]);
        check(&of("+14255550104"), &[("_SMS.FAILURE", "BLOCKED")]);
        check(&Delivery::Throttled(Refusal::default()), &[]);
    }

    #[test]
    fn attributes() {
        let accepted = simulated(ChannelType::Sms, "+14254147755").expect("a simulated number");
        let delivery = accepted.delivery(ChannelType::Sms, "m-1");
        let events = sms_handed_over(&facts(), &sms(), &delivery, Timestamp::from_millis(5));
        insta::assert_debug_snapshot!(events[0].attributes, @r#"
        {
            "customer_context": "{\"order\":\"7\"}",
            "destination_phone_number": "+4791234567",
            "iso_country_code": "NO",
            "message_type": "Transactional",
            "number_of_message_parts": "1",
            "origination_phone_number": "SHOP",
            "sender_request_id": "r-1",
            "trace_id": "t-1",
            "treatment_id": "0",
        }
        "#);
    }
}
