//! The API model, read into types.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Operations and shapes, sorted by name.
pub struct Model {
    pub operations: BTreeMap<String, Operation>,
    pub shapes: BTreeMap<String, Shape>,
    pub version: String,
}

pub struct Operation {
    pub method: String,
    /// Path template from `/v1` on.
    pub path: String,
    pub status: u16,
    /// Shape of the request body; `None` if the operation takes none.
    pub body: Option<String>,
    /// Shape of the answer's body; `None` if it has none.
    pub answer: Option<String>,
    /// Names of the path parameters, in the order of the template.
    pub path_parameters: Vec<String>,
    pub query: Vec<QueryParameter>,
    pub errors: Vec<String>,
}

pub struct QueryParameter {
    /// Name on the wire.
    pub name: String,
    pub shape: String,
    pub required: bool,
}

pub enum Shape {
    Structure {
        members: Vec<Member>,
        /// HTTP status, when the shape is an exception.
        exception: Option<u16>,
    },
    Enum(Vec<String>),
    List(String),
    Map(String),
    String,
    Blob,
    Boolean,
    Double,
    Integer,
    Long,
    Timestamp,
}

pub struct Member {
    /// Name in the model.
    pub name: String,
    /// Name in JSON.
    pub wire: String,
    pub shape: String,
    pub required: bool,
}

impl Model {
    /// Reads the model's JSON.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let shapes_json = object(&document, "shapes")?;
        let mut shapes = BTreeMap::new();
        for (name, value) in shapes_json {
            shapes.insert(
                name.clone(),
                parse_shape(value).map_err(|e| format!("{name}: {e}"))?,
            );
        }
        let mut operations = BTreeMap::new();
        for (name, value) in object(&document, "operations")? {
            let operation =
                parse_operation(value, shapes_json).map_err(|e| format!("{name}: {e}"))?;
            operations.insert(name.clone(), operation);
        }
        Ok(Self {
            operations,
            shapes,
            version: text_of(&document, "apiVersion")?,
        })
    }

    pub fn shape(&self, name: &str) -> &Shape {
        &self.shapes[name]
    }

    /// Structures that appear in a request body, by name.
    pub fn request_structures(&self) -> BTreeSet<&str> {
        self.reach(self.operations.values().filter_map(|o| o.body.as_deref()))
    }

    /// Structures that appear in a body of either direction, by name.
    pub fn body_structures(&self) -> BTreeSet<&str> {
        self.reach(
            self.operations
                .values()
                .flat_map(|o| o.body.iter().chain(&o.answer))
                .map(String::as_str),
        )
    }

    fn reach<'a>(&'a self, roots: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut waiting: Vec<&str> = roots.collect();
        while let Some(name) = waiting.pop() {
            match self.shape(name) {
                Shape::Structure { members, .. } if found.insert(name) => {
                    waiting.extend(members.iter().map(|m| m.shape.as_str()));
                }
                Shape::List(element) | Shape::Map(element) => waiting.push(element),
                _ => {}
            }
        }
        found
    }

    /// Exceptions of the model with their HTTP status.
    pub fn exceptions(&self) -> Vec<(&str, u16)> {
        self.shapes
            .iter()
            .filter_map(|(name, shape)| match shape {
                Shape::Structure {
                    exception: Some(status),
                    ..
                } => Some((name.as_str(), *status)),
                _ => None,
            })
            .collect()
    }
}

fn parse_shape(value: &Value) -> Result<Shape, String> {
    Ok(match text_of(value, "type")?.as_str() {
        "structure" => Shape::Structure {
            members: parse_members(value)?,
            exception: match value["exception"].as_bool() {
                Some(true) => Some(status_of(value)?),
                _ => None,
            },
        },
        "string" => match value.get("enum") {
            Some(_) => Shape::Enum(texts(value, "enum")),
            None => Shape::String,
        },
        "list" => Shape::List(text_of(value, "member")?),
        "map" => Shape::Map(text_of(value, "value")?),
        "blob" => Shape::Blob,
        "boolean" => Shape::Boolean,
        "double" => Shape::Double,
        "integer" => Shape::Integer,
        "long" => Shape::Long,
        "timestamp" => Shape::Timestamp,
        other => return Err(format!("unknown type {other}")),
    })
}

fn parse_members(value: &Value) -> Result<Vec<Member>, String> {
    let required = texts(value, "required");
    object(value, "members")?
        .iter()
        .map(|(name, member)| {
            Ok(Member {
                name: name.clone(),
                wire: member["locationName"]
                    .as_str()
                    .unwrap_or(name.as_str())
                    .to_owned(),
                shape: text_of(member, "shape")?,
                required: required.contains(name),
            })
        })
        .collect()
}

fn parse_operation(value: &Value, shapes: &Map<String, Value>) -> Result<Operation, String> {
    let path = text_of(value, "path")?;
    let mut operation = Operation {
        method: text_of(value, "method")?,
        status: status_of(value)?,
        body: None,
        answer: None,
        path_parameters: path
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
            .map(str::to_owned)
            .collect(),
        query: Vec::new(),
        errors: texts(value, "errors"),
        path,
    };
    operation.errors.sort();
    if let Some(input) = value["input"].as_str() {
        let input = &shapes[input];
        operation.body = payload_of(input)?;
        let required = texts(input, "required");
        for (name, member) in object(input, "members")? {
            if member["location"] == "querystring" {
                operation.query.push(QueryParameter {
                    name: text_of(member, "locationName")?,
                    shape: text_of(member, "shape")?,
                    required: required.contains(name),
                });
            }
        }
    }
    if let Some(output) = value["output"].as_str() {
        operation.answer = payload_of(&shapes[output])?;
    }
    Ok(operation)
}

fn payload_of(shape: &Value) -> Result<Option<String>, String> {
    shape["payload"]
        .as_str()
        .map(|member| text_of(&shape["members"][member], "shape"))
        .transpose()
}

fn object<'a>(value: &'a Value, key: &str) -> Result<&'a Map<String, Value>, String> {
    value[key]
        .as_object()
        .ok_or_else(|| format!("{key} is not an object"))
}

fn text_of(value: &Value, key: &str) -> Result<String, String> {
    value[key]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("{key} is not a string"))
}

fn texts(value: &Value, key: &str) -> Vec<String> {
    value[key]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}

fn status_of(value: &Value) -> Result<u16, String> {
    value["status"]
        .as_u64()
        .and_then(|status| u16::try_from(status).ok())
        .ok_or_else(|| "status is not an HTTP status".to_owned())
}
