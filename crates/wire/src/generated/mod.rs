//! Written by `cargo xtask codegen`.

pub mod enums;
pub mod operations;
pub mod schema;
pub mod shapes;
