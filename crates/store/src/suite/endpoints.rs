//! Endpoints (`docs/spec/audience.md §6, §8`).

use std::sync::Arc;

use audience::{ResolvedGroup, ResolvedSegment, Violation};
use clock::Timestamp;
use model::{
    AppId, AttributeDimension, ChannelType, Dimensions, Endpoint, EndpointId, EndpointSet,
    EndpointStatus, EndpointUpdate, OptOut, Ordinal, Quantifier,
};

use super::ok;
use crate::{
    ApplyMode, AttributeKind, EndpointWrite, Refusal, Store, StoreError, WriteContext, WriteOrigin,
    Written,
};

pub(super) fn app() -> AppId {
    "5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c".into()
}

/// A write by a client at millisecond `now`.
pub(super) fn at(now: i64) -> WriteContext {
    WriteContext {
        now: Timestamp::from_millis(now),
        request_id: format!("request-{now}"),
        origin: WriteOrigin::Client,
    }
}

/// An update with an email address.
pub(super) fn email(address: &str) -> EndpointUpdate {
    EndpointUpdate {
        channel: Some(ChannelType::Email),
        address: Some(address.to_owned()),
        ..EndpointUpdate::default()
    }
}

/// An update of one attribute.
pub(super) fn attribute(name: &str, value: &str) -> EndpointUpdate {
    EndpointUpdate {
        attributes: [(name.to_owned(), vec![value.to_owned()])].into(),
        ..EndpointUpdate::default()
    }
}

pub(super) fn write(id: &str, update: EndpointUpdate) -> EndpointWrite {
    EndpointWrite {
        id: id.into(),
        update,
    }
}

/// Applies one write that must not be refused.
pub(super) async fn apply(store: &Store, id: &str, update: EndpointUpdate, now: i64) -> Written {
    let outcomes = ok(store
        .endpoints
        .apply(
            &app(),
            vec![write(id, update)],
            ApplyMode::AllOrNothing,
            &at(now),
        )
        .await);
    ok(outcomes.into_iter().next().expect("one outcome per write"))
}

/// Applies one write that must be refused.
pub(super) async fn refused(store: &Store, id: &str, update: EndpointUpdate) -> Violation {
    let outcomes = ok(store
        .endpoints
        .apply(
            &app(),
            vec![write(id, update)],
            ApplyMode::AllOrNothing,
            &at(99),
        )
        .await);
    match outcomes.as_slice() {
        [Err(refusal)] => refusal.violation.clone(),
        other => panic!("not refused: {other:?}"),
    }
}

pub(super) async fn get(store: &Store, id: &str) -> Option<Endpoint> {
    ok(store.endpoints.get(&app(), &id.into()).await)
}

pub(super) async fn there(store: &Store, id: &str) -> Endpoint {
    get(store, id).await.expect("the endpoint is there")
}

/// The endpoints with a value of an attribute.
fn having(name: &str, value: &str) -> ResolvedSegment {
    let dimension = AttributeDimension {
        operator: None,
        values: vec![value.to_owned()],
    };
    ResolvedSegment::Groups {
        include: Quantifier::All,
        groups: vec![ResolvedGroup {
            source_type: Quantifier::All,
            sources: Vec::new(),
            dimension_type: Quantifier::All,
            dimensions: vec![Dimensions {
                attributes: [(name.to_owned(), dimension)].into(),
                ..Dimensions::default()
            }],
        }],
    }
}

pub(super) async fn members_of(store: &Store, segment: &ResolvedSegment) -> EndpointSet {
    ok(store
        .endpoints
        .evaluate(&app(), segment, Timestamp::from_millis(1_000))
        .await)
}

async fn names(store: &Store, kind: AttributeKind) -> Vec<String> {
    ok(store.endpoints.attribute_names(&app(), kind).await)
}

fn set(ordinals: impl IntoIterator<Item = Ordinal>) -> EndpointSet {
    ordinals.into_iter().collect()
}

