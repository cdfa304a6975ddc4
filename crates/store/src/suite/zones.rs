//! Endpoints by zone (`docs/spec/campaigns.md §4.1`).

use model::{EndpointId, EndpointSet, EndpointUpdate, Ordinal};

use super::endpoints::{app, apply, at, write};
use super::ok;
use crate::{ApplyMode, Store, ZoneSets};

/// The zones of these tests; one has two names, and casing does not matter.
fn normal(name: &str) -> Option<String> {
    match name.to_ascii_lowercase().as_str() {
        "europe/oslo" | "europe/berlin" => Some("Europe/Berlin".to_owned()),
        "asia/tokyo" => Some("Asia/Tokyo".to_owned()),
        _ => None,
    }
}

fn living_in(zone: &str) -> EndpointUpdate {
    let mut update = EndpointUpdate::default();
    update.demographic.timezone = Some(zone.to_owned());
    update
}

async fn zones_of(store: &Store, within: &EndpointSet) -> ZoneSets {
    ok(store.endpoints.by_zone(&app(), within, normal).await)
}

fn zones(of: &[(&str, &[Ordinal])], without: &[Ordinal], unregistered: &[Ordinal]) -> ZoneSets {
    let set = |ordinals: &[Ordinal]| ordinals.iter().copied().collect::<EndpointSet>();
    let named = of.iter().map(|(zone, of)| ((*zone).to_owned(), set(of)));
    ZoneSets {
        zones: named.collect(),
        without: set(without),
        unregistered: set(unregistered),
    }
}

/// Everybody who is asked about is told once: in a zone, without one, or as not registered.
pub async fn tells_the_zone_of_everybody(store: &Store) {
    let oslo = apply(store, "oslo", living_in("Europe/Oslo"), 1)
        .await
        .ordinal;
    let berlin = apply(store, "berlin", living_in("EUROPE/berlin"), 1)
        .await
        .ordinal;
    let tokyo = apply(store, "tokyo", living_in("Asia/Tokyo"), 1)
        .await
        .ordinal;
    let mars = apply(store, "mars", living_in("Mars/Olympus"), 1)
        .await
        .ordinal;
    let none = apply(store, "none", EndpointUpdate::default(), 1)
        .await
        .ordinal;
    let ids = [EndpointId::from("reserved")];
    let reserved = ok(store.endpoints.ordinals(&app(), &ids, true).await);
    let reserved = reserved[0].expect("reserved");
    let unknown = reserved + 100_000;
    let all = [oslo, berlin, tokyo, mars, none, reserved, unknown];
    let want = zones(
        &[("Europe/Berlin", &[oslo, berlin]), ("Asia/Tokyo", &[tokyo])],
        &[mars, none],
        &[reserved, unknown],
    );
    assert_eq!(zones_of(store, &all.into_iter().collect()).await, want);
    // Only of those who are asked about.
    let some = [tokyo, none].into_iter().collect();
    let want = zones(&[("Asia/Tokyo", &[tokyo])], &[none], &[]);
    assert_eq!(zones_of(store, &some).await, want);
    assert_eq!(
        zones_of(store, &EndpointSet::new()).await,
        ZoneSets::default()
    );
    let other = store
        .endpoints
        .by_zone(&"other".into(), &some, normal)
        .await;
    assert_eq!(ok(other), zones(&[], &[], &[tokyo, none]));
}

/// A zone is right the moment a write is acknowledged.
pub async fn a_zone_follows_writes(store: &Store) {
    let written = apply(store, "e", living_in("Asia/Tokyo"), 1).await;
    let within: EndpointSet = [written.ordinal].into_iter().collect();
    let found = async || zones_of(store, &within).await;
    let here: &[Ordinal] = &[written.ordinal];
    assert_eq!(found().await, zones(&[("Asia/Tokyo", here)], &[], &[]));
    apply(store, "e", living_in("Europe/Oslo"), 2).await;
    assert_eq!(found().await, zones(&[("Europe/Berlin", here)], &[], &[]));
    apply(store, "e", living_in("Mars/Olympus"), 3).await;
    assert_eq!(found().await, zones(&[], here, &[]));
    apply(store, "e", living_in("Asia/Tokyo"), 4).await;
    // What says nothing of the zone leaves it.
    apply(store, "e", EndpointUpdate::default(), 5).await;
    assert_eq!(found().await, zones(&[("Asia/Tokyo", here)], &[], &[]));
    ok(store.endpoints.delete(&app(), &["e".into()]).await);
    assert_eq!(found().await, zones(&[], &[], here));
}

/// More than one reads at a time.
pub async fn many_are_told_apart(store: &Store) {
    const MANY: usize = 2_500;
    let place = |n: usize| ["Europe/Oslo", "Asia/Tokyo", "Mars/Olympus"][n % 3];
    let writes = (0..MANY).map(|n| write(&format!("e{n}"), living_in(place(n))));
    let (app, context) = (app(), at(1));
    let endpoints = &store.endpoints;
    let written = endpoints.apply(&app, writes.collect(), ApplyMode::Each, &context);
    let mut want: [EndpointSet; 3] = Default::default();
    for (n, written) in ok(written.await).into_iter().enumerate() {
        want[n % 3].insert(ok(written).ordinal);
    }
    let all = &(&want[0] | &want[1]) | &want[2];
    let found = zones_of(store, &all).await;
    assert_eq!(found.zones["Europe/Berlin"], want[0]);
    assert_eq!(found.zones["Asia/Tokyo"], want[1]);
    assert_eq!(
        (found.without, found.unregistered.len()),
        (want[2].clone(), 0)
    );
}
