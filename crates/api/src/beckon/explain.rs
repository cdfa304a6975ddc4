//! Why a person gets a message of a campaign or not.

use axum::extract::{Path, State};
use engine::explain::{ExplainError, Explained, Past, Step, Who};
use model::{EndpointId, UserId};
use serde::Serialize;
use serde_json::{Map, Value};

use super::campaigns::find;
use super::input::{InApp, Params};
use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;

#[derive(Serialize)]
struct Explanation {
    at: String,
    past: bool,
    campaign: CampaignName,
    people: Vec<Person>,
}

#[derive(Serialize)]
struct CampaignName {
    id: String,
    name: String,
    status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    endpoint_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    treatment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    steps: Vec<Answered>,
    history: Vec<Before>,
}

#[derive(Serialize)]
struct Answered {
    rule: &'static str,
    passed: Option<bool>,
    detail: String,
    inputs: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Before {
    run_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    activity_id: Option<String>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
}

pub(crate) async fn run(
    State(state): State<AppState>,
    InApp(app): InApp,
    Path((_, campaign)): Path<(String, String)>,
    params: Params,
) -> Result<Answer, ApiError> {
    let campaign = find(&state, &app.id, &campaign).await?.value;
    let who = match (params.get("endpoint"), params.get("user")) {
        (Some(id), None) => Who::Endpoint(EndpointId::from(id)),
        (None, Some(id)) => Who::User(UserId::from(id)),
        _ => return Err(ApiError::bad_request("endpoint: give either it or user")),
    };
    let at = params.instant("at")?;
    let told = state.parts.engine.explain(&campaign, &who, at).await?;
    Answer::json(&Explanation {
        at: told.at.to_string(),
        past: told.past,
        campaign: CampaignName {
            id: campaign.id.to_string(),
            name: campaign.name,
            status: campaign.status.as_str(),
        },
        people: told.people.into_iter().map(person).collect(),
    })
}

impl From<ExplainError> for ApiError {
    fn from(error: ExplainError) -> Self {
        match error {
            ExplainError::Unknown => Self::not_found(),
            ExplainError::Store(error) => error.into(),
        }
    }
}

fn person(person: Explained) -> Person {
    Person {
        endpoint_id: person.endpoint.to_string(),
        user_id: person.user.map(|user| user.to_string()),
        verdict: person.verdict.as_str(),
        treatment_id: person.treatment.map(|number| number.to_string()),
        due: person.due.map(|due| due.to_string()),
        steps: person.steps.into_iter().map(answered).collect(),
        history: person.history.into_iter().map(before).collect(),
    }
}

fn answered(step: Step) -> Answered {
    Answered {
        rule: step.rule,
        passed: step.passed,
        detail: step.detail,
        inputs: step.inputs,
    }
}

fn before(past: Past) -> Before {
    Before {
        run_id: past.run.to_string(),
        activity_id: past.activity.map(|activity| activity.to_string()),
        outcome: past.place.as_str(),
        at: past.at.map(|at| at.to_string()),
    }
}
