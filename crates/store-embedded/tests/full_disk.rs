//! A disk that runs full, for real.

#![expect(clippy::unwrap_used, reason = "a failed test should say where")]

use std::path::Path;
use std::process::Command;

use clock::{Clock, Timestamp};
use model::{AppId, EndpointId, EndpointUpdate};
use store::{
    ApplyMode, DocumentKey, EndpointWrite, Endpoints, Expect, StoreError, Write, WriteContext,
    WriteOrigin,
};
use store_embedded::Options;

/// A small disk, gone when it is dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount(size: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(dir.path())
            .status()
            .unwrap();
        assert!(mounted.success());
        Self(dir)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, in case the failed test still holds files.
        let unmounted = Command::new("umount").arg("-l").arg(self.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

fn app() -> AppId {
    "app".into()
}

fn id(call: usize, index: usize) -> EndpointId {
    EndpointId::new(format!("{call}-{index}"))
}

async fn apply(endpoints: &dyn Endpoints, call: usize) -> Result<(), StoreError> {
    let writes = (0..500)
        .map(|index| EndpointWrite {
            id: id(call, index),
            update: EndpointUpdate {
                attributes: (0..10)
                    .map(|name| (format!("a{name}"), vec![format!("{call:050}{index:050}")]))
                    .collect(),
                ..EndpointUpdate::default()
            },
        })
        .collect();
    let context = WriteContext {
        now: Timestamp::from_millis(1),
        request_id: "r".to_owned(),
        origin: WriteOrigin::Client,
    };
    let outcomes = endpoints
        .apply(&app(), writes, ApplyMode::AllOrNothing, &context)
        .await?;
    assert!(outcomes.iter().all(Result::is_ok));
    Ok(())
}

/// Without the margin that keeps it from happening, the disk fills up in the middle of a write:
/// the write is refused, nothing acknowledged is lost, and there is a way on.
#[tokio::test]
#[ignore = "mounting a small disk needs root"]
async fn acknowledged_endpoints_survive_a_full_disk() {
    let disk = Disk::mount("160m");
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![1; 60 * 1024 * 1024]).unwrap();
    let mut options = Options::new(disk.path().join("data"));
    options.free_bytes_min = 0;
    let store = store_embedded::open(options, Clock::real()).await.unwrap();
    let endpoints = store.endpoints.as_ref();

    let mut acknowledged = 0;
    let error = loop {
        match apply(endpoints, acknowledged).await {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
    };
    assert!(acknowledged > 10);
    assert!(matches!(error, StoreError::Full), "{error}");
    let again = apply(endpoints, 9_000).await;
    assert!(matches!(again, Err(StoreError::Full)), "{again:?}");
    let first = endpoints.get(&app(), &id(0, 0)).await.unwrap();
    assert!(first.is_some(), "reading goes on");
    let put = Write::Put {
        key: DocumentKey {
            kind: "thing",
            parent: String::new(),
            id: "1".to_owned(),
        },
        expect: Expect::Any,
        created: Timestamp::default(),
        due: None,
        body: vec![1; 1_000_000],
    };
    let document = store.documents.commit(vec![put.clone()]).await;
    assert!(matches!(document, Err(StoreError::Full)), "{document:?}");

    std::fs::remove_file(&ballast).unwrap();
    store.documents.commit(vec![put]).await.unwrap();
    apply(endpoints, acknowledged).await.unwrap();
    for call in 0..=acknowledged {
        for index in [0, 499] {
            let found = endpoints.get(&app(), &id(call, index)).await.unwrap();
            assert!(found.is_some(), "{call}-{index}");
        }
    }
}
