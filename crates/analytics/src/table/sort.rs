//! The order of a file: (type, t, rid). It prunes best for types and hours.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::columns::Columns;
use super::file::{DataFile, failed};
use crate::AnalyticsError;

/// Rows of the batches that are made.
const BATCH_ROWS: usize = 8192;

/// The rows of `batches` in order, as further batches.
pub(crate) fn sorted(
    batches: &[RecordBatch],
) -> impl Iterator<Item = Result<RecordBatch, AnalyticsError>> {
    let columns: Vec<_> = batches.iter().map(Keys::of).collect();
    let mut places: Vec<(usize, usize)> = batches
        .iter()
        .enumerate()
        .flat_map(|(batch, rows)| (0..rows.num_rows()).map(move |row| (batch, row)))
        .collect();
    places.sort_unstable_by_key(|(batch, row)| columns[*batch].key(*row));
    let sources: Vec<&RecordBatch> = batches.iter().collect();
    let chunks: Vec<_> = places
        .chunks(BATCH_ROWS)
        .map(|chunk| {
            interleave_record_batch(&sources, chunk)
                .map_err(|error| AnalyticsError::damaged(Path::new("memory"), error))
        })
        .collect();
    chunks.into_iter()
}

/// The columns of the order.
struct Keys<'a> {
    kind: &'a arrow::array::StringArray,
    t: &'a [i64],
    rid: &'a arrow::array::StringArray,
}

impl<'a> Keys<'a> {
    fn of(batch: &'a RecordBatch) -> Self {
        let columns = Columns(batch);
        Self {
            kind: columns.text("type"),
            t: columns.instant("t"),
            rid: columns.text("rid"),
        }
    }

    fn key(&self, row: usize) -> (&'a str, i64, &'a str) {
        (self.kind.value(row), self.t[row], self.rid.value(row))
    }
}

/// The rows of sorted files as one sorted row of batches. Memory: a batch of each file.
pub(crate) fn merge(
    files: &[std::sync::Arc<DataFile>],
) -> Result<impl Iterator<Item = Result<RecordBatch, AnalyticsError>>, AnalyticsError> {
    let mut merge = Merge {
        sources: Vec::with_capacity(files.len()),
        heads: BinaryHeap::with_capacity(files.len()),
    };
    for file in files {
        let opened = std::fs::File::open(&file.path)
            .map_err(|error| AnalyticsError::io(&file.path, &error))?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(opened)
            .and_then(|builder| builder.with_batch_size(BATCH_ROWS).build())
            .map_err(|error| failed(&file.path, error))?;
        let source = merge.sources.len();
        merge.sources.push(Source {
            path: file.path.clone(),
            reader,
            batch: None,
        });
        merge.advance(source)?;
    }
    Ok(merge)
}

struct Source {
    path: std::path::PathBuf,
    reader: ParquetRecordBatchReader,
    batch: Option<RecordBatch>,
}

struct Merge {
    sources: Vec<Source>,
    /// The next row of each source.
    heads: BinaryHeap<Reverse<Head>>,
}

#[derive(PartialEq, Eq)]
struct Head {
    key: (String, i64, String),
    source: usize,
    row: usize,
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.key, self.source).cmp(&(&other.key, other.source))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Merge {
    /// Reads the next batch of a source and offers its first row.
    fn advance(&mut self, source: usize) -> Result<(), AnalyticsError> {
        let of = &mut self.sources[source];
        of.batch = of
            .reader
            .next()
            .transpose()
            .map_err(|error| AnalyticsError::damaged(&of.path, error))?
            .filter(|batch| batch.num_rows() > 0);
        self.offer(source, 0);
        Ok(())
    }

    fn offer(&mut self, source: usize, row: usize) {
        if let Some(batch) = &self.sources[source].batch {
            let (kind, t, rid) = Keys::of(batch).key(row);
            self.heads.push(Reverse(Head {
                key: (kind.to_owned(), t, rid.to_owned()),
                source,
                row,
            }));
        }
    }

    /// Takes rows until one source needs its next batch or enough are taken.
    fn gather(&mut self) -> Result<Option<RecordBatch>, AnalyticsError> {
        let mut places = Vec::with_capacity(BATCH_ROWS);
        let mut exhausted = None;
        while places.len() < BATCH_ROWS {
            let Some(Reverse(head)) = self.heads.pop() else {
                break;
            };
            places.push((head.source, head.row));
            let rows = self.sources[head.source]
                .batch
                .as_ref()
                .map_or(0, RecordBatch::num_rows);
            if head.row + 1 == rows {
                exhausted = Some(head.source);
                break;
            }
            self.offer(head.source, head.row + 1);
        }
        if places.is_empty() {
            return Ok(None);
        }
        let batch = self.interleave(&places)?;
        if let Some(source) = exhausted {
            self.advance(source)?;
        }
        Ok(Some(batch))
    }

    fn interleave(&self, places: &[(usize, usize)]) -> Result<RecordBatch, AnalyticsError> {
        let mut index = vec![usize::MAX; self.sources.len()];
        let mut batches = Vec::new();
        for (number, source) in self.sources.iter().enumerate() {
            if let Some(batch) = &source.batch {
                index[number] = batches.len();
                batches.push(batch);
            }
        }
        let places: Vec<_> = places
            .iter()
            .map(|(source, row)| (index[*source], *row))
            .collect();
        interleave_record_batch(&batches, &places)
            .map_err(|error| AnalyticsError::damaged(Path::new("memory"), error))
    }
}

impl Iterator for Merge {
    type Item = Result<RecordBatch, AnalyticsError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.gather().transpose()
    }
}
