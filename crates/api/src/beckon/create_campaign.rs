//! Creating a campaign together with what must be known before it may start.

use axum::extract::State;
use bytes::Bytes;
use engine::{campaigns, dry_run};
use model::{AppId, CampaignId};
use serde::Deserialize;
use wire::shapes::WriteCampaignRequest;

use super::input::{InApp, json};
use super::safety;
use crate::apps::wire::read_tags;
use crate::campaigns::wire::{campaign, draft};
use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Request {
    campaign: WriteCampaignRequest,
    safety: Option<safety::Body>,
    dry_run_id: Option<String>,
}

/// Creates a campaign with its canary and its brake in one step; from a dry run of it, with the
/// identifier by which the dry run dealt the cohorts.
pub(crate) async fn run(
    State(state): State<AppState>,
    InApp(app): InApp,
    body: Bytes,
) -> Result<Answer, ApiError> {
    let request: Request = json(&body)?;
    let mut draft = draft(request.campaign)?;
    draft.tags = Some(read_tags(draft.tags, state.settings.limits.tags)?);
    if let Some(body) = request.safety {
        let precautions = safety::read(body);
        draft.safety = Some(precautions.safety);
        draft.resend_in_doubt = Some(precautions.resend_in_doubt);
    }
    let clock = &state.parts.clock;
    let id = match request.dry_run_id {
        Some(dry_run) => planned(&state, &app.id, &dry_run).await?,
        None => CampaignId::new(clock.id()),
    };
    let (callees, store) = (state.parts.engine.callees(), state.store());
    let most = state.settings.limits.active_campaigns;
    let made = campaigns::create_as(callees, store, clock, &app.id, id, &draft, most);
    let created = made.await?;
    state.parts.engine.wake();
    Answer::created(&campaign(&state.account, &app.region, &created))
}

/// The identifier by which the dry run planned a campaign that was not stored.
async fn planned(state: &AppState, app: &AppId, dry_run: &str) -> Result<CampaignId, ApiError> {
    let store = state.store();
    let found = dry_run::get(store, app, dry_run).await?;
    let Some((dry_run, _)) = found.filter(|(dry_run, _)| !dry_run.stored) else {
        return Err(ApiError::bad_request(
            "dryRunId: must name a dry run of a campaign that was not stored",
        ));
    };
    let id = dry_run.campaign.id;
    if campaigns::is_taken(store, app, &id).await? {
        return Err(ApiError::conflicting(
            "dryRunId: a campaign was already made from this dry run",
        ));
    }
    Ok(id)
}
