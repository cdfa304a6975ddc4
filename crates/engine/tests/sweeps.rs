//! Sweeps over time zones in company: among many other runs, with a canary, over stored lists, and
//! with people whose zones come and go.

mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use engine::safety::{self, Precautions};
use model::{
    CampaignId, CampaignSafety, CampaignStatus, Canary, EndpointSet, Holder, JobFormat, Outcome,
    RunState, SegmentCriteria, SegmentImport,
};
use world::{World, person, person_in};

const HOUR: Duration = Duration::from_secs(3600);

fn got(world: &World) -> Vec<String> {
    let name = |to: &String| to.split('@').next().unwrap_or_default().to_owned();
    world.server.taken().keys().map(name).collect()
}

#[test]
fn many_sweeps_give_their_places_up_and_go_on() {
    const SWEEPS: u32 = 40;
    let mut world = World::new(81);
    let zones = ["UTC", "America/New_York"];
    world.add((0..8).map(|n| person_in(n, zones[n % 2])).collect());
    let begins = world.clock.now().plus(HOUR);
    let draft = world.sweeping(begins);
    let all: Vec<CampaignId> = (0..SWEEPS).map(|_| world.create(&draft)).collect();
    world.start();
    world.jump_to(begins);
    let each_got = |world: &World, people: usize| {
        let taken = world.server.taken();
        taken.len() == people && taken.values().all(|times| *times == SWEEPS)
    };
    world.wait("the first turns", || each_got(&world, 4));
    let resting = |world: &World| {
        let runs = all.iter().filter_map(|id| world.run(id));
        let rests = runs.filter(|run| run.wakes.is_some());
        rests.count()
    };
    // Half of the places are for those who have something to do.
    world.wait("places to be given up", || resting(&world) >= 8);
    let woken = world.run(&all[0]).expect("it rests").scheduled;
    assert_eq!(woken, begins);
    // Whoever drives them next finds what they wait for, also after a restart.
    world.shut_down();
    assert!(resting(&world) >= 8);
    world.start();
    world.jump_to(begins.plus(5 * HOUR));
    world.wait("the second turns", || each_got(&world, 8));
    for id in &all {
        world.wait_for(id, CampaignStatus::Completed);
        assert_eq!(world.verify(id).differences, []);
        assert_eq!(
            world.progress(id).outcomes,
            BTreeMap::from([(Outcome::Success, 8)])
        );
    }
}

#[test]
fn a_canary_goes_first_in_the_zones_whose_turn_has_come() {
    let mut world = World::new(82);
    let zones = ["UTC", "America/New_York", "Asia/Tokyo"];
    world.add((0..120).map(|n| person_in(n, zones[n % 3])).collect());
    let begins = world.clock.now().plus(HOUR);
    let id = world.create(&world.sweeping(begins));
    let precautions = Precautions {
        safety: CampaignSafety {
            canary: Some(Canary {
                percent: 25,
                hold_minutes: 60,
            }),
            brake: None,
        },
        resend_in_doubt: false,
    };
    let set = world.block(safety::set(&world.store(), &world.app, &id, &precautions));
    set.expect("the precautions are valid");
    world.start();
    world.jump_to(begins);
    let held = |world: &World| world.run(&id).and_then(|run| run.guard.held.clone());
    world.wait("the hold", || {
        held(&world).is_some_and(|it| it.by == Holder::Canary)
    });
    let run = world.run(&id).expect("it runs");
    let mut first = 0;
    for batch in world.batches(&run) {
        let attempted = batch
            .outcomes
            .get(&Outcome::Success)
            .map_or(0, EndpointSet::len);
        let turn = batch.due == Some(begins);
        let want = if batch.canary && turn {
            batch.members.len()
        } else {
            0
        };
        assert_eq!(attempted, want, "batch {}", batch.number);
        first += want;
    }
    assert!((1..40).contains(&first) && world.server.handed_over() as u64 == first);
    // The hold outlives a crash; after it, the zone's own rest is late and the others have their
    // turns whole.
    world.kill(true);
    world.jump_to(begins.plus(HOUR + HOUR / 10));
    world.wait("the rest of the first zone", || got(&world).len() == 40);
    world.jump_to(begins.plus(5 * HOUR));
    world.wait("New York", || got(&world).len() == 80);
    world.jump_to(begins.plus(15 * HOUR));
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    assert_eq!(world.server.handed_over(), 120);
}

