//! Applications and settings, between the wire and the model.

use std::collections::BTreeMap;

use model::{
    App, AppSettings, CampaignHook, HookMode, JourneyLimits, Limits, QuietTime, TimeframeCap,
};
use wire::shapes;

use crate::arn::Account;
use crate::error::ApiError;

/// An application as callers see it.
pub(crate) fn app(account: &Account, app: &App) -> shapes::ApplicationResponse {
    shapes::ApplicationResponse {
        arn: Some(account.app(&app.region, &app.id)),
        creation_date: Some(app.created.to_string()),
        id: Some(app.id.to_string()),
        name: Some(app.name.clone()),
        tags: Some(app.tags.clone()),
    }
}

/// Settings as callers see them: three blocks are always there.
pub(crate) fn settings(settings: &AppSettings) -> shapes::ApplicationSettingsResource {
    shapes::ApplicationSettingsResource {
        application_id: Some(settings.app.to_string()),
        campaign_hook: Some(settings.hook.as_ref().map(hook).unwrap_or_default()),
        journey_limits: settings.journey_limits.as_ref().map(journey_limits),
        last_modified_date: settings.modified.map(|modified| modified.to_string()),
        limits: Some(settings.limits.as_ref().map(limits).unwrap_or_default()),
        quiet_time: Some(settings.quiet_time.map(quiet_time).unwrap_or_default()),
    }
}

/// A hook as callers see it.
pub(crate) fn hook(hook: &CampaignHook) -> shapes::CampaignHook {
    shapes::CampaignHook {
        lambda_function_name: hook.function.clone(),
        mode: hook.mode.map(|mode| {
            let word = match mode {
                HookMode::Filter => "FILTER",
                HookMode::Delivery => "DELIVERY",
            };
            word.to_owned()
        }),
        web_url: hook.url.clone(),
    }
}

/// Limits as callers see them.
pub(crate) fn limits(limits: &Limits) -> shapes::CampaignLimits {
    shapes::CampaignLimits {
        daily: limits.daily.map(i64::from),
        maximum_duration: limits.maximum_duration_s.map(i64::from),
        messages_per_second: limits.messages_per_second.map(i64::from),
        session: limits.session.map(i64::from),
        total: limits.total.map(i64::from),
    }
}

/// Quiet time as callers see it.
pub(crate) fn quiet_time(quiet: QuietTime) -> shapes::QuietTime {
    let clock = |minutes: u16| Some(format!("{:02}:{:02}", minutes / 60, minutes % 60));
    shapes::QuietTime {
        end: clock(quiet.end),
        start: clock(quiet.start),
    }
}

fn journey_limits(limits: &JourneyLimits) -> shapes::ApplicationSettingsJourneyLimits {
    shapes::ApplicationSettingsJourneyLimits {
        daily_cap: limits.daily.map(i64::from),
        timeframe_cap: limits.timeframe.map(|it| shapes::JourneyTimeframeCap {
            cap: it.cap.map(i64::from),
            days: it.days.map(i64::from),
        }),
        total_cap: limits.total.map(i64::from),
    }
}

/// A hook as it was sent; absent if it is empty.
///
/// # Errors
/// The URL is none of http or https.
pub(crate) fn read_hook(
    path: &str,
    hook: shapes::CampaignHook,
) -> Result<Option<CampaignHook>, ApiError> {
    let text = |text: Option<String>| text.filter(|text| !text.is_empty());
    let url = text(hook.web_url);
    if let Some(url) = &url
        && !url.starts_with("http://")
        && !url.starts_with("https://")
    {
        return Err(ApiError::bad_request(format!(
            "{path}.WebUrl: expected an http or https URL"
        )));
    }
    let hook = CampaignHook {
        function: text(hook.lambda_function_name),
        mode: text(hook.mode).map(|mode| match mode.as_str() {
            "DELIVERY" => HookMode::Delivery,
            _ => HookMode::Filter,
        }),
        url,
    };
    Ok((hook != CampaignHook::default()).then_some(hook))
}

/// Limits as they were sent; absent if none is given.
///
/// # Errors
/// One is out of its bounds.
pub(crate) fn read_limits(
    path: &str,
    limits: &shapes::CampaignLimits,
) -> Result<Option<Limits>, ApiError> {
    let bounded = |member: &str, value: Option<i64>, (least, most): (i64, i64), unset: bool| {
        let Some(value) = value else {
            return Ok(None);
        };
        if (least..=most).contains(&value) || (unset && value == 0) {
            return Ok(u32::try_from(value).ok());
        }
        Err(ApiError::bad_request(format!(
            "{path}.{member}: expected {least} to {most}, found {value}"
        )))
    };
    let longest = i64::from(i32::MAX);
    let limits = Limits {
        daily: bounded("Daily", limits.daily, (0, 100), false)?,
        total: bounded("Total", limits.total, (0, 100), false)?,
        maximum_duration_s: bounded(
            "MaximumDuration",
            limits.maximum_duration,
            (60, longest),
            true,
        )?,
        messages_per_second: bounded(
            "MessagesPerSecond",
            limits.messages_per_second,
            (1, 20_000),
            true,
        )?,
        session: bounded("Session", limits.session, (0, longest), false)?,
    };
    Ok((limits != Limits::default()).then_some(limits))
}

