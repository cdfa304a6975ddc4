//! What may be written into a campaign, and what that makes of it. Pure.

use clock::Timestamp;
use model::{
    AppId, Campaign, CampaignContent, CampaignId, CampaignStatus, Frequency, Inherited, Schedule,
    Start, Treatment,
};

use super::draft::{CampaignDraft, ScheduleDraft, TreatmentDraft};
use super::refusal::CampaignRefusal;
use super::validate::validate;

/// What the rest of the application says about a draft.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The version that the chosen segment resolves to.
    pub segment_version: Option<u32>,
    /// Whether the campaign has had a run.
    pub has_run: bool,
    /// Whether its last run has people left.
    pub run_unfinished: bool,
}

/// The campaign that `draft` creates (`docs/spec/campaigns.md §2–6`).
///
/// # Errors
/// The draft breaks a rule.
pub fn create(
    app: &AppId,
    id: CampaignId,
    draft: &CampaignDraft,
    inherited: Inherited,
    facts: &Facts,
    now: Timestamp,
) -> Result<Campaign, CampaignRefusal> {
    let segment = draft.segment.clone().ok_or_else(|| needed("SegmentId"))?;
    let schedule = draft.schedule.as_ref().ok_or_else(|| needed("Schedule"))?;
    let paused = draft.paused.unwrap_or(false);
    let schedule = read_schedule(schedule, now)?;
    let mut campaign = Campaign {
        app: app.clone(),
        id,
        name: draft.name.clone().unwrap_or_default(),
        description: draft.description.clone(),
        segment,
        segment_version: facts.segment_version.unwrap_or(1),
        default_treatment: CampaignContent {
            message: draft.message.clone(),
            template: draft.template.clone(),
            schedule: None,
            custom_delivery: draft.custom_delivery.clone(),
        },
        treatment_name: draft.treatment_name.clone(),
        treatment_description: draft.treatment_description.clone(),
        treatments: Vec::new(),
        holdout_percent: percent("HoldoutPercent", draft.holdout_percent.unwrap_or(0))?,
        limits: draft.limits,
        hook: draft.hook.clone(),
        inherited,
        paused,
        priority: priority(draft.priority)?,
        status: if paused {
            CampaignStatus::Paused
        } else {
            CampaignStatus::Scheduled
        },
        next_run: Some(schedule::first_run(schedule.start, now)?),
        status_reason: None,
        resend_in_doubt: draft.resend_in_doubt.unwrap_or(false),
        tags: draft.tags.clone().unwrap_or_default(),
        version: 1,
        created: now,
        modified: now,
    };
    campaign.treatments =
        read_treatments(draft.treatments.as_deref().unwrap_or(&[]), &schedule, now)?;
    campaign.default_treatment.schedule = Some(schedule);
    validate(&campaign)?;
    Ok(campaign)
}

/// What `draft` makes of `current` (`docs/spec/campaigns.md §5`): present members replace the old
/// value whole, and the version rises by one.
///
/// # Errors
/// The draft breaks a rule, or changes what may not change where the campaign stands.
pub fn update(
    current: &Campaign,
    draft: &CampaignDraft,
    facts: &Facts,
    now: Timestamp,
) -> Result<Campaign, CampaignRefusal> {
    let mut next = current.clone();
    if let Some(name) = &draft.name {
        next.name.clone_from(name);
    }
    replace(&mut next.description, &draft.description);
    if let Some(segment) = &draft.segment {
        next.segment = segment.clone();
    }
    if let Some(version) = facts.segment_version {
        next.segment_version = version;
    }
    replace(&mut next.default_treatment.message, &draft.message);
    replace(&mut next.default_treatment.template, &draft.template);
    replace(
        &mut next.default_treatment.custom_delivery,
        &draft.custom_delivery,
    );
    replace(&mut next.treatment_name, &draft.treatment_name);
    replace(
        &mut next.treatment_description,
        &draft.treatment_description,
    );
    replace(&mut next.limits, &draft.limits);
    replace(&mut next.hook, &draft.hook);
    if let Some(holdout) = draft.holdout_percent {
        next.holdout_percent = percent("HoldoutPercent", holdout)?;
    }
    if draft.priority.is_some() {
        next.priority = priority(draft.priority)?;
    }
    if let Some(resend) = draft.resend_in_doubt {
        next.resend_in_doubt = resend;
    }
    if let Some(schedule) = &draft.schedule {
        let schedule = read_schedule(schedule, now)?;
        next.default_treatment.schedule = Some(schedule);
    }
    if let (Some(treatments), Some(schedule)) =
        (&draft.treatments, next.default_treatment.schedule.clone())
    {
        next.treatments = read_treatments(treatments, &schedule, now)?;
    }
    if let Some(paused) = draft.paused {
        next.paused = paused;
    }
    permit(current, &next, facts)?;
    validate(&next)?;
    if !facts.has_run && draft.schedule.is_some() && !current.status.is_final() {
        next.next_run = Some(schedule::first_run(start_of(&next), now)?);
    }
    step(current, &mut next, facts, now);
    next.version = current.version.saturating_add(1);
    next.modified = now;
    Ok(next)
}

