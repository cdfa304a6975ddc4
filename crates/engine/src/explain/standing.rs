//! The run in which a treatment is explained. Pure.

use clock::Timestamp;
use model::{Campaign, Run, SegmentId};

use crate::campaigns::clocks;
use crate::dry_run::planned_run::planned_run;
use crate::dry_run::runs::occurrence;

/// The run of treatment `number` that was under way at `at`; else one that begins then. Where zones
/// decide, it is the next one from `at` on: everybody is looked at when their zone has its turn.
pub(super) fn standing(
    campaign: &Campaign,
    runs: &[Run],
    number: u8,
    at: Timestamp,
    sources: Vec<(SegmentId, u32)>,
) -> Run {
    let under_way = |run: &&Run| {
        run.takes(number) && run.started <= at && run.ended.is_none_or(|ended| at <= ended)
    };
    if let Some(known) = runs.iter().find(under_way) {
        let treatments = known.treatments.clone();
        let mut run = planned_run(campaign, treatments, known.scheduled, sources);
        run.started = known.started;
        run.zones.clone_from(&known.zones);
        return run;
    }
    let own = campaign.schedule(number);
    let together = |it: &u8| {
        let other = campaign.schedule(*it);
        *it == number
            || own
                .zip(other)
                .is_some_and(|(a, b)| schedule::same_times(a, b))
    };
    let treatments = campaign.numbers().filter(together).collect();
    let due = match own.filter(|own| schedule::sweeps(own)) {
        Some(own) => next_from(campaign, number, at)
            .or_else(|| occurrence(Some(own), at))
            .unwrap_or(at),
        None => at,
    };
    planned_run(campaign, treatments, due, sources)
}

/// When the clock of treatment `number` shows its next run, if that is not before `at`.
fn next_from(campaign: &Campaign, number: u8, at: Timestamp) -> Option<Timestamp> {
    next_run(campaign, number).filter(|due| *due >= at)
}

/// When the clock of treatment `number` shows its next run.
pub(super) fn next_run(campaign: &Campaign, number: u8) -> Option<Timestamp> {
    let clocks = clocks(campaign, false, None);
    clocks.get(usize::from(number))?.next_run
}
