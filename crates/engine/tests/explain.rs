//! Why a person gets a message or not, and that a run does what was explained.

mod world;

use std::time::Duration;

use clock::Timestamp;
use engine::campaigns::{CampaignDraft, ScheduleDraft, TreatmentDraft};
use engine::explain::{ExplainError, Explained, Explanation, Place, Step, Verdict, Who};
use model::{
    AttributeDimension, CampaignId, CampaignStatus, Demographic, Dimensions, EndpointStatus,
    EndpointUpdate, Limits, OptOut, Outcome, QuietTime, SegmentCriteria,
};
use world::{World, person, says};

const PEOPLE: usize = 60;
const START: &str = "2031-03-02T09:00:00Z";

fn start() -> Timestamp {
    Timestamp::parse(START).expect("a test's instant")
}

fn ask(world: &World, id: &CampaignId, who: &Who, at: Option<Timestamp>) -> Explanation {
    let campaign = world.campaign(id).expect("the campaign is there");
    let told = world.block(world.engine().explain(&campaign, who, at));
    told.expect("somebody is known by that name")
}

fn one(world: &World, id: &CampaignId, endpoint: &str, at: Option<Timestamp>) -> Explained {
    let mut told = ask(world, id, &Who::Endpoint(endpoint.into()), at);
    assert_eq!(told.people.len(), 1);
    told.people.remove(0)
}

#[track_caller]
fn step<'a>(told: &'a Explained, rule: &str) -> &'a Step {
    let found = told.steps.iter().find(|step| step.rule == rule);
    found.unwrap_or_else(|| panic!("{rule} is asked: {told:?}"))
}

fn crowd() -> Vec<(String, EndpointUpdate)> {
    let zone = |name: &str| Demographic {
        timezone: Some(name.to_owned()),
        ..Demographic::default()
    };
    let each = |n: usize| {
        let mut update = person(n);
        update.demographic = zone("Europe/Oslo");
        match n % 10 {
            0 => update.status = Some(EndpointStatus::Inactive),
            1 => update.opt_out = Some(OptOut::All),
            2 => (update.channel, update.address) = (None, None),
            5 => update.address = Some(format!("p{}@MAIL.example", n - 1)),
            6 => update.demographic = zone("America/Los_Angeles"),
            8 => update.address = Some(format!("no address {n}")),
            9 => update.attributes = [("tier".to_owned(), vec!["silver".to_owned()])].into(),
            _ => {}
        }
        (format!("p{n}"), update)
    };
    (1..=PEOPLE).map(each).collect()
}

/// Everybody without the tier silver.
fn criteria() -> SegmentCriteria {
    let tier = AttributeDimension {
        operator: Some(model::AttributeOperator::Exclusive),
        values: vec!["silver".to_owned()],
    };
    SegmentCriteria::Dimensions(Box::new(Dimensions {
        attributes: [("tier".to_owned(), tier)].into(),
        ..Dimensions::default()
    }))
}

fn draft(world: &World) -> CampaignDraft {
    CampaignDraft {
        segment: Some(world.segment(criteria())),
        schedule: Some(ScheduleDraft {
            start: START.to_owned(),
            quiet_time: Some(QuietTime {
                start: 22 * 60,
                end: 7 * 60,
            }),
            ..ScheduleDraft::default()
        }),
        treatments: Some(vec![TreatmentDraft {
            size_percent: 30,
            message: Some(says("Other words for {{User.UserAttributes.Name}}")),
            ..TreatmentDraft::default()
        }]),
        holdout_percent: Some(15),
        limits: Some(Limits {
            daily: Some(3),
            total: Some(1),
            ..Limits::default()
        }),
        ..world.draft()
    }
}

#[test]
fn a_run_does_what_was_explained() {
    let world = World::new(71);
    world.start();
    world.add(crowd());
    let id = world.create(&draft(&world));
    let explained: Vec<Explained> = (1..=PEOPLE)
        .map(|n| one(&world, &id, &format!("p{n}"), Some(start())))
        .collect();
    assert_eq!(world.server.handed_over(), 0);
    world.jump_to(start());
    world.wait_for(&id, CampaignStatus::Completed);
    let everybody = world.everybody(&id);
    let mut seen = Vec::new();
    for told in &explained {
        let endpoint = told.endpoint.to_string();
        let found = everybody
            .iter()
            .find(|(_, people)| people.contains(&endpoint));
        let actual = match found {
            None => Verdict::NotInSegment,
            Some((Outcome::Success, _)) => Verdict::Send,
            Some((outcome, _)) => Verdict::Outcome(*outcome),
        };
        assert_eq!(told.verdict, actual, "{told:#?}");
        // The schedule tells and does not decide.
        let failed = told.steps.iter().filter(|step| step.rule != "SCHEDULE");
        let failed = failed.into_iter().find(|step| step.passed == Some(false));
        assert_eq!(failed.is_none(), actual == Verdict::Send);
        assert_eq!(told.due, Some(start()));
        if !seen.contains(&actual) {
            seen.push(actual);
        }
        let after = one(&world, &id, &endpoint, None);
        let [past] = after.history.as_slice() else {
            panic!("one run: {after:#?}");
        };
        let place = found.map_or(Place::Absent, |(outcome, _)| Place::Outcome(*outcome));
        assert_eq!(past.place, place);
        let recorded = found.is_some_and(|(outcome, _)| outcome.recorded());
        assert_eq!(past.at.is_some(), recorded, "{after:#?}");
        assert!(past.at.is_none_or(|at| at >= start()));
    }
    for verdict in [
        Verdict::Send,
        Verdict::NotInSegment,
        Verdict::Outcome(Outcome::EndpointInactive),
        Verdict::Outcome(Outcome::EndpointOptOut),
        Verdict::Outcome(Outcome::Holdout),
        Verdict::Outcome(Outcome::DuplicateAddress),
        Verdict::Outcome(Outcome::QuietTime),
        Verdict::Outcome(Outcome::FailurePermanent),
    ] {
        assert!(seen.contains(&verdict), "{verdict:?}");
    }
}

