//! What a caller is told when a call fails. Only this file chooses HTTP statuses and AWS exception
//! names (`docs/spec/audience.md §2`).

use audience::Violation;
use axum::response::{IntoResponse, Response};
use engine::buckets::FileError;
use engine::streams::StreamRefusal;
use engine::uploads::UploadError;
use http::StatusCode;
use serde_json::json;
use sigv4::SigV4Error;
use store::{Refusal, StoreError};

/// A refusal or failure, as the caller reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    kind: Kind,
    message: String,
}

/// A situation that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    BadRequest,
    MissingAuthenticationToken,
    InvalidSignature,
    ExpiredToken,
    UnrecognizedClient,
    AccessDenied,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    Conflict,
    PayloadTooLarge,
    TooManyRequests,
    Internal,
    Unavailable,
    IdentityNotFound,
    IdentityInvalid,
    IdentityRefused,
    IdentityUnreadable,
    IdentityOperation,
    IdentitiesTooMany,
}

impl Kind {
    /// HTTP status and exception name.
    const fn answer(self) -> (StatusCode, &'static str) {
        match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "BadRequestException"),
            Self::MissingAuthenticationToken => {
                (StatusCode::FORBIDDEN, "MissingAuthenticationTokenException")
            }
            Self::InvalidSignature => (StatusCode::FORBIDDEN, "InvalidSignatureException"),
            Self::ExpiredToken => (StatusCode::FORBIDDEN, "ExpiredTokenException"),
            Self::UnrecognizedClient => (StatusCode::FORBIDDEN, "UnrecognizedClientException"),
            Self::AccessDenied => (StatusCode::FORBIDDEN, "AccessDeniedException"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "ForbiddenException"),
            Self::NotFound => (StatusCode::NOT_FOUND, "NotFoundException"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowedException"),
            Self::RequestTimeout => (StatusCode::REQUEST_TIMEOUT, "RequestTimeoutException"),
            Self::Conflict => (StatusCode::CONFLICT, "ConflictException"),
            Self::PayloadTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeException"),
            Self::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServerErrorException",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailableException",
            ),
            Self::IdentityNotFound => (StatusCode::BAD_REQUEST, "ResourceNotFoundException"),
            Self::IdentityInvalid => (StatusCode::BAD_REQUEST, "InvalidParameterException"),
            Self::IdentityRefused => (StatusCode::BAD_REQUEST, "NotAuthorizedException"),
            Self::IdentityUnreadable => (StatusCode::BAD_REQUEST, "SerializationException"),
            Self::IdentityOperation => (StatusCode::BAD_REQUEST, "UnknownOperationException"),
            Self::IdentitiesTooMany => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
        }
    }

    /// Whether the issuer of credentials answers it, in the form of its own protocol.
    const fn is_from_the_issuer(self) -> bool {
        matches!(
            self,
            Self::IdentityNotFound
                | Self::IdentityInvalid
                | Self::IdentityRefused
                | Self::IdentityUnreadable
                | Self::IdentityOperation
                | Self::IdentitiesTooMany
        )
    }

    /// Whether the body carries the message as `message`, as the front of the original service
    /// does for callers whom it does not know.
    const fn is_from_the_front(self) -> bool {
        matches!(
            self,
            Self::MissingAuthenticationToken
                | Self::InvalidSignature
                | Self::ExpiredToken
                | Self::UnrecognizedClient
        )
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "errors are handed over to become text"
)]
impl ApiError {
    fn new(kind: Kind, message: impl ToString) -> Self {
        Self {
            kind,
            message: message.to_string(),
        }
    }

    /// The content of the request breaks a rule.
    pub(crate) fn bad_request(message: impl ToString) -> Self {
        Self::new(Kind::BadRequest, message)
    }

    /// There is no such application.
    pub(crate) fn app_not_found() -> Self {
        Self::new(Kind::NotFound, "Application not found")
    }

    /// There is no such resource.
    pub(crate) fn not_found() -> Self {
        Self::new(Kind::NotFound, "Resource not found")
    }

    /// The request carries no credentials, or its path leads nowhere.
    pub(crate) fn missing_authentication() -> Self {
        Self::new(
            Kind::MissingAuthenticationToken,
            "Missing Authentication Token",
        )
    }

