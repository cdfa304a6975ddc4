//! RemoveAttributes (`docs/spec/audience.md §8`).

use store::AttributeKind;
use wire::parameter;
use wire::shapes::{AttributesResource, UpdateAttributesRequest};

use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

/// Patterns in one call.
const PATTERNS_MAX: usize = 1_000;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let word = call.param(parameter::ATTRIBUTE_TYPE);
    let kind = match word {
        "endpoint-custom-attributes" => AttributeKind::Attributes,
        "endpoint-metric-attributes" => AttributeKind::Metrics,
        "endpoint-user-attributes" => AttributeKind::UserAttributes,
        _ => {
            return Err(ApiError::bad_request(
                "attribute-type: expected endpoint-custom-attributes, endpoint-metric-attributes \
                 or endpoint-user-attributes",
            ));
        }
    };
    let request: UpdateAttributesRequest = call.body()?;
    let patterns = request.blacklist.unwrap_or_default();
    if patterns.len() > PATTERNS_MAX {
        return Err(ApiError::bad_request(format!(
            "Blacklist: at most {PATTERNS_MAX} entries"
        )));
    }
    if patterns.iter().any(String::is_empty) {
        return Err(ApiError::bad_request("Blacklist: an entry is empty"));
    }
    let endpoints = &call.state.store().endpoints;
    let remaining = endpoints.remove_attributes(&app, kind, patterns).await?;
    Reply::json(&AttributesResource {
        application_id: Some(app.to_string()),
        attribute_type: Some(word.to_owned()),
        attributes: Some(remaining),
    })
}
