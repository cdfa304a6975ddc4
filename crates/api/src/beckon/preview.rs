//! How a mail would look for an endpoint, and what is wrong with it.

use std::collections::BTreeMap;

use axum::extract::State;
use bytes::Bytes;
use model::{Endpoint, EndpointId};
use render::{EmailContent, EmailContentError, EmailSource, MissingPolicy, Variables, parse};
use serde::{Deserialize, Serialize};

use super::input::{InApp, json};
use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;

/// A sender that stands in while the content is looked at.
const ANY_SENDER: &str = "sender@example.com";

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Request {
    subject: String,
    html: String,
    text: String,
    default_substitutions: BTreeMap<String, String>,
    endpoint_id: Option<String>,
}

#[derive(Serialize)]
struct Preview {
    subject: String,
    html: String,
    text: String,
    variables: Vec<Variable>,
    missing: Vec<String>,
    errors: Vec<Problem>,
}

#[derive(Serialize)]
struct Variable {
    name: String,
    value: Option<String>,
}

#[derive(Serialize)]
struct Problem {
    part: String,
    line: usize,
    column: usize,
    message: String,
}

pub(crate) async fn run(
    State(state): State<AppState>,
    InApp(app): InApp,
    bytes: Bytes,
) -> Result<Answer, ApiError> {
    let request: Request = json(&bytes)?;
    let endpoint = match request.endpoint_id.as_deref().filter(|id| !id.is_empty()) {
        None => None,
        Some(id) => {
            let id = EndpointId::from(id);
            let found = state.store().endpoints.get(&app.id, &id).await?;
            Some(found.ok_or_else(ApiError::not_found)?)
        }
    };
    let preview = tokio::task::spawn_blocking(move || preview(&request, endpoint.as_ref()))
        .await
        .map_err(ApiError::internal)?;
    Answer::json(&preview?)
}

fn preview(request: &Request, endpoint: Option<&Endpoint>) -> Result<Preview, ApiError> {
    let mut errors = Vec::new();
    let mut usable = |part: &str, text: &str| match parse(text) {
        Ok(_) => text.to_owned(),
        Err(error) => {
            errors.push(Problem {
                part: part.to_owned(),
                line: error.line,
                column: error.column,
                message: error.message,
            });
            String::new()
        }
    };
    let subject = usable("subject", &request.subject);
    let html = usable("html", &request.html);
    let text = usable("text", &request.text);
    let some = |text: &str| !text.is_empty();
    let source = EmailSource {
        from: ANY_SENDER,
        subject: Some(subject.as_str()),
        html: Some(html.as_str()).filter(|text| some(text)),
        text: Some(text.as_str()).filter(|text| some(text)),
        headers: &[],
        defaults: &request.default_substitutions,
        policy: MissingPolicy::Blank,
    };
    let variables = Variables {
        recipient: None,
        message: None,
        endpoint,
        defaults: Some(&request.default_substitutions),
    };
    let content = EmailContent::compile(&source)?;
    let shown = content.preview(&variables).map_err(ApiError::bad_request)?;
    Ok(Preview {
        subject: shown.email.subject,
        html: shown.email.html.unwrap_or_default(),
        text: shown.email.text.unwrap_or_default(),
        variables: content
            .variables()
            .into_iter()
            .map(|name| Variable {
                value: value_of(&name, &variables),
                name,
            })
            .collect(),
        missing: shown.missing,
        errors,
    })
}

/// What a variable stands for; nothing if it is missing.
fn value_of(name: &str, variables: &Variables<'_>) -> Option<String> {
    let shown = parse(&format!("{{{{{name}}}}}"))
        .ok()?
        .preview(variables)
        .ok()?;
    shown.missing.is_empty().then_some(shown.text)
}

impl From<EmailContentError> for ApiError {
    fn from(error: EmailContentError) -> Self {
        Self::bad_request(error)
    }
}
