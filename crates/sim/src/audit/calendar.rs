//! Which runs there are (`docs/spec/campaigns.md §4–5`): each at its time, none left out without an
//! excuse.

use std::time::Duration;

use clock::Timestamp;
use model::{Campaign, CampaignStatus, Frequency, RunState, Schedule, Start};

use super::Complaints;
use crate::evidence::{Evidence, RunRecord, Story};

const HOUR: Duration = Duration::from_secs(3600);
/// How late a run may begin.
const LATE_MAX: Duration = Duration::from_secs(15 * 60);
/// How long after its window a campaign waits for events of it to be looked at.
const AWAITED: Duration = Duration::from_secs(5 * 60);
/// How long a waking engine may need to get at something.
const SLACK: Duration = Duration::from_secs(90);

/// Holds the runs of a campaign against its schedule.
pub(super) fn check(evidence: &Evidence, story: &Story, complaints: &mut Complaints) {
    let Some((_, Some(first))) = story.edits.first() else {
        return;
    };
    let mut leaders: Vec<u8> = Vec::new();
    for arm in first.numbers() {
        let same = |leader: &u8| times(first.schedule(*leader)) == times(first.schedule(arm));
        if !leaders.iter().any(same) {
            leaders.push(arm);
        }
    }
    for leader in leaders {
        let runs = story.runs.iter();
        let calendar = Calendar {
            evidence,
            story,
            leader,
            runs: runs.filter(|it| it.run.leader() == leader).collect(),
        };
        if calendar.waits_for_events() {
            return calendar.one_run_in_its_window(complaints);
        }
        calendar.each_run_has_its_time(complaints);
        calendar.no_run_is_left_out(complaints);
        calendar.the_treatments_end_well(complaints);
    }
}

/// What treatments must have in common to run together (`docs/spec/campaigns.md §6`, clocks).
fn times(schedule: Option<&Schedule>) -> impl PartialEq + use<> {
    schedule.map(|it| {
        let label = it.timezone.clone().unwrap_or_else(|| "UTC".to_owned());
        (it.start, it.end, it.frequency, label, it.local_time)
    })
}

/// The treatments of a campaign that run together.
struct Calendar<'a> {
    evidence: &'a Evidence,
    story: &'a Story,
    /// The first of them.
    leader: u8,
    runs: Vec<&'a RunRecord>,
}

impl<'a> Calendar<'a> {
    fn name(&self) -> String {
        let mut stories = self.evidence.campaigns.iter();
        let number = stories.position(|story| story.id == self.story.id);
        let number = number.unwrap_or_default();
        format!("campaign {number}, treatment {}", self.leader)
    }

