//! The parts that only email events have (`docs/spec/events.md §3.5`).

use model::{Event, MailDetail, MailFacet};
use serde_json::{Map, Value, json};

/// `attributes.feedback`, where the type has one.
pub(super) fn feedback<'a>(kind: &str, facet: &'a MailFacet) -> Option<&'a str> {
    match (kind, facet) {
        ("_email.unsubscribe", _) => None,
        (_, MailFacet::Send) => Some("received"),
        (_, MailFacet::Delivery { .. }) => Some("delivered"),
        (_, MailFacet::Open { .. }) => Some("opened"),
        (_, MailFacet::Click { link, .. }) => Some(link),
        _ => None,
    }
}

/// `facets`: the message, and what happened to it.
pub(super) fn facets(event: &Event, mail: &MailDetail) -> Value {
    let headers: Vec<Value> = mail
        .headers
        .iter()
        .map(|header| json!({"name": header.name, "value": header.value}))
        .collect();
    let mut common = Map::new();
    common.insert("from".into(), json!(mail.from));
    common.insert("to".into(), json!(mail.to));
    if let Some(subject) = &mail.subject {
        common.insert("subject".into(), json!(subject));
    }
    let mut told = Map::new();
    told.insert(
        "mail".into(),
        json!({
            "message_id": event.message_id,
            "message_send_timestamp": mail.sent.as_millis(),
            "from_address": mail.from,
            "destination": mail.to,
            "headers_truncated": false,
            "headers": headers,
            "common_headers": common,
        }),
    );
    let (name, value) = happened(mail);
    told.insert(name.to_owned(), value);
    json!({"email_channel": {"mail_event": told}})
}

fn happened(mail: &MailDetail) -> (&'static str, Value) {
    match &mail.facet {
        MailFacet::Send => ("send", json!({})),
        MailFacet::Delivery {
            smtp_response,
            reporting_mta,
            processing_time_ms,
        } => (
            "delivery",
            json!({
                "smtp_response": smtp_response,
                "reporting_mta": reporting_mta,
                "recipients": mail.to,
                "processing_time_millis": processing_time_ms,
            }),
        ),
        MailFacet::Bounce {
            permanent,
            sub_type,
            status,
            diagnostic,
            reporting_mta,
            feedback_id,
        } => ("bounce", {
            let recipients: Vec<Value> = mail
                .to
                .iter()
                .map(|address| {
                    present([
                        ("email_address", Some(json!(address))),
                        ("action", Some(json!("failed"))),
                        ("status", status.as_ref().map(|text| json!(text))),
                        (
                            "diagnostic_code",
                            diagnostic.as_ref().map(|text| json!(text)),
                        ),
                    ])
                })
                .collect();
            present([
                (
                    "bounce_type",
                    Some(json!(if *permanent { "Permanent" } else { "Transient" })),
                ),
                ("bounce_sub_type", Some(json!(sub_type))),
                ("bounced_recipients", Some(json!(recipients))),
                ("feedback_id", Some(json!(feedback_id))),
                (
                    "reporting_mta",
                    reporting_mta.as_ref().map(|text| json!(text)),
                ),
            ])
        }),
        MailFacet::Complaint {
            feedback_id,
            feedback_type,
            user_agent,
        } => ("complaint", {
            let recipients: Vec<Value> = mail
                .to
                .iter()
                .map(|address| json!({"email_address": address}))
                .collect();
            present([
                ("complained_recipients", Some(json!(recipients))),
                ("feedback_id", Some(json!(feedback_id))),
                ("user_agent", user_agent.as_ref().map(|text| json!(text))),
                (
                    "complaint_feedback_type",
                    feedback_type.as_ref().map(|text| json!(text)),
                ),
            ])
        }),
        MailFacet::Open {
            ip_address,
            user_agent,
        } => (
            "open",
            present([
                ("ip_address", ip_address.as_ref().map(|text| json!(text))),
                ("user_agent", user_agent.as_ref().map(|text| json!(text))),
            ]),
        ),
        MailFacet::Click {
            ip_address,
            user_agent,
            link,
            link_tags,
        } => (
            "click",
            present([
                ("ip_address", ip_address.as_ref().map(|text| json!(text))),
                ("user_agent", user_agent.as_ref().map(|text| json!(text))),
                ("link", Some(json!(link))),
                ("link_tags", Some(json!(link_tags))),
            ]),
        ),
        MailFacet::Reject { reason } => ("reject", json!({"reason": reason})),
        MailFacet::RenderingFailure {
            template_name,
            error,
        } => (
            "rendering_failure",
            present([
                (
                    "template_name",
                    template_name.as_ref().map(|text| json!(text)),
                ),
                ("error_message", Some(json!(error))),
            ]),
        ),
    }
}

fn present<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect::<Map<_, _>>()
        .into()
}