    /// The access key is unknown.
    pub(crate) fn unknown_key() -> Self {
        Self::new(
            Kind::UnrecognizedClient,
            "The security token included in the request is invalid.",
        )
    }

    /// The access key has ended.
    pub(crate) fn expired_key() -> Self {
        Self::new(
            Kind::ExpiredToken,
            "The security token included in the request is expired",
        )
    }

    /// The caller may not do this.
    pub(crate) fn access_denied(principal: &str, action: &str, resource: &str) -> Self {
        let message = format!(
            "User: {principal} is not authorized to perform: {action} on resource: {resource}"
        );
        Self::new(Kind::AccessDenied, message)
    }

    /// The service refuses.
    pub(crate) fn forbidden(message: impl ToString) -> Self {
        Self::new(Kind::Forbidden, message)
    }

    /// The path exists, but not with this method.
    pub(crate) fn method_not_allowed(allowed: &[&str]) -> Self {
        let message = format!("The path allows only {}", allowed.join(", "));
        Self::new(Kind::MethodNotAllowed, message)
    }

    /// The body is larger than allowed.
    pub(crate) fn payload_too_large(limit: u64) -> Self {
        let message = format!("The request body exceeds {limit} bytes");
        Self::new(Kind::PayloadTooLarge, message)
    }

    /// The caller did not send its request in time.
    pub(crate) fn request_timeout() -> Self {
        Self::new(Kind::RequestTimeout, "The request was not sent in time")
    }

    /// Too much at once.
    pub(crate) fn too_many_requests(message: impl ToString) -> Self {
        Self::new(Kind::TooManyRequests, message)
    }

    /// Others kept changing the resource.
    pub(crate) fn conflict() -> Self {
        Self::new(
            Kind::Conflict,
            "The resource was changed by others at the same time; try again",
        )
    }

    /// The resource does not allow the change where it stands.
    pub(crate) fn conflicting(message: impl ToString) -> Self {
        Self::new(Kind::Conflict, message)
    }

    /// The issuer of credentials knows no such pool or identity.
    pub(crate) fn identity_not_found(message: impl ToString) -> Self {
        Self::new(Kind::IdentityNotFound, message)
    }

    /// A member of a call of the issuer breaks a rule.
    pub(crate) fn invalid_identity(message: impl ToString) -> Self {
        Self::new(Kind::IdentityInvalid, message)
    }

    /// The issuer gives no credentials to this caller.
    pub(crate) fn identity_refused(message: impl ToString) -> Self {
        Self::new(Kind::IdentityRefused, message)
    }

    /// The body of a call of the issuer is not the JSON it should be.
    pub(crate) fn unreadable_identity(error: serde_json::Error) -> Self {
        Self::new(Kind::IdentityUnreadable, error)
    }

    /// The issuer has no such operation.
    pub(crate) fn unknown_identity_operation(target: &str) -> Self {
        let shown: String = target.chars().take(100).collect();
        Self::new(
            Kind::IdentityOperation,
            format!("There is no operation {shown}"),
        )
    }

    /// The issuer is called too often.
    pub(crate) fn too_many_identities() -> Self {
        Self::new(Kind::IdentitiesTooMany, "Rate exceeded")
    }

    /// The server took too long.
    pub(crate) fn overloaded() -> Self {
        Self::new(Kind::Unavailable, "The server is busy; try again")
    }

    /// A fault of the server; `cause` is logged and not told.
    pub(crate) fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(cause = %cause, "api.failed");
        Self::new(Kind::Internal, "Internal server error")
    }

    /// What the caller reads.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The message with words in front.
    pub(crate) fn prefixed(self, prefix: &str) -> Self {
        Self {
            kind: self.kind,
            message: format!("{prefix}{}", self.message),
        }
    }

    /// The exception's name on the wire.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.kind.answer().1
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.kind.answer().0
    }

    /// The body that tells the error.
    pub(crate) fn body(&self, request_id: &str) -> Vec<u8> {
        if self.kind.is_from_the_issuer() {
            let told = json!({ "__type": self.name(), "message": self.message });
            return told.to_string().into_bytes();
        }
        let key = if self.kind.is_from_the_front() {
            "message"
        } else {
            "Message"
        };
        json!({ key: self.message, "RequestID": request_id })
            .to_string()
            .into_bytes()
    }
}

