//! What may change where a campaign stands, over every pair of the two
//! (`docs/spec/campaigns.md §5`).

use model::{
    CampaignHook, HookMode, QuietTime, TemplateConfiguration, TemplateRef, TreatmentClock,
};

use super::*;

/// When a member may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Always,
    /// Until the campaign is over.
    Over,
    /// Until the first run of any of its treatments.
    Run,
}

type Change = fn(&mut CampaignDraft);

const DEFAULT_START: &str = "2031-03-02T09:00:00Z";
const OWN_START: &str = "2031-03-02T12:00:00Z";

fn daily(start: &str) -> ScheduleDraft {
    ScheduleDraft {
        start: start.to_owned(),
        frequency: Some(Frequency::Daily),
        ..ScheduleDraft::default()
    }
}

fn own() -> TreatmentDraft {
    TreatmentDraft {
        schedule: Some(daily(OWN_START)),
        ..treatment(25)
    }
}

fn base() -> CampaignDraft {
    CampaignDraft {
        schedule: Some(daily(DEFAULT_START)),
        treatments: Some(vec![own()]),
        ..draft()
    }
}

fn with_schedule(draft: &mut CampaignDraft, change: impl Fn(&mut ScheduleDraft)) {
    let mut schedule = daily(DEFAULT_START);
    change(&mut schedule);
    draft.schedule = Some(schedule);
}

fn with_treatment(draft: &mut CampaignDraft, change: impl Fn(&mut TreatmentDraft)) {
    let mut treatment = own();
    change(&mut treatment);
    draft.treatments = Some(vec![treatment]);
}

fn with_own_schedule(draft: &mut CampaignDraft, change: impl Fn(&mut ScheduleDraft)) {
    with_treatment(draft, |it| change(it.schedule.as_mut().expect("set")));
}

/// Every member, with a value that differs from that of [`base`].
const MEMBERS: &[(&str, Until, Change)] = &[
    ("Name", Until::Always, |d| d.name = Some("new".to_owned())),
    ("Description", Until::Always, |d| {
        d.description = Some("new".to_owned());
    }),
    ("SegmentId", Until::Over, |d| {
        d.segment = Some("other".into());
    }),
    ("MessageConfiguration", Until::Over, |d| {
        d.message = email("New");
    }),
    ("TemplateConfiguration", Until::Over, |d| {
        d.template = Some(TemplateConfiguration {
            email: Some(TemplateRef {
                name: "sale".into(),
                version: None,
            }),
            ..TemplateConfiguration::default()
        });
    }),
    ("CustomDeliveryConfiguration", Until::Over, |d| {
        d.custom_delivery = Some(("offer".to_owned(), Vec::new()));
    }),
    ("TreatmentName", Until::Over, |d| {
        d.treatment_name = Some("A".to_owned());
    }),
    ("TreatmentDescription", Until::Over, |d| {
        d.treatment_description = Some("A".to_owned());
    }),
    ("Limits", Until::Over, |d| {
        d.limits = Some(Limits {
            daily: Some(3),
            ..Limits::default()
        });
    }),
    ("Hook", Until::Over, |d| {
        d.hook = Some(CampaignHook {
            function: None,
            mode: Some(HookMode::Filter),
            url: Some("https://hook.example/x".to_owned()),
        });
    }),
    ("Priority", Until::Over, |d| d.priority = Some(3)),
    ("resendInDoubt", Until::Over, |d| {
        d.resend_in_doubt = Some(true);
    }),
    ("Schedule.StartTime", Until::Over, |d| {
        with_schedule(d, |it| it.start = "2031-03-03T08:00:00Z".to_owned());
    }),
    ("Schedule.EndTime", Until::Over, |d| {
        with_schedule(d, |it| it.end = Some("2031-04-01T00:00:00Z".to_owned()));
    }),
    ("Schedule.Timezone", Until::Over, |d| {
        with_schedule(d, |it| it.timezone = Some("UTC+01".to_owned()));
    }),
    ("Schedule.IsLocalTime", Until::Over, |d| {
        with_schedule(d, |it| it.local_time = true);
    }),
    ("Schedule.QuietTime", Until::Over, |d| {
        with_schedule(d, |it| {
            it.quiet_time = Some(QuietTime {
                start: 60,
                end: 120,
            });
        });
    }),
    ("Schedule.Frequency", Until::Run, |d| {
        with_schedule(d, |it| it.frequency = Some(Frequency::Weekly));
    }),
    ("HoldoutPercent", Until::Run, |d| {
        d.holdout_percent = Some(5);
    }),
    ("AdditionalTreatments", Until::Run, |d| {
        d.treatments = Some(Vec::new());
    }),
    ("AdditionalTreatments", Until::Run, |d| {
        d.treatments = Some(vec![own(), treatment(10)]);
    }),
    ("AdditionalTreatments", Until::Run, |d| {
        with_treatment(d, |it| it.size_percent = 10);
    }),
    ("AdditionalTreatments", Until::Run, |d| {
        with_treatment(d, |it| it.name = Some("B".to_owned()));
    }),
    ("AdditionalTreatments", Until::Run, |d| {
        with_treatment(d, |it| it.message = email("Else"));
    }),
    ("AdditionalTreatments", Until::Run, |d| {
        with_treatment(d, |it| it.schedule = None);
    }),
    ("AdditionalTreatments", Until::Run, |d| {
        with_own_schedule(d, |it| it.start = "2031-03-03T12:00:00Z".to_owned());
    }),
    ("AdditionalTreatments", Until::Run, |d| {
        with_own_schedule(d, |it| it.frequency = Some(Frequency::Weekly));
    }),
    ("AdditionalTreatments", Until::Run, |d| {
        with_own_schedule(d, |it| {
            it.quiet_time = Some(QuietTime {
                start: 60,
                end: 120,
            });
        });
    }),
];

