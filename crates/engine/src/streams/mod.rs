//! Event streams of applications (`docs/spec/events.md §4`): which there are, and that each has
//! its pump. Elsewhere: moving the events (`events::stream`).

mod arn;
mod aws;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clock::Clock;
use events::record::{AddressKey, endpoint_json};
use events::stream::{Order, Pump, Record, Sink, SinkError, StreamCounters};
use events::{Log, Position};
use model::{AppId, Endpoint, EventStream};
use parking_lot::RwLock;
use store::{Store, StoreError};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

use crate::error::EngineError;

pub use arn::{is_destination, is_role};
pub use aws::{AwsSink, AwsSinkError};

/// How long what is left goes to a destination that was replaced.
const DRAIN: Duration = Duration::from_secs(60);
/// How long pumps get to end when the server stops.
const STOP: Duration = Duration::from_secs(5);
/// Streams that are read together at start.
const PAGE: usize = 1_000;
/// Before the names of the log's consumers that are streams.
const CONSUMER_PREFIX: &str = "stream-";

/// Destinations by ARN.
pub type Sinks = BTreeMap<String, Arc<dyn Sink>>;

/// Why there is no stream.
#[derive(Debug, thiserror::Error)]
pub enum StreamRefusal {
    /// The destination is not the ARN of a stream.
    #[error(
        "DestinationStreamArn: expected the ARN of a stream, such as \
         arn:aws:kinesis:us-east-1:000000000000:stream/name or \
         arn:aws:firehose:us-east-1:000000000000:deliverystream/name"
    )]
    NotADestination,
    /// The role is not the ARN of a role.
    #[error("RoleArn: expected the ARN of a role, such as arn:aws:iam::000000000000:role/name")]
    NotARole,
    /// The configuration says nothing of the destination.
    #[error(
        "DestinationStreamArn: the server's configuration has no destination {0} in its section \
         [streams]; add it, and make sure the IAM Role is configured correctly"
    )]
    Unknown(String),
    /// The destination does not take events.
    #[error(
        "DestinationStreamArn: {destination} takes no events ({cause}); make sure the IAM Role is \
         configured correctly"
    )]
    NotWorking {
        /// Its ARN.
        destination: String,
        /// What it said.
        cause: SinkError,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a caller asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamRequest {
    /// The ARN of the destination.
    pub destination: String,
    /// The ARN of the role that may write there.
    pub role: String,
    /// Who asks.
    pub by: String,
}

/// Keeps and runs the streams of all applications; cheap to clone.
#[derive(Clone)]
pub struct EventStreams(Arc<Inner>);

struct Inner {
    store: Store,
    log: Log,
    clock: Clock,
    account: String,
    sinks: Sinks,
    counters: Arc<StreamCounters>,
    /// What conceals addresses in records.
    addresses: AddressKey,
    /// Applications that have a stream.
    streaming: RwLock<HashSet<AppId>>,
    /// Held while a stream changes.
    running: Mutex<HashMap<AppId, Running>>,
}

struct Running {
    order: watch::Sender<Order>,
    pump: JoinHandle<()>,
}

impl EventStreams {
    /// Streams of the account with this number to `sinks`. None flows before [`Self::start`].
    #[must_use]
    pub fn new(store: Store, log: Log, clock: Clock, account: String, sinks: Sinks) -> Self {
        let addresses = AddressKey::new(store.secrets.derived_key("stream addresses"));
        Self(Arc::new(Inner {
            store,
            log,
            clock,
            account,
            sinks,
            counters: Arc::default(),
            addresses,
            streaming: RwLock::default(),
            running: Mutex::default(),
        }))
    }

    /// Lets all streams flow that there are, from where they stood.
    ///
    /// # Errors
    /// The store or the log failed.
    pub async fn start(&self) -> Result<(), EngineError> {
        let inner = &self.0;
        let mut running = inner.running.lock().await;
        let mut known = HashSet::new();
        let mut after = None;
        loop {
            let streams = inner.store.of::<EventStream>();
            let page = streams.list("", after.as_ref(), PAGE).await?;
            for stream in page.items {
                known.insert(consumer(&stream));
                inner.streaming.write().insert(stream.app.clone());
                running.insert(stream.app.clone(), inner.pump(&stream));
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        for name in inner.log.consumers() {
            if name.starts_with(CONSUMER_PREFIX) && !known.contains(&name) {
                inner.log.forget_consumer(&name)?;
            }
        }
        Ok(())
    }

    /// Ends all pumps; their streams go on with the next start.
    pub async fn shutdown(&self) {
        let running = std::mem::take(&mut *self.0.running.lock().await);
        for one in running.values() {
            one.order.send_replace(Order::Stop);
        }
        for (app, one) in running {
            if tokio::time::timeout(STOP, one.pump).await.is_err() {
                tracing::warn!(app.id = %app, "engine.stream.slow");
            }
        }
    }

    /// The stream of `app`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn get(&self, app: &AppId) -> Result<Option<EventStream>, StoreError> {
        let stored = self
            .0
            .store
            .of::<EventStream>()
            .get("", app.as_str())
            .await?;
        Ok(stored.map(|stored| stored.value))
    }

    /// Creates or replaces the stream of `app`, which must exist, after trying the destination.
    ///
    /// # Errors
    /// [`StreamRefusal`]; nothing was changed.
    pub async fn put(
        &self,
        app: &AppId,
        request: StreamRequest,
    ) -> Result<EventStream, StreamRefusal> {
        if !is_destination(&request.destination) {
            return Err(StreamRefusal::NotADestination);
        }
        if !is_role(&request.role) {
            return Err(StreamRefusal::NotARole);
        }
        let inner = &self.0;
        let Some(sink) = inner.sinks.get(&request.destination) else {
            return Err(StreamRefusal::Unknown(request.destination));
        };
        if let Err(cause) = sink.test().await {
            let destination = request.destination;
            return Err(StreamRefusal::NotWorking { destination, cause });
        }
        let mut running = inner.running.lock().await;
        // Before the stream begins, so that all its events have what it tells.
        inner.streaming.write().insert(app.clone());
        let stream = EventStream {
            app: app.clone(),
            generation: inner.clock.id(),
            from: inner.log.end(),
            destination: request.destination,
            role: request.role,
            modified: inner.clock.now(),
            modified_by: request.by,
        };
        inner.store.of::<EventStream>().put(&stream).await?;
        let pump = inner.pump(&stream);
        if let Some(former) = running.insert(app.clone(), pump) {
            inner.drain(&former, stream.from);
        }
        Ok(stream)
    }

    /// Deletes the stream of `app`; answers what it was.
    ///
    /// # Errors
    /// The store failed.
    pub async fn delete(&self, app: &AppId) -> Result<Option<EventStream>, StoreError> {
        let inner = &self.0;
        let mut running = inner.running.lock().await;
        let Some(stream) = self.get(app).await? else {
            return Ok(None);
        };
        inner
            .store
            .of::<EventStream>()
            .delete("", app.as_str())
            .await?;
        inner.streaming.write().remove(app);
        if let Some(former) = running.remove(app) {
            inner.drain(&former, inner.log.end());
        }
        Ok(Some(stream))
    }

    /// What the records of a client's events tell of `endpoint`; `None` if no stream needs it.
    #[must_use]
    pub fn endpoint_json(&self, endpoint: &Endpoint) -> Option<String> {
        let needed = self.0.streaming.read().contains(&endpoint.app);
        needed.then(|| endpoint_json(endpoint, &self.0.addresses))
    }

    /// What became of the events of all streams.
    #[must_use]
    pub fn counters(&self) -> &StreamCounters {
        &self.0.counters
    }
}

impl Inner {
    fn pump(&self, stream: &EventStream) -> Running {
        let destination = &stream.destination;
        let sink = match self.sinks.get(destination) {
            Some(sink) => Arc::clone(sink),
            None => Arc::new(Unmapped(destination.clone())),
        };
        let pump = Pump {
            log: self.log.clone(),
            clock: self.clock.clone(),
            sink,
            app: stream.app.clone(),
            account: self.account.clone(),
            consumer: consumer(stream),
            from: stream.from,
            counters: Arc::clone(&self.counters),
        };
        let (order, orders) = watch::channel(Order::Go);
        Running {
            order,
            pump: tokio::spawn(pump.run(orders)),
        }
    }

    fn drain(&self, former: &Running, until: Position) {
        let deadline = self.clock.now().plus(DRAIN);
        former.order.send_replace(Order::Drain { until, deadline });
    }
}

fn consumer(stream: &EventStream) -> String {
    format!("{CONSUMER_PREFIX}{}", stream.generation)
}

/// Stands for a destination that left the configuration after the stream was put: its events wait
/// for a day.
struct Unmapped(String);

#[async_trait]
impl Sink for Unmapped {
    async fn test(&self) -> Result<(), SinkError> {
        Err(SinkError::Refused(format!(
            "the configuration has no destination {} in its section [streams]",
            self.0
        )))
    }

    async fn put(&self, _records: &[Record]) -> Result<Vec<usize>, SinkError> {
        self.test().await.map(|()| Vec::new())
    }
}
