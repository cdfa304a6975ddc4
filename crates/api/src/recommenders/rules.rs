//! Recommender configurations, between the wire and the model.

use std::collections::BTreeMap;
use std::fmt::Display;

use clock::Timestamp;
use model::{Recommender, RecommenderId, RecommenderKey, RecommenderOutput};
use wire::shapes::{CreateRecommenderConfiguration, RecommenderConfigurationResponse};

use crate::error::ApiError;

/// Characters of a name and of a description.
const TEXT_CHARS_MAX: usize = 128;
/// Recommendations of a message; the default is the most.
const PER_MESSAGE_MAX: u8 = 5;
/// Attributes that a function makes.
const ATTRIBUTES_MAX: usize = 10;
/// Characters of an attribute's name.
const ATTRIBUTE_CHARS_MAX: usize = 50;
/// Characters of what an attribute is called.
const DISPLAY_CHARS_MAX: usize = 25;

const BY_ENDPOINT: &str = "PINPOINT_ENDPOINT_ID";
const BY_USER: &str = "PINPOINT_USER_ID";

/// The configuration that the request describes.
///
/// # Errors
/// A member breaks a rule.
pub(crate) fn read(
    id: RecommenderId,
    request: CreateRecommenderConfiguration,
    created: Timestamp,
    modified: Timestamp,
) -> Result<Recommender, ApiError> {
    let role = request.recommendation_provider_role_arn.unwrap_or_default();
    if !role.starts_with("arn:") {
        return Err(refuse(
            "RecommendationProviderRoleArn",
            "expected the ARN of a role",
        ));
    }
    let model = request.recommendation_provider_uri.unwrap_or_default();
    let is_url = model.starts_with("http://") || model.starts_with("https://");
    if !is_url && !model.starts_with("arn:") {
        let text = "expected the ARN of a model, or an http or https URL";
        return Err(refuse("RecommendationProviderUri", text));
    }
    let asked_by = match given(request.recommendation_provider_id_type).as_deref() {
        None => RecommenderKey::default(),
        Some(BY_ENDPOINT) => RecommenderKey::Endpoint,
        Some(BY_USER) => RecommenderKey::User,
        Some(_) => {
            let text = format!("expected {BY_ENDPOINT} or {BY_USER}");
            return Err(refuse("RecommendationProviderIdType", text));
        }
    };
    let per_message = request
        .recommendations_per_message
        .map_or(Some(PER_MESSAGE_MAX), |count| u8::try_from(count).ok())
        .filter(|count| (1..=PER_MESSAGE_MAX).contains(count))
        .ok_or_else(|| {
            let text = format!("expected 1 to {PER_MESSAGE_MAX}");
            refuse("RecommendationsPerMessage", text)
        })?;
    Ok(Recommender {
        id,
        name: text("Name", given(request.name), |_| true)?,
        description: text("Description", given(request.description), |c| {
            c.is_alphanumeric() || " _;(),-".contains(c)
        })?,
        asked_by,
        role,
        model,
        per_message,
        output: output(
            given(request.recommendation_transformer_uri),
            request.attributes.unwrap_or_default(),
            given(request.recommendations_display_name),
        )?,
        created,
        modified,
    })
}

fn output(
    function: Option<String>,
    attributes: BTreeMap<String, String>,
    display_name: Option<String>,
) -> Result<RecommenderOutput, ApiError> {
    let Some(function) = function else {
        if !attributes.is_empty() {
            let text = "only a RecommendationTransformerUri makes attributes";
            return Err(refuse("Attributes", text));
        }
        let name = "RecommendationsDisplayName";
        let display_name = display_name
            .ok_or_else(|| refuse(name, "is required without a RecommendationTransformerUri"))?;
        display(name, &display_name)?;
        return Ok(RecommenderOutput::Items { display_name });
    };
    if !(1..=ATTRIBUTES_MAX).contains(&attributes.len()) {
        let text = format!(
            "expected 1 to {ATTRIBUTES_MAX} with a RecommendationTransformerUri, found {}",
            attributes.len()
        );
        return Err(refuse("Attributes", text));
    }
    for (name, shown) in &attributes {
        let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !begins || name.len() > ATTRIBUTE_CHARS_MAX || !name.chars().all(fits) {
            let text = format!(
                "expected names of 1 to {ATTRIBUTE_CHARS_MAX} letters, digits, '_' and '-' that \
                 begin with a letter or digit, found '{}'",
                name.chars().take(ATTRIBUTE_CHARS_MAX).collect::<String>()
            );
            return Err(refuse("Attributes", text));
        }
        display(&format!("Attributes.{name}"), shown)?;
    }
    Ok(RecommenderOutput::Transformed {
        function,
        attributes,
    })
}

fn display(member: &str, name: &str) -> Result<(), ApiError> {
    if name.is_empty() || name.chars().count() > DISPLAY_CHARS_MAX {
        let text = format!("expected 1 to {DISPLAY_CHARS_MAX} characters");
        return Err(refuse(member, text));
    }
    Ok(())
}

fn text(
    member: &str,
    value: Option<String>,
    fits: impl Fn(char) -> bool,
) -> Result<Option<String>, ApiError> {
    if let Some(text) = &value {
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(refuse(
                member,
                format!("expected at most {TEXT_CHARS_MAX} characters"),
            ));
        }
        if let Some(bad) = text.chars().find(|c| !fits(*c)) {
            let text = format!("expected letters, digits, spaces and _ ; ( ) , -, found {bad:?}");
            return Err(refuse(member, text));
        }
    }
    Ok(value)
}

fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn refuse(member: &str, problem: impl Display) -> ApiError {
    ApiError::bad_request(format!("{member}: {problem}"))
}

/// A configuration as callers see it.
pub(super) fn answer(recommender: &Recommender) -> RecommenderConfigurationResponse {
    let (transformer, attributes, display_name) = match &recommender.output {
        RecommenderOutput::Items { display_name } => (None, None, Some(display_name.clone())),
        RecommenderOutput::Transformed {
            function,
            attributes,
        } => (Some(function.clone()), Some(attributes.clone()), None),
    };
    let asked_by = match recommender.asked_by {
        RecommenderKey::Endpoint => BY_ENDPOINT,
        RecommenderKey::User => BY_USER,
    };
    RecommenderConfigurationResponse {
        attributes,
        creation_date: Some(recommender.created.to_string()),
        description: recommender.description.clone(),
        id: Some(recommender.id.to_string()),
        last_modified_date: Some(recommender.modified.to_string()),
        name: recommender.name.clone(),
        recommendation_provider_id_type: Some(asked_by.to_owned()),
        recommendation_provider_role_arn: Some(recommender.role.clone()),
        recommendation_provider_uri: Some(recommender.model.clone()),
        recommendation_transformer_uri: transformer,
        recommendations_display_name: display_name,
        recommendations_per_message: Some(recommender.per_message.into()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn members(object: Value) -> serde_json::Map<String, Value> {
        match object {
            Value::Object(members) => members,
            other => panic!("{other} has no members"),
        }
    }

    fn attempt(change: Value) -> Result<Value, String> {
        let mut body = json!({
            "RecommendationProviderRoleArn": "arn:aws:iam::000000000000:role/ask",
            "RecommendationProviderUri": "arn:aws:personalize:us-east-1:000000000000:campaign/c",
            "RecommendationsDisplayName": "For you",
        });
        for (name, value) in members(change) {
            body[name] = value;
        }
        let request = serde_json::from_value(body).expect("the shape");
        let (id, now) = (RecommenderId::from("r"), Timestamp::default());
        match read(id, request, now, now) {
            Ok(recommender) => Ok(serde_json::to_value(answer(&recommender)).expect("JSON")),
            Err(error) => Err(error.message().to_owned()),
        }
    }

    #[track_caller]
    fn refuses(change: Value, told: &str) {
        let message = attempt(change).expect_err("is refused");
        assert!(message.starts_with(told), "{message}");
    }

    #[track_caller]
    fn accepts(change: Value) {
        let answer = attempt(change.clone()).expect("is accepted");
        for (name, value) in members(change) {
            if value != "" {
                assert_eq!(answer[&name], value, "{name}");
            }
        }
    }

    fn with_function(attributes: &Value) -> Value {
        json!({
            "RecommendationTransformerUri": "arn:aws:lambda:us-east-1:000000000000:function:f",
            "Attributes": attributes, "RecommendationsDisplayName": "",
        })
    }

    #[test]
    fn what_is_omitted_has_its_default() {
        let answer = attempt(json!({})).expect("is accepted");
        assert_eq!(answer["RecommendationsPerMessage"], 5);
        assert_eq!(
            answer["RecommendationProviderIdType"],
            "PINPOINT_ENDPOINT_ID"
        );
        assert_eq!(answer.get("Attributes"), None);
        assert_eq!(answer.get("RecommendationTransformerUri"), None);
        let answer = attempt(with_function(&json!({"Title": "Title"}))).expect("is accepted");
        assert_eq!(answer.get("RecommendationsDisplayName"), None);
    }

    #[test]
    fn each_member_has_its_rule() {
        accepts(json!({
            "Name": "shop", "Description": "Best (of; all), in_a - row",
            "RecommendationProviderIdType": "PINPOINT_USER_ID", "RecommendationsPerMessage": 1,
            "RecommendationProviderUri": "http://127.0.0.1:9000/recommend",
        }));
        accepts(with_function(
            &json!({"Title": "Title", "9_Price-x": "x".repeat(25)}),
        ));
        refuses(
            json!({"RecommendationProviderRoleArn": ""}),
            "RecommendationProviderRoleArn: ",
        );
        refuses(
            json!({"RecommendationProviderUri": "ftp://x"}),
            "RecommendationProviderUri: ",
        );
        refuses(
            json!({"RecommendationProviderIdType": "X"}),
            "RecommendationProviderIdType: ",
        );
        for count in [0, 6, -1, 1_000] {
            refuses(
                json!({"RecommendationsPerMessage": count}),
                "RecommendationsPerMessage: ",
            );
        }
        refuses(json!({"Name": "x".repeat(129)}), "Name: ");
        refuses(json!({"Description": "x".repeat(129)}), "Description: ");
        refuses(json!({"Description": "<b>"}), "Description: ");
        refuses(
            json!({"RecommendationsDisplayName": ""}),
            "RecommendationsDisplayName: ",
        );
        let long = "x".repeat(26);
        refuses(
            json!({"RecommendationsDisplayName": long}),
            "RecommendationsDisplayName: ",
        );
        refuses(json!({"Attributes": {"Title": "t"}}), "Attributes: only");
        refuses(with_function(&json!({})), "Attributes: expected 1 to 10");
        for name in ["", "_a", "a b", &"x".repeat(51)] {
            refuses(
                with_function(&json!({name: "t"})),
                "Attributes: expected names",
            );
        }
        refuses(with_function(&json!({"Title": long})), "Attributes.Title: ");
        let many: BTreeMap<String, &str> = (0..11).map(|n| (format!("a{n}"), "t")).collect();
        refuses(with_function(&json!(many)), "Attributes: expected 1 to 10");
    }
}