    /// The campaign as it was just after `instant`; `None` while there is none.
    fn at(&self, instant: Timestamp) -> Option<&'a Campaign> {
        let edits = self.story.edits.iter();
        let last = edits.take_while(|(at, _)| *at <= instant).last()?;
        last.1.as_deref()
    }

    /// Whether the campaign was changed between `from` and `to`.
    fn edited(&self, from: Timestamp, to: Timestamp) -> bool {
        let mut edits = self.story.edits.iter();
        edits.any(|(at, _)| *at >= from && *at <= to)
    }

    /// Whether the process was down at some instant between `from` and `to`.
    fn down(&self, from: Timestamp, to: Timestamp) -> bool {
        let lives = &self.evidence.lives;
        lives
            .windows(2)
            .any(|pair| pair[0].to <= to && pair[1].from >= from)
    }

    fn waits_for_events(&self) -> bool {
        let mut edits = self.story.edits.iter().filter_map(|(_, it)| it.as_deref());
        edits.any(|campaign| campaign.frequency() == Frequency::Event)
    }

    /// A campaign that waits for events has one run at most, in its window, and stands where the
    /// window stands.
    fn one_run_in_its_window(&self, complaints: &mut Complaints) {
        let runs = &self.runs;
        complaints.unless(runs.len() <= 1, "one run waits for all events", || {
            self.name()
        });
        let Some(last) = self.story.last.as_deref() else {
            return;
        };
        let Some(schedule) = last.default_treatment.schedule.as_ref() else {
            return;
        };
        let Start::At(start) = schedule.start else {
            return;
        };
        let early = runs.iter().any(|record| record.run.started < start);
        complaints.unless(!early, "no run begins early", || self.name());
        let now = self.evidence.end;
        let over = schedule.end.filter(|end| *end < now);
        let right = match last.status {
            CampaignStatus::Scheduled => !last.paused && now < start.plus(SLACK),
            CampaignStatus::Executing => {
                let waits = over.is_none_or(|end| now < end.plus(AWAITED + SLACK));
                !last.paused && now >= start && waits
            }
            CampaignStatus::Completed => over.is_some(),
            CampaignStatus::Paused => last.paused,
            _ => false,
        };
        complaints.unless(right, "a campaign stands where its window stands", || {
            let status = last.status.as_str();
            format!("{}: {status} at {now}, {schedule:?}", self.name())
        });
    }

    fn each_run_has_its_time(&self, complaints: &mut Complaints) {
        let mut last: Option<(Timestamp, Timestamp)> = None;
        for record in &self.runs {
            let run = &record.run;
            let versions = self
                .story
                .edits
                .iter()
                .filter_map(|(_, edit)| edit.as_deref());
            let Some(campaign) = versions
                .into_iter()
                .find(|campaign| campaign.version == run.campaign_version)
            else {
                complaints.unless(false, "a run is of a version", || self.name());
                continue;
            };
            let Some(schedule) = campaign.schedule(self.leader) else {
                continue;
            };
            let describe = || {
                format!(
                    "{}, run of {} from {} to {:?}, schedule {schedule:?}",
                    self.name(),
                    run.scheduled,
                    run.started,
                    run.ended
                )
            };
            complaints.unless(
                self.is_occurrence(schedule, run.scheduled),
                "runs are on schedule",
                describe,
            );
            complaints.unless(
                run.started >= run.scheduled,
                "no run begins early",
                describe,
            );
            let in_time = schedule.end.is_none_or(|end| run.scheduled <= end);
            complaints.unless(in_time, "no run is scheduled after the end", describe);
            let waited = last.map_or(run.scheduled, |(_, ended)| ended.max(run.scheduled));
            let latest = waited.plus(LATE_MAX + SLACK);
            complaints.unless(
                run.started <= latest || self.down(run.scheduled, run.started),
                "runs begin at most 15 minutes late",
                describe,
            );
            let paused = campaign.paused && !self.edited(run.scheduled, run.started);
            complaints.unless(!paused, "a paused campaign begins nothing", describe);
            if let Some((scheduled, ended)) = last {
                complaints.unless(
                    scheduled < run.scheduled,
                    "no occurrence runs twice",
                    describe,
                );
                complaints.unless(ended <= run.started, "runs follow each other", describe);
            }
            last = Some((run.scheduled, run.ended.unwrap_or(self.evidence.end)));
        }
    }

    fn is_occurrence(&self, schedule: &Schedule, at: Timestamp) -> bool {
        let Start::At(start) = schedule.start else {
            // At once: when the campaign was created or let go.
            let mut edits = self.story.edits.iter();
            return edits.any(|(edit, _)| *edit == at);
        };
        match step(schedule.frequency) {
            None => at == start,
            Some(step) => {
                at >= start && at.since(start).as_millis().is_multiple_of(step.as_millis())
            }
        }
    }

    fn no_run_is_left_out(&self, complaints: &mut Complaints) {
        let Some((created, Some(first))) = self.story.edits.first() else {
            return;
        };
        let Some(schedule) = first.schedule(self.leader) else {
            return;
        };
        let (mut at, step) = match (schedule.start, step(schedule.frequency)) {
            (Start::Immediately, _) => (*created, None),
            (Start::At(start), step) => (start, step),
        };
        let last = schedule
            .end
            .unwrap_or(self.evidence.end)
            .min(self.evidence.end);
        while at <= last {
            let ran = self.runs.iter().any(|record| record.run.scheduled == at);
            complaints.unless(
                ran || self.is_excused(schedule, at),
                "no run is left out",
                || format!("{}: nothing at {at}, schedule {schedule:?}", self.name()),
            );
            let Some(step) = step else {
                return;
            };
            at = at.plus(step);
        }
    }

    /// Whether there was a reason not to run at `at`.
    fn is_excused(&self, schedule: &Schedule, at: Timestamp) -> bool {
        let until = at.plus(LATE_MAX);
        if self.at(at).is_none_or(|campaign| campaign.paused) {
            return true;
        }
        if self.edited(at, until) || until > self.evidence.end {
            return true;
        }
        // Down for so long that the run was missed, or there was time for part of the wait only.
        let lives = &self.evidence.lives;
        let missed = lives
            .windows(2)
            .any(|pair| pair[0].to <= at.plus(SLACK) && pair[1].from.plus(SLACK) >= until);
        if missed {
            return true;
        }
        let busy = self.runs.iter().find(|record| {
            let ended = record.run.ended.unwrap_or(self.evidence.end);
            record.run.scheduled < at && at <= ended
        });
        busy.is_some_and(|record| {
            let Some(ended) = record.run.ended else {
                return true;
            };
            // What waited runs as one when the run before has ended.
            let later = self.runs.iter().any(|later| later.run.scheduled >= at);
            let over = schedule.end.is_some_and(|end| ended > end);
            let unsettled = self.edited(at, ended.plus(LATE_MAX))
                || self.down(at, ended.plus(LATE_MAX))
                || ended.plus(LATE_MAX) > self.evidence.end;
            let cancelled = record.run.state == RunState::Cancelled;
            later || over || unsettled || cancelled
        })
    }

    fn the_treatments_end_well(&self, complaints: &mut Complaints) {
        let Some(last) = self.story.last.as_deref() else {
            let deleted = self
                .story
                .edits
                .last()
                .is_none_or(|(_, edit)| edit.is_none());
            complaints.unless(deleted, "nobody else deletes campaigns", || self.name());
            return;
        };
        let open = self.runs.iter().any(|record| record.run.ended.is_none());
        let clock = last.clocks.get(usize::from(self.leader));
        let (status, next) = clock.map_or((last.status, last.next_run), |clock| {
            (clock.status, clock.next_run)
        });
        let right = match status {
            CampaignStatus::Completed => next.is_none() && !open,
            CampaignStatus::Paused => last.paused,
            CampaignStatus::Scheduled | CampaignStatus::PendingNextRun => {
                !last.paused && next.is_some_and(|next| next > self.evidence.end)
            }
            CampaignStatus::Invalid => self.is_mute(last),
            CampaignStatus::Executing | CampaignStatus::Deleted => false,
        };
        complaints.unless(right, "a campaign stands where its runs stand", || {
            let status = status.as_str();
            let reason = &last.status_reason;
            format!(
                "{}: {status}, next run {next:?}, runs open: {open}, {reason:?}",
                self.name()
            )
        });
    }

    /// Whether some treatment says nothing on any channel that is switched on.
    fn is_mute(&self, campaign: &Campaign) -> bool {
        campaign.default_treatment.message.is_none()
    }
}

/// How far occurrences are apart; `None` if there is only one.
fn step(frequency: Frequency) -> Option<Duration> {
    match frequency {
        Frequency::Hourly => Some(HOUR),
        Frequency::Daily => Some(HOUR * 24),
        Frequency::Weekly => Some(HOUR * 24 * 7),
        _ => None,
    }
}
