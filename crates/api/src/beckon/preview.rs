//! How a mail, or the texts of another channel, would look for an endpoint, and what is wrong
//! with them.

use std::collections::BTreeMap;

use axum::extract::State;
use bytes::Bytes;
use clock::Timestamp;
use model::{Endpoint, EndpointId};
use render::{
    EmailContent, EmailContentError, EmailSource, MissingPolicy, SyntaxError, Variables, parse,
};
use serde::{Deserialize, Serialize};

use super::input::{InApp, json};
use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;

/// A sender that stands in while the content is looked at.
const ANY_SENDER: &str = "sender@example.com";
/// What identifiers of a preview follow from.
const SEED: &str = "preview";
/// Most texts of other channels in one request.
const PARTS_MAX: usize = 50;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Request {
    subject: String,
    html: String,
    text: String,
    parts: BTreeMap<String, String>,
    default_substitutions: BTreeMap<String, String>,
    endpoint_id: Option<String>,
}

#[derive(Serialize)]
struct Preview {
    subject: String,
    html: String,
    text: String,
    parts: BTreeMap<String, String>,
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
    let now = state.now();
    let preview = tokio::task::spawn_blocking(move || preview(&request, endpoint.as_ref(), now))
        .await
        .map_err(ApiError::internal)?;
    Answer::json(&preview?)
}

fn preview(
    request: &Request,
    endpoint: Option<&Endpoint>,
    now: Timestamp,
) -> Result<Preview, ApiError> {
    if request.parts.len() > PARTS_MAX {
        let found = request.parts.len();
        return Err(ApiError::bad_request(format!(
            "parts: at most {PARTS_MAX} texts, found {found}"
        )));
    }
    let mut errors = Vec::new();
    let mut usable = |part: &str, text: &str| match parse(text) {
        Ok(_) => text.to_owned(),
        Err(error) => {
            errors.push(problem(part, error));
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
        endpoint,
        defaults: Some(&request.default_substitutions),
        now: Some(now),
        seed: Some(SEED),
        ..Variables::default()
    };
    let content = EmailContent::compile(&source)?;
    let shown = content.preview(&variables).map_err(ApiError::bad_request)?;
    let mut names = content.variables();
    let mut missing = shown.missing;
    let mut parts = BTreeMap::new();
    for (part, text) in &request.parts {
        let template = match parse(text) {
            Ok(template) => template,
            Err(error) => {
                errors.push(problem(part, error));
                continue;
            }
        };
        let shown = template
            .preview(&variables)
            .map_err(|error| ApiError::bad_request(format!("{part}: {error}")))?;
        add_new(&mut names, template.variables());
        add_new(&mut missing, shown.missing);
        parts.insert(part.clone(), shown.text);
    }
    Ok(Preview {
        subject: shown.email.subject,
        html: shown.email.html.unwrap_or_default(),
        text: shown.email.text.unwrap_or_default(),
        parts,
        variables: names
            .into_iter()
            .map(|name| Variable {
                value: value_of(&name, &variables),
                name,
            })
            .collect(),
        missing,
        errors,
    })
}

fn problem(part: &str, error: SyntaxError) -> Problem {
    Problem {
        part: part.to_owned(),
        line: error.line,
        column: error.column,
        message: error.message,
    }
}

/// Adds those of `more` to `names` that are not there yet.
fn add_new(names: &mut Vec<String>, more: Vec<String>) {
    for name in more {
        if !names.contains(&name) {
            names.push(name);
        }
    }
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
