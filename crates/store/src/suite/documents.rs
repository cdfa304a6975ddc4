//! Documents.

use std::sync::Arc;

use clock::Timestamp;

use super::ok;
use crate::{DocumentKey, Expect, Store, StoreError, Write};

fn key(parent: &str, id: &str) -> DocumentKey {
    DocumentKey {
        kind: "thing",
        parent: parent.to_owned(),
        id: id.to_owned(),
    }
}

fn put(parent: &str, id: &str, expect: Expect, body: &str) -> Write {
    put_at(parent, id, expect, body, 0, None)
}

fn put_at(
    parent: &str,
    id: &str,
    expect: Expect,
    body: &str,
    created: i64,
    due: Option<i64>,
) -> Write {
    Write::Put {
        key: key(parent, id),
        expect,
        created: Timestamp::from_millis(created),
        due: due.map(Timestamp::from_millis),
        body: body.as_bytes().to_vec(),
    }
}

async fn body(store: &Store, parent: &str, id: &str) -> Option<String> {
    let document = ok(store.documents.get(&key(parent, id)).await)?;
    Some(String::from_utf8_lossy(&document.body).into_owned())
}

#[track_caller]
fn conflicts(outcome: &Result<(), StoreError>) {
    assert!(
        matches!(outcome, Err(StoreError::Conflict(_))),
        "{outcome:?}"
    );
}

/// A document is found by its name alone, in its group alone.
pub async fn puts_gets_and_counts(store: &Store) {
    let documents = &store.documents;
    assert_eq!(ok(documents.get(&key("a", "1")).await), None);
    ok(documents
        .commit(vec![
            put_at("a", "1", Expect::Absent, "one", 5, Some(7)),
            put("a", "2", Expect::Any, "two"),
            put("b", "1", Expect::Any, "three"),
        ])
        .await);
    let one = ok(documents.get(&key("a", "1")).await).expect("it was put");
    assert_eq!(one.key, key("a", "1"));
    assert_eq!(one.revision, 1);
    assert_eq!(one.created, Timestamp::from_millis(5));
    assert_eq!(one.due, Some(Timestamp::from_millis(7)));
    assert_eq!(one.body, b"one");
    assert_eq!(ok(documents.count("thing", "a").await), 2);
    assert_eq!(ok(documents.count("thing", "b").await), 1);
    assert_eq!(ok(documents.count("other", "a").await), 0);
}

/// A write under another revision than expected is refused and changes nothing.
pub async fn revisions_are_expected(store: &Store) {
    let documents = &store.documents;
    let commit = |write| documents.commit(vec![write]);
    conflicts(&commit(put("a", "1", Expect::Revision(1), "x")).await);
    ok(commit(put_at("a", "1", Expect::Absent, "one", 5, Some(1))).await);
    conflicts(&commit(put("a", "1", Expect::Absent, "x")).await);
    ok(commit(put_at("a", "1", Expect::Revision(1), "two", 99, None)).await);
    conflicts(&commit(put("a", "1", Expect::Revision(1), "x")).await);
    let now = ok(documents.get(&key("a", "1")).await).expect("it was put");
    assert_eq!((now.revision, now.body.as_slice()), (2, b"two".as_slice()));
    assert_eq!(now.created, Timestamp::from_millis(5), "it never changes");
    assert_eq!(now.due, None);

    let delete = |expect| Write::Delete {
        key: key("a", "1"),
        expect,
    };
    conflicts(&commit(delete(Expect::Revision(1))).await);
    ok(commit(delete(Expect::Revision(2))).await);
    conflicts(&commit(delete(Expect::Revision(2))).await);
    ok(commit(delete(Expect::Any)).await);
    assert_eq!(body(store, "a", "1").await, None);
}

