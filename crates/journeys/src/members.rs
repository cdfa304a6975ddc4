//! What must hold of a journey whenever it is written, drafts included
//! (`docs/spec/journeys.md §2, §5`). The path is looked at when it is published.

use std::time::Duration;

use model::{Journey, JourneyCaps, JourneyChannelSettings};

use crate::fault::{JourneyFault, member};
use crate::graph::{ACTIVITIES_MAX, activity_id};
use crate::hours;
use crate::time::duration;

const NAME_CHARS_MAX: usize = 150;
const START_ACTIVITY_CHARS_MAX: usize = 128;
const REFRESH_MIN: Duration = Duration::from_hours(1);
const CAP_MAX: u32 = 100;
const TIMEFRAME_DAYS_MAX: u32 = 30;
const MESSAGES_PER_SECOND_MAX: u32 = 20_000;
/// Labels of offsets that journeys know beside those of campaigns.
const MORE_LABELS: [&str; 6] = [
    "UTC+08:45",
    "UTC+12:45",
    "UTC+13:45",
    "UTC-02:30",
    "UTC-03:30",
    "UTC-09:30",
];

/// Whether name, identifiers, times, caps and settings keep their form and bounds.
///
/// # Errors
/// The first member that does not.
pub fn check_members(journey: &Journey) -> Result<(), JourneyFault> {
    check_name(&journey.name)?;
    if journey.activities.len() > ACTIVITIES_MAX {
        let found = journey.activities.len();
        return Err(member(
            "Activities",
            format!("expected at most {ACTIVITIES_MAX}, found {found}"),
        ));
    }
    for id in journey.activities.keys() {
        activity_id(id.as_str())?;
    }
    let start = journey.start_activity.as_ref();
    if start.is_some_and(|id| id.as_str().chars().count() > START_ACTIVITY_CHARS_MAX) {
        return Err(member(
            "StartActivity",
            format!("expected at most {START_ACTIVITY_CHARS_MAX} characters"),
        ));
    }
    if let Some(label) = journey
        .schedule
        .as_ref()
        .and_then(|it| it.timezone.as_deref())
    {
        check_label(label)?;
    }
    journey.limits.as_ref().map_or(Ok(()), check_caps)?;
    if let Some(text) = &journey.refresh_frequency
        && duration(text).is_none_or(|it| it < REFRESH_MIN)
    {
        return Err(member(
            "RefreshFrequency",
            "expected an ISO 8601 duration from PT1H, such as PT12H",
        ));
    }
    hours::check_form(journey)?;
    journey
        .channel_settings
        .as_ref()
        .map_or(Ok(()), check_channel_settings)
}

fn check_name(name: &str) -> Result<(), JourneyFault> {
    let fits = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && name.chars().all(fits) {
        return Ok(());
    }
    Err(member(
        "Name",
        format!("expected 1 to {NAME_CHARS_MAX} letters, digits, _ and -"),
    ))
}

fn check_label(label: &str) -> Result<(), JourneyFault> {
    let more = MORE_LABELS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(label.trim()));
    if more || schedule::offset_seconds(label).is_ok() {
        return Ok(());
    }
    let shown: String = label.chars().take(50).collect();
    Err(member(
        "Schedule.Timezone",
        format!("'{shown}' is not a label such as UTC or UTC+05:30"),
    ))
}

fn check_caps(caps: &JourneyCaps) -> Result<(), JourneyFault> {
    let timeframe = caps.timeframe.unwrap_or_default();
    for (name, value, most) in [
        ("DailyCap", caps.daily, CAP_MAX),
        ("TotalCap", caps.total, CAP_MAX),
        ("TimeframeCap.Cap", timeframe.cap, CAP_MAX),
        ("TimeframeCap.Days", timeframe.days, TIMEFRAME_DAYS_MAX),
        ("EndpointReentryCap", caps.reentry, CAP_MAX),
        (
            "MessagesPerSecond",
            caps.messages_per_second,
            MESSAGES_PER_SECOND_MAX,
        ),
    ] {
        if let Some(value) = value.filter(|value| *value > most) {
            return Err(member(
                format!("Limits.{name}"),
                format!("expected 0 to {most}, found {value}"),
            ));
        }
    }
    let interval = caps.reentry_interval.as_deref();
    if interval.is_some_and(|text| duration(text).is_none()) {
        return Err(member(
            "Limits.EndpointReentryInterval",
            "expected an ISO 8601 duration, such as P7D",
        ));
    }
    Ok(())
}

