//! The columnar index and the evaluator of one endpoint agree on every endpoint and every segment.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use audience::evaluate::belongs;
use audience::{Index, ResolvedGroup, ResolvedSegment};
use clock::Timestamp;
use model::{
    AttributeDimension, AttributeOperator, Attributes, ChannelType, Comparison, Demographic,
    Dimensions, Endpoint, EndpointSet, EndpointStatus, GpsPoint, ImportedMembers, Location,
    MetricDimension, Metrics, OptOut, Ordinal, Quantifier, Recency, RecencyKind, SegmentId,
    SetDimension, SetOperator, UserId,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

const NAMES: &[&str] = &["plan", "since", "color"];
const VALUES: &[&str] = &[
    "",
    "gold",
    "Gold",
    "golden",
    "red",
    "2026-03-04",
    "2026-03-04T12:00:00Z",
    "2026-03-05T01:00:00+02:00",
    "2026-03-06T00:00Z",
    "not a date",
];
const DATES: &[&str] = &[
    "2026-03-03",
    "2026-03-04T12:00:00Z",
    "2026-03-05T00:00:00+03:00",
    "2026-03-07",
];
const TEXTS: &[&str] = &["iOS", "ios", "Android", "1.2", "Acme"];
const COUNTRIES: &[&str] = &["US", "USA", "us", "DE", "deu", "XX"];
const METRICS: &[&str] = &["orders", "spent"];
const NUMBERS: &[f64] = &[0.0, -0.0, 1.0, 0.1, 10.0, -3.5, 1e12];
/// Ordinals before they are spread out.
const ORDINALS: u32 = 160;
const NOW_MS: i64 = 1_772_600_000_000;

fn now() -> Timestamp {
    Timestamp::from_millis(NOW_MS)
}

fn text(from: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(from).prop_map(str::to_owned)
}

fn attributes() -> impl Strategy<Value = Attributes> {
    btree_map(text(NAMES), vec(text(VALUES), 0..4), 0..3)
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (-2_i64..40 * 24, -1_i64..=1)
        .prop_map(|(hours, millis)| Timestamp::from_millis(NOW_MS - hours * 3_600_000 + millis))
}

prop_compose! {
    fn demographic()(
        app_version in option::of(text(TEXTS)),
        make in option::of(text(TEXTS)),
        model in option::of(text(TEXTS)),
        platform in option::of(text(TEXTS)),
    ) -> Demographic {
        Demographic { app_version, make, model, platform, ..Demographic::default() }
    }
}

prop_compose! {
    fn location()(
        country in option::of(text(COUNTRIES)),
        place in option::of((-900_i16..=900, -1800_i16..=1800)),
    ) -> Location {
        Location {
            country,
            latitude: place.map(|(latitude, _)| f64::from(latitude) / 10.0),
            longitude: place.map(|(_, longitude)| f64::from(longitude) / 10.0),
            ..Location::default()
        }
    }
}

prop_compose! {
    fn metrics()(metrics in btree_map(text(METRICS), select(NUMBERS), 0..3)) -> Metrics {
        metrics
    }
}

prop_compose! {
    fn endpoint()(
        ordinal in 0..ORDINALS,
        channel in option::of(select(ChannelType::ALL)),
        address in option::of(text(TEXTS)),
        attributes in attributes(),
        metrics in metrics(),
        demographic in demographic(),
        location in location(),
        (user, user_attributes) in (option::of(0..5_u8), attributes()),
        (opted_out, inactive) in any::<(bool, bool)>(),
        last_active in option::of(instant()),
    ) -> Endpoint {
        Endpoint {
            app: "app".into(),
            id: format!("e{ordinal}").as_str().into(),
            ordinal,
            channel,
            address,
            attributes,
            metrics,
            demographic,
            location,
            user: user.map(|user| UserId::new(format!("u{user}"))),
            user_attributes,
            opt_out: if opted_out { OptOut::All } else { OptOut::None },
            status: if inactive { EndpointStatus::Inactive } else { EndpointStatus::Active },
            effective: now(),
            request_id: "r".to_owned(),
            cohort: 0,
            created: now(),
            last_active,
        }
    }
}

fn attribute_dimension() -> impl Strategy<Value = AttributeDimension> {
    use AttributeOperator::{
        After, Before, Between, Contains, Exclusive, Inclusive, NotBetween, On,
    };
    let words = (
        option::of(select(vec![Inclusive, Exclusive, Contains])),
        vec(text(VALUES), 1..4),
    );
    let dates = (
        select(vec![Before, After, On]).prop_map(Some),
        vec(text(DATES), 1..3),
    );
    let ranges = (
        select(vec![Between, NotBetween]).prop_map(Some),
        vec(text(DATES), 2),
    );
    prop_oneof![words, dates, ranges]
        .prop_map(|(operator, values)| AttributeDimension { operator, values })
}

fn set_dimension(from: &'static [&'static str]) -> impl Strategy<Value = Option<SetDimension>> {
    let operator = option::of(select(
        &[SetOperator::Inclusive, SetOperator::Exclusive][..],
    ));
    option::weighted(
        0.15,
        (operator, vec(text(from), 1..3))
            .prop_map(|(operator, values)| SetDimension { operator, values }),
    )
}

