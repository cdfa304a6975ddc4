//! What may be written into a campaign, and what that makes of it. Pure.

use std::time::Duration;

use audience::criteria::validate_event;
use clock::Timestamp;
use model::{
    AppId, Campaign, CampaignContent, CampaignId, CampaignSafety, CampaignStatus, Frequency,
    Inherited, Schedule, Start, Treatment,
};

use super::draft::{CampaignDraft, ScheduleDraft, TreatmentDraft};
use super::executable::executable;
use super::refusal::CampaignRefusal;
use super::validate::validate;

/// How far ahead a campaign that events trigger must begin (`docs/spec/campaigns.md §10`).
const EVENT_NOTICE: Duration = Duration::from_secs(15 * 60);

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
    let schedule = read_schedule("Schedule", schedule, now)?;
    let first_run = schedule::first_run(schedule.start, now)?;
    if schedule.frequency == Frequency::Event && first_run.since(now) < EVENT_NOTICE {
        return Err(invalid(
            "Schedule.StartTime",
            "must be at least 15 minutes ahead with Frequency EVENT",
        ));
    }
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
        next_run: Some(first_run),
        status_reason: None,
        resend_in_doubt: draft.resend_in_doubt.unwrap_or(false),
        safety: CampaignSafety::default(),
        tags: draft.tags.clone().unwrap_or_default(),
        version: 1,
        created: now,
        modified: now,
    };
    campaign.treatments = read_treatments(draft.treatments.as_deref().unwrap_or(&[]), now)?;
    campaign.default_treatment.schedule = Some(schedule);
    validate(&campaign)?;
    executable(&campaign)?;
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
        next.default_treatment.schedule = Some(read_schedule("Schedule", schedule, now)?);
    }
    if let Some(treatments) = &draft.treatments {
        next.treatments = read_treatments(treatments, now)?;
    }
    if let Some(paused) = draft.paused {
        next.paused = paused;
    }
    permit(current, &next, facts)?;
    validate(&next)?;
    let moved = start_of(&next) != start_of(current);
    if moved && !facts.has_run && !current.status.is_final() {
        schedule::first_run(start_of(&next), now)?;
    }
    step(current, &mut next, facts, now);
    executable(&next)?;
    next.version = current.version.saturating_add(1);
    next.modified = now;
    Ok(next)
}

/// Where a campaign goes when it is paused, resumed or given another schedule.
fn step(current: &Campaign, next: &mut Campaign, facts: &Facts, now: Timestamp) {
    if next.status.is_final() {
        return;
    }
    if facts.run_unfinished {
        // A run of a campaign that recurs ends before the campaign is paused.
        next.status = if next.paused && !next.frequency().recurs() {
            CampaignStatus::Paused
        } else {
            CampaignStatus::Executing
        };
        return;
    }
    let resumed = current.paused && !next.paused;
    if !resumed && next.default_treatment.schedule == current.default_treatment.schedule {
        if next.paused {
            next.status = CampaignStatus::Paused;
        }
        return;
    }
    let (status, next_run) = outlook(next, facts.has_run, now);
    next.next_run = next_run;
    next.status = if next.paused {
        CampaignStatus::Paused
    } else {
        status
    };
}

/// Where a campaign without a run under way stands at `now`, and when it is looked at next. What
/// fell into a pause is lost, not replayed.
fn outlook(
    campaign: &Campaign,
    has_run: bool,
    now: Timestamp,
) -> (CampaignStatus, Option<Timestamp>) {
    let first = schedule::first_run(start_of(campaign), now).ok();
    let frequency = campaign.frequency();
    let Some(schedule) = schedule_of(campaign) else {
        return (CampaignStatus::Completed, None);
    };
    if frequency.waits_for_events() {
        return window(schedule, now);
    }
    let next = first
        .filter(|_| !has_run)
        .or_else(|| schedule::next_after(schedule, now));
    let status = match (next, has_run) {
        (None, _) => CampaignStatus::Completed,
        (Some(_), true) => CampaignStatus::PendingNextRun,
        (Some(_), false) => CampaignStatus::Scheduled,
    };
    (status, next)
}

/// Where a campaign that waits for events stands at `now`, and when that changes: scheduled until
/// its start, executing until its end (`docs/spec/campaigns.md §5`).
pub(crate) fn window(schedule: &Schedule, now: Timestamp) -> (CampaignStatus, Option<Timestamp>) {
    match (schedule.start, schedule.end) {
        (Start::At(start), _) if now < start => (CampaignStatus::Scheduled, Some(start)),
        (_, Some(end)) if now >= end => (CampaignStatus::Completed, None),
        (_, end) => (CampaignStatus::Executing, end),
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

fn read_schedule(
    path: &str,
    draft: &ScheduleDraft,
    now: Timestamp,
) -> Result<Schedule, CampaignRefusal> {
    let zone = draft.timezone.as_deref();
    if let Some(zone) = zone {
        schedule::offset_seconds(zone)?;
    }
    let start = schedule::start(&draft.start, zone)?;
    let frequency = draft.frequency.unwrap_or_default();
    if frequency != Frequency::Once && start == Start::Immediately {
        return Err(invalid(
            format!("{path}.Frequency"),
            "must be ONCE when StartTime is IMMEDIATE",
        ));
    }
    if frequency.waits_for_events() && draft.event_filter.is_none() {
        let word = frequency.as_str();
        return Err(invalid(
            format!("{path}.EventFilter"),
            format!("is required with Frequency {word}"),
        ));
    }
    if let Some(filter) = &draft.event_filter {
        validate_event(
            &format!("{path}.EventFilter.Dimensions"),
            &filter.dimensions,
        )?;
    }
    let end = draft
        .end
        .as_deref()
        .map(|end| schedule::end(end, zone, start, now))
        .transpose()?;
    Ok(Schedule {
        start,
        start_text: instant_text(&draft.start),
        end,
        end_text: draft.end.as_deref().and_then(instant_text),
        frequency,
        local_time: draft.local_time,
        timezone: draft.timezone.clone(),
        quiet_time: draft.quiet_time,
        event_filter: draft.event_filter.clone(),
    })
}

/// The text, if it names an instant without the help of a label.
fn instant_text(text: &str) -> Option<String> {
    Timestamp::parse(text).ok().map(|_| text.trim().to_owned())
}

fn read_treatments(
    drafts: &[TreatmentDraft],
    now: Timestamp,
) -> Result<Vec<Treatment>, CampaignRefusal> {
    let read = |(index, draft): (usize, &TreatmentDraft)| {
        let path = format!("AdditionalTreatments[{index}].Schedule");
        let schedule = draft.schedule.as_ref();
        let schedule = schedule.map(|schedule| read_schedule(&path, schedule, now));
        Ok(Treatment {
            size_percent: percent("AdditionalTreatments.SizePercent", draft.size_percent)?,
            name: draft.name.clone(),
            description: draft.description.clone(),
            content: CampaignContent {
                message: draft.message.clone(),
                template: draft.template.clone(),
                schedule: schedule.transpose()?,
                custom_delivery: draft.custom_delivery.clone(),
            },
        })
    };
    drafts.iter().enumerate().map(read).collect()
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