fn check_channel_settings(settings: &JourneyChannelSettings) -> Result<(), JourneyFault> {
    let Some(role) = &settings.role_arn else {
        return Ok(());
    };
    let name = role.split_once(":role/").map(|(_, name)| name);
    if role.starts_with("arn:") && name.is_some_and(|it| !it.is_empty() && !it.contains('/')) {
        return Ok(());
    }
    Err(member(
        "JourneyChannelSettings.ConnectCampaignExecutionRoleArn",
        "expected the ARN of a role whose name has no path",
    ))
}

#[cfg(test)]
mod tests {
    use model::{JourneySchedule, TimeframeCap};

    use super::*;
    use crate::samples::{activities, journey};

    #[track_caller]
    fn check(change: impl FnOnce(&mut Journey), want: &str) {
        let mut journey = journey();
        change(&mut journey);
        let said = check_members(&journey).err().map(|it| it.to_string());
        assert_eq!(said.unwrap_or_default(), want);
    }

    #[test]
    fn names_are_words() {
        let want = "Name: expected 1 to 150 letters, digits, _ and -";
        check(|it| it.name = "cart_Rescue-2".to_owned(), "");
        check(|it| it.name = "n".repeat(150), "");
        for bad in ["", "two words", "a.b", &"n".repeat(151)] {
            check(|it| it.name = bad.to_owned(), want);
        }
    }

    #[test]
    fn drafts_may_be_unfinished() {
        let nothing = |it: &mut Journey| {
            it.start_condition = None;
            it.start_activity = None;
            it.activities.clear();
        };
        check(nothing, "");
        check(|it| it.activities = activities("x>nowhere y"), "");
        let many: Vec<String> = (0..41).map(|n| format!("a{n}")).collect();
        check(
            |it| it.activities = activities(&many.join(" ")),
            "Activities: expected at most 40, found 41",
        );
    }

    #[test]
    fn caps_have_bounds() {
        let caps = |change: fn(&mut JourneyCaps), want: &str| {
            let mut caps = JourneyCaps::default();
            change(&mut caps);
            check(|it| it.limits = Some(caps), want);
        };
        caps(|it| it.daily = Some(100), "");
        caps(
            |it| it.daily = Some(101),
            "Limits.DailyCap: expected 0 to 100, found 101",
        );
        caps(
            |it| {
                it.timeframe = Some(TimeframeCap {
                    cap: Some(1),
                    days: Some(31),
                });
            },
            "Limits.TimeframeCap.Days: expected 0 to 30, found 31",
        );
        caps(
            |it| it.reentry_interval = Some("soon".to_owned()),
            "Limits.EndpointReentryInterval: expected an ISO 8601 duration, such as P7D",
        );
    }

    #[test]
    fn labels_are_those_of_the_list() {
        let label = |label: &str, want: &str| {
            let schedule = JourneySchedule {
                timezone: Some(label.to_owned()),
                ..JourneySchedule::default()
            };
            check(|it| it.schedule = Some(schedule), want);
        };
        label("UTC-03:30", "");
        label("utc+12:45", "");
        label("UTC+05:30", "");
        label(
            "Mars",
            "Schedule.Timezone: 'Mars' is not a label such as UTC or UTC+05:30",
        );
    }

    #[test]
    fn refreshes_are_an_hour_apart() {
        check(|it| it.refresh_frequency = Some("PT1H".to_owned()), "");
        for bad in ["PT59M", "hourly"] {
            check(
                |it| it.refresh_frequency = Some(bad.to_owned()),
                "RefreshFrequency: expected an ISO 8601 duration from PT1H, such as PT12H",
            );
        }
    }

    #[test]
    fn roles_have_no_path() {
        let role = |arn: &str, want: &str| {
            let settings = JourneyChannelSettings {
                campaign_arn: None,
                role_arn: Some(arn.to_owned()),
            };
            check(|it| it.channel_settings = Some(settings), want);
        };
        let want = "JourneyChannelSettings.ConnectCampaignExecutionRoleArn: expected the ARN of a role whose name has no path";
        role("arn:aws:iam::000000000000:role/dialler", "");
        role("arn:aws:iam::000000000000:role/team/dialler", want);
        role("dialler", want);
    }
}
