//! How much may be on its way at once, so that a crash leaves few people in doubt: messages as many
//! as their provider keeps up with, calls in a number of their own.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::call::ENDPOINTS_MAX;
use crate::engine::Shared;

/// Fraction of a second's messages that may be in flight when a rate is set.
const RATE_WINDOW_FRACTION: usize = 4;
/// Messages whose intents are committed together, at most.
const LOT_MAX: usize = 256;
/// Full calls whose intents are committed together, at most.
const CALLS_TOGETHER_MAX: usize = 4;
/// Fraction of what may be in calls of all runs that one run may have, so that a callee who is slow
/// does not keep the others waiting.
const RUN_FRACTION: usize = 2;

/// What is bounded together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Messages that channels take one by one.
    Messages,
    /// People whom calls are about.
    Calls,
}

/// A run's share of both lanes.
pub(super) struct Lanes {
    messages: Window,
    calls: Window,
    /// People in a full call.
    call: usize,
}

struct Window {
    permits: Arc<Semaphore>,
    size: usize,
}

impl Window {
    fn new(size: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(size)),
            size,
        }
    }
}

impl Lanes {
    /// Where at most `messages_max` messages may be on their way, and calls about at most
    /// `called_max` people, in a run that sends `per_second` at most.
    pub(super) fn new(messages_max: usize, called_max: usize, per_second: Option<usize>) -> Self {
        let (messages_max, called_max) = (messages_max.max(1), called_max.max(1));
        let pace = per_second.map(|rate| rate / RATE_WINDOW_FRACTION);
        let messages = pace.map_or(messages_max, |pace| pace.clamp(1, messages_max));
        let call = ENDPOINTS_MAX.min(called_max);
        // A call waits until everybody in it may be told: a second at most.
        let call = per_second.map_or(call, |rate| call.min(rate.max(1)));
        let run = (called_max / RUN_FRACTION).max(call);
        let calls = pace.map_or(run, |pace| pace.clamp(call, run));
        Self {
            messages: Window::new(messages),
            calls: Window::new(calls),
            call,
        }
    }

    /// How many people a full call is about.
    pub(super) const fn call(&self) -> usize {
        self.call
    }

    /// How many of `waiting` people are told together: some full calls, or one that is not.
    pub(super) fn calls(&self, waiting: usize) -> usize {
        if waiting < self.call {
            return waiting;
        }
        let most = (self.calls.size / 2 / self.call).clamp(1, CALLS_TOGETHER_MAX);
        (waiting / self.call).min(most) * self.call
    }

    /// How many of `waiting` messages go out together.
    pub(super) fn messages(&self, shared: &Shared, waiting: usize) -> usize {
        if shared.breaker.is_doubtful() {
            return waiting.min(1);
        }
        let most = self.messages.size.min(shared.pace.allowed()) / 2;
        waiting.min(most.clamp(1, LOT_MAX))
    }

    /// Waits until `count` more may be on their way.
    pub(super) async fn permits(&self, shared: &Shared, lane: Lane, count: usize) -> Permits {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let closed = "the engine never closes its semaphores";
        let (run, process) = match lane {
            Lane::Messages => (&self.messages, shared.pace.permits()),
            Lane::Calls => (&self.calls, Arc::clone(&shared.called)),
        };
        let run = Arc::clone(&run.permits)
            .acquire_many_owned(count)
            .await
            .expect(closed);
        let process = process.acquire_many_owned(count).await.expect(closed);
        Permits { lane, run, process }
    }
}

/// Leave to have a number of messages in flight.
#[derive(Debug)]
pub(crate) struct Permits {
    lane: Lane,
    run: OwnedSemaphorePermit,
    process: OwnedSemaphorePermit,
}

impl Permits {
    pub(super) const fn lane(&self) -> Lane {
        self.lane
    }

    /// Gives `count` of the permits back.
    pub(super) fn release(&mut self, count: usize) {
        drop(self.split(count));
    }

    /// Takes `count` of the permits out, at most all.
    pub(super) fn split(&mut self, count: usize) -> Option<Self> {
        Some(Self {
            lane: self.lane,
            run: self.run.split(count)?,
            process: self.process.split(count)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(called_max: usize, per_second: Option<usize>, call: usize, together: usize) {
        let lanes = Lanes::new(512, called_max, per_second);
        assert_eq!(lanes.call(), call, "people in a call");
        assert_eq!(lanes.calls(10_000), together, "people told together");
        assert!(lanes.calls.size >= together && lanes.calls.size <= called_max);
        assert_eq!(lanes.calls(call - 1), call - 1);
        assert_eq!(lanes.calls(call + 1), call);
    }

    #[test]
    fn calls_are_full_wherever_that_is_allowed() {
        check(1_600, None, 50, 200);
        check(400, None, 50, 100);
        check(64, None, 50, 50);
        check(8, None, 8, 8);
        check(1_600, Some(20_000), 50, 200);
        check(1_600, Some(100), 50, 50);
        check(1_600, Some(50), 50, 50);
        check(1_600, Some(7), 7, 7);
        check(1_600, Some(1), 1, 1);
    }
}
