//! How many events a second the log makes durable: 16 producers append batches of 100.
//!
//! Prints one JSON object. `cargo bench -p events --bench append [-- SECONDS]`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clock::{Clock, Timestamp};
use events::{Log, Options};
use model::{AppId, Device, EndpointId, Event, Origin, Session, UserId};

const PRODUCERS: u64 = 16;
const BATCH: usize = 100;

fn event(now: Timestamp, number: u64) -> Event {
    Event {
        app: AppId::new("d41c1c61a2f84d7f9a4e3c5b7e000001"),
        kind: "_session.start".to_owned(),
        origin: Origin::Client,
        timestamp: now,
        arrival: now,
        endpoint: EndpointId::new(format!("endpoint-{number}")),
        ordinal: u32::try_from(number).ok(),
        user: Some(UserId::new(format!("user-{number}"))),
        client_event_id: Some(format!("event-{number}")),
        session: Some(Session {
            id: format!("session-{number}"),
            start: now,
            stop: None,
            duration_ms: None,
        }),
        device: Arc::new(Device {
            app_version: Some("3.2.0".to_owned()),
            platform: Some("Android".to_owned()),
            make: Some("Google".to_owned()),
            country: Some("DE".to_owned()),
            ..Device::default()
        }),
        attributes: BTreeMap::from([("theme".to_owned(), "dark".to_owned())]),
        metrics: BTreeMap::from([("cold_start_ms".to_owned(), 412.0)]),
        campaign: None,
        journey: None,
        message_id: None,
        channel: None,
        status: None,
        mail: None,
        endpoint_json: None,
    }
}

#[tokio::main]
async fn main() {
    let seconds: f64 = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(5.0);
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("append-bench");
    let _ = std::fs::remove_dir_all(&dir);
    let clock = Clock::real();
    let log = Log::open(&dir, clock.clone(), Options::default()).expect("the log opens");
    let now = clock.now();
    let appended = Arc::new(AtomicU64::new(0));
    let began = clock.monotonic();
    let until = began + Duration::from_secs_f64(seconds);
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|producer| {
            let (log, clock, appended) = (log.clone(), clock.clone(), Arc::clone(&appended));
            tokio::spawn(async move {
                let mut batch = 0;
                while clock.monotonic() < until {
                    let first = (batch * PRODUCERS + producer) * BATCH as u64;
                    let events = (first..first + BATCH as u64)
                        .map(|number| event(now, number))
                        .collect();
                    log.append(events).await.expect("the append succeeds");
                    appended.fetch_add(BATCH as u64, Ordering::Relaxed);
                    batch += 1;
                }
            })
        })
        .collect();
    for producer in producers {
        producer.await.expect("the producer ends");
    }
    let elapsed = (clock.monotonic() - began).as_secs_f64();
    let events = appended.load(Ordering::Relaxed);
    println!(
        r#"{{"bench":"events.append","producers":{PRODUCERS},"batch":{BATCH},"events":{events},"bytes":{},"seconds":{elapsed:.3},"events_per_s":{:.0}}}"#,
        log.end(),
        events as f64 / elapsed
    );
    drop(log);
    let _ = std::fs::remove_dir_all(&dir);
}
