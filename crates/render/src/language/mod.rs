//! The template language: pieces, syntax tree, helpers, evaluation
//! (`docs/spec/templates.md §2–3`).

pub(crate) mod ast;
mod call;
pub(crate) mod evaluate;
mod expression;
mod helper;
mod lookup;
mod parser;
pub(crate) mod piece;
mod text_helper;
mod value;

pub(crate) use parser::parse_pieces;
