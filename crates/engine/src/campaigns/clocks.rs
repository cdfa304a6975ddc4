//! Where each treatment of a campaign stands, and what that makes of the campaign
//! (`docs/spec/campaigns.md §5–6`). Pure.

use model::{ActivityId, Campaign, CampaignStatus, TreatmentClock};

/// Where each treatment stands, by number. Where they stand alike, `ran` says whether the campaign
/// has had a run, and `run` which one is under way.
pub(crate) fn clocks(
    campaign: &Campaign,
    ran: bool,
    run: Option<&ActivityId>,
) -> Vec<TreatmentClock> {
    if campaign.clocks.len() == campaign.treatments.len() + 1 {
        return campaign.clocks.clone();
    }
    let alike = TreatmentClock {
        status: campaign.status,
        next_run: campaign.next_run,
        ran,
        run: run.cloned(),
    };
    campaign.numbers().map(|_| alike.clone()).collect()
}

/// Lets the campaign stand where its treatments stand.
pub(crate) fn settle(campaign: &mut Campaign, clocks: Vec<TreatmentClock>) {
    campaign.status = overall(&clocks);
    campaign.next_run = clocks.iter().filter_map(|clock| clock.next_run).min();
    let alike = clocks.windows(2).all(|pair| pair[0] == pair[1]);
    campaign.clocks = if alike { Vec::new() } else { clocks };
}

/// A campaign executes while one of its treatments does, and is completed when all are.
fn overall(clocks: &[TreatmentClock]) -> CampaignStatus {
    let any = |status| clocks.iter().any(|clock| clock.status == status);
    let all = |status| clocks.iter().all(|clock| clock.status == status);
    if all(CampaignStatus::Completed) {
        CampaignStatus::Completed
    } else if any(CampaignStatus::Executing) {
        CampaignStatus::Executing
    } else if any(CampaignStatus::Paused) {
        CampaignStatus::Paused
    } else if all(CampaignStatus::Scheduled) {
        CampaignStatus::Scheduled
    } else {
        CampaignStatus::PendingNextRun
    }
}

#[cfg(test)]
mod tests {
    use clock::Timestamp;

    use super::*;
    use crate::campaigns::blank;

    #[track_caller]
    fn check(statuses: &[CampaignStatus], want: CampaignStatus) {
        let clocks: Vec<TreatmentClock> = statuses
            .iter()
            .map(|status| TreatmentClock {
                status: *status,
                next_run: None,
                ran: true,
                run: None,
            })
            .collect();
        assert_eq!(overall(&clocks), want, "{statuses:?}");
    }

    #[test]
    fn the_campaign_stands_where_its_treatments_stand() {
        use CampaignStatus::{Completed, Executing, Paused, PendingNextRun, Scheduled};
        check(&[Scheduled, Scheduled], Scheduled);
        check(&[Scheduled, Completed], PendingNextRun);
        check(&[Scheduled, PendingNextRun], PendingNextRun);
        check(&[Completed, Executing], Executing);
        check(&[Paused, Executing], Executing);
        check(&[Paused, Completed], Paused);
        check(&[Completed, Completed], Completed);
        check(&[Completed], Completed);
    }

    #[test]
    fn clocks_are_kept_only_where_they_differ() {
        let mut campaign = blank("c");
        campaign.treatments = vec![model::Treatment {
            size_percent: 10,
            name: None,
            description: None,
            content: model::CampaignContent::default(),
        }];
        let alike = clocks(&campaign, false, None);
        assert_eq!(alike.len(), 2);
        settle(&mut campaign, alike.clone());
        assert!(campaign.clocks.is_empty());
        let mut apart = alike;
        apart[1].next_run = Some(Timestamp::from_millis(1));
        settle(&mut campaign, apart.clone());
        assert_eq!(
            (&campaign.clocks, campaign.next_run),
            (&apart, apart[1].next_run)
        );
        assert_eq!(clocks(&campaign, true, None), apart);
    }
}