/// An update merges into what is there by the table of §6.2.
pub async fn creates_and_merges(store: &Store) {
    let mut update = email("ada@example.com");
    update.attributes = [
        ("a".to_owned(), vec!["1".to_owned()]),
        ("b".to_owned(), vec!["x".to_owned()]),
    ]
    .into();
    update.metrics = [("m".to_owned(), 1.5)].into();
    let first = apply(store, "dev-1", update, 1).await;
    assert!(first.created);
    let second = apply(store, "dev-1", attribute("a", "2"), 2).await;
    assert!(!second.created);
    assert_eq!(first.ordinal, second.ordinal);

    let endpoint = there(store, "dev-1").await;
    assert_eq!(endpoint.app, app());
    assert_eq!(endpoint.ordinal, first.ordinal);
    assert_eq!(endpoint.attributes["a"], ["2"]);
    assert_eq!(endpoint.attributes["b"], ["x"]);
    assert_eq!(endpoint.metrics["m"], 1.5);
    assert_eq!(endpoint.address.as_deref(), Some("ada@example.com"));
    assert_eq!(endpoint.opt_out, OptOut::None);
    assert_eq!(endpoint.created, Timestamp::from_millis(1));
    assert_eq!(endpoint.effective, Timestamp::from_millis(2));
    assert_eq!(endpoint.last_active, Some(Timestamp::from_millis(2)));
    assert_eq!(endpoint.request_id, "request-2");
    assert!(endpoint.cohort < 100);

    let loaded = ok(store
        .endpoints
        .load(&app(), &[Ordinal::MAX, first.ordinal])
        .await);
    assert_eq!(loaded, [None, Some(endpoint)]);
}

/// Identifiers differ by more than their casing; the casing of the creation is kept.
pub async fn finds_in_any_casing(store: &Store) {
    let created = apply(store, "Dev-Ä", email("a@example.com"), 1).await;
    let again = apply(store, "dEV-ä", attribute("k", "v"), 2).await;
    assert_eq!(created.ordinal, again.ordinal);
    let found = there(store, "DEV-ä").await;
    assert_eq!(found.id.as_str(), "Dev-Ä");
    assert_eq!(found.attributes["k"], ["v"]);
    assert_eq!(get(store, "dev-b").await, None);
    let ids = ["dev-b".into(), "DEV-Ä".into()];
    let both = ok(store.endpoints.find(&app(), &ids).await);
    assert_eq!(both, [None, Some(found.clone())]);
    let holders = ok(store.endpoints.by_address(&app(), "a@example.com").await);
    assert_eq!(holders, [found]);
    let nobody = ok(store.endpoints.by_address(&app(), "A@example.com").await);
    assert_eq!(nobody, []);
    let elsewhere = store.endpoints.get(&"other".into(), &"Dev-Ä".into()).await;
    assert_eq!(ok(elsewhere), None);
}

/// What breaks a rule is refused by its name and leaves nothing.
pub async fn refuses_by_the_rules(store: &Store) {
    let no_channel = EndpointUpdate {
        address: Some("ada@example.com".to_owned()),
        ..EndpointUpdate::default()
    };
    let violation = refused(store, "a", no_channel).await;
    assert_eq!(violation, Violation::MissingChannelType);
    let no_address = EndpointUpdate {
        opt_out: Some(OptOut::None),
        ..EndpointUpdate::default()
    };
    let violation = refused(store, "a", no_address).await;
    assert_eq!(violation, Violation::MissingAddress);
    assert!(matches!(
        refused(store, "a{b", email("x@example.com")).await,
        Violation::Invalid { .. }
    ));
    let mut many = email("x@example.com");
    many.metrics = (0..251).map(|name| (format!("m{name}"), 0.0)).collect();
    assert!(matches!(
        refused(store, "a", many).await,
        Violation::TooManyAttributeNames(_)
    ));
    assert_eq!(get(store, "a").await, None);
    let names = names(store, AttributeKind::Metrics).await;
    assert!(names.is_empty());
    let everyone = ok(store.endpoints.counts(&app()).await);
    assert_eq!(everyone.endpoints, 0);
}

