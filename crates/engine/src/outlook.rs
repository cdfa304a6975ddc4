//! When a schedule would run, and what people's clocks show then.

use std::collections::BTreeMap;

use clock::Timestamp;
use model::{AppId, AppSettings, EndpointSet, Schedule, SegmentId};
use schedule::{ScheduleError, Sweep, is_quiet, local_time};
use store::{Store, StoreError};

use crate::run::sweep::by_zone;

/// Runs that are told.
const RUNS_MAX: usize = 10;

/// What a schedule leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outlook {
    /// The next runs; none where events decide.
    pub runs: Vec<Timestamp>,
    /// The zones of the people, at the first of these runs, by name.
    pub zones: Vec<ZoneOutlook>,
    /// People whose zone is not known.
    pub without_zone: u64,
    /// People by the hour in UTC and the hour on their own clock at which the first run reaches
    /// them.
    pub heat: BTreeMap<(u8, u8), u64>,
}

/// The people of one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneOutlook {
    /// The zone's name.
    pub zone: String,
    /// How many people it has.
    pub endpoints: u64,
    /// When the first run reaches them.
    pub fires: Timestamp,
    /// What their clocks show then.
    pub local: String,
    /// Whether they get nothing: it is quiet there, or the schedule has ended on their clocks.
    pub quiet: bool,
}

/// The next runs of `schedule` after `now`, at most 10, the first of them as on creation.
///
/// # Errors
/// The start has passed and nothing follows it.
pub fn runs(schedule: &Schedule, now: Timestamp) -> Result<Vec<Timestamp>, ScheduleError> {
    if schedule.frequency.waits_for_events() {
        return Ok(Vec::new());
    }
    let first = match schedule::first_run(schedule.start, now) {
        Ok(first) => first,
        Err(error) => schedule::next_after(schedule, now).ok_or(error)?,
    };
    let after = |run: &Timestamp| schedule::next_after(schedule, *run);
    Ok(std::iter::successors(Some(first), after)
        .take(RUNS_MAX)
        .collect())
}

/// What the first of `runs` means to `members`; `snapshots` are the stored lists that may stand in
/// for them. Where `schedule` has no quiet time, that of the application counts.
///
/// # Errors
/// The store failed.
pub async fn outlook(
    store: &Store,
    app: &AppId,
    schedule: &Schedule,
    runs: Vec<Timestamp>,
    (members, snapshots): (&EndpointSet, &[(SegmentId, u32)]),
) -> Result<Outlook, StoreError> {
    let Some(first) = runs.first().copied() else {
        return Ok(Outlook::default());
    };
    let settings = store.of::<AppSettings>().get("", app.as_str()).await?;
    let inherited = settings.and_then(|settings| settings.quiet_time);
    let quiet_time = schedule.quiet_time.or(inherited);
    let sweep = Sweep::new(schedule, first);
    let found = by_zone(store, app, snapshots, members).await?;
    let mut outlook = Outlook {
        runs,
        without_zone: found.without.len(),
        ..Outlook::default()
    };
    for (zone, members) in found.zones {
        let turn = sweep.as_ref().and_then(|sweep| sweep.turn(&zone));
        let fires = turn.map_or(first, |turn| turn.fires);
        let Some(local) = local_time(&zone, fires) else {
            continue;
        };
        let over = turn.is_some_and(|turn| turn.over);
        let quiet = quiet_time.is_some_and(|quiet| is_quiet(quiet, Some(&zone), fires));
        let utc_hour = u8::try_from(fires.utc_hour().rem_euclid(24)).unwrap_or(0);
        let local_hour = u8::try_from(local.hour()).unwrap_or(0);
        *outlook.heat.entry((utc_hour, local_hour)).or_default() += members.len();
        outlook.zones.push(ZoneOutlook {
            zone,
            endpoints: members.len(),
            fires,
            local: local.to_string(),
            quiet: quiet || over,
        });
    }
    Ok(outlook)
}
