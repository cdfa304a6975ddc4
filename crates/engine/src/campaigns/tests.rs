use std::sync::LazyLock;

use clock::Timestamp;
use model::{
    ActivityId, AppId, Campaign, CampaignId, CampaignStatus, EmailMessage, EventDimensions,
    EventFilter, EventSource, Frequency, InAppMessage, Inherited, Limits, MessageConfiguration,
    SetDimension, Start,
};

use super::*;

mod edits;

const NOW: &str = "2031-03-01T09:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a test's instant")
}

fn email(title: &str) -> Option<MessageConfiguration> {
    Some(MessageConfiguration {
        email: Some(EmailMessage {
            title: Some(title.to_owned()),
            ..EmailMessage::default()
        }),
        ..MessageConfiguration::default()
    })
}

fn schedule(start: &str) -> Option<ScheduleDraft> {
    Some(ScheduleDraft {
        start: start.to_owned(),
        ..ScheduleDraft::default()
    })
}

fn draft() -> CampaignDraft {
    CampaignDraft {
        name: Some("spring".to_owned()),
        segment: Some("s".into()),
        message: email("Hello"),
        schedule: schedule("IMMEDIATE"),
        ..CampaignDraft::default()
    }
}

fn treatment(percent: i64) -> TreatmentDraft {
    TreatmentDraft {
        size_percent: percent,
        message: email("Variant"),
        ..TreatmentDraft::default()
    }
}

fn create_at_now(draft: &CampaignDraft) -> Result<Campaign, CampaignRefusal> {
    let facts = Facts {
        segment_version: Some(3),
        ..Facts::default()
    };
    let app = AppId::new("a");
    let inherited = Inherited::default();
    rules::create(
        &app,
        CampaignId::new("c"),
        draft,
        inherited,
        &facts,
        at(NOW),
    )
}

/// The refusal of `change` applied to a valid draft; empty if it is accepted.
#[track_caller]
fn check_create(want: &str, change: impl Fn(&mut CampaignDraft)) {
    let mut draft = draft();
    change(&mut draft);
    let got = create_at_now(&draft).map_or_else(|refusal| refusal.to_string(), |_| String::new());
    assert!(
        got.contains(want) && got.is_empty() == want.is_empty(),
        "{got:?}"
    );
}

#[test]
fn creation_holds_members_against_their_bounds() {
    check_create("", |_| {});
    check_create("Name must not be blank", |d| d.name = Some(" ".to_owned()));
    check_create("Name must not be blank", |d| d.name = None);
    check_create("SegmentId is required", |d| d.segment = None);
    check_create("Schedule is required", |d| d.schedule = None);
    check_create("is required", |d| d.message = None);
    check_create("is required", |d| {
        d.message = Some(MessageConfiguration::default());
    });
    check_create("HoldoutPercent must be 0 to 100", |d| {
        d.holdout_percent = Some(101);
    });
    check_create("HoldoutPercent must be 0 to 100", |d| {
        d.holdout_percent = Some(-1);
    });
    check_create("must not exceed 100 together, found 110", |d| {
        d.holdout_percent = Some(20);
        d.treatments = Some(vec![treatment(45), treatment(45)]);
    });
    check_create("", |d| {
        d.holdout_percent = Some(10);
        d.treatments = Some(vec![treatment(45), treatment(45)]);
    });
    check_create("may hold at most 4", |d| {
        d.treatments = Some(vec![treatment(1); 5]);
    });
    check_create("Priority must not be negative", |d| d.priority = Some(-1));
    let limits = |change: fn(&mut Limits)| {
        move |d: &mut CampaignDraft| {
            let mut limits = Limits::default();
            change(&mut limits);
            d.limits = Some(limits);
        }
    };
    check_create(
        "Limits.Daily must be 0 to 100",
        limits(|l| l.daily = Some(101)),
    );
    check_create(
        "Limits.Total must be 0 to 100",
        limits(|l| l.total = Some(101)),
    );
    check_create(
        "Limits.MaximumDuration",
        limits(|l| l.maximum_duration_s = Some(59)),
    );
    check_create("", limits(|l| l.maximum_duration_s = Some(60)));
    check_create(
        "Limits.MessagesPerSecond",
        limits(|l| l.messages_per_second = Some(20_001)),
    );
    check_create("", limits(|l| l.messages_per_second = Some(0)));
}

