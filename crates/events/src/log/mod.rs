//! An append-only log of events on local disk.
//!
//! One thread writes. Appends that wait at the same time share one write and one fsync; events are
//! encoded by whoever appends them. The log is a row of segment files; a [`Position`] counts the
//! bytes of all events from the first one on, so positions grow and survive the removal of old
//! segments.

mod consumers;
mod copy;
mod frame;
mod read;
mod recent;
mod segment;
mod writer;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clock::{Clock, Timestamp};
use model::Event;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use crate::LogError;
use consumers::Consumers;
pub use copy::{Cut, Held};
use recent::Recent;
use segment::Segment;
use writer::{Request, Writer};

/// A place between two events of the log: the number of bytes of all events before it.
pub type Position = u64;

/// Appends that may wait for the writer.
const QUEUE_MAX: usize = 4096;
/// Encoded bytes that may wait for the writer, in KiB.
const QUEUE_KIB_MAX: u32 = 64 << 10;

/// How a log is kept.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Size at which a new segment begins, in bytes.
    pub segment_bytes: u64,
    /// Events younger than this are never trimmed.
    pub retention: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            retention: Duration::from_hours(7 * 24),
        }
    }
}

/// A handle to the log; cheap to clone. The writer ends with the last handle.
#[derive(Clone)]
pub struct Log(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    clock: Clock,
    options: Options,
    queue: mpsc::Sender<Request>,
    room: Arc<Semaphore>,
    end: watch::Receiver<Position>,
    segments: Arc<RwLock<Vec<Segment>>>,
    recent: Arc<RwLock<Recent>>,
    consumers: Mutex<Consumers>,
    /// Copies that go on: nothing is trimmed meanwhile. Changed while `consumers` is locked.
    held: AtomicUsize,
}

impl Log {
    /// Opens the log in `dir`, creates it if need be, and cuts a torn end off. Blocks.
    ///
    /// # Errors
    /// The folder cannot be read or written, or holds something else.
    pub fn open(dir: &Path, clock: Clock, options: Options) -> Result<Self, LogError> {
        std::fs::create_dir_all(dir).map_err(|error| LogError::io(dir, &error))?;
        let consumers = Consumers::open(&dir.join("consumers"))?;
        let (segments, tail) = segment::open_all(dir, &clock)?;
        let end = watch::Sender::new(tail.end());
        let (queue, requests) = mpsc::channel(QUEUE_MAX);
        let segments = Arc::new(RwLock::new(segments));
        let recent = Arc::default();
        let watching = end.subscribe();
        let writer = Writer::new(
            dir.to_owned(),
            clock.clone(),
            options,
            tail,
            Arc::clone(&segments),
            Arc::clone(&recent),
            end,
        );
        std::thread::Builder::new()
            .name("events-writer".to_owned())
            .spawn(move || writer.run(requests))
            .map_err(|error| LogError::io(dir, &error))?;
        Ok(Self(Arc::new(Inner {
            dir: dir.to_owned(),
            clock,
            options,
            queue,
            room: Arc::new(Semaphore::new(QUEUE_KIB_MAX as usize)),
            end: watching,
            segments,
            recent,
            consumers: Mutex::new(consumers),
            held: AtomicUsize::new(0),
        })))
    }

    /// Appends `events` in order. They are durable when this returns, with the position after
    /// the last of them; consumers see them from then on. Waits while the queue is full. After
    /// an error none of them is kept.
    ///
    /// Once begun, an append may still be carried out when its future is dropped.
    ///
    /// # Errors
    /// The disk is full or failed, or an event is larger than 4 MiB.
    pub async fn append(&self, events: Vec<Event>) -> Result<Position, LogError> {
        if events.is_empty() {
            return Ok(self.end());
        }
        self.0.clock.elsewhere("append", self.write(events)).await
    }

