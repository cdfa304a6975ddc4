//! What a data folder keeps from one start to the next, and when it does not open.

#![expect(clippy::unwrap_used, reason = "a failed test should say where")]

use clock::{Clock, Timestamp};
use model::{ChannelType, EndpointId, EndpointSet, EndpointUpdate, SegmentId, UserId, UserLink};
use store::{
    ApplyMode, AttributeKind, DocumentKey, EndpointWrite, Expect, Store, Write, WriteContext,
    WriteOrigin,
};
use store_embedded::{OpenError, Options};
use tempfile::TempDir;

async fn open(dir: &TempDir) -> Result<Store, OpenError> {
    store_embedded::open(Options::new(dir.path()), Clock::real()).await
}

fn app() -> model::AppId {
    "app".into()
}

fn context(now: i64) -> WriteContext {
    WriteContext {
        now: Timestamp::from_millis(now),
        request_id: "r".to_owned(),
        origin: WriteOrigin::Client,
    }
}

fn update(number: usize) -> EndpointUpdate {
    EndpointUpdate {
        channel: Some(ChannelType::Email),
        address: Some(format!("{number}@example.com")),
        attributes: [("plan".to_owned(), vec![(number % 3).to_string()])].into(),
        user: UserLink::Link(UserId::new(format!("u{}", number / 2))),
        user_attributes: [("first".to_owned(), vec![number.to_string()])].into(),
        ..EndpointUpdate::default()
    }
}

async fn write(store: &Store, id: &str, update: EndpointUpdate, now: i64) {
    let write = EndpointWrite {
        id: id.into(),
        update,
    };
    let outcomes = store
        .endpoints
        .apply(&app(), vec![write], ApplyMode::Each, &context(now))
        .await
        .unwrap();
    assert!(outcomes[0].is_ok());
}

/// Everything that readers can see of endpoints.
async fn seen(store: &Store) -> String {
    let endpoints = &store.endpoints;
    let segment = SegmentId::from("s");
    let everyone = audience::ResolvedSegment::Groups {
        include: model::Quantifier::All,
        groups: Vec::new(),
    };
    let now = Timestamp::from_millis(9_999);
    let set = endpoints.evaluate(&app(), &everyone, now).await.unwrap();
    let kind = AttributeKind::UserAttributes;
    format!(
        "{:#?} {:?} {:?} {:?} {:?} {:?} {:?}",
        endpoints.scan(&app(), 0, 1_000).await.unwrap(),
        endpoints.counts(&app()).await.unwrap(),
        set.iter().collect::<Vec<_>>(),
        endpoints.attribute_names(&app(), kind).await.unwrap(),
        endpoints
            .attribute_values(&app(), kind, "first", 99)
            .await
            .unwrap(),
        endpoints.members(&app(), &segment, 1).await.unwrap(),
        endpoints
            .ordinals(&app(), &["reserved".into()], false)
            .await
            .unwrap(),
    )
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    for number in 0..20 {
        write(&store, &format!("e{number}"), update(number), 1).await;
    }
    // One that lost its address to another, one deleted, one only reserved.
    write(&store, "taker", update(3), 2).await;
    store
        .endpoints
        .delete(&app(), &["e5".into()])
        .await
        .unwrap();
    let reserved = store
        .endpoints
        .ordinals(&app(), &["reserved".into()], true)
        .await
        .unwrap();
    store
        .endpoints
        .touch(&app(), vec![(2, Timestamp::from_millis(77))])
        .await
        .unwrap();
    let patterns = vec!["sec*".to_owned()];
    let kind = AttributeKind::UserAttributes;
    store
        .endpoints
        .remove_attributes(&app(), kind, patterns)
        .await
        .unwrap();
    let members: EndpointSet = [1, 70_000].into_iter().collect();
    store
        .endpoints
        .add_members(
            &app(),
            &"s".into(),
            1,
            members,
            vec!["u".into()],
            Vec::new(),
        )
        .await
        .unwrap();
    let key = DocumentKey {
        kind: "thing",
        parent: String::new(),
        id: "1".to_owned(),
    };
    let put = Write::Put {
        key: key.clone(),
        expect: Expect::Absent,
        created: Timestamp::from_millis(5),
        due: None,
        body: b"body".to_vec(),
    };
    store.documents.commit(vec![put]).await.unwrap();
    store.secrets.put("name", b"secret").await.unwrap();
    let derived = store.secrets.derived_key("label");
    let before = seen(&store).await;
    drop(store);

    let store = open(&dir).await.unwrap();
    assert_eq!(seen(&store).await, before);
    let document = store.documents.get(&key).await.unwrap().unwrap();
    assert_eq!(document.body, b"body");
    let secret = store.secrets.get("name").await.unwrap();
    assert_eq!(secret.as_deref(), Some(b"secret".as_slice()));
    assert_eq!(store.secrets.derived_key("label"), derived);

    // Ordinals go on where they stopped, and patterns hold.
    write(&store, "new", update(50), 3).await;
    let id = EndpointId::from("new");
    let new = store.endpoints.get(&app(), &id).await.unwrap().unwrap();
    assert_eq!(Some(new.ordinal), reserved[0].map(|last| last + 1));
    let mut removed = EndpointUpdate::default();
    removed
        .user_attributes
        .insert("second".to_owned(), vec!["x".to_owned()]);
    write(&store, "new", removed, 4).await;
    let new = store.endpoints.get(&app(), &id).await.unwrap().unwrap();
    assert!(!new.user_attributes.contains_key("second"));
}

