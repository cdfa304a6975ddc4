use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clock::{Clock, SimulatedTime, Timestamp};
use model::{AppId, EndpointId, Event, Origin};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::*;
use crate::{Log, Options, Position};

fn event(app: &str, number: usize, arrival: Timestamp) -> Event {
    let endpoint = EndpointId::new(format!("ep-{number}"));
    Event::bare(AppId::new(app), "note", Origin::Client, endpoint, arrival)
}

/// What a scripted sink does with one call; it takes everything once the script is over.
enum Answer {
    Reject(Vec<usize>),
    Fail(SinkError),
}

#[derive(Default)]
struct Scripted {
    script: Mutex<VecDeque<Answer>>,
    forever: Option<SinkError>,
    taken: Mutex<Vec<String>>,
    calls: Mutex<Vec<usize>>,
}

#[async_trait]
impl Sink for Scripted {
    async fn test(&self) -> Result<(), SinkError> {
        Ok(())
    }

    async fn put(&self, records: &[Record]) -> Result<Vec<usize>, SinkError> {
        self.calls.lock().push(records.len());
        let rejected = match self.script.lock().pop_front() {
            Some(Answer::Fail(error)) => return Err(error),
            Some(Answer::Reject(indices)) => indices,
            None => match &self.forever {
                Some(error) => return Err(error.clone()),
                None => Vec::new(),
            },
        };
        let kept = records
            .iter()
            .enumerate()
            .filter(|(index, _)| !rejected.contains(index));
        self.taken
            .lock()
            .extend(kept.map(|(_, record)| record.key.clone()));
        Ok(rejected)
    }
}

/// A log, a pump to a scripted sink, and time that runs by itself.
struct World {
    log: Log,
    clock: Clock,
    sink: Arc<Scripted>,
    counters: Arc<StreamCounters>,
    order: watch::Sender<Order>,
    pump: Option<JoinHandle<()>>,
    time: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new(sink: Scripted) -> Self {
        Self::with_time(sink, Duration::from_millis(200)).await
    }