/// One refusal refuses the call: nothing of it is applied, no name stays registered (§6.5).
pub async fn all_or_nothing_leaves_nothing(store: &Store) {
    apply(store, "old", attribute("k", "before"), 1).await;
    let writes = vec![
        write("old", attribute("k", "after")),
        write("new", attribute("fresh", "x")),
        write("bad", {
            EndpointUpdate {
                address: Some("x".to_owned()),
                ..EndpointUpdate::default()
            }
        }),
        write("later", attribute("k", "x")),
    ];
    let outcomes = ok(store
        .endpoints
        .apply(&app(), writes, ApplyMode::AllOrNothing, &at(2))
        .await);
    let violation = Violation::MissingChannelType;
    assert_eq!(
        outcomes,
        [Err(Refusal {
            index: 2,
            violation
        })]
    );
    assert_eq!(there(store, "old").await.attributes["k"], ["before"]);
    assert_eq!(get(store, "new").await, None);
    assert_eq!(get(store, "later").await, None);
    let names = names(store, AttributeKind::Attributes).await;
    assert_eq!(names, ["k"]);
    let everyone = having("k", "after");
    assert!(members_of(store, &everyone).await.is_empty());
    let new = apply(store, "new", attribute("k", "x"), 3).await;
    assert!(new.created);
}

/// A refusal refuses its own write.
pub async fn each_write_stands_for_itself(store: &Store) {
    let bad = EndpointUpdate {
        address: Some("x".to_owned()),
        ..EndpointUpdate::default()
    };
    let writes = vec![
        write("a", attribute("k", "1")),
        write("b", bad),
        write("c", attribute("k", "3")),
    ];
    let outcomes = ok(store
        .endpoints
        .apply(&app(), writes, ApplyMode::Each, &at(2))
        .await);
    assert_eq!(outcomes.len(), 3);
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
    assert_eq!(outcomes[1].as_ref().map_err(|it| it.index), Err(1));
    assert_eq!(get(store, "b").await, None);
    assert_eq!(there(store, "c").await.attributes["k"], ["3"]);
}

/// The same identifier twice in a call merges twice, last wins (§6.5).
pub async fn later_writes_of_a_call_see_earlier_ones(store: &Store) {
    let mut second = attribute("b", "2");
    second.opt_out = Some(OptOut::None);
    let writes = vec![write("x", email("x@example.com")), write("X", second)];
    let outcomes = ok(store
        .endpoints
        .apply(&app(), writes, ApplyMode::AllOrNothing, &at(1))
        .await);
    let written: Vec<Written> = outcomes.into_iter().map(ok).collect();
    assert_eq!(written[0].ordinal, written[1].ordinal);
    assert_eq!((written[0].created, written[1].created), (true, false));
    let endpoint = there(store, "x").await;
    assert_eq!(endpoint.attributes["b"], ["2"]);
    assert_eq!(endpoint.address.as_deref(), Some("x@example.com"));
}

/// The newest writer of an address on a channel makes the others inactive (§6.3), within a call
/// and among calls; an update makes the writer active again.
pub async fn an_address_has_one_active_endpoint(store: &Store) {
    let shared = || email("shared@example.com");
    let call = ["a", "b"].map(|id| write(id, shared())).to_vec();
    ok(store
        .endpoints
        .apply(&app(), call, ApplyMode::Each, &at(1))
        .await);
    let status = async |id: &str| there(store, id).await.status;
    assert_eq!(status("a").await, EndpointStatus::Inactive);
    assert_eq!(status("b").await, EndpointStatus::Active);

    apply(store, "c", shared(), 2).await;
    assert_eq!(status("b").await, EndpointStatus::Inactive);
    apply(store, "a", attribute("k", "v"), 3).await;
    assert_eq!(status("a").await, EndpointStatus::Active);
    assert_eq!(status("c").await, EndpointStatus::Inactive);

    let mut other_channel = shared();
    other_channel.channel = Some(ChannelType::Custom);
    apply(store, "d", other_channel, 4).await;
    assert_eq!(status("a").await, EndpointStatus::Active);
    let mut inactive = shared();
    inactive.status = Some(EndpointStatus::Inactive);
    apply(store, "e", inactive, 5).await;
    assert_eq!(status("a").await, EndpointStatus::Active);

    let everyone = ResolvedSegment::Groups {
        include: Quantifier::All,
        groups: Vec::new(),
    };
    assert_eq!(members_of(store, &everyone).await.len(), 5);
}

