//! Where files lie: in a local folder that stands for a bucket, or in S3.

use std::{collections::BTreeMap, io::ErrorKind, path::PathBuf, sync::Arc};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use model::JobFormat;
use object_store::{
    Attribute, Attributes, GetOptions, GetRange, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutOptions, aws::AmazonS3Builder, local::LocalFileSystem, path::Path,
    prefix::PrefixStore,
};
use serde::{Deserialize, Serialize};

/// What the bucket of an `s3://` URL stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Buckets {
    /// Local folders by the name of the bucket that they stand for.
    pub folders: BTreeMap<String, PathBuf>,
    /// Places in S3 by the name of the bucket that they stand for.
    pub places: BTreeMap<String, S3Place>,
    /// How all other buckets are reached.
    pub s3: S3Settings,
}

/// A part of a bucket in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Place {
    /// The bucket.
    pub bucket: String,
    /// What keys begin with, without slashes at its ends; may be empty.
    pub prefix: String,
}

/// How S3 is reached. Credentials come from the usual `AWS_*` variables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3Settings {
    /// The service, if it is not that of AWS.
    pub endpoint_url: Option<String>,
    /// The region; empty for that of the environment.
    pub region: String,
}

/// Why files cannot be found or read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The URL is of another form.
    #[error("S3Url: '{0}' is not of the form s3://bucket/key-or-prefix")]
    Url(String),
    /// The bucket cannot be opened.
    #[error("S3Url: bucket '{bucket}' cannot be opened: {reason}")]
    Bucket {
        /// Its name.
        bucket: String,
        /// Why.
        reason: String,
    },
    /// There is no file of the format at the URL.
    #[error("S3Url: no {format} file at '{url}'")]
    None {
        /// The format asked for.
        format: &'static str,
        /// The URL.
        url: String,
    },
    /// There are more files than a job may have.
    #[error("S3Url: more than {0} files")]
    TooMany(usize),
    /// The files are larger than a job may be.
    #[error("S3Url: more than {0} bytes")]
    TooLarge(u64),
    /// The disk of a folder is full.
    #[error("{key} cannot be written: no space left on its disk")]
    Full {
        /// The file.
        key: String,
    },
    /// A file is gone or changed, or its storage failed.
    #[error("{key} cannot be used: {reason}")]
    Storage {
        /// The file.
        key: String,
        /// Why.
        reason: String,
    },
}

/// A file to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct File {
    /// Its key in the bucket.
    pub(crate) key: String,
    /// Its size.
    pub(crate) bytes: u64,
    /// Names its content, so that a change is noticed.
    pub(crate) e_tag: Option<String>,
}

/// A bucket and a key or prefix in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Location<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
}

impl<'a> Location<'a> {
    pub(crate) fn parse(url: &'a str) -> Result<Self, FileError> {
        let (bucket, key) = url
            .strip_prefix("s3://")
            .map(|rest| rest.split_once('/').unwrap_or((rest, "")))
            .filter(|(bucket, _)| !bucket.is_empty())
            .ok_or_else(|| FileError::Url(url.to_owned()))?;
        Ok(Self { bucket, key })
    }

    /// The last component without its extension.
    pub(crate) fn name(&self) -> &'a str {
        let last = self.key.trim_end_matches('/').rsplit('/').next();
        let last = last.filter(|name| !name.is_empty()).unwrap_or(self.bucket);
        match last.rsplit_once('.') {
            Some((stem, _)) if !stem.is_empty() => stem,
            _ => last,
        }
    }
}

/// An open bucket.
#[derive(Clone)]
pub(crate) struct Bucket {
    objects: Arc<dyn ObjectStore>,
    /// Whether objects have a media type beside their content.
    typed: bool,
}

impl Buckets {
    pub(crate) fn open(&self, bucket: &str) -> Result<Bucket, FileError> {
        let folder = self.folders.get(bucket);
        let opened = match (folder, self.places.get(bucket)) {
            (Some(folder), _) => LocalFileSystem::new_with_prefix(folder)
                .map(|folder| Arc::new(folder.with_fsync(true)) as Arc<dyn ObjectStore>),
            (None, Some(place)) => self.s3.open_place(place),
            (None, None) => self.s3.open(bucket),
        };
        match opened {
            Ok(objects) => Ok(Bucket {
                objects,
                typed: folder.is_none(),
            }),
            Err(error) => Err(FileError::Bucket {
                bucket: bucket.to_owned(),
                reason: error.to_string(),
            }),
        }
    }
}

