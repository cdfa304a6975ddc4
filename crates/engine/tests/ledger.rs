//! The sets of a run: counted, recounted, held against the log, saved as segments.

mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use engine::activities::{self, Which};
use engine::people::{self, SaveError};
use engine::segments;
use engine::verify::Sets;
use model::{
    ActivityId, CampaignId, CampaignStatus, ChannelType, EndpointSet, EndpointUpdate, Event,
    JobFormat, Limits, Outcome, RunBatch, RunState, SegmentCriteria, SegmentImport, SegmentRef,
};
use world::{Answer, World, person, says};

/// What a recount finds: kind, outcome, how many, and their names.
fn differences(world: &World, id: &CampaignId) -> Vec<(&'static str, String, u64, Vec<String>)> {
    let found = world.verify(id).differences.into_iter();
    found
        .map(|(difference, sample)| {
            let names = sample.iter().map(ToString::to_string).collect();
            let outcome = difference.outcome.unwrap_or_default();
            (difference.kind.as_str(), outcome, difference.count, names)
        })
        .collect()
}

/// Forty people, many of whom something keeps from their message.
fn troubled(world: &World) -> CampaignId {
    let mut people: Vec<(String, EndpointUpdate)> =
        (0..40).map(|n| (format!("p{n}"), person(n))).collect();
    people[0].1.status = Some(model::EndpointStatus::Inactive);
    people[1].1.opt_out = Some(model::OptOut::All);
    people[2].1.channel = Some(ChannelType::Sms);
    people[3].1.address = Some("p4@MAIL.example".to_owned());
    people[5].1.address = Some("no address".to_owned());
    world.add(people);
    world.server.behave(|letter, _| match letter.to.as_str() {
        "p6@mail.example" => Answer::Never,
        "p7@mail.example" => Answer::TakeSilently,
        _ => Answer::Take,
    });
    let mut draft = world.draft();
    draft.holdout_percent = Some(20);
    draft.treatments = Some(vec![engine::campaigns::TreatmentDraft {
        size_percent: 30,
        name: Some("B".to_owned()),
        message: Some(says("Variant")),
        ..engine::campaigns::TreatmentDraft::default()
    }]);
    world.create(&draft)
}

#[test]
fn a_run_adds_up_while_it_goes_and_at_its_end() {
    let world = World::new(51);
    let id = troubled(&world);
    world.server.slow_down(Duration::from_millis(2));
    world.start();
    while world.campaign(&id).is_some_and(|c| !c.status.is_final()) {
        if world
            .run(&id)
            .is_some_and(|run| run.state != RunState::Opening)
        {
            assert_eq!(differences(&world, &id), []);
        }
    }
    let found = world.verify(&id);
    assert_eq!(found.differences, []);
    assert_eq!(
        (found.planned, found.remaining, found.overlapping),
        (40, 0, 0)
    );
    assert_eq!(found.sets.values().sum::<u64>(), 40);
    for (outcome, count) in &found.sets {
        let records = found.log.get(outcome.as_str()).copied().unwrap_or(0);
        assert_eq!(records, if outcome.recorded() { *count } else { 0 });
    }
    // What is kept with the run are the numbers of its sets, and everything shown comes from them.
    let run = world.run(&id).expect("there is a run");
    assert_eq!(run.sums.batches.len(), u64::from(run.batches));
    assert_eq!(run.sums.outcomes, found.sets);
    let progress = world.progress(&id);
    assert_eq!(progress.outcomes, found.sets);
    let campaign = world.campaign(&id).expect("it is there");
    let store = world.store();
    let page = world.block(activities::activities(&store, &campaign, None, 10));
    let shown = page.expect("the store works").items;
    let successful: u64 = shown.iter().map(|activity| activity.successful).sum();
    assert_eq!(successful, found.sets[&Outcome::Success]);
    let tried: u64 = shown.iter().map(|activity| activity.total).sum();
    let attempted = found.sets.iter().filter(|(outcome, _)| outcome.attempted());
    assert_eq!(tried, attempted.map(|(_, count)| count).sum::<u64>());
}

#[test]
fn people_in_doubt_have_no_record_and_the_run_still_adds_up() {
    let mut world = World::new(52);
    world.add_people(600);
    world.server.slow_down(Duration::from_millis(3));
    let id = world.create(&world.draft());
    world.start();
    world.wait_for_messages(150, &id);
    world.kill(true);
    world.wait_for(&id, CampaignStatus::Completed);
    let doubt = world.audit(&id);
    let found = world.verify(&id);
    assert_eq!(found.differences, []);
    let counted = found.sets.get(&Outcome::InDoubt).copied().unwrap_or(0);
    assert_eq!(counted, doubt);
}

