//! Why a request is not let in.

use clock::Timestamp;

/// Why a signature is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigV4Error {
    /// The request carries no signature at all.
    #[error("the request is not signed")]
    Missing,
    /// The signature cannot be read.
    #[error("the signature is malformed: {0}")]
    Malformed(#[from] Malformed),
    /// The request does not cover its body.
    #[error("the payload is not signed")]
    UnsignedPayload,
    /// The scope names a region that this server does not answer for.
    #[error("the signature is for region '{0}', which is not served here")]
    UnknownRegion(String),
    /// Signed too long ago or too far in the future.
    #[error("signed at {signed_at}, which is too far from {now}")]
    Skewed {
        /// When it was signed, by its own account.
        signed_at: Timestamp,
        /// The time here.
        now: Timestamp,
    },
    /// A presigned request past its own `X-Amz-Expires`.
    #[error("expired at {expired_at}, and it is {now}")]
    Expired {
        /// When it expired.
        expired_at: Timestamp,
        /// The time here.
        now: Timestamp,
    },
    /// The session token is not the one of the credential.
    #[error("the session token does not belong to the access key")]
    WrongToken,
    /// The signature does not match the request.
    #[error("the signature does not match the request")]
    BadSignature,
}

/// What is malformed in a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Both the `Authorization` header and the query hold a signature.
    #[error("it is in the authorization header and in the query")]
    Twice,
    /// The algorithm is another one.
    #[error("the algorithm is not AWS4-HMAC-SHA256")]
    Algorithm,
    /// The `Authorization` header is not a list of known parts.
    #[error("the authorization header needs Credential, SignedHeaders and Signature, once each")]
    Authorization,
    /// A header or parameter is not text, or comes more than once.
    #[error("{0} is not a single text")]
    Part(&'static str),
    /// A parameter of a presigned request is missing.
    #[error("{0} is missing")]
    Absent(&'static str),
    /// The credential is not `{key}/{yyyymmdd}/{region}/mobiletargeting/aws4_request`.
    #[error(
        "the credential scope is not '{{key}}/{{yyyymmdd}}/{{region}}/mobiletargeting/aws4_request'"
    )]
    Credential,
    /// The date cannot be read, or is another day than the credential's.
    #[error("the date cannot be read or differs from the credential scope")]
    Date,
    /// Neither `x-amz-date` nor `date` is among the signed headers.
    #[error("the date is not signed")]
    UnsignedDate,
    /// `host` is not among the signed headers.
    #[error("the host is not signed")]
    UnsignedHost,
    /// A header that is said to be signed is absent.
    #[error("a signed header is absent")]
    AbsentHeader,
    /// `X-Amz-Expires` is not a number of seconds from 1 to 604,800.
    #[error("X-Amz-Expires is not between 1 and 604800")]
    Expires,
}
