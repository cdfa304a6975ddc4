//! Worlds of many seeds, audited. `SIM_SEED` and `SIM_SEEDS` choose others.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{Frequency, Origin};
use parking_lot::Mutex;
use sim::evidence::{Answer, Coverage, Evidence, Story};
use sim::plan::{Plan, Size};
use sim::{audit, try_seed, world};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// Tries seeds on all processors, and answers what they have seen.
fn try_seeds(first: u64, count: u64, size: &Size) -> Coverage {
    let coverage = Mutex::new(Coverage::default());
    let failures = Mutex::new(Vec::new());
    let next = AtomicU64::new(first);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        return;
                    }
                    match try_seed(seed, size) {
                        Ok(evidence) => coverage.lock().add(&evidence),
                        Err(failure) => failures.lock().push((seed, failure.complaints)),
                    }
                }
            });
        }
    });
    let failures = failures.into_inner();
    assert!(
        failures.is_empty(),
        "again: cargo xtask sim --seeds 1 --show --from SEED\n{failures:#?}"
    );
    coverage.into_inner()
}

#[test]
fn a_thousand_worlds() {
    let first = number("SIM_SEED", 1);
    let coverage = try_seeds(first, number("SIM_SEEDS", 1_000), &Size::default());
    println!("{coverage}");
    if coverage.worlds < 1_000 {
        return; // fewer were asked for
    }
    // Worlds in which nothing happens would prove nothing.
    assert!(coverage.shared_runs > coverage.runs / 3, "{coverage}");
    for (place, least) in [
        ("append", 10),
        ("commit", 10),
        ("hand over", 10),
        ("note position", 10),
        ("write endpoints", 10),
        ("call", 3),
    ] {
        let crashes = coverage.crashes.get(place).copied().unwrap_or(0);
        assert!(crashes >= least, "{crashes} crashes at {place}");
    }
    for feature in [
        "ONCE",
        "HOURLY",
        "DAILY",
        "WEEKLY",
        "EVENT",
        "local time",
        "own clocks",
        "hook",
        "resend",
    ] {
        let people = coverage.features.get(feature).copied().unwrap_or(0);
        assert!(people >= 100, "{people} got something of {feature}");
    }
    for outcome in [
        "SUCCESS",
        "IN_DOUBT",
        "UNKNOWN",
        "FAILURE_PERMANENT",
        "TRANSIENT_FAILURE",
        "THROTTLED",
        "DAILY_CAP",
        "CAMPAIGN_CAP",
        "EXPIRED",
        "QUIET_TIME",
        "HOLDOUT",
        "DUPLICATE_ADDRESS",
        "UNSUPPORTED_CHANNEL",
        "CANCELLED",
        "FILTERED_OUT_BY_SEGMENT",
        "FILTERED_OUT_BY_HOOK",
        "HOOK_FAILURE",
    ] {
        assert!(
            coverage.outcomes.contains_key(outcome),
            "nobody has {outcome}"
        );
    }
}

#[test]
fn a_week_of_campaigns_over_ten_thousand_endpoints() {
    let size = Size {
        people: 10_000,
        days: 7,
        campaigns: 3,
        crashes: 2,
    };
    // Seeds that make a busy week.
    let seeds = (number("SIM_SEED", 1)..).filter(|seed| is_busy(&Plan::generate(*seed, &size)));
    let mut coverage = Coverage::default();
    for seed in seeds.take(3) {
        match try_seed(seed, &size) {
            Ok(evidence) => coverage.add(&evidence),
            Err(failure) => panic!("seed {seed}: {:#?}", failure.complaints),
        }
    }
    println!("{coverage}");
    assert!(coverage.hand_overs > 10_000, "{coverage}");
}

fn is_busy(plan: &Plan) -> bool {
    plan.people.len() > 9_000 && plan.campaigns_created() == 3 && plan.slowest_rate().is_none()
}

/// A world with messages, of which some were taken.
fn some_world(wanted: impl Fn(&Evidence) -> bool) -> Evidence {
    (1..)
        .filter_map(|seed| try_seed(seed, &Size::default()).ok())
        .find(|evidence| {
            let full = |record: &sim::evidence::RunRecord| {
                let sets: Vec<_> = record
                    .batches
                    .iter()
                    .flat_map(|b| b.outcomes.keys())
                    .collect();
                record.run.ended.is_some() && sets.len() > 3
            };
            evidence.hand_overs.len() > 20
                && evidence
                    .campaigns
                    .iter()
                    .any(|story| story.last.is_some() && story.runs.iter().any(full))
                && wanted(evidence)
        })
        .expect("there are many seeds")
}

/// The auditor's complaints about a world whose record `damage` has changed.
#[track_caller]
fn check(rule: &str, damage: impl FnOnce(&mut Evidence)) {
    check_where(|_| true, rule, damage);
}