/// Where a campaign goes when it is paused or resumed.
fn step(current: &Campaign, next: &mut Campaign, facts: &Facts, now: Timestamp) {
    if next.status.is_final() || next.paused == current.paused {
        return;
    }
    if next.paused {
        next.status = CampaignStatus::Paused;
        return;
    }
    next.status = if facts.run_unfinished {
        CampaignStatus::Executing
    } else if facts.has_run {
        CampaignStatus::Completed
    } else {
        // A run that fell into the pause is lost, not replayed.
        match schedule::first_run(start_of(next), now) {
            Ok(due) => {
                next.next_run = Some(due);
                CampaignStatus::Scheduled
            }
            Err(_) => CampaignStatus::Completed,
        }
    };
    if next.status == CampaignStatus::Completed {
        next.next_run = None;
    }
}

/// Refuses changes that the state of `current` does not allow. Repeating a value is no change.
fn permit(current: &Campaign, next: &Campaign, facts: &Facts) -> Result<(), CampaignRefusal> {
    let status = current.status;
    let refuse = |member| Err(CampaignRefusal::NotEditable { member, status });
    if status.is_final() {
        let mut allowed = current.clone();
        allowed.name.clone_from(&next.name);
        allowed.description.clone_from(&next.description);
        return if allowed == *next {
            Ok(())
        } else {
            refuse("everything but Name and Description")
        };
    }
    let ran = facts.has_run
        || matches!(
            status,
            CampaignStatus::PendingNextRun | CampaignStatus::Executing
        );
    if !ran {
        return Ok(());
    }
    let frequency = |campaign: &Campaign| schedule_of(campaign).map(|s| s.frequency);
    if frequency(current) != frequency(next) {
        return refuse("Schedule.Frequency");
    }
    if current.treatments != next.treatments {
        return refuse("AdditionalTreatments");
    }
    if current.holdout_percent != next.holdout_percent {
        return refuse("HoldoutPercent");
    }
    Ok(())
}

fn schedule_of(campaign: &Campaign) -> Option<&Schedule> {
    campaign.default_treatment.schedule.as_ref()
}

fn start_of(campaign: &Campaign) -> Start {
    schedule_of(campaign).map_or(Start::Immediately, |schedule| schedule.start)
}

fn replace<T: Clone>(old: &mut Option<T>, new: &Option<T>) {
    if new.is_some() {
        old.clone_from(new);
    }
}

fn read_schedule(draft: &ScheduleDraft, now: Timestamp) -> Result<Schedule, CampaignRefusal> {
    let zone = draft.timezone.as_deref();
    if let Some(zone) = zone {
        schedule::offset_seconds(zone)?;
    }
    let start = schedule::start(&draft.start, zone)?;
    let frequency = draft.frequency.unwrap_or_default();
    if frequency != Frequency::Once {
        if start == Start::Immediately {
            return Err(invalid(
                "Schedule.Frequency",
                "must be ONCE when StartTime is IMMEDIATE",
            ));
        }
        let word = frequency.as_str();
        return Err(CampaignRefusal::Unsupported(format!(
            "Schedule.Frequency {word}"
        )));
    }
    if draft.local_time && start != Start::Immediately {
        return Err(CampaignRefusal::Unsupported(
            "Schedule.IsLocalTime".to_owned(),
        ));
    }
    let end = draft
        .end
        .as_deref()
        .map(|end| schedule::end(end, zone, start, now))
        .transpose()?;
    Ok(Schedule {
        start,
        end,
        frequency,
        local_time: draft.local_time,
        timezone: draft.timezone.clone(),
        quiet_time: draft.quiet_time,
    })
}

fn read_treatments(
    drafts: &[TreatmentDraft],
    default: &Schedule,
    now: Timestamp,
) -> Result<Vec<Treatment>, CampaignRefusal> {
    drafts
        .iter()
        .map(|draft| {
            let schedule = draft
                .schedule
                .as_ref()
                .map(|schedule| read_schedule(schedule, now))
                .transpose()?;
            if schedule
                .as_ref()
                .is_some_and(|own| own.start != default.start)
            {
                return Err(CampaignRefusal::Unsupported(
                    "AdditionalTreatments.Schedule.StartTime of its own".to_owned(),
                ));
            }
            Ok(Treatment {
                size_percent: percent("AdditionalTreatments.SizePercent", draft.size_percent)?,
                name: draft.name.clone(),
                description: draft.description.clone(),
                content: CampaignContent {
                    message: draft.message.clone(),
                    template: draft.template.clone(),
                    schedule,
                    custom_delivery: draft.custom_delivery.clone(),
                },
            })
        })
        .collect()
}

fn percent(member: &str, value: i64) -> Result<u8, CampaignRefusal> {
    u8::try_from(value)
        .ok()
        .filter(|percent| *percent <= 100)
        .ok_or_else(|| invalid(member, "must be 0 to 100"))
}

fn priority(value: Option<i64>) -> Result<Option<u32>, CampaignRefusal> {
    value
        .map(|value| u32::try_from(value).map_err(|_| invalid("Priority", "must not be negative")))
        .transpose()
}

pub(super) fn invalid(member: impl Into<String>, problem: impl Into<String>) -> CampaignRefusal {
    CampaignRefusal::Invalid {
        member: member.into(),
        problem: problem.into(),
    }
}

fn needed(member: &str) -> CampaignRefusal {
    invalid(member, "is required")
}
