//! How many endpoints a second become durable, against the bare key-value store.
//!
//! `cargo bench -p store-embedded --bench upserts -- [ROWS] [PREFIX]` prints one JSON line per
//! workload whose name starts with PREFIX.

use std::sync::Arc;
use std::time::Instant;

use clock::{Clock, Timestamp};
use fjall::{Database, KeyspaceCreateOptions, PersistMode};
use model::{AppId, ChannelType, Demographic, EndpointUpdate, Location, UserId, UserLink};
use store::{ApplyMode, EndpointWrite, Endpoints, WriteContext, WriteOrigin};
use store_embedded::Options;

/// Endpoints are many small pieces of memory that one thread takes and another gives back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Callers at once.
const CALLERS: u64 = 16;
/// Rows without an argument.
const ROWS: u64 = 200_000;
/// Bytes of the average stored endpoint of [`update`], as the store encodes it.
const STORED_BYTES: usize = 250;

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let rows = words
        .iter()
        .find_map(|word| word.parse().ok())
        .unwrap_or(ROWS);
    let prefix = words.iter().find(|word| word.parse::<u64>().is_err());
    let wanted = |name: &str| prefix.is_none_or(|prefix| name.starts_with(prefix));
    for (name, batch) in [("raw_fjall_1000", 1_000), ("raw_fjall_10000", 10_000)] {
        if wanted(name) {
            raw(name, rows, batch);
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts");
    for (name, batch, share, origin) in [
        ("apply_100", 100, 0, WriteOrigin::Client),
        ("apply_100_users", 100, 2, WriteOrigin::Client),
        ("import_1000", 1_000, 0, WriteOrigin::Import),
    ] {
        let work = Work {
            rows,
            batch,
            share,
            origin,
        };
        if wanted(name) {
            runtime.block_on(run(name, work));
        }
    }
}

/// Records of the same size put into the key-value store in bulk by one caller, with what every
/// upsert needs of it: the identifier is looked up, the old value read, and the user's record kept.
/// No rule, no index, no columns.
fn raw(name: &str, rows: u64, batch: u64) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let db = Database::builder(dir.path()).open().expect("it opens");
    let table = |name: &str| {
        db.keyspace(name, KeyspaceCreateOptions::default)
            .expect("it opens")
    };
    let (endpoints, ids, users) = (table("endpoints"), table("ids"), table("users"));
    for pass in ["new", "existing"] {
        let started = now();
        for first in (0..rows).step_by(batch as usize) {
            let mut writes = db.batch();
            for row in first..(first + batch).min(rows) {
                let known = ids.get(id(row)).expect("it reads");
                let ordinal = (row as u32).to_be_bytes();
                let mut value = vec![b'x'; STORED_BYTES];
                value[..8].copy_from_slice(&row.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
                match known {
                    Some(ordinal) => {
                        let old = endpoints.get(ordinal).expect("it reads");
                        assert!(old.is_some_and(|old| old.len() == STORED_BYTES));
                    }
                    None => writes.insert(&ids, id(row).into_bytes(), ordinal.to_vec()),
                }
                writes.insert(&endpoints, ordinal.to_vec(), value);
                let user = format!("user-{row}");
                assert!(users.get(&user).expect("it reads").is_none() || pass == "existing");
                writes.insert(&users, user.into_bytes(), ordinal.to_vec());
            }
            writes.commit().expect("it commits");
            db.persist(PersistMode::SyncAll).expect("it syncs");
        }
        report(&format!("{name}_{pass}"), rows, started);
    }
}

#[derive(Clone, Copy)]
struct Work {
    rows: u64,
    batch: u64,
    /// Endpoints per user; 0 for no users.
    share: u64,
    origin: WriteOrigin,
}

/// Creates endpoints, then writes the same ones again, then starts again with them.
async fn run(name: &str, work: Work) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let store = store_embedded::open(Options::new(dir.path()), Clock::real())
        .await
        .expect("the store opens");
    for pass in ["new", "existing"] {
        let started = now();
        write_all(&store.endpoints, work).await;
        report(
            &format!("{name}_{pass}"),
            work.rows / CALLERS * CALLERS,
            started,
        );
    }
    drop(store);
    let started = now();
    let store = store_embedded::open(Options::new(dir.path()), Clock::real()).await;
    report(
        &format!("{name}_reopen"),
        work.rows / CALLERS * CALLERS,
        started,
    );
    drop(store.expect("the store opens again"));
}

