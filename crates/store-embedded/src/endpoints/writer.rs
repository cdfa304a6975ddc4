//! The one thread that changes endpoints: it takes calls in turns and commits each turn.
//!
//! A turn becomes visible in the tables when it is committed here, and is answered by the syncing
//! thread (`sync.rs`) once it is durable and indexed. The next turn is prepared meanwhile.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, sync_channel};

use fjall::OwnedWriteBatch as WriteBatch;
use model::{AppId, Endpoint, EndpointId, Ordinal, SegmentId, UserId};
use store::StoreError;

use super::apply::{self, Cohorts};
use super::apps::{self, App};
use super::core::Core;
use super::draft::{AppWriter, Draft, End};
use super::job::{Applied, Job, Reply, Sweep, Whom, again};
use super::load::{Loaded, load};
use super::members::{MemberChanges, PORTION, Version};
use super::queue::{Queue, Queued};
use super::sync::{Answer, Message, Turn, earlier_failure};
use super::tables::{Tables, View};
use crate::error::from_fjall;

pub(super) struct Writer {
    core: Arc<Core>,
    queue: Arc<Queue>,
    syncing: SyncSender<Message>,
    writers: HashMap<AppId, AppWriter>,
    next_app: u32,
    cohorts: Cohorts,
    turn: u64,
    commit: u64,
}

impl Writer {
    pub fn new(
        core: Arc<Core>,
        queue: Arc<Queue>,
        syncing: SyncSender<Message>,
        loaded: Loaded,
        cohorts: Cohorts,
    ) -> Self {
        let mut writer = Self {
            core,
            queue,
            syncing,
            writers: HashMap::new(),
            next_app: 0,
            cohorts,
            turn: 0,
            commit: 0,
        };
        writer.start_from(loaded);
        writer
    }

    fn start_from(&mut self, loaded: Loaded) {
        self.writers = loaded.writers;
        self.next_app = loaded.next_app;
        for app in loaded.dropped {
            self.queue.push_own(Job::Sweep(Sweep::new(app)));
        }
    }

    /// Works until the queue is closed and empty.
    pub fn run(mut self) {
        while let Some(calls) = self.queue.next_turn() {
            if let Err(error) = self.recover() {
                for call in calls {
                    call.job.refuse(&error);
                }
                continue;
            }
            let core = Arc::clone(&self.core);
            let taken = core.with_tables(|tables| {
                self.take_turn(tables, calls);
                Ok(())
            });
            if let Err(error) = taken {
                tracing::error!(%error, "store.endpoints.turn");
            }
        }
    }

    /// After a failed write, starts again from what is durable.
    fn recover(&mut self) -> Result<(), StoreError> {
        if !self.core.has_failed() {
            return Ok(());
        }
        self.core.check_room()?;
        let (passed, wait) = sync_channel(1);
        let sent = self.syncing.send(Message::Barrier(passed));
        if sent.is_err() || wait.recv().is_err() {
            return Err(StoreError::Closed);
        }
        // What callers looked up before may be gone.
        self.commit += 1;
        let loaded = load(&self.core, self.commit).map_err(|error| {
            tracing::error!(%error, "store.endpoints.recover");
            self.core.explain(error)
        })?;
        self.start_from(loaded);
        tracing::warn!("store.endpoints.recovered");
        Ok(())
    }

    fn take_turn(&mut self, tables: &Tables, calls: Vec<Queued>) {
        self.turn += 1;
        let mut turn = Turn::new(self.turn);
        let room = self.core.check_room();
        let mut group = Vec::with_capacity(calls.len());
        for call in calls {
            match &room {
                Err(error) if !call.job.frees() => {
                    call.job.refuse(error);
                    continue;
                }
                _ => {}
            }
            if matches!(
                call.job,
                Job::Apply { .. } | Job::Reserve { .. } | Job::Touch { .. }
            ) {
                group.push(call);
            } else {
                self.write(tables, std::mem::take(&mut group), &mut turn);
                self.write(tables, vec![call], &mut turn);
            }
        }
        self.write(tables, group, &mut turn);
        if !turn.is_empty() && self.syncing.send(Message::Turn(turn)).is_err() {
            tracing::error!("store.endpoints.sync has ended");
        }
    }

