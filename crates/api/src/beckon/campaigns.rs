//! How a campaign goes, and whom it concerns.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use engine::activities::{self, PeopleCursor, RunProgress, SweptZone, Tally, Which};
use model::{ActivityId, AppId, Campaign, Outcome, RunState};
use serde::Serialize;
use store::Stored;

use super::input::{InApp, Page, Params};
use crate::error::ApiError;
use crate::pagination::{token_text, write_token};
use crate::reply::Answer;
use crate::state::AppState;

/// Runs that are told.
const RUNS_MAX: usize = 20;

#[derive(Serialize)]
struct Progress {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    runs: Vec<Run>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    run_id: String,
    state: &'static str,
    scheduled: String,
    started: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    #[serde(flatten)]
    tally: People,
    remaining: u64,
    outcomes: BTreeMap<&'static str, u64>,
    treatments: Vec<Treatment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<Held>,
    /// Of a local-time sweep, the first in turn first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    zones: Vec<Zone>,
}

#[derive(Serialize)]
struct Zone {
    zone: String,
    endpoints: u64,
    fires: String,
    /// Its clock is past the schedule's end by then, so nobody in it is reached.
    over: bool,
    done: bool,
}

#[derive(Serialize)]
struct Held {
    by: &'static str,
    reason: String,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Treatment {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    activity_id: String,
    #[serde(flatten)]
    tally: People,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct People {
    planned: u64,
    sent: u64,
    skipped: u64,
    failed: u64,
    in_doubt: u64,
}

pub(crate) async fn progress(
    State(state): State<AppState>,
    InApp(app): InApp,
    Path((_, campaign)): Path<(String, String)>,
) -> Result<Answer, ApiError> {
    let campaign = find(&state, &app.id, &campaign).await?;
    let runs = activities::progress(state.store(), &campaign, RUNS_MAX).await?;
    let reason = campaign.status_reason.clone();
    let reason = reason.or_else(|| runs.first().and_then(|run| run.reason.clone()));
    Answer::json(&Progress {
        status: campaign.status.as_str(),
        reason,
        runs: runs.into_iter().map(run).collect(),
    })
}

/// The campaign with this identifier.
///
/// # Errors
/// There is none.
pub(crate) async fn find(
    state: &AppState,
    app: &AppId,
    campaign: &str,
) -> Result<Stored<Campaign>, ApiError> {
    let found = state
        .store()
        .of::<Campaign>()
        .get(app.as_str(), campaign)
        .await?;
    found.ok_or_else(ApiError::not_found)
}

fn run(run: RunProgress) -> Run {
    Run {
        run_id: run.run.to_string(),
        state: match run.state {
            RunState::Opening => "OPENING",
            RunState::Running => "RUNNING",
            RunState::Paused => "PAUSED",
            RunState::Completed => "COMPLETED",
            RunState::Cancelled => "CANCELLED",
        },
        scheduled: run.scheduled.to_string(),
        started: run.started.to_string(),
        ended: run.ended.map(|ended| ended.to_string()),
        tally: people_of(&run.tally),
        remaining: run.remaining,
        outcomes: run
            .outcomes
            .into_iter()
            .map(|(outcome, count)| (outcome.as_str(), count))
            .collect(),
        treatments: run
            .treatments
            .into_iter()
            .map(|treatment| Treatment {
                id: treatment.number.to_string(),
                name: treatment.name,
                activity_id: treatment.activity.to_string(),
                tally: people_of(&treatment.tally),
            })
            .collect(),
        stage: run
            .canary_only
            .map(|canary| if canary { "canary" } else { "rest" }),
        held: run.held.map(|hold| Held {
            by: hold.by.as_str(),
            reason: hold.reason,
            since: hold.since.to_string(),
            until: hold.until.map(|until| until.to_string()),
        }),
        zones: run.zones.into_iter().map(zone).collect(),
    }
}

fn zone(SweptZone { zone, done }: SweptZone) -> Zone {
    Zone {
        zone: zone.name,
        endpoints: zone.endpoints,
        fires: zone.fires.to_string(),
        over: zone.over,
        done,
    }
}

const fn people_of(tally: &Tally) -> People {
    People {
        planned: tally.planned,
        sent: tally.sent,
        skipped: tally.skipped,
        failed: tally.failed,
        in_doubt: tally.in_doubt,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    treatment_id: Option<String>,
}

pub(crate) async fn people(
    State(state): State<AppState>,
    InApp(app): InApp,
    Path((_, campaign)): Path<(String, String)>,
    params: Params,
) -> Result<Answer, ApiError> {
    let campaign = find(&state, &app.id, &campaign).await?;
    let outcome = outcome(params.get("outcome"))?;
    let run = params.get("runId").map(ActivityId::from);
    let scope = format!(
        "people/{}/{}/{}/{}",
        app.id,
        campaign.id,
        outcome.as_str(),
        run.as_ref().map_or("", ActivityId::as_str)
    );
    let after = token_text(&params.0, "token", &scope)?;
    let after = after.map(|text| cursor(&text)).transpose()?;
    let limit = params.limit()?;
    let store = state.store();
    let which = Which {
        run: run.as_ref(),
        outcome,
    };
    let found = activities::people(store, &app.id, &campaign.id, which, after.as_ref(), limit);
    let (items, next) = found.await?;
    Answer::json(&Page {
        items: items
            .into_iter()
            .map(|person| Person {
                endpoint_id: person.endpoint.map(|id| id.to_string()),
                user_id: person.user.map(|id| id.to_string()),
                outcome: outcome.as_str(),
                treatment_id: person.treatment.map(|number| number.to_string()),
            })
            .collect(),
        next: next.map(|next| {
            let text = format!("{}:{}:{}", next.batch, next.ordinal, next.run);
            write_token(&scope, &text)
        }),
    })
}

/// The outcome with this name.
///
/// # Errors
/// There is none.
pub(crate) fn outcome(word: Option<&str>) -> Result<Outcome, ApiError> {
    word.and_then(Outcome::parse).ok_or_else(|| {
        let known: Vec<&str> = Outcome::ALL
            .iter()
            .map(|outcome| outcome.as_str())
            .collect();
        ApiError::bad_request(format!("outcome: expected one of {}", known.join(", ")))
    })
}

fn cursor(text: &str) -> Result<PeopleCursor, ApiError> {
    let mut parts = text.splitn(3, ':');
    let mut part = || parts.next().unwrap_or_default();
    let (batch, ordinal, run) = (part().parse(), part().parse(), part());
    match (batch, ordinal) {
        (Ok(batch), Ok(ordinal)) => Ok(PeopleCursor {
            run: ActivityId::from(run),
            batch,
            ordinal,
        }),
        _ => Err(ApiError::bad_request("token: not a token of this list")),
    }
}