impl S3Settings {
    fn open(&self, bucket: &str) -> object_store::Result<Arc<dyn ObjectStore>> {
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
        if !self.region.is_empty() {
            builder = builder.with_region(&self.region);
        }
        if let Some(url) = &self.endpoint_url {
            builder = builder
                .with_endpoint(url)
                .with_allow_http(url.starts_with("http://"));
        }
        Ok(Arc::new(builder.build()?))
    }

    fn open_place(&self, place: &S3Place) -> object_store::Result<Arc<dyn ObjectStore>> {
        let bucket = self.open(&place.bucket)?;
        let prefix = Path::parse(&place.prefix)?;
        Ok(Arc::new(PrefixStore::new(bucket, prefix)))
    }
}

impl Bucket {
    /// The files of `format` at `location`, by key: the object of that name, else those in the
    /// folder of that name, else those whose key begins with it.
    pub(crate) async fn find(
        &self,
        location: Location<'_>,
        format: JobFormat,
        files_max: usize,
        bytes_max: u64,
    ) -> Result<Vec<File>, FileError> {
        let key = location.key;
        let none = || FileError::None {
            format: format.as_str(),
            url: format!("s3://{}/{key}", location.bucket),
        };
        let mut files = match self.object(key).await? {
            Some(file) => vec![file],
            None => {
                let folder = Path::parse(key.trim_end_matches('/')).map_err(|_| none())?;
                let files = self.below(&folder, "", format, files_max).await?;
                match folder.as_ref().rsplit_once('/') {
                    _ if !files.is_empty() || key.is_empty() || key.ends_with('/') => files,
                    Some((parent, _)) => {
                        let parent = Path::parse(parent).map_err(|_| none())?;
                        self.below(&parent, key, format, files_max).await?
                    }
                    None => self.below(&Path::default(), key, format, files_max).await?,
                }
            }
        };
        if files.is_empty() {
            return Err(none());
        }
        if files.iter().map(|file| file.bytes).sum::<u64>() > bytes_max {
            return Err(FileError::TooLarge(bytes_max));
        }
        files.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(files)
    }

    /// The file at `location`, else all files below it, by key; names that begin with a dot or an
    /// underscore are not meant.
    pub(crate) async fn everything(
        &self,
        location: Location<'_>,
        files_max: usize,
    ) -> Result<Vec<File>, FileError> {
        let key = location.key;
        if let Some(file) = self.object(key).await? {
            return Ok(vec![file]);
        }
        let none = || FileError::None {
            format: "archive",
            url: format!("s3://{}/{key}", location.bucket),
        };
        let folder = Path::parse(key.trim_end_matches('/')).map_err(|_| none())?;
        let meant = |key: &str| {
            let name = key.rsplit('/').next().unwrap_or(key);
            !name.starts_with(['.', '_'])
        };
        let mut files = self.listed(&folder, meant, files_max).await?;
        if files.is_empty() {
            return Err(none());
        }
        files.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(files)
    }

    async fn object(&self, key: &str) -> Result<Option<File>, FileError> {
        if key.is_empty() || key.ends_with('/') {
            return Ok(None);
        }
        let Ok(path) = Path::parse(key) else {
            return Ok(None);
        };
        match self.objects.head(&path).await {
            Ok(meta) => Ok(Some(meta.into())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(storage(key, &error)),
        }
    }

    async fn below(
        &self,
        folder: &Path,
        prefix: &str,
        format: JobFormat,
        files_max: usize,
    ) -> Result<Vec<File>, FileError> {
        let meant = |key: &str| key.starts_with(prefix) && is_of(format, key);
        self.listed(folder, meant, files_max).await
    }

    /// The files in `folder` whose key is `meant`.
    async fn listed(
        &self,
        folder: &Path,
        meant: impl Fn(&str) -> bool,
        files_max: usize,
    ) -> Result<Vec<File>, FileError> {
        let mut listed = self.objects.list(Some(folder));
        let mut files = Vec::new();
        while let Some(meta) = listed.next().await {
            let meta = match meta {
                Ok(meta) => meta,
                Err(object_store::Error::NotFound { .. }) => break,
                Err(error) => return Err(storage(folder.as_ref(), &error)),
            };
            let key = meta.location.as_ref();
            if meant(key) {
                if files.len() == files_max {
                    return Err(FileError::TooMany(files_max));
                }
                files.push(meta.into());
            }
        }
        Ok(files)
    }

    /// The first bytes of a file, at most `limit`.
    pub(crate) async fn head(&self, file: &File, limit: u64) -> Result<Bytes, FileError> {
        if file.bytes == 0 {
            return Ok(Bytes::new());
        }
        let range = GetRange::Bounded(0..file.bytes.min(limit));
        let result = self.get(file, range).await?;
        result
            .bytes()
            .await
            .map_err(|error| storage(&file.key, &error))
    }

    /// The bytes of a file from `offset` on, which must lie in the file.
    pub(crate) async fn stream(
        &self,
        file: &File,
        offset: u64,
    ) -> Result<BoxStream<'static, Result<Bytes, FileError>>, FileError> {
        let result = self.get(file, GetRange::Offset(offset)).await?;
        let key = file.key.clone();
        Ok(result
            .into_stream()
            .map_err(move |error| storage(&key, &error))
            .boxed())
    }

