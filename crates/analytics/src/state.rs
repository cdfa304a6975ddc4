//! What analytics holds, and a consistent view of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use clock::Clock;
use events::{Log, Position};
use model::{AppId, Event};
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

use crate::hot::{self, Hot, HotDay};
use crate::manifest::{Tables, names_files};
use crate::numbers::{Names, Numbers};
use crate::row::Placed;
use crate::sets::{Cache, Cell, DAY, Series, SetsFile};
use crate::table::{DataFile, Scan, scan_batch, scan_file};
use crate::{AnalyticsError, Options, Window};

/// What all handles share.
pub(crate) struct Shared {
    pub(crate) dir: PathBuf,
    pub(crate) log: Log,
    pub(crate) clock: Clock,
    pub(crate) options: Options,
    pub(crate) cache: Cache,
    /// Taken before `state`.
    pub(crate) reader: Mutex<Reader>,
    pub(crate) state: RwLock<State>,
    /// Position up to which events are visible.
    pub(crate) visible: watch::Sender<Position>,
    /// Counts what became visible.
    pub(crate) ticks: watch::Sender<u64>,
    /// Why the consumer stopped.
    pub(crate) stopped: watch::Sender<Option<String>>,
    /// Held by whoever changes files.
    pub(crate) maintenance: tokio::sync::Mutex<()>,
    /// Tells the flusher that there is enough to write.
    pub(crate) flush_wanted: tokio::sync::Notify,
    /// Tells the consumer that there is room again.
    pub(crate) flushed: tokio::sync::Notify,
}

/// How far the log was read, and the numbers that were given.
#[derive(Default)]
pub(crate) struct Reader {
    pub(crate) position: Position,
    pub(crate) numbers: BTreeMap<AppId, Numbers>,
}

/// Files, rows on their way to files, and rows in memory.
pub(crate) struct State {
    pub(crate) tables: Arc<Tables>,
    pub(crate) frozen: Option<Arc<Frozen>>,
    pub(crate) hot: Hot,
}

/// Rows that are being written, and the names that were numbered with them.
pub(crate) struct Frozen {
    pub(crate) hot: Hot,
    pub(crate) position: Position,
    /// Users and outsiders: new entries, and how many there are with them.
    pub(crate) names: BTreeMap<AppId, [(Vec<u8>, u32); 2]>,
}

impl Reader {
    /// The numbers as of `tables`.
    pub(crate) fn load(dir: &std::path::Path, tables: &Tables) -> Result<Self, AnalyticsError> {
        let mut numbers = BTreeMap::new();
        for (app, of) in &tables.apps {
            let [users, outsiders] = names_files(app);
            let loaded = Numbers {
                users: Names::load(&dir.join(users), of.users)?,
                outsiders: Names::load(&dir.join(outsiders), of.outsiders)?,
            };
            numbers.insert(app.clone(), loaded);
        }
        Ok(Self {
            position: tables.position,
            numbers,
        })
    }
}

impl Shared {
    /// Makes `events` from the log visible. Blocks.
    pub(crate) fn add(&self, events: &[(Position, Arc<Event>)]) {
        let Some((end, _)) = events.last() else {
            return;
        };
        let mut reader = self.reader.lock();
        let placed: Vec<Placed<'_>> = events
            .iter()
            .map(|(position, event)| {
                let numbers = reader.numbers.entry(event.app.clone()).or_default();
                Placed {
                    event,
                    position: *position,
                    t: event.counted_at(),
                    endpoint_no: numbers.endpoint(event),
                    user_no: numbers.user(event),
                }
            })
            .collect();
        let prepared = hot::prepare(&placed);
        self.state.write().hot.add(prepared);
        reader.position = *end;
        drop(reader);
        self.visible.send_replace(*end);
        self.ticks.send_modify(|ticks| *ticks += 1);
    }

    /// The numbers of recipients that are no stored endpoints.
    pub(crate) fn outsiders(&self, app: &AppId) -> std::ops::RangeInclusive<u32> {
        let reader = self.reader.lock();
        let count = reader
            .numbers
            .get(app)
            .map_or(0, |numbers| numbers.outsiders.len());
        // Empty if there is none.
        (u32::MAX - count).saturating_add(1)..=if count == 0 { 0 } else { u32::MAX }
    }

    /// Everything of an application at one instant.
    pub(crate) fn view(&self, app: &AppId) -> View<'_> {
        let mut days: BTreeMap<i64, DayView> = BTreeMap::new();
        let mut earlier = None;
        let state = self.state.read();
        if let Some(tables) = state.tables.apps.get(app) {
            earlier = tables.earlier.clone();
            for (day, of) in &tables.days {
                let view = days.entry(*day).or_default();
                view.files = of
                    .pieces
                    .iter()
                    .map(|piece| Arc::clone(&piece.file))
                    .collect();
                view.sets.clone_from(&of.sets);
            }
        }
        let frozen = state.frozen.as_ref().map(|frozen| &frozen.hot);
        for hot in frozen.into_iter().chain([&state.hot]) {
            for (day, of) in hot.apps.get(app).into_iter().flatten() {
                days.entry(*day).or_default().hot.push(Arc::clone(of));
            }
        }
        View {
            cache: &self.cache,
            days,
            earlier,
        }
    }
}

/// Everything of an application, unchanged by what happens meanwhile.
pub(crate) struct View<'a> {
    cache: &'a Cache,
    pub(crate) days: BTreeMap<i64, DayView>,
    pub(crate) earlier: Option<Arc<SetsFile>>,
}