    /// Commits calls as one batch. Unless they all only change endpoints, it is one call.
    fn write(&mut self, tables: &Tables, calls: Vec<Queued>, turn: &mut Turn) {
        if calls.is_empty() {
            return;
        }
        if self.core.has_failed() {
            let error = self.core.explain(earlier_failure());
            for call in calls {
                call.job.refuse(&error);
            }
            return;
        }
        let view = tables.view();
        let mut step = Step {
            batch: WriteBatch::with_capacity(tables.db.clone(), 1_024),
            view: &view,
            drafts: HashMap::new(),
            answers: Vec::with_capacity(calls.len()),
        };
        for Queued { job, room, .. } in calls {
            if let Some(answer) = self.perform(&mut step, job) {
                step.answers.push(answer.holding(room));
            }
        }
        self.commit(tables, step, turn);
    }

    fn commit(&mut self, tables: &Tables, step: Step<'_>, turn: &mut Turn) {
        let Step {
            mut batch,
            drafts,
            answers,
            ..
        } = step;
        self.commit += 1;
        let end = End {
            turn: turn.number,
            commit: self.commit,
        };
        let finish = || -> Result<(), StoreError> {
            let mut ops = Vec::with_capacity(drafts.len());
            let mut new = false;
            for (id, draft) in drafts {
                new |= draft.writer.new;
                let (writer, changes) = draft.finish(&mut batch, end)?;
                ops.push((Arc::clone(&writer.app), changes));
                self.writers.insert(id, writer);
            }
            if new {
                apps::put_next_number(&mut batch, tables, self.next_app);
            }
            batch.commit().map_err(from_fjall)?;
            self.core.committed.store(end.commit, Ordering::Release);
            turn.ops.extend(ops);
            Ok(())
        };
        match finish() {
            Ok(()) => turn.answers.extend(answers),
            Err(error) => {
                tracing::error!(%error, "store.endpoints.commit");
                let error = self.core.explain(error);
                self.core.failed.store(true, Ordering::Release);
                for answer in answers {
                    answer.give(Err(again(&error)));
                }
            }
        }
    }

