//! The canary and the brake of a campaign.

use axum::extract::{Path, State};
use bytes::Bytes;
use engine::safety::{self, Precautions};
use model::{Brake, CampaignId, CampaignSafety, Canary};
use serde::{Deserialize, Serialize};

use super::campaigns::find;
use super::input::{InApp, json};
use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;

/// Canary, brake and what is done about people in doubt.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Body {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    canary: Option<CanaryBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    brake: Option<BrakeBody>,
    #[serde(default)]
    resend_in_doubt: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CanaryBody {
    percent: u8,
    hold_minutes: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BrakeBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hard_bounce_percent: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    complaint_percent: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider_error_percent: Option<f64>,
    minimum: u64,
}

pub(crate) async fn get(
    State(state): State<AppState>,
    InApp(app): InApp,
    Path((_, campaign)): Path<(String, String)>,
) -> Result<Answer, ApiError> {
    let campaign = find(&state, &app.id, &campaign).await?;
    Answer::json(&write(&safety::precautions(&campaign)))
}

pub(crate) async fn put(
    State(state): State<AppState>,
    InApp(app): InApp,
    Path((_, campaign)): Path<(String, String)>,
    bytes: Bytes,
) -> Result<Answer, ApiError> {
    let precautions = read(json(&bytes)?);
    let campaign = CampaignId::new(campaign);
    safety::set(state.store(), &app.id, &campaign, &precautions).await?;
    let watched = state.parts.engine.watch(&app.id, &campaign).await;
    watched.map_err(ApiError::internal)?;
    Answer::json(&write(&precautions))
}

pub(crate) async fn delete(
    State(state): State<AppState>,
    InApp(app): InApp,
    Path((_, campaign)): Path<(String, String)>,
) -> Result<Answer, ApiError> {
    let none = Precautions::default();
    safety::set(state.store(), &app.id, &CampaignId::new(campaign), &none).await?;
    Ok(Answer::no_content())
}

pub(crate) async fn go_on(
    State(state): State<AppState>,
    InApp(app): InApp,
    Path((_, campaign)): Path<(String, String)>,
) -> Result<Answer, ApiError> {
    if !safety::go_on(state.store(), &app.id, &CampaignId::new(campaign)).await? {
        return Err(ApiError::conflicting("No run of the campaign is held"));
    }
    state.parts.engine.wake();
    Ok(Answer::no_content())
}

/// The precautions that a request names.
pub(crate) fn read(body: Body) -> Precautions {
    Precautions {
        safety: CampaignSafety {
            canary: body.canary.map(|canary| Canary {
                percent: canary.percent,
                hold_minutes: canary.hold_minutes,
            }),
            brake: body.brake.map(|brake| Brake {
                hard_bounce_percent: brake.hard_bounce_percent,
                complaint_percent: brake.complaint_percent,
                provider_error_percent: brake.provider_error_percent,
                minimum: brake.minimum,
            }),
        },
        resend_in_doubt: body.resend_in_doubt,
    }
}

fn write(precautions: &Precautions) -> Body {
    let CampaignSafety { canary, brake } = &precautions.safety;
    Body {
        canary: canary.map(|canary| CanaryBody {
            percent: canary.percent,
            hold_minutes: canary.hold_minutes,
        }),
        brake: brake.map(|brake| BrakeBody {
            hard_bounce_percent: brake.hard_bounce_percent,
            complaint_percent: brake.complaint_percent,
            provider_error_percent: brake.provider_error_percent,
            minimum: brake.minimum,
        }),
        resend_in_doubt: precautions.resend_in_doubt,
    }
}
