//! Imported segments (`docs/spec/audience.md §10.7`).

use audience::ResolvedSegment;
use model::{
    ChannelType, Endpoint, EndpointId, EndpointSet, EndpointStatus, EndpointUpdate,
    ImportedMembers, OptOut, Ordinal, SegmentId, UserId, UserLink,
};

use super::endpoints::{app, apply, attribute, email, members_of};
use super::ok;
use crate::Store;

fn segment() -> SegmentId {
    "77aa".into()
}

async fn reserve(store: &Store, ids: &[&str]) -> Vec<Ordinal> {
    let ids: Vec<EndpointId> = ids.iter().map(|id| EndpointId::from(*id)).collect();
    let reserved = ok(store.endpoints.ordinals(&app(), &ids, true).await);
    reserved
        .into_iter()
        .map(|it| it.expect("reserved"))
        .collect()
}

fn snapshot(id: &str, ordinal: Ordinal, user: Option<&str>) -> Endpoint {
    Endpoint {
        app: app(),
        id: id.into(),
        ordinal,
        channel: Some(ChannelType::Email),
        address: Some(format!("{id}@example.com")),
        attributes: [("k".to_owned(), vec![id.to_owned()])].into(),
        metrics: model::Metrics::default(),
        demographic: model::Demographic::default(),
        location: model::Location::default(),
        user: user.map(UserId::from),
        user_attributes: [("name".to_owned(), vec!["Ada".to_owned()])].into(),
        opt_out: OptOut::None,
        status: EndpointStatus::Active,
        effective: clock::Timestamp::from_millis(1),
        request_id: "import".to_owned(),
        cohort: 3,
        created: clock::Timestamp::from_millis(1),
        last_active: None,
    }
}

async fn add(
    store: &Store,
    version: u32,
    endpoints: impl IntoIterator<Item = Ordinal>,
    users: &[&str],
    snapshots: Vec<Endpoint>,
) {
    let endpoints: EndpointSet = endpoints.into_iter().collect();
    let users = users.iter().map(|user| UserId::from(*user)).collect();
    ok(store
        .endpoints
        .add_members(&app(), &segment(), version, endpoints, users, snapshots)
        .await);
}

async fn members(store: &Store, version: u32) -> ImportedMembers {
    ok(store.endpoints.members(&app(), &segment(), version).await)
}

async fn snapshots(store: &Store, version: u32, ordinals: &[Ordinal]) -> Vec<Option<Endpoint>> {
    ok(store
        .endpoints
        .snapshots(&app(), &segment(), version, ordinals)
        .await)
}

/// Additions to a version add up; versions and segments are apart.
pub async fn adds_members_and_snapshots(store: &Store) {
    let ordinals = reserve(store, &["a", "b", "c"]).await;
    assert_eq!(members(store, 1).await, ImportedMembers::default());
    add(store, 1, [ordinals[0]], &["u", "v"], Vec::new()).await;
    let kept = snapshot("b", ordinals[1], Some("w"));
    add(store, 1, [ordinals[1]], &["u"], vec![kept.clone()]).await;
    add(store, 2, [ordinals[2]], &[], Vec::new()).await;

    let first = members(store, 1).await;
    assert_eq!(first.endpoints, ordinals[..2].iter().copied().collect());
    assert_eq!(first.snapshots, [ordinals[1]].into_iter().collect());
    assert_eq!(first.users, [UserId::from("u"), UserId::from("v")]);
    let second = members(store, 2).await;
    assert_eq!(second.endpoints, [ordinals[2]].into_iter().collect());
    assert!(second.snapshots.is_empty() && second.users.is_empty());
    assert_eq!(
        snapshots(store, 1, &ordinals[..2]).await,
        [None, Some(kept)]
    );
    assert_eq!(snapshots(store, 2, &ordinals[..2]).await, [None, None]);
}

