//! Campaigns that wait for events, listed for those who look for them.

use clock::Timestamp;
use model::{AppId, Campaign, CampaignId, Frequency};
use store::{EventCampaign, Expect, Resource, Store, StoreError, Write, put};

/// Documents read at a time.
const PAGE: usize = 64;

/// The writes that keep the listing right when `before` becomes `after`; both may be absent.
pub(crate) fn listing(
    before: Option<&Campaign>,
    after: Option<&Campaign>,
) -> Result<Vec<Write>, StoreError> {
    let before = before.and_then(entry);
    let after = after.and_then(entry);
    let mut writes = Vec::new();
    let same = |before: &EventCampaign| {
        let place = |entry: &EventCampaign| (entry.parent(), entry.id());
        after
            .as_ref()
            .is_some_and(|after| place(after) == place(before))
    };
    if let Some(entry) = before.filter(|before| !same(before)) {
        writes.push(Write::Delete {
            key: store::DocumentKey {
                kind: EventCampaign::KIND,
                parent: entry.parent(),
                id: entry.id(),
            },
            expect: Expect::Any,
        });
    }
    if let Some(entry) = after {
        writes.push(put(&entry, Expect::Any)?);
    }
    Ok(writes)
}

fn entry(campaign: &Campaign) -> Option<EventCampaign> {
    let frequency = campaign.frequency();
    let listed = frequency.waits_for_events() && !campaign.status.is_final();
    listed.then(|| EventCampaign {
        app: campaign.app.clone(),
        campaign: campaign.id.clone(),
        frequency,
        created: campaign.created,
        version: campaign.version,
        paused: campaign.paused,
    })
}

/// The campaigns of `app` that wait for events and have not ended, newest first.
pub(crate) async fn listed(
    store: &Store,
    app: &AppId,
    frequency: Frequency,
) -> Result<Vec<CampaignId>, StoreError> {
    let group = EventCampaign::group(app, frequency);
    let mut found = Vec::new();
    let mut after: Option<(Timestamp, String)> = None;
    loop {
        let entries = store.of::<EventCampaign>();
        let page = entries.list(&group, after.as_ref(), PAGE).await?;
        found.extend(page.items.into_iter().map(|entry| entry.value.campaign));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}
