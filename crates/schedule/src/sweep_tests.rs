use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a test's instant")
}

fn schedule(start: &str, label: &str) -> Schedule {
    Schedule {
        start: Start::At(at(start)),
        start_text: None,
        end: None,
        end_text: None,
        frequency: Frequency::Daily,
        local_time: true,
        timezone: Some(label.to_owned()),
        quiet_time: None,
        event_filter: None,
    }
}

/// The turn of `zone` in a run that opens at `opens`, under a label.
#[track_caller]
fn check(opens: &str, label: &str, zone: &str, want: &str) {
    let sweep = Sweep::new(&schedule(opens, label), at(opens)).expect("it sweeps");
    let got = sweep.turn(zone).map(|turn| turn.fires);
    assert_eq!(got, Some(at(want)), "{zone} in {label} from {opens}");
}

#[test]
fn the_sweep_travels_west_from_its_label() {
    // 14:00 in UTC-05 in winter.
    let opens = "2031-01-15T19:00:00Z";
    for (zone, want) in [
        ("America/New_York", "2031-01-15T19:00:00Z"),
        ("America/Chicago", "2031-01-15T20:00:00Z"),
        ("America/Los_Angeles", "2031-01-15T22:00:00Z"),
        ("Pacific/Honolulu", "2031-01-16T00:00:00Z"),
        ("Pacific/Pago_Pago", "2031-01-16T01:00:00Z"),
        // East of the label: the next day.
        ("Pacific/Kiritimati", "2031-01-16T00:00:00Z"),
        ("Pacific/Auckland", "2031-01-16T01:00:00Z"),
        ("Australia/Eucla", "2031-01-16T05:15:00Z"),
        ("Asia/Kathmandu", "2031-01-16T08:15:00Z"),
        ("Asia/Kolkata", "2031-01-16T08:30:00Z"),
        ("Europe/Berlin", "2031-01-16T13:00:00Z"),
        ("UTC", "2031-01-16T14:00:00Z"),
        ("America/St_Johns", "2031-01-16T17:30:00Z"),
        ("america/new_york", "2031-01-15T19:00:00Z"),
    ] {
        check(opens, "UTC-05", zone, want);
    }
}

#[test]
fn a_zone_that_is_ahead_by_its_daylight_saving_has_its_turn_at_the_opening() {
    let july = "2031-07-15T19:00:00Z";
    check(july, "UTC-05", "America/New_York", july);
    // Chicago's clock shows 14:00 just now.
    check(july, "UTC-05", "America/Chicago", july);
    check(july, "UTC-05", "America/Denver", "2031-07-15T20:00:00Z");
    // Halifax is east of the label also in winter.
    check(july, "UTC-05", "America/Halifax", "2031-07-16T17:00:00Z");
    let noon = "2031-07-15T12:00:00Z";
    check(noon, "UTC", "Europe/London", noon);
    // In the tz database, Dublin's summer is the standard.
    check(noon, "UTC", "Europe/Dublin", noon);
    check(noon, "UTC", "Africa/Lagos", "2031-07-16T11:00:00Z");
    let january = "2031-01-15T02:00:00Z";
    // 12:30 in UTC+10:30; Lord Howe is half an hour ahead of its winter.
    check(january, "UTC+10:30", "Australia/Lord_Howe", january);
    check(
        "2031-07-15T02:00:00Z",
        "UTC+10:30",
        "Australia/Lord_Howe",
        "2031-07-15T02:00:00Z",
    );
    check(
        january,
        "UTC+10",
        "Australia/Brisbane",
        "2031-01-15T02:00:00Z",
    );
    check(january, "UTC+10", "Australia/Sydney", january);
    check(january, "UTC+12", "Pacific/Auckland", january);
}

#[test]
fn a_time_that_a_clock_skips_is_shown_that_much_later() {
    // New York goes from 02:00 to 03:00 on 9 March: 02:30 counts as 03:30 EDT.
    check(
        "2031-03-09T02:30:00Z",
        "UTC",
        "America/New_York",
        "2031-03-09T07:30:00Z",
    );
    // Berlin, 30 March, 02:00 to 03:00, and a sweep that opens east of it.
    check(
        "2031-03-29T17:30:00Z",
        "UTC+09",
        "Europe/Berlin",
        "2031-03-30T01:30:00Z",
    );
    // Cairo and Santiago skip the hour after midnight.
    check(
        "2031-04-24T15:30:00Z",
        "UTC+09",
        "Africa/Cairo",
        "2031-04-24T22:30:00Z",
    );
    check(
        "2031-09-07T00:30:00Z",
        "UTC",
        "America/Santiago",
        "2031-09-07T04:30:00Z",
    );
    // Lord Howe skips half an hour at 02:00.
    check(
        "2031-10-04T13:15:00Z",
        "UTC+13",
        "Australia/Lord_Howe",
        "2031-10-04T15:45:00Z",
    );
    // Apia skipped 30 December 2011.
    check(
        "2011-12-30T09:00:00Z",
        "UTC",
        "Pacific/Apia",
        "2011-12-30T19:00:00Z",
    );
}

