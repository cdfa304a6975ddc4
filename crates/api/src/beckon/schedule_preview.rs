//! When a schedule would run, and what people's clocks show then.

use axum::extract::State;
use bytes::Bytes;
use engine::campaigns::{CampaignError, CampaignRefusal, rules};
use engine::outlook::{self, Outlook};
use engine::segments;
use model::{SegmentCriteria, SegmentId, SegmentRef};
use serde::{Deserialize, Serialize};
use wire::shapes;

use super::audience::resolve;
use super::input::{InApp, json};
use crate::campaigns::schedule;
use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    schedule: Option<shapes::Schedule>,
    segment_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Preview {
    runs: Vec<String>,
    zones: Vec<Zone>,
    missing_zone: u64,
    heat: Vec<Hour>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Zone {
    zone: String,
    endpoints: u64,
    fires: String,
    local_time: String,
    quiet: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Hour {
    utc_hour: u8,
    local_hour: u8,
    endpoints: u64,
}

pub(crate) async fn run(
    State(state): State<AppState>,
    InApp(app): InApp,
    body: Bytes,
) -> Result<Answer, ApiError> {
    let request: Request = json(&body)?;
    let wanted = request
        .schedule
        .ok_or_else(|| ApiError::bad_request("Missing Schedule"))?;
    let (draft, now) = (schedule::read("Schedule", wanted)?, state.now());
    let schedule = rules::read_schedule("Schedule", &draft, now).map_err(CampaignError::from)?;
    let runs = outlook::runs(&schedule, now).map_err(|error| {
        let member = "Schedule.StartTime".to_owned();
        CampaignError::from(CampaignRefusal::Schedule { member, error })
    })?;
    let store = state.store();
    let segment = match request.segment_id.filter(|id| !id.is_empty()) {
        Some(id) => {
            let id = SegmentId::new(id);
            resolve(&state, &app.id, &SegmentRef { id, version: None }).await?
        }
        None => {
            let everyone = SegmentCriteria::Everyone;
            segments::resolve_criteria(store, &app.id, &everyone, None).await?
        }
    };
    let members = segments::members(store, &app.id, &segment, now).await?;
    let snapshots = segments::snapshot_sources(&segment);
    let people = (&members, snapshots.as_slice());
    let found = outlook::outlook(store, &app.id, &schedule, runs, people).await?;
    Answer::json(&preview(found))
}

fn preview(outlook: Outlook) -> Preview {
    let heat = outlook.heat.into_iter();
    Preview {
        runs: outlook.runs.iter().map(ToString::to_string).collect(),
        zones: outlook
            .zones
            .into_iter()
            .map(|zone| Zone {
                zone: zone.zone,
                endpoints: zone.endpoints,
                fires: zone.fires.to_string(),
                local_time: zone.local,
                quiet: zone.quiet,
            })
            .collect(),
        missing_zone: outlook.without_zone,
        heat: heat
            .map(|((utc_hour, local_hour), endpoints)| Hour {
                utc_hour,
                local_hour,
                endpoints,
            })
            .collect(),
    }
}
