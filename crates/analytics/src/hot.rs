//! Events that are not in files yet.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use clock::Timestamp;
use model::AppId;

use crate::row::Placed;
use crate::sets::{Cell, Cells, SeriesRef};
use crate::table;

/// Rows up to which small batches are put together.
const JOINED_ROWS_MAX: usize = 8_192;

/// Rows and cells of applications and days.
#[derive(Default)]
pub(crate) struct Hot {
    pub(crate) apps: BTreeMap<AppId, BTreeMap<i64, Arc<HotDay>>>,
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
}

/// Rows and cells of one application and UTC day.
#[derive(Clone, Default)]
pub(crate) struct HotDay {
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) cells: Cells,
}

/// Events prepared for [`Hot::add`].
pub(crate) struct Prepared {
    days: Vec<(AppId, i64, RecordBatch, Cells)>,
}

/// Builds the rows and cells of `events`.
pub(crate) fn prepare(events: &[Placed<'_>]) -> Prepared {
    let mut groups: BTreeMap<(&AppId, i64), Vec<&Placed<'_>>> = BTreeMap::new();
    for row in events {
        groups
            .entry((&row.event.app, row.t.utc_day()))
            .or_default()
            .push(row);
    }
    let days = groups
        .into_iter()
        .map(|((app, day), rows)| {
            let mut hours: HashMap<(SeriesRef<'_>, u8), Cell> = HashMap::new();
            for row in &rows {
                hours
                    .entry((SeriesRef::of(row), hour_of_day(row.t)))
                    .or_default()
                    .add(row.t, row.endpoint_no, row.user_no);
            }
            let mut cells = Cells::default();
            for ((series, hour), cell) in hours {
                cells.merge(&Arc::new(series.to_owned()), hour, &Arc::new(cell));
            }
            (app.clone(), day, table::batch(&rows), cells)
        })
        .collect();
    Prepared { days }
}

/// The hour of `instant` in its UTC day.
pub(crate) fn hour_of_day(instant: Timestamp) -> u8 {
    u8::try_from(instant.utc_hour().rem_euclid(24)).unwrap_or_default()
}

impl Hot {
    /// Adds prepared events.
    pub(crate) fn add(&mut self, prepared: Prepared) {
        for (app, day, batch, cells) in prepared.days {
            self.rows += batch.num_rows();
            self.bytes += batch.get_array_memory_size();
            let day = self.apps.entry(app).or_default().entry(day).or_default();
            let day = Arc::make_mut(day);
            day.batches.push(batch);
            day.join();
            day.cells.merge_all(&cells);
        }
    }
}

impl HotDay {
    /// Puts small batches together, so that there are about as many as digits in their rows.
    fn join(&mut self) {
        while let [.., before, last] = self.batches.as_slice() {
            let rows = before.num_rows() + last.num_rows();
            if before.num_rows() > 2 * last.num_rows() || rows > JOINED_ROWS_MAX {
                return;
            }
            let Ok(joined) = concat_batches(table::schema(), [before, last]) else {
                return;
            };
            self.batches.truncate(self.batches.len() - 2);
            self.batches.push(joined);
        }
    }
}