fn metric_dimension() -> impl Strategy<Value = MetricDimension> {
    use Comparison::{Equal, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual};
    let comparison = select(
        &[
            Equal,
            GreaterThan,
            GreaterThanOrEqual,
            LessThan,
            LessThanOrEqual,
        ][..],
    );
    (comparison, select(NUMBERS))
        .prop_map(|(comparison, value)| MetricDimension { comparison, value })
}

prop_compose! {
    fn gps_point()(
        latitude in -90.0..=90.0,
        longitude in -180.0..=180.0,
        range_km in option::of(1.0..12_000.0),
    ) -> GpsPoint {
        GpsPoint { latitude, longitude, range_km }
    }
}

prop_compose! {
    fn recency()(
        hours in select(&[24, 168, 336, 720][..]),
        kind in select(&[RecencyKind::Active, RecencyKind::Inactive][..]),
    ) -> Recency {
        Recency { hours, kind }
    }
}

prop_compose! {
    fn dimensions()(
        attributes in btree_map(text(NAMES), attribute_dimension(), 0..2),
        user_attributes in btree_map(text(NAMES), attribute_dimension(), 0..2),
        metrics in btree_map(text(METRICS), metric_dimension(), 0..2),
        (app_version, make, model, platform, device_type) in (
            set_dimension(TEXTS),
            set_dimension(TEXTS),
            set_dimension(TEXTS),
            set_dimension(TEXTS),
            set_dimension(TEXTS),
        ),
        channel in set_dimension(&["EMAIL", "SMS", "PUSH", "GCM", "email"]),
        country in set_dimension(COUNTRIES),
        gps_point in option::weighted(0.2, gps_point()),
        recency in option::weighted(0.2, recency()),
    ) -> Dimensions {
        Dimensions {
            attributes,
            user_attributes,
            metrics,
            recency,
            app_version,
            channel,
            device_type,
            make,
            model,
            platform,
            country,
            gps_point,
        }
    }
}

fn quantifier() -> impl Strategy<Value = Quantifier> {
    select(&[Quantifier::All, Quantifier::Any, Quantifier::None][..])
}

fn imported() -> impl Strategy<Value = ResolvedSegment> {
    let ordinals = || btree_set(0..ORDINALS, 0..60);
    (ordinals(), ordinals(), vec(0..6_u8, 0..3)).prop_map(|(listed, snapshots, users)| {
        let snapshots: EndpointSet = snapshots.into_iter().collect();
        ResolvedSegment::Imported {
            id: "imported".into(),
            version: 1,
            members: ImportedMembers {
                endpoints: listed.into_iter().collect::<EndpointSet>() | &snapshots,
                snapshots,
                users: users
                    .into_iter()
                    .map(|user| UserId::new(format!("u{user}")))
                    .collect(),
            },
        }
    })
}

fn segment() -> impl Strategy<Value = ResolvedSegment> {
    let group = |source: BoxedStrategy<ResolvedSegment>| {
        (
            quantifier(),
            vec(source.prop_map(Box::new), 0..3),
            quantifier(),
            vec(dimensions(), 0..3),
        )
            .prop_map(
                |(source_type, sources, dimension_type, dimensions)| ResolvedGroup {
                    source_type,
                    sources,
                    dimension_type,
                    dimensions,
                },
            )
    };
    imported().prop_recursive(3, 12, 3, move |source| {
        (quantifier(), vec(group(source), 0..3))
            .prop_map(|(include, groups)| ResolvedSegment::Groups { include, groups })
    })
}