/// Where a campaign stands, until when its members may change there, and a campaign that does.
struct Standing {
    what: &'static str,
    over: bool,
    facts: Facts,
    campaign: Campaign,
}

fn clock(status: CampaignStatus, ran: bool) -> TreatmentClock {
    TreatmentClock {
        status,
        next_run: None,
        ran,
        run: (status == CampaignStatus::Executing).then(|| ActivityId::new("r")),
    }
}

fn standings() -> Vec<Standing> {
    use CampaignStatus::{
        Completed, Deleted, Executing, Invalid, Paused, PendingNextRun, Scheduled,
    };
    let alike = |what, status, facts: &Facts| {
        let mut campaign = create_at_now(&base()).expect("valid");
        (campaign.status, campaign.clocks) = (status, Vec::new());
        campaign.paused = status == Paused;
        Standing {
            what,
            over: status.is_final(),
            facts: facts.clone(),
            campaign,
        }
    };
    // The default treatment and the other one, each by its own clock.
    let apart = |what, one: (CampaignStatus, bool), other: (CampaignStatus, bool)| {
        let mut standing = alike(what, Scheduled, &RAN);
        let campaign = &mut standing.campaign;
        campaign.paused = one.0 == Paused || other.0 == Paused;
        crate::campaigns::settle(campaign, vec![clock(one.0, one.1), clock(other.0, other.1)]);
        standing
    };
    vec![
        alike("scheduled", Scheduled, &NEVER_RAN),
        alike("paused before the first run", Paused, &NEVER_RAN),
        alike("between runs", PendingNextRun, &RAN),
        alike("paused after a run", Paused, &RAN),
        alike("executing", Executing, &RUNNING),
        alike("paused in a run", Paused, &RUNNING),
        alike("completed", Completed, &RAN),
        alike("deleted", Deleted, &RAN),
        alike("invalid", Invalid, &RAN),
        apart(
            "the default executes first",
            (Executing, true),
            (Scheduled, false),
        ),
        apart(
            "the default ran first",
            (PendingNextRun, true),
            (Scheduled, false),
        ),
        apart(
            "the other executes first",
            (Scheduled, false),
            (Executing, true),
        ),
        apart(
            "the other ran first",
            (Scheduled, false),
            (PendingNextRun, true),
        ),
        apart("the other is done", (Scheduled, false), (Completed, true)),
        apart("the default is done", (Completed, true), (Scheduled, false)),
        apart("paused after one ran", (Paused, true), (Paused, false)),
    ]
}

