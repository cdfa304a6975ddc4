//! Random writes of every sort, after which all views of the endpoints agree, also after a start.

#![expect(clippy::unwrap_used, reason = "a failed test should say where")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use audience::{ResolvedGroup, ResolvedSegment};
use clock::{Clock, Timestamp};
use model::{
    AppId, AttributeDimension, ChannelType, Dimensions, Endpoint, EndpointId, EndpointStatus,
    EndpointUpdate, Quantifier, UserId, UserLink,
};
use store::{ApplyMode, EndpointWrite, Endpoints, Store, WriteContext, WriteOrigin};
use store_embedded::Options;

/// Callers at once.
const CALLERS: u64 = 4;
/// Calls of each.
const CALLS: u64 = 60;
/// Few enough that writes meet.
const IDS: u64 = 60;
const USERS: u64 = 5;
const ADDRESSES: u64 = 25;

fn app() -> AppId {
    "app".into()
}

fn user(number: u64) -> UserId {
    UserId::new(format!("u{number}"))
}

fn id(number: u64) -> EndpointId {
    EndpointId::new(format!("e{number}"))
}

/// A number below `end`.
fn below(clock: &Clock, end: u64) -> u64 {
    clock.random_u64() % end
}

fn value(clock: &Clock) -> model::Attributes {
    [("k".to_owned(), vec![below(clock, 4).to_string()])].into()
}

fn update(clock: &Clock) -> EndpointUpdate {
    let mut update = EndpointUpdate::default();
    if below(clock, 3) > 0 {
        let channels = [ChannelType::Gcm, ChannelType::Email];
        update.channel = Some(channels[below(clock, 2) as usize]);
        update.address = Some(format!("address-{}", below(clock, ADDRESSES)));
    }
    if below(clock, 2) == 0 {
        update.attributes = value(clock);
    }
    if below(clock, 4) == 0 {
        update.user_attributes = value(clock);
    }
    if below(clock, 9) == 0 {
        update.status = Some(EndpointStatus::Inactive);
    }
    update.user = match below(clock, 8) {
        0 => UserLink::Unlink,
        1..4 => UserLink::Link(user(below(clock, USERS))),
        _ => UserLink::Keep,
    };
    update
}

async fn call(endpoints: &dyn Endpoints, clock: &Clock, number: u64) {
    let at = Timestamp::from_millis(1_000 + number as i64);
    match below(clock, 12) {
        0 => {
            let ids = [id(below(clock, IDS)), id(below(clock, IDS))];
            endpoints.delete(&app(), &ids).await.unwrap();
        }
        1 => {
            let user = user(below(clock, USERS));
            endpoints.delete_user(&app(), &user).await.unwrap();
        }
        2 => {
            let ids = [id(below(clock, IDS))];
            endpoints.ordinals(&app(), &ids, true).await.unwrap();
        }
        3 => {
            let activity = vec![(below(clock, IDS) as u32, at)];
            endpoints.touch(&app(), activity).await.unwrap();
        }
        kind => {
            let writes = (0..=below(clock, 12))
                .map(|_| EndpointWrite {
                    id: id(below(clock, IDS)),
                    update: update(clock),
                })
                .collect();
            let mode = if kind % 2 == 0 {
                ApplyMode::Each
            } else {
                ApplyMode::AllOrNothing
            };
            let context = WriteContext {
                now: at,
                request_id: number.to_string(),
                origin: if kind < 6 {
                    WriteOrigin::Import
                } else {
                    WriteOrigin::Client
                },
            };
            endpoints
                .apply(&app(), writes, mode, &context)
                .await
                .unwrap();
        }
    }
}

fn having(member: impl FnOnce(&mut Dimensions, AttributeDimension), value: u64) -> ResolvedSegment {
    let mut dimensions = Dimensions::default();
    let values = vec![value.to_string()];
    member(
        &mut dimensions,
        AttributeDimension {
            operator: None,
            values,
        },
    );
    ResolvedSegment::Groups {
        include: Quantifier::All,
        groups: vec![ResolvedGroup {
            source_type: Quantifier::All,
            sources: Vec::new(),
            dimension_type: Quantifier::All,
            dimensions: vec![dimensions],
        }],
    }
}

/// Checks that every view agrees with the list of all endpoints, which it returns.
async fn check(store: &Store) -> Vec<Endpoint> {
    let endpoints = &store.endpoints;
    let all = endpoints.scan(&app(), 0, usize::MAX).await.unwrap();
    let mut users: BTreeMap<UserId, Vec<Endpoint>> = BTreeMap::new();
    let mut holders = BTreeSet::new();
    for endpoint in &all {
        let got = endpoints.get(&app(), &endpoint.id).await.unwrap();
        assert_eq!(got.as_ref(), Some(endpoint));
        if let Some(user) = &endpoint.user {
            users
                .entry(user.clone())
                .or_default()
                .push(endpoint.clone());
        }
        if endpoint.status == EndpointStatus::Active
            && let Some(address) = &endpoint.address
        {
            let first = holders.insert((endpoint.channel, address));
            assert!(first, "{address} has two active endpoints");
        }
    }
    for number in 0..USERS {
        let linked = endpoints.user(&app(), &user(number)).await.unwrap();
        let expected = users.get(&user(number)).cloned().unwrap_or_default();
        assert_eq!(linked, expected);
        assert!(linked.len() <= 15);
        for pair in linked.windows(2) {
            assert_eq!(pair[0].user_attributes, pair[1].user_attributes);
        }
    }
    let counts = endpoints.counts(&app()).await.unwrap();
    assert_eq!(counts.endpoints, all.len() as u64);
    assert_eq!(counts.users, users.len() as u64);

    let now = Timestamp::from_millis(5_000);
    for number in 0..4 {
        let value = number.to_string();
        let has = |attributes: &model::Attributes| {
            attributes.get("k").is_some_and(|it| it.contains(&value))
        };
        let own = having(
            |it, test| drop(it.attributes.insert("k".to_owned(), test)),
            number,
        );
        let set = endpoints.evaluate(&app(), &own, now).await.unwrap();
        let expected = all.iter().filter(|it| has(&it.attributes));
        assert!(set.iter().eq(expected.map(|it| it.ordinal)));
        let shared = having(
            |it, test| drop(it.user_attributes.insert("k".to_owned(), test)),
            number,
        );
        let set = endpoints.evaluate(&app(), &shared, now).await.unwrap();
        let expected = all.iter().filter(|it| has(&it.user_attributes));
        assert!(set.iter().eq(expected.map(|it| it.ordinal)), "{number}");
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_view_agrees() {
    for seed in 0..4 {
        let dir = tempfile::tempdir().unwrap();
        let open = || store_embedded::open(Options::new(dir.path()), Clock::real());
        let store = open().await.unwrap();
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let endpoints = Arc::clone(&store.endpoints);
                let (clock, _) = Clock::simulated(Timestamp::default(), seed * CALLERS + caller);
                tokio::spawn(async move {
                    for number in 0..CALLS {
                        call(endpoints.as_ref(), &clock, number).await;
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        let before = check(&store).await;
        assert!(!before.is_empty());
        drop(store);
        let store = open().await.unwrap();
        assert_eq!(check(&store).await, before, "seed {seed}");
    }
}
