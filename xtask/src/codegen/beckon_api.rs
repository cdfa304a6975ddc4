//! Reads the calls of the Beckon API from the tables of its document, so that what is written for
//! people and what is written for tools cannot differ.

use serde_json::{Map, Value, json};

/// Adds the calls that the tables of `document` list to the paths of an OpenAPI document.
///
/// # Errors
/// A row that is not a call, its body and its answer.
pub fn add_paths(document: &str, paths: &mut Map<String, Value>) -> Result<(), String> {
    let mut section = "";
    for line in document.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        }
        if !line.starts_with("| `") {
            continue;
        }
        let cells = cells(line);
        let [calls, text] = cells.as_slice() else {
            return Err(format!("a row with {} cells: {line}", cells.len()));
        };
        let mut place = "";
        for call in calls.split('`').skip(1).step_by(2) {
            let (method, target) = call.split_once(' ').unwrap_or((call, place));
            if target.is_empty() {
                return Err(format!("a call without a path: {line}"));
            }
            place = target;
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let operation = operation(section, method, path, query, text);
            let entry = paths.entry(path.to_owned()).or_insert_with(|| json!({}));
            entry[method.to_ascii_lowercase()] = operation;
        }
    }
    Ok(())
}

fn operation(section: &str, method: &str, path: &str, query: &str, text: &str) -> Value {
    let (body, answer) = text.split_once('→').unwrap_or(("", text));
    let mut parameters: Vec<Value> = names_in_path(path)
        .map(|name| parameter(name, "path", true))
        .collect();
    parameters.extend(
        query
            .split('&')
            .filter_map(|pair| pair.strip_suffix('='))
            // `attribute.NAME` stands for any number of parameters.
            .filter(|name| !name.contains('.'))
            .map(|name| parameter(name, "query", false)),
    );
    let status: u16 = answer
        .trim_start()
        .get(..3)
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(200);
    let mut responses = Map::new();
    responses.insert(status.to_string(), json!({"description": answer.trim()}));
    responses.insert(
        "default".to_owned(),
        json!({"$ref": "#/components/responses/Refusal"}),
    );
    let mut operation = json!({
        "operationId": operation_id(method, path),
        "tags": [format!("Beckon: {section}")],
        "description": text,
        "responses": responses,
        "security": [{"sigv4": []}, {"session": []}],
    });
    if section == "Session" {
        operation["security"] = json!([{}, {"session": []}]);
    }
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if matches!(method, "POST" | "PUT") && !body.trim().is_empty() {
        let media = if body.contains("raw body") {
            "application/octet-stream"
        } else {
            "application/json"
        };
        operation["requestBody"] = json!({"required": true, "content": {media: {}}});
    }
    operation
}

fn parameter(name: &str, place: &str, required: bool) -> Value {
    json!({"name": name, "in": place, "required": required, "schema": {"type": "string"}})
}

fn names_in_path(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

/// `GET /beckon/v1/inbox/{id}/raw` → `BeckonGetInboxIdRaw`.
fn operation_id(method: &str, path: &str) -> String {
    let method = method.to_ascii_lowercase();
    let path = path.trim_start_matches("/beckon/v1");
    let words = path.split(|c: char| !c.is_ascii_alphanumeric());
    std::iter::once(method.as_str())
        .chain(words)
        .fold("Beckon".to_owned(), |mut id, word| {
            let mut letters = word.chars();
            id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            id.push_str(letters.as_str());
            id
        })
}

/// The cells of a row of a Markdown table; `\|` does not end one.
fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_matches('|').replace("\\|", "\u{1}");
    inner
        .split('|')
        .map(|cell| cell.trim().replace('\u{1}', "|"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "\
## Things

| Call | Body → answer |
|---|---|
| `GET /beckon/v1/things/{id}?query=&attribute.NAME=` | → `{\"a\":string\\|null}` |
| `PUT /beckon/v1/things/{id}` / `DELETE` | `{\"b\"}` → 204 |
";

    #[test]
    fn a_row_becomes_operations() {
        let mut paths = Map::new();
        add_paths(DOCUMENT, &mut paths).unwrap();
        let thing = &paths["/beckon/v1/things/{id}"];
        assert_eq!(thing["get"]["operationId"], "BeckonGetThingsId");
        assert_eq!(thing["get"]["parameters"][0]["name"], "id");
        assert_eq!(thing["get"]["parameters"][1]["name"], "query");
        assert_eq!(thing["get"]["parameters"].as_array().unwrap().len(), 2);
        assert_eq!(
            thing["get"]["responses"]["200"]["description"],
            "`{\"a\":string|null}`"
        );
        assert_eq!(thing["delete"]["responses"]["204"]["description"], "204");
        assert!(thing["put"]["requestBody"].is_object());
        assert!(thing["get"]["requestBody"].is_null());
    }

    #[test]
    fn a_row_of_another_form_is_refused() {
        assert!(add_paths("| `GET /a` |", &mut Map::new()).is_err());
        assert!(add_paths("| `GET` | x |", &mut Map::new()).is_err());
    }
}