#[derive(Debug, Clone)]
enum Operation {
    Upsert(Box<Endpoint>),
    Remove(Ordinal),
    Touch(Ordinal, Timestamp),
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        8 => endpoint().prop_map(|endpoint| Operation::Upsert(Box::new(endpoint))),
        2 => (0..ORDINALS).prop_map(Operation::Remove),
        1 => (0..ORDINALS, instant()).prop_map(|(ordinal, at)| Operation::Touch(ordinal, at)),
    ]
}

/// Ordinals `stride` apart, so that they fall in one chunk or in many.
fn spread_set(set: &EndpointSet, stride: u32) -> EndpointSet {
    set.iter().map(|ordinal| ordinal * stride).collect()
}

fn spread(segment: &mut ResolvedSegment, stride: u32) {
    match segment {
        ResolvedSegment::Groups { groups, .. } => groups
            .iter_mut()
            .flat_map(|group| &mut group.sources)
            .for_each(|source| spread(source, stride)),
        ResolvedSegment::Imported { members, .. } => {
            members.endpoints = spread_set(&members.endpoints, stride);
            members.snapshots = spread_set(&members.snapshots, stride);
        }
    }
}

/// The index, and beside it what it should know.
#[derive(Default)]
struct World {
    index: Index,
    endpoints: BTreeMap<Ordinal, Endpoint>,
    snapshots: BTreeMap<Ordinal, Endpoint>,
}

impl World {
    fn new(operations: Vec<Operation>, snapshots: Vec<Endpoint>, stride: u32) -> Self {
        let mut world = Self::default();
        for operation in operations {
            world.apply(operation, stride);
        }
        for mut snapshot in snapshots {
            snapshot.ordinal *= stride;
            world.snapshots.insert(snapshot.ordinal, snapshot);
        }
        world
    }

    fn apply(&mut self, operation: Operation, stride: u32) {
        match operation {
            Operation::Upsert(mut endpoint) => {
                endpoint.ordinal *= stride;
                self.index.upsert(&endpoint);
                self.endpoints.insert(endpoint.ordinal, *endpoint);
            }
            Operation::Remove(ordinal) => {
                self.index.remove(ordinal * stride);
                self.endpoints.remove(&(ordinal * stride));
            }
            Operation::Touch(ordinal, at) => {
                self.index.touch(ordinal * stride, at);
                if let Some(endpoint) = self.endpoints.get_mut(&(ordinal * stride)) {
                    endpoint.last_active = endpoint.last_active.max(Some(at));
                }
            }
        }
    }

    fn evaluate(&self, segment: &ResolvedSegment) -> EndpointSet {
        let users = |user: &UserId| {
            let linked = self.endpoints.values();
            let linked = linked.filter(|endpoint| endpoint.user.as_ref() == Some(user));
            Ok(linked.map(|endpoint| endpoint.ordinal).collect())
        };
        let snapshots = |_: &SegmentId, _: u32, set: &EndpointSet| {
            let found = set
                .iter()
                .filter_map(|ordinal| self.snapshots.get(&ordinal));
            Ok(found.cloned().collect())
        };
        let found = self
            .index
            .evaluate::<Infallible>(segment, now(), &users, &snapshots);
        found.expect("the callbacks do not fail")
    }

    /// The members by the evaluator of one endpoint.
    fn members(&self, segment: &ResolvedSegment) -> EndpointSet {
        let registered = self.endpoints.values().map(|endpoint| (endpoint, true));
        let snapshots = self
            .snapshots
            .values()
            .filter(|snapshot| !self.endpoints.contains_key(&snapshot.ordinal))
            .map(|snapshot| (snapshot, false));
        registered
            .chain(snapshots)
            .filter(|(endpoint, registered)| belongs(segment, endpoint, *registered, now()))
            .map(|(endpoint, _)| endpoint.ordinal)
            .collect()
    }
}

