//! The newest events, kept in memory for consumers that keep up: they read neither the disk nor
//! the bytes that somebody encoded a moment ago.

use std::collections::VecDeque;
use std::sync::Arc;

use model::Event;

use super::Position;

/// Events that are kept.
const EVENTS_MAX: usize = 16_384;
/// Encoded bytes of the events that are kept.
const BYTES_MAX: u64 = 8 << 20;

/// A row of events that ends where the log does.
#[derive(Default)]
pub(super) struct Recent {
    /// Where the oldest kept event begins.
    start: Position,
    /// Events, each with the position after it.
    events: VecDeque<(Position, Arc<Event>)>,
}

impl Recent {
    /// Adds the next event of the log, which begins at `start`.
    pub(super) fn push(&mut self, start: Position, end: Position, event: Arc<Event>) {
        if self.events.is_empty() {
            self.start = start;
        }
        self.events.push_back((end, event));
        while self.events.len() > EVENTS_MAX || end - self.start > BYTES_MAX {
            let Some((oldest, _)) = self.events.pop_front() else {
                return;
            };
            self.start = oldest;
        }
    }

    /// At most `max` events from `from` on; `None` if they are not all here.
    pub(super) fn read(&self, from: Position, max: usize) -> Option<Vec<(Position, Arc<Event>)>> {
        if self.events.is_empty() || from < self.start {
            return None;
        }
        let first = self.events.partition_point(|(end, _)| *end <= from);
        let begins = match first.checked_sub(1) {
            Some(before) => self.events[before].0,
            None => self.start,
        };
        (begins == from).then(|| self.events.range(first..).take(max).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tests::event;

    fn ends(read: Option<Vec<(Position, Arc<Event>)>>) -> Option<Vec<Position>> {
        read.map(|events| events.iter().map(|(end, _)| *end).collect())
    }

    #[test]
    fn reads_what_is_here_and_nothing_else() {
        let mut recent = Recent::default();
        assert_eq!(ends(recent.read(0, 10)), None);
        for (start, end) in [(100, 110), (110, 130), (130, 131)] {
            recent.push(start, end, Arc::new(event(1)));
        }
        assert_eq!(ends(recent.read(100, 10)), Some(vec![110, 130, 131]));
        assert_eq!(ends(recent.read(110, 1)), Some(vec![130]));
        assert_eq!(ends(recent.read(131, 10)), Some(vec![]));
        assert_eq!(ends(recent.read(99, 10)), None, "older");
        assert_eq!(ends(recent.read(111, 10)), None, "inside an event");
    }

    #[test]
    fn keeps_few() {
        let mut recent = Recent::default();
        let count = EVENTS_MAX as u64 + 10;
        for start in 0..count {
            recent.push(start, start + 1, Arc::new(event(1)));
        }
        assert_eq!(recent.events.len(), EVENTS_MAX);
        assert_eq!(ends(recent.read(9, 1)), None);
        assert_eq!(ends(recent.read(10, 1)), Some(vec![11]));
        recent.push(count, count + BYTES_MAX, Arc::new(event(1)));
        assert_eq!(recent.events.len(), 1);
        recent.push(count + BYTES_MAX, count + 3 * BYTES_MAX, Arc::new(event(1)));
        assert!(recent.events.is_empty());
    }
}
