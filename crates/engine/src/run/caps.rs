//! Who has had enough: caps counted with sets, not with a row per person.

use std::time::Duration;

use clock::Timestamp;
use model::{Campaign, EndpointSet, Limits, Outcome, Run, RunBatch};
use store::{Store, StoreError, version_parent};

use super::pipeline::claimed;

/// The window of the daily cap.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Documents read at a time.
const PAGE: usize = 64;

/// The endpoints at their caps.
#[derive(Debug, Default)]
pub(crate) struct Caps {
    /// At the campaign's own cap.
    pub campaign: EndpointSet,
    /// At the daily cap.
    pub daily: EndpointSet,
}

/// Counts how many of the given sets hold an ordinal, up to a number: `layers[n]` holds those that
/// are in more than `n` sets.
struct Layers(Vec<EndpointSet>);

impl Layers {
    fn up_to(count: u32) -> Self {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        Self(vec![EndpointSet::new(); count])
    }

    fn add(&mut self, set: &EndpointSet) {
        let mut rising = set.clone();
        for layer in &mut self.0 {
            let again = &*layer & &rising;
            *layer |= &rising;
            rising = again;
            if rising.is_empty() {
                return;
            }
        }
    }

    fn full(mut self) -> EndpointSet {
        self.0.pop().unwrap_or_default()
    }
}

/// Who is at a cap of `campaign` at `now`, by what runs other than `run` did.
pub(crate) async fn capped(
    store: &Store,
    campaign: &Campaign,
    run: &Run,
    now: Timestamp,
) -> Result<Caps, StoreError> {
    let Limits { daily, total, .. } = campaign.limits_in_force();
    let mut caps = Caps::default();
    if let Some(total) = total.filter(|total| *total > 0) {
        let mut layers = Layers::up_to(total);
        count_campaign(store, campaign, run, None, targeted, &mut layers).await?;
        caps.campaign = layers.full();
    }
    if let Some(daily) = daily.filter(|daily| *daily > 0) {
        let mut layers = Layers::up_to(daily);
        let since = now.minus(DAY);
        let campaigns = store.of::<Campaign>();
        let mut after = None;
        loop {
            let page = campaigns
                .list(campaign.app.as_str(), after.as_ref(), PAGE)
                .await?;
            for other in &page.items {
                count_campaign(
                    store,
                    other,
                    run,
                    Some(since),
                    Outcome::attempted,
                    &mut layers,
                )
                .await?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        caps.daily = layers.full();
    }
    Ok(caps)
}

/// Being targeted uses up one of the campaign's total, whether or not a message went out.
fn targeted(outcome: Outcome) -> bool {
    claimed(outcome) && outcome != Outcome::CampaignCap
}

/// Adds, for each run of `campaign` but `own`, the set of those whose outcome `counts`; with
/// `since`, only of batches that sent something after it.
async fn count_campaign(
    store: &Store,
    campaign: &Campaign,
    own: &Run,
    since: Option<Timestamp>,
    counts: fn(Outcome) -> bool,
    layers: &mut Layers,
) -> Result<(), StoreError> {
    let parent = version_parent(campaign.app.as_str(), campaign.id.as_str());
    let mut after = None;
    loop {
        let page = store
            .of::<Run>()
            .list(&parent, after.as_ref(), PAGE)
            .await?;
        for run in &page.items {
            let ended_before = since
                .zip(run.ended)
                .is_some_and(|(since, ended)| ended <= since);
            if ended_before || run.activities == own.activities {
                continue;
            }
            layers.add(&reached(store, run, since, counts).await?);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

async fn reached(
    store: &Store,
    run: &Run,
    since: Option<Timestamp>,
    counts: fn(Outcome) -> bool,
) -> Result<EndpointSet, StoreError> {
    let mut reached = EndpointSet::new();
    let Some(id) = run.activities.first() else {
        return Ok(reached);
    };
    let mut after = None;
    loop {
        let batches = store.of::<RunBatch>();
        let page = batches.list(id.as_str(), after.as_ref(), PAGE).await?;
        for batch in &page.items {
            let old = since.is_some_and(|since| batch.last_sent.is_none_or(|sent| sent <= since));
            if old {
                continue;
            }
            for (outcome, set) in &batch.outcomes {
                if counts(*outcome) || *outcome == Outcome::InDoubt {
                    reached |= set;
                }
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(reached),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn layers_count(
            sets in proptest::collection::vec(proptest::collection::btree_set(0_u32..20, 0..12), 0..8),
            cap in 1_u32..5,
        ) {
            let mut layers = Layers::up_to(cap);
            for set in &sets {
                layers.add(&set.iter().copied().collect());
            }
            let naive: EndpointSet = (0..20)
                .filter(|o| sets.iter().filter(|s| s.contains(o)).count() >= cap as usize)
                .collect();
            prop_assert_eq!(layers.full(), naive);
        }
    }
}