#[test]
fn every_member_may_change_as_long_as_the_table_says() {
    for Standing {
        what,
        over,
        facts,
        campaign,
    } in standings()
    {
        for (index, (member, until, change)) in MEMBERS.iter().enumerate() {
            let mut draft = CampaignDraft::default();
            change(&mut draft);
            let allowed = match until {
                Until::Always => true,
                Until::Over => !over,
                Until::Run => !over && !facts.has_run,
            };
            let got = rules::update(&campaign, &draft, &facts, at(NOW));
            let case = format!("{what}, {member} (change {index})");
            match (allowed, got) {
                (true, Ok(next)) => {
                    assert_eq!(next.version, campaign.version + 1, "{case}");
                    assert_eq!(next.status.is_final(), over, "{case}");
                }
                (
                    false,
                    Err(CampaignRefusal::NotEditable {
                        member: told,
                        status,
                    }),
                ) => {
                    let want = if over {
                        "everything but Name and Description"
                    } else {
                        member
                    };
                    assert_eq!((told, status), (want, campaign.status), "{case}");
                }
                (_, got) => panic!("{case}: {got:?}"),
            }
        }
        // To repeat what is there is no change.
        let same = CampaignDraft {
            paused: None,
            ..base()
        };
        let got = rules::update(&campaign, &same, &facts, at(NOW));
        assert!(got.is_ok(), "{what}: {got:?}");
    }
}

/// The next runs of the default treatment and of the other one.
fn next_runs(campaign: &Campaign) -> Vec<Option<Timestamp>> {
    let clocks = crate::campaigns::clocks(campaign, true, None);
    clocks.iter().map(|clock| clock.next_run).collect()
}

#[test]
fn a_new_time_moves_the_clocks_that_go_by_it_alone() {
    let mut campaign = create_at_now(&base()).expect("valid");
    let own = at(OWN_START);
    assert_eq!(next_runs(&campaign), [Some(at(DEFAULT_START)), Some(own)]);
    let mut started = vec![
        clock(CampaignStatus::PendingNextRun, true),
        clock(CampaignStatus::Scheduled, false),
    ];
    started[0].next_run = Some(at("2031-03-03T09:00:00Z"));
    started[1].next_run = Some(own);
    crate::campaigns::settle(&mut campaign, started);
    let mut later = CampaignDraft::default();
    with_schedule(&mut later, |it| {
        it.start = "2031-03-05T08:00:00Z".to_owned();
    });
    let now = at("2031-03-02T10:00:00Z");
    let next = rules::update(&campaign, &later, &RAN, now).expect("allowed");
    assert_eq!(
        next_runs(&next),
        [Some(at("2031-03-05T08:00:00Z")), Some(own)]
    );
}

#[test]
fn a_clock_that_never_ran_cannot_be_given_a_start_that_is_over() {
    let mut draft = base();
    draft.schedule = schedule(DEFAULT_START);
    let mut campaign = create_at_now(&draft).expect("valid");
    let mut clocks = vec![
        clock(CampaignStatus::Scheduled, false),
        clock(CampaignStatus::PendingNextRun, true),
    ];
    clocks[0].next_run = Some(at(DEFAULT_START));
    crate::campaigns::settle(&mut campaign, clocks.clone());
    let moved = |campaign: &Campaign| {
        let change = CampaignDraft {
            schedule: schedule("2031-03-01T08:00:00Z"),
            ..CampaignDraft::default()
        };
        rules::update(campaign, &change, &RAN, at(NOW))
    };
    match moved(&campaign) {
        Err(CampaignRefusal::Schedule { member, .. }) => assert_eq!(member, "Schedule.StartTime"),
        got => panic!("not refused: {got:?}"),
    }
    // It is no obstacle for one that ran.
    clocks.swap(0, 1);
    crate::campaigns::settle(&mut campaign, clocks);
    assert!(moved(&campaign).is_ok());
}