#[test]
fn each_rule_names_what_it_looked_at() {
    let world = World::new(72);
    world.start();
    world.add(crowd());
    let id = world.create(&CampaignDraft {
        treatments: None,
        holdout_percent: None,
        ..draft(&world)
    });
    let silver = one(&world, &id, "p9", Some(start()));
    assert_eq!(silver.verdict, Verdict::NotInSegment);
    assert_eq!(
        step(&silver, "SEGMENT").detail,
        "group 1: criteria 1: Attributes.tier is silver; wanted: EXCLUSIVE silver"
    );
    let facet = &step(&silver, "SEGMENT").inputs["groups"][0]["criteria"][0]["facets"][0];
    assert_eq!(facet["found"][0], "silver");
    // All rules are asked, also after the first that fails.
    assert_eq!(step(&silver, "QUIET_TIME").passed, Some(true));

    let asleep = one(&world, &id, "p6", Some(start()));
    assert_eq!(asleep.verdict, Verdict::Outcome(Outcome::QuietTime));
    assert_eq!(
        step(&asleep, "QUIET_TIME").detail,
        "01:00 is within 22:00 to 07:00"
    );
    let awake = Some(start().plus(Duration::from_secs(9 * 3600)));
    assert_eq!(one(&world, &id, "p6", awake).verdict, Verdict::Send);

    let double = one(&world, &id, "p5", Some(start()));
    assert_eq!(double.verdict, Verdict::Outcome(Outcome::DuplicateAddress));
    assert_eq!(
        step(&double, "DUPLICATE_ADDRESS").detail,
        "p4 has the address and comes first"
    );
    assert_eq!(step(&double, "DUPLICATE_ADDRESS").inputs["others"][0], "p4");

    let cohort = step(&double, "COHORT");
    assert_eq!(cohort.inputs["treatments"][0]["percent"], 100);
    assert_eq!(
        step(&double, "TOTAL_CAP").detail,
        "0 of at most 1 targeted by this campaign"
    );
    assert_eq!(step(&double, "HOOK").detail, "no hook");
    let schedule = step(&double, "SCHEDULE");
    assert_eq!(
        schedule.detail,
        "SCHEDULED: the next run is due at 2031-03-02T09:00:00.000Z"
    );

    let unreachable = one(&world, &id, "p8", Some(start()));
    assert_eq!(
        unreachable.verdict,
        Verdict::Outcome(Outcome::FailurePermanent)
    );
    assert_eq!(step(&unreachable, "MESSAGE").passed, Some(false));

    world.jump_to(start());
    world.wait_for(&id, CampaignStatus::Completed);
    let after = one(&world, &id, "p7", None);
    assert_eq!(after.verdict, Verdict::Outcome(Outcome::CampaignCap));
    assert_eq!(
        step(&after, "TOTAL_CAP").detail,
        "1 of at most 1 targeted by this campaign"
    );
    assert_eq!(
        step(&after, "DAILY_CAP").detail,
        "1 of at most 3 messages within a day"
    );
    assert_eq!(
        step(&after, "SCHEDULE").detail,
        "COMPLETED: nothing runs any more"
    );
    assert_eq!(
        (after.due, after.history[0].place),
        (None, Place::Outcome(Outcome::Success))
    );
    assert!(ask(&world, &id, &Who::Endpoint("p7".into()), Some(start())).past);
}

#[test]
fn people_are_found_by_user_also_when_they_are_gone() {
    let world = World::new(73);
    world.start();
    world.add_people(3);
    let shared = EndpointUpdate {
        address: Some("second@mail.example".to_owned()),
        ..person(1)
    };
    world.add(vec![("second".to_owned(), shared)]);
    let id = world.create(&world.draft());
    world.wait_for(&id, CampaignStatus::Completed);
    let of_user = ask(&world, &id, &Who::User("u1".into()), None);
    let mut names: Vec<String> = of_user
        .people
        .iter()
        .map(|it| it.endpoint.to_string())
        .collect();
    names.sort();
    assert_eq!(names, ["p1", "second"]);
    let store = world.store();
    let gone = world.block(store.endpoints.delete(&world.app, &["p2".into()]));
    gone.expect("the store works");
    let told = one(&world, &id, "p2", None);
    assert_eq!(told.verdict, Verdict::NotInSegment);
    assert_eq!(told.history[0].place, Place::Outcome(Outcome::Success));
    let campaign = world.campaign(&id).expect("the campaign is there");
    for nobody in [Who::Endpoint("nobody".into()), Who::User("nobody".into())] {
        let told = world.block(world.engine().explain(&campaign, &nobody, None));
        assert!(matches!(told, Err(ExplainError::Unknown)));
    }
}

#[test]
fn a_campaign_that_cannot_run_reaches_nobody() {
    let world = World::new(74);
    world.start();
    world.add_people(1);
    let id = world.create(&CampaignDraft {
        paused: Some(true),
        ..world.draft()
    });
    let mut campaign = world.campaign(&id).expect("the campaign is there");
    campaign.segment = "gone".into();
    let told = world.block(
        world
            .engine()
            .explain(&campaign, &Who::Endpoint("p0".into()), None),
    );
    let told = told.expect("the endpoint is known");
    assert_eq!(told.people[0].verdict, Verdict::Invalid);
    let segment = step(&told.people[0], "SEGMENT");
    assert!(
        segment
            .detail
            .contains("segment gone version 1 does not exist")
    );
}
