//! Files that people upload for import jobs: in a folder or in S3, under a bucket name of their own.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use clock::Timestamp;
use model::AppId;
use object_store::WriteMultipart;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::buckets::{Bucket, Buckets, FileError, S3Place, storage};

/// Bytes of one part of an upload; S3 takes none smaller than 5 MiB but the last.
const PART_BYTES: usize = 8 << 20;
/// Parts of one upload that are on their way at once; its sender waits for room.
const PARTS_MAX: usize = 2;
/// Uploads at once; each holds at most three parts in memory.
const UPLOADS_MAX: usize = 16;

/// Where uploads lie. Keys are `APP/MILLISECONDS-ID/NAME`.
#[derive(Clone)]
pub struct Uploads {
    name: Arc<str>,
    bucket: Bucket,
    place: Place,
    room: Arc<Semaphore>,
}

#[derive(Clone)]
enum Place {
    Folder(PathBuf),
    S3(S3Place),
}

/// An upload that goes on. Nothing is there before it is finished, and dropping it forgets it.
pub struct Upload {
    key: String,
    url: String,
    parts: Option<WriteMultipart>,
    _room: OwnedSemaphorePermit,
}

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// As many uploads as allowed go on.
    #[error("{UPLOADS_MAX} uploads go on already; try again")]
    Busy,
    /// Its place failed.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Uploads {
    /// The uploads in the folder or place of `buckets` that jobs know as the bucket `name`.
    ///
    /// # Errors
    /// There is none of that name, or it cannot be opened.
    pub fn open(buckets: &Buckets, name: &str) -> Result<Self, FileError> {
        let bucket = buckets.open(name)?;
        let folder = buckets.folders.get(name).cloned().map(Place::Folder);
        let place = folder.or_else(|| buckets.places.get(name).cloned().map(Place::S3));
        let place = place.ok_or_else(|| FileError::Bucket {
            bucket: name.to_owned(),
            reason: "it stands for no place of uploads".to_owned(),
        })?;
        Ok(Self {
            name: name.into(),
            bucket,
            place,
            room: Arc::new(Semaphore::new(UPLOADS_MAX)),
        })
    }

    /// Begins the upload `id` of a file; `name` is a file name that every storage takes.
    ///
    /// # Errors
    /// Too many go on, or the storage failed.
    pub async fn begin(
        &self,
        app: &AppId,
        now: Timestamp,
        id: &str,
        name: &str,
    ) -> Result<Upload, UploadError> {
        let room = Arc::clone(&self.room).try_acquire_owned();
        let room = room.map_err(|_| UploadError::Busy)?;
        let key = format!("{app}/{:013}-{id}/{name}", now.as_millis());
        let parts = self.bucket.begin(&key).await?;
        Ok(Upload {
            url: format!("s3://{}/{key}", self.name),
            key,
            parts: Some(WriteMultipart::new_with_chunk_size(parts, PART_BYTES)),
            _room: room,
        })
    }

    /// Whether `url` leads to uploads, but not to those of `app`.
    #[must_use]
    pub fn are_of_others(&self, app: &AppId, url: &str) -> bool {
        self.key(url).is_some_and(|key| {
            let own = key.strip_prefix(app.as_str());
            own.is_none_or(|rest| !rest.starts_with('/'))
        })
    }

    /// What stands behind the place of uploads in `url`.
    fn key<'a>(&self, url: &'a str) -> Option<&'a str> {
        let rest = url.strip_prefix("s3://")?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        match &self.place {
            _ if bucket == &*self.name => Some(key),
            Place::S3(place) if bucket == place.bucket => match key.strip_prefix(&place.prefix) {
                Some("") => Some(""),
                Some(rest) => rest.strip_prefix('/'),
                // A shorter prefix finds what lies below the longer one, too.
                None => place.prefix.starts_with(key).then_some(""),
            },
            _ => None,
        }
    }

    /// Removes what was uploaded for an application before `instant`.
    ///
    /// # Errors
    /// The storage failed; what is left is removed another time.
    pub async fn remove_before(&self, app: &AppId, instant: Timestamp) -> Result<(), FileError> {
        for name in self.bucket.folders(app.as_str()).await? {
            let came = name
                .split('-')
                .next()
                .and_then(|millis| millis.parse().ok());
            if came.is_some_and(|came| Timestamp::from_millis(came) < instant) {
                self.remove(&format!("{app}/{name}")).await?;
            }
        }
        Ok(())
    }

    async fn remove(&self, folder: &str) -> Result<(), FileError> {
        match &self.place {
            Place::S3(_) => self.bucket.delete_below(folder).await,
            // What a crash left of an upload goes with it.
            Place::Folder(root) => match tokio::fs::remove_dir_all(root.join(folder)).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(FileError::Storage {
                        key: folder.to_owned(),
                        reason: error.to_string(),
                    })
                }
                _ => Ok(()),
            },
        }
    }
}

