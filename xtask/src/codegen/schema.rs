//! Prints what the validation of requests needs to know of each structure.

use super::{
    MARK,
    deviations::{alias, checked_per_item},
    model::{Model, Shape},
    names::{constant, type_name},
};

/// `generated/schema.rs`: one static per structure of a request.
pub fn print(model: &Model) -> String {
    let mut out = String::from(MARK);
    out.push_str(
        "//! Members of every structure that occurs in a request body.\n\n\
         use super::enums;\nuse crate::schema::{Kind, Member, Structure};\n",
    );
    let structures = model.request_structures();
    for name in &structures {
        let Shape::Structure { members, .. } = model.shape(name) else {
            continue;
        };
        let lax = checked_per_item(name);
        out.push_str(&format!(
            "\n/// `{name}`.\npub static {}: Structure = Structure {{ name: \"{name}\", members: &[\n",
            constant(name)
        ));
        for member in members {
            let alias = alias(&member.name, &member.wire)
                .map_or_else(|| "None".to_owned(), |a| format!("Some(\"{a}\")"));
            out.push_str(&format!(
                "Member {{ name: \"{}\", alias: {alias}, required: {}, kind: {} }},\n",
                member.wire,
                member.required && !lax,
                kind(model, &member.shape, lax)
            ));
        }
        out.push_str("] };\n");
    }
    out.push_str(&format!(
        "\npub(crate) static STRUCTURES: [&Structure; {}] = [\n",
        structures.len()
    ));
    for name in &structures {
        out.push_str(&format!("&{},\n", constant(name)));
    }
    out.push_str("];\n");
    out
}

fn kind(model: &Model, shape: &str, lax: bool) -> String {
    match model.shape(shape) {
        Shape::Structure { .. } => format!("Kind::Structure(&{})", constant(shape)),
        Shape::Enum(_) if lax => "Kind::String".to_owned(),
        Shape::Enum(_) => format!("Kind::Enum(enums::{}::VALUES)", type_name(shape)),
        Shape::List(element) => format!("Kind::List(&{})", kind(model, element, lax)),
        Shape::Map(value) => format!("Kind::Map(&{})", kind(model, value, lax)),
        Shape::String | Shape::Blob | Shape::Timestamp => "Kind::String".to_owned(),
        Shape::Boolean => "Kind::Boolean".to_owned(),
        Shape::Double => "Kind::Double".to_owned(),
        Shape::Integer => "Kind::Integer".to_owned(),
        Shape::Long => "Kind::Long".to_owned(),
    }
}