    /// A world in which `step` passes every millisecond.
    async fn with_time(sink: Scripted, step: Duration) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (clock, time) = Clock::simulated(Timestamp::from_utc_day(20_000), 7);
        let log = open(folder.path(), &clock).await;
        let mut world = Self {
            log,
            clock,
            sink: Arc::new(sink),
            counters: Arc::default(),
            order: watch::Sender::new(Order::Go),
            pump: None,
            time: tokio::spawn(run(time, step)),
            _folder: folder,
        };
        world.start();
        world
    }

    fn start(&mut self) {
        let pump = Pump {
            log: self.log.clone(),
            clock: self.clock.clone(),
            sink: self.sink.clone(),
            app: AppId::new("shop"),
            account: "000000000000".to_owned(),
            consumer: "stream-1".to_owned(),
            from: 0,
            counters: Arc::clone(&self.counters),
        };
        self.order = watch::Sender::new(Order::Go);
        self.pump = Some(tokio::spawn(pump.run(self.order.subscribe())));
    }

    async fn append(&self, app: &str, numbers: std::ops::Range<usize>) -> Position {
        let now = self.clock.now();
        let events = numbers.map(|number| event(app, number, now)).collect();
        self.log.append(events).await.expect("appends")
    }

    async fn until(&self, what: impl Fn(&Self) -> bool) {
        for _ in 0..20_000 {
            if what(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("waited in vain: {:?}", self.counters);
    }

    async fn end(&mut self, order: Order) {
        self.order.send_replace(order);
        self.ended().await;
    }

    async fn ended(&mut self) {
        if let Some(pump) = self.pump.take() {
            pump.await.expect("ends");
        }
    }

    fn count(&self, name: &str) -> u64 {
        let counts = self.counters.read();
        counts
            .iter()
            .find(|(code, _)| *code == name)
            .map_or(0, |(_, n)| *n)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.time.abort();
    }
}

async fn open(dir: &Path, clock: &Clock) -> Log {
    let (dir, clock) = (dir.to_owned(), clock.clone());
    tokio::task::spawn_blocking(move || Log::open(&dir, clock, Options::default()))
        .await
        .expect("runs")
        .expect("opens")
}

async fn run(time: SimulatedTime, step: Duration) {
    loop {
        time.advance(step);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn names(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| format!("ep-{number}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_applications_events_leave_in_order_and_in_batches() {
    let mut world = World::new(Scripted::default()).await;
    world.append("other", 0..10).await;
    world.append("shop", 0..1_200).await;
    world
        .until(|world| world.count("ExportedEvents") == 1_200)
        .await;
    assert_eq!(*world.sink.taken.lock(), names(0..1_200));
    assert!(world.sink.calls.lock().iter().all(|size| *size <= 500));
    // Another pump goes on where this one ended.
    world.end(Order::Stop).await;
    world.append("shop", 1_200..1_203).await;
    world.start();
    world
        .until(|world| world.count("ExportedEvents") == 1_203)
        .await;
    assert_eq!(*world.sink.taken.lock(), names(0..1_203));
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_tried_again_and_only_for_what_failed() {
    let script = VecDeque::from([
        Answer::Fail(SinkError::Unavailable("away".to_owned())),
        Answer::Reject(vec![1, 3]),
        Answer::Fail(SinkError::Refused("denied".to_owned())),
    ]);
    let world = World::new(Scripted {
        script: Mutex::new(script),
        ..Scripted::default()
    })
    .await;
    world.append("shop", 0..5).await;
    world
        .until(|world| world.count("ExportedEvents") == 5)
        .await;
    assert_eq!(
        *world.sink.taken.lock(),
        ["ep-0", "ep-2", "ep-4", "ep-1", "ep-3"]
    );
    assert_eq!(*world.sink.calls.lock(), [5, 5, 2, 2]);
    assert_eq!(world.count("TotalEvents"), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_the_longest_that_events_wait() {
    let sink = Scripted {
        forever: Some(SinkError::Refused("denied".to_owned())),
        ..Scripted::default()
    };
    let world = World::with_time(sink, Duration::from_secs(60)).await;
    let end = world.append("shop", 0..3).await;
    world.until(|world| world.count("Expired") == 3).await;
    world
        .until(|world| world.log.consumer_position("stream-1") == Some(end))
        .await;
    assert_eq!(world.count("ExportedEvents"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_ends_is_drained_or_discarded_and_forgotten() {
    let mut world = World::new(Scripted::default()).await;
    let until = world.append("shop", 0..3).await;
    let deadline = world.clock.now().plus(Duration::from_secs(60));
    world.order.send_replace(Order::Drain { until, deadline });
    world.append("shop", 3..5).await;
    world.ended().await;
    assert_eq!(*world.sink.taken.lock(), names(0..3));
    assert_eq!(world.log.consumer_position("stream-1"), None);
    assert_eq!(world.log.consumers(), Vec::<String>::new());

    let mut world = World::new(Scripted {
        forever: Some(SinkError::Unavailable("away".to_owned())),
        ..Scripted::default()
    })
    .await;
    let until = world.append("shop", 0..3).await;
    let deadline = world.clock.now().plus(Duration::from_secs(60));
    world.end(Order::Drain { until, deadline }).await;
    assert!(world.clock.now() >= deadline);
    assert_eq!(world.count("Discarded"), 3);
    assert_eq!(world.log.consumers(), Vec::<String>::new());
}

#[test]
fn records_that_are_too_large_lose_their_optional_parts() {
    let mut event = event("shop", 1, Timestamp::default());
    let within = |event: &Event, most| batch::record_within(event, "0", most);
    let whole = within(&event, 10_000).expect("fits");
    event.endpoint_json = Some(format!("{{\"Attributes\":\"{}\"}}", "x".repeat(2_000)));
    assert_eq!(within(&event, 1_000), Some(whole));
    assert!(within(&event, 10_000).expect("fits").line.len() > 2_000);
    event
        .attributes
        .insert("long".to_owned(), "x".repeat(2_000));
    assert_eq!(within(&event, 1_000), None);
    event.endpoint = EndpointId::new("x".repeat(300));
    let key = within(&event, 10_000).expect("fits").key;
    assert_eq!(key.len(), 64);
}

#[tokio::test]
async fn files_hold_whole_lines_by_the_hour() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("deep/inside");
    let (clock, time) = Clock::simulated(Timestamp::from_utc_day(20_000), 7);
    let record = |text: &str| Record {
        key: String::new(),
        line: format!("{text}\n").into_bytes(),
        arrival: clock.now(),
    };
    let first = dir.join("events-2024-10-04-00.json");
    let read = |path: &Path| std::fs::read_to_string(path).expect("reads");
    let sink = FolderSink::new(dir.clone(), clock.clone());
    sink.test().await.expect("works");
    assert_eq!(read(&first), "");
    let both = [record("one"), record("two")];
    assert_eq!(sink.put(&both).await, Ok(Vec::new()));
    drop(sink);
    // A crash left a part of a line.
    std::fs::write(&first, "one\ntwo\nthr").expect("writes");
    let sink = FolderSink::new(dir.clone(), clock.clone());
    assert_eq!(sink.put(&[record("three")]).await, Ok(Vec::new()));
    assert_eq!(read(&first), "one\ntwo\nthree\n");
    time.advance(Duration::from_secs(3_600));
    assert_eq!(sink.put(&[record("four")]).await, Ok(Vec::new()));
    assert_eq!(read(&first), "one\ntwo\nthree\n");
    assert_eq!(read(&dir.join("events-2024-10-04-01.json")), "four\n");

    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("writes");
    let nowhere = FolderSink::new(file, clock.clone());
    assert!(nowhere.test().await.is_err());
}