impl Upload {
    /// Adds bytes; waits while too many are on their way.
    ///
    /// # Errors
    /// The storage failed; the upload is to be dropped.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), UploadError> {
        let Some(parts) = &mut self.parts else {
            return Ok(());
        };
        let room = parts.wait_for_capacity(PARTS_MAX).await;
        room.map_err(|error| storage(&self.key, &error))?;
        parts.put(bytes);
        Ok(())
    }

    /// Puts the file in its place, durably; answers the URL under which jobs find it.
    ///
    /// # Errors
    /// The storage failed; nothing is there.
    pub async fn finish(mut self) -> Result<String, UploadError> {
        if let Some(parts) = self.parts.take() {
            let finished = parts.finish().await;
            finished.map_err(|error| storage(&self.key, &error))?;
        }
        Ok(std::mem::take(&mut self.url))
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some(parts) = self.parts.take() else {
            return;
        };
        let key = std::mem::take(&mut self.key);
        tokio::spawn(async move {
            if let Err(error) = parts.abort().await {
                tracing::warn!(key, %error, "engine.upload.left_over");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uploads into a folder of their own.
    fn in_folder() -> (tempfile::TempDir, Uploads) {
        let folder = tempfile::tempdir().unwrap();
        let buckets = Buckets {
            folders: [("uploads".to_owned(), folder.path().to_owned())].into(),
            ..Buckets::default()
        };
        let uploads = Uploads::open(&buckets, "uploads").unwrap();
        (folder, uploads)
    }

    #[track_caller]
    fn check(uploads: &Uploads, url: &str, others: bool) {
        let app = AppId::new("a1");
        assert_eq!(uploads.are_of_others(&app, url), others, "{url}");
    }

    #[test]
    fn each_application_has_its_own() {
        let (_folder, mut uploads) = in_folder();
        uploads.place = Place::S3(S3Place {
            bucket: "warehouse".to_owned(),
            prefix: "beckon/uploads".to_owned(),
        });
        for place in ["s3://uploads", "s3://warehouse/beckon/uploads"] {
            check(&uploads, &format!("{place}/a1/x.csv"), false);
            check(&uploads, &format!("{place}/a1/"), false);
            check(&uploads, &format!("{place}/a12/x.csv"), true);
            check(&uploads, &format!("{place}/a1"), true);
            check(&uploads, &format!("{place}/"), true);
            check(&uploads, place, true);
        }
        check(&uploads, "s3://warehouse/beckon/up", true);
        check(&uploads, "s3://warehouse", true);
        check(&uploads, "s3://warehouse/beckon/exports/x.csv", false);
        check(&uploads, "s3://warehouse/beckon/uploads-old/x.csv", false);
        check(&uploads, "s3://crm/a12/x.csv", false);
    }

    #[tokio::test]
    async fn a_dropped_upload_leaves_no_file() {
        let (folder, uploads) = in_folder();
        let (app, now) = (AppId::new("a1"), Timestamp::from_millis(1_000));
        let mut dropped = uploads.begin(&app, now, "0", "x.csv").await.unwrap();
        dropped.write(Bytes::from_static(b"Id\n1\n")).await.unwrap();
        drop(dropped);
        let mut kept = uploads.begin(&app, now, "1", "x.csv").await.unwrap();
        kept.write(Bytes::from_static(b"Id\n1\n")).await.unwrap();
        let url = kept.finish().await.unwrap();
        assert_eq!(url, "s3://uploads/a1/0000000001000-1/x.csv");
        let found = |id: &str| {
            folder
                .path()
                .join(format!("a1/0000000001000-{id}/x.csv"))
                .exists()
        };
        assert!(found("1") && !found("0"));

        uploads.remove_before(&app, now).await.unwrap();
        assert!(found("1"), "it did not come before");
        uploads
            .remove_before(&app, Timestamp::from_millis(1_001))
            .await
            .unwrap();
        assert!(!found("1"));
        uploads.remove_before(&AppId::new("a2"), now).await.unwrap();
    }

    #[tokio::test]
    async fn uploads_are_bounded() {
        let (_folder, uploads) = in_folder();
        let (app, now) = (AppId::new("a1"), Timestamp::from_millis(1_000));
        let mut going_on = Vec::new();
        for id in 0..UPLOADS_MAX {
            let begun = uploads.begin(&app, now, &id.to_string(), "x.csv").await;
            going_on.push(begun.unwrap());
        }
        let refused = uploads.begin(&app, now, "one more", "x.csv").await;
        assert!(matches!(refused, Err(UploadError::Busy)));
        going_on.pop();
        assert!(uploads.begin(&app, now, "again", "x.csv").await.is_ok());
    }
}
