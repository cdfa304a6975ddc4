//! Labels of fixed offsets, such as `UTC+05:30`; they know no daylight saving.

use crate::ScheduleError;

/// Hours east of UTC that have a label of their own.
const HOURS_EAST_MAX: i32 = 13;
/// Hours west of UTC that have a label of their own.
const HOURS_WEST: std::ops::RangeInclusive<i32> = 2..=11;
/// Offsets between full hours, in minutes.
const BETWEEN_HOURS: [i32; 7] = [210, 270, 330, 345, 390, 570, 630];

/// Seconds east of UTC that `label` stands for, in any case (`docs/spec/campaigns.md §4`).
///
/// # Errors
/// The label is not in the list.
pub fn offset_seconds(label: &str) -> Result<i32, ScheduleError> {
    minutes(label)
        .map(|minutes| minutes * 60)
        .ok_or_else(|| ScheduleError::Zone(label.to_owned()))
}

fn minutes(label: &str) -> Option<i32> {
    let upper = label.trim().to_ascii_uppercase();
    let rest = upper.strip_prefix("UTC")?;
    if rest.is_empty() {
        return Some(0);
    }
    let (sign, digits) = match (rest.strip_prefix('+'), rest.strip_prefix('-')) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "00"));
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let hours: i32 = hours.parse().ok()?;
    let total = hours * 60 + minutes.parse::<i32>().ok()?;
    let whole = total % 60 == 0;
    let known = match sign {
        1 => (whole && (0..=HOURS_EAST_MAX).contains(&hours)) || BETWEEN_HOURS.contains(&total),
        _ => whole && HOURS_WEST.contains(&hours),
    };
    known.then_some(sign * total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(label: &str, want: Option<i32>) {
        assert_eq!(offset_seconds(label).ok(), want.map(|m| m * 60), "{label}");
    }

    #[test]
    fn labels_of_the_list_are_known() {
        check("UTC", Some(0));
        check("utc", Some(0));
        check("UTC+01", Some(60));
        check("UTC+13", Some(780));
        check("utc+05:45", Some(345));
        check("UTC+10:30", Some(630));
        check("UTC-02", Some(-120));
        check("UTC-11", Some(-660));
    }

    #[test]
    fn other_labels_are_refused() {
        check("UTC+14", None);
        check("UTC-01", None);
        check("UTC-12", None);
        check("UTC+02:15", None);
        check("UTC-03:30", None);
        check("UTC+5", None);
        check("UTC5", None);
        check("Europe/Berlin", None);
        check("", None);
    }
}