#[tokio::test]
async fn a_dropped_application_stays_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    let writes = (0..6_000)
        .map(|number| EndpointWrite {
            id: format!("e{number}").as_str().into(),
            update: update(number),
        })
        .collect();
    store
        .endpoints
        .apply(&app(), writes, ApplyMode::Each, &context(1))
        .await
        .unwrap();
    store.endpoints.drop_app(&app()).await.unwrap();
    drop(store);
    let store = open(&dir).await.unwrap();
    assert_eq!(store.endpoints.counts(&app()).await.unwrap().endpoints, 0);
    write(&store, "e1", update(1), 2).await;
    let all = store.endpoints.scan(&app(), 0, 10).await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].created, Timestamp::from_millis(2));
}

#[tokio::test]
async fn one_process_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    let second = open(&dir).await.err().unwrap();
    assert!(matches!(second, OpenError::Locked(_)), "{second}");
    assert!(second.to_string().contains("in use by another process"));
    drop(store);
    open(&dir).await.unwrap();
}

#[tokio::test]
async fn a_newer_folder_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(&dir).await.unwrap());
    let version = dir.path().join("meta/schema");
    assert_eq!(std::fs::read_to_string(&version).unwrap(), "2\n");
    std::fs::write(&version, "7\n").unwrap();
    let error = open(&dir).await.err().unwrap();
    let OpenError::Newer {
        found: 7, known: 2, ..
    } = error
    else {
        panic!("{error}");
    };
    assert!(error.to_string().ends_with("use a newer one"), "{error}");
    std::fs::write(&version, "soon\n").unwrap();
    assert!(open(&dir).await.is_err());
    std::fs::write(&version, "2\n").unwrap();

    // The tables carry the version too, should the file be lost.
    let documents = dir.path().join("documents.sqlite");
    let tables = rusqlite::Connection::open(documents).unwrap();
    tables.pragma_update(None, "user_version", 7).unwrap();
    drop(tables);
    let error = open(&dir).await.err().unwrap();
    assert!(
        matches!(error, OpenError::Newer { found: 7, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn secrets_open_with_their_key_alone() {
    let dir = tempfile::tempdir().unwrap();
    let with = |key: Option<u8>| {
        let mut options = Options::new(dir.path());
        options.master_key = key.map(|byte| [byte; 32]);
        store_embedded::open(options, Clock::real())
    };
    drop(with(Some(1)).await.unwrap());
    assert!(!dir.path().join("meta/master.key").exists());
    let error = with(Some(2)).await.err().unwrap();
    assert!(matches!(error, OpenError::WrongMasterKey(_)), "{error}");
    let error = with(None).await.err().unwrap();
    assert!(matches!(error, OpenError::MissingMasterKey(_)), "{error}");
    with(Some(1)).await.unwrap();
}

#[tokio::test]
async fn a_folder_keeps_its_own_key_to_itself() {
    use std::os::unix::fs::PermissionsExt as _;

    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    store.secrets.put("name", b"s3cr3t").await.unwrap();
    drop(store);
    let path = dir.path().join("meta/master.key");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let key = std::fs::read_to_string(&path).unwrap();
    assert_eq!(key.trim().len(), 64);
    for file in ["documents.sqlite", "documents.sqlite-wal"] {
        let bytes = std::fs::read(dir.path().join(file)).unwrap_or_default();
        assert!(!bytes.windows(6).any(|it| it == b"s3cr3t"), "{file}");
    }
    std::fs::write(&path, "not a key").unwrap();
    let error = open(&dir).await.err().unwrap();
    assert!(matches!(error, OpenError::BadMasterKeyFile(_)), "{error}");
}

#[tokio::test]
async fn an_unusable_folder_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = store_embedded::open(Options::new(file.join("data")), Clock::real())
        .await
        .err()
        .unwrap();
    assert!(matches!(error, OpenError::Unusable { .. }), "{error}");
    assert!(error.to_string().contains("file/data"), "{error}");
}

/// Without room nothing is written but what gives room back, and reads go on.
#[tokio::test]
async fn a_full_disk_refuses_writes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    write(&store, "a", update(1), 1).await;
    drop(store);
    let mut options = Options::new(dir.path());
    options.free_bytes_min = u64::MAX;
    let store = store_embedded::open(options, Clock::real()).await.unwrap();
    let writes = vec![EndpointWrite {
        id: "b".into(),
        update: update(2),
    }];
    let refused = store
        .endpoints
        .apply(&app(), writes, ApplyMode::Each, &context(1))
        .await;
    assert!(
        matches!(refused, Err(store::StoreError::Full)),
        "{refused:?}"
    );
    let id = EndpointId::from("a");
    assert!(store.endpoints.get(&app(), &id).await.unwrap().is_some());
    let deleted = store.endpoints.delete(&app(), &[id]).await.unwrap();
    assert_eq!(deleted.len(), 1);
    drop(store);
    let store = open(&dir).await.unwrap();
    write(&store, "b", update(2), 1).await;
}
