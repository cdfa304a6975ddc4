//! Execution metrics of journeys, their runs and their activities (`docs/spec/analytics.md §5`).

use std::collections::BTreeMap;

use engine::journeys::{counts, counts_of_run};
use model::{Journey, JourneyActivityId, MetricCounts};
use wire::parameter;
use wire::shapes::{
    JourneyExecutionActivityMetricsResponse, JourneyExecutionMetricsResponse,
    JourneyRunExecutionActivityMetricsResponse, JourneyRunExecutionMetricsResponse,
};

use super::get::find;
use super::runs::find_run;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn of_journey(call: Call) -> Result<Reply, ApiError> {
    let journey = find(&call).await?;
    let counted = counts(call.state.store(), &journey, None).await?;
    Reply::json(&JourneyExecutionMetricsResponse {
        application_id: Some(journey.app.to_string()),
        journey_id: Some(journey.id.to_string()),
        last_evaluated_time: Some(call.now.to_string()),
        metrics: Some(texts(counted)),
    })
}

pub(crate) async fn of_activity(call: Call) -> Result<Reply, ApiError> {
    let journey = find(&call).await?;
    let (id, kind) = activity(&call, &journey)?;
    let counted = counts(call.state.store(), &journey, Some(&id)).await?;
    Reply::json(&JourneyExecutionActivityMetricsResponse {
        activity_type: Some(kind),
        application_id: Some(journey.app.to_string()),
        journey_activity_id: Some(id.to_string()),
        journey_id: Some(journey.id.to_string()),
        last_evaluated_time: Some(call.now.to_string()),
        metrics: Some(texts(counted)),
    })
}

pub(crate) async fn of_run(call: Call) -> Result<Reply, ApiError> {
    let run = find_run(&call).await?;
    Reply::json(&JourneyRunExecutionMetricsResponse {
        application_id: Some(run.app.to_string()),
        journey_id: Some(run.journey.to_string()),
        last_evaluated_time: Some(call.now.to_string()),
        metrics: Some(texts(counts_of_run(&run, None))),
        run_id: Some(run.id.to_string()),
    })
}

pub(crate) async fn of_run_activity(call: Call) -> Result<Reply, ApiError> {
    let run = find_run(&call).await?;
    let (id, kind) = activity(&call, &find(&call).await?.value)?;
    Reply::json(&JourneyRunExecutionActivityMetricsResponse {
        activity_type: Some(kind),
        application_id: Some(run.app.to_string()),
        journey_activity_id: Some(id.to_string()),
        journey_id: Some(run.journey.to_string()),
        last_evaluated_time: Some(call.now.to_string()),
        metrics: Some(texts(counts_of_run(&run, Some(&id)))),
        run_id: Some(run.id.to_string()),
    })
}

/// The activity in the path, and its type in metrics.
fn activity(call: &Call, journey: &Journey) -> Result<(JourneyActivityId, String), ApiError> {
    let id = JourneyActivityId::from(call.param(parameter::JOURNEY_ACTIVITY_ID));
    let found = journey.activities.get(&id);
    let found = found.ok_or_else(ApiError::not_found)?;
    let kind = found.metrics_type().to_owned();
    Ok((id, kind))
}

fn texts(counts: MetricCounts) -> BTreeMap<String, String> {
    counts
        .into_iter()
        .map(|(name, count)| (name, count.to_string()))
        .collect()
}