/// An identifier keeps its ordinal when its endpoint is deleted and created again.
pub async fn ordinals_last_for_ever(store: &Store) {
    let first = apply(store, "a", attribute("k", "1"), 1).await;
    let other = apply(store, "b", attribute("k", "1"), 1).await;
    assert_ne!(first.ordinal, other.ordinal);
    let ids: [EndpointId; 2] = ["A".into(), "unknown".into()];
    let deleted = ok(store.endpoints.delete(&app(), &ids).await);
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0].id.as_str(), "a");
    assert_eq!(deleted[0].attributes["k"], ["1"]);
    assert_eq!(get(store, "a").await, None);
    assert!(ok(store.endpoints.delete(&app(), &ids).await).is_empty());

    let again = apply(store, "a", attribute("k", "2"), 5).await;
    assert!(again.created);
    assert_eq!(again.ordinal, first.ordinal);
    let endpoint = there(store, "a").await;
    assert_eq!(endpoint.created, Timestamp::from_millis(5));
    let third = apply(store, "c", attribute("k", "1"), 6).await;
    assert!(![first.ordinal, other.ordinal].contains(&third.ordinal));
}

/// Reserving gives an identifier its ordinal without creating the endpoint.
pub async fn reserves_ordinals(store: &Store) {
    let ids: [EndpointId; 3] = ["a".into(), "b".into(), "A".into()];
    let endpoints = &store.endpoints;
    assert_eq!(
        ok(endpoints.ordinals(&app(), &ids, false).await),
        [None, None, None]
    );
    let reserved = ok(endpoints.ordinals(&app(), &ids, true).await);
    assert!(reserved[0].is_some() && reserved[1].is_some());
    assert_eq!(reserved[0], reserved[2]);
    assert_ne!(reserved[0], reserved[1]);
    assert_eq!(
        ok(endpoints.ordinals(&app(), &ids, false).await),
        reserved.clone()
    );
    assert_eq!(get(store, "a").await, None);
    let created = apply(store, "b", attribute("k", "v"), 1).await;
    assert_eq!(Some(created.ordinal), reserved[1]);
    assert!(created.created);
}

/// A set is right the moment a write is acknowledged.
pub async fn sets_follow_writes(store: &Store) {
    let gold = having("plan", "gold");
    assert!(members_of(store, &gold).await.is_empty());
    let mut expected = EndpointSet::new();
    for number in 0..20 {
        let id = format!("e{number}");
        let plan = if number % 2 == 0 { "gold" } else { "basic" };
        let written = apply(store, &id, attribute("plan", plan), number).await;
        if plan == "gold" {
            expected.insert(written.ordinal);
        }
        assert_eq!(members_of(store, &gold).await, expected);
    }
    let moved = apply(store, "e1", attribute("plan", "gold"), 30).await;
    expected.insert(moved.ordinal);
    assert_eq!(members_of(store, &gold).await, expected);
    let deleted = ok(store.endpoints.delete(&app(), &["e0".into()]).await);
    expected.remove(deleted[0].ordinal);
    assert_eq!(members_of(store, &gold).await, expected);
    let other: AppId = "other".into();
    let none = store
        .endpoints
        .evaluate(&other, &gold, Timestamp::default());
    assert!(ok(none.await).is_empty());
}

/// A scan yields every endpoint once, by ordinal.
pub async fn scans_in_order(store: &Store) {
    let writes = (0..25)
        .map(|number| write(&format!("e{number}"), attribute("k", "v")))
        .collect();
    let outcomes = ok(store
        .endpoints
        .apply(&app(), writes, ApplyMode::Each, &at(1))
        .await);
    let mut expected: Vec<Ordinal> = outcomes.into_iter().map(|it| ok(it).ordinal).collect();
    let deleted = ok(store.endpoints.delete(&app(), &["e7".into()]).await);
    expected.retain(|ordinal| *ordinal != deleted[0].ordinal);
    expected.sort_unstable();
    let mut seen = Vec::new();
    let mut from = 0;
    loop {
        let page = ok(store.endpoints.scan(&app(), from, 10).await);
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 10);
        from = last.ordinal + 1;
        seen.extend(page.iter().map(|endpoint| endpoint.ordinal));
    }
    assert_eq!(seen, expected);
}

