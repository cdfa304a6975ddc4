//! The runs of a campaign that come next: one for all treatments that always run together. Pure.

use std::time::Duration;

use clock::Timestamp;
use model::{Campaign, PlannedRun, Schedule, Start};

use crate::campaigns::clocks;

/// The least difference between two instants.
const TICK: Duration = Duration::from_millis(1);

/// The next runs of `campaign` at `now`, or, with `start`, those that would come if the default
/// treatment was due then and the others by their own schedules. The run of the default treatment
/// comes first. A treatment that has no run before it is in none of them.
pub(super) fn next_runs(
    campaign: &Campaign,
    start: Option<Timestamp>,
    now: Timestamp,
) -> Vec<PlannedRun> {
    let from = start.unwrap_or(now);
    if campaign.frequency().waits_for_events() {
        return vec![PlannedRun {
            due: from,
            treatments: campaign.numbers().collect(),
        }];
    }
    let mut runs: Vec<PlannedRun> = Vec::new();
    for number in campaign.numbers() {
        let with_default = same_times(campaign, 0, number);
        let due = match start {
            Some(start) if with_default => Some(start),
            Some(start) => occurrence(campaign.schedule(number), start),
            None => next_run(campaign, number, now),
        };
        let Some(due) = due.or_else(|| with_default.then_some(from)) else {
            continue;
        };
        let together = runs.iter_mut().find(|run| {
            let leader = run.treatments.first().copied().unwrap_or(0);
            run.due == due && same_times(campaign, leader, number)
        });
        match together {
            Some(run) => run.treatments.push(number),
            None => runs.push(PlannedRun {
                due,
                treatments: vec![number],
            }),
        }
    }
    runs
}

fn same_times(campaign: &Campaign, one: u8, other: u8) -> bool {
    match (campaign.schedule(one), campaign.schedule(other)) {
        (Some(one), Some(other)) => schedule::same_times(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// When treatment `number` runs next, as its clock stands; during a run, the one after it.
pub(crate) fn next_run(campaign: &Campaign, number: u8, now: Timestamp) -> Option<Timestamp> {
    let clocks = clocks(campaign, false, None);
    let due = clocks.get(usize::from(number))?.next_run;
    let follows = || schedule::next_after(campaign.schedule(number)?, now);
    due.map(|due| due.max(now)).or_else(follows)
}

/// The first occurrence of `schedule` from `start` on.
pub(crate) fn occurrence(schedule: Option<&Schedule>, start: Timestamp) -> Option<Timestamp> {
    let schedule = schedule?;
    match schedule.start {
        Start::Immediately => Some(start),
        Start::At(first) if first >= start => Some(first),
        Start::At(_) => schedule::next_after(schedule, start.minus(TICK)),
    }
}

#[cfg(test)]
mod tests {
    use model::{CampaignContent, Frequency, Treatment};

    use super::*;
    use crate::campaigns::blank;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a test's instant")
    }

    fn schedule(start: &str, frequency: Frequency) -> Schedule {
        Schedule {
            start: Start::At(at(start)),
            start_text: None,
            end: None,
            end_text: None,
            frequency,
            local_time: false,
            timezone: None,
            quiet_time: None,
            event_filter: None,
        }
    }

    /// A campaign whose default treatment runs daily at nine, the first like it, the second once on
    /// the 3rd at noon and the third daily at six.
    fn campaign() -> Campaign {
        let mut campaign = blank("c");
        let mine = schedule("2031-03-02T09:00:00Z", Frequency::Daily);
        campaign.default_treatment.schedule = Some(mine);
        let others = [
            None,
            Some(schedule("2031-03-03T12:00:00Z", Frequency::Once)),
            Some(schedule("2031-03-02T06:00:00Z", Frequency::Daily)),
        ];
        campaign.treatments = others
            .into_iter()
            .map(|schedule| Treatment {
                size_percent: 10,
                name: None,
                description: None,
                content: CampaignContent {
                    schedule,
                    ..CampaignContent::default()
                },
            })
            .collect();
        campaign.next_run = None;
        campaign
    }

    #[track_caller]
    fn check(start: Option<&str>, now: &str, want: &[(&str, &[u8])]) {
        let runs = next_runs(&campaign(), start.map(at), at(now));
        let want: Vec<PlannedRun> = want
            .iter()
            .map(|(due, treatments)| PlannedRun {
                due: at(due),
                treatments: treatments.to_vec(),
            })
            .collect();
        assert_eq!(runs, want);
    }

    #[test]
    fn each_treatment_has_its_own_next_run() {
        check(
            Some("2031-03-02T09:00:00Z"),
            "2031-03-01T00:00:00Z",
            &[
                ("2031-03-02T09:00:00Z", &[0, 1]),
                ("2031-03-03T12:00:00Z", &[2]),
                ("2031-03-03T06:00:00Z", &[3]),
            ],
        );
        // One that runs once has no second run.
        check(
            Some("2031-03-05T06:00:00Z"),
            "2031-03-01T00:00:00Z",
            &[
                ("2031-03-05T06:00:00Z", &[0, 1]),
                ("2031-03-05T06:00:00Z", &[3]),
            ],
        );
    }

    #[test]
    fn without_a_clock_the_schedule_tells_what_follows() {
        check(
            None,
            "2031-03-04T07:00:00Z",
            &[
                ("2031-03-04T09:00:00Z", &[0, 1]),
                ("2031-03-05T06:00:00Z", &[3]),
            ],
        );
    }
}
