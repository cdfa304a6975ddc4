//! The thread that makes committed turns durable, shows them to the index, and answers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};

use store::StoreError;
use tokio::sync::OwnedSemaphorePermit;

use super::apps::App;
use super::core::Core;
use super::draft::IndexOp;
use super::job::{Reply, again};
use super::tables::Tables;

/// Turns that wait for the disk at most.
pub(super) const TURNS_WAITING_MAX: usize = 4;
/// Endpoints that are indexed under one lock: what an evaluation may have to wait for.
const LOCKED_MAX: usize = 128;

/// A committed turn.
pub(super) struct Turn {
    pub number: u64,
    pub ops: Vec<(Arc<App>, Vec<IndexOp>)>,
    pub answers: Vec<Answer>,
}

impl Turn {
    pub const fn new(number: u64) -> Self {
        Self {
            number,
            ops: Vec::new(),
            answers: Vec::new(),
        }
    }

    pub const fn is_empty(&self) -> bool {
        self.ops.is_empty() && self.answers.is_empty()
    }
}

/// An answer that is given once the turn is durable.
pub(super) struct Answer {
    give: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
    /// Where the call waited; others may come when it is answered.
    room: Option<OwnedSemaphorePermit>,
}

impl Answer {
    pub fn new<T: Send + 'static>(reply: Reply<T>, value: T) -> Self {
        Self {
            // A caller that went away needs no answer.
            give: Box::new(move |outcome| drop(reply.send(outcome.map(|()| value)))),
            room: None,
        }
    }

    /// The same answer, given while `room` is still taken.
    pub fn holding(self, room: Option<OwnedSemaphorePermit>) -> Self {
        Self { room, ..self }
    }

    pub fn give(self, outcome: Result<(), StoreError>) {
        (self.give)(outcome);
        drop(self.room);
    }
}

/// Why a call is refused that came after a failed write and before the recovery.
pub(super) fn earlier_failure() -> StoreError {
    StoreError::Backend("an earlier write failed".to_owned())
}

/// What the writing thread sends.
pub(super) enum Message {
    Turn(Turn),
    /// To be answered when everything before is done.
    Barrier(SyncSender<()>),
}

/// Works until the writing thread is gone.
pub(super) fn run(core: &Core, messages: &Receiver<Message>) {
    while let Ok(first) = messages.recv() {
        let mut turns = Vec::new();
        let mut barriers = Vec::new();
        let more = messages.try_iter().take(TURNS_WAITING_MAX);
        for message in [first].into_iter().chain(more) {
            match message {
                Message::Turn(turn) => turns.push(turn),
                Message::Barrier(passed) => barriers.push(passed),
            }
        }
        if !turns.is_empty() {
            settle(core, turns);
        }
        for passed in barriers {
            // Whoever waited may have gone.
            let _ = passed.send(());
        }
    }
}

fn settle(core: &Core, turns: Vec<Turn>) {
    let synced = if core.has_failed() {
        Err(earlier_failure())
    } else {
        core.with_tables(Tables::sync)
    };
    let synced = synced.map_err(|error| core.explain(error));
    if let Err(error) = &synced {
        tracing::error!(%error, "store.endpoints.sync");
        core.failed.store(true, Ordering::Release);
    }
    for turn in turns {
        if synced.is_ok() {
            for (app, ops) in turn.ops {
                index(&app, ops);
            }
            core.indexed.store(turn.number, Ordering::Release);
        }
        for answer in turn.answers {
            answer.give(synced.as_ref().copied().map_err(again));
        }
    }
}

fn index(app: &App, ops: Vec<IndexOp>) {
    let mut ops = ops.into_iter().peekable();
    while ops.peek().is_some() {
        let mut index = app.index.write();
        for op in ops.by_ref().take(LOCKED_MAX) {
            op.apply(&mut index);
        }
    }
}
