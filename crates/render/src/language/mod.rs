//! The template language: pieces, syntax tree, helpers, evaluation
//! (`docs/spec/templates.md §2–3`).

pub(crate) mod ast;
mod call;
mod date;
mod date_helper;
pub(crate) mod evaluate;
mod expression;
mod helper;
mod lookup;
mod maths_helper;
mod parser;
pub(crate) mod piece;
mod text_helper;
mod value;

pub(crate) use parser::parse_pieces;