/// Members far apart and many come back as they were added.
pub async fn many_members_in_portions(store: &Store) {
    let mut expected = EndpointSet::new();
    for portion in 0..5_u32 {
        let members: EndpointSet = (0..3_000)
            .map(|number| portion * 1_500 + number * 61)
            .collect();
        add(store, 1, members.iter(), &[], Vec::new()).await;
        expected |= members;
    }
    assert_eq!(members(store, 1).await.endpoints, expected);
}

/// Deleting an endpoint, registered or not, or its user, erases what an import kept of them.
pub async fn deletion_erases_snapshots(store: &Store) {
    let ordinals = reserve(store, &["a", "b", "c"]).await;
    let kept: Vec<Endpoint> = [("a", None), ("b", Some("u")), ("c", Some("v"))]
        .iter()
        .zip(&ordinals)
        .map(|((id, user), ordinal)| snapshot(id, *ordinal, *user))
        .collect();
    for version in [1, 2] {
        add(store, version, [], &[], kept.clone()).await;
    }
    ok(store.endpoints.delete(&app(), &["A".into()]).await);
    ok(store.endpoints.delete_user(&app(), &"u".into()).await);
    for version in [1, 2] {
        let left = members(store, version).await;
        assert_eq!(left.endpoints.len(), 3, "the identifiers stay");
        assert_eq!(left.snapshots, [ordinals[2]].into_iter().collect());
        let found = snapshots(store, version, &ordinals).await;
        assert_eq!(found, [None, None, Some(kept[2].clone())]);
    }
}

/// Members resolve to registered endpoints, to snapshots, and to the endpoints of users as they
/// are at the moment of use.
pub async fn evaluates_imported_segments(store: &Store) {
    let ordinals = reserve(store, &["registered", "kept", "nothing"]).await;
    add(
        store,
        1,
        ordinals.iter().copied(),
        &["u"],
        vec![snapshot("kept", ordinals[1], None)],
    )
    .await;
    let resolved = async || ResolvedSegment::Imported {
        id: segment(),
        version: 1,
        members: members(store, 1).await,
    };
    let mut expected: EndpointSet = [ordinals[1]].into_iter().collect();
    assert_eq!(members_of(store, &resolved().await).await, expected);
    apply(store, "registered", email("r@example.com"), 1).await;
    expected.insert(ordinals[0]);
    assert_eq!(members_of(store, &resolved().await).await, expected);
    let of_user = EndpointUpdate {
        user: UserLink::Link("u".into()),
        ..attribute("k", "v")
    };
    expected.insert(apply(store, "device", of_user, 2).await.ordinal);
    assert_eq!(members_of(store, &resolved().await).await, expected);
    ok(store.endpoints.delete(&app(), &["registered".into()]).await);
    expected.remove(ordinals[0]);
    assert_eq!(members_of(store, &resolved().await).await, expected);
}

/// Dropping forgets every version, however many snapshots there are.
pub async fn drops_members(store: &Store) {
    const MANY: u32 = 5_000;
    for first in (0..MANY).step_by(1_000) {
        let kept = (first..first + 1_000)
            .map(|ordinal| snapshot(&ordinal.to_string(), ordinal, Some("u")))
            .collect();
        add(store, 1, [], &["v"], kept).await;
    }
    add(store, 2, [7], &[], vec![snapshot("7", 7, None)]).await;
    let other = SegmentId::from("other");
    ok(store
        .endpoints
        .add_members(
            &app(),
            &other,
            1,
            EndpointSet::new(),
            Vec::new(),
            vec![snapshot("7", 7, Some("u"))],
        )
        .await);
    ok(store.endpoints.drop_members(&app(), &segment()).await);
    for version in [1, 2] {
        assert_eq!(members(store, version).await, ImportedMembers::default());
        let found = snapshots(store, version, &[0, 7, MANY - 1]).await;
        assert_eq!(found, [None, None, None]);
    }
    let kept = ok(store.endpoints.members(&app(), &other, 1).await);
    assert_eq!(kept.snapshots.len(), 1);
    ok(store
        .endpoints
        .drop_members(&"unknown".into(), &other)
        .await);
}