/// Writes every row once, from many callers.
async fn write_all(endpoints: &Arc<dyn Endpoints>, work: Work) {
    let per_caller = work.rows / CALLERS;
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let endpoints = Arc::clone(endpoints);
            tokio::spawn(async move {
                let app = AppId::from("app");
                let rows = caller * per_caller..(caller + 1) * per_caller;
                for first in rows.clone().step_by(work.batch as usize) {
                    let writes = (first..(first + work.batch).min(rows.end))
                        .map(|row| EndpointWrite {
                            id: id(row).as_str().into(),
                            update: update(row, work.share),
                        })
                        .collect();
                    let context = WriteContext {
                        now: Timestamp::from_millis(1_700_000_000_000),
                        request_id: "0d0f0d0f-0d0f-0d0f-0d0f-0d0f0d0f0d0f".to_owned(),
                        origin: work.origin,
                    };
                    let outcomes = endpoints
                        .apply(&app, writes, ApplyMode::Each, &context)
                        .await
                        .expect("the store works");
                    assert!(outcomes.iter().all(Result::is_ok));
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("the caller ends");
    }
}

fn id(row: u64) -> String {
    // Spread like the identifiers of clients.
    format!("device-{:016x}", row.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn update(row: u64, share: u64) -> EndpointUpdate {
    let pick = |words: &[&str], salt: u64| {
        words[(row
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(salt as u32)
            % words.len() as u64) as usize]
            .to_owned()
    };
    EndpointUpdate {
        channel: Some(ChannelType::Email),
        address: Some(format!("person{row}@example.com")),
        attributes: [
            (
                "plan".to_owned(),
                vec![pick(&["basic", "gold", "platinum"], 3)],
            ),
            (
                "interests".to_owned(),
                vec![
                    pick(&["music", "sports", "food"], 7),
                    pick(&["art", "travel"], 9),
                ],
            ),
            ("city_code".to_owned(), vec![format!("c{}", row % 500)]),
        ]
        .into(),
        metrics: [
            ("orders".to_owned(), (row % 40) as f64),
            ("spent".to_owned(), (row % 9_973) as f64 / 10.0),
        ]
        .into(),
        demographic: Demographic {
            app_version: Some(pick(&["1.0", "1.1", "2.0"], 11)),
            make: Some(pick(&["Apple", "Samsung", "Google"], 13)),
            platform: Some(pick(&["iOS", "Android"], 17)),
            timezone: Some(pick(&["Europe/Berlin", "America/Lima", "Asia/Tokyo"], 19)),
            ..Demographic::default()
        },
        location: Location {
            country: Some(pick(&["DE", "PE", "JP", "US"], 23)),
            city: Some(pick(&["Berlin", "Lima", "Tokyo", "Boston"], 29)),
            ..Location::default()
        },
        user: row.checked_div(share).map_or(UserLink::Keep, |user| {
            UserLink::Link(UserId::new(format!("user-{user}")))
        }),
        user_attributes: if share == 0 {
            model::Attributes::new()
        } else {
            [(
                "first_name".to_owned(),
                vec![pick(&["Ada", "Alan", "Grace"], 31)],
            )]
            .into()
        },
        ..EndpointUpdate::default()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the machine's time"
)]
fn now() -> Instant {
    Instant::now()
}

fn report(name: &str, rows: u64, started: Instant) {
    let seconds = now().duration_since(started).as_secs_f64();
    println!(
        r#"{{"bench":"{name}","rows":{rows},"seconds":{seconds:.3},"rows_per_second":{:.0}}}"#,
        rows as f64 / seconds
    );
}
