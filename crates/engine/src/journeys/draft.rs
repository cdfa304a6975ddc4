//! A journey as a caller writes it: any part may be missing.

use std::collections::BTreeMap;

use clock::Timestamp;
use model::{
    Activity, AppId, ClosedDay, Journey, JourneyActivityId, JourneyCaps, JourneyChannel,
    JourneyChannelSettings, JourneyId, JourneySchedule, JourneyState, OpenRange, QuietTime,
    StartCondition, Tags, TimezoneEstimation, Weekday,
};

/// What a caller says about a journey. On update, absent members stay as they are and present ones
/// replace the old value whole (`docs/spec/journeys.md §2`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JourneyDraft {
    /// A name for people; always needed.
    pub name: String,
    /// `DRAFT` or `ACTIVE`; absent means a draft on creation and no change on update.
    pub state: Option<JourneyState>,
    /// Who enters.
    pub start_condition: Option<StartCondition>,
    /// The first activity.
    pub start_activity: Option<JourneyActivityId>,
    /// The path.
    pub activities: Option<BTreeMap<JourneyActivityId, Activity>>,
    /// From when to when.
    pub schedule: Option<JourneySchedule>,
    /// Caps.
    pub limits: Option<JourneyCaps>,
    /// Whether start and end are read on the participant's clock.
    pub local_time: Option<bool>,
    /// Hours without messages; present and empty removes them.
    pub quiet_time: Option<Option<QuietTime>>,
    /// Whether messages are held through quiet time.
    pub wait_for_quiet_time: Option<bool>,
    /// Whether open hours and closed days count.
    pub sending_schedule: Option<bool>,
    /// Hours with messages.
    pub open_hours: Option<BTreeMap<JourneyChannel, BTreeMap<Weekday, Vec<OpenRange>>>>,
    /// Days without messages.
    pub closed_days: Option<BTreeMap<JourneyChannel, Vec<ClosedDay>>>,
    /// How often the entry segment is evaluated again.
    pub refresh_frequency: Option<String>,
    /// Whether a change of the entry segment evaluates it again.
    pub refresh_on_segment_update: Option<bool>,
    /// How a missing time zone is inferred.
    pub timezone_estimation: Option<Vec<TimezoneEstimation>>,
    /// What contact-center activities need.
    pub channel_settings: Option<JourneyChannelSettings>,
}

impl JourneyDraft {
    /// Writes what the draft says into `journey`; the state is not among it.
    pub(super) fn apply(&self, journey: &mut Journey) {
        journey.name.clone_from(&self.name);
        keep(&mut journey.start_condition, &self.start_condition);
        keep(&mut journey.start_activity, &self.start_activity);
        if let Some(activities) = &self.activities {
            journey.activities.clone_from(activities);
        }
        keep(&mut journey.schedule, &self.schedule);
        keep(&mut journey.limits, &self.limits);
        keep(&mut journey.local_time, &self.local_time);
        if let Some(quiet) = self.quiet_time {
            journey.quiet_time = quiet;
        }
        keep(&mut journey.wait_for_quiet_time, &self.wait_for_quiet_time);
        keep(&mut journey.sending_schedule, &self.sending_schedule);
        keep(&mut journey.open_hours, &self.open_hours);
        keep(&mut journey.closed_days, &self.closed_days);
        keep(&mut journey.refresh_frequency, &self.refresh_frequency);
        keep(
            &mut journey.refresh_on_segment_update,
            &self.refresh_on_segment_update,
        );
        keep(&mut journey.timezone_estimation, &self.timezone_estimation);
        keep(&mut journey.channel_settings, &self.channel_settings);
    }
}

fn keep<T: Clone>(old: &mut Option<T>, new: &Option<T>) {
    if new.is_some() {
        old.clone_from(new);
    }
}

/// A draft without content.
pub(super) fn blank(app: &AppId, id: JourneyId, now: Timestamp) -> Journey {
    Journey {
        app: app.clone(),
        id,
        name: String::new(),
        state: JourneyState::Draft,
        start_condition: None,
        start_activity: None,
        activities: BTreeMap::new(),
        schedule: None,
        limits: None,
        local_time: None,
        quiet_time: None,
        wait_for_quiet_time: None,
        sending_schedule: None,
        open_hours: None,
        closed_days: None,
        refresh_frequency: None,
        refresh_on_segment_update: None,
        timezone_estimation: None,
        channel_settings: None,
        tags: Tags::new(),
        launch: None,
        paused_at: None,
        created: now,
        modified: now,
    }
}
