//! The life of journeys in a store: publication, pauses, cancelling, their end.

mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use clock::{Clock, SimulatedTime, Timestamp};
use engine::journeys::{
    self, JourneyDraft, JourneyError, JourneyRefusal, Quotas, counts, counts_of_run,
};
use model::{
    Activity, ActivityStep, Entry, EventDimensions, EventFilter, EventSource, JobFormat, Journey,
    JourneyActivityId, JourneyId, JourneyRun, JourneyRunStatus, JourneySchedule, JourneyState,
    SegmentCriteria, SegmentId, SegmentImport, SetDimension, StartCondition, StepTemplate,
    WaitTime,
};
use store::{StoreError, version_parent};
use world::World;

const QUOTAS: Quotas = Quotas {
    live: 3,
    live_by_event: 1,
};

/// A world, and a clock of its own for the journeys in it: February, before the world's March.
struct Stage {
    world: World,
    clock: Clock,
    time: SimulatedTime,
}

impl Stage {
    fn new(seed: u64) -> Self {
        let start = Timestamp::parse("2031-02-01T00:00:00Z").expect("an instant");
        let (clock, time) = Clock::simulated(start, seed);
        Self {
            world: World::with_speed(seed, 1),
            clock,
            time,
        }
    }

    /// A published journey of one pause.
    fn draft(&self) -> JourneyDraft {
        let segment = self.world.segment(SegmentCriteria::Everyone);
        starting(Entry::Segment(segment))
    }

    fn create(&self, draft: &JourneyDraft) -> Result<Journey, JourneyError> {
        let (store, app) = (self.world.store(), &self.world.app);
        let created = journeys::create(&store, &self.clock, app, draft, QUOTAS);
        self.world.block(created)
    }

    fn update(&self, id: &JourneyId, draft: &JourneyDraft) -> Result<Journey, JourneyError> {
        let (store, app) = (self.world.store(), &self.world.app);
        let updated = journeys::update(&store, &self.clock, app, id, draft, QUOTAS);
        self.world.block(updated)
    }

    fn go(&self, id: &JourneyId, to: JourneyState) -> Result<JourneyState, String> {
        let (store, app) = (self.world.store(), &self.world.app);
        let moved = journeys::set_state(&store, &self.clock, app, id, to, QUOTAS);
        let moved = self.world.block(moved);
        moved.map(|it| it.state).map_err(|it| it.to_string())
    }

    fn stored(&self, id: &JourneyId) -> Option<Journey> {
        let store = self.world.store();
        let journeys = store.of::<Journey>();
        let found = journeys.get(self.world.app.as_str(), id.as_str());
        self.world
            .block(found)
            .expect("the store")
            .map(|it| it.value)
    }

    fn runs(&self, id: &JourneyId) -> Vec<JourneyRun> {
        let store = self.world.store();
        let parent = version_parent(self.world.app.as_str(), id.as_str());
        let runs = store.of::<JourneyRun>();
        let page = self.world.block(runs.list(&parent, None, 10));
        let items = page.expect("the store").items;
        items.into_iter().map(|it| it.value).collect()
    }
}

fn starting(entry: Entry) -> JourneyDraft {
    let pause = Activity {
        description: None,
        step: ActivityStep::Wait {
            wait: Some(WaitTime::For("P1D".to_owned())),
            next: None,
        },
    };
    JourneyDraft {
        name: "journey".to_owned(),
        state: Some(JourneyState::Active),
        start_condition: Some(StartCondition {
            description: None,
            entry: Some(entry),
        }),
        start_activity: Some(JourneyActivityId::from("wait")),
        activities: Some(BTreeMap::from([(JourneyActivityId::from("wait"), pause)])),
        refresh_frequency: Some("PT12H".to_owned()),
        ..JourneyDraft::default()
    }
}

fn by_event(segment: Option<SegmentId>) -> JourneyDraft {
    let event_type = SetDimension {
        operator: None,
        values: vec!["cart.left".to_owned()],
    };
    starting(Entry::Event {
        filter: Some(EventFilter {
            dimensions: EventDimensions {
                event_type: Some(event_type),
                ..EventDimensions::default()
            },
            source: EventSource::Endpoint,
        }),
        segment,
    })
}

