//! The bounds of a campaign's members (`docs/spec/campaigns.md §2, §6`). Pure.

use model::{Campaign, CampaignContent, ChannelType, EmailMessage, Frequency, Limits};

use super::lifecycle::{invalid, treatment_path};
use super::refusal::CampaignRefusal;
use crate::run::content;

/// Treatments beside the default one.
const TREATMENTS_MAX: usize = 4;
/// Bytes of a custom message's data.
const CUSTOM_DATA_MAX: usize = 5 * 1024;
/// Extra headers of an email.
const HEADERS_MAX: usize = 15;
/// Characters of a header's name.
const HEADER_NAME_MAX: usize = 126;

/// Holds every member against its bounds.
///
/// # Errors
/// The first member that is out of them.
pub fn validate(campaign: &Campaign) -> Result<(), CampaignRefusal> {
    if campaign.name.trim().is_empty() {
        return Err(invalid("Name", "must not be blank"));
    }
    shares(campaign)?;
    if let Some(limits) = &campaign.limits {
        validate_limits(limits)?;
    }
    for number in 0..=campaign.treatments.len() {
        if let Some(content) = campaign.content(number) {
            validate_content(&content)?;
            validate_frequency(campaign, number, &content)?;
            validate_in_app(campaign.frequency(), &content)?;
        }
    }
    Ok(())
}

fn shares(campaign: &Campaign) -> Result<(), CampaignRefusal> {
    if campaign.treatments.len() > TREATMENTS_MAX {
        return Err(invalid("AdditionalTreatments", "may hold at most 4"));
    }
    let taken: u32 = campaign
        .treatments
        .iter()
        .map(|treatment| u32::from(treatment.size_percent))
        .sum::<u32>()
        + u32::from(campaign.holdout_percent);
    if taken > 100 {
        return Err(invalid(
            "HoldoutPercent and AdditionalTreatments.SizePercent",
            format!("must not exceed 100 together, found {taken}"),
        ));
    }
    Ok(())
}

/// Holds limits against their bounds (`docs/spec/campaigns.md §2`); absent members pass.
///
/// # Errors
/// The first member that is out of its bounds.
pub fn validate_limits(limits: &Limits) -> Result<(), CampaignRefusal> {
    let within = |member: &str, value: Option<u32>, least: u32, most: u32| match value {
        Some(value) if value < least || value > most => {
            Err(invalid(member, format!("must be {least} to {most}")))
        }
        _ => Ok(()),
    };
    within("Limits.Daily", limits.daily, 0, 100)?;
    within("Limits.Total", limits.total, 0, 100)?;
    let rate = limits.messages_per_second.filter(|rate| *rate > 0);
    within("Limits.MessagesPerSecond", rate, 1, 20_000)?;
    let duration = limits.maximum_duration_s.filter(|seconds| *seconds > 0);
    within("Limits.MaximumDuration", duration, 60, u32::MAX)
}

fn validate_content(content: &CampaignContent) -> Result<(), CampaignRefusal> {
    let message = content.message.as_ref();
    let says_something = message.is_some_and(|m| *m != model::MessageConfiguration::default())
        || content
            .template
            .as_ref()
            .is_some_and(|t| *t != model::TemplateConfiguration::default());
    if !says_something {
        return Err(invalid(
            "MessageConfiguration or TemplateConfiguration",
            "is required",
        ));
    }
    if let Some(email) = message.and_then(|message| message.email.as_ref()) {
        validate_email(email)?;
    }
    if let Some(custom) = message.and_then(|message| message.custom.as_ref()) {
        let bytes = custom.data.as_ref().map_or(0, String::len);
        if bytes > CUSTOM_DATA_MAX {
            let member = "MessageConfiguration.CustomMessage.Data";
            return Err(invalid(member, "must not exceed 5 KB"));
        }
        if content.custom_delivery.is_none() {
            return Err(invalid(
                "CustomDeliveryConfiguration",
                "is required with a CustomMessage",
            ));
        }
    }
    Ok(())
}

/// Events decide for all treatments or for none.
fn validate_frequency(
    campaign: &Campaign,
    number: usize,
    content: &CampaignContent,
) -> Result<(), CampaignRefusal> {
    let common = campaign.frequency();
    let own = content.schedule.as_ref().map_or(common, |it| it.frequency);
    if own == common || !(own.waits_for_events() || common.waits_for_events()) {
        return Ok(());
    }
    let path = treatment_path(number.saturating_sub(1));
    let word = common.as_str();
    Err(invalid(
        format!("{path}.Frequency"),
        format!("must be {word}, as that of the campaign"),
    ))
}

/// In-app content and the frequency that it is for need each other.
fn validate_in_app(frequency: Frequency, content: &CampaignContent) -> Result<(), CampaignRefusal> {
    let has_content = content::covers(content, ChannelType::InApp);
    match (frequency == Frequency::InAppEvent, has_content) {
        (true, false) => Err(invalid(
            "MessageConfiguration.InAppMessage or TemplateConfiguration.InAppTemplate",
            "is required with Frequency IN_APP_EVENT",
        )),
        (false, true) => Err(invalid(
            "Schedule.Frequency",
            "must be IN_APP_EVENT for an in-app message",
        )),
        _ => Ok(()),
    }
}

fn validate_email(email: &EmailMessage) -> Result<(), CampaignRefusal> {
    let member = "MessageConfiguration.EmailMessage.Headers";
    if email.headers.len() > HEADERS_MAX {
        return Err(invalid(member, "may hold at most 15"));
    }
    match email
        .headers
        .iter()
        .find(|header| header.name.chars().count() > HEADER_NAME_MAX)
    {
        Some(_) => Err(invalid(member, "names may have at most 126 characters")),
        None => Ok(()),
    }
}