/// Damages the only batch of a campaign's run.
fn damage(world: &World, id: &CampaignId, change: impl FnOnce(&mut RunBatch)) {
    let run = world.run(id).expect("there is a run");
    let store = world.store();
    let batches = store.of::<RunBatch>();
    world.block(async {
        let number = store::version_id(0);
        let batch = batches.get(run.activities[0].as_str(), &number);
        let mut batch = batch.await.expect("the store works").expect("a batch");
        change(&mut batch);
        batches.replace(&mut batch).await.expect("the store works");
    });
}

fn ordinal(world: &World, name: &str) -> u32 {
    let store = world.store();
    let found = world.block(store.endpoints.get(&world.app, &name.into()));
    found
        .expect("the store works")
        .expect("it is there")
        .ordinal
}

#[test]
fn every_damage_is_found_and_named() {
    let world = World::new(53);
    world.add_people(30);
    let id = world.create(&world.draft());
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    assert_eq!(differences(&world, &id), []);
    let [p1, p2, p3] = ["p1", "p2", "p3"].map(|name| ordinal(&world, name));
    let names = |name: &str| vec![name.to_owned()];

    // An outcome is lost.
    damage(&world, &id, |batch| {
        batch
            .outcomes
            .get_mut(&Outcome::Success)
            .expect("sent")
            .remove(p1);
    });
    let lost = ("withoutOutcome", String::new(), 1, names("p1"));
    assert_eq!(differences(&world, &id), [lost]);
    // Another takes its place: the record tells otherwise.
    damage(&world, &id, |batch| {
        batch
            .outcomes
            .entry(Outcome::QuietTime)
            .or_default()
            .insert(p1);
    });
    let otherwise = ("recordedOtherwise", "QUIET_TIME".to_owned(), 1, names("p1"));
    assert_eq!(differences(&world, &id), std::slice::from_ref(&otherwise));
    // Somebody is in two sets.
    damage(&world, &id, |batch| {
        batch
            .outcomes
            .entry(Outcome::EndpointOptOut)
            .or_default()
            .insert(p2);
    });
    let overlapping = ("overlapping", String::new(), 1, names("p2"));
    let silent = (
        "recordedOtherwise",
        "ENDPOINT_OPT_OUT".to_owned(),
        1,
        names("p2"),
    );
    assert_eq!(differences(&world, &id), [overlapping, otherwise, silent]);
    assert_eq!(world.verify(&id).overlapping, 1);
    // Back to the truth; then somebody is no longer a member.
    damage(&world, &id, |batch| {
        batch.outcomes.clear();
        batch
            .outcomes
            .insert(Outcome::Success, batch.members.clone());
        batch.members.remove(p3);
    });
    assert_eq!(
        differences(&world, &id),
        [
            ("planned", String::new(), 1, Vec::new()),
            ("notMember", String::new(), 1, names("p3")),
            ("recordedStranger", String::new(), 1, names("p3")),
        ]
    );
    damage(&world, &id, |batch| {
        batch.members.insert(p3);
    });
    assert_eq!(differences(&world, &id), []);
    // A record is written again.
    let run = world.run(&id).expect("there is a run");
    let name = |event: &Event| event.endpoint.as_str().to_owned();
    let mut events = world
        .events()
        .into_iter()
        .filter(|event| world::is_send_of(event, &run));
    let again = events.find(|event| name(event) == "p2").expect("a record");
    world
        .block(world.log().append(vec![again]))
        .expect("the log takes it");
    let twice = ("recordedTwice", String::new(), 1, names("p2"));
    assert_eq!(differences(&world, &id), [twice]);
    assert_eq!(world.verify(&id).log["SUCCESS"], 31);
}

