//! What a record tells of a mail, read back (`docs/spec/events.md §3.5`).

use clock::Timestamp;
use model::{Header, MailDetail, MailFacet};
use serde_json::{Map, Value};

use super::read::{instant, object, text};

/// What a record tells of a mail; nothing if it tells of none.
pub(super) fn read(told: &Map<String, Value>, kind: &str, at: Timestamp) -> Option<MailDetail> {
    let mail = told.get("mail")?.as_object()?;
    let common = object(mail, "common_headers");
    let sent = instant(mail.get("message_send_timestamp"), "").ok()?;
    let from = text(mail, "from_address").or_else(|| text(common, "from"));
    Some(MailDetail {
        sent: sent.unwrap_or(at),
        from: from.unwrap_or_default().to_owned(),
        to: list(mail, "destination", Value::as_str),
        subject: text(common, "subject").map(str::to_owned),
        headers: read_headers(mail),
        facet: read_facet(told, kind)?,
    })
}

fn read_headers(mail: &Map<String, Value>) -> Vec<Header> {
    let headers = mail.get("headers").and_then(Value::as_array);
    let header = |header: &Value| {
        let header = header.as_object()?;
        Some(Header {
            name: text(header, "name")?.to_owned(),
            value: text(header, "value")?.to_owned(),
        })
    };
    headers.into_iter().flatten().filter_map(header).collect()
}

fn read_facet(told: &Map<String, Value>, kind: &str) -> Option<MailFacet> {
    let of = |name: &str| object(told, name);
    let own = |of: &Map<String, Value>, name: &str| text(of, name).map(str::to_owned);
    let some = |of: &Map<String, Value>, name: &str| own(of, name).unwrap_or_default();
    Some(match kind {
        "_email.send" => MailFacet::Send,
        "_email.delivered" => MailFacet::Delivery {
            smtp_response: some(of("delivery"), "smtp_response"),
            reporting_mta: some(of("delivery"), "reporting_mta"),
            processing_time_ms: of("delivery")
                .get("processing_time_millis")
                .and_then(Value::as_u64)
                .unwrap_or_default(),
        },
        "_email.hardbounce" | "_email.softbounce" => {
            let bounce = of("bounce");
            let first = bounce
                .get("bounced_recipients")
                .and_then(|recipients| recipients.get(0)?.as_object());
            MailFacet::Bounce {
                permanent: kind == "_email.hardbounce",
                sub_type: some(bounce, "bounce_sub_type"),
                status: first.and_then(|first| own(first, "status")),
                diagnostic: first.and_then(|first| own(first, "diagnostic_code")),
                reporting_mta: own(bounce, "reporting_mta"),
                feedback_id: some(bounce, "feedback_id"),
            }
        }
        "_email.complaint" => MailFacet::Complaint {
            feedback_id: some(of("complaint"), "feedback_id"),
            feedback_type: own(of("complaint"), "complaint_feedback_type"),
            user_agent: own(of("complaint"), "user_agent"),
        },
        "_email.open" => MailFacet::Open {
            ip_address: own(of("open"), "ip_address"),
            user_agent: own(of("open"), "user_agent"),
        },
        "_email.click" | "_email.unsubscribe" => MailFacet::Click {
            ip_address: own(of("click"), "ip_address"),
            user_agent: own(of("click"), "user_agent"),
            link: some(of("click"), "link"),
            link_tags: object(of("click"), "link_tags")
                .keys()
                .map(|name| {
                    let values = list(object(of("click"), "link_tags"), name, Value::as_str);
                    (name.clone(), values)
                })
                .collect(),
        },
        "_email.rejected" => MailFacet::Reject {
            reason: some(of("reject"), "reason"),
        },
        "_email.rendering_failure" => MailFacet::RenderingFailure {
            template_name: own(of("rendering_failure"), "template_name"),
            error: some(of("rendering_failure"), "error_message"),
        },
        _ => return None,
    })
}

fn list(of: &Map<String, Value>, name: &str, each: fn(&Value) -> Option<&str>) -> Vec<String> {
    let values = of.get(name).and_then(Value::as_array);
    let texts = values.into_iter().flatten().filter_map(each);
    texts.map(str::to_owned).collect()
}
