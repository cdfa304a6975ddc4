//! Endpoints and users on a log-structured store, with the columnar index in memory.
//!
//! One thread decides and commits (`writer`), one syncs, indexes and answers (`sync`), so that
//! the rules of one group of calls run while the disk takes the one before. Reads see one moment
//! of the tables; sets come from the index.

mod apply;
mod apps;
mod copy;
mod core;
mod draft;
mod hint;
mod job;
mod load;
mod members;
mod queue;
mod read;
mod record;
mod sync;
mod tables;
mod writer;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

use async_trait::async_trait;
use audience::ResolvedSegment;
use clock::{Clock, Timestamp};
use model::{
    AppId, ChannelType, Endpoint, EndpointId, EndpointSet, ImportedMembers, Ordinal, SegmentId,
    UserId,
};
use store::{
    ApplyMode, AttributeKind, AudienceCounts, EndpointWrite, Endpoints, Refusal, StoreError,
    WriteContext, WriteOrigin, Written, ZoneName, ZoneSets,
};
use tokio::sync::oneshot;

use self::core::Core;
use self::job::{Job, Reply, Whom};
use self::queue::{Lane, Queue};
use crate::folder::Folder;
use crate::{OpenError, Options, blocking};

/// Writes that are committed together; a longer call that takes each write by itself is cut.
const CALL_MAX: usize = 1_000;

/// Writes of a call from which on it pays to look endpoints up before the call waits.
const HINTED_MIN: usize = 8;

/// Identifiers that somebody who waits reserves at most; more belong to a job.
const INTERACTIVE_IDS_MAX: usize = 100;

/// The endpoint store; dropping it waits for the calls that were accepted.
pub(crate) struct EndpointStore {
    core: Arc<Core>,
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

/// Opens the tables, fills the indexes and starts the threads.
pub(crate) fn open(
    folder: &Arc<Folder>,
    options: &Options,
    clock: Clock,
) -> Result<EndpointStore, OpenError> {
    let core = Arc::new(Core::new(Arc::clone(folder), options.clone()));
    let loaded = load::load(&core, 0)?;
    let queue = Arc::new(Queue::new());
    let (syncing, messages) = sync_channel(sync::TURNS_WAITING_MAX);
    let cohorts = apply::Cohorts::new(clock);
    let writer = writer::Writer::new(
        Arc::clone(&core),
        Arc::clone(&queue),
        syncing,
        loaded,
        cohorts,
    );
    let start = |name: &str, work: Box<dyn FnOnce() + Send>| {
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(work)
            .map_err(|error| folder.unusable(&error))
    };
    let writing = start("endpoints-writer", Box::new(move || writer.run()))?;
    let shared = Arc::clone(&core);
    let syncing = start(
        "endpoints-sync",
        Box::new(move || sync::run(&shared, &messages)),
    )?;
    Ok(EndpointStore {
        core,
        queue,
        threads: vec![writing, syncing],
    })
}

impl Drop for EndpointStore {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("store.endpoints.thread panicked");
            }
        }
        self.core.close_tables();
    }
}

impl EndpointStore {
    /// Runs `work` where it may block.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Core) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let core = Arc::clone(&self.core);
        blocking::run(move || work(&core)).await
    }

    /// Writes tables of all endpoints and users, as they are now, to the folder `path`.
    pub async fn copy(&self, path: PathBuf) -> Result<(), StoreError> {
        self.read(move |core| copy::copy(core, &path)).await?
    }

    /// Puts a call into the queue and waits for its answer.
    async fn call<T>(
        &self,
        lane: Lane,
        weight: usize,
        job: impl FnOnce(Reply<T>) -> Job,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue.push(lane, weight, job(reply)).await?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    async fn apply_call(
        &self,
        app: &AppId,
        writes: Vec<EndpointWrite>,
        mode: ApplyMode,
        context: &WriteContext,
    ) -> Result<job::Outcomes, StoreError> {
        let lane = match context.origin {
            WriteOrigin::Client => Lane::Interactive,
            WriteOrigin::Import => Lane::Bulk,
        };
        let id = app.clone();
        let weight = writes.len();
        let (writes, hints) = if weight < HINTED_MIN {
            (writes, None)
        } else {
            self.read(move |core| {
                let hints = hint::look_up(core, &id, &writes);
                hints.map(|hints| (writes, hints))
            })
            .await??
        };
        let job::Applied { outcomes, spent } = self
            .call(lane, weight, |reply| Job::Apply {
                app: app.clone(),
                writes,
                hints,
                mode,
                context: context.clone(),
                reply,
            })
            .await?;
        drop(spent);
        Ok(outcomes)
    }
}