fn one_of(dimensions: Dimensions) -> ResolvedSegment {
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

/// Keeps only snapshots that there are: members name no other.
fn prune(segment: &mut ResolvedSegment, snapshots: &BTreeMap<Ordinal, Endpoint>) {
    match segment {
        ResolvedSegment::Groups { groups, .. } => groups
            .iter_mut()
            .flat_map(|group| &mut group.sources)
            .for_each(|source| prune(source, snapshots)),
        ResolvedSegment::Imported { members, .. } => {
            let kept = snapshots.keys().copied().collect::<EndpointSet>();
            members.snapshots &= kept;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_segment_has_the_same_members(
        operations in vec(operation(), 0..120),
        snapshots in vec(endpoint(), 0..40),
        segments in vec(segment(), 1..6),
        facets in vec(dimensions(), 1..6),
        stride in select(&[1_u32, 7, 409, 4099][..]),
    ) {
        let world = World::new(operations, snapshots, stride);
        let live: EndpointSet = world.endpoints.keys().copied().collect();
        prop_assert_eq!(world.index.live(), &live);
        for mut segment in segments.into_iter().chain(facets.into_iter().map(one_of)) {
            spread(&mut segment, stride);
            prune(&mut segment, &world.snapshots);
            prop_assert_eq!(world.evaluate(&segment), world.members(&segment));
        }
    }

    #[test]
    fn counts_and_holders_follow_every_change(
        operations in vec(operation(), 0..120),
        address in text(TEXTS),
    ) {
        let world = World::new(operations, Vec::new(), 1);
        let mut targetable = BTreeMap::new();
        let mut holders = Vec::new();
        for endpoint in world.endpoints.values() {
            let active = endpoint.status == EndpointStatus::Active;
            if active && endpoint.address.as_deref() == Some(address.as_str()) {
                holders.push(endpoint.ordinal);
            }
            if let Some(channel) = endpoint.channel
                && channel != ChannelType::Push
                && active
                && endpoint.opt_out == OptOut::None
                && endpoint.address.is_some()
            {
                *targetable.entry(channel).or_insert(0) += 1;
            }
        }
        prop_assert_eq!(world.index.targetable(), targetable);
        prop_assert_eq!(world.index.address_holders(&address), holders);
    }

    #[test]
    fn frequencies_count_every_endpoint_once(operations in vec(operation(), 0..120)) {
        let world = World::new(operations, Vec::new(), 1);
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for endpoint in world.endpoints.values() {
            let mut values = endpoint.attributes.get("plan").cloned().unwrap_or_default();
            values.sort();
            values.dedup();
            for value in values {
                *counts.entry(value).or_default() += 1;
            }
        }
        let mut want: Vec<(String, u64)> = counts.into_iter().collect();
        want.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        want.truncate(4);
        let got = world.index.attribute_values(audience::AttributeKind::Attributes, "plan", 4);
        prop_assert_eq!(got, want);
    }

    #[test]
    fn an_emptied_index_holds_nothing(operations in vec(operation(), 0..120)) {
        let mut world = World::new(operations, Vec::new(), 1);
        for ordinal in 0..ORDINALS {
            world.apply(Operation::Remove(ordinal), 1);
        }
        prop_assert!(world.index.live().is_empty());
        prop_assert!(world.index.targetable().is_empty());
        for name in NAMES {
            let values = world.index.attribute_values(audience::AttributeKind::Attributes, name, 9);
            prop_assert!(values.is_empty());
        }
    }
}

#[test]
fn recency_is_exact_to_the_millisecond() {
    let active = |index: &Index| {
        let segment = one_of(Dimensions {
            recency: Some(Recency {
                hours: 24,
                kind: RecencyKind::Active,
            }),
            ..Dimensions::default()
        });
        let none =
            index.evaluate::<Infallible>(&segment, now(), &|_| Ok(Vec::new()), &|_, _, _| {
                Ok(Vec::new())
            });
        none.expect("the callbacks do not fail").len()
    };
    let world = World::new(Vec::new(), Vec::new(), 1);
    let mut index = world.index;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let tree = endpoint().new_tree(&mut runner).expect("generates");
    let mut one = proptest::strategy::ValueTree::current(&tree);
    let edge = now().minus(Duration::from_secs(24 * 3600));
    one.last_active = Some(Timestamp::from_millis(edge.as_millis() - 1));
    index.upsert(&one);
    assert_eq!(active(&index), 0);
    index.touch(one.ordinal, edge);
    assert_eq!(active(&index), 1);
}