/// An answer without a body, which the edge fills in: only it knows the request's identifier.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        *response.status_mut() = self.status();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(_) => Self::conflict(),
            StoreError::Refused(violation) => violation.into(),
            StoreError::Full => Self::new(Kind::Internal, error),
            StoreError::Closed => Self::new(Kind::Unavailable, "The server is shutting down"),
            StoreError::Damaged { .. } | StoreError::Newer { .. } | StoreError::Backend(_) => {
                Self::internal(error)
            }
        }
    }
}

impl From<UploadError> for ApiError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Busy => Self::new(Kind::Unavailable, error),
            UploadError::File(FileError::Full { .. }) => StoreError::Full.into(),
            UploadError::File(error) => Self::internal(error),
        }
    }
}

impl From<Violation> for ApiError {
    fn from(violation: Violation) -> Self {
        Self::bad_request(violation)
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::bad_request(refusal)
    }
}

impl From<wire::Violation> for ApiError {
    fn from(violation: wire::Violation) -> Self {
        Self::bad_request(violation)
    }
}

impl From<wire::QueryError> for ApiError {
    fn from(error: wire::QueryError) -> Self {
        Self::bad_request(error)
    }
}

impl From<SigV4Error> for ApiError {
    fn from(error: SigV4Error) -> Self {
        match error {
            SigV4Error::Missing => Self::missing_authentication(),
            SigV4Error::Expired { .. } => Self::new(Kind::ExpiredToken, capitalized(&error)),
            SigV4Error::WrongToken => Self::unknown_key(),
            SigV4Error::Malformed(_)
            | SigV4Error::UnsignedPayload
            | SigV4Error::UnknownRegion(_)
            | SigV4Error::Skewed { .. }
            | SigV4Error::BadSignature => Self::new(Kind::InvalidSignature, capitalized(&error)),
        }
    }
}

impl From<StreamRefusal> for ApiError {
    fn from(refusal: StreamRefusal) -> Self {
        match refusal {
            StreamRefusal::Store(error) => error.into(),
            StreamRefusal::NotADestination
            | StreamRefusal::NotARole
            | StreamRefusal::Unknown(_)
            | StreamRefusal::NotWorking { .. } => Self::bad_request(refusal),
        }
    }
}

impl From<events::LogError> for ApiError {
    fn from(error: events::LogError) -> Self {
        match error {
            events::LogError::DiskFull => Self::new(Kind::Internal, error),
            other => Self::internal(other),
        }
    }
}

/// The status of a refused item inside an answer that tells the fate of each
/// (`docs/spec/events.md §1.3`).
pub(crate) const REFUSED_ITEM: u16 = StatusCode::BAD_REQUEST.as_u16();

fn capitalized(error: &SigV4Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: &ApiError, status: u16, name: &str, body: &str) {
        assert_eq!((error.status().as_u16(), error.name()), (status, name));
        assert_eq!(String::from_utf8(error.body("r-1")).unwrap(), body);
    }

    #[test]
    fn bodies_have_the_documented_form() {
        check(
            &Violation::MissingAddress.into(),
            400,
            "BadRequestException",
            r#"{"Message":"Missing Address","RequestID":"r-1"}"#,
        );
        check(
            &ApiError::app_not_found(),
            404,
            "NotFoundException",
            r#"{"Message":"Application not found","RequestID":"r-1"}"#,
        );
        check(
            &SigV4Error::Missing.into(),
            403,
            "MissingAuthenticationTokenException",
            r#"{"RequestID":"r-1","message":"Missing Authentication Token"}"#,
        );
        check(
            &SigV4Error::BadSignature.into(),
            403,
            "InvalidSignatureException",
            r#"{"RequestID":"r-1","message":"The signature does not match the request"}"#,
        );
        check(
            &ApiError::access_denied(
                "arn:aws:iam::1:user/k",
                "mobiletargeting:GetApps",
                "arn:aws:mobiletargeting:eu-west-1:1:apps",
            ),
            403,
            "AccessDeniedException",
            r#"{"Message":"User: arn:aws:iam::1:user/k is not authorized to perform: mobiletargeting:GetApps on resource: arn:aws:mobiletargeting:eu-west-1:1:apps","RequestID":"r-1"}"#,
        );
        check(
            &StoreError::Full.into(),
            500,
            "InternalServerErrorException",
            r#"{"Message":"no space left in the data folder: free some and try again","RequestID":"r-1"}"#,
        );
    }
}