/// One refused write refuses all of its commit.
pub async fn a_commit_is_all_or_nothing(store: &Store) {
    let documents = &store.documents;
    ok(documents
        .commit(vec![put("a", "1", Expect::Any, "one")])
        .await);
    conflicts(
        &documents
            .commit(vec![
                put("a", "2", Expect::Any, "two"),
                put("a", "1", Expect::Any, "changed"),
                put("a", "1", Expect::Absent, "refused"),
            ])
            .await,
    );
    assert_eq!(body(store, "a", "1").await.as_deref(), Some("one"));
    assert_eq!(body(store, "a", "2").await, None);
    ok(documents.commit(Vec::new()).await);
}

/// Lists come newest first, identifier as tie-break, and pages neither repeat nor omit.
pub async fn lists_newest_first_in_pages(store: &Store) {
    let documents = &store.documents;
    let writes = [("d", 1), ("b", 2), ("c", 2), ("a", 2), ("e", 3)]
        .map(|(id, created)| put_at("a", id, Expect::Any, id, created, None));
    ok(documents.commit(writes.to_vec()).await);
    ok(documents
        .commit(vec![put("b", "z", Expect::Any, "elsewhere")])
        .await);
    for limit in [1, 2, 3, 5, 9] {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = ok(documents.list("thing", "a", after.as_ref(), limit).await);
            assert!(!page.items.is_empty() && page.items.len() <= limit);
            seen.extend(page.items.into_iter().map(|item| item.key.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["e", "a", "b", "c", "d"], "pages of {limit}");
    }
    let none = ok(documents.list("thing", "empty", None, 10).await);
    assert!(none.items.is_empty() && none.next.is_none());
}

/// What is due comes earliest first, under any parent; what is not due does not come.
pub async fn due_earliest_first(store: &Store) {
    let documents = &store.documents;
    ok(documents
        .commit(vec![
            put_at("a", "late", Expect::Any, "", 0, Some(30)),
            put_at("b", "early", Expect::Any, "", 0, Some(10)),
            put_at("a", "middle", Expect::Any, "", 0, Some(20)),
            put_at("a", "future", Expect::Any, "", 0, Some(31)),
            put_at("a", "never", Expect::Any, "", 0, None),
        ])
        .await);
    let due = |limit| documents.due("thing", Timestamp::from_millis(30), limit);
    let ids = |found: Vec<crate::Document>| -> Vec<String> {
        found.into_iter().map(|it| it.key.id).collect()
    };
    assert_eq!(ids(ok(due(9).await)), ["early", "middle", "late"]);
    assert_eq!(ids(ok(due(2).await)), ["early", "middle"]);
}

/// A group goes as a whole, and no other with it.
pub async fn deletes_groups(store: &Store) {
    let documents = &store.documents;
    ok(documents
        .commit(vec![
            put("a", "1", Expect::Any, "x"),
            put("a", "2", Expect::Any, "x"),
            put("ab", "1", Expect::Any, "x"),
        ])
        .await);
    let all = Write::DeleteAll {
        kind: "thing",
        parent: "a".to_owned(),
    };
    ok(documents
        .commit(vec![all, put("a", "3", Expect::Absent, "x")])
        .await);
    assert_eq!(ok(documents.count("thing", "a").await), 1);
    assert_eq!(ok(documents.count("thing", "ab").await), 1);
}

/// Of many commits at once that expect the same revision one wins; the others' companions, and
/// commits about other things, are not affected.
pub async fn concurrent_commits_refuse_only_their_own(store: &Store) {
    const CALLERS: usize = 64;
    let documents = Arc::clone(&store.documents);
    let calls: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let documents = Arc::clone(&documents);
            tokio::spawn(async move {
                let own = put("own", &caller.to_string(), Expect::Absent, "x");
                let won = documents
                    .commit(vec![put("a", "prize", Expect::Absent, &caller.to_string())])
                    .await;
                (won.is_ok(), documents.commit(vec![own]).await.is_ok())
            })
        })
        .collect();
    let mut winners = 0;
    for call in calls {
        let (won, own) = ok(call.await);
        winners += usize::from(won);
        assert!(own);
    }
    assert_eq!(winners, 1);
    assert_eq!(ok(documents.count("thing", "own").await), CALLERS as u64);
}