/// A day of an application.
#[derive(Default)]
pub(crate) struct DayView {
    files: Vec<Arc<DataFile>>,
    sets: Option<Arc<SetsFile>>,
    hot: Vec<Arc<HotDay>>,
}

/// How finely cells are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grain {
    /// Cells may sum up a day.
    Day,
    /// Each cell lies in one hour.
    Hour,
}

/// A cell of a view: the hour is its UTC hour since the epoch, or the first one of its day.
pub(crate) struct Found<'a> {
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) series: &'a Series,
    pub(crate) cell: Arc<Cell>,
}

impl View<'_> {
    /// Hands the cells in `window` of the series that are `wanted` to `each`. Returns the parts of
    /// the window that cells cannot tell, because it cuts through an hour with events on both
    /// sides; no cell of such an hour is handed over.
    pub(crate) fn cells(
        &self,
        window: Window,
        grain: Grain,
        wanted: &dyn Fn(&Series) -> bool,
        each: &mut dyn FnMut(Found<'_>),
    ) -> Result<Vec<Window>, AnalyticsError> {
        let Some(window) = self.clamp(window) else {
            return Ok(Vec::new());
        };
        let cut = self.cut_hours(window, wanted)?;
        let range = window.start.utc_day()..=window.end.utc_day();
        for (day, view) in self.days.range(range) {
            let whole = window.covers(&Window::days(*day, *day));
            let use_hour = |hour: u8, times: Window| {
                let hour = day * 24 + i64::from(hour);
                window.covers(&times) && !cut.contains(&hour)
            };
            if let Some(file) = &view.sets {
                for (series, entries) in file.index()? {
                    if !wanted(series) {
                        continue;
                    }
                    let sum = entries.iter().find(|entry| entry.hour == DAY);
                    let single = sum.filter(|_| whole && grain == Grain::Day);
                    let hours = entries
                        .iter()
                        .filter(|entry| single.is_none() && entry.hour != DAY)
                        .filter(|entry| use_hour(entry.hour, entry.window()));
                    for entry in single.into_iter().chain(hours) {
                        each(Found {
                            day: *day,
                            hour: day * 24 + i64::from(entry.hour % DAY),
                            series,
                            cell: self.cache.cell(file, entry)?,
                        });
                    }
                }
            }
            for hot in &view.hot {
                for (series, hours) in &hot.cells.series {
                    if !wanted(series) {
                        continue;
                    }
                    for (hour, cell) in hours {
                        if use_hour(*hour, cell.window()) {
                            each(Found {
                                day: *day,
                                hour: day * 24 + i64::from(*hour),
                                series,
                                cell: Arc::clone(cell),
                            });
                        }
                    }
                }
            }
        }
        Ok(cut
            .into_iter()
            .map(|hour| {
                let hour = Window::hour(hour);
                Window {
                    start: hour.start.max(window.start),
                    end: hour.end.min(window.end),
                }
            })
            .collect())
    }

    /// The part of `window` that has days; `None` if it has none.
    fn clamp(&self, window: Window) -> Option<Window> {
        let (first, last) = (self.days.keys().next()?, self.days.keys().next_back()?);
        let kept = Window::days(*first, *last);
        window.overlaps(&kept).then(|| Window {
            start: window.start.max(kept.start),
            end: window.end.min(kept.end),
        })
    }

    /// The hours with a wanted cell that `window` cuts through: at most the first and the last.
    fn cut_hours(
        &self,
        window: Window,
        wanted: &dyn Fn(&Series) -> bool,
    ) -> Result<Vec<i64>, AnalyticsError> {
        let mut cut = Vec::new();
        for instant in [window.start, window.end] {
            let hour = instant.utc_hour();
            if cut.contains(&hour) || window.covers(&Window::hour(hour)) {
                continue;
            }
            let Some(view) = self.days.get(&instant.utc_day()) else {
                continue;
            };
            let hour_of_day = u8::try_from(hour.rem_euclid(24)).unwrap_or_default();
            let cuts = |times: Window| window.overlaps(&times) && !window.covers(&times);
            let in_file = match &view.sets {
                Some(file) => file.index()?.iter().any(|(series, entries)| {
                    entries
                        .iter()
                        .any(|entry| entry.hour == hour_of_day && cuts(entry.window()))
                        && wanted(series)
                }),
                None => false,
            };
            let in_memory = view.hot.iter().any(|hot| {
                hot.cells.series.iter().any(|(series, hours)| {
                    hours
                        .get(&hour_of_day)
                        .is_some_and(|cell| cuts(cell.window()))
                        && wanted(series)
                })
            });
            if in_file || in_memory {
                cut.push(hour);
            }
        }
        Ok(cut)
    }

    /// Hands the rows that match `scan` to `each`, in no particular order.
    pub(crate) fn rows(
        &self,
        scan: &Scan,
        each: &mut dyn FnMut(&RecordBatch),
    ) -> Result<(), AnalyticsError> {
        for (day, view) in &self.days {
            let of_day = Window::days(*day, *day);
            if !scan.windows.iter().any(|window| window.overlaps(&of_day)) {
                continue;
            }
            for file in &view.files {
                scan_file(file, scan, each)?;
            }
            for batch in view.hot.iter().flat_map(|hot| &hot.batches) {
                scan_batch(batch, scan, each)?;
            }
        }
        Ok(())
    }
}
