//! The JSON of the Pinpoint API: shapes, operations, routes and the check of
//! request bodies, generated from the API model by `cargo xtask codegen`.
//!
//! Belongs: what a body or path looks like. Elsewhere: what it means (`api`),
//! the HTTP answer to a refusal (`api`).
//!
//! A request takes this way through the crate:
//!
//! 1. [`route`] finds the [`Operation`] and decodes the [`PathParams`];
//! 2. [`Query::parse`] decodes the query string;
//! 3. [`validate`] walks the JSON body and names the first bad member;
//! 4. serde reads the body into a struct of [`shapes`].

mod exception;
mod generated;
pub mod lenient;
mod operation;
mod query;
mod router;
pub mod schema;
mod validate;

pub use exception::Exception;
pub use generated::{
    enums,
    operations::{Operation, parameter},
    shapes,
};
pub use operation::{QueryKind, QueryParameter};
pub use query::{Query, QueryError};
pub use router::{PathParams, RouteError, encode_segment, route};
pub use validate::{Problem, Violation, validate, validate_structure};
