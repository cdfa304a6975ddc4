//! The names of the KPIs and what they mean (`docs/spec/analytics.md §4`).

use crate::question::{Channel, Measure, MessageKind};

/// A KPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kpi {
    /// The name in the path.
    pub name: &'static str,
    /// What it is asked of.
    pub scope: KpiLevel,
    /// Which messages.
    pub kind: MessageKind,
    /// The channel; absent means every channel.
    pub channel: Option<Channel>,
    /// What is computed.
    pub formula: Formula,
    /// How rows are grouped.
    pub group: KpiGroup,
}

/// What a KPI is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum KpiLevel {
    App,
    Campaign,
    Journey,
}

/// What a KPI computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formula {
    /// A measure.
    Count(Measure),
    /// One measure by another.
    Rate(Measure, Measure),
}

/// How the rows of a KPI are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum KpiGroup {
    None,
    Date,
    Campaign,
    CampaignActivity,
    JourneyActivity,
    Country,
    ErrorCode,
}

/// The KPI with this name at this level.
#[must_use]
pub fn find(scope: KpiLevel, name: &str) -> Option<&'static Kpi> {
    CATALOGUE
        .iter()
        .find(|kpi| kpi.scope == scope && kpi.name == name)
}

/// One section of the catalogue: level, kind, and then names with channel, formula and group.
macro_rules! kpis {
    ($($level:ident $kind:ident { $($name:literal $channel:tt $formula:expr, $group:ident;)* })*) => {
        /// Every KPI.
        pub const CATALOGUE: &[Kpi] = &[$($(
            Kpi {
                name: $name,
                scope: KpiLevel::$level,
                kind: MessageKind::$kind,
                channel: kpis!(@channel $channel),
                formula: $formula,
                group: KpiGroup::$group,
            },
        )*)*];
    };
    (@channel any) => { None };
    (@channel email) => { Some(Channel::Email) };
    (@channel push) => { Some(Channel::Push) };
    (@channel sms) => { Some(Channel::Sms) };
}

use Formula::{Count, Rate};
use Measure::{
    Clicks, Complained, Delivered, DeliveredOpened, DeliveredParts, EndpointsDelivered, Failed,
    HardBounced, Opens, Parts, PriceMillicents, PushOpens, RecipientsClicked, RecipientsOpened,
    Rejected, Sent, SentComplained, SentHardBounced, SoftBounced, Unsubscribes,
};