/// Activity only ever moves forward, and belongs to endpoints that are there.
pub async fn records_activity(store: &Store) {
    let written = apply(store, "a", attribute("k", "v"), 100).await;
    let touch = async |at: i64| {
        let at = Timestamp::from_millis(at);
        let activity = vec![(written.ordinal, at), (77_777, at)];
        ok(store.endpoints.touch(&app(), activity).await);
    };
    let last_active = async || {
        let endpoint = there(store, "a").await;
        endpoint.last_active.map(Timestamp::as_millis)
    };
    touch(50).await;
    assert_eq!(last_active().await, Some(100));
    touch(200).await;
    assert_eq!(last_active().await, Some(200));
    touch(150).await;
    assert_eq!(last_active().await, Some(200));
    apply(store, "a", attribute("k", "w"), 120).await;
    assert_eq!(last_active().await, Some(200));
    let scanned = ok(store.endpoints.scan(&app(), 0, 9).await);
    assert_eq!(scanned[0].last_active.map(Timestamp::as_millis), Some(200));

    ok(store.endpoints.delete(&app(), &["a".into()]).await);
    apply(store, "a", attribute("k", "w"), 130).await;
    assert_eq!(last_active().await, Some(130), "a new endpoint starts anew");
    ok(store.endpoints.touch(&"other".into(), Vec::new()).await);
}

/// Removed names keep their values and are not captured any more (§8).
pub async fn removes_names(store: &Store) {
    let endpoints = &store.endpoints;
    let mut update = attribute("pref_color", "red");
    update
        .attributes
        .insert("size".to_owned(), vec!["M".to_owned()]);
    apply(store, "a", update, 1).await;
    let kind = AttributeKind::Attributes;
    let names = ok(endpoints.attribute_names(&app(), kind).await);
    assert_eq!(names, ["pref_color", "size"]);
    let patterns = vec!["pref_*".to_owned()];
    let left = ok(endpoints.remove_attributes(&app(), kind, patterns).await);
    assert_eq!(left, ["size"]);
    apply(store, "a", attribute("pref_color", "blue"), 2).await;
    apply(store, "b", attribute("pref_x", "y"), 3).await;
    assert_eq!(there(store, "a").await.attributes["pref_color"], ["red"]);
    assert!(there(store, "b").await.attributes.is_empty());
    let names = ok(endpoints.attribute_names(&app(), kind).await);
    assert_eq!(names, ["size"]);
    let empty = vec![String::new()];
    let refused = endpoints.remove_attributes(&app(), kind, empty).await;
    assert!(
        matches!(refused, Err(StoreError::Refused(_))),
        "{refused:?}"
    );
}

/// Counts follow writes and deletions.
pub async fn counts_what_is_there(store: &Store) {
    assert_eq!(
        ok(store.endpoints.counts(&app()).await),
        crate::AudienceCounts::default()
    );
    apply(store, "a", email("a@example.com"), 1).await;
    apply(store, "b", email("b@example.com"), 1).await;
    let mut refuses = email("c@example.com");
    refuses.opt_out = Some(OptOut::All);
    apply(store, "c", refuses, 1).await;
    apply(store, "d", attribute("k", "v"), 1).await;
    let counts = ok(store.endpoints.counts(&app()).await);
    assert_eq!(counts.endpoints, 4);
    assert_eq!(counts.targetable, [(ChannelType::Email, 2)].into());
    let mut texted = email("+1");
    texted.channel = Some(ChannelType::Sms);
    let texted = apply(store, "e", texted, 1).await.ordinal;
    let mut within = set([there(store, "a").await.ordinal, texted]);
    let targetable =
        async |within: EndpointSet| ok(store.endpoints.targetable(&app(), &within).await);
    let expected = [(ChannelType::Email, 1), (ChannelType::Sms, 1)];
    assert_eq!(targetable(within.clone()).await, expected.into());
    within.insert_range(..1_000);
    let expected = [(ChannelType::Email, 2), (ChannelType::Sms, 1)];
    assert_eq!(targetable(within.clone()).await, expected.into());
    ok(store.endpoints.delete(&app(), &["e".into()]).await);
    ok(store.endpoints.delete(&app(), &["a".into()]).await);
    let counts = ok(store.endpoints.counts(&app()).await);
    assert_eq!(counts.endpoints, 3);
    assert_eq!(counts.targetable, [(ChannelType::Email, 1)].into());
}

