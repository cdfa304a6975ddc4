//! Prints the OpenAPI 3.1 document.

use serde_json::{Map, Value, json};

use super::{
    beckon_api,
    deviations::extra_values,
    model::{Model, Operation, Shape},
    names::type_name,
};

/// `docs/openapi.json`: the Pinpoint API from the model, the Beckon API from its document.
pub fn print(model: &Model, beckon_document: &str) -> Result<String, String> {
    let mut paths = Map::new();
    for (name, operation) in &model.operations {
        let path = paths
            .entry(operation.path.clone())
            .or_insert_with(|| json!({}));
        path[operation.method.to_ascii_lowercase()] = operation_json(model, name, operation);
    }
    beckon_api::add_paths(beckon_document, &mut paths)?;
    let mut schemas = Map::new();
    for name in model.body_structures() {
        schemas.insert(name.to_owned(), structure_json(model, name));
    }
    for (name, shape) in &model.shapes {
        if let Shape::Enum(values) = shape {
            let values: Vec<&str> = values
                .iter()
                .map(String::as_str)
                .chain(extra_values(name).iter().copied())
                .collect();
            schemas.insert(
                type_name(name).to_owned(),
                json!({"type": "string", "enum": values}),
            );
        }
    }
    let mut responses = Map::new();
    for (name, _) in model.exceptions() {
        responses.insert(name.to_owned(), refusal(name));
    }
    responses.insert(
        "Refusal".to_owned(),
        refusal("Any other refusal, named by x-amzn-ErrorType"),
    );
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Beckon",
            "version": model.version,
            "description": "The Amazon Pinpoint API as Beckon serves it, and what Beckon adds under /beckon/v1. Requests are signed with AWS Signature Version 4, service name mobiletargeting.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"sigv4": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": responses,
            "securitySchemes": {
                "sigv4": {"type": "apiKey", "in": "header", "name": "Authorization",
                    "description": "AWS4-HMAC-SHA256, service mobiletargeting"},
                "session": {"type": "apiKey", "in": "cookie", "name": "beckon_session",
                    "description": "A console session; calls that change something also need x-beckon-csrf"},
            },
        },
    });
    let mut text = serde_json::to_string_pretty(&document).map_err(|e| e.to_string())?;
    text.push('\n');
    Ok(text)
}

fn refusal(description: &str) -> Value {
    json!({
        "description": description,
        "headers": {"x-amzn-ErrorType": {"schema": {"type": "string"}}},
        "content": {"application/json": {"schema": reference("MessageBody")}},
    })
}

fn operation_json(model: &Model, name: &str, operation: &Operation) -> Value {
    let mut parameters: Vec<Value> = operation
        .path_parameters
        .iter()
        .map(|p| json!({"name": p, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    parameters.extend(operation.query.iter().map(|p| {
        json!({"name": p.name, "in": "query", "required": p.required, "schema": schema_of(model, &p.shape)})
    }));
    let mut success = json!({"description": name});
    if let Some(answer) = &operation.answer {
        success["content"] = json!({"application/json": {"schema": reference(answer)}});
    }
    let mut responses = Map::new();
    responses.insert(operation.status.to_string(), success);
    for (exception, status) in model.exceptions() {
        if operation.errors.iter().any(|e| e == exception) {
            responses.insert(
                status.to_string(),
                json!({"$ref": format!("#/components/responses/{exception}")}),
            );
        }
    }
    responses.insert(
        "default".to_owned(),
        json!({"$ref": "#/components/responses/Refusal"}),
    );
    let mut out = json!({"operationId": name, "tags": ["Pinpoint"], "responses": responses});
    if !parameters.is_empty() {
        out["parameters"] = Value::Array(parameters);
    }
    if let Some(body) = &operation.body {
        out["requestBody"] = json!({
            "required": true,
            "content": {"application/json": {"schema": reference(body)}},
        });
    }
    out
}

fn structure_json(model: &Model, name: &str) -> Value {
    let Shape::Structure { members, .. } = model.shape(name) else {
        return json!({});
    };
    let properties: Map<String, Value> = members
        .iter()
        .map(|m| (m.wire.clone(), schema_of(model, &m.shape)))
        .collect();
    let required: Vec<&str> = members
        .iter()
        .filter(|m| m.required)
        .map(|m| m.wire.as_str())
        .collect();
    let mut out = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        out["required"] = json!(required);
    }
    out
}

fn schema_of(model: &Model, shape: &str) -> Value {
    match model.shape(shape) {
        Shape::Structure { .. } => reference(shape),
        Shape::Enum(_) => reference(type_name(shape)),
        Shape::List(element) => json!({"type": "array", "items": schema_of(model, element)}),
        Shape::Map(value) => {
            json!({"type": "object", "additionalProperties": schema_of(model, value)})
        }
        Shape::String => json!({"type": "string"}),
        Shape::Blob => json!({"type": "string", "contentEncoding": "base64"}),
        Shape::Timestamp => json!({"type": "string", "format": "date-time"}),
        Shape::Boolean => json!({"type": "boolean"}),
        Shape::Double => json!({"type": "number", "format": "double"}),
        Shape::Integer => json!({"type": "integer", "format": "int32"}),
        Shape::Long => json!({"type": "integer", "format": "int64"}),
    }
}

fn reference(shape: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{shape}")})
}