#[async_trait]
impl Endpoints for EndpointStore {
    /// A call of [`ApplyMode::Each`] with more than 1,000 writes is committed in parts; if a part
    /// fails, those before it stay.
    async fn apply(
        &self,
        app: &AppId,
        mut writes: Vec<EndpointWrite>,
        mode: ApplyMode,
        context: &WriteContext,
    ) -> Result<Vec<Result<Written, Refusal>>, StoreError> {
        let mut outcomes = Vec::with_capacity(writes.len());
        while mode == ApplyMode::Each && writes.len() > CALL_MAX {
            let rest = writes.split_off(CALL_MAX);
            let part = std::mem::replace(&mut writes, rest);
            let offset = outcomes.len();
            let applied = self.apply_call(app, part, mode, context).await?;
            outcomes.extend(shifted(applied, offset));
        }
        let offset = outcomes.len();
        let applied = self.apply_call(app, writes, mode, context).await?;
        outcomes.extend(shifted(applied, offset));
        Ok(outcomes)
    }

    async fn get(&self, app: &AppId, id: &EndpointId) -> Result<Option<Endpoint>, StoreError> {
        let (app, id) = (app.clone(), id.clone());
        self.read(move |core| read::get(core, &app, &id)).await?
    }

    async fn find(
        &self,
        app: &AppId,
        ids: &[EndpointId],
    ) -> Result<Vec<Option<Endpoint>>, StoreError> {
        let (app, ids) = (app.clone(), ids.to_vec());
        self.read(move |core| read::find(core, &app, &ids)).await?
    }

    async fn by_address(&self, app: &AppId, address: &str) -> Result<Vec<Endpoint>, StoreError> {
        let (app, address) = (app.clone(), address.to_owned());
        self.read(move |core| read::by_address(core, &app, &address))
            .await?
    }

    async fn load(
        &self,
        app: &AppId,
        ordinals: &[Ordinal],
    ) -> Result<Vec<Option<Endpoint>>, StoreError> {
        let (app, ordinals) = (app.clone(), ordinals.to_vec());
        self.read(move |core| read::load(core, &app, &ordinals))
            .await?
    }

    async fn ordinals(
        &self,
        app: &AppId,
        ids: &[EndpointId],
        reserve: bool,
    ) -> Result<Vec<Option<Ordinal>>, StoreError> {
        let (app, ids) = (app.clone(), ids.to_vec());
        if !reserve {
            return self
                .read(move |core| read::ordinals(core, &app, &ids))
                .await?;
        }
        let lane = if ids.len() > INTERACTIVE_IDS_MAX {
            Lane::Bulk
        } else {
            Lane::Interactive
        };
        self.call(lane, ids.len(), |reply| Job::Reserve { app, ids, reply })
            .await
    }

    async fn delete(&self, app: &AppId, ids: &[EndpointId]) -> Result<Vec<Endpoint>, StoreError> {
        let (app, ids) = (app.clone(), ids.to_vec());
        self.call(Lane::Interactive, ids.len(), |reply| Job::Delete {
            app,
            whom: Whom::Endpoints(ids),
            reply,
        })
        .await
    }

