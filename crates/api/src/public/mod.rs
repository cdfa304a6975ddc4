//! Routes that need no credentials.

pub(crate) mod console;
pub(crate) mod health;
pub(crate) mod openapi;
pub(crate) mod tracking;
pub(crate) mod unsubscribe;
