//! Prints the console's TypeScript types.

use super::{
    MARK,
    deviations::extra_values,
    model::{Model, Shape},
    names::type_name,
};

/// `console/src/generated/wire.ts`.
pub fn print(model: &Model) -> String {
    let mut out = String::from(MARK);
    for (name, shape) in &model.shapes {
        let Shape::Enum(values) = shape else { continue };
        out.push_str(&format!("\nexport type {} =\n", type_name(name)));
        let values: Vec<String> = values
            .iter()
            .map(String::as_str)
            .chain(extra_values(name).iter().copied())
            .map(|value| format!("  | \"{value}\""))
            .collect();
        out.push_str(&values.join("\n"));
        out.push_str(";\n");
    }
    for name in model.body_structures() {
        let Shape::Structure { members, .. } = model.shape(name) else {
            continue;
        };
        out.push_str(&format!("\nexport interface {name} {{\n"));
        for member in members {
            out.push_str(&format!(
                "  {}{}: {};\n",
                member.wire,
                if member.required { "" } else { "?" },
                type_of(model, &member.shape)
            ));
        }
        out.push_str("}\n");
    }
    print_operations(model, &mut out);
    out
}

fn print_operations(model: &Model, out: &mut String) {
    out.push_str(
        "\nexport interface OperationInfo {\n  readonly name: string;\n  readonly method: \"GET\" | \"POST\" | \"PUT\" | \"DELETE\";\n  readonly path: string;\n}\n",
    );
    out.push_str("\nexport const operations = {\n");
    for (name, operation) in &model.operations {
        out.push_str(&format!(
            "  {name}: {{ name: \"{name}\", method: \"{}\", path: \"{}\" }},\n",
            operation.method, operation.path
        ));
    }
    out.push_str("} as const satisfies Record<string, OperationInfo>;\n");
    out.push_str("\nexport type OperationName = keyof typeof operations;\n");

    out.push_str(
        "\n/** What each operation takes: parameters of the path and the query, and the body. */\n",
    );
    out.push_str("export interface OperationInputs {\n");
    for (name, operation) in &model.operations {
        let mut parts = Vec::new();
        if !operation.path_parameters.is_empty() {
            let fields: Vec<String> = operation
                .path_parameters
                .iter()
                .map(|p| format!("\"{p}\": string"))
                .collect();
            parts.push(format!("path: {{ {} }}", fields.join("; ")));
        }
        if !operation.query.is_empty() {
            let fields: Vec<String> = operation
                .query
                .iter()
                .map(|p| {
                    let mark = if p.required { "" } else { "?" };
                    format!("\"{}\"{mark}: {}", p.name, type_of(model, &p.shape))
                })
                .collect();
            let mark = if operation.query.iter().any(|p| p.required) {
                ""
            } else {
                "?"
            };
            parts.push(format!("query{mark}: {{ {} }}", fields.join("; ")));
        }
        if let Some(body) = &operation.body {
            parts.push(format!("body: {body}"));
        }
        let input = if parts.is_empty() {
            "Record<string, never>".to_owned()
        } else {
            format!("{{ {} }}", parts.join("; "))
        };
        out.push_str(&format!("  {name}: {input};\n"));
    }
    out.push_str("}\n");

    out.push_str("\n/** The body that each operation answers with. */\nexport interface OperationOutputs {\n");
    for (name, operation) in &model.operations {
        out.push_str(&format!(
            "  {name}: {};\n",
            operation.answer.as_deref().unwrap_or("undefined")
        ));
    }
    out.push_str("}\n");
}

fn type_of(model: &Model, shape: &str) -> String {
    match model.shape(shape) {
        Shape::Structure { .. } => shape.to_owned(),
        Shape::Enum(_) => type_name(shape).to_owned(),
        Shape::List(element) => format!("Array<{}>", type_of(model, element)),
        Shape::Map(value) => format!("Record<string, {}>", type_of(model, value)),
        Shape::String | Shape::Blob | Shape::Timestamp => "string".to_owned(),
        Shape::Boolean => "boolean".to_owned(),
        Shape::Double | Shape::Integer | Shape::Long => "number".to_owned(),
    }
}
