use model::{
    Attributes, Campaign, CampaignContent, CampaignStatus, CustomMessage, Demographic,
    EmailMessage, Frequency, Inherited, Limits, Location, MessageConfiguration, Metrics, Schedule,
    Start, Treatment,
};
use proptest::prelude::*;

use super::*;

fn now() -> Timestamp {
    Timestamp::parse("2031-03-01T12:00:00Z").expect("a test's instant")
}

fn endpoint() -> Endpoint {
    Endpoint {
        app: "a".into(),
        id: "e".into(),
        ordinal: 7,
        channel: Some(ChannelType::Email),
        address: Some("ada@mail.example".to_owned()),
        attributes: Attributes::new(),
        metrics: Metrics::new(),
        demographic: Demographic {
            timezone: Some("UTC".to_owned()),
            ..Demographic::default()
        },
        location: Location::default(),
        user: None,
        user_attributes: Attributes::new(),
        opt_out: OptOut::None,
        status: EndpointStatus::Active,
        effective: now(),
        request_id: String::new(),
        cohort: 0,
        created: now(),
        last_active: None,
    }
}

fn campaign() -> Campaign {
    Campaign {
        app: "a".into(),
        id: "c".into(),
        name: "n".to_owned(),
        description: None,
        segment: "s".into(),
        segment_version: 1,
        default_treatment: CampaignContent {
            message: Some(MessageConfiguration {
                email: Some(EmailMessage::default()),
                ..MessageConfiguration::default()
            }),
            schedule: Some(Schedule {
                start: Start::Immediately,
                start_text: None,
                end: None,
                end_text: None,
                frequency: Frequency::Once,
                local_time: false,
                timezone: None,
                quiet_time: None,
                event_filter: None,
            }),
            ..CampaignContent::default()
        },
        treatment_name: None,
        treatment_description: None,
        treatments: Vec::new(),
        holdout_percent: 0,
        limits: None,
        hook: None,
        inherited: Inherited::default(),
        paused: false,
        priority: None,
        status: CampaignStatus::Executing,
        next_run: None,
        clocks: Vec::new(),
        status_reason: None,
        resend_in_doubt: false,
        safety: model::CampaignSafety::default(),
        tags: model::Tags::new(),
        version: 1,
        created: now(),
        modified: now(),
    }
}

/// Everything that could keep one endpoint out, each switched by itself.
struct Case {
    endpoint: Endpoint,
    campaign: Campaign,
    gone: bool,
    taken: bool,
    campaign_capped: bool,
    daily_capped: bool,
    started: Timestamp,
}

impl Case {
    fn new() -> Self {
        Self {
            endpoint: endpoint(),
            campaign: campaign(),
            gone: false,
            taken: false,
            campaign_capped: false,
            daily_capped: false,
            started: now(),
        }
    }

    fn run(&self) -> Run {
        let began = self.started;
        Run::new(&self.campaign, Vec::new(), Vec::new(), began, began)
    }

    fn decide(&self) -> Decision {
        let rules = Rules::new(&self.campaign, &self.run());
        let mut claim = |_: &str| !self.taken;
        let mut circumstances = Circumstances {
            now: now(),
            due: None,
            claimed: false,
            claim: &mut claim,
            campaign_capped: self.campaign_capped,
            daily_capped: self.daily_capped,
        };
        let endpoint = (!self.gone).then_some(&self.endpoint);
        rules.decide(endpoint, &mut circumstances).0
    }
}

type Obstacle = fn(&mut Case);

/// The obstacles in the order of the pipeline, with what each leads to.
const STEPS: [(Outcome, Obstacle); 11] = [
    (Outcome::FilteredOutBySegment, |case| case.gone = true),
    (Outcome::EndpointInactive, |case| {
        case.endpoint.status = EndpointStatus::Inactive;
    }),
    (Outcome::EndpointOptOut, |case| {
        case.endpoint.opt_out = OptOut::All;
    }),
    (Outcome::EndpointMissingChannel, |case| {
        case.endpoint.channel = None;
    }),
    (Outcome::EndpointMissingAddress, |case| {
        case.endpoint.address = None;
    }),
    (Outcome::EndpointChannelMismatch, |case| {
        if case.endpoint.channel.is_some() {
            case.endpoint.channel = Some(ChannelType::Voice);
        }
    }),
    (Outcome::Holdout, |case| case.campaign.holdout_percent = 100),
    (Outcome::DuplicateAddress, |case| case.taken = true),
    (Outcome::CampaignCap, |case| case.campaign_capped = true),
    (Outcome::DailyCap, |case| case.daily_capped = true),
    (Outcome::QuietTime, |case| {
        case.campaign.inherited.quiet_time = Some(QuietTime {
            start: 11 * 60,
            end: 13 * 60,
        });
    }),
];

