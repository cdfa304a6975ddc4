//! The one thread that writes.

use std::path::PathBuf;
use std::sync::Arc;

use clock::Clock;
use parking_lot::RwLock;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};

use super::recent::Recent;
use super::segment::{Segment, Tail};
use super::{Ends, Options, Position};
use crate::LogError;

/// Bytes that share one fsync.
const GROUP_BYTES_MAX: usize = 8 << 20;

/// Frames to append.
pub(super) struct Request {
    pub(super) bytes: Vec<u8>,
    /// The events in them.
    pub(super) events: Ends,
    pub(super) reply: oneshot::Sender<Result<Position, LogError>>,
    /// The room that it takes in the queue, given back when it is answered.
    pub(super) room: OwnedSemaphorePermit,
}

pub(super) struct Writer {
    dir: PathBuf,
    clock: Clock,
    options: Options,
    tail: Tail,
    segments: Arc<RwLock<Vec<Segment>>>,
    recent: Arc<RwLock<Recent>>,
    end: watch::Sender<Position>,
    stopped: Option<String>,
}

impl Writer {
    pub(super) fn new(
        dir: PathBuf,
        clock: Clock,
        options: Options,
        tail: Tail,
        segments: Arc<RwLock<Vec<Segment>>>,
        recent: Arc<RwLock<Recent>>,
        end: watch::Sender<Position>,
    ) -> Self {
        Self {
            dir,
            clock,
            options,
            tail,
            segments,
            recent,
            end,
            stopped: None,
        }
    }

    /// Writes until every handle of the log is gone.
    pub(super) fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut group = Vec::new();
        let mut bytes = Vec::new();
        while let Some(first) = requests.blocking_recv() {
            bytes.extend_from_slice(&first.bytes);
            group.push(first);
            while bytes.len() < GROUP_BYTES_MAX {
                let Ok(next) = requests.try_recv() else { break };
                bytes.extend_from_slice(&next.bytes);
                group.push(next);
            }
            let outcome = self.commit(&bytes, &mut group);
            let mut position = self.tail.end()
                - if outcome.is_ok() {
                    bytes.len() as u64
                } else {
                    0
                };
            for Request {
                bytes, reply, room, ..
            } in group.drain(..)
            {
                position += bytes.len() as u64;
                // Nobody listens when the caller gave up.
                let _ = reply.send(outcome.clone().map(|()| position));
                drop(room);
            }
            bytes.clear();
            bytes.shrink_to(GROUP_BYTES_MAX);
        }
    }

    fn commit(&mut self, bytes: &[u8], group: &mut [Request]) -> Result<(), LogError> {
        if let Some(cause) = &self.stopped {
            return Err(LogError::Stopped {
                cause: cause.clone(),
            });
        }
        if self.tail.bytes > 0 && self.tail.bytes + bytes.len() as u64 > self.options.segment_bytes
        {
            self.roll()?;
        }
        match self.tail.append(bytes) {
            Ok(()) => {
                self.remember(self.tail.end() - bytes.len() as u64, group);
                self.end.send_replace(self.tail.end());
                Ok(())
            }
            Err(error) => {
                if let Err(worse) = self.tail.cut() {
                    tracing::error!(%worse, "the event log stops: a failed write cannot be undone");
                    self.stopped = Some(worse.to_string());
                }
                Err(LogError::io(&self.tail.path, &error))
            }
        }
    }

    /// Keeps the events of `group`, which begins at `position`, for those who read next.
    fn remember(&self, mut position: Position, group: &mut [Request]) {
        let mut recent = self.recent.write();
        for request in group {
            let mut start = position;
            for (bytes, event) in request.events.drain(..) {
                recent.push(start, position + bytes, event);
                start = position + bytes;
            }
            position += request.bytes.len() as u64;
        }
    }

    fn roll(&mut self) -> Result<(), LogError> {
        let next = Tail::create(&self.dir, self.tail.end(), self.clock.now())?;
        self.segments.write().push(next.segment);
        #[cfg(test)]
        let next = Tail {
            room: self.tail.room,
            ..next
        };
        self.tail = next;
        Ok(())
    }
}
