use std::collections::BTreeMap;
use std::path::Path;

use clock::SimulatedTime;
use model::{AppId, EndpointId, Origin};
use proptest::prelude::*;

use super::*;

pub(super) fn event(number: u64) -> Event {
    Event {
        app: AppId::new("app"),
        kind: "_session.start".to_owned(),
        origin: Origin::Client,
        timestamp: Timestamp::from_millis(1),
        arrival: Timestamp::from_millis(2),
        endpoint: EndpointId::new(format!("endpoint-{number}")),
        ordinal: Some(7),
        user: None,
        client_event_id: Some(number.to_string()),
        session: None,
        device: Arc::default(),
        attributes: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
        metrics: BTreeMap::from([("m".to_owned(), 1.5)]),
        campaign: None,
        journey: None,
        message_id: None,
        channel: None,
        status: None,
        mail: None,
        endpoint_json: None,
    }
}

fn events(numbers: std::ops::Range<u64>) -> Vec<Event> {
    numbers.map(event).collect()
}

fn small() -> Options {
    Options {
        segment_bytes: 1000,
        retention: Duration::from_hours(24),
    }
}

fn open(dir: &Path, options: Options) -> (Log, SimulatedTime) {
    let (clock, time) = Clock::simulated(Timestamp::from_utc_day(20_000), 1);
    (Log::open(dir, clock, options).expect("opens"), time)
}

fn all(log: &Log) -> Vec<Event> {
    let mut found = Vec::new();
    let mut position = log.start();
    loop {
        let read = log.read_blocking(position, 7).expect("reads");
        let Some((after, _)) = read.last() else {
            return found;
        };
        position = *after;
        found.extend(
            read.into_iter()
                .map(|(_, event)| Arc::unwrap_or_clone(event)),
        );
    }
}