#[test]
fn a_stored_list_is_swept_by_the_zones_of_its_snapshots() {
    let world = World::new(83);
    world.add(vec![
        person_in(0, "UTC"),
        person_in(1, "UTC"),
        person_in(2, "Asia/Tokyo"),
    ]);
    let segment = world.segment(SegmentCriteria::Imported(SegmentImport {
        format: JobFormat::Csv,
        s3_url: "s3://crm/x.csv".to_owned(),
        role_arn: "arn".to_owned(),
        external_id: None,
        size: 6,
        channel_counts: BTreeMap::new(),
        members_version: 1,
    }));
    // Guests are not registered; the one in New York, one nowhere, one who became a person since.
    let guests = [
        ("new-york", "America/New_York"),
        ("nowhere", ""),
        ("p2", "UTC"),
    ];
    let store = world.store();
    world.block(async {
        let endpoints = &store.endpoints;
        let names = ["p1", "new-york", "nowhere", "p2", "gone"].map(Into::into);
        let ordinals = endpoints.ordinals(&world.app, &names, true).await;
        let ordinals: Vec<u32> = ordinals
            .expect("reserved")
            .into_iter()
            .map(|it| it.expect("reserved"))
            .collect();
        let known = endpoints.get(&world.app, &"p1".into()).await;
        let known = known.expect("works").expect("there");
        let snapshots = guests.map(|(name, zone)| {
            let place = names.iter().position(|it| it.as_str() == name);
            let mut guest = known.clone();
            guest.id = name.into();
            guest.ordinal = ordinals[place.expect("a name")];
            guest.address = Some(format!("{name}@mail.example"));
            guest.demographic.timezone = Some(zone.to_owned());
            guest
        });
        let members: EndpointSet = ordinals.into_iter().collect();
        endpoints
            .add_members(
                &world.app,
                &segment,
                1,
                members,
                Vec::new(),
                snapshots.to_vec(),
            )
            .await
            .expect("added");
    });
    let begins = world.clock.now().plus(HOUR);
    let mut draft = world.sweeping(begins);
    draft.segment = Some(segment);
    let id = world.create(&draft);
    world.start();
    world.jump_to(begins);
    world.wait("the first turn", || got(&world) == ["p1"]);
    let zones = |world: &World| {
        let run = world.run(&id).expect("it runs");
        let named = run.zones.iter().map(|it| (it.name.clone(), it.endpoints));
        named.collect::<BTreeMap<_, _>>()
    };
    // Whoever is registered is so with the zone that they have now.
    let want = [("America/New_York", 1), ("Asia/Tokyo", 1), ("UTC", 1)];
    let etc = |name: &str| name.to_owned();
    let mut found = zones(&world);
    if let Some(count) = found.remove("Etc/UTC") {
        found.insert(etc("UTC"), count);
    }
    assert_eq!(found, want.map(|(name, count)| (etc(name), count)).into());
    world.jump_to(begins.plus(5 * HOUR));
    world.wait("the second turn", || got(&world) == ["new-york", "p1"]);
    world.jump_to(begins.plus(15 * HOUR));
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(got(&world), ["new-york", "p1", "p2"]);
    let want = [(Outcome::Success, 3), (Outcome::EndpointMissingTimezone, 1)];
    assert_eq!(world.progress(&id).outcomes, BTreeMap::from(want));
    assert_eq!(world.verify(&id).differences, []);
}

#[test]
fn zones_come_and_go() {
    let world = World::new(84);
    let new_york = "America/New_York";
    world.add(vec![
        person_in(1, "UTC"),
        person_in(2, new_york),
        person_in(3, new_york),
        person_in(4, new_york),
        ("p5".to_owned(), person(5)),
        person_in(6, "Mars/Olympus"),
    ]);
    let begins = world.clock.now().plus(HOUR);
    let id = world.create(&world.sweeping(begins));
    world.start();
    world.jump_to(begins);
    let missing = || {
        world.run(&id)?;
        let found = world.progress(&id).outcomes;
        found.get(&Outcome::EndpointMissingTimezone).copied()
    };
    world.wait("those without a zone", || missing() == Some(2));
    // Theirs is decided; whose zone goes before its turn has none by then.
    world.add(vec![
        person_in(5, new_york),
        person_in(6, new_york),
        person_in(3, ""),
        person_in(4, "Mars/Olympus"),
    ]);
    world.jump_to(begins.plus(5 * HOUR));
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(got(&world), ["p1", "p2"]);
    let want = [(Outcome::Success, 2), (Outcome::EndpointMissingTimezone, 4)];
    assert_eq!(world.progress(&id).outcomes, BTreeMap::from(want));
    assert_eq!(world.audit(&id), 0);
}

#[test]
fn a_sweep_without_zones_is_over_at_once() {
    let world = World::new(85);
    world.add_people(10);
    let begins = world.clock.now().plus(HOUR);
    let id = world.create(&world.sweeping(begins));
    world.start();
    world.jump_to(begins);
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(world.audit(&id), 0);
    let run = world.run(&id).expect("it ran");
    assert_eq!((run.state, run.zones.len()), (RunState::Completed, 0));
    let want = BTreeMap::from([(Outcome::EndpointMissingTimezone, 10)]);
    assert_eq!(world.progress(&id).outcomes, want);
}