#[test]
fn a_missing_record_is_found() {
    let world = World::new(54);
    world.add_people(20);
    let mut draft = world.draft();
    draft.limits = Some(Limits {
        total: Some(1),
        ..Limits::default()
    });
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    let run = world.run(&id).expect("there is a run");
    let store = world.store();
    let mut records = world.records(&run);
    let p4 = ordinal(&world, "p4");
    records
        .endpoints
        .get_mut("SUCCESS")
        .expect("sent")
        .remove(p4);
    let sets = world
        .block(Sets::read(&store, run))
        .expect("the store works");
    let found = world.block(sets.compare(&store, Some(&records)));
    let found = found.expect("the store works").differences;
    let [(difference, sample)] = found.as_slice() else {
        panic!("{found:?}");
    };
    let kind = difference.kind.as_str();
    assert_eq!(
        (kind, difference.outcome.as_deref()),
        ("notRecorded", Some("SUCCESS"))
    );
    assert_eq!(
        sample.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["p4"]
    );
}

fn save(world: &World, id: &CampaignId, which: Which<'_>) -> Result<SegmentRef, SaveError> {
    let store = world.store();
    let saved = people::save(&store, &world.clock, &world.app, id, which, "saved");
    let id = world.block(saved)?;
    Ok(SegmentRef { id, version: None })
}

fn members(world: &World, segment: &SegmentRef) -> EndpointSet {
    let store = world.store();
    world.block(async {
        let resolved = segments::resolve(&store, &world.app, segment).await;
        let resolved = resolved.expect("it is there");
        segments::members(&store, &world.app, &resolved, world.clock.now())
            .await
            .expect("the store works")
    })
}

#[test]
fn people_of_an_outcome_become_a_segment() {
    let world = World::new(55);
    let id = troubled(&world);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    let run = world.run(&id).expect("there is a run").activities[0].clone();
    let everybody = world.everybody(&id);
    for (outcome, names) in &everybody {
        for only in [None, Some(&run)] {
            let which = Which {
                run: only,
                outcome: *outcome,
            };
            let segment = save(&world, &id, which).expect("somebody is there");
            let want: EndpointSet = names.iter().map(|name| ordinal(&world, name)).collect();
            assert_eq!(members(&world, &segment), want, "{outcome:?}");
        }
    }
    let nobody = save(&world, &id, Outcome::Throttled.into());
    assert!(matches!(nobody, Err(SaveError::Nobody)));
    let other = ActivityId::from("other");
    let which = Which {
        run: Some(&other),
        outcome: Outcome::Success,
    };
    assert!(matches!(save(&world, &id, which), Err(SaveError::Nobody)));
}

#[test]
fn a_saved_segment_keeps_people_of_whom_only_a_snapshot_exists() {
    let world = World::new(56);
    world.add_people(3);
    let import = SegmentImport {
        format: JobFormat::Csv,
        s3_url: "s3://crm/x.csv".to_owned(),
        role_arn: "arn".to_owned(),
        external_id: None,
        size: 2,
        channel_counts: BTreeMap::new(),
        members_version: 1,
    };
    let list = world.segment(SegmentCriteria::Imported(import));
    let store = world.store();
    world.block(async {
        let ids = ["p1".into(), "guest".into()];
        let endpoints = &store.endpoints;
        let ordinals = endpoints.ordinals(&world.app, &ids, true).await;
        let ordinals: Vec<u32> = ordinals
            .expect("reserved")
            .into_iter()
            .map(|ordinal| ordinal.expect("reserved"))
            .collect();
        let known = endpoints.get(&world.app, &"p1".into()).await;
        let mut guest = known.expect("the store works").expect("it is there");
        guest.id = "guest".into();
        guest.ordinal = ordinals[1];
        guest.address = Some("guest@mail.example".to_owned());
        let all: EndpointSet = ordinals.into_iter().collect();
        let (users, guests) = (Vec::new(), vec![guest]);
        endpoints
            .add_members(&world.app, &list, 1, all, users, guests)
            .await
            .expect("added");
    });
    let mut draft = world.draft();
    draft.segment = Some(list.clone());
    let id = world.create(&draft);
    world.start();
    world.wait_for(&id, CampaignStatus::Completed);
    let saved = save(&world, &id, Outcome::Success.into()).expect("both got it");
    assert_eq!(members(&world, &saved).len(), 2);
    // The saved list reaches both, also once the first one is gone.
    world
        .block(store.endpoints.drop_members(&world.app, &list))
        .expect("dropped");
    let mut draft = world.draft();
    draft.segment = Some(saved.id);
    let second = world.create(&draft);
    world.wait_for(&second, CampaignStatus::Completed);
    assert_eq!(world.server.taken()["guest@mail.example"], 2);
    assert_eq!(world.progress(&second).tally.sent, 2);
}
