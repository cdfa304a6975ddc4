//! What may be written into a campaign, and what that makes of it. Pure.

use std::time::Duration;

use audience::criteria::validate_event;
use clock::Timestamp;
use model::{
    ActivityId, AppId, Campaign, CampaignContent, CampaignId, CampaignStatus, Frequency, Inherited,
    Schedule, Start, Treatment, TreatmentClock,
};
use schedule::ScheduleError;

use super::clocks::{clocks, settle};
use super::draft::{CampaignDraft, ScheduleDraft, TreatmentDraft};
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
    /// When the last of them was due. The clock may have been set back behind it.
    pub last_due: Option<Timestamp>,
    /// A run of all its treatments that has people left.
    pub open_run: Option<ActivityId>,
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
        next_run: None,
        clocks: Vec::new(),
        status_reason: None,
        resend_in_doubt: draft.resend_in_doubt.unwrap_or(false),
        safety: draft.safety.clone().unwrap_or_default(),
        tags: draft.tags.clone().unwrap_or_default(),
        version: 1,
        created: now,
        modified: now,
    };
    campaign.treatments = read_treatments(draft.treatments.as_deref().unwrap_or(&[]), now)?;
    campaign.default_treatment.schedule = Some(schedule);
    validate(&campaign)?;
    let mut clocks = clocks(&campaign, false, None);
    for (number, clock) in campaign.numbers().zip(&mut clocks) {
        let first = first_run(&campaign, number, now)?;
        noticed(&campaign, number, first, now)?;
        clock.next_run = Some(first);
    }
    settle(&mut campaign, clocks);
    Ok(campaign)
}

/// When treatment `number` of a campaign that never ran first runs.
fn first_run(
    campaign: &Campaign,
    number: u8,
    now: Timestamp,
) -> Result<Timestamp, CampaignRefusal> {
    let schedule = campaign.schedule(number);
    let start = schedule.map_or(Start::Immediately, |schedule| schedule.start);
    schedule::first_run(start, now).map_err(|error| CampaignRefusal::Schedule {
        member: format!("{}.StartTime", path_of(campaign, number)),
        error,
    })
}

/// Refuses a new campaign that events trigger if it begins too soon.
fn noticed(
    campaign: &Campaign,
    number: u8,
    first: Timestamp,
    now: Timestamp,
) -> Result<(), CampaignRefusal> {
    let triggered = campaign
        .schedule(number)
        .is_some_and(|schedule| schedule.frequency == Frequency::Event);
    if triggered && first.since(now) < EVENT_NOTICE {
        return Err(invalid(
            format!("{}.StartTime", path_of(campaign, number)),
            "must be at least 15 minutes ahead with Frequency EVENT",
        ));
    }
    Ok(())
}

/// The path of the schedule that treatment `number` follows.
fn path_of(campaign: &Campaign, number: u8) -> String {
    let index = usize::from(number).checked_sub(1);
    let own = index.filter(|index| {
        let treatment = campaign.treatments.get(*index);
        treatment.is_some_and(|treatment| treatment.content.schedule.is_some())
    });
    own.map_or_else(|| "Schedule".to_owned(), treatment_path)
}

/// The path of the schedule of the additional treatment at `index`.
pub(super) fn treatment_path(index: usize) -> String {
    format!("AdditionalTreatments[{index}].Schedule")
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
    if !current.status.is_final() {
        let clocks = clocks(current, facts.has_run, None);
        for number in next.numbers() {
            let ran = clocks.get(usize::from(number)).is_some_and(|it| it.ran);
            if !ran && start_of(&next, number) != start_of(current, number) {
                first_run(&next, number, now)?;
            }
        }
    }
    step(current, &mut next, facts, now);
    next.version = current.version.saturating_add(1);
    next.modified = now;
    Ok(next)
}

