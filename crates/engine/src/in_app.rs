//! Which in-app messages an endpoint may show (`docs/spec/campaigns.md §11`).
//!
//! Belongs: choosing the live in-app campaigns of an endpoint and the treatment of each.
//! Elsewhere: their life (`campaigns`), their JSON (`api`). The device matches events and enforces
//! the caps.

use audience::evaluate::belongs;
use clock::Timestamp;
use model::{
    AppId, Campaign, CampaignContent, CampaignId, Endpoint, Frequency, InAppAlignment, InAppCard,
    InAppMessage, InAppText, Limits, QuietTime, Schedule, SegmentRef, Start, TemplateContent,
    TemplateKind,
};
use store::{Store, StoreError};

use crate::campaigns::{listed, template};
use crate::cohorts::{Assignment, Cohorts};
use crate::segments::{self, ResolveError};

/// A message that an endpoint may show.
#[derive(Debug, Clone, PartialEq)]
pub struct InAppOffer {
    /// The campaign.
    pub campaign: CampaignId,
    /// The number of the endpoint's treatment; 0 is the default.
    pub treatment: u8,
    /// Smaller goes first; absent goes last.
    pub priority: Option<u32>,
    /// The caps in force.
    pub limits: Limits,
    /// What it says.
    pub message: InAppMessage,
    /// The window, and the events that show the message.
    pub schedule: Schedule,
    /// Hours without messages.
    pub quiet_time: Option<QuietTime>,
}

/// The messages that `endpoint` may show at `now`: of every in-app campaign whose window is open,
/// that is not paused, to whose segment the endpoint belongs and whose holdout it is not in. By
/// priority, then by age.
///
/// # Errors
/// The store failed.
pub async fn offers(
    store: &Store,
    app: &AppId,
    endpoint: &Endpoint,
    now: Timestamp,
) -> Result<Vec<InAppOffer>, StoreError> {
    let mut found = Vec::new();
    for id in listed(store, app, Frequency::InAppEvent).await? {
        let campaigns = store.of::<Campaign>();
        let Some(campaign) = campaigns.get(app.as_str(), id.as_str()).await? else {
            continue;
        };
        if let Some(offer) = offer(store, &campaign, endpoint, now).await? {
            found.push((campaign.created, offer));
        }
    }
    found.sort_by_key(|(created, offer)| (offer.priority.unwrap_or(u32::MAX), *created));
    Ok(found.into_iter().map(|(_, offer)| offer).collect())
}

async fn offer(
    store: &Store,
    campaign: &Campaign,
    endpoint: &Endpoint,
    now: Timestamp,
) -> Result<Option<InAppOffer>, StoreError> {
    if campaign.paused || campaign.status.is_final() {
        return Ok(None);
    }
    let Assignment::Treatment(treatment) = Cohorts::deal(campaign).assignment(endpoint.cohort)
    else {
        return Ok(None);
    };
    let content = campaign.content(usize::from(treatment)).unwrap_or_default();
    let Some(schedule) = content.schedule.clone().filter(|it| is_open(it, now)) else {
        return Ok(None);
    };
    if !is_member(store, campaign, endpoint, now).await? {
        return Ok(None);
    }
    let Some(message) = message(store, &content).await? else {
        return Ok(None);
    };
    Ok(Some(InAppOffer {
        campaign: campaign.id.clone(),
        treatment,
        priority: campaign.priority,
        limits: campaign.limits_in_force(),
        message,
        schedule,
        quiet_time: campaign.quiet_time_in_force(usize::from(treatment)),
    }))
}

fn is_open(schedule: &Schedule, now: Timestamp) -> bool {
    let begun = match schedule.start {
        Start::Immediately => true,
        Start::At(start) => start <= now,
    };
    begun && schedule.end.is_none_or(|end| now <= end)
}

/// Whether the endpoint belongs to the campaign's segment; nobody belongs to one that is gone.
async fn is_member(
    store: &Store,
    campaign: &Campaign,
    endpoint: &Endpoint,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let reference = SegmentRef {
        id: campaign.segment.clone(),
        version: Some(campaign.segment_version),
    };
    match segments::resolve(store, &campaign.app, &reference).await {
        Ok(segment) => Ok(belongs(&segment, endpoint, true, now)),
        Err(ResolveError::Store(error)) => Err(error),
        Err(_) => Ok(false),
    }
}

/// What a treatment says: the template, else the message of the campaign; `None` if the template is
/// gone.
async fn message(
    store: &Store,
    content: &CampaignContent,
) -> Result<Option<InAppMessage>, StoreError> {
    if let Some(reference) = content.template.as_ref().and_then(|it| it.in_app.as_ref()) {
        let found = template(store, TemplateKind::InApp, reference).await?;
        return Ok(found.and_then(|template| match template.content {
            TemplateContent::InApp(message) => Some(*message),
            _ => None,
        }));
    }
    let message = content.message.as_ref().and_then(|it| it.in_app.clone());
    Ok(message.map(with_card))
}

/// A body without form becomes a card where there is none, since applications are given cards
/// only.
fn with_card(mut message: InAppMessage) -> InAppMessage {
    let body = message.body.take().filter(|_| message.content.is_empty());
    message.content.extend(body.map(|text| InAppCard {
        body: Some(InAppText {
            text,
            alignment: InAppAlignment::Left,
            text_color: "#000000".to_owned(),
        }),
        ..InAppCard::default()
    }));
    message
}
