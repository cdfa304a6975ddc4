//! Prints the structures and enums as Rust.

use super::{
    MARK,
    deviations::{alias, extra_values},
    model::{Model, Shape},
    names::{constant, field, type_name},
};

/// `generated/shapes.rs`: one struct per structure of a request or answer.
pub fn print(model: &Model) -> String {
    let mut out = String::from(MARK);
    out.push_str("//! Bodies of requests and answers, in the naming of the wire.\n\n");
    out.push_str("use std::collections::BTreeMap;\n\n");
    out.push_str("use serde::{Deserialize, Serialize};\n\n");
    out.push_str("use crate::lenient;\n");
    for name in model.body_structures() {
        let Shape::Structure { members, .. } = model.shape(name) else {
            continue;
        };
        out.push_str(&format!(
            "\n/// `{name}` of the API model.\n\
             #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]\n\
             pub struct {name} {{\n"
        ));
        for member in members {
            let mut serde = format!("rename = \"{}\"", member.wire);
            if let Some(alias) = alias(&member.name, &member.wire) {
                serde.push_str(&format!(", alias = \"{alias}\""));
            }
            serde.push_str(", default, skip_serializing_if = \"Option::is_none\"");
            if let Some(function) = lenient_reader(model, &member.shape) {
                serde.push_str(&format!(", deserialize_with = \"lenient::{function}\""));
            }
            out.push_str(&format!(
                "/// `{}`.\n#[serde({serde})]\npub {}: Option<{}>,\n",
                member.wire,
                field(&member.name),
                rust_type(model, &member.shape)
            ));
        }
        out.push_str("}\n");
    }
    out
}

/// `generated/enums.rs`: the values of every enum.
pub fn print_enums(model: &Model) -> String {
    let mut out = String::from(MARK);
    out.push_str(
        "//! The values that members of an enum type may have. On the wire and in\n\
         //! the shapes they are plain strings, so that the server can refuse an\n\
         //! unknown one by name.\n\n\
         use crate::schema::EnumValues;\n",
    );
    for (name, shape) in &model.shapes {
        let Shape::Enum(values) = shape else { continue };
        let type_name = type_name(name);
        out.push_str(&format!(
            "\n/// Values of the enum `{type_name}`.\n#[derive(Clone, Copy, Debug)]\npub struct {type_name};\n\n\
             impl {type_name} {{\n/// Every accepted value, in the order of the model.\n\
             pub const VALUES: EnumValues = &["
        ));
        for value in values
            .iter()
            .map(String::as_str)
            .chain(extra_values(name).iter().copied())
        {
            out.push_str(&format!("\"{value}\","));
        }
        out.push_str("];\n");
        for value in values
            .iter()
            .map(String::as_str)
            .chain(extra_values(name).iter().copied())
        {
            out.push_str(&format!(
                "/// `{value}`.\npub const {}: &'static str = \"{value}\";\n",
                constant_of_value(value)
            ));
        }
        out.push_str("}\n");
    }
    out
}

fn constant_of_value(value: &str) -> String {
    if value
        .chars()
        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    {
        value.to_owned()
    } else {
        constant(value)
    }
}

fn rust_type(model: &Model, shape: &str) -> String {
    match model.shape(shape) {
        Shape::Structure { .. } => shape.to_owned(),
        Shape::List(element) => format!("Vec<{}>", rust_type(model, element)),
        Shape::Map(value) => format!("BTreeMap<String, {}>", rust_type(model, value)),
        Shape::Enum(_) | Shape::String | Shape::Blob | Shape::Timestamp => "String".to_owned(),
        Shape::Boolean => "bool".to_owned(),
        Shape::Double => "f64".to_owned(),
        Shape::Integer | Shape::Long => "i64".to_owned(),
    }
}

/// The function of `wire::lenient` that reads a shape.
fn lenient_reader(model: &Model, shape: &str) -> Option<&'static str> {
    let is_text = |name: &str| matches!(model.shape(name), Shape::String | Shape::Enum(_));
    match model.shape(shape) {
        Shape::List(element) if is_text(element) => Some("strings"),
        Shape::List(_) => Some("list"),
        Shape::Map(value) if is_text(value) => Some("string_map"),
        Shape::Map(value) => match model.shape(value) {
            Shape::List(element) if is_text(element) => Some("strings_map"),
            _ => Some("map"),
        },
        Shape::Integer | Shape::Long => Some("integer"),
        _ => None,
    }
}
