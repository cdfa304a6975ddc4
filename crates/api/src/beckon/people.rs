//! Saving people of a campaign as a segment.

use axum::extract::{Path, State};
use bytes::Bytes;
use engine::activities::Which;
use engine::people::{self, SaveError};
use model::{ActivityId, Run};
use serde::{Deserialize, Serialize};
use store::version_parent;

use super::campaigns::{find, outcome};
use super::input::{InApp, json};
use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Request {
    name: String,
    outcome: String,
    run_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Saved {
    segment_id: String,
}

pub(crate) async fn save(
    State(state): State<AppState>,
    InApp(app): InApp,
    Path((_, campaign)): Path<(String, String)>,
    bytes: Bytes,
) -> Result<Answer, ApiError> {
    let campaign = find(&state, &app.id, &campaign).await?;
    let request: Request = json(&bytes)?;
    let outcome = outcome(Some(&request.outcome))?;
    if request.name.trim().is_empty() {
        return Err(ApiError::bad_request("name: is required"));
    }
    let run = request.run_id.map(ActivityId::new);
    if let Some(run) = &run {
        let parent = version_parent(app.id.as_str(), campaign.id.as_str());
        let found = state.store().of::<Run>().get(&parent, run.as_str()).await?;
        if found.is_none() {
            return Err(ApiError::bad_request("runId: the campaign has no such run"));
        }
    }
    let which = Which {
        run: run.as_ref(),
        outcome,
    };
    let store = state.store();
    let clock = &state.parts.clock;
    let segment = people::save(store, clock, &app.id, &campaign.id, which, &request.name).await?;
    Answer::created(&Saved {
        segment_id: segment.to_string(),
    })
}

impl From<SaveError> for ApiError {
    fn from(error: SaveError) -> Self {
        match error {
            SaveError::Nobody => Self::bad_request(format!("outcome: {error}")),
            SaveError::Store(error) => error.into(),
        }
    }
}