    /// Looks at what lies under `prefix`, so that a bucket that is not there is noticed.
    pub(crate) async fn look(&self, prefix: &str) -> Result<(), FileError> {
        let failed = |error: object_store::Error| storage(prefix, &error);
        let folder = Path::parse(prefix.trim_end_matches('/')).map_err(|e| failed(e.into()))?;
        match self.objects.list(Some(&folder)).next().await {
            None | Some(Ok(_) | Err(object_store::Error::NotFound { .. })) => Ok(()),
            Some(Err(error)) => Err(failed(error)),
        }
    }

    /// Writes an object whole, in place of one of that name.
    pub(crate) async fn put(
        &self,
        key: &str,
        media_type: &'static str,
        content: Vec<u8>,
    ) -> Result<(), FileError> {
        let failed = |error: object_store::Error| storage(key, &error);
        let path = Path::parse(key).map_err(|error| failed(error.into()))?;
        let mut options = PutOptions::default();
        if self.typed {
            options.attributes =
                Attributes::from_iter([(Attribute::ContentType, media_type.to_owned())]);
        }
        let put = self.objects.put_opts(&path, content.into(), options);
        put.await.map(|_| ()).map_err(failed)
    }

    /// Begins an object that is written in parts; nothing is there before it is complete.
    pub(crate) async fn begin(&self, key: &str) -> Result<Box<dyn MultipartUpload>, FileError> {
        let failed = |error: object_store::Error| storage(key, &error);
        let path = Path::parse(key).map_err(|error| failed(error.into()))?;
        self.objects.put_multipart(&path).await.map_err(failed)
    }

    /// The names of the folders in a folder.
    pub(crate) async fn folders(&self, folder: &str) -> Result<Vec<String>, FileError> {
        let failed = |error: object_store::Error| storage(folder, &error);
        let path = Path::parse(folder).map_err(|error| failed(error.into()))?;
        let listed = self.objects.list_with_delimiter(Some(&path)).await;
        let folders = listed.map_err(failed)?.common_prefixes;
        let names = folders.iter().filter_map(Path::filename);
        Ok(names.map(str::to_owned).collect())
    }

    /// Removes all objects in a folder and below it.
    pub(crate) async fn delete_below(&self, folder: &str) -> Result<(), FileError> {
        let failed = |error: object_store::Error| storage(folder, &error);
        let path = Path::parse(folder).map_err(|error| failed(error.into()))?;
        let found = self.objects.list(Some(&path));
        let found = found.map_ok(|meta| meta.location).boxed();
        let removed = self.objects.delete_stream(found);
        removed.try_for_each(async |_| Ok(())).await.map_err(failed)
    }

