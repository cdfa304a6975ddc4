//! Dry runs: asking for them, what they found, and what a run did otherwise.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use bytes::Bytes;
use clock::Timestamp;
use engine::campaigns;
use engine::dry_run::{self, DryRunError, DryRunRequest, SAMPLES_DEFAULT};
use model::{
    AppId, Campaign, CampaignId, DryRun, DryRunReport, DryRunState, Finding, Outcome,
    PlannedCanary, PlannedHour, PlannedMessage, PlannedTreatment, PlannedZone, Run,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{Store, StoreError, version_parent};
use wire::shapes::WriteCampaignRequest;

use super::campaigns::find;
use super::input::{InApp, Page, Params, json};
use super::safety;
use crate::campaigns::wire::draft;
use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;

/// Identifiers that are tried for a campaign that is not stored.
const IDS_TRIED: usize = 16;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    campaign_id: Option<String>,
    campaign: Option<WriteCampaignRequest>,
    safety: Option<safety::Body>,
    start: Option<String>,
    samples: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_id: Option<String>,
    campaign_name: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    created: String,
    start: String,
    planned: u64,
    looked: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Found>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    #[serde(skip_serializing_if = "Option::is_none")]
    first_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message: Option<String>,
    messages_per_second: u32,
    rate_assumed: bool,
    eligibility: bool,
    hook_not_called: bool,
    suppressed: u64,
    outcomes: BTreeMap<String, u64>,
    treatments: Vec<Treatment>,
    local_hours: Vec<Hour>,
    without_zone: Counts,
    zones: Vec<Zone>,
    samples: Vec<Sample>,
    render_failures: Vec<Failure>,
    missing_variables: Vec<Missing>,
    long_texts: Vec<LongText>,
    canaries: Vec<Canary>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Treatment {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message: Option<String>,
    planned: u64,
    sent: u64,
    outcomes: BTreeMap<String, u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Canary {
    treatment_ids: Vec<String>,
    endpoints: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    out: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rest: Option<String>,
}

#[derive(Serialize)]
struct Hour {
    hour: usize,
    #[serde(flatten)]
    counts: Counts,
}

#[derive(Serialize)]
struct Counts {
    sent: u64,
    quiet: u64,
}

#[derive(Serialize)]
struct Zone {
    zone: String,
    fires: String,
    endpoints: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sample {
    endpoint_id: String,
    treatment_id: String,
    channel: &'static str,
    at: String,
    subject: String,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
}

#[derive(Serialize)]
struct Failure {
    reason: String,
    endpoints: u64,
    sample: Vec<String>,
}

#[derive(Serialize)]
struct Missing {
    variable: String,
    endpoints: u64,
    sample: Vec<String>,
}

#[derive(Serialize)]
struct LongText {
    parts: u32,
    endpoints: u64,
}

#[derive(Serialize)]
struct Differences {
    outcomes: Vec<OutcomeCounts>,
    moved: Vec<MovedPeople>,
}

#[derive(Serialize)]
struct OutcomeCounts {
    outcome: &'static str,
    planned: u64,
    actual: u64,
}

#[derive(Serialize)]
struct MovedPeople {
    from: &'static str,
    to: &'static str,
    endpoints: u64,
    sample: Vec<String>,
}

/// Takes a dry run on, of a stored campaign or of one that is written into the call.
pub(crate) async fn create(
    State(state): State<AppState>,
    InApp(app): InApp,
    body: Bytes,
) -> Result<Answer, ApiError> {
    let request: Request = json(&body)?;
    let start = request.start.as_deref().map(Timestamp::parse).transpose();
    let start = start.map_err(|error| ApiError::bad_request(format!("start: {error}")))?;
    let (campaign, stored) = match (request.campaign_id, request.campaign) {
        (Some(_), None) if request.safety.is_some() => {
            return Err(ApiError::bad_request(
                "safety: goes with campaign; a stored one has its own",
            ));
        }
        (Some(id), None) => (find(&state, &app.id, &id).await?.value, true),
        (None, Some(written)) => {
            let (store, clock) = (state.store(), &state.parts.clock);
            let id = unstored_id(store, &app.id, &written).await?;
            let mut draft = draft(written)?;
            draft.safety = request.safety.map(|body| safety::read(body).safety);
            let campaign = campaigns::check(store, clock, &app.id, id, &draft).await?;
            (campaign, false)
        }
        _ => {
            return Err(ApiError::bad_request(
                "campaignId: give either it or campaign",
            ));
        }
    };
    let dry_run = state.parts.engine.dry_run(DryRunRequest {
        campaign,
        stored,
        start,
        samples: request.samples.unwrap_or(SAMPLES_DEFAULT),
    });
    let dry_run = dry_run.await?;
    let campaign = stored.then(|| dry_run.campaign.id.clone());
    Answer::accepted(&told(dry_run, campaign, None))
}

/// The identifier of a campaign that is not stored, which it takes if it is created from the dry run.
/// The identifier deals the cohorts: the same campaign gets the same answer twice, until there is one
/// with this identifier.
async fn unstored_id(
    store: &Store,
    app: &AppId,
    written: &WriteCampaignRequest,
) -> Result<CampaignId, ApiError> {
    let text = serde_json::to_string(written).map_err(ApiError::internal)?;
    let mut id = CampaignId::new(app.as_str());
    for _ in 0..IDS_TRIED {
        let digest = Sha256::digest(format!("dry run of {app} after {id}: {text}"));
        id = CampaignId::new(hex::encode(&digest[..16]));
        if !campaigns::is_taken(store, app, &id).await? {
            return Ok(id);
        }
    }
    Ok(id)
}

/// The campaign of a dry run, if it is stored: also one that was created after it.
async fn campaign_of(store: &Store, dry_run: &DryRun) -> Result<Option<CampaignId>, StoreError> {
    let id = &dry_run.campaign.id;
    if dry_run.stored {
        return Ok(Some(id.clone()));
    }
    let found = store.of::<Campaign>();
    let found = found.get(dry_run.app.as_str(), id.as_str()).await?;
    Ok(found.map(|campaign| campaign.value.id))
}

pub(crate) async fn list(
    State(state): State<AppState>,
    InApp(app): InApp,
) -> Result<Answer, ApiError> {
    let mut items = Vec::new();
    for dry_run in dry_run::list(state.store(), &app.id).await? {
        let campaign = campaign_of(state.store(), &dry_run).await?;
        items.push(told(dry_run.value, campaign, None));
    }
    Answer::json(&Page { items, next: None })
}

pub(crate) async fn get(
    State(state): State<AppState>,
    InApp(app): InApp,
    Path((_, id)): Path<(String, String)>,
) -> Result<Answer, ApiError> {
    let (dry_run, report) = existing(&state, &app.id, &id).await?;
    let campaign = campaign_of(state.store(), &dry_run).await?;
    Answer::json(&told(dry_run, campaign, report))
}

/// What became of the people of a dry run in a run of its campaign: the named one, else the newest.
pub(crate) async fn difference(
    State(state): State<AppState>,
    InApp(app): InApp,
    Path((_, id)): Path<(String, String)>,
    params: Params,
) -> Result<Answer, ApiError> {
    let (dry_run, report) = existing(&state, &app.id, &id).await?;
    if report.is_none() {
        return Err(ApiError::bad_request("the dry run has no result yet"));
    }
    if campaign_of(state.store(), &dry_run).await?.is_none() {
        return Err(ApiError::bad_request(
            "the campaign of the dry run is not stored and has no runs",
        ));
    }
    let run = run(state.store(), &dry_run, params.get("run")).await?;
    let run = run.ok_or_else(ApiError::not_found)?;
    let difference = dry_run::difference(state.store(), &dry_run, &run).await?;
    Answer::json(&Differences {
        outcomes: difference
            .outcomes
            .into_iter()
            .map(|(outcome, planned, actual)| OutcomeCounts {
                outcome: outcome.as_str(),
                planned,
                actual,
            })
            .collect(),
        moved: difference
            .moved
            .into_iter()
            .map(|moved| MovedPeople {
                from: moved.from.as_str(),
                to: moved.to.as_str(),
                endpoints: moved.endpoints,
                sample: moved.sample.iter().map(ToString::to_string).collect(),
            })
            .collect(),
    })
}

async fn existing(
    state: &AppState,
    app: &AppId,
    id: &str,
) -> Result<(DryRun, Option<DryRunReport>), ApiError> {
    let found = dry_run::get(state.store(), app, id).await?;
    found.ok_or_else(ApiError::not_found)
}

async fn run(store: &Store, dry_run: &DryRun, id: Option<&str>) -> Result<Option<Run>, StoreError> {
    let parent = version_parent(dry_run.app.as_str(), dry_run.campaign.id.as_str());
    let runs = store.of::<Run>();
    let found = match id {
        Some(id) => runs.get(&parent, id).await?,
        None => runs.list(&parent, None, 1).await?.items.pop(),
    };
    Ok(found.map(|run| run.value))
}

impl From<DryRunError> for ApiError {
    fn from(error: DryRunError) -> Self {
        match error {
            DryRunError::Store(error) => error.into(),
            DryRunError::TooMany => Self::too_many_requests(error),
            DryRunError::Samples => Self::bad_request(error),
        }
    }
}

fn told(dry_run: DryRun, campaign: Option<CampaignId>, report: Option<DryRunReport>) -> Told {
    Told {
        id: dry_run.id,
        campaign_id: campaign.map(|id| id.to_string()),
        campaign_name: dry_run.campaign.name,
        state: match dry_run.state {
            DryRunState::Running => "RUNNING",
            DryRunState::Completed => "COMPLETED",
            DryRunState::Failed => "FAILED",
        },
        reason: dry_run.reason,
        created: dry_run.created.to_string(),
        start: dry_run.start.to_string(),
        planned: dry_run.planned,
        looked: dry_run.looked,
        result: report.map(found),
    }
}

fn found(report: DryRunReport) -> Found {
    Found {
        first_message: report.first_message.map(|at| at.to_string()),
        last_message: report.last_message.map(|at| at.to_string()),
        messages_per_second: report.per_second,
        rate_assumed: report.assumed,
        eligibility: report.eligibility,
        hook_not_called: report.hook,
        suppressed: report.suppressed,
        outcomes: report.outcomes,
        treatments: report.treatments.into_iter().map(treatment).collect(),
        local_hours: report
            .local_hours
            .into_iter()
            .enumerate()
            .map(|(hour, counted)| Hour {
                hour,
                counts: counts(counted),
            })
            .collect(),
        without_zone: counts(report.without_zone),
        zones: report.zones.into_iter().map(zone).collect(),
        samples: report.samples.into_iter().map(sample).collect(),
        render_failures: report.render_failures.into_iter().map(failure).collect(),
        missing_variables: report.missing_variables.into_iter().map(missing).collect(),
        long_texts: report
            .long_texts
            .into_iter()
            .map(|(parts, endpoints)| LongText { parts, endpoints })
            .collect(),
        canaries: report.canaries.iter().map(canary).collect(),
    }
}

fn canary(planned: &PlannedCanary) -> Canary {
    let treatments = planned.treatments.iter();
    Canary {
        treatment_ids: treatments.map(ToString::to_string).collect(),
        endpoints: planned.endpoints,
        out: planned.out.map(|at| at.to_string()),
        rest: planned.rest.map(|at| at.to_string()),
    }
}

fn treatment(planned: PlannedTreatment) -> Treatment {
    let sent = planned.outcomes.get(Outcome::Success.as_str());
    Treatment {
        id: planned.number.to_string(),
        name: planned.name,
        due: planned.due.map(|at| at.to_string()),
        first_message: planned.first_message.map(|at| at.to_string()),
        last_message: planned.last_message.map(|at| at.to_string()),
        planned: planned.planned,
        sent: sent.copied().unwrap_or(0),
        outcomes: planned.outcomes,
    }
}

const fn counts(hour: PlannedHour) -> Counts {
    Counts {
        sent: hour.sent,
        quiet: hour.quiet,
    }
}

fn zone(zone: PlannedZone) -> Zone {
    Zone {
        zone: zone.zone,
        fires: zone.fires.to_string(),
        endpoints: zone.endpoints,
    }
}

fn sample(message: PlannedMessage) -> Sample {
    Sample {
        endpoint_id: message.endpoint.to_string(),
        treatment_id: message.treatment.to_string(),
        channel: message.channel.as_str(),
        at: message.at.to_string(),
        subject: message.subject,
        text: message.text,
        html: message.html,
    }
}

fn failure(finding: Finding) -> Failure {
    Failure {
        reason: finding.what,
        endpoints: finding.endpoints,
        sample: finding.sample.iter().map(ToString::to_string).collect(),
    }
}

fn missing(finding: Finding) -> Missing {
    Missing {
        variable: finding.what,
        endpoints: finding.endpoints,
        sample: finding.sample.iter().map(ToString::to_string).collect(),
    }
}