kpis! {
    // §4.1
    App Campaign {
        "successful-delivery-rate" any Rate(Delivered, Sent), None;
        "successful-delivery-rate-grouped-by-date" any Rate(Delivered, Sent), Date;
        "unique-deliveries" any Count(EndpointsDelivered), None;
        "unique-deliveries-grouped-by-campaign" any Count(EndpointsDelivered), Campaign;
        "unique-deliveries-grouped-by-date" any Count(EndpointsDelivered), Date;
        "successful-deliveries-grouped-by-campaign" any Count(Delivered), Campaign;
        "email-open-rate" email Rate(DeliveredOpened, Delivered), None;
        "email-open-rate-grouped-by-campaign" email Rate(DeliveredOpened, Delivered), Campaign;
        "push-open-rate" push Rate(DeliveredOpened, Delivered), None;
        "push-open-rate-grouped-by-campaign" push Rate(DeliveredOpened, Delivered), Campaign;
    }
    // §4.2
    Campaign Campaign {
        "successful-delivery-rate" any Rate(Delivered, Sent), None;
        "successful-delivery-rate-grouped-by-campaign-activity" any Rate(Delivered, Sent), CampaignActivity;
        "successful-delivery-rate-grouped-by-date" any Rate(Delivered, Sent), Date;
        "hard-bounce-rate" email Rate(SentHardBounced, Sent), None;
        "hard-bounce-rate-grouped-by-campaign-activity" email Rate(SentHardBounced, Sent), CampaignActivity;
        "email-open-rate" email Rate(DeliveredOpened, Delivered), None;
        "email-open-rate-grouped-by-campaign-activity" email Rate(DeliveredOpened, Delivered), CampaignActivity;
        "push-open-rate" push Rate(DeliveredOpened, Delivered), None;
        "push-open-rate-grouped-by-campaign-activity" push Rate(DeliveredOpened, Delivered), CampaignActivity;
        "unique-deliveries" any Count(EndpointsDelivered), None;
        "unique-deliveries-grouped-by-campaign-activity" any Count(EndpointsDelivered), CampaignActivity;
        "unique-deliveries-grouped-by-date" any Count(EndpointsDelivered), Date;
        "attempted-deliveries-grouped-by-campaign-activity" any Count(Sent), CampaignActivity;
        "successful-deliveries-grouped-by-campaign-activity" any Count(Delivered), CampaignActivity;
        "direct-email-opens-grouped-by-campaign-activity" email Count(Opens), CampaignActivity;
        "direct-push-opens-grouped-by-campaign-activity" push Count(PushOpens), CampaignActivity;
        "clicks-grouped-by-campaign-activity" email Count(Clicks), CampaignActivity;
        "sms-spend" sms Count(PriceMillicents), None;
    }
    // §4.3
    App Transactional {
        "txn-emails-sent" email Count(Sent), None;
        "txn-emails-sent-grouped-by-date" email Count(Sent), Date;
        "txn-emails-delivered" email Count(Delivered), None;
        "txn-emails-delivered-grouped-by-date" email Count(Delivered), Date;
        "txn-emails-delivery-rate" email Rate(Delivered, Sent), None;
        "txn-emails-delivery-rate-grouped-by-date" email Rate(Delivered, Sent), Date;
        "txn-emails-hard-bounced" email Count(HardBounced), None;
        "txn-emails-hard-bounced-grouped-by-date" email Count(HardBounced), Date;
        "txn-emails-soft-bounced" email Count(SoftBounced), None;
        "txn-emails-soft-bounced-grouped-by-date" email Count(SoftBounced), Date;
        "txn-emails-with-complaints" email Count(Complained), None;
        "txn-emails-with-complaints-grouped-by-date" email Count(Complained), Date;
        "txn-emails-complaint-rate" email Rate(SentComplained, Sent), None;
        "txn-emails-complaint-rate-grouped-by-date" email Rate(SentComplained, Sent), Date;
        "txn-emails-opened" email Count(Opens), None;
        "txn-emails-opened-grouped-by-date" email Count(Opens), Date;
        "txn-emails-clicked" email Count(Clicks), None;
        "txn-emails-clicked-grouped-by-date" email Count(Clicks), Date;
        "txn-emails-unique-opens" email Count(RecipientsOpened), None;
        "txn-emails-unique-opens-grouped-by-date" email Count(RecipientsOpened), Date;
        "txn-emails-unique-clicks" email Count(RecipientsClicked), None;
        "txn-emails-unique-clicks-grouped-by-date" email Count(RecipientsClicked), Date;
    }
    // §4.4
    App Transactional {
        "txn-sms-sent" sms Count(Sent), None;
        "txn-sms-sent-grouped-by-country" sms Count(Sent), Country;
        "txn-sms-sent-grouped-by-date" sms Count(Sent), Date;
        "txn-sms-delivered" sms Count(Delivered), None;
        "txn-sms-delivered-grouped-by-country" sms Count(Delivered), Country;
        "txn-sms-delivered-grouped-by-date" sms Count(Delivered), Date;
        "txn-sms-delivery-rate" sms Rate(Delivered, Sent), None;
        "txn-sms-delivery-rate-grouped-by-date" sms Rate(Delivered, Sent), Date;
        "txn-sms-sent-by-parts" sms Count(Parts), None;
        "txn-sms-sent-by-parts-grouped-by-country" sms Count(Parts), Country;
        "txn-sms-delivered-by-parts" sms Count(DeliveredParts), None;
        "txn-sms-delivered-by-parts-grouped-by-country" sms Count(DeliveredParts), Country;
        "txn-sms-error-distribution" sms Count(Failed), ErrorCode;
        "txn-sms-total-price-grouped-by-country" sms Count(PriceMillicents), Country;
        "txn-sms-average-price-grouped-by-country" sms Rate(PriceMillicents, Sent), Country;
        "txn-sms-average-price-by-parts-grouped-by-country" sms Rate(PriceMillicents, Parts), Country;
    }
    // §4.5
    Journey Journey {
        "journey-emails-sent" email Count(Sent), None;
        "journey-emails-delivered" email Count(Delivered), None;
        "journey-emails-opened" email Count(Opens), None;
        "journey-emails-clicked" email Count(Clicks), None;
        "journey-emails-hardbounced" email Count(HardBounced), None;
        "journey-emails-softbounced" email Count(SoftBounced), None;
        "journey-emails-complained" email Count(Complained), None;
        "journey-emails-rejected" email Count(Rejected), None;
        "journey-emails-unsubscribed" email Count(Unsubscribes), None;
        "emails-sent-grouped-by-journey-activity" email Count(Sent), JourneyActivity;
        "emails-delivered-grouped-by-journey-activity" email Count(Delivered), JourneyActivity;
        "emails-opened-grouped-by-journey-activity" email Count(Opens), JourneyActivity;
        "emails-clicked-grouped-by-journey-activity" email Count(Clicks), JourneyActivity;
        "emails-hardbounced-grouped-by-journey-activity" email Count(HardBounced), JourneyActivity;
        "emails-softbounced-grouped-by-journey-activity" email Count(SoftBounced), JourneyActivity;
        "emails-complained-grouped-by-journey-activity" email Count(Complained), JourneyActivity;
        "emails-rejected-grouped-by-journey-activity" email Count(Rejected), JourneyActivity;
        "emails-unsubscribed-grouped-by-journey-activity" email Count(Unsubscribes), JourneyActivity;
    }
}
