//! One call of a Pinpoint operation, as handlers see it.

use std::sync::Arc;

use bytes::Bytes;
use clock::Timestamp;
use model::{App, AppId};
use serde::de::DeserializeOwned;
use serde_json::Value;
use wire::{Operation, PathParams, Query, parameter};

use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::AppState;

/// A call whose sender is known and permitted.
pub(crate) struct Call {
    pub(crate) state: AppState,
    pub(crate) operation: Operation,
    pub(crate) params: PathParams,
    pub(crate) query: Query,
    pub(crate) caller: Caller,
    pub(crate) request_id: String,
    pub(crate) now: Timestamp,
    /// The body as it came.
    pub(crate) bytes: Bytes,
    /// The body as JSON; null for operations without a body and for PutEvents, which reads
    /// [`Self::bytes`] itself.
    pub(crate) json: Value,
    /// The application in the path, if there is one.
    pub(crate) app: Option<Arc<App>>,
}

impl Call {
    /// The application in the path.
    ///
    /// # Errors
    /// The operation has none in its path.
    pub(crate) fn app(&self) -> Result<&App, ApiError> {
        self.app.as_deref().ok_or_else(ApiError::app_not_found)
    }

    /// The identifier of the application in the path.
    ///
    /// # Errors
    /// The operation has none in its path.
    pub(crate) fn app_id(&self) -> Result<AppId, ApiError> {
        Ok(self.app()?.id.clone())
    }

    /// A parameter of the path.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name).unwrap_or_default()
    }

    /// The version in the path; unknown ones and texts that are no numbers are not found
    /// (`docs/spec/audience.md §9.1`).
    ///
    /// # Errors
    /// It is not a number from 1.
    pub(crate) fn version(&self) -> Result<u32, ApiError> {
        let version = self.param(parameter::VERSION).parse();
        version
            .ok()
            .filter(|version| *version > 0)
            .ok_or_else(ApiError::not_found)
    }

    /// The body, checked against the model.
    ///
    /// # Errors
    /// A member is missing or has an unusable value.
    pub(crate) fn body<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        wire::validate(self.operation, &self.json)?;
        T::deserialize(&self.json).map_err(|error| ApiError::bad_request(error.to_string()))
    }
}

/// Reads a body as JSON; an empty one counts as an object without members.
///
/// # Errors
/// It is not JSON; the message tells line and column.
pub(crate) fn parse_json(bytes: &[u8]) -> Result<Value, ApiError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    serde_json::from_slice(bytes).map_err(|error| malformed(&error))
}

/// What is said about text that is not JSON.
pub(crate) fn malformed(error: &serde_json::Error) -> ApiError {
    ApiError::bad_request(format!("The request body is not JSON: {error}"))
}
