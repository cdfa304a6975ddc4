//! Users (`docs/spec/audience.md §7`).

use audience::Violation;
use clock::Timestamp;
use model::{Attributes, ChannelType, EndpointStatus, EndpointUpdate, UserId, UserLink};

use super::endpoints::{app, apply, attribute, email, get, refused, there};
use super::ok;
use crate::Store;

/// An update that links to a user.
fn of(user: &str, mut update: EndpointUpdate) -> EndpointUpdate {
    update.user = UserLink::Link(UserId::from(user));
    update
}

fn user_attribute(name: &str, value: &str) -> EndpointUpdate {
    EndpointUpdate {
        user_attributes: attributes(name, value),
        ..EndpointUpdate::default()
    }
}

fn attributes(name: &str, value: &str) -> Attributes {
    [(name.to_owned(), vec![value.to_owned()])].into()
}

async fn linked(store: &Store, user: &str) -> Vec<String> {
    let endpoints = ok(store.endpoints.user(&app(), &user.into()).await);
    let mut ids: Vec<String> = endpoints
        .into_iter()
        .map(|endpoint| endpoint.id.into_string())
        .collect();
    ids.sort_unstable();
    ids
}

async fn users(store: &Store) -> u64 {
    ok(store.endpoints.counts(&app()).await).users
}

/// What is written through one endpoint shows on the others of the user.
pub async fn shares_attributes_among_endpoints(store: &Store) {
    apply(store, "a", of("u", email("a@example.com")), 1).await;
    apply(store, "b", of("u", email("b@example.com")), 2).await;
    apply(store, "a", user_attribute("name", "Ada"), 3).await;
    apply(store, "b", user_attribute("city", "London"), 4).await;
    for id in ["a", "b"] {
        let shown = there(store, id).await.user_attributes;
        assert_eq!(shown["name"], ["Ada"], "{id}");
        assert_eq!(shown["city"], ["London"], "{id}");
    }
    apply(store, "c", of("u", attribute("k", "v")), 5).await;
    assert_eq!(there(store, "c").await.user_attributes["name"], ["Ada"]);
    assert_eq!(linked(store, "u").await, ["a", "b", "c"]);
    assert!(linked(store, "U").await.is_empty(), "case-sensitive");
    assert_eq!(users(store).await, 1);

    let kind = crate::AttributeKind::UserAttributes;
    let values = ok(store
        .endpoints
        .attribute_values(&app(), kind, "name", 9)
        .await);
    assert_eq!(values, [("Ada".to_owned(), 3)]);
}

/// Attributes for a user to come wait on the endpoint; the incoming ones win.
pub async fn holds_attributes_until_linked(store: &Store) {
    apply(store, "a", of("u", user_attribute("name", "old")), 1).await;
    let mut held = user_attribute("name", "held");
    held.user_attributes
        .insert("city".to_owned(), vec!["Paris".to_owned()]);
    apply(store, "b", held, 2).await;
    assert_eq!(there(store, "b").await.user_attributes["name"], ["held"]);
    apply(store, "b", of("u", user_attribute("city", "Rome")), 3).await;
    let shown = there(store, "a").await.user_attributes;
    assert_eq!(shown["name"], ["held"]);
    assert_eq!(shown["city"], ["Rome"]);
}

/// Without its user an endpoint shows no user attributes; a user without endpoints is gone.
pub async fn unlinks_and_drops_the_last(store: &Store) {
    apply(store, "a", of("u", user_attribute("name", "Ada")), 1).await;
    apply(store, "b", of("u", EndpointUpdate::default()), 2).await;
    let unlink = || EndpointUpdate {
        user: UserLink::Unlink,
        ..EndpointUpdate::default()
    };
    apply(store, "a", unlink(), 3).await;
    let alone = there(store, "a").await;
    assert_eq!(
        (alone.user, alone.user_attributes),
        (None, Attributes::new())
    );
    assert_eq!(linked(store, "u").await, ["b"]);
    apply(store, "b", of("v", EndpointUpdate::default()), 4).await;
    assert!(linked(store, "u").await.is_empty());
    assert_eq!(there(store, "b").await.user_attributes, Attributes::new());
    assert_eq!(users(store).await, 1);
    apply(store, "a", of("u", EndpointUpdate::default()), 5).await;
    assert_eq!(there(store, "a").await.user_attributes, Attributes::new());
    let ids = ["a".into(), "b".into()];
    assert_eq!(ok(store.endpoints.delete(&app(), &ids).await).len(), 2);
    assert_eq!(users(store).await, 0);
}

/// The sixteenth mail address of a user is refused; rewriting one of the fifteen is not.
pub async fn refuses_the_sixteenth_mail_address(store: &Store) {
    for number in 0..15 {
        let address = email(&format!("{number}@example.com"));
        apply(store, &format!("e{number}"), of("u", address), number).await;
    }
    let violation = refused(store, "e15", of("u", email("15@example.com"))).await;
    assert_eq!(violation, Violation::TooManyEndpointsPerUser(15));
    assert_eq!(
        violation.to_string(),
        "Exceeded maximum endpoint per user count: 15"
    );
    assert_eq!(get(store, "e15").await, None);
    apply(store, "e3", of("u", attribute("k", "v")), 99).await;
    assert_eq!(linked(store, "u").await.len(), 15);
}

/// The sixteenth push endpoint takes the place of the stalest.
pub async fn evicts_the_stalest_push_endpoint(store: &Store) {
    let device = |token: &str| EndpointUpdate {
        channel: Some(ChannelType::Gcm),
        address: Some(token.to_owned()),
        ..EndpointUpdate::default()
    };
    apply(store, "mail", of("u", email("u@example.com")), 0).await;
    for number in 0..14 {
        let mut update = of("u", device(&format!("t{number}")));
        // The stalest is neither the first nor the last written.
        let date = if number == 5 { 1 } else { 1_000 + number };
        update.effective = Some(Timestamp::from_millis(date));
        update.user_attributes = attributes("name", "Ada");
        apply(store, &format!("d{number}"), update, number).await;
    }
    apply(store, "d14", of("u", device("t14")), 2_000).await;
    let evicted = there(store, "d5").await;
    assert_eq!(evicted.status, EndpointStatus::Inactive);
    assert_eq!(evicted.user, None);
    assert_eq!(evicted.user_attributes, Attributes::new());
    let endpoints = linked(store, "u").await;
    assert_eq!(endpoints.len(), 15);
    assert!(endpoints.contains(&"d14".to_owned()) && endpoints.contains(&"mail".to_owned()));
}

/// Deleting a user deletes every endpoint of the user.
pub async fn deletes_a_user(store: &Store) {
    apply(store, "a", of("u", user_attribute("name", "Ada")), 1).await;
    apply(store, "b", of("u", EndpointUpdate::default()), 2).await;
    apply(store, "c", of("v", EndpointUpdate::default()), 3).await;
    let deleted = ok(store.endpoints.delete_user(&app(), &"u".into()).await);
    assert_eq!(deleted.len(), 2);
    assert!(
        deleted
            .iter()
            .all(|endpoint| endpoint.user_attributes["name"] == ["Ada"])
    );
    assert_eq!(get(store, "a").await, None);
    assert_eq!(linked(store, "v").await, ["c"]);
    assert_eq!(users(store).await, 1);
    assert!(ok(store.endpoints.delete_user(&app(), &"u".into()).await).is_empty());
}