    async fn write(&self, events: Vec<Event>) -> Result<Position, LogError> {
        let (bytes, events) = encode(events)?;
        let kib = u32::try_from(bytes.len() >> 10).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.0.room)
            .acquire_many_owned(kib.clamp(1, QUEUE_KIB_MAX))
            .await
            .map_err(|_| stopped())?;
        let (reply, done) = oneshot::channel();
        let request = Request {
            bytes,
            events,
            reply,
            room,
        };
        self.0.queue.send(request).await.map_err(|_| stopped())?;
        done.await.map_err(|_| stopped())?
    }

    /// Where the oldest event that is still kept begins.
    #[must_use]
    pub fn start(&self) -> Position {
        self.0.segments.read().first().map_or(0, |first| first.base)
    }

    /// The position after the last durable event.
    #[must_use]
    pub fn end(&self) -> Position {
        *self.0.end.borrow()
    }

    /// About how many encoded bytes wait for the writer.
    #[must_use]
    pub fn waiting_bytes(&self) -> u64 {
        let free = u64::try_from(self.0.room.available_permits()).unwrap_or(u64::MAX);
        u64::from(QUEUE_KIB_MAX).saturating_sub(free) << 10
    }

    /// Follows [`Log::end`].
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Position> {
        self.0.end.clone()
    }

    /// At most `max` events from `from` on, each with the position after it; fewer when the log
    /// ends or some 16 MiB are read. A position before the oldest kept event reads from there on.
    ///
    /// # Errors
    /// Reading failed, or `from` does not lie between two events.
    pub async fn read(
        &self,
        from: Position,
        max: usize,
    ) -> Result<Vec<(Position, Arc<Event>)>, LogError> {
        if let Some(events) = self.recent(from, max) {
            return Ok(events);
        }
        let log = self.clone();
        let reading = tokio::task::spawn_blocking(move || log.read_blocking(from, max));
        self.0
            .clock
            .elsewhere("read log", reading)
            .await
            .map_err(|error| LogError::Stopped {
                cause: error.to_string(),
            })?
    }

    /// As [`Log::read`], on the calling thread.
    ///
    /// # Errors
    /// As [`Log::read`].
    pub fn read_blocking(
        &self,
        from: Position,
        max: usize,
    ) -> Result<Vec<(Position, Arc<Event>)>, LogError> {
        if let Some(events) = self.recent(from, max) {
            return Ok(events);
        }
        read::read(&self.0.dir, &self.0.segments, self.end(), from, max)
    }

    fn recent(&self, from: Position, max: usize) -> Option<Vec<(Position, Arc<Event>)>> {
        self.0.recent.read().read(from.max(self.start()), max)
    }

    /// A position at or before the first event that arrived at `instant` or later, as near as
    /// segments tell.
    #[must_use]
    pub fn position_before(&self, instant: Timestamp) -> Position {
        let segments = self.0.segments.read();
        segments
            .iter()
            .rev()
            .find(|segment| segment.created <= instant)
            .or_else(|| segments.first())
            .map_or(0, |segment| segment.base)
    }

    /// How far the consumer `name` has come; `None` before its first
    /// [`Log::set_consumer_position`].
    #[must_use]
    pub fn consumer_position(&self, name: &str) -> Option<Position> {
        self.0.consumers.lock().get(name)
    }

    /// Records durably that the consumer `name` needs nothing before `position`. Blocks for an
    /// fsync.
    ///
    /// # Errors
    /// The disk is full or failed, or the name has characters other than letters, digits, `-`
    /// and `_`.
    pub fn set_consumer_position(&self, name: &str, position: Position) -> Result<(), LogError> {
        self.0.consumers.lock().set(name, position)
    }

    /// Forgets the consumer `name`, so that the log need not be kept for it. Blocks for an fsync.
    ///
    /// # Errors
    /// The disk failed.
    pub fn forget_consumer(&self, name: &str) -> Result<(), LogError> {
        self.0.consumers.lock().forget(name)
    }

    /// The names of all consumers.
    #[must_use]
    pub fn consumers(&self) -> Vec<String> {
        self.0.consumers.lock().names()
    }

    /// Removes whole segments that end at or before `before` and every consumer's position, and
    /// whose events are all older than the retention; none while the log is held. Returns how many.
    /// Blocks.
    ///
    /// # Errors
    /// A file could not be removed.
    pub fn trim(&self, before: Position) -> Result<usize, LogError> {
        let consumers = self.0.consumers.lock();
        if self.0.held.load(Ordering::Acquire) > 0 {
            return Ok(0);
        }
        let before = before.min(consumers.least().unwrap_or(Position::MAX));
        let young = self.0.clock.now().minus(self.0.options.retention);
        let gone: Vec<Segment> = {
            let mut segments = self.0.segments.write();
            let count = segments
                .windows(2)
                .take_while(|pair| pair[1].base <= before && pair[1].created <= young)
                .count();
            segments.drain(..count).collect()
        };
        for segment in &gone {
            let path = segment.path(&self.0.dir);
            std::fs::remove_file(&path).map_err(|error| LogError::io(&path, &error))?;
        }
        Ok(gone.len())
    }
}

/// Events, each with the number of bytes up to its end.
type Ends = Vec<(u64, Arc<Event>)>;

/// The frames of `events`, and each event with the number of bytes up to its end.
fn encode(events: Vec<Event>) -> Result<(Vec<u8>, Ends), LogError> {
    let mut bytes = Vec::with_capacity(events.len() * 256);
    let mut ends = Vec::with_capacity(events.len());
    for event in events {
        frame::encode(&event, &mut bytes).map_err(|bytes| LogError::EventTooLarge { bytes })?;
        ends.push((bytes.len() as u64, Arc::new(event)));
    }
    Ok((bytes, ends))
}

fn stopped() -> LogError {
    LogError::Stopped {
        cause: "the writer has ended".to_owned(),
    }
}
