use clock::Timestamp;
use model::{
    AppId, Campaign, CampaignId, CampaignStatus, EmailMessage, Frequency, Inherited, Limits,
    MessageConfiguration, Start,
};

use super::*;

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
    check_create("Schedule.Frequency DAILY is not supported", |d| {
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
    run_unfinished: false,
};
const RUNNING: Facts = Facts {
    segment_version: None,
    has_run: true,
    run_unfinished: true,
};
const RAN: Facts = Facts {
    segment_version: None,
    has_run: true,
    run_unfinished: false,
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