/// As [`check`], in a world that is `wanted`.
#[track_caller]
fn check_where(wanted: impl Fn(&Evidence) -> bool, rule: &str, damage: impl FnOnce(&mut Evidence)) {
    let mut evidence = some_world(wanted);
    assert_eq!(audit::audit(&evidence), []);
    damage(&mut evidence);
    let rules: BTreeSet<&str> = audit::audit(&evidence).iter().map(|it| it.rule).collect();
    assert!(rules.contains(rule), "{rule:?} is not among {rules:?}");
}

fn taken(evidence: &Evidence) -> usize {
    let mut sent = evidence.hand_overs.iter();
    sent.position(|sent| sent.answer == Some(Answer::Take))
        .expect("one was taken")
}

#[test]
fn a_doubled_message_is_found() {
    check("nobody is sent a message twice", |evidence| {
        let again = evidence.hand_overs[taken(evidence)].clone();
        evidence.hand_overs.push(again);
    });
}

#[test]
fn a_message_that_nobody_took_is_found() {
    check("the outcome is one that the rules give", |evidence| {
        let number = taken(evidence);
        evidence.hand_overs.remove(number);
    });
}

#[test]
fn an_event_without_its_message_is_found() {
    let fed = |story: &Story| {
        waits_for_events(story) && story.runs.iter().any(|record| record.run.produced > 4)
    };
    let wanted = |evidence: &Evidence| evidence.campaigns.iter().any(fed);
    let rule = "each event that matches brings one message";
    check_where(wanted, rule, |evidence| {
        let reported = evidence.events.iter();
        let reported = reported.filter(|event| event.origin == Origin::Client);
        let again: Vec<_> = reported.cloned().collect();
        evidence.events.extend(again);
    });
}

#[test]
fn a_stray_message_is_found() {
    check("messages go to members of runs", |evidence| {
        let mut stray = evidence.hand_overs[taken(evidence)].clone();
        stray.endpoint = "nobody".to_owned();
        evidence.hand_overs.push(stray);
    });
}

#[test]
fn a_person_who_vanishes_is_found() {
    check("everybody has an outcome", |evidence| {
        let batch = ended_batch(evidence);
        let set = batch.outcomes.values_mut().next().expect("it has outcomes");
        let lost = set.min().expect("it has members");
        set.remove(lost);
    });
}

#[test]
fn a_person_in_two_places_is_found() {
    check("outcomes are disjoint", |evidence| {
        let batch = ended_batch(evidence);
        let first = batch
            .outcomes
            .values()
            .next()
            .expect("it has outcomes")
            .clone();
        *batch.outcomes.values_mut().last().expect("it has outcomes") |= first;
    });
}

#[test]
fn a_missing_record_is_found() {
    check("the log tells what the sets tell", |evidence| {
        let mut events = evidence.events.iter();
        let at = events
            .position(|event| event.kind == "_campaign.send")
            .expect("a record");
        evidence.events.remove(at);
    });
}

#[test]
fn a_wrong_counter_is_found() {
    check("activities count what the sets hold", |evidence| {
        let mut stories = evidence.campaigns.iter_mut();
        let story = stories
            .find(|story| !story.activities.is_empty())
            .expect("a campaign ran");
        story.activities[0].total += 1;
    });
}

#[test]
fn a_missing_run_is_found() {
    let ran_once = |story: &Story| {
        let waits = waits_for_events(story);
        story.last.is_some() && story.runs.len() == 1 && story.edits.len() == 1 && !waits
    };
    let wanted = |evidence: &Evidence| evidence.campaigns.iter().any(ran_once);
    check_where(wanted, "no run is left out", |evidence| {
        let mut stories = evidence.campaigns.iter_mut();
        let story = stories.find(|story| ran_once(story));
        story.expect("a campaign ran once").runs.clear();
    });
}

fn waits_for_events(story: &Story) -> bool {
    let mut edits = story.edits.iter().filter_map(|(_, edit)| edit.as_deref());
    edits.any(|campaign| campaign.frequency() == Frequency::Event)
}

fn ended_batch(evidence: &mut Evidence) -> &mut model::RunBatch {
    evidence
        .campaigns
        .iter_mut()
        .flat_map(|story| &mut story.runs)
        .filter(|record| record.run.ended.is_some())
        .flat_map(|record| &mut record.batches)
        .find(|batch| batch.outcomes.len() > 1)
        .expect("a run ended")
}

#[test]
fn a_seed_repeats_itself() {
    let worlds = || {
        let plan = Plan::generate(3, &Size::default());
        world::play(&plan).expect("it comes to its end")
    };
    let (one, other) = (worlds(), worlds());
    assert_eq!(one.lives.len(), other.lives.len());
    assert_eq!(one.campaigns.len(), other.campaigns.len());
}