#[test]
fn creation_reads_the_schedule() {
    check_create("has passed", |d| {
        d.schedule = schedule("2031-03-01T08:44:59Z");
    });
    check_create("", |d| d.schedule = schedule("2031-03-01T08:45:00Z"));
    check_create("not an ISO 8601 time", |d| d.schedule = schedule("soon"));
    check_create("must be ONCE when StartTime is IMMEDIATE", |d| {
        d.schedule.as_mut().expect("set").frequency = Some(Frequency::Daily);
    });
    check_create("", |d| {
        d.schedule = schedule("2031-03-02T09:00:00Z");
        d.schedule.as_mut().expect("set").frequency = Some(Frequency::Daily);
    });
    check_create("not a time zone label", |d| {
        d.schedule.as_mut().expect("set").timezone = Some("Mars".to_owned());
    });
    check_create("is not after the start", |d| {
        d.schedule = schedule("2031-03-02T09:00:00Z");
        d.schedule.as_mut().expect("set").end = Some("2031-03-02T09:00:00Z".to_owned());
    });
}

fn every(frequency: Frequency) -> Option<ScheduleDraft> {
    let mut schedule = schedule("2031-03-02T09:00:00Z");
    let draft = schedule.as_mut().expect("set");
    draft.frequency = Some(frequency);
    if frequency.waits_for_events() {
        draft.event_filter = Some(EventFilter {
            dimensions: EventDimensions::default(),
            source: EventSource::Endpoint,
        });
    }
    schedule
}

fn in_app() -> Option<MessageConfiguration> {
    Some(MessageConfiguration {
        in_app: Some(InAppMessage::default()),
        ..MessageConfiguration::default()
    })
}

#[test]
fn a_change_may_move_the_start_of_an_event_campaign_nearer() {
    let mut draft = draft();
    draft.schedule = every(Frequency::Event);
    let made = create_at_now(&draft).expect("valid");
    let mut sooner = every(Frequency::Event);
    let soon = at(NOW).plus(std::time::Duration::from_secs(60));
    sooner.as_mut().expect("set").start = soon.to_string();
    draft.schedule = sooner;
    assert!(
        create_at_now(&draft).is_err(),
        "15 minutes of notice at creation"
    );
    let moved = rules::update(&made, &draft, &NEVER_RAN, at(NOW)).expect("valid");
    assert_eq!(moved.next_run, Some(soon));
}

#[test]
fn every_frequency_goes_with_local_time() {
    check_create("", |d| d.schedule = every(Frequency::Event));
    // These accept the flag and ignore it.
    check_create("", |d| d.schedule.as_mut().expect("set").local_time = true);
    check_create("", |d| {
        d.schedule = every(Frequency::Hourly);
        d.schedule.as_mut().expect("set").local_time = true;
    });
}

#[test]
fn campaigns_that_wait_for_events_need_a_filter_and_their_content() {
    let in_app_event = |d: &mut CampaignDraft| {
        d.message = in_app();
        d.schedule = every(Frequency::InAppEvent);
    };
    check_create("", in_app_event);
    check_create(
        "Schedule.EventFilter is required with Frequency IN_APP_EVENT",
        |d| {
            in_app_event(d);
            d.schedule.as_mut().expect("set").event_filter = None;
        },
    );
    check_create("Schedule.EventFilter.Dimensions.EventType.Values", |d| {
        in_app_event(d);
        let filter = d.schedule.as_mut().expect("set").event_filter.as_mut();
        filter.expect("set").dimensions.event_type = Some(SetDimension {
            operator: None,
            values: Vec::new(),
        });
    });
    check_create("is required with Frequency IN_APP_EVENT", |d| {
        d.schedule = every(Frequency::InAppEvent);
    });
    check_create("Schedule.Frequency must be IN_APP_EVENT", |d| {
        d.message = in_app();
    });
    check_create("must be at least 15 minutes ahead", |d| {
        d.schedule = every(Frequency::Event);
        d.schedule.as_mut().expect("set").start = "2031-03-01T09:14:59Z".to_owned();
        d.paused = Some(true);
    });
}

#[test]
fn an_in_app_campaign_follows_its_window() {
    let mut draft = draft();
    draft.message = in_app();
    draft.schedule = every(Frequency::InAppEvent);
    draft.schedule.as_mut().expect("set").end = Some("2031-03-03T09:00:00Z".to_owned());
    let campaign = create_at_now(&draft).expect("valid");
    let (start, end) = (at("2031-03-02T09:00:00Z"), at("2031-03-03T09:00:00Z"));
    assert_eq!(campaign.next_run, Some(start));
    let schedule = campaign.default_treatment.schedule.as_ref().expect("set");
    let check = |now: &str, want| assert_eq!(window(schedule, at(now)), want, "{now}");
    check(NOW, (CampaignStatus::Scheduled, Some(start)));
    check(
        "2031-03-02T09:00:00Z",
        (CampaignStatus::Executing, Some(end)),
    );
    check("2031-03-03T09:00:00Z", (CampaignStatus::Completed, None));
    // Resumed within the window, it goes on; after it, it is over.
    let mut paused = campaign;
    (paused.paused, paused.status) = (true, CampaignStatus::Paused);
    let resume = CampaignDraft {
        paused: Some(false),
        ..CampaignDraft::default()
    };
    let resumed = |now: &str| {
        let next = rules::update(&paused, &resume, &NEVER_RAN, at(now)).expect("allowed");
        (next.status, next.next_run)
    };
    assert_eq!(resumed(NOW), (CampaignStatus::Scheduled, Some(start)));
    let within = resumed("2031-03-02T12:00:00Z");
    assert_eq!(within, (CampaignStatus::Executing, Some(end)));
    assert_eq!(
        resumed("2031-03-04T12:00:00Z"),
        (CampaignStatus::Completed, None)
    );
}

