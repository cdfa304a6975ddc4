//! The suppression list over a store.

use channels::suppression::SuppressionList;
use clock::{Clock, Timestamp};
use model::{Suppression, SuppressionReason};

#[tokio::test]
async fn addresses_are_suppressed_until_removed() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = store_embedded::Options::new(dir.path());
    let store = store_embedded::open(options, Clock::real())
        .await
        .expect("a store");
    let list = SuppressionList::load(store.clone()).await.expect("loads");
    let since = Timestamp::from_millis(5);
    assert!(!list.contains("Ana@mail.example"));
    list.add("Ana@MAIL.example", SuppressionReason::Bounce, since)
        .await
        .expect("adds");
    list.add("Ana@mail.example", SuppressionReason::Complaint, since)
        .await
        .expect("is there");
    assert!(list.clone().contains("Ana@Mail.Example"));
    assert!(
        !list.contains("ana@mail.example"),
        "the local part has case"
    );
    let entry = store
        .of::<Suppression>()
        .get("", "Ana@mail.example")
        .await
        .expect("reads")
        .expect("stored");
    assert_eq!(
        entry.reason,
        SuppressionReason::Bounce,
        "the first reason stays"
    );

    // More than one page, all at the same instant.
    let mut adds = tokio::task::JoinSet::new();
    for number in 0..1_200 {
        let list = list.clone();
        adds.spawn(async move {
            list.add(
                &format!("p{number}@x.example"),
                SuppressionReason::Manual,
                since,
            )
            .await
        });
    }
    while let Some(added) = adds.join_next().await {
        added.expect("no panic").expect("adds");
    }
    let again = SuppressionList::load(store).await.expect("loads");
    for number in 0..1_200 {
        assert!(again.contains(&format!("p{number}@x.example")));
    }
    again.remove("Ana@MAIL.example").await.expect("removes");
    assert!(!again.contains("Ana@mail.example"));
}
