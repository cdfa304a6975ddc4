//! GetApplicationDateRangeKpi, GetCampaignDateRangeKpi and GetJourneyDateRangeKpi.

use analytics::kpi::{KpiError, KpiRange, KpiResult, KpiScope, resolve};
use wire::parameter;
use wire::shapes::{
    ApplicationDateRangeKpiResponse, CampaignDateRangeKpiResponse, JourneyDateRangeKpiResponse,
};

use super::wire::result;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;
use crate::{campaigns, journeys};

pub(crate) async fn of_app(call: Call) -> Result<Reply, ApiError> {
    let (range, found) = answer(&call, &KpiScope::App).await?;
    Reply::json(&ApplicationDateRangeKpiResponse {
        application_id: Some(call.app_id()?.to_string()),
        end_time: Some(range.end_text),
        kpi_name: Some(call.param(parameter::KPI_NAME).to_owned()),
        kpi_result: Some(result(found)),
        next_token: None,
        start_time: Some(range.start_text),
    })
}

pub(crate) async fn of_campaign(call: Call) -> Result<Reply, ApiError> {
    let campaign = campaigns::get::find(&call).await?;
    let scope = KpiScope::Campaign(campaign.id.clone());
    let (range, found) = answer(&call, &scope).await?;
    Reply::json(&CampaignDateRangeKpiResponse {
        application_id: Some(call.app_id()?.to_string()),
        campaign_id: Some(campaign.id.to_string()),
        end_time: Some(range.end_text),
        kpi_name: Some(call.param(parameter::KPI_NAME).to_owned()),
        kpi_result: Some(result(found)),
        next_token: None,
        start_time: Some(range.start_text),
    })
}

pub(crate) async fn of_journey(call: Call) -> Result<Reply, ApiError> {
    let journey = journeys::get::find(&call).await?;
    let scope = KpiScope::Journey(journey.id.to_string());
    let (range, found) = answer(&call, &scope).await?;
    Reply::json(&JourneyDateRangeKpiResponse {
        application_id: Some(call.app_id()?.to_string()),
        end_time: Some(range.end_text),
        journey_id: Some(journey.id.to_string()),
        kpi_name: Some(call.param(parameter::KPI_NAME).to_owned()),
        kpi_result: Some(result(found)),
        next_token: None,
        start_time: Some(range.start_text),
    })
}

async fn answer(call: &Call, scope: &KpiScope) -> Result<(KpiRange, KpiResult), ApiError> {
    let time = |name| call.query.get(name).filter(|text| !text.is_empty());
    let range = resolve(time("start-time"), time("end-time"), call.now)?;
    let name = call.param(parameter::KPI_NAME);
    let analytics = &call.state.parts.analytics;
    let found = analytics
        .kpi(&call.app_id()?, scope, name, range.window)
        .await?;
    Ok((range, found))
}

impl From<KpiError> for ApiError {
    fn from(error: KpiError) -> Self {
        match error {
            KpiError::Failed(error) => error.into(),
            KpiError::UnknownName(_)
            | KpiError::InvalidTime { .. }
            | KpiError::Reversed
            | KpiError::TooLong
            | KpiError::TooOld => Self::bad_request(error),
        }
    }
}