#[test]
fn nothing_in_the_way_means_a_message() {
    assert_eq!(Case::new().decide(), Decision::Send);
}

#[test]
fn the_first_obstacle_wins() {
    let last: (Outcome, Obstacle) = (Outcome::Expired, |case| {
        case.campaign.limits = Some(Limits {
            maximum_duration_s: Some(60),
            ..Limits::default()
        });
        case.started = now().minus(Duration::from_secs(60));
    });
    let steps: Vec<_> = STEPS.into_iter().chain([last]).collect();
    for (first, (want, _)) in steps.iter().enumerate() {
        // This obstacle and all later ones are in the way.
        let mut case = Case::new();
        for (_, obstacle) in &steps[first..] {
            obstacle(&mut case);
        }
        assert_eq!(
            case.decide(),
            Decision::Skip(*want),
            "step {first} and later ones"
        );
        let mut alone = Case::new();
        steps[first].1(&mut alone);
        assert_eq!(alone.decide(), Decision::Skip(*want), "step {first} alone");
    }
}

#[test]
fn a_blank_address_is_no_address() {
    let mut case = Case::new();
    case.endpoint.address = Some("  ".to_owned());
    assert_eq!(
        case.decide(),
        Decision::Skip(Outcome::EndpointMissingAddress)
    );
}

#[test]
fn without_a_zone_quiet_time_does_not_apply() {
    let mut case = Case::new();
    case.campaign.inherited.quiet_time = Some(QuietTime {
        start: 0,
        end: 1439,
    });
    case.endpoint.demographic.timezone = Some("Nowhere/At_all".to_owned());
    assert_eq!(case.decide(), Decision::Send);
}

#[track_caller]
fn check_reach(content: &CampaignContent, want: &[ChannelType]) {
    let got: Vec<ChannelType> = ChannelType::ALL
        .iter()
        .copied()
        .filter(|channel| covers(content, *channel))
        .collect();
    assert_eq!(got, want);
}

#[test]
fn content_reaches_the_channels_of_the_reference() {
    use ChannelType::{
        Adm, Apns, ApnsSandbox, ApnsVoip, ApnsVoipSandbox, Baidu, Custom, Email, Gcm, Sms,
    };
    let says = |message: MessageConfiguration| CampaignContent {
        message: Some(message),
        ..CampaignContent::default()
    };
    check_reach(&CampaignContent::default(), &[]);
    check_reach(
        &says(MessageConfiguration {
            default: Some(model::PushMessage::default()),
            ..MessageConfiguration::default()
        }),
        &[
            Gcm,
            Apns,
            ApnsSandbox,
            ApnsVoip,
            ApnsVoipSandbox,
            Adm,
            Sms,
            Baidu,
        ],
    );
    check_reach(
        &says(MessageConfiguration {
            apns: Some(model::PushMessage::default()),
            ..MessageConfiguration::default()
        }),
        &[Apns, ApnsSandbox, ApnsVoip, ApnsVoipSandbox],
    );
    let mut custom = says(MessageConfiguration {
        custom: Some(CustomMessage::default()),
        ..MessageConfiguration::default()
    });
    custom.custom_delivery = Some(("https://x.example".to_owned(), Vec::new()));
    check_reach(&custom, &[Custom]);
    custom.custom_delivery = Some(("https://x.example".to_owned(), vec![Email]));
    check_reach(&custom, &[Email]);
}

