//! Addresses whose fate is in their name: mail to them never leaves the server.

use super::{Delivery, Refusal, Report};

/// Domains of simulated recipients.
const DOMAINS: &[&str] = &["simulator.beckon.test", "simulator.amazonses.com"];

/// Who answers for simulated recipients.
pub(crate) const MTA: &str = "inbox.beckon.test";

/// What happens to mail for a simulated recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Simulated {
    /// Delivered.
    Success,
    /// Refused for good.
    Bounce,
    /// Refused for now, every time.
    SoftBounce,
    /// Delivered, and complained about at once.
    Complaint,
    /// On the suppression list.
    Suppressed,
}

/// The fate that `address` names; nothing for addresses of people. A label (`bounce+x@…`) is
/// ignored.
#[must_use]
pub fn simulated(address: &str) -> Option<Simulated> {
    let (local, domain) = address.rsplit_once('@')?;
    if !DOMAINS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(domain))
    {
        return None;
    }
    let name = local.split('+').next().unwrap_or(local);
    Some(match name.to_ascii_lowercase().as_str() {
        "bounce" => Simulated::Bounce,
        "softbounce" => Simulated::SoftBounce,
        "complaint" => Simulated::Complaint,
        "suppressionlist" => Simulated::Suppressed,
        _ => Simulated::Success,
    })
}

impl Simulated {
    /// What the hand-over of the mail with this identifier ends with.
    #[must_use]
    pub fn delivery(self, message_id: &str) -> Delivery {
        let refusal = |code: u16, status: &str, text: &str| Refusal {
            code: Some(code),
            status: Some(status.to_owned()),
            diagnostic: format!("smtp; {code} {status} {text}"),
            mta: MTA.to_owned(),
        };
        match self {
            Self::Success | Self::Complaint => Delivery::Accepted {
                provider_response: format!("250 2.0.0 OK {message_id}"),
                mta: MTA.to_owned(),
                report: Some(if self == Self::Complaint {
                    Report::Complained
                } else {
                    Report::Arrived
                }),
            },
            Self::Bounce => Delivery::Permanent(refusal(550, "5.1.1", "user unknown")),
            Self::SoftBounce => Delivery::Transient(refusal(452, "4.2.2", "mailbox full")),
            Self::Suppressed => Delivery::Suppressed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide() {
        #[track_caller]
        fn check(address: &str, want: Option<Simulated>) {
            assert_eq!(simulated(address), want, "{address}");
        }
        check("success@simulator.amazonses.com", Some(Simulated::Success));
        check("Bounce+7@Simulator.Beckon.test", Some(Simulated::Bounce));
        check(
            "softbounce@simulator.beckon.test",
            Some(Simulated::SoftBounce),
        );
        check(
            "complaint@simulator.beckon.test",
            Some(Simulated::Complaint),
        );
        check(
            "suppressionlist@simulator.amazonses.com",
            Some(Simulated::Suppressed),
        );
        check("anyone@simulator.beckon.test", Some(Simulated::Success));
        check("bounce@mail.example", None);
        check("bounce", None);
    }
}
