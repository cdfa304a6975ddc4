//! The load itself: pieces become events, events go to the log in batches.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use clock::{Clock, Timestamp};
use events::Log;
use events::record;
use model::{App, AppId, EndpointId, Event};
use serde_json::Value;
use store::{Fingerprint, Intent, LoadedRecords, Store};
use tokio::runtime::Handle;

use super::fingerprint::fingerprint;
use super::split::{Broken, Piece, Pieces};
use super::{ArchiveError, Report, source};
use crate::buckets::{Buckets, Location};

/// Records that are appended together.
const BATCH_RECORDS: usize = 2_000;
/// Bytes of records that are appended together.
const BATCH_BYTES: usize = 4 << 20;
/// Files of one place.
const FILES_MAX: usize = 1_000_000;
/// How far the clock that wrote a record may be ahead.
const AHEAD_MAX: Duration = Duration::from_mins(15);

/// Which application records go to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applications {
    /// All of them to this one.
    pub all: Option<AppId>,
    /// Those of one to another; those of others stay with the application that they name.
    pub renamed: BTreeMap<AppId, AppId>,
}

/// A load of archives.
pub struct ArchiveLoad {
    /// Applications and endpoints.
    pub store: Store,
    /// Where events go to.
    pub log: Log,
    /// The time.
    pub clock: Clock,
    /// What was loaded before.
    pub loaded: Arc<dyn LoadedRecords>,
    /// Where places lie.
    pub buckets: Buckets,
    /// Which application records go to.
    pub applications: Applications,
    /// How long events are kept.
    pub retention: Duration,
}

/// Why a record is not loaded.
#[derive(Debug, thiserror::Error)]
enum RecordRefusal {
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    #[error(transparent)]
    Record(#[from] record::RecordError),
    #[error(
        "application.app_id: there is no application {0}: import it, or say which one its records go to"
    )]
    NoApp(AppId),
    #[error("arrival_timestamp: {0} lies in the future")]
    Future(Timestamp),
    #[error("arrival_timestamp: {0} is older than events are kept (store.retention_days)")]
    TooOld(Timestamp),
}

/// What is known while a load goes on.
struct Progress<'a> {
    load: &'a ArchiveLoad,
    runtime: Handle,
    report: Report,
    /// Whether applications are there.
    apps: HashMap<AppId, bool>,
    batch: Vec<(Fingerprint, Event)>,
    bytes: usize,
    now: Timestamp,
}

impl ArchiveLoad {
    /// Loads all files at or below `urls`, and tells `watch` now and then how far it is. What was
    /// loaded before is left out, so a load that ended early is simply run again. Blocks; to be
    /// called where that may be, in a runtime.
    ///
    /// # Errors
    /// A place is not there, or the store or the log failed.
    pub fn run(
        &self,
        urls: &[String],
        watch: &mut dyn FnMut(&Report),
    ) -> Result<Report, ArchiveError> {
        super::settle(&self.log, self.loaded.as_ref())?;
        let mut progress = Progress {
            load: self,
            runtime: Handle::current(),
            report: Report::default(),
            apps: HashMap::new(),
            batch: Vec::new(),
            bytes: 0,
            now: self.clock.now(),
        };
        for app in self.applications.targets() {
            if !progress.has(app)? {
                return Err(ArchiveError::NoApp(app.clone()));
            }
        }
        for url in urls {
            let location = Location::parse(url)?;
            let bucket = self.buckets.open(location.bucket)?;
            let files = bucket.everything(location, FILES_MAX);
            for file in progress.runtime.block_on(files)? {
                let reader = source::open(&progress.runtime, &bucket, &file)?;
                for piece in Pieces::new(reader) {
                    progress.take(&file.key, piece, watch)?;
                }
                progress.report.files += 1;
            }
        }
        progress.commit(watch)?;
        Ok(progress.report)
    }
}

impl Applications {
    /// The application that records of `app` go to.
    fn of(&self, app: AppId) -> AppId {
        match &self.all {
            Some(all) => all.clone(),
            None => self.renamed.get(&app).cloned().unwrap_or(app),
        }
    }

    fn targets(&self) -> impl Iterator<Item = &AppId> {
        self.all.iter().chain(self.renamed.values())
    }
}

