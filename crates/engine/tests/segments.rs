//! References between segments, followed in a store.

mod world;

use engine::segments::{self, ResolveError};
use model::{
    AttributeDimension, Dimensions, Group, Quantifier, Segment, SegmentCriteria, SegmentId,
    SegmentRef,
};
use store::SegmentVersion;
use world::World;

fn named(name: &str) -> SegmentCriteria {
    let name = AttributeDimension {
        operator: None,
        values: vec![name.to_owned()],
    };
    SegmentCriteria::Dimensions(Box::new(Dimensions {
        user_attributes: [("Name".to_owned(), name)].into(),
        ..Dimensions::default()
    }))
}

fn any_of(sources: &[&SegmentId], quantifier: Quantifier) -> SegmentCriteria {
    SegmentCriteria::Groups {
        include: None,
        groups: vec![Group {
            sources: sources
                .iter()
                .map(|id| SegmentRef {
                    id: (*id).clone(),
                    version: None,
                })
                .collect(),
            source_type: Some(quantifier),
            ..Group::default()
        }],
    }
}

fn resolve(world: &World, id: &SegmentId) -> Result<u64, ResolveError> {
    let store = world.store();
    let reference = SegmentRef {
        id: id.clone(),
        version: None,
    };
    world.block(async {
        let segment = segments::resolve(&store, &world.app, &reference).await?;
        let size = segments::size(&store, &world.app, &segment, world.clock.now()).await?;
        assert_eq!(size.targetable.values().sum::<u64>(), size.endpoints);
        Ok(size.endpoints)
    })
}

/// Replaces the criteria of a segment by a new version.
fn change(world: &World, id: &SegmentId, criteria: SegmentCriteria) {
    let store = world.store();
    world.block(async {
        let segments = store.of::<Segment>();
        let stored = segments
            .get(world.app.as_str(), id.as_str())
            .await
            .expect("works");
        let mut stored = stored.expect("there");
        stored.criteria = criteria;
        stored.version += 1;
        segments.replace(&mut stored).await.expect("replaced");
        let version = SegmentVersion(stored.value);
        store
            .of::<SegmentVersion>()
            .create(&version)
            .await
            .expect("created");
    });
}

#[test]
fn references_are_followed_to_the_latest_version() {
    let world = World::new(31);
    world.add_people(10);
    let one = world.segment(named("N1"));
    let two = world.segment(named("N2"));
    let either = world.segment(any_of(&[&one, &two], Quantifier::Any));
    let others = world.segment(any_of(&[&either], Quantifier::None));
    assert_eq!(resolve(&world, &either).expect("resolves"), 2);
    assert_eq!(resolve(&world, &others).expect("resolves"), 8);
    change(&world, &two, named("nobody"));
    assert_eq!(resolve(&world, &others).expect("resolves"), 9);
    let store = world.store();
    let old = world.block(segments::find(&store, &world.app, &two, Some(1)));
    assert_eq!(
        old.expect("works").map(|segment| segment.criteria),
        Some(named("N2"))
    );
    let none = world.block(segments::find(&store, &world.app, &two, Some(3)));
    assert!(none.expect("works").is_none());
}

#[test]
fn broken_references_are_errors() {
    let world = World::new(32);
    let gone = SegmentId::new("gone");
    let dangling = world.segment(any_of(&[&gone], Quantifier::Any));
    let error = resolve(&world, &dangling).expect_err("vanished");
    assert_eq!(error.to_string(), "segment gone does not exist");
    let first = world.segment(SegmentCriteria::Everyone);
    let second = world.segment(any_of(&[&first], Quantifier::Any));
    change(&world, &first, any_of(&[&second], Quantifier::Any));
    assert!(matches!(resolve(&world, &first), Err(ResolveError::Cycle(id)) if id == first));
    // A segment that is about to refer to itself is caught before it is stored.
    let store = world.store();
    let criteria = any_of(&[&second], Quantifier::Any);
    let resolved = world.block(segments::resolve_criteria(
        &store,
        &world.app,
        &criteria,
        Some(&first),
    ));
    assert!(matches!(resolved, Err(ResolveError::Cycle(_))));
    let mut deep = world.segment(SegmentCriteria::Everyone);
    for _ in 0..segments::DEPTH_MAX {
        deep = world.segment(any_of(&[&deep], Quantifier::Any));
    }
    assert!(matches!(resolve(&world, &deep), Err(ResolveError::TooDeep)));
}

#[test]
fn the_same_segment_may_be_reached_twice() {
    let world = World::new(33);
    world.add_people(4);
    let one = world.segment(named("N1"));
    let twice = world.segment(any_of(&[&one, &one], Quantifier::All));
    assert_eq!(resolve(&world, &twice).expect("resolves"), 1);
}