    /// Removes an object, if it is there.
    pub(crate) async fn delete(&self, key: &str) -> Result<(), FileError> {
        let failed = |error: object_store::Error| storage(key, &error);
        let path = Path::parse(key).map_err(|error| failed(error.into()))?;
        match self.objects.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    async fn get(
        &self,
        file: &File,
        range: GetRange,
    ) -> Result<object_store::GetResult, FileError> {
        let failed = |error: object_store::Error| storage(&file.key, &error);
        let path = Path::parse(&file.key).map_err(|error| failed(error.into()))?;
        let options = GetOptions {
            range: Some(range),
            if_match: file.e_tag.clone(),
            ..GetOptions::default()
        };
        self.objects.get_opts(&path, options).await.map_err(failed)
    }
}

pub(crate) fn storage(key: &str, error: &object_store::Error) -> FileError {
    if is_full(error) {
        return FileError::Full {
            key: key.to_owned(),
        };
    }
    let text = error.to_string();
    // S3 answers with XML in the lines after the first.
    let reason = match text.contains("NoSuchBucket") {
        true => "the bucket does not exist",
        false => text.lines().next().unwrap_or_default(),
    };
    FileError::Storage {
        key: key.to_owned(),
        reason: reason.to_owned(),
    }
}

fn is_full(error: &object_store::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(found) = cause {
        let kind = found
            .downcast_ref::<std::io::Error>()
            .map(std::io::Error::kind);
        if matches!(
            kind,
            Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
        ) {
            return true;
        }
        cause = found.source();
    }
    false
}

/// Whether a file under a prefix is meant (`docs/spec/audience.md §11.3`).
fn is_of(format: JobFormat, key: &str) -> bool {
    let extensions: &[&str] = match format {
        JobFormat::Csv => &["csv"],
        JobFormat::Json => &["json", "jsonl", "ndjson"],
    };
    key.rsplit_once('.')
        .is_some_and(|(_, found)| extensions.iter().any(|e| e.eq_ignore_ascii_case(found)))
}

impl From<ObjectMeta> for File {
    fn from(meta: ObjectMeta) -> Self {
        Self {
            key: meta.location.into(),
            bytes: meta.size,
            e_tag: meta.e_tag,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_name(url: &str, want: &str) {
        assert_eq!(Location::parse(url).unwrap().name(), want);
    }

    #[test]
    fn segments_are_named_after_their_file() {
        check_name("s3://crm/in/gold.csv", "gold");
        check_name("s3://crm/in/", "in");
        check_name("s3://crm/in/2026.03.csv", "2026.03");
        check_name("s3://crm/.hidden", ".hidden");
        check_name("s3://crm", "crm");
        check_name("s3://crm/", "crm");
    }

    #[test]
    fn other_urls_are_refused() {
        for url in [
            "",
            "s3://",
            "s3:///key",
            "https://crm.s3.amazonaws.com/x",
            "crm/x",
        ] {
            assert!(Location::parse(url).is_err(), "{url}");
        }
    }

    #[tokio::test]
    async fn files_are_found_as_object_folder_or_prefix() {
        let folder = tempfile::tempdir().unwrap();
        for key in [
            "in/a.csv",
            "in/deep/b.CSV",
            "in/c.json",
            "in/d.csv.metadata",
            "in-old/e.csv",
            "plain",
        ] {
            let path = folder.path().join(key);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "Id\n1\n").unwrap();
        }
        let buckets = Buckets {
            folders: [("crm".to_owned(), folder.path().to_owned())].into(),
            ..Buckets::default()
        };
        let bucket = buckets.open("crm").unwrap();
        let find = async |key, format| {
            let location = Location { bucket: "crm", key };
            let files = bucket.find(location, format, 3, 1_000).await;
            files.map(|files| files.into_iter().map(|file| file.key).collect::<Vec<_>>())
        };
        let csv = JobFormat::Csv;
        assert_eq!(
            find("in", csv).await.unwrap(),
            ["in/a.csv", "in/deep/b.CSV"]
        );
        assert_eq!(
            find("in/", csv).await.unwrap(),
            ["in/a.csv", "in/deep/b.CSV"]
        );
        assert_eq!(find("in/de", csv).await.unwrap(), ["in/deep/b.CSV"]);
        assert_eq!(
            find("in/a.csv", JobFormat::Json).await.unwrap(),
            ["in/a.csv"]
        );
        assert_eq!(find("plain", csv).await.unwrap(), ["plain"]);
        assert_eq!(find("in", JobFormat::Json).await.unwrap(), ["in/c.json"]);
        assert_eq!(find("", csv).await.unwrap().len(), 3);
        for missing in ["nothing", "in/nothing/", "in/../in/a.csv", "a//b"] {
            assert!(matches!(
                find(missing, csv).await,
                Err(FileError::None { .. })
            ));
        }
        let all = Location {
            bucket: "crm",
            key: "",
        };
        assert!(matches!(
            bucket.find(all, csv, 2, 1_000).await,
            Err(FileError::TooMany(2))
        ));
        assert!(matches!(
            bucket.find(all, csv, 10, 10).await,
            Err(FileError::TooLarge(10))
        ));
    }

    #[test]
    fn a_missing_folder_is_named() {
        let buckets = Buckets {
            folders: [("crm".to_owned(), "/nonexistent/folder".into())].into(),
            ..Buckets::default()
        };
        assert!(matches!(buckets.open("crm"), Err(FileError::Bucket { .. })));
    }
}
