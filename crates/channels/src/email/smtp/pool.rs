//! Workers with a connection each, and the messages that wait for one.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::email::{Delivery, OutboundEmail};

use super::config::{SmtpConfig, TlsSetup};
use super::connection::{Connection, EnvelopeAnswer, MessageAnswer};
use super::stream::Lost;

/// Longest pause after the server could not be reached.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// First pause after the server could not be reached.
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// How long the pool stays at the size that the server allows.
const SHRUNK_FOR: Duration = Duration::from_secs(60);

/// What became of one attempt.
#[derive(Debug)]
pub(super) enum Attempt {
    /// There is an answer, or there will never be one.
    Done(Delivery),
    /// The message was not taken.
    NotTaken {
        why: String,
        /// Whether an old connection was to blame, so that a new one may do better at once.
        stale: bool,
    },
}

struct Job {
    mail: OutboundEmail,
    done: oneshot::Sender<Attempt>,
}

pub(super) struct Pool {
    config: SmtpConfig,
    tls: Option<TlsSetup>,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Messages that no worker has taken; as many as there are waiting callers.
    queue: VecDeque<Job>,
    /// Workers without work, the most recently used last.
    idle: Vec<(u64, oneshot::Sender<Job>)>,
    workers: usize,
    connected: usize,
    next_worker: u64,
    /// Failures to connect since the last success.
    failures: u32,
    /// Why the last of them failed.
    last_failure: String,
    /// Nobody connects before this time of the clock.
    paused_until: Duration,
    /// A smaller pool, and until when.
    shrunk: Option<(usize, Duration)>,
}

impl Pool {
    pub fn new(config: SmtpConfig, tls: Option<TlsSetup>, clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            config,
            tls,
            clock,
            state: Mutex::default(),
        })
    }

    /// Hands `mail` to a worker and waits for what becomes of it.
    pub async fn attempt(self: &Arc<Self>, mail: OutboundEmail) -> Attempt {
        let (done, outcome) = oneshot::channel();
        self.submit(Job { mail, done });
        outcome.await.unwrap_or_else(|_| {
            // A worker that ends without answering may have handed the message over.
            Attempt::Done(Delivery::Unknown {
                reason: "the delivery was interrupted".to_owned(),
            })
        })
    }

    /// Connects once and quits.
    pub async fn check(&self) -> Result<(), Lost> {
        let connection = Connection::open(&self.config, self.tls.as_ref()).await?;
        connection.quit().await;
        Ok(())
    }

    fn submit(self: &Arc<Self>, mut job: Job) {
        let more = {
            let mut state = self.state.lock();
            while let Some((_, worker)) = state.idle.pop() {
                match worker.send(job) {
                    Ok(()) => return,
                    Err(returned) => job = returned,
                }
            }
            state.queue.push_back(job);
            self.claims_worker(&mut state)
        };
        if more {
            self.start_worker();
        }
    }

    /// Whether messages wait and there may be one more worker, which is then counted.
    fn claims_worker(&self, state: &mut State) -> bool {
        let now = self.clock.monotonic();
        if state.shrunk.is_some_and(|(_, until)| now >= until) {
            state.shrunk = None;
        }
        let most = state
            .shrunk
            .map_or(self.config.connections_max, |(most, _)| most)
            .max(1);
        let more = !state.queue.is_empty() && state.workers < most;
        state.workers += usize::from(more);
        more
    }

    fn start_worker(self: &Arc<Self>) {
        let worker = Worker {
            pool: Arc::clone(self),
            retired: false,
        };
        tokio::spawn(worker.run());
    }

    fn take_queued(&self) -> Option<Job> {
        self.state.lock().queue.pop_front()
    }

    /// The next message for a worker; nothing after it had no work for too long.
    async fn next(&self) -> Option<Job> {
        let (mine, mut work) = {
            let mut state = self.state.lock();
            if let Some(job) = state.queue.pop_front() {
                return Some(job);
            }
            let mine = state.next_worker;
            state.next_worker += 1;
            let (sender, work) = oneshot::channel();
            state.idle.push((mine, sender));
            (mine, work)
        };
        if let Ok(job) = timeout(self.config.idle_timeout, &mut work).await {
            return job.ok();
        }
        let mut state = self.state.lock();
        state.idle.retain(|(worker, _)| *worker != mine);
        // Work may have come in the last moment; it is in the channel then.
        work.try_recv().ok()
    }

    /// Why nobody should try to connect now.
    fn pause(&self) -> Option<String> {
        let state = self.state.lock();
        (state.paused_until > self.clock.monotonic()).then(|| state.last_failure.clone())
    }

    fn note_connected(&self) {
        let mut state = self.state.lock();
        state.connected += 1;
        state.failures = 0;
        state.paused_until = Duration::ZERO;
    }

    /// Notes that connecting failed; says whether other connections can do the work.
    fn note_failure(&self, why: &str) -> bool {
        let mut state = self.state.lock();
        let now = self.clock.monotonic();
        if state.connected > 0 {
            state.shrunk = Some((state.connected, now + SHRUNK_FOR));
            return true;
        }
        let pause = PAUSE_MIN
            .saturating_mul(1 << state.failures.min(10))
            .min(PAUSE_MAX);
        state.failures = state.failures.saturating_add(1);
        why.clone_into(&mut state.last_failure);
        state.paused_until = now + pause;
        false
    }
}