    /// Puts the changes of a call into `step`; the answer is to be given once they are durable.
    fn perform(&mut self, step: &mut Step<'_>, job: Job) -> Option<Answer> {
        match job {
            Job::Apply {
                app,
                writes,
                hints,
                mode,
                context,
                reply,
            } => {
                self.prepare(step, &app);
                let draft = step.drafts.get_mut(&app)?;
                let limits = &self.core.options.limits;
                let cohorts = &mut self.cohorts;
                let applied = apply::apply(draft, &writes, hints, mode, &context, limits, cohorts);
                let spent = writes;
                answer(reply, applied.map(|outcomes| Applied { outcomes, spent }))
            }
            Job::Reserve { app, ids, reply } => {
                self.prepare(step, &app);
                answer(reply, reserve(step.drafts.get_mut(&app)?, &ids))
            }
            Job::Touch {
                app,
                activity,
                reply,
            } => {
                if !self.knows(step, &app) {
                    return answer(reply, Ok(()));
                }
                self.prepare(step, &app);
                let draft = step.drafts.get_mut(&app)?;
                let touched = activity
                    .into_iter()
                    .try_for_each(|(ordinal, at)| draft.touch(ordinal, at));
                settle(draft, &touched);
                answer(reply, touched)
            }
            Job::Delete { app, whom, reply } => {
                if !self.knows(step, &app) {
                    return answer(reply, Ok(Vec::new()));
                }
                self.prepare(step, &app);
                let deleted = delete(step, &app, whom);
                settle(step.drafts.get_mut(&app)?, &deleted);
                answer(reply, deleted)
            }
            Job::RemoveAttributes {
                app,
                kind,
                patterns,
                reply,
            } => {
                self.prepare(step, &app);
                let draft = step.drafts.get_mut(&app)?;
                let names = draft.writer.registry.remove(kind, &patterns);
                if names.is_ok() {
                    draft.registry_replaced();
                }
                answer(reply, names.map_err(StoreError::Refused))
            }
            Job::AddMembers {
                app,
                segment,
                version,
                endpoints,
                users,
                snapshots,
                reply,
            } => {
                self.prepare(step, &app);
                let draft = step.drafts.get_mut(&app)?;
                draft.keep_app();
                let version = Version {
                    app: draft.writer.app.number,
                    segment: &segment,
                    version,
                };
                let mut members = MemberChanges::new(step.view);
                let added = members.add(&mut step.batch, version, &endpoints, &users, &snapshots);
                members.finish(&mut step.batch);
                answer(reply, added)
            }
            Job::DropMembers {
                app,
                segment,
                reply,
            } => self.drop_members(step, app, segment, reply),
            Job::DropApp { app, reply } => {
                if let Some(writer) = self.writers.remove(&app) {
                    self.core.remove_app(&app);
                    apps::drop_app(&mut step.batch, step.view.tables, &writer.app);
                    let sweep = Sweep::new(writer.app.number);
                    self.queue.push_own(Job::Sweep(sweep));
                }
                answer(reply, Ok(()))
            }
            Job::Sweep(sweep) => {
                match sweep_portion(step, sweep) {
                    Ok(Some(rest)) => self.queue.push_own(Job::Sweep(rest)),
                    Ok(None) => {}
                    Err(error) => tracing::error!(%error, "store.endpoints.sweep"),
                }
                None
            }
        }
    }

    fn drop_members(
        &mut self,
        step: &mut Step<'_>,
        app: AppId,
        segment: SegmentId,
        reply: Reply<()>,
    ) -> Option<Answer> {
        let Some(writer) = self.writers.get(&app) else {
            return answer(reply, Ok(()));
        };
        let mut members = MemberChanges::new(step.view);
        let dropped = members.drop_segment(&mut step.batch, writer.app.number, &segment);
        members.finish(&mut step.batch);
        match dropped {
            Ok(true) => answer(reply, Ok(())),
            Ok(false) => {
                self.queue.push_own(Job::DropMembers {
                    app,
                    segment,
                    reply,
                });
                None
            }
            Err(error) => answer(reply, Err(error)),
        }
    }

    /// Whether anything was ever written to the application.
    fn knows(&self, step: &Step<'_>, app: &AppId) -> bool {
        step.drafts.contains_key(app) || self.writers.contains_key(app)
    }

    /// Makes sure that `step` has a draft of the application.
    fn prepare(&mut self, step: &mut Step<'_>, id: &AppId) {
        if step.drafts.contains_key(id) {
            return;
        }
        let writer = self.writers.remove(id).unwrap_or_else(|| {
            let app = Arc::new(App::new(
                id.clone(),
                self.next_app,
                audience::Registry::default(),
            ));
            self.next_app += 1;
            self.core.insert_app(&app);
            AppWriter::new(app, 0, true, self.commit)
        });
        let indexed = self.core.indexed.load(Ordering::Acquire);
        let draft = Draft::new(step.view, writer, indexed);
        step.drafts.insert(id.clone(), draft);
    }
}

/// Calls that are committed together.
struct Step<'a> {
    batch: WriteBatch,
    view: &'a View<'a>,
    drafts: HashMap<AppId, Draft<'a>>,
    answers: Vec<Answer>,
}