fn last_segment(dir: &Path) -> PathBuf {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir)
        .expect("lists")
        .map(|entry| entry.expect("entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .collect();
    paths.sort();
    paths.pop().expect("a segment")
}

#[tokio::test]
async fn what_is_appended_is_read_across_segments_and_restarts() {
    let dir = tempfile::tempdir().expect("folder");
    let (log, _) = open(dir.path(), small());
    for batch in 0..20 {
        let end = log.append(events(batch * 5..batch * 5 + 5)).await;
        assert_eq!(end.expect("appends"), log.end());
    }
    assert!(log.0.segments.read().len() > 5);
    assert_eq!(all(&log), events(0..100));
    drop(log);
    let (log, _) = open(dir.path(), small());
    assert_eq!(all(&log), events(0..100));
    log.append(events(100..101)).await.expect("appends");
    assert_eq!(all(&log), events(0..101));
    let middle = log.read_blocking(0, 50).expect("reads")[49].0;
    assert_eq!(
        log.read_blocking(middle, 1).expect("reads")[0].1.as_ref(),
        &event(50)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_appends_keep_each_batch_together() {
    let dir = tempfile::tempdir().expect("folder");
    let (log, _) = open(dir.path(), Options::default());
    let tasks: Vec<_> = (0..16)
        .map(|task| {
            let log = log.clone();
            tokio::spawn(async move {
                for batch in 0..20 {
                    let first = task * 1000 + batch * 10;
                    let end = log
                        .append(events(first..first + 10))
                        .await
                        .expect("appends");
                    assert!(log.end() >= end);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("ends");
    }
    let found = all(&log);
    assert_eq!(found.len(), 3200);
    for batch in found.chunks(10) {
        let first: u64 = batch[0]
            .client_event_id
            .as_ref()
            .expect("id")
            .parse()
            .expect("number");
        assert_eq!(batch, events(first..first + 10));
    }
}

#[tokio::test]
async fn a_torn_tail_is_cut_wherever_it_is_torn() {
    let dir = tempfile::tempdir().expect("folder");
    let (log, _) = open(dir.path(), Options::default());
    let kept = log.append(events(0..3)).await.expect("appends");
    let end = log.append(events(3..4)).await.expect("appends");
    drop(log);
    let path = last_segment(dir.path());
    let whole = std::fs::read(&path).expect("reads");
    for bytes in kept + 1..end {
        let cut = usize::try_from(segment::HEADER + bytes).expect("small");
        std::fs::write(&path, &whole[..cut]).expect("writes");
        let (log, _) = open(dir.path(), Options::default());
        assert_eq!(log.end(), kept);
        assert_eq!(all(&log), events(0..3));
        drop(log);
    }
    // A torn write may leave anything behind the last whole event.
    let mut noise = whole;
    let last = noise.len() - 1;
    noise[last] ^= 1;
    noise.extend([7; 100]);
    std::fs::write(&path, &noise).expect("writes");
    let (log, _) = open(dir.path(), Options::default());
    log.append(events(9..10)).await.expect("appends");
    assert_eq!(all(&log), [events(0..3), events(9..10)].concat());
}

#[tokio::test]
async fn a_segment_that_was_just_begun_is_begun_again() {
    let dir = tempfile::tempdir().expect("folder");
    let (log, _) = open(dir.path(), Options::default());
    let end = log.append(events(0..3)).await.expect("appends");
    drop(log);
    std::fs::write(dir.path().join(format!("{end:020}.log")), b"bkn-").expect("writes");
    let (log, _) = open(dir.path(), Options::default());
    assert_eq!(all(&log), events(0..3));
}

#[tokio::test]
async fn a_damaged_middle_is_an_error_and_not_a_panic() {
    let dir = tempfile::tempdir().expect("folder");
    let (log, _) = open(dir.path(), small());
    for batch in 0..10 {
        log.append(events(batch * 5..batch * 5 + 5))
            .await
            .expect("appends");
    }
    drop(log);
    let path = dir.path().join(format!("{:020}.log", 0));
    let mut bytes = std::fs::read(&path).expect("reads");
    bytes[100] ^= 0xff;
    std::fs::write(&path, &bytes).expect("writes");
    let (log, _) = open(dir.path(), small());
    assert!(matches!(
        log.read_blocking(0, 100),
        Err(LogError::Damaged { .. })
    ));
    assert!(matches!(
        log.read_blocking(1, 100),
        Err(LogError::Damaged { .. })
    ));
    bytes[8] = 9;
    std::fs::write(&path, &bytes).expect("writes");
    drop(log);
    let (clock, _) = Clock::simulated(Timestamp::default(), 1);
    let reopened = Log::open(dir.path(), clock, small());
    assert!(matches!(
        reopened.err(),
        Some(LogError::NewerFormat { version: 9, .. })
    ));
}

#[tokio::test]
async fn a_full_disk_refuses_and_keeps_what_was_there() {
    let dir = tempfile::tempdir().expect("folder");
    let (clock, _) = Clock::simulated(Timestamp::default(), 1);
    let (segments, mut tail) = segment::open_all(dir.path(), &clock).expect("opens");
    let (first, _) = encode(events(0..3)).expect("encodes");
    tail.room = Some(first.len() as u64 + 50);
    let end = watch::Sender::new(tail.end());
    let segments = Arc::new(RwLock::new(segments));
    let seen = end.subscribe();
    let (queue, requests) = mpsc::channel(8);
    let writer = Writer::new(
        dir.path().to_owned(),
        clock.clone(),
        Options::default(),
        tail,
        Arc::clone(&segments),
        Arc::default(),
        end,
    );
    std::thread::spawn(move || writer.run(requests));
    let room = Arc::new(Semaphore::new(8));
    let append = async |events: Vec<Event>| {
        let (reply, done) = oneshot::channel();
        let room = Arc::clone(&room).acquire_owned().await.expect("open");
        let (bytes, events) = encode(events).expect("encodes");
        let request = Request {
            bytes,
            events,
            reply,
            room,
        };
        assert!(queue.send(request).await.is_ok());
        done.await.expect("answers")
    };
    // Each write has the room of the first and half an event: one of four events does not fit.
    let end = append(events(0..3)).await.expect("fits");
    assert!(matches!(
        append(events(3..7)).await,
        Err(LogError::DiskFull)
    ));
    assert_eq!(*seen.borrow(), end);
    let after = append(events(7..8))
        .await
        .expect("a smaller one fits again");
    let found = read::read(dir.path(), &segments, after, 0, 100).expect("reads");
    let found: Vec<Event> = found
        .into_iter()
        .map(|(_, event)| Arc::unwrap_or_clone(event))
        .collect();
    assert_eq!(found, [events(0..3), events(7..8)].concat());
}

#[tokio::test]
async fn trimming_waits_for_consumers_and_age() {
    let dir = tempfile::tempdir().expect("folder");
    let (log, time) = open(dir.path(), small());
    for batch in 0..10 {
        log.append(events(batch * 5..batch * 5 + 5))
            .await
            .expect("appends");
    }
    log.set_consumer_position("slow", 0).expect("sets");
    log.set_consumer_position("fast", log.end()).expect("sets");
    assert_eq!(log.trim(log.end()).expect("trims"), 0, "too young");
    time.advance(Duration::from_hours(48));
    assert_eq!(log.trim(log.end()).expect("trims"), 0, "somebody needs it");
    let middle = log.read_blocking(0, 25).expect("reads")[24].0;
    log.set_consumer_position("slow", middle).expect("sets");
    assert!(log.trim(log.end()).expect("trims") > 0);
    assert!(log.start() > 0 && log.start() <= middle);
    assert_eq!(
        log.read_blocking(middle, 1).expect("reads")[0].1.as_ref(),
        &event(25)
    );
    let first = log.read_blocking(0, 1).expect("reads from the oldest")[0]
        .1
        .clone();
    let first = Arc::unwrap_or_clone(first);
    assert_eq!(all(&log)[0], first);
    assert!(log.set_consumer_position("../evil", 1).is_err());
    drop(log);
    let (log, _) = open(dir.path(), small());
    assert_eq!(log.consumer_position("slow"), Some(middle));
    assert_eq!(log.consumer_position("nobody"), None);
}

#[tokio::test]
async fn positions_are_found_by_time() {
    let dir = tempfile::tempdir().expect("folder");
    let (log, time) = open(dir.path(), small());
    let end = log.append(events(0..10)).await.expect("appends");
    time.advance(Duration::from_hours(2));
    log.append(events(10..20)).await.expect("appends");
    time.advance(Duration::from_hours(2));
    log.append(events(20..30)).await.expect("appends");
    let start = Timestamp::from_utc_day(20_000);
    assert_eq!(log.position_before(start), 0);
    let later = start.plus(Duration::from_hours(3));
    assert_eq!(log.position_before(later), end);
    assert_eq!(log.position_before(Timestamp::default()), 0);
}

/// The form on disk only changes together with its version.
#[test]
fn the_form_of_an_event_is_known() {
    let mut bytes = Vec::new();
    frame::encode(&event(1), &mut bytes).expect("encodes");
    insta::assert_snapshot!(hex::encode(&bytes[frame::HEADER..]), @r"01036170700e5f73657373696f6e2e73746172740002040a656e64706f696e742d310107000101310000000000000000000000000000010161016201016d000000000000f83f00000000000000");
}

#[test]
fn an_event_that_is_too_large_is_refused() {
    let mut large = event(1);
    large.endpoint_json = Some("x".repeat(frame::PAYLOAD_MAX));
    assert!(matches!(
        encode(vec![large]),
        Err(LogError::EventTooLarge { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let frame::Frame::Whole(payload, size) = frame::split(&bytes) {
            prop_assert!(size <= bytes.len());
            let _ = frame::decode(payload);
        }
        let _ = frame::decode(&bytes);
        let mut versioned = vec![1];
        versioned.extend(bytes);
        let _ = frame::decode(&versioned);
    }
}