/// Where the treatments of a campaign go when it is paused, resumed or given another schedule.
fn step(current: &Campaign, next: &mut Campaign, facts: &Facts, now: Timestamp) {
    if next.status.is_final() {
        return;
    }
    let mut before = clocks(current, facts.has_run, facts.open_run.as_ref()).into_iter();
    let resumed = current.paused && !next.paused;
    let changed = current.treatments.len() != next.treatments.len();
    let after = next
        .numbers()
        .map(|number| {
            let clock = before.next().filter(|_| !changed);
            let moved = clock.is_none() || current.schedule(number) != next.schedule(number);
            let clock = clock.unwrap_or_else(|| waiting(next.paused));
            let from = facts.last_due.map_or(now, |last| last.max(now));
            step_clock(next, number, clock, moved || resumed, (now, from))
        })
        .collect();
    settle(next, after);
}

/// The clock of a treatment that never ran.
const fn waiting(paused: bool) -> TreatmentClock {
    TreatmentClock {
        status: if paused {
            CampaignStatus::Paused
        } else {
            CampaignStatus::Scheduled
        },
        next_run: None,
        ran: false,
        run: None,
    }
}

/// Where one treatment goes; `anew` if its next run is to be found again. `now` comes with the instant
/// after which a further run may be due.
fn step_clock(
    campaign: &Campaign,
    number: u8,
    mut clock: TreatmentClock,
    anew: bool,
    now: (Timestamp, Timestamp),
) -> TreatmentClock {
    if clock.run.is_some() {
        // A run that recurs ends before the treatment is paused.
        let recurs = campaign
            .schedule(number)
            .is_some_and(|schedule| schedule.frequency.recurs());
        clock.status = if campaign.paused && !recurs {
            CampaignStatus::Paused
        } else {
            CampaignStatus::Executing
        };
        return clock;
    }
    if anew {
        (clock.status, clock.next_run) = outlook(campaign, number, clock.ran, now);
    }
    if campaign.paused && (anew || !clock.status.is_final()) {
        clock.status = CampaignStatus::Paused;
    }
    clock
}

/// Where a treatment without a run under way stands at `now`, and when it is looked at next, which is
/// after `from` if it recurs. What fell into a pause is lost, not replayed.
fn outlook(
    campaign: &Campaign,
    number: u8,
    ran: bool,
    (now, from): (Timestamp, Timestamp),
) -> (CampaignStatus, Option<Timestamp>) {
    let Some(schedule) = campaign.schedule(number) else {
        return (CampaignStatus::Completed, None);
    };
    if schedule.frequency.waits_for_events() {
        return window(schedule, now);
    }
    let first = schedule::first_run(schedule.start, now).ok();
    let next = first
        .filter(|_| !ran)
        .or_else(|| schedule::next_after(schedule, from));
    let status = match (next, ran) {
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
    if current.frequency() != next.frequency() {
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

fn start_of(campaign: &Campaign, number: u8) -> Option<Start> {
    campaign.schedule(number).map(|schedule| schedule.start)
}

fn replace<T: Clone>(old: &mut Option<T>, new: &Option<T>) {
    if new.is_some() {
        old.clone_from(new);
    }
}

/// The schedule that `draft` means at `now`; `path` is where it stands on the wire.
///
/// # Errors
/// A member cannot be read, or does not go with another.
pub fn read_schedule(
    path: &str,
    draft: &ScheduleDraft,
    now: Timestamp,
) -> Result<Schedule, CampaignRefusal> {
    let refused = |member: &str| {
        let member = format!("{path}.{member}");
        move |error: ScheduleError| CampaignRefusal::Schedule { member, error }
    };
    let zone = draft.timezone.as_deref();
    if let Some(zone) = zone {
        schedule::offset_seconds(zone).map_err(refused("Timezone"))?;
    }
    let start = schedule::start(&draft.start, zone).map_err(refused("StartTime"))?;
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
        .transpose()
        .map_err(refused("EndTime"))?;
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
        let path = treatment_path(index);
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