    async fn delete_user(&self, app: &AppId, user: &UserId) -> Result<Vec<Endpoint>, StoreError> {
        let (app, user) = (app.clone(), user.clone());
        self.call(Lane::Interactive, 1, |reply| Job::Delete {
            app,
            whom: Whom::User(user),
            reply,
        })
        .await
    }

    async fn user(&self, app: &AppId, user: &UserId) -> Result<Vec<Endpoint>, StoreError> {
        let (app, user) = (app.clone(), user.clone());
        self.read(move |core| read::user(core, &app, &user)).await?
    }

    async fn touch(
        &self,
        app: &AppId,
        activity: Vec<(Ordinal, Timestamp)>,
    ) -> Result<(), StoreError> {
        let app = app.clone();
        self.call(Lane::Interactive, activity.len(), |reply| Job::Touch {
            app,
            activity,
            reply,
        })
        .await
    }

    async fn remove_attributes(
        &self,
        app: &AppId,
        kind: AttributeKind,
        patterns: Vec<String>,
    ) -> Result<Vec<String>, StoreError> {
        let app = app.clone();
        self.call(Lane::Interactive, 1, |reply| Job::RemoveAttributes {
            app,
            kind,
            patterns,
            reply,
        })
        .await
    }

    async fn attribute_names(
        &self,
        app: &AppId,
        kind: AttributeKind,
    ) -> Result<Vec<String>, StoreError> {
        Ok(read::attribute_names(&self.core, app, kind))
    }

    async fn attribute_values(
        &self,
        app: &AppId,
        kind: AttributeKind,
        name: &str,
        limit: usize,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let (app, name) = (app.clone(), name.to_owned());
        self.read(move |core| read::attribute_values(core, &app, kind, &name, limit))
            .await
    }

    async fn evaluate(
        &self,
        app: &AppId,
        segment: &ResolvedSegment,
        now: Timestamp,
    ) -> Result<EndpointSet, StoreError> {
        let (app, segment) = (app.clone(), segment.clone());
        self.read(move |core| read::evaluate(core, &app, &segment, now))
            .await?
    }

    async fn targetable(
        &self,
        app: &AppId,
        within: &EndpointSet,
    ) -> Result<BTreeMap<ChannelType, u64>, StoreError> {
        let (app, within) = (app.clone(), within.clone());
        self.read(move |core| read::targetable(core, &app, &within))
            .await
    }

    async fn by_zone(
        &self,
        app: &AppId,
        within: &EndpointSet,
        normal: ZoneName,
    ) -> Result<ZoneSets, StoreError> {
        let (app, within) = (app.clone(), within.clone());
        self.read(move |core| read::by_zone(core, &app, &within, normal))
            .await
    }

    async fn scan(
        &self,
        app: &AppId,
        from: Ordinal,
        limit: usize,
    ) -> Result<Vec<Endpoint>, StoreError> {
        let app = app.clone();
        self.read(move |core| read::scan(core, &app, from, limit))
            .await?
    }

    async fn counts(&self, app: &AppId) -> Result<AudienceCounts, StoreError> {
        let app = app.clone();
        self.read(move |core| read::counts(core, &app)).await
    }

    async fn add_members(
        &self,
        app: &AppId,
        segment: &SegmentId,
        version: u32,
        endpoints: EndpointSet,
        users: Vec<UserId>,
        snapshots: Vec<Endpoint>,
    ) -> Result<(), StoreError> {
        let (app, segment) = (app.clone(), segment.clone());
        let weight = users.len() + snapshots.len();
        self.call(Lane::Bulk, weight, |reply| Job::AddMembers {
            app,
            segment,
            version,
            endpoints,
            users,
            snapshots,
            reply,
        })
        .await
    }

    async fn members(
        &self,
        app: &AppId,
        segment: &SegmentId,
        version: u32,
    ) -> Result<ImportedMembers, StoreError> {
        let (app, segment) = (app.clone(), segment.clone());
        self.read(move |core| read::members(core, &app, &segment, version))
            .await?
    }