#[test]
fn treatments_have_their_own_quiet_time() {
    let mut campaign = campaign();
    let quiet = Some(QuietTime {
        start: 0,
        end: 1439,
    });
    let mut schedule = campaign.default_treatment.schedule.clone();
    if let Some(schedule) = &mut schedule {
        schedule.quiet_time = quiet;
    }
    campaign.treatments.push(Treatment {
        size_percent: 50,
        name: None,
        description: None,
        content: CampaignContent {
            schedule,
            ..CampaignContent::default()
        },
    });
    let rules = Rules::new(&campaign, &run(&campaign));
    assert_eq!(rules.too_late(&endpoint(), 0, None, now()), None);
    assert_eq!(
        rules.too_late(&endpoint(), 1, None, now()),
        Some(Outcome::QuietTime)
    );
}

/// A run of all treatments that begins now.
fn run(campaign: &Campaign) -> Run {
    Run::new(campaign, Vec::new(), Vec::new(), now(), now())
}

/// A campaign that sweeps from now on, in a label.
fn sweeping(label: &str) -> Campaign {
    let mut campaign = campaign();
    let schedule = campaign.default_treatment.schedule.as_mut().expect("set");
    schedule.start = Start::At(now());
    schedule.local_time = true;
    schedule.timezone = Some(label.to_owned());
    campaign
}

/// What becomes, `later` after the opening, of an endpoint in `zone` whose turn was set for
/// `due` after it.
#[track_caller]
fn check_turn(zone: Option<&str>, due: Duration, later: Duration, want: Decision) {
    let campaign = sweeping("UTC");
    let rules = Rules::new(&campaign, &run(&campaign));
    let mut endpoint = endpoint();
    endpoint.demographic.timezone = zone.map(str::to_owned);
    let mut claim = |_: &str| true;
    let mut circumstances = Circumstances {
        now: now().plus(later),
        due: Some(now().plus(due)),
        claimed: false,
        claim: &mut claim,
        campaign_capped: false,
        daily_capped: false,
    };
    let got = rules.decide(Some(&endpoint), &mut circumstances).0;
    assert_eq!(got, want, "{zone:?}");
    circumstances.claimed = true;
    let again = rules.decide(Some(&endpoint), &mut circumstances).0;
    assert_eq!(again, Decision::Send, "who had the turn keeps it");
}

#[test]
fn a_zone_decides_when_it_has_its_turn() {
    const HOUR: Duration = Duration::from_secs(3600);
    let none = Duration::ZERO;
    let missing = Decision::Skip(Outcome::EndpointMissingTimezone);
    check_turn(None, none, none, missing);
    check_turn(Some("Mars/Olympus"), none, none, missing);
    check_turn(Some("UTC"), none, none, Decision::Send);
    check_turn(
        Some("Africa/Lagos"),
        none,
        none,
        Decision::Wait(now().plus(23 * HOUR)),
    );
    check_turn(
        Some("America/Phoenix"),
        none,
        none,
        Decision::Wait(now().plus(7 * HOUR)),
    );
    check_turn(Some("America/Phoenix"), 7 * HOUR, 7 * HOUR, Decision::Send);
    // Late is no reason to leave anybody out.
    check_turn(Some("America/Phoenix"), 7 * HOUR, 9 * HOUR, Decision::Send);
    check_turn(Some("America/Phoenix"), 5 * HOUR, 9 * HOUR, Decision::Send);
    let mismatch = Decision::Skip(Outcome::EndpointTimezoneMismatch);
    check_turn(Some("UTC"), 7 * HOUR, 7 * HOUR, mismatch);
}

#[test]
fn each_zone_has_its_own_deadline() {
    let mut campaign = sweeping("UTC");
    campaign.limits = Some(Limits {
        maximum_duration_s: Some(600),
        ..Limits::default()
    });
    let rules = Rules::new(&campaign, &run(&campaign));
    let mut endpoint = endpoint();
    endpoint.demographic.timezone = Some("America/Phoenix".to_owned());
    let turn = now().plus(Duration::from_secs(7 * 3600));
    let after = |seconds| turn.plus(Duration::from_secs(seconds));
    let late = |now| rules.too_late(&endpoint, 0, Some(turn), now);
    assert_eq!(late(after(599)), None);
    assert_eq!(late(after(600)), Some(Outcome::Expired));
}