/// Quiet time as it was sent; absent if both ends are empty.
///
/// # Errors
/// An end is no time of day, or only one is given.
pub(crate) fn read_quiet_time(
    path: &str,
    quiet: &shapes::QuietTime,
) -> Result<Option<QuietTime>, ApiError> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    match (text(&quiet.start).as_str(), text(&quiet.end).as_str()) {
        ("", "") => Ok(None),
        ("", _) => Err(ApiError::bad_request(format!("Missing {path}.Start"))),
        (_, "") => Err(ApiError::bad_request(format!("Missing {path}.End"))),
        (start, end) => schedule::parse_quiet_time(start, end)
            .map(Some)
            .map_err(|error| ApiError::bad_request(format!("{path}: {error}"))),
    }
}

/// Caps of journeys as they were sent; absent if none is given.
///
/// # Errors
/// One is out of its bounds.
pub(crate) fn read_journey_limits(
    limits: &shapes::ApplicationSettingsJourneyLimits,
) -> Result<Option<JourneyLimits>, ApiError> {
    let bounded = |member: &str, value: Option<i64>, most: i64| match value {
        None => Ok(None),
        Some(value) if (0..=most).contains(&value) => Ok(u32::try_from(value).ok()),
        Some(value) => Err(ApiError::bad_request(format!(
            "JourneyLimits.{member}: expected 0 to {most}, found {value}"
        ))),
    };
    let timeframe = match &limits.timeframe_cap {
        None => None,
        Some(cap) => {
            let cap = TimeframeCap {
                cap: bounded("TimeframeCap.Cap", cap.cap, 100)?,
                days: bounded("TimeframeCap.Days", cap.days, 30)?,
            };
            (cap != TimeframeCap::default()).then_some(cap)
        }
    };
    let limits = JourneyLimits {
        daily: bounded("DailyCap", limits.daily_cap, 100)?,
        total: bounded("TotalCap", limits.total_cap, 100)?,
        timeframe,
    };
    Ok((limits != JourneyLimits::default()).then_some(limits))
}

/// Tags as they were sent (`docs/spec/audience.md §13`).
///
/// # Errors
/// There are too many, or a key or value breaks a rule.
pub(crate) fn read_tags(
    tags: Option<BTreeMap<String, String>>,
    most: usize,
) -> Result<model::Tags, ApiError> {
    let tags = tags.unwrap_or_default();
    if tags.len() > most {
        return Err(ApiError::bad_request(format!(
            "tags: at most {most} tags, found {}",
            tags.len()
        )));
    }
    for (key, value) in &tags {
        let refuse = |problem: &str| {
            let shown: String = key.chars().take(128).collect();
            Err(ApiError::bad_request(format!("tags.{shown}: {problem}")))
        };
        if key.is_empty() || key.chars().count() > 128 {
            return refuse("a key has 1 to 128 characters");
        }
        if value.chars().count() > 256 {
            return refuse("a value has at most 256 characters");
        }
        let fits = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
        if !key.chars().all(fits) || !value.chars().all(fits) {
            return refuse(
                "keys and values consist of letters, digits, spaces and _ . : / = + - @",
            );
        }
        if key.starts_with("aws:") || value.starts_with("aws:") {
            return refuse("the prefix aws: is reserved");
        }
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_have_bounds() {
        let limits = |json: &str| {
            let limits: shapes::CampaignLimits = serde_json::from_str(json).unwrap();
            read_limits("Limits", &limits).map_err(|error| error.message().to_owned())
        };
        assert_eq!(limits("{}"), Ok(None));
        assert_eq!(
            limits(r#"{"Daily":100,"MaximumDuration":0}"#)
                .unwrap()
                .unwrap()
                .daily,
            Some(100)
        );
        for (json, message) in [
            (
                r#"{"Daily":101}"#,
                "Limits.Daily: expected 0 to 100, found 101",
            ),
            (
                r#"{"MaximumDuration":59}"#,
                "Limits.MaximumDuration: expected 60 to 2147483647, found 59",
            ),
            (
                r#"{"MessagesPerSecond":20001}"#,
                "Limits.MessagesPerSecond: expected 1 to 20000, found 20001",
            ),
            (
                r#"{"Session":-1}"#,
                "Limits.Session: expected 0 to 2147483647, found -1",
            ),
        ] {
            assert_eq!(limits(json), Err(message.to_owned()));
        }
    }

    #[test]
    fn tags_have_rules() {
        let tags = |key: &str, value: &str| {
            let tags = BTreeMap::from([(key.to_owned(), value.to_owned())]);
            read_tags(Some(tags), 50).is_ok()
        };
        assert!(tags("team", "crm") && tags("a b_.:/=+-@é", ""));
        assert!(!tags("", "x") && !tags("aws:x", "y") && !tags("x", "aws:y"));
        assert!(!tags("a#b", "x") && !tags(&"k".repeat(129), "x") && !tags("k", &"v".repeat(257)));
        let many = (0..51).map(|n| (n.to_string(), String::new())).collect();
        assert!(read_tags(Some(many), 50).is_err());
    }
}