/// The answer for later, or, if the call failed, now.
fn answer<T: Send + 'static>(reply: Reply<T>, outcome: Result<T, StoreError>) -> Option<Answer> {
    match outcome {
        Ok(value) => Some(Answer::new(reply, value)),
        Err(error) => {
            // A caller that went away needs no answer.
            let _ = reply.send(Err(error));
            None
        }
    }
}

/// Keeps the changes of a call that succeeded and no others.
fn settle<T>(draft: &mut Draft<'_>, outcome: &Result<T, StoreError>) {
    match outcome {
        Ok(_) => draft.accept(),
        Err(_) => draft.roll_back(),
    }
}

/// The ordinals of `ids`, new ones where needed; none for what cannot be an identifier.
fn reserve(draft: &mut Draft<'_>, ids: &[EndpointId]) -> Result<Vec<Option<Ordinal>>, StoreError> {
    let mut reserve_one = |id: &EndpointId| {
        if audience::validate_id(id.as_str()).is_err() {
            return Ok(None);
        }
        let key = id.key();
        match draft.ordinal(&key)? {
            Some(ordinal) => Ok(Some(ordinal)),
            None => draft.assign(key).map(Some),
        }
    };
    let reserved = ids.iter().map(&mut reserve_one).collect();
    settle(draft, &reserved);
    reserved
}

/// Deletes endpoints and erases their snapshots; returns those that were there.
fn delete(step: &mut Step<'_>, app: &AppId, whom: Whom) -> Result<Vec<Endpoint>, StoreError> {
    let Some(draft) = step.drafts.get_mut(app) else {
        return Ok(Vec::new());
    };
    let number = draft.writer.app.number;
    let mut members = MemberChanges::new(step.view);
    let ordinals = match whom {
        Whom::Endpoints(ids) => {
            let found: Result<Vec<_>, _> = ids.iter().map(|id| draft.ordinal(&id.key())).collect();
            found?.into_iter().flatten().collect()
        }
        Whom::User(user) => {
            members.erase_user(&mut step.batch, number, &user)?;
            linked(draft, &user)?
        }
    };
    let mut deleted = Vec::with_capacity(ordinals.len());
    for ordinal in ordinals {
        members.erase_endpoint(&mut step.batch, number, ordinal)?;
        let Some(mut endpoint) = draft.endpoint(ordinal)?.cloned() else {
            continue;
        };
        if let Some(user) = endpoint.user.clone() {
            if let Some(record) = draft.user(&user)? {
                endpoint.user_attributes.clone_from(&record.attributes);
            }
            draft.unlink(&user, ordinal)?;
        }
        let reported = step.view.activity(number, ordinal)?;
        endpoint.last_active = endpoint.last_active.max(reported);
        draft.set_endpoint(ordinal, None)?;
        deleted.push(endpoint);
    }
    members.finish(&mut step.batch);
    Ok(deleted)
}

fn linked(draft: &mut Draft<'_>, user: &UserId) -> Result<Vec<Ordinal>, StoreError> {
    Ok(draft
        .user(user)?
        .map(|record| record.linked.clone())
        .unwrap_or_default())
}

/// Removes a portion of a dropped application's records; returns what is left to do.
fn sweep_portion(step: &mut Step<'_>, sweep: Sweep) -> Result<Option<Sweep>, StoreError> {
    let tables = step.view.tables;
    let Sweep { app, table, after } = sweep;
    let Some(records) = tables.of_apps().get(table).copied() else {
        apps::end_drop(&mut step.batch, tables, app);
        return Ok(None);
    };
    let prefix = app.to_be_bytes();
    let mut last = None;
    let keys = step.view.keys_after(records, &prefix, after.as_deref());
    for key in keys.take(PORTION) {
        let key = key?;
        last = Some(key.to_vec());
        step.batch.remove(records, key);
    }
    Ok(Some(match last {
        Some(last) => Sweep {
            app,
            table,
            after: Some(last),
        },
        None => Sweep {
            app,
            table: table + 1,
            after: None,
        },
    }))
}
