//! Whether the numbers of a run add up.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use engine::verify::Verification;
use model::Run;
use serde::Serialize;
use store::version_parent;

use super::campaigns::find;
use super::input::InApp;
use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;
use crate::verification::{VerifyError, verify};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    run_id: String,
    planned: u64,
    sets: BTreeMap<&'static str, u64>,
    log: BTreeMap<String, u64>,
    records_kept: bool,
    remaining: u64,
    overlapping: u64,
    agrees: bool,
    differences: Vec<Difference>,
}

#[derive(Serialize)]
struct Difference {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    endpoints: u64,
    sample: Vec<String>,
}

pub(crate) async fn run(
    State(state): State<AppState>,
    InApp(app): InApp,
    Path((_, campaign, run)): Path<(String, String, String)>,
) -> Result<Answer, ApiError> {
    let campaign = find(&state, &app.id, &campaign).await?;
    let parent = version_parent(app.id.as_str(), campaign.id.as_str());
    let found = state.store().of::<Run>().get(&parent, &run).await?;
    let run = found.ok_or_else(ApiError::not_found)?.value;
    let parts = &state.parts;
    let found = verify(state.store(), &parts.log, &parts.analytics, run).await?;
    Answer::json(&body(found))
}

impl From<VerifyError> for ApiError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Store(error) => error.into(),
            VerifyError::Analytics(error) => error.into(),
        }
    }
}

fn body(found: Verification) -> Body {
    Body {
        run_id: found.run.to_string(),
        planned: found.planned,
        sets: found
            .sets
            .into_iter()
            .map(|(outcome, count)| (outcome.as_str(), count))
            .collect(),
        log: found.log,
        records_kept: found.recorded,
        remaining: found.remaining,
        overlapping: found.overlapping,
        agrees: found.differences.is_empty(),
        differences: found
            .differences
            .into_iter()
            .map(|(difference, sample)| Difference {
                kind: difference.kind.as_str(),
                outcome: difference.outcome,
                endpoints: difference.count,
                sample: sample.into_iter().map(|id| id.to_string()).collect(),
            })
            .collect(),
    }
}