fn said<T: std::fmt::Debug>(result: Result<T, JourneyError>) -> String {
    result.expect_err("refused").to_string()
}

#[test]
fn publication_fixes_the_start_and_plans_a_run() {
    let stage = Stage::new(1);
    let journey = stage.create(&stage.draft()).expect("created");
    assert_eq!(journey.state, JourneyState::Active);
    let launch = journey.launch.clone().expect("launched");
    assert_eq!(launch.segment_version, Some(1));
    assert_eq!(launch.starts.to_string(), "2031-02-01T00:05:00.000Z");
    let statuses: Vec<_> = stage.runs(&journey.id).iter().map(|it| it.status).collect();
    assert_eq!(statuses, [JourneyRunStatus::Scheduled]);
    assert_eq!(stage.stored(&journey.id), Some(journey));
}

#[test]
fn what_cannot_be_published_stays_a_draft() {
    let stage = Stage::new(2);
    let mut draft = stage.draft();
    draft.state = None;
    draft.activities = Some(BTreeMap::from([(
        JourneyActivityId::from("wait"),
        Activity {
            description: None,
            step: ActivityStep::Email {
                template: StepTemplate {
                    name: Some("nothing".into()),
                    version: Some(2),
                },
                from_address: None,
                next: None,
            },
        },
    )]));
    let journey = stage.create(&draft).expect("a draft");
    assert_eq!(journey.state, JourneyState::Draft);
    let refused = stage.go(&journey.id, JourneyState::Active);
    assert_eq!(
        refused.expect_err("no template"),
        "Activities.wait.EMAIL.TemplateName: EMAIL template nothing version 2 does not exist"
    );
    assert_eq!(stage.stored(&journey.id), Some(journey.clone()));
    assert_eq!(stage.runs(&journey.id), []);
    draft.state = Some(JourneyState::Paused);
    assert_eq!(
        said(stage.update(&journey.id, &draft)),
        "State: expected DRAFT or ACTIVE"
    );
    let missing = starting(Entry::Segment(SegmentId::from("nobody")));
    assert_eq!(
        said(stage.create(&missing)),
        "StartCondition.SegmentStartCondition.SegmentId: segment nobody does not exist"
    );
    let unknown = stage.update(&JourneyId::from("none"), &draft_of_name());
    assert!(matches!(unknown, Err(JourneyError::NotFound(_))));
}

fn draft_of_name() -> JourneyDraft {
    JourneyDraft {
        name: "renamed".to_owned(),
        ..JourneyDraft::default()
    }
}

#[test]
fn a_pause_lasts_five_minutes() {
    let stage = Stage::new(3);
    let id = stage.create(&stage.draft()).expect("created").id;
    assert_eq!(
        stage.go(&id, JourneyState::Paused),
        Ok(JourneyState::Paused)
    );
    let held = stage.update(&id, &draft_of_name());
    assert_eq!(
        said(held),
        "the definition cannot be changed while the journey is PAUSED"
    );
    stage.time.advance(Duration::from_secs(299));
    assert!(stage.go(&id, JourneyState::Active).is_err());
    stage.time.advance(Duration::from_secs(1));
    assert_eq!(
        stage.go(&id, JourneyState::Active),
        Ok(JourneyState::Active)
    );
    let renamed = stage.update(&id, &draft_of_name()).expect("limits aside");
    assert_eq!(renamed.name, "renamed");
    assert_eq!(renamed.start_activity, Some("wait".into()));
    assert_eq!(stage.runs(&id).len(), 1);
}

#[test]
fn cancelling_is_for_good() {
    let stage = Stage::new(4);
    let id = stage.create(&stage.draft()).expect("created").id;
    let cancelled = JourneyState::Cancelled;
    assert_eq!(stage.go(&id, cancelled), Ok(cancelled));
    assert_eq!(stage.runs(&id)[0].status, JourneyRunStatus::Cancelled);
    for to in JourneyState::ALL {
        assert!(stage.go(&id, *to).is_err(), "{to:?}");
    }
    let (store, app) = (stage.world.store(), &stage.world.app);
    let deleted = journeys::delete(&store, &stage.clock, app, &id);
    assert_eq!(
        stage.world.block(deleted).expect("deleted").state,
        cancelled
    );
    assert_eq!(stage.stored(&id), None);
    assert_eq!(stage.runs(&id), []);
}

