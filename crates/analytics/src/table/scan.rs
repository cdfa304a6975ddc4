//! Reading rows of a window and some types, with only the columns that are needed.

use std::path::Path;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::TimestampMillisecondType;
use model::Origin;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ParquetRecordBatchReaderBuilder, RowFilter};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;

use super::file::{DataFile, failed};
use crate::row::source;
use crate::{AnalyticsError, Window};

/// Rows of the batches that are read.
const BATCH_ROWS: usize = 16_384;

/// Which rows and columns to read.
#[derive(Debug, Clone)]
pub(crate) struct Scan {
    /// Disjoint windows of `t`.
    pub(crate) windows: Vec<Window>,
    /// One of these types; empty for all.
    pub(crate) kinds: Vec<String>,
    pub(crate) origin: Option<Origin>,
    /// The columns that the reader of the batches asks for.
    pub(crate) columns: Vec<&'static str>,
}

/// Hands the matching rows of a batch in memory to `each`.
pub(crate) fn scan_batch(
    batch: &RecordBatch,
    scan: &Scan,
    each: &mut dyn FnMut(&RecordBatch),
) -> Result<(), AnalyticsError> {
    let memory = |error| AnalyticsError::damaged(Path::new("memory"), error);
    let narrow = |columns: &[&str]| {
        let indices: Vec<usize> = columns
            .iter()
            .filter_map(|name| batch.schema().index_of(name).ok())
            .collect();
        batch.project(&indices).map_err(memory)
    };
    let mask = scan.mask(&narrow(&["src", "type", "t"])?);
    if mask.true_count() > 0 {
        each(&filter_record_batch(&narrow(&scan.columns)?, &mask).map_err(memory)?);
    }
    Ok(())
}

/// Hands the matching rows of a file to `each`, batch by batch.
pub(crate) fn scan_file(
    file: &DataFile,
    scan: &Scan,
    each: &mut dyn FnMut(&RecordBatch),
) -> Result<(), AnalyticsError> {
    if !scan
        .windows
        .iter()
        .any(|window| window.overlaps(&file.window))
    {
        return Ok(());
    }
    let path = &file.path;
    let opened = std::fs::File::open(path).map_err(|error| AnalyticsError::io(path, &error))?;
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(opened).map_err(|error| failed(path, error))?;
    let descriptor = builder.metadata().file_metadata().schema_descr_ptr();
    let groups: Vec<usize> = builder
        .metadata()
        .row_groups()
        .iter()
        .enumerate()
        .filter(|(_, group)| scan.may_match(group))
        .map(|(index, _)| index)
        .collect();
    if groups.is_empty() {
        return Ok(());
    }
    let decider = scan.clone();
    let predicate = ArrowPredicateFn::new(
        ProjectionMask::columns(&descriptor, ["src", "type", "t"]),
        move |batch| Ok(decider.mask(&batch)),
    );
    let reader = builder
        .with_row_groups(groups)
        .with_batch_size(BATCH_ROWS)
        .with_projection(ProjectionMask::columns(
            &descriptor,
            scan.columns.iter().copied(),
        ))
        .with_row_filter(RowFilter::new(vec![Box::new(predicate)]))
        .build()
        .map_err(|error| failed(path, error))?;
    for batch in reader {
        each(&batch.map_err(|error| AnalyticsError::damaged(path, error))?);
    }
    Ok(())
}

impl Scan {
    /// Which rows of a batch of (src, type, t) match.
    fn mask(&self, batch: &RecordBatch) -> BooleanArray {
        let src = batch.column(0).as_string::<i32>();
        let kind = batch.column(1).as_string::<i32>();
        let t = batch.column(2).as_primitive::<TimestampMillisecondType>();
        let origin = self.origin.map(source);
        // Rows of a type lie together: the answer for the last one mostly holds for the next.
        let mut last = ("", self.kinds.is_empty());
        (0..batch.num_rows())
            .map(|row| {
                let kind = kind.value(row);
                if !self.kinds.is_empty() && (kind != last.0 || row == 0) {
                    last = (kind, self.kinds.iter().any(|wanted| wanted == kind));
                }
                let instant = clock::Timestamp::from_millis(t.value(row));
                Some(
                    last.1
                        && origin.is_none_or(|origin| src.value(row) == origin)
                        && self.windows.iter().any(|window| window.contains(instant)),
                )
            })
            .collect()
    }

    /// Whether statistics let a row group have matching rows.
    fn may_match(&self, group: &RowGroupMetaData) -> bool {
        let statistics = |name: &str| {
            group
                .columns()
                .iter()
                .find(|column| column.column_path().string() == name)
                .and_then(|column| column.statistics())
        };
        if let Some(Statistics::Int64(of)) = statistics("t")
            && let (Some(first), Some(last)) = (of.min_opt(), of.max_opt())
        {
            let group = Window {
                start: clock::Timestamp::from_millis(*first),
                end: clock::Timestamp::from_millis(*last),
            };
            if !self.windows.iter().any(|window| window.overlaps(&group)) {
                return false;
            }
        }
        if !self.kinds.is_empty()
            && let Some(Statistics::ByteArray(of)) = statistics("type")
            && let (Some(first), Some(last)) = (of.min_opt(), of.max_opt())
        {
            return self
                .kinds
                .iter()
                .any(|kind| first.data() <= kind.as_bytes() && kind.as_bytes() <= last.data());
        }
        true
    }
}
