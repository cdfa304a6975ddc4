//! GetInAppMessages (`docs/spec/campaigns.md §11`).

use engine::in_app::{InAppOffer, offers};
use model::EndpointId;
use wire::{parameter, shapes};

use super::event_filter;
use crate::apps::wire::quiet_time;
use crate::call::Call;
use crate::error::ApiError;
use crate::in_app;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let id = EndpointId::new(call.param(parameter::ENDPOINT_ID));
    let store = call.state.store();
    let endpoint = store.endpoints.get(&app, &id).await?;
    let endpoint = endpoint.ok_or_else(ApiError::not_found)?;
    let offers = offers(store, &app, &endpoint, call.now).await?;
    Reply::json(&shapes::InAppMessagesResponse {
        in_app_message_campaigns: Some(offers.iter().map(campaign).collect()),
    })
}

/// A message with the rules that the device keeps; a cap that is not set is unlimited.
fn campaign(offer: &InAppOffer) -> shapes::InAppMessageCampaign {
    let cap = |cap: Option<u32>| Some(i64::from(cap.unwrap_or(0)));
    let filter = offer.schedule.event_filter.as_ref();
    let end = offer.schedule.end_text.clone();
    shapes::InAppMessageCampaign {
        campaign_id: Some(offer.campaign.to_string()),
        daily_cap: cap(offer.limits.daily),
        in_app_message: Some(in_app::write(&offer.message)),
        priority: offer.priority.map(i64::from),
        schedule: Some(shapes::InAppCampaignSchedule {
            end_date: end.or_else(|| offer.schedule.end.map(|end| end.to_string())),
            event_filter: filter.map(event_filter::write),
            quiet_time: offer.quiet_time.map(quiet_time),
        }),
        session_cap: cap(offer.limits.session),
        total_cap: cap(offer.limits.total),
        treatment_id: Some(offer.treatment.to_string()),
    }
}
