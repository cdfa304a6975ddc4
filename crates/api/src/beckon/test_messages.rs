//! Test messages (`docs/spec/campaigns.md §13`).

use axum::extract::State;
use bytes::Bytes;
use engine::test_send::{TestMessage, TestSendError};
use model::EndpointId;
use serde::{Deserialize, Serialize};
use wire::shapes;

use super::input::{InApp, json};
use crate::campaigns::wire::{read_email, read_reference};
use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default)]
    endpoint_ids: Vec<String>,
    message: Option<shapes::CampaignEmailMessage>,
    template: Option<shapes::Template>,
    sample_endpoint_id: Option<String>,
    #[serde(default)]
    inbox_only: bool,
}

#[derive(Serialize)]
struct Results {
    results: Vec<TestResult>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TestResult {
    to: String,
    accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    detail: String,
}

pub(crate) async fn run(
    State(state): State<AppState>,
    InApp(app): InApp,
    bytes: Bytes,
) -> Result<Answer, ApiError> {
    let request: Request = json(&bytes)?;
    let template = request.template.map(|it| read_reference("template", it));
    let test = TestMessage {
        addresses: request.addresses,
        endpoints: request
            .endpoint_ids
            .into_iter()
            .map(EndpointId::new)
            .collect(),
        message: request.message.map(read_email),
        template: template.transpose()?,
        sample: request
            .sample_endpoint_id
            .filter(|id| !id.is_empty())
            .map(EndpointId::new),
        inbox_only: request.inbox_only,
    };
    let results = state.parts.engine.test_send(&app.id, &test).await?;
    Answer::json(&Results {
        results: results
            .into_iter()
            .map(|result| TestResult {
                to: result.to,
                accepted: result.accepted,
                message_id: result.message_id,
                detail: result.detail,
            })
            .collect(),
    })
}

impl From<TestSendError> for ApiError {
    fn from(error: TestSendError) -> Self {
        match error {
            TestSendError::Store(error) => error.into(),
            TestSendError::Recipients(_)
            | TestSendError::NoContent
            | TestSendError::UnknownTemplate(_)
            | TestSendError::Content(_) => Self::bad_request(error),
        }
    }
}