#[test]
fn a_recurring_campaign_goes_on_after_a_pause_and_with_a_new_schedule() {
    let mut draft = draft();
    draft.schedule = every(Frequency::Daily);
    let mut campaign = create_at_now(&draft).expect("valid");
    let now = at("2031-03-05T10:00:00Z");
    let update = |from: &Campaign, facts: &Facts, change: fn(&mut CampaignDraft)| {
        let mut draft = CampaignDraft::default();
        change(&mut draft);
        rules::update(from, &draft, facts, now).expect("allowed")
    };
    let pause: fn(&mut CampaignDraft) = |d| d.paused = Some(true);
    let resume: fn(&mut CampaignDraft) = |d| d.paused = Some(false);
    // While a run is under way, the pause comes after it.
    campaign.status = CampaignStatus::Executing;
    campaign.next_run = None;
    let paused = update(&campaign, &RUNNING, pause);
    assert_eq!(
        (paused.status, paused.paused),
        (CampaignStatus::Executing, true)
    );
    let again = update(&paused, &RUNNING, resume);
    assert_eq!(
        (again.status, again.next_run),
        (CampaignStatus::Executing, None)
    );
    // Between runs, what falls into the pause is lost.
    campaign.status = CampaignStatus::PendingNextRun;
    campaign.next_run = Some(at("2031-03-03T09:00:00Z"));
    let paused = update(&campaign, &RAN, pause);
    assert_eq!(paused.status, CampaignStatus::Paused);
    let resumed = update(&paused, &RAN, resume);
    assert_eq!(resumed.status, CampaignStatus::PendingNextRun);
    assert_eq!(resumed.next_run, Some(at("2031-03-06T09:00:00Z")));
    // Another clock time counts from the next run on; the past start is no obstacle.
    let moved = update(&resumed, &RAN, |d| {
        d.schedule = every(Frequency::Daily);
        d.schedule.as_mut().expect("set").start = "2031-03-02T11:00:00Z".to_owned();
    });
    assert_eq!(moved.next_run, Some(at("2031-03-05T11:00:00Z")));
    let over = update(&resumed, &RAN, |d| {
        d.schedule = every(Frequency::Daily);
        d.schedule.as_mut().expect("set").end = Some("2031-03-04T09:00:00Z".to_owned());
    });
    assert_eq!(
        (over.status, over.next_run),
        (CampaignStatus::Completed, None)
    );
}

#[test]
fn a_new_campaign_waits_for_its_run_or_is_paused() {
    let created = create_at_now(&draft()).expect("valid");
    assert_eq!(created.status, CampaignStatus::Scheduled);
    assert_eq!(created.next_run, Some(at(NOW)));
    assert_eq!((created.segment_version, created.version), (3, 1));
    let mut paused = draft();
    paused.paused = Some(true);
    assert_eq!(
        create_at_now(&paused).expect("valid").status,
        CampaignStatus::Paused
    );
    let mut later = draft();
    later.schedule = schedule("2031-03-02T09:00:00");
    later.schedule.as_mut().expect("set").timezone = Some("utc+05:30".to_owned());
    let later = create_at_now(&later).expect("valid");
    assert_eq!(later.next_run, Some(at("2031-03-02T03:30:00Z")));
}

fn campaign(status: CampaignStatus) -> Campaign {
    let mut campaign = create_at_now(&draft()).expect("valid");
    campaign.status = status;
    campaign.paused = status == CampaignStatus::Paused;
    campaign
}

const NEVER_RAN: Facts = Facts {
    segment_version: None,
    has_run: false,
    last_due: None,
    open_run: None,
};
static RUNNING: LazyLock<Facts> = LazyLock::new(|| Facts {
    segment_version: None,
    has_run: true,
    last_due: None,
    open_run: Some(ActivityId::new("r")),
});
const RAN: Facts = Facts {
    segment_version: None,
    has_run: true,
    last_due: None,
    open_run: None,
};

