//! Facts about messages that sets and rows share (`docs/spec/analytics.md §1.2, §2.6`).

use model::Outcome;

use crate::{Channel, Group, Measure};

pub(crate) const SEND: &str = "_email.send";
pub(crate) const DELIVERED: &str = "_email.delivered";
pub(crate) const OPEN: &str = "_email.open";
pub(crate) const CLICK: &str = "_email.click";
pub(crate) const UNSUBSCRIBE: &str = "_email.unsubscribe";
pub(crate) const BOUNCE: &str = "_email.hardbounce";
pub(crate) const SOFT_BOUNCE: &str = "_email.softbounce";
pub(crate) const COMPLAINT: &str = "_email.complaint";
pub(crate) const REJECTION: &str = "_email.rejected";
pub(crate) const SMS_SEND: &str = "_SMS.BUFFERED";
pub(crate) const SMS_SUCCESS: &str = "_SMS.SUCCESS";
pub(crate) const SMS_FAILURE: &str = "_SMS.FAILURE";
pub(crate) const CAMPAIGN_SEND: &str = "_campaign.send";
pub(crate) const JOURNEY_SEND: &str = "_journey.send";
pub(crate) const CAMPAIGN_OPENED: &str = "_campaign.opened_notification";
pub(crate) const JOURNEY_OPENED: &str = "_journey.opened_notification";

/// What a row says about messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// A message was sent.
    Sent,
    /// Something was heard of a message.
    Feedback,
}

/// What an event of this type says about messages of which channel; `None` if nothing.
pub(super) fn says(
    kind: &str,
    client: bool,
    channel: Option<&str>,
    status: Option<&str>,
) -> Option<(Channel, Says)> {
    if client {
        return matches!(kind, CAMPAIGN_OPENED | JOURNEY_OPENED)
            .then_some((Channel::Push, Says::Feedback));
    }
    match kind {
        SEND => Some((Channel::Email, Says::Sent)),
        SMS_SEND => Some((Channel::Sms, Says::Sent)),
        CAMPAIGN_SEND | JOURNEY_SEND => {
            let channel = channel.and_then(Channel::parse)?;
            let attempted = status
                .and_then(Outcome::parse)
                .is_some_and(Outcome::attempted);
            (!matches!(channel, Channel::Email | Channel::Sms) && attempted)
                .then_some((channel, Says::Sent))
        }
        _ if kind.starts_with("_email.") => Some((Channel::Email, Says::Feedback)),
        _ if kind.starts_with("_SMS.") => Some((Channel::Sms, Says::Feedback)),
        _ => None,
    }
}

impl Measure {
    /// Whether the measure is of the messages sent in the window, whatever happened when.
    pub(super) const fn is_cohort(self) -> bool {
        match self {
            Self::Sent
            | Self::Delivered
            | Self::EndpointsDelivered
            | Self::SentHardBounced
            | Self::SentSoftBounced
            | Self::SentComplained
            | Self::DeliveredOpened
            | Self::DeliveredClicked
            | Self::PriceMillicents
            | Self::Parts
            | Self::DeliveredParts => true,
            Self::Opens
            | Self::Clicks
            | Self::Unsubscribes
            | Self::PushOpens
            | Self::HardBounced
            | Self::SoftBounced
            | Self::Complained
            | Self::Rejected
            | Self::RecipientsOpened
            | Self::RecipientsClicked
            | Self::Failed => false,
        }
    }

    /// Whether a group exists because something was heard in it, although nothing was sent. A
    /// cohort belongs to the day on which it was sent.
    pub(super) fn heard_counts(self, group: &Group) -> bool {
        !(self.is_cohort() && matches!(group, Group::Day | Group::Hour))
    }
}
