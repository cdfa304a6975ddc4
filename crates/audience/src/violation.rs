//! The rules that a write can break.

/// A rule that content breaks, with the message that the caller reads
/// (`docs/spec/audience.md §2.3, §6.4`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// An address without a channel.
    #[error("Missing ChannelType")]
    MissingChannelType,
    /// Messages are welcome but there is no address.
    #[error("Missing Address")]
    MissingAddress,
    /// The user has as many endpoints as a user may have.
    #[error("Exceeded maximum endpoint per user count: {0}")]
    TooManyEndpointsPerUser(usize),
    /// The application has as many names as it may have.
    #[error("Too many custom attributes: at most {0} names per application")]
    TooManyAttributeNames(usize),
    /// A member is out of its bounds.
    #[error("{member}: {problem}")]
    Invalid {
        /// The member's path.
        member: String,
        /// What is wrong and what would be right.
        problem: String,
    },
}