#[test]
fn of_a_time_shown_twice_the_first_counts() {
    // New York shows 01:30 twice on 2 November.
    check(
        "2031-11-02T01:30:00Z",
        "UTC",
        "America/New_York",
        "2031-11-02T05:30:00Z",
    );
    check(
        "2031-10-25T17:30:00Z",
        "UTC+09",
        "Europe/Berlin",
        "2031-10-26T00:30:00Z",
    );
    // Santiago shows 23:30 twice on 5 April.
    check(
        "2031-04-05T23:30:00Z",
        "UTC",
        "America/Santiago",
        "2031-04-06T02:30:00Z",
    );
    // Lord Howe shows 01:45 twice on 6 April.
    check(
        "2031-04-05T12:45:00Z",
        "UTC+13",
        "Australia/Lord_Howe",
        "2031-04-05T14:45:00Z",
    );
    // Unless the first is over when the sweep opens.
    check(
        "2031-11-02T06:10:00Z",
        "UTC-05",
        "America/New_York",
        "2031-11-02T06:10:00Z",
    );
}

#[test]
fn the_end_is_read_on_the_clock_of_the_zone() {
    let mut once = schedule("2031-01-15T19:00:00Z", "UTC-05");
    once.frequency = Frequency::Once;
    // 20:00 in UTC-05, on the same day.
    once.end = Some(at("2031-01-16T01:00:00Z"));
    let sweep = Sweep::new(&once, at("2031-01-15T19:00:00Z")).expect("it sweeps");
    let over = |zone: &str| sweep.turn(zone).map(|turn| turn.over);
    assert_eq!(over("America/New_York"), Some(false));
    assert_eq!(over("Pacific/Pago_Pago"), Some(false));
    assert_eq!(over("Europe/Berlin"), Some(true));
    assert_eq!(over("Mars/Olympus"), None);
    assert_eq!(over(""), None);
    assert_eq!(over("Etc/Unknown"), None);
}

#[test]
fn some_frequencies_ignore_the_flag() {
    let sweeping = |frequency| {
        let mut schedule = schedule("2031-01-15T19:00:00Z", "UTC");
        schedule.frequency = frequency;
        sweeps(&schedule)
    };
    let got: Vec<Frequency> = Frequency::ALL
        .into_iter()
        .filter(|it| sweeping(*it))
        .collect();
    assert_eq!(
        got,
        [
            Frequency::Once,
            Frequency::Daily,
            Frequency::Weekly,
            Frequency::Monthly
        ]
    );
    let mut immediate = schedule("2031-01-15T19:00:00Z", "UTC");
    immediate.frequency = Frequency::Once;
    immediate.start = Start::Immediately;
    assert!(!sweeps(&immediate));
    assert!(Sweep::new(&immediate, at("2031-01-15T19:00:00Z")).is_none());
}

/// Zones of every kind: without daylight saving, with offsets between hours, with half an hour of
/// daylight saving, of the south, with changes at midnight.
const ZONES: [&str; 18] = [
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Lisbon",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "America/Phoenix",
    "America/Havana",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Antarctica/Troll",
];

proptest! {
    /// A walk over the minutes of a day and a half finds the same turn as the rule.
    #[test]
    fn a_zone_has_its_turn_when_its_clock_first_shows_the_time(
        minutes in 30_000_000_i64..34_000_000,
        zone in prop::sample::select(ZONES.to_vec()),
        label in prop::sample::select(vec!["UTC", "UTC-11", "UTC-05", "UTC+05:45", "UTC+10:30", "UTC+13"]),
    ) {
        let opens = Timestamp::from_millis(minutes * 60_000);
        let sweep = Sweep::new(&schedule(&opens.to_string(), label), opens).expect("it sweeps");
        let turn = sweep.turn(zone).expect("the zone exists").fires;
        prop_assert!(turn >= opens);
        let tz = known(zone).expect("the zone exists");
        prop_assume!(!sweep.is_just_ahead(&tz));
        let shown: Vec<DateTime> = (-180..36 * 60)
            .map(|minute| (minutes + minute) * 60_000)
            .map(|millis| tz.to_datetime(jiff::Timestamp::from_millisecond(millis).expect("near")))
            .collect();
        let mut found: Vec<usize> = (0..shown.len())
            .filter(|at| shown[*at].time() == sweep.wall.time())
            .collect();
        for at in 1..shown.len() {
            // A clock that jumps over the time shows it as much later as it jumped.
            let jump = shown[at].duration_since(shown[at - 1]).as_secs() / 60 - 1;
            found.extend((0..jump).filter_map(|skipped| {
                let meant = shown[at - 1].checked_add((skipped + 1).minutes()).expect("near");
                let later = at + usize::try_from(skipped).expect("small");
                (meant.time() == sweep.wall.time()).then_some(later)
            }));
        }
        let first = found.into_iter().filter(|at| *at >= 180).min().expect("a day is long");
        let first = minutes + i64::try_from(first).expect("small") - 180;
        prop_assert_eq!(Timestamp::from_millis(first * 60_000), turn);
    }
}
