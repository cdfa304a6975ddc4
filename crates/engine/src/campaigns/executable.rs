//! What a campaign may say and this version does not do yet. Pure.
//!
//! Such a campaign is kept as it is while it is paused, and refused where it would have to run: one
//! that silently did nothing, or reached the wrong people, would be worse.

use model::{Campaign, Frequency, Schedule, Start};

use super::refusal::CampaignRefusal;

/// Refuses a campaign that is to run and cannot.
///
/// # Errors
/// [`CampaignRefusal::Unsupported`] names the member.
pub fn executable(campaign: &Campaign) -> Result<(), CampaignRefusal> {
    if campaign.paused || campaign.status.is_final() {
        return Ok(());
    }
    match unsupported(campaign) {
        Some(member) => Err(CampaignRefusal::Unsupported(member.to_owned())),
        None => Ok(()),
    }
}

fn unsupported(campaign: &Campaign) -> Option<&'static str> {
    let schedule = campaign.default_treatment.schedule.as_ref()?;
    if sweeps(schedule) {
        return Some("Schedule.IsLocalTime of a campaign that is not paused");
    }
    let own_times = campaign
        .treatments
        .iter()
        .filter_map(|treatment| treatment.content.schedule.as_ref())
        .any(|own| !same_times(own, schedule));
    own_times.then_some("AdditionalTreatments.Schedule with times of its own")
}

/// Whether each endpoint's own zone decides when its message goes out. These frequencies accept
/// the flag and ignore it (`docs/spec/campaigns.md §4.1`).
fn sweeps(schedule: &Schedule) -> bool {
    let ignored = matches!(
        schedule.frequency,
        Frequency::Hourly | Frequency::Event | Frequency::InAppEvent
    );
    schedule.local_time && !ignored && schedule.start != Start::Immediately
}

fn same_times(one: &Schedule, other: &Schedule) -> bool {
    let times = |it: &Schedule| (it.start, it.end, it.frequency, it.local_time);
    times(one) == times(other)
}
