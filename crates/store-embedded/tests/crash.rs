//! A process that is killed while it writes loses nothing that it acknowledged.

#![expect(clippy::unwrap_used, reason = "a failed test should say where")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use clock::{Clock, Timestamp};
use model::{AppId, ChannelType, EndpointId, EndpointUpdate, Quantifier, UserId, UserLink};
use store::{
    ApplyMode, DocumentKey, EndpointWrite, Expect, Store, Write, WriteContext, WriteOrigin,
};
use store_embedded::Options;

/// Says to the child where to write.
const DIR: &str = "STORE_CRASH_DIR";
/// Says to the child how often it was started before.
const ROUND: &str = "STORE_CRASH_ROUND";
/// Writers of each kind in the child.
const WRITERS: usize = 4;
/// Endpoints of one call.
const BATCH: usize = 20;

fn app() -> AppId {
    "app".into()
}

fn document(id: String) -> DocumentKey {
    DocumentKey {
        kind: "thing",
        parent: String::new(),
        id,
    }
}

async fn open(dir: &Path) -> Store {
    let store = store_embedded::open(Options::new(dir), Clock::real()).await;
    store.unwrap()
}

fn acknowledge(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nACK {line}").unwrap();
    out.flush().unwrap();
}

/// Not a test: what the killed process does.
#[tokio::test]
#[ignore = "it writes until it is killed; the test below starts it"]
async fn child() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let round = std::env::var(ROUND).unwrap();
    let store = open(Path::new(&dir)).await;
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let documents = Arc::clone(&store.documents);
        let name = format!("{round}-{writer}");
        writers.push(tokio::spawn(async move {
            for number in 0.. {
                let id = format!("{name}-{number}");
                let put = Write::Put {
                    key: document(id.clone()),
                    expect: Expect::Absent,
                    created: Timestamp::default(),
                    due: None,
                    body: id.clone().into_bytes(),
                };
                documents.commit(vec![put]).await.unwrap();
                acknowledge(&format!("document {id}"));
            }
        }));
        let endpoints = Arc::clone(&store.endpoints);
        let name = format!("{round}-{writer}");
        writers.push(tokio::spawn(async move {
            let context = WriteContext {
                now: Timestamp::from_millis(1),
                request_id: "r".to_owned(),
                origin: WriteOrigin::Client,
            };
            for number in 0.. {
                let call = format!("{name}-{number}");
                let writes = (0..BATCH)
                    .map(|index| EndpointWrite {
                        id: EndpointId::new(format!("{call}-{index}")),
                        update: EndpointUpdate {
                            channel: Some(ChannelType::Email),
                            address: Some(format!("{call}-{index}@example.com")),
                            user: UserLink::Link(UserId::new(format!("{call}-{}", index / 2))),
                            ..EndpointUpdate::default()
                        },
                    })
                    .collect();
                let outcomes = endpoints
                    .apply(&app(), writes, ApplyMode::AllOrNothing, &context)
                    .await
                    .unwrap();
                assert_eq!(outcomes.len(), BATCH);
                acknowledge(&format!("endpoints {call}"));
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
}

/// Runs the child until it has acknowledged `count` writes, kills it, and returns all that it
/// acknowledged.
fn acknowledged_until_killed(dir: &Path, round: usize, count: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env(DIR, dir)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    for line in lines {
        let line = line.unwrap();
        if let Some(what) = line.strip_prefix("ACK ") {
            acknowledged.push(what.to_owned());
        }
        if acknowledged.len() == count {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() >= count, "the child ended early");
    acknowledged
}

#[tokio::test]
async fn acknowledged_writes_survive_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for (round, count) in [60, 1, 200].into_iter().enumerate() {
        acknowledged.extend(acknowledged_until_killed(dir.path(), round, count));
        let store = open(dir.path()).await;
        check(&store, &acknowledged).await;
    }
}

async fn check(store: &Store, acknowledged: &[String]) {
    for line in acknowledged {
        let (kind, id) = line.split_once(' ').unwrap();
        if kind == "document" {
            let found = store.documents.get(&document(id.to_owned())).await.unwrap();
            assert_eq!(found.unwrap().body, id.as_bytes());
            continue;
        }
        for index in 0..BATCH {
            let key = EndpointId::new(format!("{id}-{index}"));
            let found = store.endpoints.get(&app(), &key).await.unwrap();
            assert!(found.is_some(), "{key} was acknowledged");
        }
    }

    // Calls are there as a whole or not at all, and every view of them agrees.
    let all = store.endpoints.scan(&app(), 0, usize::MAX).await.unwrap();
    assert_eq!(all.len() % BATCH, 0);
    let ordinals: BTreeSet<_> = all.iter().map(|endpoint| endpoint.ordinal).collect();
    assert_eq!(ordinals.len(), all.len());
    let counts = store.endpoints.counts(&app()).await.unwrap();
    assert_eq!(counts.endpoints, all.len() as u64);
    assert_eq!(counts.users, all.len() as u64 / 2);
    let everyone = audience::ResolvedSegment::Groups {
        include: Quantifier::All,
        groups: Vec::new(),
    };
    let set = store
        .endpoints
        .evaluate(&app(), &everyone, Timestamp::default())
        .await
        .unwrap();
    assert!(set.iter().eq(ordinals));
    for endpoint in &all {
        let user = endpoint.user.clone().unwrap();
        let linked = store.endpoints.user(&app(), &user).await.unwrap();
        assert!(linked.contains(endpoint));
    }
}