/// Works off messages over one connection at a time.
struct Worker {
    pool: Arc<Pool>,
    retired: bool,
}

/// Keeps the count right when a worker ends in the middle of its work.
impl Drop for Worker {
    fn drop(&mut self) {
        if !self.retired {
            self.pool.state.lock().workers -= 1;
        }
    }
}

/// Counts a connection for as long as it lives.
struct Counted<'a>(&'a Pool);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.state.lock().connected -= 1;
    }
}

impl Worker {
    async fn run(mut self) {
        self.work().await;
        self.retired = true;
        let more = {
            let mut state = self.pool.state.lock();
            state.workers -= 1;
            // A message that came in the last moment must not wait for a worker that is gone.
            self.pool.claims_worker(&mut state)
        };
        if more {
            self.pool.start_worker();
        }
    }

    async fn work(&self) {
        let mut next = self.pool.take_queued();
        while let Some(job) = next.take() {
            if let Some(why) = self.pool.pause() {
                finish(job, Attempt::NotTaken { why, stale: false });
                next = self.pool.take_queued();
                continue;
            }
            match Connection::open(&self.pool.config, self.pool.tls.as_ref()).await {
                Ok(connection) => {
                    self.pool.note_connected();
                    let counted = Counted(&self.pool);
                    next = self.serve(connection, job).await;
                    drop(counted);
                }
                Err(lost) => {
                    tracing::warn!(error = %lost, "cannot connect to the mail server");
                    let why = lost.to_string();
                    if self.pool.note_failure(&why) {
                        self.pool.state.lock().queue.push_front(job);
                        return;
                    }
                    finish(job, Attempt::NotTaken { why, stale: false });
                    next = self.pool.take_queued();
                }
            }
        }
    }

    /// Sends `job` and what comes after it until the connection ends; returns a message that
    /// wants a new connection.
    async fn serve(&self, mut connection: Connection, mut job: Job) -> Option<Job> {
        loop {
            if let Some(delivery) = connection.refuse(&job.mail) {
                finish(job, Attempt::Done(delivery));
            } else if !self.transactions(&mut connection, job).await {
                return self.pool.take_queued();
            }
            let Some(next) = self.pool.next().await else {
                connection.quit().await;
                return None;
            };
            if connection.begun() >= self.pool.config.messages_per_connection_max {
                connection.quit().await;
                return Some(next);
            }
            job = next;
        }
    }

    /// Sends `job`, and while messages wait, each next one's envelope together with the message
    /// before it. Says whether the connection can go on.
    async fn transactions(&self, connection: &mut Connection, mut job: Job) -> bool {
        let stale = connection.begun() > 0;
        let mut answer = connection.envelope(&job.mail).await;
        loop {
            match answer {
                Err(lost) => {
                    let why = lost.to_string();
                    finish(job, Attempt::NotTaken { why, stale });
                    return false;
                }
                Ok(EnvelopeAnswer::Refused { delivery, usable }) => {
                    finish(job, Attempt::Done(delivery));
                    return usable;
                }
                Ok(EnvelopeAnswer::Go) => {}
            }
            let next = self.follower(connection);
            let mails = next.as_ref().map(|next| &next.mail);
            let (attempt, usable) = match connection.message(&job.mail, mails).await {
                MessageAnswer::Answered { delivery, usable } => (Attempt::Done(delivery), usable),
                MessageAnswer::NotTaken(lost) => {
                    let why = lost.to_string();
                    (Attempt::NotTaken { why, stale: false }, false)
                }
                MessageAnswer::Unknown(lost) => {
                    let reason = lost.to_string();
                    (Attempt::Done(Delivery::Unknown { reason }), false)
                }
            };
            finish(job, attempt);
            let Some(next) = next else {
                return usable;
            };
            if !usable {
                let why = "the connection ended with the message before".to_owned();
                finish(next, Attempt::NotTaken { why, stale: true });
                return false;
            }
            job = next;
            answer = connection.envelope_replies().await;
        }
    }

    /// A waiting message whose envelope can go out with the message before it.
    fn follower(&self, connection: &Connection) -> Option<Job> {
        if !connection.pipelines()
            || connection.begun() >= self.pool.config.messages_per_connection_max
        {
            return None;
        }
        let next = self.pool.take_queued()?;
        match connection.refuse(&next.mail) {
            None => Some(next),
            Some(delivery) => {
                finish(next, Attempt::Done(delivery));
                None
            }
        }
    }
}

fn finish(job: Job, attempt: Attempt) {
    // A caller that went away does not want to know.
    let _ = job.done.send(attempt);
}
