//! Files of the table.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::RecordBatch;
use clock::Timestamp;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::WriterProperties;

use super::columns::{Columns, schema};
use crate::{AnalyticsError, Window};

/// Rows of a row group.
const ROW_GROUP_ROWS: usize = 262_144;

/// A file that belongs to the table until it is replaced.
#[derive(Debug)]
pub(crate) struct DataFile {
    pub(crate) path: PathBuf,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    /// The times of its rows lie in here.
    pub(crate) window: Window,
    replaced: AtomicBool,
}

impl DataFile {
    /// A file that was written before.
    pub(crate) fn known(path: PathBuf, rows: u64, bytes: u64, window: Window) -> Self {
        Self {
            path,
            rows,
            bytes,
            window,
            replaced: AtomicBool::new(false),
        }
    }

    /// Lets the file be removed once nobody reads it any more.
    pub(crate) fn replace(&self) {
        self.replaced.store(true, Ordering::Release);
    }
}

impl Drop for DataFile {
    fn drop(&mut self) {
        if self.replaced.load(Ordering::Acquire)
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "a replaced file stays behind");
        }
    }
}

/// Writes sorted `batches` to a new file at `path`, durably; it appears under its name only when
/// it is whole.
pub(crate) fn write(
    path: &Path,
    batches: impl Iterator<Item = Result<RecordBatch, AnalyticsError>>,
) -> Result<DataFile, AnalyticsError> {
    let fresh = path.with_extension("new");
    let made = write_new(&fresh, batches).and_then(|(rows, window)| {
        let io = |error: std::io::Error| AnalyticsError::io(path, &error);
        let bytes = std::fs::metadata(&fresh).map_err(io)?.len();
        std::fs::rename(&fresh, path).map_err(io)?;
        sync_folder(path)?;
        Ok(DataFile::known(path.to_owned(), rows, bytes, window))
    });
    if made.is_err() {
        // What is left of it is also removed when analytics is opened.
        let _ = std::fs::remove_file(&fresh);
    }
    made
}

/// Makes the entry of `path` in its folder durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), AnalyticsError> {
    let folder = path.parent().unwrap_or(path);
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| AnalyticsError::io(folder, &error))
}

fn write_new(
    path: &Path,
    batches: impl Iterator<Item = Result<RecordBatch, AnalyticsError>>,
) -> Result<(u64, Window), AnalyticsError> {
    let io = |error: std::io::Error| AnalyticsError::io(path, &error);
    let file = BufWriter::new(File::create(path).map_err(io)?);
    let mut writer =
        ArrowWriter::try_new(file, std::sync::Arc::clone(schema()), Some(properties()))
            .map_err(|error| failed(path, error))?;
    let mut rows = 0;
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    for batch in batches {
        let batch = batch?;
        rows += batch.num_rows() as u64;
        for t in Columns(&batch).instant("t") {
            first = first.min(*t);
            last = last.max(*t);
        }
        writer.write(&batch).map_err(|error| failed(path, error))?;
    }
    let file = writer.into_inner().map_err(|error| failed(path, error))?;
    file.into_inner()
        .map_err(std::io::IntoInnerError::into_error)
        .and_then(|file| file.sync_all())
        .map_err(io)?;
    let window = Window {
        start: Timestamp::from_millis(first),
        end: Timestamp::from_millis(last),
    };
    Ok((rows, window))
}

/// A failure of the Parquet library, with a full disk told apart.
pub(super) fn failed(path: &Path, error: parquet::errors::ParquetError) -> AnalyticsError {
    if let parquet::errors::ParquetError::External(cause) = &error
        && let Some(cause) = cause.downcast_ref::<std::io::Error>()
    {
        return AnalyticsError::io(path, cause);
    }
    AnalyticsError::damaged(path, error)
}

fn properties() -> WriterProperties {
    let column = |name: &str| {
        let index = schema().index_of(name).expect("a column of the table");
        SortingColumn {
            column_idx: i32::try_from(index).unwrap_or_default(),
            descending: false,
            nulls_first: false,
        }
    };
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(
            ZstdLevel::try_new(1).expect("a level that zstd has"),
        ))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_created_by("beckon".to_owned())
        .set_column_dictionary_enabled("rid".into(), false)
        .set_column_encoding("rid".into(), Encoding::DELTA_BYTE_ARRAY)
        .set_sorting_columns(Some(vec![column("type"), column("t")]))
        .build()
}