/// Whether `change` is allowed to a campaign in `status`.
#[track_caller]
fn check_edit(status: CampaignStatus, facts: &Facts, want: bool, change: fn(&mut CampaignDraft)) {
    let mut draft = CampaignDraft::default();
    change(&mut draft);
    let got = rules::update(&campaign(status), &draft, facts, at(NOW));
    assert_eq!(got.is_ok(), want, "{status:?}: {got:?}");
}

#[test]
fn what_may_be_edited_depends_on_where_the_campaign_stands() {
    use CampaignStatus::{Completed, Deleted, Executing, Invalid, Paused, Scheduled};
    let rename: fn(&mut CampaignDraft) = |d| d.name = Some("new".to_owned());
    let content: fn(&mut CampaignDraft) = |d| d.message = email("New");
    let holdout: fn(&mut CampaignDraft) = |d| d.holdout_percent = Some(5);
    let same_holdout: fn(&mut CampaignDraft) = |d| d.holdout_percent = Some(0);
    let treatments: fn(&mut CampaignDraft) = |d| d.treatments = Some(vec![treatment(10)]);
    for change in [rename, content, holdout, treatments] {
        check_edit(Scheduled, &NEVER_RAN, true, change);
        check_edit(Paused, &NEVER_RAN, true, change);
    }
    for (status, facts) in [(Executing, &RUNNING), (Paused, &RUNNING)] {
        check_edit(status, facts, true, rename);
        check_edit(status, facts, true, content);
        check_edit(status, facts, true, same_holdout);
        check_edit(status, facts, false, holdout);
        check_edit(status, facts, false, treatments);
    }
    for status in [Completed, Deleted, Invalid] {
        check_edit(status, &RAN, true, rename);
        check_edit(status, &RAN, false, content);
        check_edit(status, &RAN, false, |d| d.paused = Some(true));
    }
}

/// Where setting IsPaused takes a campaign.
#[track_caller]
fn check_pause(from: CampaignStatus, facts: &Facts, paused: bool, want: CampaignStatus) {
    let draft = CampaignDraft {
        paused: Some(paused),
        ..CampaignDraft::default()
    };
    let next = rules::update(&campaign(from), &draft, facts, at(NOW)).expect("allowed");
    assert_eq!(next.status, want);
}

#[test]
fn pausing_and_resuming_follow_the_status_machine() {
    use CampaignStatus::{Completed, Executing, Paused, Scheduled};
    check_pause(Scheduled, &NEVER_RAN, true, Paused);
    check_pause(Executing, &RUNNING, true, Paused);
    check_pause(Executing, &RUNNING, false, Executing);
    check_pause(Paused, &RUNNING, false, Executing);
    check_pause(Paused, &NEVER_RAN, false, Scheduled);
    check_pause(Paused, &RAN, false, Completed);
    check_pause(Paused, &NEVER_RAN, true, Paused);
}

#[test]
fn a_start_that_fell_into_the_pause_is_lost() {
    let mut campaign = campaign(CampaignStatus::Paused);
    let schedule = campaign.default_treatment.schedule.as_mut().expect("set");
    schedule.start = Start::At(at("2031-03-01T07:00:00Z"));
    let resume = CampaignDraft {
        paused: Some(false),
        ..CampaignDraft::default()
    };
    let next = rules::update(&campaign, &resume, &NEVER_RAN, at(NOW)).expect("allowed");
    assert_eq!(
        (next.status, next.next_run),
        (CampaignStatus::Completed, None)
    );
}

#[test]
fn an_update_replaces_what_it_names_and_counts_versions() {
    let before = campaign(CampaignStatus::Scheduled);
    let change = CampaignDraft {
        description: Some("more".to_owned()),
        limits: Some(Limits {
            daily: Some(2),
            ..Limits::default()
        }),
        ..CampaignDraft::default()
    };
    let later = at("2031-03-01T09:01:00Z");
    let after = rules::update(&before, &change, &NEVER_RAN, later).expect("allowed");
    assert_eq!(after.version, before.version + 1);
    assert_eq!(after.modified, later);
    assert_eq!(after.name, before.name);
    assert_eq!(after.description.as_deref(), Some("more"));
    assert_eq!(after.limits.and_then(|limits| limits.daily), Some(2));
    assert_eq!(after.default_treatment, before.default_treatment);
}

/// A campaign with nothing in it.
pub(crate) fn blank(id: &str) -> Campaign {
    let mut campaign = create_at_now(&draft()).expect("valid");
    campaign.id = CampaignId::new(id);
    campaign
}