impl Progress<'_> {
    fn take(
        &mut self,
        file: &str,
        piece: Piece,
        watch: &mut dyn FnMut(&Report),
    ) -> Result<(), ArchiveError> {
        let Piece { line, content } = piece;
        let bytes = content.as_ref().map_or(0, Vec::len);
        match self.event(content)? {
            Ok(new) => {
                self.batch.push(new);
                self.bytes += bytes;
            }
            Err(refusal) => self.report.refuse(file, line, &refusal),
        }
        if self.batch.len() >= BATCH_RECORDS || self.bytes >= BATCH_BYTES {
            self.commit(watch)?;
        }
        Ok(())
    }

    fn event(
        &mut self,
        content: Result<Vec<u8>, Broken>,
    ) -> Result<Result<(Fingerprint, Event), RecordRefusal>, ArchiveError> {
        let read = content.map_err(RecordRefusal::from).and_then(|bytes| {
            let record: Value = serde_json::from_slice(&bytes)?;
            let event = record::read(&record)?;
            Ok((record, event))
        });
        let (record, mut event) = match read {
            Ok(read) => read,
            Err(refusal) => return Ok(Err(refusal)),
        };
        event.app = self.load.applications.of(event.app);
        if !self.has(&event.app)? {
            return Ok(Err(RecordRefusal::NoApp(event.app)));
        }
        let counted = event.counted_at();
        if counted > self.now.plus(AHEAD_MAX) {
            return Ok(Err(RecordRefusal::Future(event.arrival)));
        }
        if counted.utc_day() < self.now.minus(self.load.retention).utc_day() {
            return Ok(Err(RecordRefusal::TooOld(event.arrival)));
        }
        Ok(Ok((fingerprint(&event.app, &record), event)))
    }

    /// Whether there is such an application.
    fn has(&mut self, app: &AppId) -> Result<bool, ArchiveError> {
        if let Some(known) = self.apps.get(app) {
            return Ok(*known);
        }
        let apps = self.load.store.of::<App>();
        let found = self.runtime.block_on(apps.get("", app.as_str()))?.is_some();
        // An archive has few applications; one with many is asked for again.
        if self.apps.len() < BATCH_RECORDS {
            self.apps.insert(app.clone(), found);
        }
        Ok(found)
    }

    /// Appends what is new of the batch.
    fn commit(&mut self, watch: &mut dyn FnMut(&Report)) -> Result<(), ArchiveError> {
        let batch = std::mem::take(&mut self.batch);
        self.bytes = 0;
        let names: Vec<Fingerprint> = batch.iter().map(|(name, _)| *name).collect();
        let known = self.load.loaded.known(&names)?;
        let mut seen = HashSet::with_capacity(names.len());
        let new = batch.into_iter().zip(known);
        let new = new.filter(|((name, _), known)| !known && seen.insert(*name));
        let (records, mut events): (Vec<_>, Vec<_>) = new.map(|(new, _)| new).unzip();
        self.report.repeated += (names.len() - records.len()) as u64;
        if !records.is_empty() {
            self.recognise(&mut events)?;
            let load = self.load;
            let position = load.log.end();
            load.loaded.intend(&Intent {
                position,
                records: records.clone(),
            })?;
            self.runtime.block_on(load.log.append(events))?;
            load.loaded.settle(&records)?;
            self.report.loaded += records.len() as u64;
        }
        watch(&self.report);
        Ok(())
    }

    /// Gives events the ordinals of their endpoints, and their users where the record tells none.
    fn recognise(&self, events: &mut [Event]) -> Result<(), ArchiveError> {
        let mut apps: BTreeMap<AppId, Vec<usize>> = BTreeMap::new();
        for (index, event) in events.iter().enumerate() {
            apps.entry(event.app.clone()).or_default().push(index);
        }
        for (app, indexes) in apps {
            let ids = indexes.iter().map(|index| events[*index].endpoint.clone());
            let ids: Vec<EndpointId> = ids.collect();
            let found = self.load.store.endpoints.find(&app, &ids);
            let found = self.runtime.block_on(found)?;
            for (index, endpoint) in indexes.into_iter().zip(found) {
                let Some(endpoint) = endpoint else { continue };
                let event = &mut events[index];
                event.ordinal = Some(endpoint.ordinal);
                event.endpoint = endpoint.id;
                event.user = event.user.take().or(endpoint.user);
            }
        }
        Ok(())
    }
}
