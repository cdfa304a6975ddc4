//! What callers ask of the writing thread.

use clock::Timestamp;
use model::{AppId, Endpoint, EndpointId, EndpointSet, Ordinal, SegmentId, UserId};
use store::{ApplyMode, AttributeKind, EndpointWrite, Refusal, StoreError, WriteContext, Written};
use tokio::sync::oneshot;

use super::hint::Hints;

/// Where an answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What became of each write of a call.
pub(super) type Outcomes = Vec<Result<Written, Refusal>>;

/// The answer to a call that applies writes.
pub(super) struct Applied {
    pub outcomes: Outcomes,
    /// The writes, for the caller to free: the writing thread has no time for it, and memory goes
    /// best back to the thread that took it.
    pub spent: Vec<EndpointWrite>,
}

/// A call.
pub(super) enum Job {
    /// Applies writes.
    Apply {
        app: AppId,
        writes: Vec<EndpointWrite>,
        hints: Option<Hints>,
        mode: ApplyMode,
        context: WriteContext,
        reply: Reply<Applied>,
    },
    /// Gives identifiers their ordinals.
    Reserve {
        app: AppId,
        ids: Vec<EndpointId>,
        reply: Reply<Vec<Option<Ordinal>>>,
    },
    /// Records activity.
    Touch {
        app: AppId,
        activity: Vec<(Ordinal, Timestamp)>,
        reply: Reply<()>,
    },
    /// Deletes endpoints.
    Delete {
        app: AppId,
        whom: Whom,
        reply: Reply<Vec<Endpoint>>,
    },
    /// Stops capturing names.
    RemoveAttributes {
        app: AppId,
        kind: AttributeKind,
        patterns: Vec<String>,
        reply: Reply<Vec<String>>,
    },
    /// Adds members of an imported segment.
    AddMembers {
        app: AppId,
        segment: SegmentId,
        version: u32,
        endpoints: EndpointSet,
        users: Vec<UserId>,
        snapshots: Vec<Endpoint>,
        reply: Reply<()>,
    },
    /// Forgets the members of an imported segment, a portion per turn.
    DropMembers {
        app: AppId,
        segment: SegmentId,
        reply: Reply<()>,
    },
    /// Forgets an application.
    DropApp { app: AppId, reply: Reply<()> },
    /// Removes the records of a dropped application, a portion per turn.
    Sweep(Sweep),
}

/// Whose endpoints are deleted.
pub(super) enum Whom {
    /// These endpoints.
    Endpoints(Vec<EndpointId>),
    /// Every endpoint of a user.
    User(UserId),
}

/// How far the records of a dropped application have been removed.
pub(super) struct Sweep {
    /// The number of the application.
    pub app: u32,
    /// The table that comes next.
    pub table: usize,
    /// The last key that was removed from it.
    pub after: Option<Vec<u8>>,
}

impl Sweep {
    /// From the first record.
    pub const fn new(app: u32) -> Self {
        Self {
            app,
            table: 0,
            after: None,
        }
    }
}

impl Job {
    /// Answers that nothing was done.
    pub fn refuse(self, error: &StoreError) {
        // A caller that went away needs no answer.
        match self {
            Self::Apply { reply, .. } => drop(reply.send(Err(again(error)))),
            Self::Reserve { reply, .. } => drop(reply.send(Err(again(error)))),
            Self::Delete { reply, .. } => drop(reply.send(Err(again(error)))),
            Self::RemoveAttributes { reply, .. } => drop(reply.send(Err(again(error)))),
            Self::Touch { reply, .. }
            | Self::AddMembers { reply, .. }
            | Self::DropMembers { reply, .. }
            | Self::DropApp { reply, .. } => drop(reply.send(Err(again(error)))),
            Self::Sweep(_) => {}
        }
    }

    /// Whether the call gives room back rather than taking it, so that a full disk permits it.
    pub const fn frees(&self) -> bool {
        matches!(
            self,
            Self::Delete { .. } | Self::DropMembers { .. } | Self::DropApp { .. } | Self::Sweep(_)
        )
    }
}

/// The same failure for another caller.
pub(super) fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full => StoreError::Full,
        StoreError::Closed => StoreError::Closed,
        other => StoreError::Backend(other.to_string()),
    }
}
