use model::{EndpointSet, RunGuard};
use proptest::prelude::*;

use super::*;
use crate::campaigns::blank;

const TREATMENTS: u8 = 3;

/// One person: where the pipeline has got with them.
#[derive(Debug, Clone, Copy)]
struct Fate {
    outcome: Option<Outcome>,
    treatment: Option<u8>,
}

/// Anything that can become of somebody.
fn fate() -> impl Strategy<Value = Fate> {
    let outcome = proptest::option::weighted(0.9, proptest::sample::select(Outcome::ALL));
    (outcome, 0..TREATMENTS, any::<bool>()).prop_map(|(outcome, number, looked_at)| {
        let treatment = match outcome {
            Some(Outcome::Holdout | Outcome::TreatmentHoldout) => None,
            // Gone, cancelled or not reached before the cohort was looked at, or after.
            None | Some(Outcome::FilteredOutBySegment | Outcome::Cancelled) => {
                looked_at.then_some(number)
            }
            Some(_) => Some(number),
        };
        Fate { outcome, treatment }
    })
}

/// A run over these people in two batches, the first of them closed and counted.
fn run(people: &[Fate]) -> (Run, RunSums, Vec<RunBatch>) {
    let half = people.len() / 2;
    let batches: Vec<RunBatch> = [(0, 0..half), (1, half..people.len())]
        .into_iter()
        .map(|(number, range)| {
            let ordinals = range.clone().map(|n| u32::try_from(n).expect("few"));
            let mut batch = RunBatch::new("a0".into(), number, ordinals.collect(), 0);
            for (n, fate) in range.clone().zip(&people[range]) {
                let ordinal = u32::try_from(n).expect("few");
                if let Some(outcome) = fate.outcome {
                    batch.outcomes.entry(outcome).or_default().insert(ordinal);
                }
                if let Some(treatment) = fate.treatment {
                    batch.assigned.entry(treatment).or_default().insert(ordinal);
                }
            }
            batch
        })
        .collect();
    let mut sums = RunSums::default();
    for batch in &batches {
        sums::add(&mut sums, batch);
    }
    let run: Run = serde_json::from_value(serde_json::json!({
        "app": "a", "campaign": "c", "campaign_version": 1, "activities": ["a0", "a1", "a2"],
        "scheduled": clock::Timestamp::default(), "started": clock::Timestamp::default(),
        "ended": null, "state": "Running", "produced": people.len(), "batches": 2, "reason": null,
    }))
    .expect("a run as it was kept before it had more members");
    assert_eq!(run.guard, RunGuard::default());
    (run, sums, batches)
}

fn count(people: &[Fate], wanted: impl Fn(&Fate) -> bool) -> u64 {
    people.iter().filter(|fate| wanted(fate)).count() as u64
}

/// Whether a provider was called: the list of `docs/spec/events.md §3.3`, by name.
fn attempted(outcome: Outcome) -> bool {
    [
        "SUCCESS",
        "FAILURE",
        "FAILURE_PERMANENT",
        "TRANSIENT_FAILURE",
        "THROTTLED",
        "UNKNOWN",
        "CUSTOM_DELIVERY_FAILURE",
    ]
    .contains(&outcome.as_str())
}

/// The filters of `docs/spec/analytics.md §5` that a campaign has, by name.
const FILTERS: [&str; 10] = [
    "ENDPOINT_OPT_OUT",
    "ENDPOINT_INACTIVE",
    "FILTERED_OUT_BY_SEGMENT",
    "ENDPOINT_MISSING_ADDRESS",
    "ENDPOINT_MISSING_CHANNEL",
    "ENDPOINT_MISSING_TIMEZONE",
    "ENDPOINT_TIMEZONE_MISMATCH",
    "ENDPOINT_CHANNEL_MISMATCH",
    "DUPLICATE_ENDPOINT",
    "DUPLICATE_USER",
];

proptest! {
    #[test]
    fn every_counter_is_the_number_of_its_people(people in proptest::collection::vec(fate(), 0..300)) {
        let (run, sums, batches) = run(&people);
        let mut campaign = blank("c");
        campaign.treatments = vec![
            model::Treatment {
                size_percent: 10,
                name: Some("B".to_owned()),
                description: None,
                content: model::CampaignContent::default(),
            };
            2
        ];
        let progress = describe(&run, &campaign, sums);
        let is = |outcome: Outcome| move |fate: &Fate| fate.outcome == Some(outcome);
        for outcome in Outcome::ALL {
            let found = progress.outcomes.get(outcome).copied().unwrap_or(0);
            prop_assert_eq!(found, count(&people, is(*outcome)));
        }
        let tally = &progress.tally;
        let all = tally.sent + tally.skipped + tally.failed + tally.in_doubt + progress.remaining;
        prop_assert_eq!((tally.planned, all), (people.len() as u64, people.len() as u64));
        prop_assert_eq!(progress.remaining, count(&people, |fate| fate.outcome.is_none()));
        prop_assert_eq!(tally.sent, count(&people, is(Outcome::Success)));
        prop_assert_eq!(tally.in_doubt, count(&people, is(Outcome::InDoubt)));
        for treatment in &progress.treatments {
            let number = Some(treatment.number);
            let shown = activity(&progress, treatment);
            let own = |fate: &Fate| fate.treatment == number;
            prop_assert_eq!(treatment.tally.planned, count(&people, own));
            let tried = |fate: &Fate| own(fate) && fate.outcome.is_some_and(attempted);
            prop_assert_eq!(shown.total, count(&people, tried));
            let sent = |fate: &Fate| own(fate) && fate.outcome == Some(Outcome::Success);
            prop_assert_eq!(shown.successful, count(&people, sent));
            let mut want = BTreeMap::from([("ENDPOINT_PRODUCED", people.len() as u64)]);
            for filter in FILTERS {
                let outcome = Outcome::parse(filter).expect("an outcome");
                want.insert(filter, count(&people, is(outcome)));
            }
            let passed = |fate: &Fate| {
                fate.outcome.is_none_or(|of| !FILTERS.contains(&of.as_str()))
            };
            let elsewhere = |fate: &Fate| {
                let held_out = matches!(
                    fate.outcome,
                    Some(Outcome::Holdout | Outcome::TreatmentHoldout)
                );
                passed(fate) && (held_out || (fate.treatment.is_some() && !own(fate)))
            };
            want.insert("TREATMENT_HOLDOUT", count(&people, elsewhere));
            want.retain(|_, count| *count > 0);
            prop_assert_eq!(shown.metrics, want);
        }
        // The sets themselves are disjoint.
        for batch in &batches {
            let mut together = EndpointSet::new();
            for set in batch.outcomes.values() {
                prop_assert!(together.is_disjoint(set));
                together |= set;
            }
        }
    }
}
