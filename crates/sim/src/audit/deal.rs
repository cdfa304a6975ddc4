//! Cohorts are dealt once per campaign, whole, and in the promised shares
//! (`docs/spec/campaigns.md §6`). How they are shuffled is the engine's own affair: the auditor
//! learns the deal from what became of people.

use std::collections::{BTreeMap, BTreeSet};

use model::{Campaign, Outcome};

use super::Complaints;
use super::view::View;
use crate::evidence::Story;

/// Where a cohort goes: to the holdout, or to a treatment.
type Place = Option<u8>;

/// Holds everybody's place against everybody else's of the same cohort, over all runs with the
/// same shares.
pub(super) fn check(story: &Story, views: &[View<'_>], complaints: &mut Complaints) {
    let mut deals: BTreeMap<Vec<u8>, BTreeMap<u8, Place>> = BTreeMap::new();
    for view in views.iter().filter(|view| view.story.id == story.id) {
        let shares = shares(view.campaign);
        let deal = deals.entry(shares.clone()).or_default();
        for (id, outcome) in &view.outcomes {
            let Some(place) = place(view, id, outcome) else {
                continue;
            };
            let Some(cohort) = cohort(view, id) else {
                continue;
            };
            let known = *deal.entry(cohort).or_insert(place);
            complaints.unless(known == place, "cohorts stay together", || {
                format!(
                    "{}: {id} of cohort {cohort}: {place:?}, others {known:?}",
                    view.name()
                )
            });
        }
        for (id, outcomes) in &view.outcomes {
            let left_alone = outcomes.contains(&Outcome::TreatmentHoldout);
            let place = cohort(view, id).and_then(|cohort| deal.get(&cohort));
            let run = &view.record.run;
            let taken = place.is_some_and(|place| run.takes(place.unwrap_or(0)));
            complaints.unless(
                !(left_alone && taken),
                "a run leaves out other treatments alone",
                || format!("{}: {id} falls to {place:?}", view.name()),
            );
        }
        for (place, share) in (-1_i16..).zip(&shares) {
            let place: Place = u8::try_from(place).ok();
            let cohorts: BTreeSet<u8> = deal
                .iter()
                .filter(|(_, dealt)| **dealt == place)
                .map(|(cohort, _)| *cohort)
                .collect();
            complaints.unless(
                cohorts.len() <= usize::from(*share),
                "shares are kept",
                || {
                    format!(
                        "{}: {place:?} has {} of {share}",
                        view.name(),
                        cohorts.len()
                    )
                },
            );
        }
    }
}

/// The percentages of the holdout, the default treatment and the others.
fn shares(campaign: &Campaign) -> Vec<u8> {
    let others = campaign
        .treatments
        .iter()
        .map(|treatment| treatment.size_percent);
    let taken: u8 = others.clone().sum::<u8>() + campaign.holdout_percent;
    let mut shares = vec![campaign.holdout_percent, 100 - taken];
    shares.extend(others);
    shares
}

/// The cohort of `id`; who came again in another one is left out.
fn cohort(view: &View<'_>, id: &str) -> Option<u8> {
    let states = view.evidence.people.between(id, view.from, view.to);
    let mut cohorts = states.iter().flatten().map(|endpoint| endpoint.cohort);
    let first = cohorts.next()?;
    cohorts.all(|cohort| cohort == first).then_some(first)
}

fn place(view: &View<'_>, id: &str, outcomes: &[Outcome]) -> Option<Place> {
    if outcomes.contains(&Outcome::Holdout) {
        return Some(None);
    }
    view.arms
        .get(id)
        .and_then(|arms| arms.first())
        .map(|arm| Some(*arm))
}
