//! The exceptions that the API model declares.

/// An exception of the API model, without its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exception {
    /// Malformed JSON, a failed validation or a content quota.
    BadRequest,
    /// A conflict with the present state.
    Conflict,
    /// A refusal by the service.
    Forbidden,
    /// A bug or a storage failure.
    InternalServerError,
    /// A known path, but not with this method.
    MethodNotAllowed,
    /// No such application or resource.
    NotFound,
    /// A body over the limit.
    PayloadTooLarge,
    /// Throttled, or too many jobs at once.
    TooManyRequests,
}

impl Exception {
    /// Its name on the wire, as in the header `x-amzn-ErrorType`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "BadRequestException",
            Self::Conflict => "ConflictException",
            Self::Forbidden => "ForbiddenException",
            Self::InternalServerError => "InternalServerErrorException",
            Self::MethodNotAllowed => "MethodNotAllowedException",
            Self::NotFound => "NotFoundException",
            Self::PayloadTooLarge => "PayloadTooLargeException",
            Self::TooManyRequests => "TooManyRequestsException",
        }
    }
}