#[test]
fn a_journey_is_complete_when_its_end_has_come() {
    let stage = Stage::new(5);
    let ending = |end: &str| JourneyDraft {
        schedule: Some(JourneySchedule {
            end: Some(Timestamp::parse(end).expect("an instant")),
            ..JourneySchedule::default()
        }),
        ..stage.draft()
    };
    let over = stage
        .create(&ending("2031-02-20T00:00:00Z"))
        .expect("created");
    let open = stage
        .create(&ending("2031-12-01T00:00:00Z"))
        .expect("created");
    let engine = stage.world.engine();
    stage.world.block(engine.tick()).expect("a tick");
    let state = |id| stage.stored(id).expect("stored").state;
    assert_eq!(state(&over.id), JourneyState::Completed);
    assert_eq!(stage.runs(&over.id)[0].status, JourneyRunStatus::Cancelled);
    assert_eq!(state(&open.id), JourneyState::Active);
    // An end that is moved is an end that counts.
    let earlier = JourneyDraft {
        name: "journey".to_owned(),
        schedule: ending("2031-02-21T00:00:00Z").schedule,
        ..JourneyDraft::default()
    };
    stage.update(&open.id, &earlier).expect("moved");
    stage.world.block(engine.tick()).expect("a tick");
    assert_eq!(state(&open.id), JourneyState::Completed);
}

#[test]
fn quotas_count_what_is_live() {
    let stage = Stage::new(6);
    let quota = |result| {
        matches!(
            result,
            Err(JourneyError::Refused(JourneyRefusal::Quota { .. }))
        )
    };
    let event = stage.create(&by_event(None)).expect("created");
    assert!(quota(stage.create(&by_event(None))));
    stage.create(&stage.draft()).expect("created");
    stage.create(&stage.draft()).expect("created");
    assert!(quota(stage.create(&stage.draft())));
    stage
        .go(&event.id, JourneyState::Cancelled)
        .expect("cancelled");
    stage.create(&by_event(None)).expect("room again");
}

#[test]
fn events_do_not_go_with_imported_segments() {
    let stage = Stage::new(7);
    let imported = stage
        .world
        .segment(SegmentCriteria::Imported(SegmentImport {
            format: JobFormat::Csv,
            s3_url: "s3://crm/people.csv".to_owned(),
            role_arn: String::new(),
            external_id: None,
            size: 0,
            channel_counts: BTreeMap::new(),
            members_version: 1,
        }));
    let refused = said(stage.create(&by_event(Some(imported))));
    assert!(refused.contains("is imported"), "{refused}");
    let dynamic = stage.world.segment(SegmentCriteria::Everyone);
    stage.create(&by_event(Some(dynamic))).expect("created");
}

#[test]
fn counts_add_up_over_runs() {
    let stage = Stage::new(8);
    let journey = stage.create(&stage.draft()).expect("created");
    let wait = JourneyActivityId::from("wait");
    let mut first = stage.runs(&journey.id).remove(0);
    first.counts.insert("ENDPOINT_ENTERED".to_owned(), 40);
    let at_wait = BTreeMap::from([("WAIT_STARTED".to_owned(), 40)]);
    first.activities.insert(wait.clone(), at_wait);
    let second = JourneyRun {
        id: "second".into(),
        counts: BTreeMap::from([("ENDPOINT_ENTERED".to_owned(), 1)]),
        ..first.clone()
    };
    let store = stage.world.store();
    let sums = async {
        store.of::<JourneyRun>().put(&first).await?;
        store.of::<JourneyRun>().put(&second).await?;
        let all = counts(&store, &journey, None).await?;
        Ok::<_, StoreError>((all, counts(&store, &journey, Some(&wait)).await?))
    };
    let (all, at_wait) = stage.world.block(sums).expect("the store");
    assert_eq!(all["ENDPOINT_ENTERED"], 41);
    assert_eq!(at_wait["WAIT_STARTED"], 80);
    assert_eq!(counts_of_run(&second, None)["ENDPOINT_ENTERED"], 1);
    assert!(counts_of_run(&second, Some(&"x".into())).is_empty());
}