    async fn snapshots(
        &self,
        app: &AppId,
        segment: &SegmentId,
        version: u32,
        ordinals: &[Ordinal],
    ) -> Result<Vec<Option<Endpoint>>, StoreError> {
        let (app, segment, ordinals) = (app.clone(), segment.clone(), ordinals.to_vec());
        self.read(move |core| read::snapshots(core, &app, &segment, version, &ordinals))
            .await?
    }

    async fn drop_members(&self, app: &AppId, segment: &SegmentId) -> Result<(), StoreError> {
        let (app, segment) = (app.clone(), segment.clone());
        self.call(Lane::Bulk, CALL_MAX, |reply| Job::DropMembers {
            app,
            segment,
            reply,
        })
        .await
    }

    async fn drop_app(&self, app: &AppId) -> Result<(), StoreError> {
        let app = app.clone();
        self.call(Lane::Bulk, 1, |reply| Job::DropApp { app, reply })
            .await
    }
}

/// Outcomes of a part, with positions in the whole call.
fn shifted(outcomes: job::Outcomes, by: usize) -> impl Iterator<Item = Result<Written, Refusal>> {
    outcomes.into_iter().map(move |outcome| {
        outcome.map_err(|refusal| Refusal {
            index: refusal.index + by,
            ..refusal
        })
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;

    fn write(id: &str, value: &str) -> Vec<EndpointWrite> {
        vec![EndpointWrite {
            id: id.into(),
            update: model::EndpointUpdate {
                attributes: [("k".to_owned(), vec![value.to_owned()])].into(),
                ..model::EndpointUpdate::default()
            },
        }]
    }

    /// After a failed write the store goes on from what is durable, with the same ordinals.
    #[tokio::test(flavor = "multi_thread")]
    async fn recovers_from_a_failed_write() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Arc::new(Folder::open(dir.path()).unwrap());
        let endpoints = open(&folder, &Options::new(dir.path()), Clock::real()).unwrap();
        let app = AppId::from("app");
        let context = WriteContext {
            now: Timestamp::from_millis(1),
            request_id: "r".to_owned(),
            origin: WriteOrigin::Client,
        };
        let apply = async |id: &str, value: &str| {
            let outcomes = endpoints
                .apply(&app, write(id, value), ApplyMode::Each, &context)
                .await?;
            Ok::<_, StoreError>(outcomes[0].clone().unwrap())
        };
        let first = apply("a", "1").await.unwrap();
        for round in 0..3 {
            endpoints.core.failed.store(true, Ordering::Release);
            let value = round.to_string();
            let again = apply("a", &value).await.unwrap();
            assert_eq!((again.ordinal, again.created), (first.ordinal, false));
            let read = endpoints.get(&app, &"a".into()).await.unwrap().unwrap();
            assert_eq!(read.attributes["k"], [value]);
            assert_eq!(endpoints.counts(&app).await.unwrap().endpoints, 1 + round);
            apply(&format!("b{round}"), "x").await.unwrap();
        }
    }

    /// An interactive call does not wait for the bulk calls that came before it.
    #[tokio::test(flavor = "multi_thread")]
    async fn bulk_yields() {
        let queue = Arc::new(Queue::new());
        let job = || Job::DropApp {
            app: "app".into(),
            reply: oneshot::channel().0,
        };
        for _ in 0..5 {
            queue.push(Lane::Bulk, 1_000, job()).await.unwrap();
        }
        for _ in 0..3 {
            queue.push(Lane::Interactive, 100, job()).await.unwrap();
        }
        let turns: Vec<usize> = (0..5).map(|_| queue.next_turn().unwrap().len()).collect();
        assert_eq!(turns, [4, 1, 1, 1, 1]);
        queue.close();
        assert!(queue.next_turn().is_none());
        assert!(matches!(
            queue.push(Lane::Bulk, 1, job()).await,
            Err(StoreError::Closed)
        ));
    }
}
