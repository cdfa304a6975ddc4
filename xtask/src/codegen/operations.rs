//! Prints the operations and the routes as Rust.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    MARK,
    model::{Model, Shape},
    names::constant,
};

/// `generated/operations.rs`.
pub fn print(model: &Model) -> String {
    let mut out = String::from(MARK);
    out.push_str(
        "//! The operations, what each takes and answers, and the routes.\n\n\
         use crate::{exception::Exception, operation::{Info, QueryKind, QueryParameter}, router::{Route, Segment}};\n",
    );
    print_enum(model, &mut out);
    print_table(model, &mut out);
    print_parameters(model, &mut out);
    print_routes(model, &mut out);
    out
}

fn print_enum(model: &Model, out: &mut String) {
    out.push_str(
        "\n/// An operation of the API, in alphabetical order.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n\
         #[repr(u8)]\npub enum Operation {\n",
    );
    for name in model.operations.keys() {
        out.push_str(&format!("/// `{name}`.\n{name},\n"));
    }
    out.push_str("}\n\nimpl Operation {\n/// Every operation, in alphabetical order.\n");
    out.push_str(&format!(
        "pub const ALL: [Self; {}] = [\n",
        model.operations.len()
    ));
    for name in model.operations.keys() {
        out.push_str(&format!("Self::{name},\n"));
    }
    out.push_str("];\n}\n");
}

fn print_table(model: &Model, out: &mut String) {
    out.push_str(&format!(
        "\npub(crate) static INFO: [Info; {}] = [\n",
        model.operations.len()
    ));
    for (name, operation) in &model.operations {
        let body = operation.body.as_deref().map_or_else(
            || "None".to_owned(),
            |shape| format!("Some(&super::schema::{})", constant(shape)),
        );
        let answer = operation
            .answer
            .as_deref()
            .map_or_else(|| "None".to_owned(), |shape| format!("Some(\"{shape}\")"));
        let query: String = operation
            .query
            .iter()
            .map(|parameter| {
                let kind = match model.shape(&parameter.shape) {
                    Shape::List(_) => "Strings",
                    Shape::Boolean => "Boolean",
                    Shape::Timestamp => "Timestamp",
                    _ => "String",
                };
                format!(
                    "QueryParameter {{ name: \"{}\", kind: QueryKind::{kind}, required: {} }},",
                    parameter.name, parameter.required
                )
            })
            .collect();
        let path_parameters: String = operation
            .path_parameters
            .iter()
            .map(|p| format!("\"{p}\","))
            .collect();
        let errors: String = operation
            .errors
            .iter()
            .map(|e| format!("Exception::{},", e.trim_end_matches("Exception")))
            .collect();
        out.push_str(&format!(
            "Info {{ name: \"{name}\", action: \"mobiletargeting:{name}\", method: \"{}\", path: \"{}\", \
             success_status: {}, body: {body}, answer: {answer}, path_parameters: &[{path_parameters}], \
             query: &[{query}], errors: &[{errors}] }},\n",
            operation.method, operation.path, operation.status
        ));
    }
    out.push_str("];\n");
}

fn print_parameters(model: &Model, out: &mut String) {
    let names: BTreeSet<&String> = model
        .operations
        .values()
        .flat_map(|o| &o.path_parameters)
        .collect();
    out.push_str("\n/// Names of the parameters in paths.\npub mod parameter {\n");
    for name in names {
        out.push_str(&format!(
            "/// `{{{name}}}`.\npub const {}: &str = \"{name}\";\n",
            constant(name)
        ));
    }
    out.push_str("}\n");
}

/// Routes sorted by number of segments, then with literal segments first, so
/// that the first match is the most exact one.
fn print_routes(model: &Model, out: &mut String) {
    let mut by_path: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for (name, operation) in &model.operations {
        by_path
            .entry(&operation.path)
            .or_default()
            .push((&operation.method, name));
    }
    // docs/spec/events.md §1: browsers flush their last events to this path.
    by_path.insert(
        "/v1/apps/{application-id}/events/legacy",
        vec![("POST", "PutEvents")],
    );
    let mut routes: Vec<_> = by_path.into_iter().collect();
    routes.sort_by_key(|(path, _)| {
        let key: Vec<(bool, &str)> = path.split('/').map(|s| (s.starts_with('{'), s)).collect();
        (key.len(), key)
    });
    out.push_str(&format!(
        "\npub(crate) static ROUTES: [Route; {}] = [\n",
        routes.len()
    ));
    for (path, methods) in routes {
        let segments: String = path
            .split('/')
            .skip(1)
            .map(
                |s| match s.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
                    Some("resource-arn") => "Segment::Rest(parameter::RESOURCE_ARN),".to_owned(),
                    Some(name) => format!("Segment::Parameter(parameter::{}),", constant(name)),
                    None => format!("Segment::Literal(\"{s}\"),"),
                },
            )
            .collect();
        let methods: String = methods
            .iter()
            .map(|(method, name)| format!("(\"{method}\", Operation::{name}),"))
            .collect();
        out.push_str(&format!(
            "Route {{ segments: &[{segments}], methods: &[{methods}] }},\n"
        ));
    }
    out.push_str("];\n");
}