#[test]
fn a_zone_past_the_end_gets_nothing() {
    let mut campaign = sweeping("UTC-05");
    let schedule = campaign.default_treatment.schedule.as_mut().expect("set");
    schedule.end = Some(now().plus(Duration::from_secs(3600)));
    let rules = Rules::new(&campaign, &run(&campaign));
    let mut endpoint = endpoint();
    let mut late = |zone: &str| {
        endpoint.demographic.timezone = Some(zone.to_owned());
        rules.too_late(&endpoint, 0, None, now())
    };
    assert_eq!(late("America/Phoenix"), None);
    assert_eq!(late("Asia/Tokyo"), Some(Outcome::Expired));
}

#[test]
fn a_run_leaves_the_treatments_of_other_runs_alone() {
    let mut campaign = campaign();
    campaign.holdout_percent = 30;
    campaign.treatments.push(Treatment {
        size_percent: 40,
        name: None,
        description: None,
        content: CampaignContent::default(),
    });
    for taken in [vec![0], vec![1], vec![0, 1]] {
        let run = Run::new(&campaign, Vec::new(), taken.clone(), now(), now());
        let rules = Rules::new(&campaign, &run);
        for cohort in 0..100 {
            let mut endpoint = endpoint();
            endpoint.cohort = cohort;
            let mut claim = |_: &str| true;
            let mut circumstances = Circumstances {
                now: now(),
                due: None,
                claimed: false,
                claim: &mut claim,
                campaign_capped: false,
                daily_capped: false,
            };
            let got = rules.decide(Some(&endpoint), &mut circumstances);
            let silent = (Decision::Skip(Outcome::TreatmentHoldout), None);
            let want = match Cohorts::deal(&campaign).assignment(cohort) {
                Assignment::Treatment(number) if taken.contains(&number) => {
                    (Decision::Send, Some(number))
                }
                Assignment::Holdout if taken.contains(&0) => {
                    (Decision::Skip(Outcome::Holdout), None)
                }
                _ => silent,
            };
            assert_eq!(got, want);
        }
    }
}

#[test]
fn outcomes_fall_into_one_kind_each() {
    for outcome in Outcome::ALL {
        assert!(
            !(filtered(*outcome) && (claimed(*outcome) || outcome.recorded())),
            "{outcome:?}"
        );
    }
}

proptest! {
    /// What is told about a person is what was decided: the first answer that is no decides.
    #[test]
    fn a_decision_is_the_first_rule_that_fails(
        obstacles in proptest::collection::vec(any::<bool>(), STEPS.len()),
        long in any::<bool>(),
        holdout in 0_u8..=100,
        cohort in 0_u8..100,
    ) {
        let mut case = Case::new();
        case.endpoint.cohort = cohort;
        case.campaign.holdout_percent = holdout;
        for ((_, obstacle), there) in STEPS.iter().zip(obstacles) {
            if there {
                obstacle(&mut case);
            }
        }
        if long {
            case.campaign.limits = Some(Limits {
                maximum_duration_s: Some(60),
                ..Limits::default()
            });
            case.started = now().minus(Duration::from_secs(3600));
        }
        let rules = Rules::new(&case.campaign, &case.run());
        let mut claim = |_: &str| !case.taken;
        let mut circumstances = Circumstances {
            now: now(),
            due: None,
            claimed: false,
            claim: &mut claim,
            campaign_capped: case.campaign_capped,
            daily_capped: case.daily_capped,
        };
        let endpoint = (!case.gone).then_some(&case.endpoint);
        let (answers, treatment) = rules.trace(&Rule::ORDER, endpoint, &mut circumstances);
        let verdict = rules.decide(endpoint, &mut circumstances);
        let first = answers.iter().find(|(_, holds)| !holds);
        let want = first.map_or(Decision::Send, |(rule, _)| Decision::Skip(rule.outcome()));
        prop_assert_eq!(verdict, (want, treatment));
        prop_assert_eq!(answers.len(), Rule::ORDER.len());
        let claims = answers.iter().take_while(|(rule, _)| *rule != Rule::OwnAddress);
        let reaches = claims.into_iter().all(|(_, holds)| *holds);
        prop_assert_eq!(!case.gone && rules.claims(&case.endpoint, now()), reaches);
    }
}