/// A dropped application is empty at once, others are untouched, and it can be used again.
pub async fn drops_an_application(store: &Store) {
    let endpoints = &store.endpoints;
    apply(store, "a", attribute("k", "v"), 1).await;
    let other: AppId = "other".into();
    let call = vec![write("a", attribute("k", "other"))];
    let outcomes = endpoints.apply(&other, call, ApplyMode::Each, &at(1)).await;
    assert!(ok(outcomes)[0].is_ok());
    ok(endpoints.drop_app(&app()).await);
    assert_eq!(get(store, "a").await, None);
    assert_eq!(ok(endpoints.counts(&app()).await).endpoints, 0);
    assert!(ok(endpoints.scan(&app(), 0, 9).await).is_empty());
    let kind = AttributeKind::Attributes;
    assert!(ok(endpoints.attribute_names(&app(), kind).await).is_empty());

    let again = apply(store, "b", attribute("k", "v"), 1).await;
    assert!(again.created);
    assert_eq!(ok(endpoints.scan(&app(), 0, 9).await).len(), 1);
    let kept = ok(endpoints.get(&other, &"a".into()).await);
    assert_eq!(kept.expect("it was not dropped").attributes["k"], ["other"]);
    ok(endpoints.drop_app(&"unknown".into()).await);
}

/// Calls at once, to shared and own endpoints, are all there afterwards.
pub async fn concurrent_calls_lose_nothing(store: &Store) {
    const CALLERS: usize = 16;
    const CALLS: usize = 5;
    let calls: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let endpoints = Arc::clone(&store.endpoints);
            tokio::spawn(async move {
                for call in 0..CALLS {
                    let writes = vec![
                        write("shared", attribute(&format!("by{caller}"), "x")),
                        write(&format!("{caller}-{call}"), attribute("k", "v")),
                    ];
                    let applied = endpoints
                        .apply(&app(), writes, ApplyMode::AllOrNothing, &at(1))
                        .await;
                    assert!(ok(applied).iter().all(Result::is_ok));
                }
            })
        })
        .collect();
    for call in calls {
        ok(call.await);
    }
    assert_eq!(there(store, "shared").await.attributes.len(), CALLERS);
    let counts = ok(store.endpoints.counts(&app()).await);
    assert_eq!(counts.endpoints, (CALLERS * CALLS + 1) as u64);
    assert_eq!(
        members_of(store, &having("k", "v")).await.len(),
        (CALLERS * CALLS) as u64
    );
}

/// Outcomes and refusals of a long call keep their positions.
pub async fn a_long_call_keeps_its_order(store: &Store) {
    const BAD: usize = 2_345;
    let writes = (0..2_500)
        .map(|number| {
            let mut update = attribute("k", "v");
            if number == BAD {
                update.address = Some("no channel".to_owned());
            }
            write(&format!("e{number}"), update)
        })
        .collect();
    let outcomes = ok(store
        .endpoints
        .apply(&app(), writes, ApplyMode::Each, &at(1))
        .await);
    assert_eq!(outcomes.len(), 2_500);
    let refused: Vec<usize> = outcomes
        .iter()
        .filter_map(|it| it.as_ref().err().map(|refusal| refusal.index))
        .collect();
    assert_eq!(refused, [BAD]);
    let last = there(store, "e2499").await;
    assert_eq!(ok(outcomes[2_499].clone()).ordinal, last.ordinal);
    assert_eq!(
        members_of(store, &having("k", "v")).await,
        set(outcomes.into_iter().flatten().map(|it| it.ordinal))
    );
}
